"""Constants of every kind that a code object can hold."""
SMALL = (0, 1, -1, 127, 255, 256, 257, -5, -6)
WIDE = (2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**60, 2**63 - 1, 2**63, -2**63, -2**63 - 1)
HUGE = 0x123456789abcdef0123456789abcdef0123456789abcdef
NEGATIVE = -0x7fff_ffff_ffff_ffff_ffff_ffff_ffff
FLOATS = (0.0, -0.0, 1.5, 1e308, 5e-324, 1e400, -1e400)
COMPLEX = (1j, -0.0j, 3.5e10j)
BYTES = (b"", b"a", b"two", bytes(), b"\x00\xff" * 3, b"linetable or not")
TEXT = ("", "a", "identifier_like", "not an identifier", "ä", "äö", "\u20ac", "\U0001f40d", "\ud800", "x\udfffy", "\0")
LONG = "a text of more than two hundred and fifty-five characters, so that its length does not fit one byte: " \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
    "0123456789012345678901234567890123456789012345678901234567890123456789"
NESTED = ((), ((),), (1, (2, (3, ("deep", None, True, False, ...)))))


def members(x):
    return x in {1, 2.0, "three", b"four", (5, "six"), None} or x in {"three", 1} or x[1:2:3] or x["a":] or x[:, ...]


def shared(x=(1, 2.5, "a.b"), y=(1, 2.5, "a.b")):
    return (1, 2.5, "a.b"), 12345.678, b"shared bytes", b"shared bytes", 12345.678
