# Loops, exceptions, with, match: every kind of jump and handler.
def loops(items, limit=10):
    total = 0
    for i, item in enumerate(items):
        if item is None or item in (1, 2):
            continue
        while total < limit and item not in items:
            total += item
            if total == 7:
                break
        else:
            total -= 1
    return total if total is not None else -1


def handlers(path):
    try:
        with open(path) as f, open(path + "2"):
            return f.read()
    except OSError as e:
        print(e.args[0])
        raise ValueError("no") from e
    except (KeyError, IndexError):
        pass
    else:
        print("fine")
    finally:
        del path


def groups():
    try:
        raise ExceptionGroup("g", [ValueError(), TypeError()])
    except* ValueError as eg:
        print(eg)
    except* TypeError:
        raise


def matching(value):
    match value:
        case 0 | 1:
            return "small"
        case [first, *rest] if rest:
            return first, rest
        case {"a": x, **others}:
            return x, others
        case complex(real=r, imag=0.0):
            return r
        case str() as text:
            return text
        case _:
            assert value, "none"
            return not value


x = [y * 2 for y in range(3) if y]
z = {k: v for k, v in zip(x, x)}
del x[0], z[2]
x[1:2] = z[1:]
