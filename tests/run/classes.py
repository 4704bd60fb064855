# Classes: attributes, inheritance, MRO, super, properties, descriptors, slots, metaclasses, dunders.
class A:
    x = 1
    def __init__(self, v): self.v = v
    def __repr__(self): return f"{type(self).__name__}({self.v!r})"
    def hello(self): return "A.hello " + str(self.v)
class B(A):
    y = 2
    def hello(self): return "B:" + super().hello()
class C(A):
    def hello(self): return "C:" + super(C, self).hello()
class D(B, C):
    def hello(self): return "D:" + super().hello()
d = D(7)
print(d, d.hello(), [k.__name__ for k in D.__mro__], D.__bases__, d.x, d.y, d.__dict__, isinstance(d, A), issubclass(D, C), D.__name__, D.__module__, D.__qualname__)
d.x = 10
print(d.x, A.x, hasattr(d, "zz"), getattr(d, "zz", "dflt"), setattr(d, "w", 3), d.w, vars(d))
del d.x
print(d.x)
for f in (lambda: d.nope, lambda: D.nope, lambda: delattr(d, "nope"), lambda: None.foo, lambda: (1).foo, lambda: setattr(1, "a", 2), lambda: setattr(object(), "a", 1)):
    try: f()
    except AttributeError as e: print("AttributeError:", e)
class P:
    def __init__(self): self._v = 0
    @property
    def v(self): "doc"; return self._v
    @v.setter
    def v(self, n): self._v = n * 2
    @v.deleter
    def v(self): print("deleted")
    ro = property(lambda self: "ro")
p = P()
p.v = 5
print(p.v, p.ro, P.v.__doc__, type(P.v).__name__)
del p.v
try: p.ro = 1
except AttributeError as e: print(e)
class Desc:
    def __set_name__(self, owner, name): self.name = name; print("set_name", owner.__name__, name)
    def __get__(self, o, t): return self if o is None else (o.__dict__.get(self.name), t.__name__)
    def __set__(self, o, v): o.__dict__[self.name] = ("set", v)
    def __delete__(self, o): del o.__dict__[self.name]
class E:
    d = Desc()
e = E(); e.d = 3
print(e.d, type(E.d).__name__)
del e.d
print(e.d)
class S:
    __slots__ = ("a", "b")
    def __init__(self): self.a = 1
s = S()
print(s.a, S.__slots__, hasattr(s, "__dict__"), type(S.a).__name__)
for f in (lambda: s.b, lambda: setattr(s, "c", 1)):
    try: f()
    except AttributeError as e: print("AttributeError:", e)
class Meta(type):
    def __new__(m, name, bases, ns, **kw): print("new", name, sorted(k for k in ns if not k.startswith("__")), kw); return super().__new__(m, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(cls, *a): print("call", cls.__name__); return super().__call__(*a)
    @classmethod
    def __prepare__(m, name, bases, **kw): print("prepare", name); return {"injected": 1}
    def __len__(cls): return 42
class M(metaclass=Meta, opt=1):
    z = 1
print(M(), len(M), M.injected, type(M).__name__) if False else print(len(M), M.injected, type(M).__name__, isinstance(M(), M))
class Base:
    def __init_subclass__(cls, tag=None, **kw): super().__init_subclass__(**kw); cls.tag = tag; print("subclass", cls.__name__, tag)
class Sub(Base, tag="t"): pass
print(Sub.tag)
class V:
    def __init__(self, *c): self.c = c
    def __add__(self, o): return V(*(a + b for a, b in zip(self.c, o.c))) if isinstance(o, V) else NotImplemented
    def __radd__(self, o): return ("radd", o)
    def __iadd__(self, o): self.c += o.c; return self
    def __mul__(self, k): return V(*(a * k for a in self.c))
    __rmul__ = __mul__
    def __neg__(self): return V(*(-a for a in self.c))
    def __eq__(self, o): return isinstance(o, V) and self.c == o.c
    def __hash__(self): return hash(self.c)
    def __lt__(self, o): return self.c < o.c
    def __bool__(self): return any(self.c)
    def __len__(self): return len(self.c)
    def __getitem__(self, i): return self.c[i]
    def __setitem__(self, i, v): l = list(self.c); l[i] = v; self.c = tuple(l)
    def __delitem__(self, i): l = list(self.c); del l[i]; self.c = tuple(l)
    def __contains__(self, x): return x in self.c
    def __iter__(self): return iter(self.c)
    def __repr__(self): return "V" + repr(self.c)
    def __format__(self, spec): return f"<{spec}>"
    def __int__(self): return len(self.c)
    def __float__(self): return 1.5
    def __index__(self): return 2
    def __abs__(self): return sum(map(abs, self.c))
    def __call__(self, *a): return a
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.c, o.c))
    def __getattr__(self, n): return "dyn_" + n if not n.startswith("__") else object.__getattribute__(self, n)
    def __enter__(self): return "entered"
    def __exit__(self, *a): return False
    def __reversed__(self): return reversed(self.c)
u, w = V(1, 2), V(3, 4)
print(u + w, 5 + u, u * 3, 3 * u, -u, u == V(1, 2), u != w, u < w, bool(V(0)), len(u), u[1], 2 in u, list(u), f"{u:abc}", int(u), float(u), abs(-u), u(1, 2), u @ w, u.zzz, [10, 20, 30][u], hash(u) == hash(V(1, 2)), list(reversed(u)))
u += w; u[0] = 9; del u[1]
print(u, sorted([w, V(0, 1)]), {u: 1}[V(9, 3, 4)])
with u as entered: print(entered)
for f in (lambda: u + 1, lambda: u - 1, lambda: u >= w, lambda: w > 5, lambda: V() @ 3):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
class G:
    def __class_getitem__(cls, k): return (cls.__name__, k)
    def __getattribute__(self, n): return "ga_" + n
    def __setattr__(self, n, v): print("setattr", n, v)
    def __delattr__(self, n): print("delattr", n)
    def __dir__(self): return ["b", "a"]
g = G(); g.x = 1; del g.x
print(G[int], g.y, dir(g))
class Inner:
    class Deep:
        def f(self): return __class__
    name = __qualname__
    xs = [i for i in range(3)]
    ys = [name for _ in range(2)] if False else None
print(Inner.Deep().f(), Inner.name, Inner.xs, type("Dyn", (A,), {"k": 5})(1).k)
try:
    class Bad(A, object, A): pass
except TypeError as e: print(e)
try:
    class Bad2(object, A): pass
except TypeError as e: print(e)
class Priv:
    __secret = 1
    def get(self): return self.__secret
print(Priv().get(), Priv._Priv__secret, [n for n in vars(Priv) if "secret" in n])
d.__class__ = C
print(d, d.hello())
