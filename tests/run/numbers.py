# Integers of every size, floats, complex, bool: operators and their in-place forms.
def show(*xs):
    print(*xs, sep=" | ")

a, b = 17, 5
show(a + b, a - b, a * b, a / b, a // b, a % b, a ** b, a << b, a >> b, a & b, a | b, a ^ b, ~a, -a, +a)
show(-a // b, -a % b, a // -b, a % -b, divmod(-a, b), divmod(a, -b))
x = 2 ** 100
show(x, -x, x + 1, x - 1, x * x, x // 7, x % 7, x >> 60, x << 3, x & (2 ** 70 - 1), x | 1, x ^ x, ~x, x ** 3)
show(-x // 7, -x % 7, -x >> 60, (-x) & 0xFFFF, (-x) | 5, (-x) ^ 5)
show(x == 2 ** 100, x > 1e30, x < 1e31, x / 3, x / 2 ** 101, int(1e25), hash(x), hash(-x), hash(2 ** 61 - 1), hash(2 ** 61))
show((1 << 47) - 1, 1 << 47, (1 << 47) + (1 << 47), -(1 << 47) - 1, (1 << 46) * 4, 140737488355327 + 1, -140737488355328 - 1)
show(123456789 * 987654321, 99999999999 * 99999999999, 3 ** 200 % 1000007, pow(3, 200, 1000007), pow(3, -1, 7))
f = 1.5
show(f + 1, f - 1, f * 2, f / 2, f // 1, f % 1, f ** 2, -f, 1 / 3, 2 ** -1, 2 ** 0.5, -7.5 // 2, -7.5 % 2, 7.5 % -2)
show(0.1 + 0.2, 1e16, 1e-5, 1e22, 123456789012345678.0, float("inf"), -float("inf"), float("nan"), -0.0, 5e-324, 72540133139806.12)
show(1.0 == 1, hash(1.0) == hash(1), hash(0.5), 1.5 < 2, 2 < 1.5, 3 > 2.5, float("nan") == float("nan"), 10 ** 400 > 1e308)
c = 3 + 4j
show(c, c + 1, c * c, c / (1 - 1j), c ** 2, abs(c), c.real, c.imag, c.conjugate(), -c, c == 3 + 4j, 1j * 1j, hash(c))
show(True + True, True * 3, not True, True & False, True | False, True ^ True, ~1, isinstance(True, int), True == 1)
n = 10
n += 3; show(n)
n -= 1; show(n)
n *= 4; show(n)
n //= 5; show(n)
n **= 3; show(n)
n %= 100; show(n)
n <<= 2; show(n)
n >>= 1; show(n)
n &= 0x3C; show(n)
n |= 3; show(n)
n ^= 0xFF; show(n)
n /= 3; show(n)
for text in ("12", " -7 ", "0x1F", "0b101", "0o17", "1_000", "z", "", "1__0", "9" * 40):
    try:
        show(text, int(text, 0))
    except ValueError as e:
        show(text, e)
show(int("ff", 16), int("-101", 2), int("zz", 36), int(3.99), int(-3.99), int(True), round(2.5), round(3.5), round(-2.5), round(1234.567, 1), round(1234, -2))
show(float("1e3"), float(" .5 "), float("-inf"), float("1_0.5"), abs(-3), abs(-2.5), min(3, 1, 2), max([1, 5, 2]), sum([1, 2.5, 3]), sum(range(101)))
show(bin(10), oct(64), hex(255), bin(-5), hex(-x), (255).bit_length(), (x).bit_count(), (5).to_bytes(2, "big"), int.from_bytes(b"\x01\x02", "little"))
show((0.5).as_integer_ratio(), (3.0).is_integer(), (0.1).hex(), float.fromhex("0x1.8p1"), (7).numerator, (7).denominator)
for op in ("1 // 0", "1 % 0", "1 / 0", "1.0 / 0", "1.0 // 0", "1.0 % 0", "0 ** -1", "0.0 ** -1", "1 << -1", "1 + 'a'", "-'a'", "~1.5", "[] + ()", "1 @ 2", "2.0 ** 10000", "1j < 2j", "int('a')", "float('x')", "complex('x')", "1 < 'a'", "divmod(1, 0)", "pow(2, -1, 4)", "round(1.5, 'a')"):
    try:
        print(op, "=", eval(op))
    except Exception as e:
        print(op, "->", type(e).__name__, e)
