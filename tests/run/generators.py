# Generators: send, throw, close, yield from, return values, finally, expressions.
def count(n):
    i = 0
    try:
        while i < n:
            got = yield i
            if got: print("got", got)
            i += 1
        return "done"
    finally:
        print("finally", i)
g = count(3)
print(next(g), g.send("x"), next(g), g.gi_frame is not None, type(g).__name__)
try: next(g)
except StopIteration as e: print("stop", e.value)
g = count(5); next(g); g.close(); print(list(g))
g = count(5); next(g)
try: g.throw(ValueError("boom"))
except ValueError as e: print("thrown", e)
def outer():
    r = yield from count(2)
    print("inner returned", r)
    yield from [10, 20]
    yield from (x * x for x in range(3))
    return "outer"
print(list(outer()))
def catcher():
    while True:
        try: x = yield
        except KeyError as e: print("caught", e); yield "handled"
        else: print("x", x)
c = catcher(); next(c); c.send(1); print(c.throw(KeyError("k"))); next(c); c.close()
def ignore():
    try: yield 1
    except GeneratorExit: yield 2
i = ignore(); next(i)
try: i.close()
except RuntimeError as e: print(e)
def raises(): yield 1; raise StopIteration("inner")
try: list(raises())
except RuntimeError as e: print(e, type(e.__cause__).__name__)
g = (x for x in range(3) if x != 1)
print(list(g), sum(x for x in range(10)), any(x > 3 for x in range(5)), all(x < 3 for x in range(5)), max((x, -x) for x in range(3)))
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
f = fib()
print([next(f) for _ in range(20)])
def flatten(x):
    for y in x:
        if isinstance(y, list): yield from flatten(y)
        else: yield y
print(list(flatten([1, [2, [3, [4]], 5]])))
def early():
    return
    yield
print(list(early()))
def reentrant():
    try: next(me)
    except ValueError as e: yield str(e)
me = reentrant(); print(next(me))
try: count(1).send(5)
except TypeError as e: print(e)
def delegating():
    try: yield from count(3)
    except ValueError as e: print("outer saw", e); yield "recovered"
d = delegating(); print(next(d), d.throw(ValueError("v")))
class It:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration(self.n)
        return self.n
def yf(): r = yield from It(); yield ("ret", r)
print(list(yf()), list(It()), [*It()], dict(zip("abc", It())), tuple(It()), set(It()))
def squares():
    x = yield 1
    while x is not None: x = yield x * x
s = squares(); print(next(s), s.send(3), s.send(4)); s.close()
a, *b = (i for i in range(5)); print(a, b)
def nested():
    def inner():
        nonlocal total
        for k in range(3):
            total += k
            yield total
    total = 100
    yield from inner()
    yield total
print(list(nested()), list(map(lambda v: v + 1, nested())), list(filter(None, [0, 1, "", "a"])), list(zip(range(3), "abc")), list(enumerate("ab", 5)), list(reversed(range(3))))
