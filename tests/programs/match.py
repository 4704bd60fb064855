### exec
match x:
    case a: pass
    case b: pass
### exec
match x:
    case _: pass
    case b: pass
### exec
match x:
    case a | b: pass
### exec
match x:
    case [a, a]: pass
### exec
match x:
    case [a] | [b]: pass
### exec
match x:
    case [a, b] | [b, a]: pass
    case [a, b, c, *d] | [d, a, b, c]: pass
    case [a, b, c] | [c, b, a] | [b, c, a]: pass
### exec
match x:
    case [*a, *b]: pass
### exec
match x:
    case A(a=1, a=2): pass
### exec
match x:
    case {1: a, 1: b}: pass
### exec
match x:
    case {1: a, True: b}: pass
### exec
match x:
    case {1.0: a, 1: b}: pass
### exec
match x:
    case {"a": a, "a": b}: pass
### exec
match x:
    case {"a": a, b"a": b, None: c, 1: d, 1.5: e, 2j: f, -1: g, 1+2j: h, a.b: i, **rest}: pass
### exec
match x:
    case {-1: a, -1: b}: pass
### exec
match x:
    case {1+2j: a, 1+2j: b}: pass
### exec
match x:
    case {100000000000000000000000000000000: a, 100000000000000000000000000000000: b}: pass
### exec
match x:
    case {1e32: a, 100000000000000000000000000000000: b}: pass
### exec
match x:
    case {1e22: a, 10000000000000000000000: b}: pass
### exec
match x:
    case f"a": pass
### exec
match x:
    case [a, _, *_, b]: pass
    case [*_]: pass
    case []: pass
    case [_, _]: pass
    case A(1, b=2) as c if c: pass
    case A(_, b=_): pass
    case {}: pass
    case {**r}: pass
    case None | True | False: pass
    case (1 | 2) | z: pass
### exec
match x:
    case _ if y: pass
    case _: pass
### exec
match x:
    case _: pass
### exec
if x:
    y: int
    class Q:
        a: int
        while b: c: int
        def f(): d: int
        for e in f:
            g: h
        try: i: int = 0
        finally: j: int
        with k: l: int
        match m:
            case n: o: int
