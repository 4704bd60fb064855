match x:
  case a.b(): pass
# --
match x:
  case a as _: pass
# --
match x:
  case a as b.c: pass
# --
match x:
  case a as 1: pass
# --
match x:
  case f(a=1, 2): pass
# --
match x:
  case f(1, a=2, 3): pass
# --
match x:
  case 1 + 2: pass
# --
match x:
  case 1j + 1: pass
# --
match x:
  case -1 - 2: pass
# --
match x:
  case a |: pass
# --
match x:
  case | a: pass
# --
match x:
  case *a: pass
# --
match x:
  case *a, *b: pass
# --
match x:
  case {**a, 1: 2}: pass
# --
match x:
  case {a: 1}: pass
# --
match x:
  case {1: 2, **_}: pass
# --
match x:
  case {**a, **b}: pass
# --
match x:
  case -a: pass
# --
match x:
  case +1: pass
# --
match x:
  case a + b: pass
# --
match x:
  case 1.0 + 2j: pass
# --
match x:
  case [a, b: pass
# --
match x:
  case (a, b]: pass
# --
match x:
  case f"{x}": pass
# --
match x:
  case t"a": pass
# --
match x:
  case "a" b: pass
# --
match x:
  case a if: pass
# --
match x:
  case a if b c: pass
# --
match x:
  case {1}: pass
# --
match x:
  case a(b)(c): pass
# --
match x:
  case a.b.c: pass
# --
match x:
  case not a: pass
# --
match x:
  case lambda: 1: pass
# --
match x:
  case None.a: pass
# --
match x:
  case a := b: pass
# --
match x:
  pass
# --
match x
  case 1: pass
# --
match x:
case 1: pass
# --
match = 1
match.x
match(x)
match[x]
match, x
# --
match x, y:
  case _: pass
# --
match *a, b:
  case _: pass
# --
match x:
  case 1: pass
  x = 1
