if x
# --
if x: pass elif y: pass
# --
if x: pass
# --
elif y
# --
if x: pass
# --
else
# --
while x
# --
for x in y
# --
for x
# --
for x y in z: pass
# --
for in y: pass
# --
with a
# --
with a as 1: pass
# --
with a as f(): pass
# --
with (a, b) as c() : pass
# --
with (a as b, c)
# --
try
# --
try: pass
# --
try: pass
# --
x = 1
# --
try: pass
# --
except
# --
try: pass
# --
except A, B as c: pass
# --
try: pass
# --
except A as b.c: pass
# --
try: pass
# --
except* : pass
# --
try: pass
# --
except*: pass
# --
try: pass
# --
except A: pass
# --
except* B: pass
# --
try: pass
# --
except* A: pass
# --
except B: pass
# --
try: pass
# --
finally
# --
def f
# --
def f(
# --
def f():
# --
def f(): pass pass
# --
def f() -> : pass
# --
def f(a, a b): pass
# --
def f(a=1, b): pass
# --
def f(a, *, **k): pass
# --
def f(*): pass
# --
def f(*, ): pass
# --
def f(**k, a): pass
# --
def f(**k, *a): pass
# --
def f(*a, *b): pass
# --
def f(*a=1): pass
# --
def f(**k=1): pass
# --
def f(/, a): pass
# --
def f(a, /, b, /): pass
# --
def f(*a, /): pass
# --
def f(a, / *b): pass
# --
def f(a=): pass
# --
def f((a, b)): pass
# --
def f(a, (b)): pass
# --
def f(1): pass
# --
def f[](): pass
# --
def f[T: 1: 2](): pass
# --
def f[*T: int](): pass
# --
def f[**P: (int, str)](): pass
# --
class A
# --
class A(
# --
class A:
# --
class A(): pass pass
# --
class A[]: pass
# --
class 1: pass
# --
import
# --
import a as b.c
# --
import a as 1
# --
import a from b
# --
import a.b, c from d
# --
from a import
# --
from a import b,
# --
from a import b as c.d
# --
from a import (b, c
# --
from a import *, b
# --
from . import
# --
from a import b.c
# --
from import a
# --
global
# --
global a.b
# --
nonlocal a,
# --
return = 1
# --
raise a from
# --
assert
# --
assert a, b, c
# --
pass 1
# --
break 1
# --
async x
# --
async with a
# --
async for x in y
# --
@
# --
@a
# --
@a
# --
x = 1
# --
type X
# --
type X = 
# --
type X[] = 1
# --
match x:
# --
match x
# --
match x: pass
# --
else: pass
# --
elif x: pass
# --
except: pass
# --
case x: pass
# --
x = 1; if y: pass
# --
print x, y
# --
if x: pass; else: pass
# --
lambda
# --
x =
# --
= 1
# --
x == 
# --
:
# --
,
# --
.
# --
!
# --
$
# --
x ? y
# --
if x:
pass
# --
def f():
pass
# --
class A:
pass
# --
for x in y:
pass
# --
while x:
pass
# --
with a:
pass
# --
try:
pass
# --
try:
  pass
except A:
pass
# --
try:
  pass
except:
pass
# --
try:
  pass
except* A:
pass
# --
try:
  pass
finally:
pass
# --
if x:
  pass
else:
pass
# --
if x:
  pass
elif y:
pass
# --
match x:
case 1: pass
# --
match x:
  case 1:
  pass
# --
match x:
  case 1
    pass
# --
if x:
  pass
else:
  pass
elif y:
  pass
# --
try:
  pass
x = 1
# --
try:
  pass
except A
  pass
# --
try:
  pass
except A, B as c:
  pass
# --
try:
  pass
except A as b.c:
  pass
# --
try:
  pass
except*:
  pass
# --
try:
  pass
except A:
  pass
except* B:
  pass
# --
try:
  pass
except* A:
  pass
except B:
  pass
# --
async def f():
pass
# --
with (a,
  b):
pass
