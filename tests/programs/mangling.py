### exec
def f(a, *, b=1, c, d=2, **k) -> int: pass
class A:
    def __f(self, __x, *, __y=1): self.__z = 1; self.__z__ = 2; __w
    import __m, a.__b
    from x import __n
    class __B:
        def g(self): return __q
    for __i in x: [__j for __j in __k]
### exec
class _: 
    def __f(self): __x
class __:
    __y = 1
