# Exceptions: try in all forms, chaining, groups, notes, raising, context.
def t(n):
    try:
        print("try", n)
        if n == 1: raise ValueError("one")
        if n == 2: raise KeyError("two")
        if n == 3: return "returned"
        if n == 4: 1 / 0
    except ValueError as e:
        print("VE", e, e.args)
    except (KeyError, IndexError) as e:
        print("KE", e, repr(e))
        return "from except"
    else:
        print("else")
    finally:
        print("finally")
    return "end"
for n in range(4): print(t(n))
try: t(4)
except ZeroDivisionError as e: print("outer", e, type(e.__context__), e.__traceback__ is not None)
def loop():
    for i in range(5):
        try:
            if i == 1: continue
            if i == 3: break
            print("i", i)
        finally:
            print("f", i)
    else: print("no break")
    while True:
        try: return "ret"
        finally: print("cleanup")
print(loop())
def override():
    try: 1 / 0
    except ZeroDivisionError: return "swallowed"
try:
    try: raise ValueError("a")
    except ValueError as e: raise TypeError("b") from e
except TypeError as e: print(repr(e), repr(e.__cause__), repr(e.__context__), e.__suppress_context__)
try:
    try: raise ValueError("a")
    except ValueError: raise TypeError("b") from None
except TypeError as e: print(e.__cause__, repr(e.__context__), e.__suppress_context__)
try:
    try: raise ValueError("a")
    except ValueError: undefined_name
except NameError as e: print(e, repr(e.__context__), e.name)
class MyErr(Exception):
    def __init__(self, a, b): super().__init__(a, b); self.b = b
    def __str__(self): return f"my {self.b}"
try: raise MyErr(1, 2)
except MyErr as e: print(e, repr(e), e.args); saved = e
print(saved.b)
try: e
except NameError as x: print(x)
for bad in (lambda: (_ for _ in ()).throw(1), ):
    try: bad()
    except TypeError as e: print(e)
try: raise 5
except TypeError as e: print(e)
try: raise ValueError from 5
except TypeError as e: print(e)
try: raise
except RuntimeError as e: print(e)
try:
    try: raise KeyError("x")
    except KeyError as e:
        e.add_note("a note"); e.add_note("b")
        raise
except KeyError as e: print(e.__notes__)
try:
    raise ExceptionGroup("g", [ValueError(1), TypeError(2), ExceptionGroup("h", [ValueError(3), OSError(4)])])
except* ValueError as eg: print("VEs", eg.exceptions, eg.message)
except* TypeError as eg: print("TEs", eg.exceptions)
except* OSError as eg: print("OSs", eg.exceptions)
else: print("no")
finally: print("fin")
try:
    try: raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
    except* ValueError: print("part")
except ExceptionGroup as eg: print("rest", eg, eg.exceptions)
try:
    try: raise ValueError("naked")
    except* ValueError as eg: print(repr(eg)); raise TypeError("new")
except BaseException as e: print(type(e), getattr(e, "exceptions", e))
eg = ExceptionGroup("x", [ValueError(1), TypeError(2)])
print(eg.split(ValueError), eg.subgroup(lambda e: isinstance(e, TypeError)), eg.derive([OSError()]))
def nested():
    try:
        try: raise ValueError("in")
        finally: print("f1")
    except ValueError as e:
        try: raise KeyError("again")
        except KeyError: print("k", repr(e))
        raise
try: nested()
except ValueError as e: print("got", e)
class Cm:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb): print("exit", t and t.__name__, v); return self.swallow
with Cm(True): raise ValueError("swallowed")
try:
    with Cm(False) as a, Cm(False) as b: raise KeyError("through")
except KeyError as e: print("after", e)
def w():
    for i in range(3):
        with Cm(False):
            if i == 1: return "left"
print(w())
try:
    with 5: pass
except TypeError as e: print(e)
def deep(n): return deep(n + 1)
try: deep(0)
except RecursionError as e: print(type(e).__name__, str(e)[:32])
try: assert 1 == 2, "msg"
except AssertionError as e: print(repr(e))
try: assert []
except AssertionError as e: print(repr(e))
for code in ("x = [1][5]", "{}['k']", "int('q')", "import nonexistent_mod", "from sys import nope", "del qq", "[].remove(1)", "(1).x", "''.join(5)", "next(iter([]))", "a, b = 1, 2, 3", "a, b, c = [1]", "a, *b = ()", "for x in 5: pass", "{[]: 1}", "{**5}", "[*5]", "len(3)", "open('/nonexistent/x')", "chr(1 << 40)", "'a'.encode('nope')", "raise SystemExit", "raise KeyboardInterrupt('k')", "global_x", "lambda: (yield)", "x: int; x", "'abc'[1.5]", "[1, 2]['a']", "(1, 2)[3]", "range(5)[9]", "object() < 1", "setattr([], 'a', 1)", "type.mro()", "super()", "super().x"):
    try: exec(code)
    except BaseException as e: print(code, "->", type(e).__name__, e, e.args if type(e) is not ImportError else "")
print(override())
