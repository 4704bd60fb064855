"""Functions of every shape: arguments, closures, generators, coroutines, classes, type parameters."""
from __future__ import annotations

import os.path as path
from collections import (OrderedDict as Ordered, deque)


def arguments(a, b=1, /, c=2, *args, d, e=3, **kwargs):
    return a, b, c, args, d, e, kwargs


def closure(free, cell):
    local = 1

    def inner(argument, cell=cell):
        nonlocal free
        free += argument

        def innermost():
            return free, cell, local
        return innermost
    return inner, lambda *, k: (k, free)


def generator(n):
    """A generator."""
    for i in range(n):
        got = yield i
        if got:
            yield from got
    return [x * y for x in range(n) if x for y in range(x)], {x: y for x, y in zip("ab", "cd")}, (z for z in "ef")


async def coroutine(source):
    async with source as entered:
        async for item in entered:
            await item
            yield [x async for x in entered if await x]


class Meta(type):
    """A class."""
    attribute: int = 1

    def method(self):
        self.one = __class__
        return super().method()

    class Nested:
        def method(self):
            return Meta.Nested

    @property
    async def decorated(self): ...


class Generic[T: int, *Ts, **P]:
    type Alias[U] = dict[T, U]

    def typed[V = str](self, v: V) -> T: ...


def match(subject):
    match subject:
        case {"key": [first, *rest], **others} if first:
            return rest, others
        case Meta(attribute=1) | (1 | 2 | -3.5):
            return f"{subject!r:>{10}} {subject=}"
        case [] | None:
            return t"{subject}"


Ünïcödé = deque
