# Names: closures, nonlocal, global, class scopes, comprehension scopes, del, exec, walrus, locals.
x = "global"
def outer():
    x = "outer"
    def inner():
        nonlocal x
        x += "!"
        def innermost(): return x
        return innermost
    f = inner()
    return x, f(), inner.__closure__ and len(inner.__closure__), inner.__code__.co_freevars
print(outer(), x)
def counter():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return inc, get
inc, get = counter(); inc(); inc(5); print(get())
def setg():
    global newg, x
    newg = 1; x = "changed"
setg(); print(newg, x)
def unbound():
    try: print(v)
    except UnboundLocalError as e: print(e)
    v = 1
    del v
    try: v
    except UnboundLocalError as e: print(e)
    try: del v
    except UnboundLocalError as e: print(e)
unbound()
def free():
    def f(): return late
    try: f()
    except NameError as e: print(type(e).__name__, e)
    late = 5
    return f()
print(free())
def delcell():
    z = 1
    def g(): return z
    del z
    try: g()
    except NameError as e: print(e)
    try: del z
    except NameError as e: print(type(e).__name__, e)
delcell()
class K:
    x = "class"
    y = x + "!"
    def f(self): return x
    z = [x for _ in range(1)]
    w = (lambda: x)()
    for i in range(2): pass
    if True: cond = 1
    del i
print(K.y, K().f(), K.z, K.w, hasattr(K, "i"), K.cond)
fs = [lambda: i for i in range(3)]; print([f() for f in fs])
gs = [lambda i=i: i for i in range(3)]; print([f() for f in gs])
i = "kept"; [i for i in range(3)]; print(i)
if (n := 10) > 5: print(n, [last := k for k in range(3)], last)
print([y := 1, y ** 2], (lambda: (q := 5) + q)())
def loc():
    a = 1; b = [a]
    return sorted(locals()), {k: v for k, v in locals().items() if k != "z"}
print(loc())
ns = {}
exec("a = 1\ndef f(): return a\nclass C: b = a", ns); print(ns["f"](), ns["C"].b, eval("a + 1", ns), eval("z", {"z": 3}))
def exec_local():
    q = 1
    exec("q = 2; w = 3")
    return q, eval("q + 1")
print(exec_local())
del x
try: x
except NameError as e: print(e)
print(len([]), __name__, "builtins" in dir() or type(__builtins__).__name__)
len = lambda o: "shadowed"
print(len([1])); del len; print(len([1]))
def swap(a, b): a, b = b, a; return a, b
def rot(a, b, c): a, b, c = c, a, b; return a, b, c
print(swap(1, 2), rot(1, 2, 3))
def chain(a, b, c): return a < b < c, a < b > c, a == b != c, 1 < a <= b, not a < b
print(chain(2, 3, 4), chain(3, 2, 1), (1 if x_ else 2) if (x_ := 0) else "alt", None or 0 or "last", 1 and 2 and 3, 0 and 1, not None)
def loops():
    out = []
    for a in range(3):
        for b in range(3):
            if b == 1: continue
            if a == 2: break
            out.append((a, b))
        else: out.append("else")
    k = 0
    while k < 3: k += 1
    else: out.append("while else")
    while 1:
        k += 1
        if k > 5: break
    return out, k
print(loops())
type Alias[T] = list[T]
def generic[T: int, *Ts, **P](a: T) -> T: return a
class Gen[T]:
    def m(self) -> T: ...
print(Alias.__name__, generic(3), generic.__type_params__, Gen.__type_params__, Alias.__value__, generic.__annotations__)
def ann(a: int, b: "str" = "x", *c: undefined_later, d: list[int]) -> None: pass
try: print(ann.__annotations__)
except NameError as e: print(e)
undefined_later = float
print(ann.__annotations__)
v: int = 5
class An: f: str; g: int = 3
print(An.__annotations__, v)
print(f"{(lambda q: q * 2)(4)}", *[k for k in "ab"], sep="-", end="|\n")
t = t"hello {v!r:>4} {x_}"
print(type(t).__name__, t.strings, [(p.value, p.expression, p.conversion, p.format_spec) for p in t.interpolations])
