from m import a, b as c
import d.e, f.g as h


def outer(x, y=1, *args, z, w=2, **kwargs):
    n = 1
    m = [n for n in x if y]
    o = [lambda: n for n in x]

    def inner():
        nonlocal n
        n += 1
        global k
        k = n
        return [(n, k, x) for _ in args]

    class C:
        n = x
        p = [n for _ in y]
        q = [__class__ for _ in y]
        r = (n for _ in y)

        def f(self):
            return super().f(), __class__, n

        def g[T: x](self, v: T = n) -> [n for _ in y]:
            return T

        s = [super for _ in y]

    def rec():
        return rec, kwargs, (t := z), [u := w for _ in x], (lambda: u)

    return inner, C, rec


class Private:
    __a = 1
    __b: int = 2

    def __f(self, __x, *, __y=3):
        self.__z = __x
        import __m, __n.o
        from p import __q
        for __r in __x: pass
        with __x as __s: pass
        try: pass
        except __t as __u: pass
        global __v
        __v = __a
        del __r
        return {k.__w: __w for __w in __x}, f"{__x}", (lambda __y: __y)

    class _Inner[__T, *__Ts, **__P](__base, __metaclass=__meta):
        __c: __T

        def g[__U](self: __U, a: __T) -> __P: return __T

    class ___:
        __d = 1

        def f(self): return __d


type Alias[__T: (int, __T), U = __T] = dict[__T, U]
def generic[T, *Ts, **P](a: T, *b: *Ts, c=1, **d: P.kwargs) -> T: return T, Ts, P
def defaults[T = int, **P = [int]](a=1, /, b=2, *, c=3, d): return T
class Base[T: int, U: (str, bytes) = str](list[T], metaclass=type): x: T; y: U = 1
async def agen[T]():
    async for x in y: yield x
    async with x as z, w: pass
    return


class Conditional:
    a: int
    if a:
        b: str
    for i in a:
        c: i = 1
    def f(self):
        x: int = 1
        y: unknown
        (z): str = 2
        self.w: int = 3
        return x

    def __annotate__(format, /): return {}


if a:
    cond: int = 1
else:
    other: str
while c: loop: Base[int]


def classcell():
    class A:
        x = __class__
        def f(self): return __class__
        class B:
            def g(self): return super
    return A


def namedexprs(y):
    if any((last := n) > 1 for n in y): return last
    return [[(i, j) for j in range(i) if (k := j)] for i in y], k


[mod := n for n in range(3)]
lst = [x for x in (lambda: [y for y in [1]])()]
gen = (x for x in y for y in x if (lambda: x)() if y)
