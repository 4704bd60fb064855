# Control flow: what the flow graph's passes remove, move, copy and leave, line by line.
for name in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]:
    pass


def import_in_a_block(a):
    if a is None:
        a = "x"
    b = a.partition(".")[0]
    from os import path, sep
    return b, path, sep


def unbound(a):
    if a:
        b = 1
    del a
    try:
        print(a, b)
        c = b
    except NameError as e:
        print(c, e)
    finally:
        print(c)
    return c


def loops(a, b):
    while 1:
        if a:
            continue
        elif b:
            break
        while a and b or not a:
            a = b if a else (b and a)
    else:
        return None
    for x in a:
        if x is None:
            continue
        if x is not None and (x or b):
            return x
    while True:
        pass


def tests(a, b):
    if 0 or a:
        return 1
    if a is None or not b:
        return 2
    if (a and None) is None:
        return 3
    if not (a in b) and not a is b:
        return 4
    if __debug__ and "constant":
        return a < b < 3 != (a == b)
    assert a, b
    return not not a


def swaps(a, b, c):
    a, b = b, a
    a, b, c = c, a, b
    a, a = b, c
    (a, b), c = c, (b, a)
    x = x = a
    return a, b, c


def handlers(a):
    try:
        with a as b, b as c:
            return c
        try:
            a()
        except (ValueError, TypeError) as e:
            raise e from None
    except Exception:
        for x in a:
            try:
                return x
            finally:
                print(x)
    else:
        a()
    finally:
        lambda: a
    try:
        a()
    except* OSError:
        pass


def generators(a):
    try:
        yield
        x = yield from a
        yield x
    except ValueError:
        yield 1


async def coroutines(a):
    async with a as b:
        async for c in b:
            await c
            yield c
    return


def cells(a, /, b, *c, d, **e):
    f = a
    return lambda: (a, b, c, d, e, f, __class__)


def fast(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q):
    p = q; q = p; a = b
    c = d
    return a, b, p, q, [a for a in q if a], (a := b)


def patterns(a):
    match a:
        case {"k": v, **rest}:
            return v, rest
        case [1, *_, x] | (2, x):
            return x
        case str(x) if x:
            pass
        case None | True | -1 | 1 + 2j:
            pass
        case _:
            return
