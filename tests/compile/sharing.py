# Which constants are one object: reference flags and letters of the bytes.
a = "%d%%" % 1, "%s%%" % (a,), "%", "%%%s" % (1,)
b = ("x y", "x y", 1000000, 1000000, 1.5, 1.5, -0.0, 0.0, 1j, b"ab", b"ab", b"a", b"", "", "\xe9", "\xe9\xe9")
c = 10**20, 10**20, (1, 2, "name"), (1, 2, "name"), (1, 2.0, "name")
d = 1e999 - 1e999, 1e999 - 1e999
e = b"ab" * 0, b"cd" * 0


def f():
    class Inner:
        class Innermost:
            pass
    return "f.<locals>.Inner", Inner


class Outer:
    class Inner:
        name = "Outer.Inner"

    class Other:
        pass


"Outer.Other"


def sets(x):
    return x in {"sets", "unseen"}, x in {"never_seen", "nor_this"}, x in {(1, "a"), (1, "a"), "z"}


def sets_again(x):
    return x in {"sets", "unseen"}, x in {"never_seen", "nor_this"}, x[1:2], x[1:2], x["a":1000000]


def twice(x):
    try:
        x()
    finally:
        [lambda: x, (y for y in x)]
        return x


def k(x, *, name=1, name2=2):
    x(name=1, name2=2)
    x(name=3, name2=4)
    return "name", "name2", x.name, x.name2


def annotated(format: int, g: "str" = "x y") -> 1000000:
    local: int = 1
    return lambda format: format


ä = "ä"
ää = "ää"
k(ää=1)
