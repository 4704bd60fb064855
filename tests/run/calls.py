# Every form of call and parameter, and the texts of binding errors.
def f(a, b=2, /, c=3, *args, d, e=5, **kw):
    return a, b, c, args, d, e, kw
print(f(1, d=4))
print(f(1, 20, 30, 40, 50, d=4, e=6, x=7))
print(f(1, c=9, d=4))
print(f(*[1, 2], *(3, 4), d=0, **{"x": 1}, **{"y": 2}))
print(f(*range(3), **{"d": 1, "e": 2}))
def g(*a, **k): return a, k
print(g(), g(1), g(a=1), g(*[], **{}), g(*"ab", **{"self": 1}), g(1, *[2], 3, *[4], x=1, **{"y": 2}, z=3))
def many(*a): return len(a), sum(a)
print(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35))
print((lambda x, y=2, *z, w=4, **q: (x, y, z, w, q))(1, w=3, r=5))
class C:
    def m(self, x, y=1): return ("m", x, y)
    @classmethod
    def c(cls, x): return (cls.__name__, x)
    @staticmethod
    def s(x): return ("s", x)
    def __call__(self, *a, **k): return ("call", a, k)
o = C()
print(o.m(1), o.m(1, y=2), C.m(o, 5), o.c(1), C.c(2), o.s(3), C.s(4), o(1, k=2), o.m.__self__ is o, o.m.__func__ is C.m)
bm = o.m
print(bm(7), bm(y=1, x=2), len([1, 2]), "abc".upper(), max(1, 2, key=lambda v: -v), sorted([3, 1, 2], reverse=True), print.__name__)
def bad():
    yield lambda: f()
    yield lambda: f(1)
    yield lambda: f(1, 2, 3, b=2, d=1)
    yield lambda: f(1, d=1, **{"d": 2})
    yield lambda: f(1, c=1, d=1, **{"c": 2})
    yield lambda: (lambda a: a)()
    yield lambda: (lambda a, b: a)(1)
    yield lambda: (lambda a, b, c: a)()
    yield lambda: (lambda a: a)(1, 2)
    yield lambda: (lambda a, b=1: a)(1, 2, 3)
    yield lambda: (lambda: 0)(1)
    yield lambda: (lambda a: a)(1, a=2)
    yield lambda: (lambda a: a)(1, zz=2)
    yield lambda: (lambda a, /: a)(a=2)
    yield lambda: (lambda *, k: k)()
    yield lambda: (lambda *, k, l: k)()
    yield lambda: (lambda a, *, k: k)(1, 2, k=1)
    yield lambda: o.m()
    yield lambda: o.m(1, 2, 3)
    yield lambda: C.m()
    yield lambda: (o, 5)[1]()
    yield lambda: print()(1)
    yield lambda: g(*5)
    yield lambda: g(**5)
    yield lambda: g(**{1: 2})
    yield lambda: len()
    yield lambda: len(1, 2)
    yield lambda: len(5)
    yield lambda: len(obj=[])
    yield lambda: int(1, 2, 3, 4)
    yield lambda: C(1)
    yield lambda: object(1)
    yield lambda: "a".upper(1)
    yield lambda: [].append()
    yield lambda: [].append(1, 2)
    yield lambda: {}.get()
    yield lambda: "".split(foo=1)
    yield lambda: isinstance(1)
for t in bad():
    try:
        print(t())
    except TypeError as e:
        print("TypeError:", e)
def defaults(x, acc=[]):
    acc.append(x)
    return acc
print(defaults(1), defaults(2), defaults.__defaults__, f.__kwdefaults__, f.__code__.co_varnames, f.__name__, f.__qualname__)
defaults.__defaults__ = ([9],)
print(defaults(3))
def deco(n):
    def wrap(fn):
        def inner(*a, **k):
            return [fn(*a, **k)] * n
        inner.__name__ = fn.__name__
        return inner
    return wrap
@deco(2)
@deco(1)
def h(x, *, y=0): return x + y
print(h(1, y=2), h.__name__)
def rec(n): return 0 if n == 0 else 1 + rec(n - 1)
print(rec(500))
def order(x): print("eval", x); return x
def kwf(*a, **k): return a, k
print(kwf(order(1), *order([2]), k=order(3), **order({"l": 4})))
