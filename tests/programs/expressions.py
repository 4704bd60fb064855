### exec
print(*a)
x = *a
### exec
for a in b:
 for a in b:
  for a in b:
   for a in b:
    for a in b:
     for a in b:
      for a in b:
       for a in b:
        for a in b:
         for a in b:
          for a in b:
           for a in b:
            for a in b:
             for a in b:
              for a in b:
               for a in b:
                for a in b:
                 for a in b:
                  for a in b:
                   for a in b:
                    for a in b:
                     for a in b:
                      for a in b:
                       pass
### exec
x = a[1:2]; a[1:2] = x; del a[1:2]; a[b:c]; a[b:c] = 1; del a[b:c]; a[b:c] += 1; a[b:c:d]; a[b:c:d] += 1; a[1:2] += 1
a[:]; a[b:]; a[:b]; a[::]; a[:, 1]; a[b:c, d]; a[...]; a[*b]; a[1:2, *b]; a.b += 1; a += 1
a.\
   b += 1
(a
 .b
 .c(1)
 .d)
a.b(
c).d(x=1,
y=2)
### exec
x = [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31]
y = (a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a)
z = {a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a}
z = {a,*b}; z=[*a,b]; z=(a,*b,c); z = *a,; z=[a,b]; z={a}; z=[]; z=(); z={}
f(a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a)
g.f(a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a)
g.f(a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a)
f(a1=1,a2=1,a3=1,a4=1,a5=1,a6=1,a7=1,a8=1,a9=1,a10=1,a11=1,a12=1,a13=1,a14=1,a15=1)
f(a1=1,a2=1,a3=1,a4=1,a5=1,a6=1,a7=1,a8=1,a9=1,a10=1,a11=1,a12=1,a13=1,a14=1,a15=1,a16=1)
g.f(a1=1,a2=1,a3=1,a4=1,a5=1,a6=1,a7=1,a8=1,a9=1,a10=1,a11=1,a12=1,a13=1,a14=1,a15=1,a16=1)
f(*a); f(**a); f(a, *b); f(a, b=1, **c); f(a, **b, c=1, d=2, **e); f(*a, *b); f(*a, b=1); f(a, *b, c=1, d=2, e=3, f=4, g=5, h=6, i=7, j=8, k=9, l=10, m=11, n=12, o=13, p=14, q=15, r=16, s=17)
d = {1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9,10:10,11:11,12:12,13:13,14:14,15:15,16:16,17:17,18:18,19:19,20:20}
d = {**a}; d={1:2,**a}; d={**a,1:2}; d={1:2,**a,3:4,**b}; d={1:2}
f"{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}{a}"
f""; f"{a}"; f"{a!r:>{w}}"; f"{a=}"; f"x{a!s}y{b!a:3}"; t""; t"a{b}c"; t"{a}{b!r}"; t"{a:>{b}}x{c=}"
### exec
import a, b.c, d as e, f.g.h as i
from . import x
from .. import *
from a.b import c as d, e
from a import *
### exec
def f(): (yield)
def g(): x = yield y; yield from z
l = lambda: (yield)
l = lambda x=1, *y, z=2, **w: x
gen = (x for x in y if z for w in v)
def h(): raise
def i(): raise A
def j(): raise A from B
def k():
    return (yield
      1)
def m():
    return (
       1)
### exec
import x
x.f(1)
x.y.f(1)
def g():
    x.f(1)
from a import b
b.c()
### exec
print(f"{1 is 1}")
