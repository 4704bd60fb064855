"""Where unicodedata.ucd_3_2_0 differs from unicodedata: first|last|changes, changes being "-" for unassigned or k=v,k=v...

Then lines =code|what it decomposes to there (NormalizationCorrections.txt).
"""
import unicodedata as new

old = new.ucd_3_2_0
FIELDS = ("category", "bidirectional", "mirrored", "east_asian_width", "decimal", "digit", "numeric")


def ask(db, field, s):
    f = getattr(db, field)
    return f(s, None) if field in ("decimal", "digit", "numeric") else f(s)


def changes(c):
    s = chr(c)
    if old.category(s) == "Cn" and new.category(s) != "Cn":
        return "-"
    out = []
    for f in FIELDS:
        value = ask(old, f, s)
        if value != ask(new, f, s):
            out.append(f"{f}={'none' if value is None else value}")
    return ",".join(out)


run = None
for c in range(0x110001):
    what = changes(c) if c < 0x110000 else ""
    if run and (run[2] != what):
        if run[2]:
            print("%d|%d|%s" % tuple(run))
        run = None
    if run:
        run[1] = c
    else:
        run = [c, c, what]
for c in range(0x110000):
    s = chr(c)
    a, b = old.normalize("NFD", s), new.normalize("NFD", s)
    if a != b and old.category(s) != "Cn" and len(a) == 1 and a != s:
        print(f"={c}|{ord(a)}")
