"""Gone at -OO."""


def f():
    """Gone."""
    assert f, "gone"
    if __debug__:
        return "gone"


class C:
    """Gone."""
