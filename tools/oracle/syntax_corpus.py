"""Programs and what CPython's parser says of them, as JSON lines.

    python3.14 syntax_corpus.py tests OUT MODULE...       sources that CPython's tests compile, e.g. test.test_syntax
    python3.14 syntax_corpus.py mutate OUT N SEED FILE... N mutations of files: tokens deleted, doubled, swapped, inserted,
                                                          characters changed

A line: `source` (base64 of UTF-8, or of the bytes if `bytes`), `mode`, `flags`, `error` (null, or type, message, lineno,
offset, end_lineno, end_offset), `warnings` (message, lineno); `parse_error` and `parse_warnings`, the same if only the
parser is asked (PyCF_ONLY_AST).
"""

import ast
import base64
import builtins
import io
import json
import random
import re
import sys
import warnings

BARRY = 0x400000


def judge(source, mode, flags):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        error = None
        try:
            compile(source, "<string>", mode, flags, dont_inherit=True)
        except SyntaxError as e:
            error = [type(e).__name__, e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset]
        except (ValueError, OverflowError, MemoryError, RecursionError) as e:
            error = [type(e).__name__, str(e), None, None, None, None]
    return error, [[str(w.message), w.lineno] for w in seen]


def write(out, source, mode, flags=0):
    is_bytes = isinstance(source, bytes)
    try:
        data = source if is_bytes else source.encode()
    except UnicodeEncodeError:
        return
    error, warned = judge(source, mode, flags)
    parse_error, parse_warned = judge(source, mode, flags | ast.PyCF_ONLY_AST)
    record = {
        "source": base64.b64encode(data).decode(),
        "bytes": is_bytes,
        "mode": mode,
        "flags": flags,
        "error": error,
        "warnings": warned,
        "parse_error": parse_error,
        "parse_warnings": parse_warned,
    }
    out.write(json.dumps(record) + "\n")


def from_tests(path, modules):
    import unittest

    sources = {}
    real_compile, real_exec, real_eval = builtins.compile, builtins.exec, builtins.eval

    def note(source, mode, flags=0):
        if isinstance(source, (bytearray, memoryview)):
            source = bytes(source)
        if isinstance(source, (str, bytes)) and mode in ("exec", "eval", "single") and len(source) < 200_000:
            sources.setdefault((source, mode, flags & BARRY))

    def compile(source, filename, mode, flags=0, *args, **kwargs):
        note(source, mode, flags)
        return real_compile(source, filename, mode, flags, *args, **kwargs)

    def exec_(source, *args, **kwargs):
        note(source, "exec")
        if not args and "globals" not in kwargs:
            frame = sys._getframe(1)
            args = (frame.f_globals, frame.f_locals)
        return real_exec(source, *args, **kwargs)

    def eval_(source, *args, **kwargs):
        note(source.strip(" \t") if isinstance(source, str) else source, "eval")
        if not args and "globals" not in kwargs:
            frame = sys._getframe(1)
            args = (frame.f_globals, frame.f_locals)
        return real_eval(source, *args, **kwargs)

    builtins.compile, builtins.exec, builtins.eval = compile, exec_, eval_
    try:
        for module in modules:
            try:
                suite = unittest.defaultTestLoader.loadTestsFromName(module)
                unittest.TextTestRunner(stream=io.StringIO()).run(suite)
            except BaseException as e:
                print(module, type(e).__name__, e, file=sys.stderr)
            print(module, len(sources), file=sys.stderr)
    finally:
        builtins.compile, builtins.exec, builtins.eval = real_compile, real_exec, real_eval
    with open(path, "w") as out:
        for source, mode, flags in sources:
            write(out, source, mode, flags)


TOKEN = re.compile(r"""[A-Za-z_]\w*|\d[\w.]*|\s+|"{3}|'{3}|[-+*/%&|^<>=!:]=|[-+*/<>]{2}|.""", re.S)
POOL = """( ) [ ] { } : , ; . = == := -> + - * ** / // % @ & | ^ ~ < > <= >= != ! not in is and or if else elif for while def
class return yield await async lambda with as try except finally raise import from global nonlocal del pass break continue
assert match case type _ None True False print exec x 0 1 1.5 0x 1e 0777 1_ 'a' "b" f'{ f"{x}" t'{x}' b'\\xff' '\\x ''' \"\"\" \\ # $ ? ` é €""".split()
POOL += ["\n", "\n    ", "\n\t", " ", "\n\n", "\\\n", "\x0c", "f'{x!r:>{w}}'", "*a", "**k", "a=1", "...", "if x:\n", "\n        "]


def mutated(source, rng):
    tokens = TOKEN.findall(source)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if not tokens:
            break
        i = rng.randrange(len(tokens))
        what = rng.randrange(7)
        if what == 0:
            del tokens[i]
        elif what == 1:
            tokens.insert(i, tokens[i])
        elif what == 2:
            j = min(len(tokens) - 1, i + rng.randrange(1, 4))
            tokens[i], tokens[j] = tokens[j], tokens[i]
        elif what == 3:
            tokens.insert(i, rng.choice(POOL))
        elif what == 4:
            tokens[i] = rng.choice(POOL)
        elif what == 5:
            k = rng.randrange(len(tokens[i]))
            tokens[i] = tokens[i][:k] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(1, 0x250)))) + tokens[i][k + 1:]
        else:
            tokens = tokens[: i + 1] if rng.random() < 0.3 else tokens[:i] + tokens[i + 1 + rng.randrange(4):]
    return "".join(tokens)


def mutate(path, count, seed, files):
    rng = random.Random(seed)
    with open(path, "w") as out:
        done = 0
        while done < count:
            with open(rng.choice(files), encoding="utf-8", errors="replace", newline="") as f:
                source = f.read()
            if len(source) > 60_000:
                continue
            # Most of a long file tells nothing about the place that is changed.
            lines = source.splitlines(keepends=True)
            start = rng.randrange(max(1, len(lines)))
            while start and lines[start][:1] in " \t\n#)]}\"'":
                start -= 1
            piece = "".join(lines[start:start + rng.randrange(5, 80)])
            changed = mutated(piece, rng).replace("\0", "")
            write(out, changed, "exec")
            done += 1


if __name__ == "__main__":
    if sys.argv[1] == "tests":
        from_tests(sys.argv[2], sys.argv[3:])
    else:
        mutate(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
