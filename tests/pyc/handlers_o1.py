"""Exception tables: nesting, finally twice, with, groups, loops left from within."""


def nested(f):
    try:
        try:
            f()
        except ValueError as error:
            raise KeyError from error
        else:
            return 1
        finally:
            f(lambda: 2)
    except* (OSError, TypeError) as group:
        print(group)


def loops(items, lock):
    for item in items:
        with lock, open(item) as file:
            try:
                if file:
                    continue
                break
            finally:
                del file
    else:
        assert items, "nothing"
    while items:
        try:
            items.pop()
        except IndexError:
            pass


async def waits(lock):
    async with lock:
        try:
            await lock
        finally:
            await lock


def far(x):
    # a body long enough that jumps need EXTENDED_ARG and table entries two bytes
    try:
        while x:
            x = x.a.b.c.d.e.f.g(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12])
            x = x.a.b.c.d.e.f.g(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12])
            x = x.a.b.c.d.e.f.g(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12])
            x = x.a.b.c.d.e.f.g(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11], x[12])
            if x is None or x == 1 and not x.a or x.b in x:
                x = x.a.b.c.d.e.f.g(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11])
    except Exception:
        return (x,
                x +


                1)
