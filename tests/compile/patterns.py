def f(x):
    match x:
        case -1 | -1.5 | -2j | 1 + 2j | 1 - 2j | -1 + 2j | -1 - 2j | -0.0 + 0j | 0 - 0j | -0 | -0j:
            return 1
        case -9223372036854775808 | -9223372036854775809 | -18446744073709551616 | -12345678901234567890123:
            return 2
        case 9223372036854775808 + 1j | 100000000000000000000000 - 1j | -9223372036854775809 + 0j:
            return 3
        case {-1: a, 1 + 1j: b, "k": -2, **rest}:
            return 4
        case C(-1, x=-2.5 - 3j) | [-1, *_, -2] if x:
            return 5
        case None | True | False | "a" "b" | b"c" | a.b.c:
            return 6
        case [a, *rest] if a > -1:
            return 7
        case (1 | 2) as n:
            return n
        case str() | int(real=5):
            return 8
        case _:
            return 9
