"""What the oracle's unicodedata and str say, one line a code point, then strings; check.rs writes the same lines."""
import sys
import unicodedata as u

out = open(1, "w", encoding="utf-8", errors="surrogatepass", newline="\n", closefd=False)
w = out.write
o = u.ucd_3_2_0


def hexes(s):
    return " ".join(f"{ord(c):x}" for c in s)


def number(f, s):
    v = f(s, None)
    return "-" if v is None else repr(float(v))


w(u.unidata_version + "\n")
for c in range(0x110000):
    s = chr(c)
    line = [
        f"{c:x}", u.category(s), u.bidirectional(s), str(u.combining(s)), u.east_asian_width(s), str(u.mirrored(s)),
        number(u.decimal, s), number(u.digit, s), number(u.numeric, s), u.decomposition(s), u.name(s, "-"),
        "".join("01"[f(s)] for f in (
            str.isalpha, str.isdecimal, str.isdigit, str.isnumeric, str.isalnum, str.isspace, str.isprintable,
            str.islower, str.isupper, str.istitle, str.isidentifier)),
        str(int(("a" + s).isidentifier())), str(len(("a" + s + "b").splitlines())),
        hexes(s.lower()), hexes(s.upper()), hexes(s.title()), hexes(s.casefold()), hexes(s.swapcase()),
    ]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        line.append(hexes(u.normalize(form, s)) + "01"[u.is_normalized(form, s)])
    line.append(repr(s))
    line += [o.category(s), o.bidirectional(s), str(o.combining(s)), o.east_asian_width(s), str(o.mirrored(s)),
             number(o.decimal, s), number(o.digit, s), number(o.numeric, s), o.decomposition(s), o.name(s, "-")]
    line += [hexes(o.normalize(form, s)) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    w("|".join(line) + "\n")

# Strings made by a generator that check.rs has too.
pool = [c for c in range(0x110000) if not 0xAC00 <= c < 0xD7A4
        and (u.combining(chr(c)) or u.decomposition(chr(c)) or chr(c).swapcase() != chr(c))]
pool += list(range(0x20, 0x7F)) * 4 + list(range(0x1100, 0x1200)) + list(range(0xAC00, 0xAD00)) + [0x3A3] * 400 + [0x345, 0xB7, 0xD800]
state = 1


def rand(n):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) % n


for _ in range(100000):
    s = "".join(chr(pool[rand(len(pool))]) for _ in range(1 + rand(8)))
    line = [hexes(s), hexes(s.lower()), hexes(s.upper()), hexes(s.title()), hexes(s.capitalize()), hexes(s.swapcase()),
            hexes(s.casefold()), "".join("01"[f(s)] for f in (str.islower, str.isupper, str.istitle, str.isprintable))]
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        line.append(hexes(u.normalize(form, s)) + "01"[u.is_normalized(form, s)])
    w("|".join(line) + "\n")

for line in open(0, encoding="ascii"):
    name = line.rstrip("\n")
    try:
        w(hexes(u.lookup(name)) + "\n")
    except KeyError:
        w("-\n")
out.flush()
