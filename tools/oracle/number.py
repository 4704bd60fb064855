"""Prints random cases of number formatting, parsing and hashing with CPython's answers, one a line, tab-separated.

usage: number.py COUNT SEED      (PYTHONHASHSEED is set by itself to SEED modulo 3)
"""
import os, random, struct, sys

count, seed = int(sys.argv[1]), int(sys.argv[2])
if os.environ.get("PYTHONHASHSEED") != str(seed % 3):
    os.execve(sys.executable, [sys.executable] + sys.argv, dict(os.environ, PYTHONHASHSEED=str(seed % 3)))
r = random.Random(seed)

def bits(x):
    return "%016x" % struct.unpack("<Q", struct.pack("<d", x))[0]

def number():
    k = r.randrange(9)
    if k == 0: return struct.unpack("<d", struct.pack("<Q", r.getrandbits(64)))[0]
    if k == 1: return r.choice([0.0, -0.0, 1.0, -1.0, 0.5, 2.5, 1e16, 1e15, 9999999999999998.0, 1e-5, 1e-4, 5e-324, float("inf"), -float("inf"), 1e22, 1e23, 1.7976931348623157e308])
    if k == 2: return float(r.randrange(-10**6, 10**6))
    if k == 3: return r.randrange(-10**6, 10**6) / 1000
    if k == 4: return r.randrange(-99, 99) / 8
    if k == 5: return round(r.uniform(-1, 1), r.randrange(6))
    return r.uniform(-1, 1) * 10.0 ** r.randrange(-12, 20)

def spec(types):
    s = ""
    if r.random() < .3: s += r.choice(["<", ">", "^", "=", "*<", "0>", "x^", "_=", "0="])
    if r.random() < .3: s += r.choice("+- ")
    if r.random() < .1: s += "z"
    if r.random() < .2: s += "#"
    if r.random() < .2: s += "0"
    if r.random() < .5: s += str(r.choice([0, 1, 3, 7, 8, 9, 10, 12, 15, 20, 30]))
    if r.random() < .2: s += r.choice([",", "_", ",_", "_,"])
    if r.random() < .5: s += "." + str(r.choice([0, 1, 2, 3, 4, 5, 6, 10, 16, 17, 20, 40]))
    if r.random() < .1: s += r.choice([".,", "._", ",", "_", ",_"])
    if r.random() < .8: s += r.choice(types)
    return s

def attempt(f):
    try:
        return f()
    except (ValueError, OverflowError) as e:
        return "!" + str(e)

def emit(*fields):
    print("\t".join(fields))

for _ in range(count):
    k = r.randrange(10)
    if k < 4:
        x = number(); s = spec("eEfFgGn%egf" + "dsq")
        emit("float", s, bits(x), attempt(lambda: format(x, s)))
    elif k < 6:
        x = r.choice([r.randrange(-300, 300), r.getrandbits(r.randrange(1, 90)) * r.choice([1, -1])]); s = spec("bdnoxXdx" + "es")
        emit("int", s, str(x), attempt(lambda: format(x, s)))
    elif k == 6:
        x, y = number(), number(); s = spec("eEfFgGng" + "%d")
        emit("complex", s, bits(x), bits(y), attempt(lambda: format(complex(x, y), s)))
    elif k == 7:
        x = number(); emit("hex", bits(x), x.hex())
        t = "%s%s%x.%xp%d" % (r.choice(["", "-", "+"]), r.choice(["", "0x"]), r.getrandbits(r.randrange(1, 80)), r.getrandbits(r.randrange(1, 80)), r.choice([r.randrange(-1200, 1100), r.randrange(-20, 20)]))
        emit("fromhex", t, attempt(lambda: bits(float.fromhex(t))))
    elif k == 8:
        t = "".join(r.choice("0123456789.e_+- x") for _ in range(r.randrange(1, 9)))
        try: emit("parse", t, bits(float(t)))
        except ValueError: emit("parse", t, "!")
        t = repr(number()); emit("parse", t, bits(float(t)))
    else:
        x = number()
        if x == x: emit("hashf", bits(x), str(hash(x)))
        n = r.getrandbits(r.randrange(1, 300)) * r.choice([1, -1]); emit("hashi", str(n), str(hash(n)))
        t = "".join(chr(r.randrange(32, 127)) for _ in range(r.randrange(0, 30))); emit("hashs", str(seed % 3), t, str(hash(t)))
