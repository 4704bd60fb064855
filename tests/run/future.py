# Annotations as strings, type variables with constraints and defaults, star import.
from __future__ import annotations
x: int = 1
y: list[undefined]
def f(a: not_defined, *b: "quoted", c: int | None = None) -> {1: 2}: ...
class C:
    z: x + 1
    w: lambda q: q
print(__annotations__, f.__annotations__, C.__annotations__)
def g[T: (int, str) = int, U: "bound" = list[T]](a: T) -> U: ...
T, U = g.__type_params__
print(T.__constraints__, T.__default__, T.__bound__, U.__bound__, U.__default__)
class D[T, *Ts, **P]:
    pass
print(D.__parameters__, D.__orig_bases__, [p.__default__ for p in D.__type_params__])
type A[K, V = K] = dict[K, V]
print(A, A.__type_params__, A[int, str].__args__, A.__value__)
from sys import *
print(maxsize > 0)
