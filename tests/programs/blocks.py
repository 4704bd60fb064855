### exec
with a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x: pass
### exec
def f():
    try:
        for x in y:
            with a, b as c:
                try:
                    return x
                except E as e:
                    return 1
                finally:
                    print(1 is 1)
    except (A, B) as n:
        try:
            return
        finally: foo()
    except: 
        return y
    else: z
    finally:
        return 3
### exec
def f():
    while x:
        try:
            break
        except* E as e: pass
        except* F: pass
        else: q
        finally: z
        try: continue
        finally:
            with q: pass
    else: w
    for a, b in c:
        with x:
            continue
    try: pass
    except A as b: pass
    except C: pass
### exec
x = 1 if a else 2
if a and b or not c: pass
if not (a and (b or c)): pass
if a if b else c: pass
if a < b < c: pass
if not a < b < c: pass
while a < b < c < d and e: pass
x = a < b < c
x = a and b or c
assert a < b < c, d
x = not a
x = ~a; x = +a; x= -a
x = y = z; x, y = z = w
(x := y)
[y := f(x) for x in z]
del a, (b, c), [d], e.f, g[h]
def f(): global q; q = 1; del q; nonlocal_ = 1
def g():
    x = 1
    def h():
        nonlocal x
        x = 2; del x
        return [x for x in y for z in [x] for w in (x, ) for q in (*x,)]
    class B:
        x = x
        y = [x for _ in z]
        def m(self): return __class__, x
        lambda: y
        class C: z = [lambda: x for x in y]
    try: pass
    except E as x: x
### exec
with open(a) as b, c, d as (e, f): pass
