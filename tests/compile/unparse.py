from __future__ import annotations

a: int
a: (x, y)
a: x[1, 2:3, ::4, :, (1, 2):, *b]
a: lambda: 0
a: lambda x, /, y=1, *z, k, w=2, **kw: (x, y)
a: lambda *a: 0
a: lambda *, a: 0
a: lambda **k: 0
a: (lambda: 0)()
a: x if y else z if w else v
a: (x if y else z) if (lambda: w) else v
a: x or y and not z or (w and (v or u))
a: not (x == y)
a: not x == y
a: (not x) == y
a: x < y <= z != w is v is not u in t not in s
a: (x < y) < z
a: x | y ^ z & w << v + u * t @ s / r // q % p
a: -x ** -y
a: (-x) ** y
a: x ** y ** z
a: (x ** y) ** z
a: x - (y - z)
a: (x - y) - z
a: ~-+x
a: await_(x)
a: f(x, *y, z=1, **w)
a: f(x for x in y)
a: f((x for x in y), z)
a: f(x for x in y if z if (w, v))
a: [x for x, y in z for (w, *v) in (u or t) if (lambda: s)]
a: {x: y for x in z}
a: {x for x in (y if z else w)}
a: {**x, 'y': z, **(a | b), **(lambda: 0)}
a: {1, 2, (3,), *x}
a: ([], (), {})
a: [1, [2], (3, 4), (5,)]
a: 1 .real
a: 1.5.real
a: 1j.imag
a: 0xFFFFFFFFFFFFFFFFFFFFFFFF
a: 1e400 + -1e400
a: 1e400j
a: (1e16, 1e15, 1.0, 0.1, 1e-5, 123456789.123)
a: ('it\'s', "\"", '"\'', '\n\t\\\x00\x7f\x80\xad\u1234\U0001F600', '\ud800')
a: (u'u', 'x' u'y')
a: (b'\x00\'"', b"'")
a: (True, False, None, ...)
a: f'{x}'
a: f'{x!r:>{w}.{p}}{{}}\n"'
a: f'{ {1: 2}[1] }{ {1} }'
a: f'{(lambda: 1)}{x, y}{x if y else z}{(yield_)}'
a: f'{x:{y!s}} {x=} {x = !s:5}'
a: f'a' 'b' f'{x}c'
a: f''
a: f'{x:}'
a: f'{f"{x}"}'
a: t'a{x}b{y!r:>{w}}{ {1} }'
a: t'{x=}'
a: x.y[z](w).v
a: (x, y).z
a: (x + y)[z]
a: (lambda x: 0)[y]
a: __debug__
a: '%s' % (x,)
a: 1 + 2


def f(p: x[1], /, q: 'str' = 1, *r: (int), s: -1 = 2, **t: {}) -> x | None:
    v: 1 + 1
    return v


class C:
    __private: __name[__x.__y]

    def m(self, __p: __q) -> __r: ...


async def g(*args: *Ts): ...
