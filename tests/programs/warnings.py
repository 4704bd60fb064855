### exec
x is 1
x is not "a"
1 is x
() is x
(1,2) is x
(a,b) is x
x is None
x is ...
if 1 is 2 < x: pass
x < 1 is not 2
### exec
1()
"a"(1)
(1,2)(3)
[1](2)
{}(1)
{1}(2)
f"a"(1)
t"a"(1)
(x for x in y)(1)
[x for x in y](1)
(lambda: 1)(1)
None()
...()
(1).f()
### exec
1[2]
None[1]
{1}[2]
{x for x in y}[2]
(x for x in y)[0]
t"a"[0]
(lambda: 1)[0]
1.5[0]
2j[0]
...[0]
True[1]
"a"["b"]
"a"[1.0]
"a"[True]
"a"[None]
b"a"["b"]
(1,2)["a"]
[1,2]["a"]
[1,2][(1,2)]
[1,2][1,2]
[1,2][[1]]
[1,2][{}]
[x for x in y]["a"]
f"a"["b"]
"a"[f"x"]
"a"[t"x"]
"a"[lambda: 1]
"a"[1:2]
"a"[x]
### exec
assert (x, "m")
assert ()
assert (1,)
assert x, "m"
