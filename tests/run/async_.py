# Coroutines and async generators, driven by hand.
class Await:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return ("awaited", self.v, got)
def run(coro):
    log = []
    try:
        v = coro.send(None)
        while True:
            log.append(v)
            v = coro.send(f"sent{len(log)}")
    except StopIteration as e:
        return log, e.value
async def simple(): return await Await(1)
async def two():
    a = await simple()
    b = await Await(2)
    return a, b
print(run(two()))
class ACm:
    async def __aenter__(self): print("aenter", await Await("in")); return "cm"
    async def __aexit__(self, t, v, tb): print("aexit", t and t.__name__, await Await("out")); return t is KeyError
async def withs():
    async with ACm() as c: print(c)
    async with ACm(): raise KeyError("k")
    try:
        async with ACm(): raise ValueError("v")
    except ValueError as e: print("through", e)
print(run(withs()))
class AIter:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        return await Await(self.n)
async def loop():
    out = []
    async for x in AIter(3): out.append(x)
    else: out.append("else")
    return out, [y[1] async for y in AIter(2)], {z[1]: 1 async for z in AIter(2) if z[1]}, [await Await(k) for k in range(2)]
print(run(loop()))
async def agen(n):
    try:
        for i in range(n):
            got = yield i
            if got: print("agen got", got)
            await Await(f"w{i}")
    finally:
        print("agen finally")
async def use():
    out = []
    async for x in agen(3): out.append(x)
    g = agen(5)
    out.append(await g.__anext__())
    out.append(await g.asend("hi"))
    try: await g.athrow(ValueError("t"))
    except ValueError as e: out.append(str(e))
    g = agen(5)
    await anext(g)
    await g.aclose()
    out.append([x * 2 async for x in (y async for y in agen(2))])
    try: await anext(agen(0))
    except StopAsyncIteration: out.append("SAI")
    out.append(await anext(agen(0), "dflt"))
    return out
print(run(use()))
async def bad(): await 5
try: run(bad())
except TypeError as e: print(e)
async def raises(): raise ValueError("x")
try: run(raises())
except ValueError as e: print(e)
c = simple()
print(type(c).__name__, c.cr_frame is not None, c.__name__)
c.close()
try: c.send(None)
except RuntimeError as e: print(e)
async def stop(): raise StopIteration("no")
try: run(stop())
except RuntimeError as e: print(e)
async def lam(): return (lambda: [i for i in range(3)])()
print(run(lam()))
async def not_iter():
    async for x in 5: pass
try: run(not_iter())
except TypeError as e: print(e)
async def not_cm():
    async with 5: pass
try: run(not_cm())
except TypeError as e: print(e)
