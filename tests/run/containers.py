# list, tuple, dict, set, frozenset, range, slice: displays, methods, order, errors.
l = [3, 1, 2]
l.append(4); l.extend([5, 6]); l.insert(0, 0); l += [7]; l *= 1
print(l, l.pop(), l.pop(0), l.index(2), l.count(1), len(l), l[1:4], l[::-1], l[-2:], 3 in l, l + [9], l * 2, l == [3, 1, 2, 4, 5, 6], l < [4])
l.sort(); print(l); l.sort(key=lambda x: -x); print(l); l.reverse(); print(l, sorted(l, reverse=True), l.copy(), [1, [2, [3]]])
l[1:3] = ["a", "b", "c"]; print(l); l[::2] = [0] * len(l[::2]); print(l); del l[0], l[1:2]; print(l); l.remove(l[0]); print(l); l.clear(); print(l)
m = [1]; m.append(m); print(m)
t = (1, "a", 2.5)
print(t, t[1], t + (3,), t * 2, (1,), (), t.index("a"), t.count(1), hash((1, 2, 3)), t < (2,), (1, 2) == (1, 2.0), len(t), t[::-1], *t)
d = {"b": 1, "a": 2, 3: "x", (1, 2): None}
d["z"] = 26; d["b"] = 10; d.update(q=1, **{"w": 2}); d |= {"p": 0}
print(d, list(d), list(d.values()), list(d.items()), d.get("nope"), d.get("nope", 5), d.setdefault("new", []), d.pop("q"), d.pop("gone", "dflt"), d.popitem(), "a" in d, len(d), d | {"a": 3})
del d["a"]; print(d, dict([(1, 2), (3, 4)]), dict(a=1), dict.fromkeys("abc", 0), {**d, "k": 1}, d == dict(d), list(reversed(d)), d.keys() & {"b", 3}, d.keys() - {"b"}, {"a": 1}.items() == {"a": 1}.items())
big = {i: i * i for i in range(1000)}
for i in range(0, 1000, 3): del big[i]
print(len(big), sum(big.values()), list(big)[:5], 4 in big, 3 in big)
s = {3, 1, 2}
s.add(5); s.discard(9); s.update([7, 8]); s.remove(1)
print(s, s | {100}, s & {2, 3}, s - {2}, s ^ {2, 50}, s <= {2, 3, 5, 7, 8, 9}, s > {2}, {1, 2} == {2, 1}, len(s), 5 in s, s.isdisjoint({99}), frozenset([1, 2]), set(), {x % 3 for x in range(10)}, sorted(s), s.issuperset({2}))
print({1, 1.0, True}, {0: "a", False: "b", 0.0: "c"}, hash(frozenset([1, 2, 3])), set("hello") == set("olleh"), {"a", "b", "c", "d", "e"} if False else len({"a", "b", "c"}), set(range(20)), {i * 7 for i in range(12)}, {-1, -2, 0})
r = range(2, 20, 3)
print(r, list(r), len(r), r[2], r[-1], r[1:3], 5 in r, 6 in r, r.index(8), range(0), list(range(5, 0, -2)), range(3) == range(0, 3, 1), r.start, r.stop, r.step, range(10 ** 20)[10 ** 19], hash(range(3)) == hash(range(0, 3)))
print(slice(1, 2), slice(None, None, -1).indices(5), [0, 1, 2, 3, 4][slice(1, 4, 2)], slice(1, 2) == slice(1, 2))
a, b, *c = [1, 2, 3, 4]; (d1, e1), f1 = (1, 2), 3; *g, h = "xyz"; [i, j] = {"k1": 1, "k2": 2}
print(a, b, c, d1, e1, f1, g, h, i, j)
x = y = []; x.append(1); print(y, x is y, [1, *range(3), *"ab"], (*[1], 2), {*[1], 2}, [[0] * 2 for _ in range(2)])
matrix = [[1, 2, 3], [4, 5, 6]]
print([[row[k] for row in matrix] for k in range(3)], {k: v for k, v in zip("ab", [1, 2])}, [x for x in range(20) if x % 2 if x % 3], [(p, q) for p in range(3) for q in range(p)], list(zip(*matrix)), sum(matrix, []))
for f in (lambda: [][0], lambda: [1].index(5), lambda: {}["x"], lambda: {}.popitem(), lambda: [].pop(), lambda: {1}.remove(2), lambda: set().pop(), lambda: ()[0], lambda: [1, 2, 3].__setitem__(slice(0, 3, 2), [1]), lambda: hash([]), lambda: {{}: 1}, lambda: [1] + (2,), lambda: [3, "a"].sort(), lambda: dict([1]), lambda: dict([(1, 2, 3)]), lambda: range(1, 2, 0), lambda: [1, 2].remove(3), lambda: tuple(5), lambda: [].__getitem__("a")):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
dd = {1: 1, 2: 2}
try:
    for k in dd: dd[k + 10] = 1
except RuntimeError as e: print(e)
try:
    ss = {1, 2}
    for k in ss: ss.add(k + 10)
except RuntimeError as e: print(e)
ll = [1, 2, 3]
for v in ll:
    if v < 10: ll.append(v + 10)
print(ll, any([]), all([]), bool([]), bool({0}), list(map(str, [1, 2])), list(filter(lambda q: q > 1, ll)), min(ll), max(ll, key=lambda q: -q), sorted({"b": 1, "a": 2}.items()), list(iter(lambda it=iter([1, 2, 0, 3]): next(it), 0)))
it = iter([1, 2, 3]); print(next(it), list(it), next(it, "end"), it.__length_hint__() if hasattr(it, "__length_hint__") else 0)
