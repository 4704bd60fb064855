# One value a line; CPython writes each in every version of marshal.
None
True
False
...
StopIteration
0
-1
2**31 - 1
2**31
-2**31
-2**31 - 1
2**45 - 1
2**45
2**63 - 1
2**63
-2**63
-2**63 - 1
-10**50
0.0
-0.0
0.1
1 / 3
1e16
123456789012345680.0
1e17
1e22
1.5e-5
0.0001
0.00001
5e-324
1.7976931348623157e308
float("inf")
float("-inf")
1j
complex(-0.0, 2.5e-10)
b""
b"bytes"
bytes(range(256)) * 2
""
"a"
"interned_name"
"not interned"
"x" * 255
"x" * 256
"ä"
"\u20ac\U0001f40d"
"\ud800\udc00"
"\udfff"
()
(1, 2, 3)
tuple(range(255))
tuple(range(256))
[]
[1, [2, [3]]]
{}
{"key": 1, 2: "value", None: {}}
set()
{1, 2, 3, "a", b"b", 2.5}
frozenset()
frozenset([1, 2, 3, 1000, 2000, "a", "not an identifier", (1, 2)])
frozenset([frozenset([frozenset([1]), 2]), frozenset([3, 4])])
slice(None)
slice(1, 2, 3)
slice("a", (1, 2), slice(None, 5))
[x := (1, 2), x, [x]]
[x := 12345678, x]
(lambda x: [x.append(x), x][1])([1])
(lambda x: [x.update(k=x), x][1])({})
compile("def f(a, *, b=1): return a + b, 'text', {1, 2}, [3, 4][1:]", "file.py", "exec")
compile("lambda: (yield)", "ünï.py", "eval")
