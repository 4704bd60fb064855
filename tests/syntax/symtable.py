def f(a, a): pass
# --
def f(a, *, b, **a): pass
# --
lambda x, *x: 0
# --
def f[T, T](): pass
# --
class C[T, *T]: pass
# --
class C[__classdict__]: pass
# --
type A[**__classdict__ = int] = int
# --
def f(a):
    global a
# --
def f(a):
    nonlocal a
# --
def f():
    a = 1
    global a
# --
def f():
    print(a)
    global a
# --
def f():
    a: int
    global a
# --
def f():
    global a
    a: int
# --
global a
a: int
a: int = 1
# --
def f():
    a = 0
    def g():
        nonlocal a
        a: int = 1
# --
def f():
    a = 0
    def g():
        a = 1
        nonlocal a
# --
def f():
    a = 0
    def g():
        print(a)
        nonlocal a
# --
def f():
    a = 0
    def g():
        a: int
        nonlocal a
# --
nonlocal a
# --
def f():
    nonlocal a
# --
def f():
    def g():
        a = 1
        def h():
            global a
            nonlocal a
# --
a = 1
def f():
    def g():
        nonlocal a
# --
def f[T]():
    nonlocal T
# --
def f[T]():
    def g():
        nonlocal T
        T = 1
# --
class C[T]:
    nonlocal T
# --
class C:
    a = 1
    def f(self):
        nonlocal a
# --
def f():
    from m import *
# --
class C:
    from m import *
# --
[x := 1 for x in y]
# --
[[x := 1 for z in w] for x in y]
# --
[x for y in [x := 1]]
# --
[x for y in (lambda: (x := 1))()]
# --
[y for x in z if (y := 1) for y in w]
# --
class C:
    [x := 1 for y in z]
# --
class C:
    [x for y in z if [x := 1 for w in y]]
# --
def f[T: [x := 1 for y in z]](): pass
# --
type A = [x := 1 for y in z]
# --
class C[T](a := [x := 1 for y in z]): pass
# --
class C[T]([x := 1 for y in z]): pass
# --
class C[T](x := 1): pass
# --
def f(a: (x := 1)): pass
# --
def f() -> (yield): pass
# --
def f():
    x: (yield from y)
# --
async def f():
    x: await y
# --
x: (y := 1)
# --
type A = (x := 1)
# --
type A = (yield)
# --
type A[T: (yield)] = int
# --
type A[T: (int, (await x))] = int
# --
type A[T = (x := 1)] = int
# --
type A[*T = (x := 1)] = int
# --
type A[**T = (x := 1)] = int
# --
x: lambda: (yield)
# --
x: [y := 1 for z in w]
# --
def f():
    [(yield) for x in y]
# --
def f():
    {(yield x) for x in y}
# --
def f():
    {x: (yield) for x in y}
# --
def f():
    ((yield from x) for x in y)
# --
def f():
    [x for x in (yield)]
# --
await x
# --
class C:
    await x
# --
def f():
    await x
# --
def f():
    [await x for x in y]
# --
def f():
    (await x for x in y)
# --
lambda: await x
# --
[x async for x in y]
# --
def f():
    {x async for x in y}
# --
async def f():
    def g():
        [x async for x in y]
# --
async def f():
    [[x async for x in y] for z in w]
# --
def f():
    async with x: pass
# --
async for x in y: pass
# --
class C:
    async with x: pass
# --
__debug__ = 1
# --
def f(__debug__): pass
# --
def __debug__(): pass
# --
class __debug__: pass
# --
import __debug__
# --
import a.__debug__
# --
from a import b as __debug__
# --
del __debug__
# --
del x.__debug__
# --
x.__debug__ = 1
# --
f(__debug__=1)
# --
class C(__debug__=1): pass
# --
for __debug__ in x: pass
# --
with x as __debug__: pass
# --
try: pass
except E as __debug__: pass
# --
match x:
    case __debug__: pass
# --
match x:
    case C(__debug__=1): pass
# --
match x:
    case [*__debug__]: pass
# --
match x:
    case {**__debug__}: pass
# --
def f():
    global __debug__
# --
[__debug__ := 1 for x in y]
# --
"docstring"
from __future__ import division, annotations
from __future__ import generators
x = 1
# --
x = 1
from __future__ import division
# --
def f():
    from __future__ import division
# --
from __future__ import division; x = 1; from __future__ import annotations
# --
from __future__ import nothing
# --
from __future__ import division, braces
# --
from __future__ import annotations as a, nothing
# --
from __future__ import (annotations,
    é)
# --
from .__future__ import nothing
# --
from __future__ import annotations
def f(a: (yield)): pass
# --
from __future__ import annotations
x: (y := 1)
# --
class é:
    def f(é, é): pass
# --
def f(é, x): global é, x
# --
class C:
    def f(self, __x, _C__x): pass
