# str and bytes: literals, indexing, slicing, methods, formatting.
s = "Hello, Wörld! \u4e2d\u6587 \U0001F600"
print(s, len(s), s[0], s[-1], s[7:12], s[::-1], s[::3], s[100:], repr(s), ascii(s))
print("a" + "b" * 3, "ab" in "cabd", "x" not in "abc", "abc" < "abd", "Z" < "a", "a" == "a", "ab" > "aa", "é" > "z")
print("Hello".upper(), "Hello".lower(), "hello world".title(), "hELLO".capitalize(), "Hello".swapcase(), "ß".upper(), "İ".lower(), "ΑΣ".lower(), "Straße".casefold())
print("a,b,,c".split(","), " a  b ".split(), "a b c".split(None, 1), "a,b,c".rsplit(",", 1), "a\nb\r\nc".splitlines(), "a\nb\n".splitlines(True))
print("-".join(["a", "b", "c"]), "".join(str(i) for i in range(5)), "abc".join([]), ",".join("abc"))
print("  x ".strip(), "xxaxx".strip("x"), "  a".lstrip(), "a  ".rstrip(), "abc".replace("b", "XX"), "aaaa".replace("a", "b", 2), "abc".replace("", "-"))
print("abcabc".find("c"), "abcabc".rfind("c"), "abc".find("z"), "abc".index("b"), "abcabc".count("bc"), "aaa".count(""), "abc".startswith("ab"), "abc".endswith(("x", "bc")), "abc".startswith("b", 1))
print("abc".center(9, "*"), "abc".ljust(6) + "|", "abc".rjust(6), "42".zfill(5), "-42".zfill(5), "a\tb".expandtabs(4), "abc".partition("b"), "abc".rpartition("z"))
print("abc".isalpha(), "12".isdigit(), "a1".isalnum(), " ".isspace(), "Abc".istitle(), "ABC".isupper(), "abc".islower(), "½".isnumeric(), "a_1".isidentifier(), "é".isascii(), "\n".isprintable())
print("abc".translate({97: "X", 98: None}), str.maketrans("ab", "xy"), "prefix-x".removeprefix("prefix-"), "x.py".removesuffix(".py"))
print("%s %r %d %5.2f %x %o %e %% %c %c %-5s| %05d %+d" % ("a", "b", 42, 3.14159, 255, 8, 12345.678, "z", 65, "ab", 42, 7), "%(k)s" % {"k": "v"}, "%s" % (1,), "%*d" % (5, 42))
print("{} {1} {0}".format(1, 2) if False else "{1} {0}".format(1, 2), "{:>8}|{:<8}|{:^8}|{:*^8}".format("a", "b", "c", "d"), "{:,} {:_} {:08.3f} {:+} {:x} {:#b} {:%} {:e} {:g}".format(1234567, 1234567, 3.14159, 5, 255, 5, 0.25, 12345.6789, 0.00001))
print("{0[1]} {1.real} {k}".format([1, 2], 3 + 4j, k="v"), "{!r} {!s} {!a}".format("é", "é", "é"), "{:{}}|".format("a", 5), "{{}}".format())
n, w = 42, 10
print(f"{n}", f"{n!r:>{w}}", f"{n:{w}}", f"{n=}", f"{n = !r}", f"{'nested ' + f'{n}'}", f"{n:#x}", f"{3.14159:.2f}", f"{'a' if n else 'b'}", f"{{}}", f"{'é'!a}", f"{n:>+8,}")
print("\x41\u0042\N{LATIN SMALL LETTER C}\101\n\t\\'\"".encode(), r"\n", "a" "b", """multi
line""")
b = b"bytes \x00\xff"
print(b, b[0], b[1:3], b + b"!", b * 2, len(b), b.hex(), bytes.fromhex("00ff10"), bytes([1, 2, 3]), bytes(3), b.find(b"t"), b.upper(), b.split(), b"a,b".split(b","), b"%d %s" % (1, b"x"))
print("é中".encode(), "é中".encode("utf-8").decode(), "é".encode("latin-1"), b"\xe9".decode("latin-1"), "a\udc80".encode("utf-8", "surrogateescape"), b"a\xff".decode("utf-8", "replace"), "é".encode("ascii", "backslashreplace"), "é".encode("ascii", "xmlcharrefreplace"))
ba = bytearray(b"abc")
ba[0] = 88; ba.append(100); ba += b"ef"; ba[1:2] = b"123"; del ba[-1]
print(ba, len(ba), ba.pop(), ba, bytes(ba), ba == b"X123cde"[:6], ba.find(b"2"))
for f in (lambda: "a" + 1, lambda: "a"[5], lambda: "a".index("z"), lambda: b"\xff".decode(), lambda: "é".encode("ascii"), lambda: "%d" % "a", lambda: "%s %s" % (1,), lambda: "{}".format(), lambda: format(1, "zz"), lambda: "a" * "b", lambda: ord("ab"), lambda: chr(-1), lambda: int("x", 10), lambda: "a".join([1]), lambda: b"a" + "b"):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
acc = ""
for i in range(1000):
    acc += chr(97 + i % 26)
print(len(acc), acc[:30], acc[-5:], hash("") == 0, [c for c in "añ中"], list(enumerate("ab")), sorted("hello"), max("hello"), "".join(reversed("abc")))
