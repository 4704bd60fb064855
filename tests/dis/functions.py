# Closures, arguments, generators, coroutines, classes, type parameters.
from os import path as p
from math import *
import a.b as c


def outer(a, b=1, /, c=2, *args, d=4, e, **kwargs):
    captured = a
    def inner(x: int = 3) -> str:
        nonlocal captured
        captured += x
        global counter
        counter = b
        return lambda: (captured, __class__, a)
    print(*args, sep="", **kwargs)
    return inner(x=1, **kwargs), inner(1, x=2)


def generator(n):
    got = yield n
    yield from range(got)
    return (i for i in range(n))


async def coroutine(source):
    async with source as s:
        async for item in s:
            await item
            yield [x async for x in item if await x]


@decorated
class C(Base, metaclass=Meta):
    """Doc."""
    __slots__ = ("a", "b")
    attribute: int = 3
    other: str

    def method(self):
        super().method()
        return super().attribute, self.a.b

    def __init__(self):
        self.__private = self
        del self.a


def generic[T: int, *Ts, **P = int](x: T) -> T:
    type Alias[U] = list[U]
    return Alias


class Generic[T](Base[T]):
    pass
