# Everything that a constant can be, and how it is written.
ints = 0, 255, 256, -1, 2**31, -(2**63), 12345678901234567890123456789012345678901234567890
floats = 0.5, 1e16, 1e-5, 1e300 * 1e10, -0.0, 3.0, 123456789012345680.0
complexes = 1j, -1j, 1 + 2j, 1.5 - 0j, -0.0 + 1j
texts = "", "it's", 'say "x"', "both ' and \"", "é\u3000\x7f\n\t\\", "\ud800", "\U0001f600\U000e0001"
raw = b"", b"it's", b"\x00\xff\n\\"
others = None, True, False, ..., (), (1,), ((2, "b"), 3.5)
sets = 1 in {1, 2, 3}, 1 in {"a"}
piece = ints[1:2], ints[:], ints[None:3:None]
names = f"{ints!r:>{10}} {texts=} {raw!s}{floats!a}", t"{ints!r:x}{raw}"
def unicode_é(ñ): return ñ
