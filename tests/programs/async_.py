### exec
async def f():
    yield 1
    return 2
### exec
async def f():
    yield from x
### exec
await x
### exec
def f():
    await x
### exec
async def f():
    async with a as b, c: pass
    async for x in y:
        if z: break
        else: continue
    else: pass
    [x async for x in y]
    {x async for x in y if z}
    {x: y async for x in y for z in w async for q in r}
    (x async for x in y)
    [await x for x in y]
    (await x for x in y)
    await x
    for x in y:
        async with a: return 1
    return
async def g():
    yield 1
    [(yield) for x in y] if 0 else 1
### exec
async def f():
    yield
    x = [i for i in [j async for j in k]]
    all(x for x in y); any(x async for x in y); tuple(x for x in y)
    return
### exec
"""  doc
    string\tx
	tab
      y
"""
class A:
    """a
    b"""
    def f(self):
        "x\ty"
def g():
    """	tab
	 x
    """
async def h():
    b"not"
### exec
@a
@b.c(1)
def f(): pass
@a
class A(B, metaclass=C, *d, **e): pass
@x
async def g[T](a=1, *, b=2): pass
@y
class H[T, *U, **V](I[T], j=1): x: T
def k[T: (int, str) = int, *U = *V, **W = [int]](a: T, *b: *U, **c: W.kwargs) -> T: return a
type X = int | Y
type Z[T] = list[T]
### exec
def outer():
    class A:
        a: int
        class B:
            def f(x: int): pass
            b: a
    def g(x: A) -> B: return __debug__
    async def h(): pass
    class C[T]:
        x: T
        def m(self): return super().m, __class__
    global D, E
    class D:
        class F: 
            def z(self): lambda: 1
    def E(): 
        def G(): pass
