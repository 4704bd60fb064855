### exec
class A:
    x: int
    if 1:
        y: int = 1
    (z): int
    a.b: int
    a.b[c:d, e]: int
    a.b: int = 3
    def f(self):
        self.x: int
        self.y: int = 1
        z: int
        w: int = 1
        a.b: int
        self.z += 1
        del self.w
        for self.i in x: pass
        (self.j, [self.k]) = 1
        with x as self.l: pass
        def g(): self.m = 1
        lambda: [self for self.n in x]
x: int
if y:
    z: str = 1
### exec
from __future__ import annotations
class A:
    x: int
    if 1:
        y: int = 1
    (z): int
    a.b: int
    a.b[c:d, e]: int
    def f(self, x: int, /, y: 'a', *z: *Ts, **k: a[b]) -> None: 
       q: int
__x: a + b
class A:
    __y: "d"
### exec
class A:
    global x
    x: int
### exec
def f():
    global x
    x: int = 3
### exec
def f(a: int) -> str:
    x: list[int] = []
    return x
class A:
    x: int
    def f(self, a: int, /, *b: *Ts, c: 'd' = 1, **e) -> A:
        y: a
        class B:
            z: y
            def g(self) -> x: w: int
### exec
from __future__ import annotations
def f(a: int) -> str:
    x: list[int] = []
    class B:
        z: y
        def g(self) -> x: w: int
