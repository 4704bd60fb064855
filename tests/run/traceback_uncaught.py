# An uncaught exception with a chain, carets on parts of lines, and a note.
class Custom(Exception):
    pass
def inner(a, b):
    return a.missing(b)[0] + (1 / b)
def middle(x):
    try:
        return inner(x, 0)
    except AttributeError as e:
        e.add_note("while in the middle")
        raise Custom("wrapped") from e
def outer():
    values = [middle(v) for v in (1, 2)]
    return values
print("before", flush=True)
outer()
