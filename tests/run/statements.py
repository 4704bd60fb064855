# Statements that compile to the rarer instructions.
import sys
xs = list(range(10))
xs[2:4] = "ab"; print(xs[1:5], xs[:2], xs[::2][:3])
del xs[2:4]; print(xs)
class S:
    def __getitem__(self, k): return k
    def __setitem__(self, k, v): print("set", k, v)
    def __delitem__(self, k): print("del", k)
s = S(); lo, hi = 1, 5
print(s[lo:hi], s[lo:hi:2], s[:, 1], s[...], s[1:2, ::3])
s[lo:hi] = 1; s[1, 2] += (3,); del s[lo:hi]
def f(n): assert n > 0, f"bad {n}"; return n
try: f(-1)
except AssertionError as e: print(e)
def many(a, *b, c=1, **d): return a, b, c, d
print(many(*[1, 2], **{"c": 3}, e=4), many(1, 2, 3, 4, 5, 6, 7, c=8, e=9, g=10))
print([*range(40)][35], {**{"a": 1}, **{"b": 2}}, {1, *[2, 3]}, (*"abc", 1))
big = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, lo]
bigd = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10, "k": 11, "l": 12, "m": 13, "n": 14, "o": 15, "p": 16, "q": 17, "r": lo}
print(len(big), sum(big), len(bigd), bigd["r"], {1: 2, **bigd, "a": 9}["a"])
def g():
    x = yield 1
    y = yield from [2, 3]
    try: z = yield x
    except ValueError: z = yield "caught"
    return z
it = g(); print(next(it), it.send("x"), next(it), next(it), it.throw(ValueError))
for i in range(3):
    for j in range(3):
        if j == 2: break
    else: continue
    break
print(i, j)
while True:
    try:
        if i or True: break
    finally: print("fin")
with open(sys.argv[0]) as fh, open(sys.argv[0]) as fh2: first = fh.readline(); print(first.strip()[:12], fh2.closed)
print(fh.closed)
x = [1, 2, 3]; x[0] += 5; x[lo] -= 1; x[-1] *= 2; print(x)
class O: n = 1
o = O(); o.n += 5; o.m = o.n; o.n -= 1; del o.m; print(o.n, hasattr(o, "m"))
print(all(k for k in [1, 2]), any(k for k in [0, 0]), tuple(k for k in range(3)), list(k for k in range(3)), set(k for k in range(3)))
print(not (1 in [1]), 1 not in [2], None is None, lo is not None, -lo, ~lo, +lo, not lo, lo if hi else 0, lo and hi, lo or hi)
def ret_none(): pass
def nested_try():
    for k in range(3):
        try:
            try: 1 / k
            except ZeroDivisionError: continue
            finally: print("inner", k)
        except Exception: print("never")
        else: return k
print(ret_none(), nested_try(), (lambda *a, **k: (a, k))(1, z=2))
global_counter = 0
def bump():
    global global_counter
    global_counter += 1
    del globals()["first"]
bump(); print(global_counter, "first" in globals())
match [1, [2, {"a": 3}]]:
    case [a, [b, {"a": c, **r}]]: print(a, b, c, r)
print(f"{lo!r:>5}|{hi:<5}|{lo!s}|{hi!a}|{lo:{hi}}", t"{lo}".interpolations[0].value)
try:
    try: raise OSError(2, "No such file")
    except* OSError as eg: print(eg.exceptions[0].errno); raise
except* OSError as eg: print("outer", eg.exceptions)
import os.path as osp
from os import path, sep as separator
print(osp is path, separator)
print([(a, b) for a in range(3) for b in "xy" if a != 1], {a: b for a, b in [(1, 2)]}, [[c for c in range(r)] for r in range(3)], [lambda: q for q in range(2)][0]())
async def ag():
    yield 1
    async for v in ag2(): yield v
async def ag2():
    yield 2
async def main():
    return [v async for v in ag()], [await c async for c in agc()]
async def agc():
    async def inner(): return 9
    yield inner()
try: main().send(None)
except StopIteration as e: print(e.value)
