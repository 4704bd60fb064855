### eval
x
### eval
1
### eval
[x for x in y if (z := x)]
### eval
lambda: (yield)
### eval
f(a for a in b)
### eval
"doc"
### eval
await x
### single
x
### single
1
### single
"doc"
### single
x = 1; y; f()
### single
def f():
    "doc"
    x
### single
class A:
    x
    y: int
### single
x: int
### single
for x in y: z
### single
if x: y
### single
from __future__ import annotations; x: int
### single
[x for x in y]
### single
pass
### single
import a
### single
return
### single
@a
def f(): pass
### single
try: x
finally: y
### exec
### exec

### exec
# comment
### exec
pass
### exec
...
### exec
"doc"
### exec
f"not doc"
### exec
"a" "b"
### exec
b"x"
