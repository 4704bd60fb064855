# Small loops of every hot kind, with results that show overflow, types changing in mid-loop, and deep nesting.
def ksum(n):
    s = 0
    i = 0
    while i < n:
        s = s + i % 7
        i += 1
    return s
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def mandel(w, h, it):
    t = 0
    for y in range(h):
        for x in range(w):
            cr = 3.0 * x / w - 2.0; ci = 2.0 * y / h - 1.0
            zr = zi = 0.0
            k = 0
            while k < it and zr * zr + zi * zi < 4.0:
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                k += 1
            t += k
    return t
class P:
    def __init__(self): self.a = 0; self.b = 1
    def step(self): self.a, self.b = self.b, self.a + self.b
def attrs(n):
    p = P()
    for _ in range(n): p.step()
    return p.a
def lists(n):
    xs = list(range(n)); t = 0
    for i in range(n):
        t += xs[i]; xs[i] = t
    return t, xs[-1], len(xs)
def poly(x, y): return x + y
def overflow():
    a = 1
    for _ in range(70): a = a + a
    b = 2 ** 46
    out = []
    for _ in range(4): b *= 2; out.append(b)
    for _ in range(4): b //= 2; out.append(b)
    return a, out
def sieve(n):
    flags = [True] * (n + 1); flags[0] = flags[1] = False
    for i in range(2, n + 1):
        if flags[i]:
            for j in range(i * i, n + 1, i): flags[j] = False
    return sum(flags)
def words(n):
    d = {}
    for i in range(n):
        k = "k" + str(i % 17)
        d[k] = d.get(k, 0) + i
    return sorted(d.items())[:3]
print(ksum(10000), fib(18), mandel(20, 15, 40), attrs(90), lists(1000), overflow(), sieve(1000), words(500))
print([poly(1, 2), poly(1.5, 2), poly("a", "b"), poly([1], [2]), poly(2 ** 60, 2 ** 60), poly(True, 1), poly(1, 2.5)])
