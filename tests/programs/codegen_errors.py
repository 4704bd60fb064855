### exec
return 1
### exec
class A:
    return
### exec
yield 1
### exec
class A:
    yield from x
### exec
break
### exec
continue
### exec
for x in y:
    def f():
        break
### exec
try: pass
except* E:
    return
### exec
def f():
    try: pass
    except* E:
        return 1
### exec
while 1:
    try: pass
    except* E:
        break
### exec
while 1:
    try: pass
    except* E:
        for y in z:
            break
        continue
### exec
while 1:
    try: pass
    finally:
        continue
### exec
try: pass
except: pass
except E: pass
### exec
f(a=1, a=2)
### exec
f(a=1, b=2, b=3, a=4)
### exec
x.f(**a, b=1, b=2)
### exec
class A(x=1, x=2): pass
### exec
a, *b, *c = d
### exec
*a = b
### exec
*a, = b
### exec
x = *a, b
del *a
### exec
class A[__T](B[__T], x=__U):
    def f[__V: __T = int](self, x: __V = 3, *, k: __W = 4): return __T
    type __X[*__Y] = __T
### exec
def f():
    with a:
        with b:
            return x
    for q in r:
        with c:
            break
### exec
def f(): return 1,
### exec
def f():
    for x in y:
        try: pass
        finally:
            1 is 1
            return
