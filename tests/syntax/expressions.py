f(a b)
# --
x = [1 2]
# --
{1: 2 3}
# --
(a, b c)
# --
a b
# --
print a
# --
exec "x"
# --
print(a) b
# --
f(x for x in y, 1)
# --
f(1, x for x in y)
# --
f(a=1, b)
# --
f(**a, b)
# --
f(**a, *b)
# --
f(a=1, *b)
# --
f(a.b=1)
# --
f(True=1)
# --
f(None=1)
# --
f(a=)
# --
f(1, a=)
# --
f(a=x for x in y)
# --
f(**a=1)
# --
f(*a=1)
# --
f(*)
# --
f(a := 1, b)
# --
(a.b := 1)
# --
(a[0] := 1)
# --
a := 1
# --
if x = 1: pass
# --
if x.y = 1: pass
# --
while (a, b) = c: pass
# --
f(a, b=1 for b in c)
# --
[x, y for x in z]
# --
[x, for x in z]
# --
{x, y for x in z}
# --
[*x for x in y]
# --
{**x for x in y}
# --
{*x for x in y}
# --
(*x for x in y)
# --
{1: 2, 3}
# --
{1: 2, 3:}
# --
{1: *a}
# --
{1:}
# --
{**a, b}
# --
(*a)
# --
(**a)
# --
x = (*a)
# --
[a for b c in d]
# --
[a for 1 in d]
# --
[a for f() in d]
# --
for x() in y: pass
# --
for (x, 1) in y: pass
# --
1 if 2
# --
x = 1 if 2 else
# --
1 if 2 else pass
# --
pass if 1 else 2
# --
a if b else return
# --
not
# --
a + not b
# --
-not a
# --
a * not b
# --
lambda (a, b): 1
# --
lambda a=1, b: 1
# --
lambda *: 1
# --
lambda *, **k: 1
# --
lambda **k, a: 1
# --
lambda a, /, b, /: 1
# --
lambda *a, *b: 1
# --
lambda /, a: 1
# --
lambda *a=1: 1
# --
lambda **k=1: 1
# --
a < > b
# --
1 <> 2
# --
a = <> b
# --
x = yield = 1
# --
(yield) = 1
# --
await = 1
# --
async = 1
# --
1 = x
# --
"a" = 1
# --
f() = 1
# --
a + b = 1
# --
a, 1 = x
# --
[a, b()] = x
# --
{a} = x
# --
{a: 1} = x
# --
None = 1
# --
True = 1
# --
... = 1
# --
a < b = 1
# --
a if b else c = 1
# --
lambda: 1 = 2
# --
`x`
# --
(x for x in y) = 1
# --
[x for x in y] = 1
# --
f"{x}" = 1
# --
t"{x}" = 1
# --
x += 1 += 2
# --
f() += 1
# --
(a, b) += 1
# --
1 += 1
# --
a, b += 1
# --
x: int: str
# --
(a, b): int
# --
[a]: int
# --
a, b: int
# --
f(): int
# --
1: int
# --
del f()
# --
del (a, 1)
# --
del a + b
# --
del *a
# --
del
# --
del a,
# --
x = *a
# --
*a
# --
print(*a b)
# --
a[1 2]
# --
a[1:2 3]
# --
a[
# --
(a
# --
a)
# --
(a]
# --
{a)
# --
f(a, b
# --
x = [1,
2
y = 3
# --
f(
  a
  b)
# --
x = {
 1: 2
 3: 4}
# --
(
]
# --
x = (1,

2]
# --
"a" b "c"
# --
x = "a" 1 "b"
# --
class A(x for x in y): pass
