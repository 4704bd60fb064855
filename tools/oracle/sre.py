"""Prints random regular expressions, compiled, with CPython's answers, one case a line, tab-separated.

usage: sre.py COUNT SEED
"""
import random, re, sys, warnings
from re import _compiler, _parser

warnings.simplefilter("ignore")
count, seed = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
LETTERS = "abAB1_ -\n\u00e9\u00c9\u0130\u017f\u03a3\u4e2d\U0001f600"

def atom(depth, groups):
    k = r.randrange(19)
    if k < 6: return re.escape(r.choice(LETTERS[:6])) * r.randrange(1, 3)
    if k == 6: return r.choice([r"\d", r"\w", r"\s", r"\W", r"\D", r"\S", "."])
    if k == 7: return r.choice([r"\b", r"\B", "^", "$", r"\A", r"\Z"])
    if k == 8: return "[" + r.choice(["", "^"]) + "".join(r.choice(["a", "b", "a-b", r"\d", r"\w", "_", "\u00e9", "A-Z", "\u4e2d-\u4e30", " "]) for _ in range(r.randrange(1, 4))) + "]"
    if k == 9 and groups[0]: return "\\%d" % r.randrange(1, groups[0] + 1)
    if k == 10: return r.choice(LETTERS[8:])
    if depth <= 0: return "a"
    if k in (11, 12, 13):
        groups[0] += 1
        g = groups[0]
        return "(" + alt(depth - 1, groups) + ")"
    if k == 14: return "(?:" + alt(depth - 1, groups) + ")"
    if k == 15: return r.choice(["(?=", "(?!", "(?>"]) + alt(depth - 1, groups) + ")"
    if k == 16: return r.choice(["(?<=", "(?<!"]) + r.choice(["a", "b", "ab", r"\w", "[ab]1", "."]) + ")"
    if k == 17 and groups[0]: return "(?(%d)%s%s)" % (r.randrange(1, groups[0] + 1), seq(depth - 1, groups), r.choice(["", "|" + seq(depth - 1, groups)]))
    return r.choice(["(?i:", "(?a:", "(?s:", "(?-i:", "(?m:"]) + seq(depth - 1, groups) + ")"

def seq(depth, groups):
    out = ""
    for _ in range(r.randrange(0 if depth else 1, 4)):
        a = atom(depth, groups)
        if r.random() < .45:
            a += r.choice(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{,3}", "*+", "++", "?+", "{1,3}+", "{2,}"])
        out += a
    return out

def alt(depth, groups):
    return "|".join(seq(depth, groups) for _ in range(r.choice([1, 1, 1, 2, 2, 3])))

def show(m):
    if m is None: return "None"
    return ",".join("%d:%d" % s for s in m.regs) + " " + str(m.lastindex)

made = 0
while made < count:
    pattern, flags = alt(3, [0]), r.choice([0, 0, re.I, re.M, re.S, re.A, re.I | re.A, re.I | re.M])
    try:
        compiled = re.compile(pattern, flags)
        parsed = _parser.parse(pattern, flags)
        code = _compiler._code(parsed, flags | parsed.state.flags)
    except (re.error, OverflowError, RecursionError, ValueError):
        continue
    for _ in range(4):
        text = "".join(r.choice(LETTERS if r.random() < .2 else LETTERS[:6]) for _ in range(r.randrange(0, 12)))
        mode = r.choice(["match", "fullmatch", "search", "findall"])
        answer = ";".join(map(show, compiled.finditer(text))) if mode == "findall" else show(getattr(compiled, mode)(text))
        print(mode, parsed.state.groups - 1, ",".join(str(int(w)) for w in code), ",".join(str(ord(c)) for c in text), answer, ascii((pattern, int(flags), text)), sep="\t")
        made += 1
