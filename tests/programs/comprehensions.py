### exec
class A:
    [x for x in y]
    z = [[x for x in w] for w in y if x]
    {a: b for a, b in (c for c in d)}
[x for x in y]
[lambda: x for x in y]
def f():
    [lambda: x for x in y]
    x = 1
    [x for x in x]
    return lambda: x
