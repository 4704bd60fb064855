# match: every pattern.
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
class Color: RED = 1; GREEN = "g"
def m(v):
    match v:
        case 0: return "zero"
        case -1: return "minus one"
        case 1.5 | 2.5: return "float"
        case "a" | b"b": return "text"
        case None: return "none"
        case True: return "true"
        case Color.GREEN: return "green"
        case []: return "empty"
        case [x]: return f"one {x}"
        case [1, *rest, 9]: return f"1..9 {rest}"
        case (x, y) if x == y: return f"same {x}"
        case [[a, b], {"k": c}]: return f"nested {a} {b} {c}"
        case [_, *_]: return "seq"
        case {"type": "p", "x": x, **rest}: return f"map {x} {rest}"
        case {"a": 1 | 2 as q}: return f"a is {q}"
        case {}: return "mapping"
        case Point(0, y=yy): return f"on y axis {yy}"
        case Point(x=px, y=py) as p: return f"point {px} {py} {p is v}"
        case str(s): return f"str {s}"
        case int() | float() as n: return f"number {n}"
        case _: return "other"
for v in (0, -1, 1.5, "a", b"b", None, True, "g", [], [5], [1, 2, 3, 9], (4, 4), [(1, 2), {"k": 3, "z": 1}], range(3), {"type": "p", "x": 1, "w": 2}, {"a": 2}, {"b": 1}, Point(0, 7), Point(3, 4), "str", 42, 4.25, object, {1, 2}):
    print(m(v))
def cmd(c):
    match c.split():
        case ["go", ("north" | "south") as d]: return d
        case ["get", obj, *_]: return obj
        case [] | ["quit"]: return "bye"
    return "?"
print(cmd("go north"), cmd("get lamp now"), cmd(""), cmd("quit"), cmd("x y"))
match 5:
    case x if x > 10: print("big")
    case x: print("x", x)
try:
    match Point(1, 2):
        case Point(1, 2, 3): pass
except TypeError as e: print(e)
try:
    match 5:
        case int(1, 2): pass
except TypeError as e: print(e)
match {"k": [1, {"z": (2, 3)}]}:
    case {"k": [one, {"z": [two, three]}]}: print(one, two, three)
match 1 + 2j:
    case 1 + 2j: print("complex")
match ("a", "b", "c"):
    case [*init, last]: print(init, last)
