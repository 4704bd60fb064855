### exec
class A(B):
    def f(self):
        super().x
        super().x()
        super().x(1, a=2)
        super().x(*a)
        super(A, self).x
        super(A, self).x()
        super(A, *self).x()
        super().__class__
        super().x.y()
        super(
        ).abc
        super().\
           abc()
        lambda: super().x
        [super().x for _ in y]
        (super().x for _ in y)
        super().x = 1
        del super().x
        super().x += 1
    def g(): super().x
    def h(*args): super().x
    super().x
super().y
### exec
super = 1
class A:
    def f(self): super().x
