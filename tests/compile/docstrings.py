"""The module's.

    Indented.
	A tab.
"""


def only():
    """Only
      this."""


def first():
    "first"
    return 1


def two():
    "one"
    "two"


def joined():
    "a" "b"


def not_f():
    f"no"


def not_bytes():
    b"no"


def debug():
    __debug__
    return __debug__


async def coroutine():
    "doc"


class Empty:
    """Doc

      more

    \ttab
    """


class Method:
    'x'
    def f(self): "one line"
    def g(self):
        "doc"; return 1
    def h(self): "a"; "b"


def assertions(x):
    assert x, "text"
    assert (x,) or __debug__
    if __debug__:
        only()
    else:
        two()
    while not __debug__:
        pass
    return None if __debug__ else x
