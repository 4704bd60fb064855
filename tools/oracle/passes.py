"""Writes what each of CPython's passes makes of the files named on standard input, as `cargo x passes` does.

    python3.14 passes.py FOLDER-OF-THIS-FILE OPTIMIZE

A file begins with `== path`, a pass with `-- name`: the tree, the preprocessed tree, the symbol table of the tree as it
was parsed, the instruction sequences, the warnings of all passes.
"""

import ast
import os
import sys
import warnings

sys.path.insert(0, sys.argv[1])
import _symtable
import _testinternalcapi

import ast_dump
import codegen
import symtable_dump

optimize = int(sys.argv[2])
sys.setrecursionlimit(20_000)
warnings.simplefilter("ignore")


def tree(source, path):
    out = []
    ast_dump.dump(ast.parse(source, path), out)
    return "".join(out) + "\n"


def preprocessed(source, path):
    out = []
    flags = ast.PyCF_OPTIMIZED_AST
    ast_dump.dump(compile(source, path, "exec", flags, dont_inherit=True, optimize=optimize), out)
    return "".join(out) + "\n"


def symbols(source, path):
    return symtable_dump.dump(_symtable.symtable(source, path, "exec"))


def sequences(source, path):
    node = ast.parse(source, path)
    out = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sequence, _ = _testinternalcapi.compiler_codegen(node, path, optimize, 0)
    codegen.dump(sequence, 0, out)
    out.extend(f"WARNING {w.lineno}: {w.message}" for w in caught)
    return "\n".join(out) + "\n"


def all_warnings(source, path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile(source, path, "exec", dont_inherit=True, optimize=optimize)
    return "".join(f"{w.category.__name__} {w.lineno}: {w.message}\n" for w in caught)


PASSES = {
    "tree": tree,
    "preprocessed": preprocessed,
    "symbols": symbols,
    "sequences": sequences,
    "warnings": all_warnings,
}


def error(e):
    if not isinstance(e, SyntaxError):
        return f"{type(e).__name__}\n"
    lineno, offset, end_lineno, end_offset = ["-" if v is None else v for v in (e.lineno, e.offset, e.end_lineno, e.end_offset)]
    return f"SyntaxError {lineno}:{offset}-{end_lineno}:{end_offset} {e.msg}\n"


def show(path):
    with open(path, "rb") as file:
        source = file.read()
    text = f"== {path}\n"
    for name, dump in PASSES.items():
        try:
            result = dump(source, path)
        except Exception as e:
            result = error(e)
        text += f"-- {name}\n{result}"
    return text


for path in sys.stdin.read().splitlines():
    # A process for each file: the oracle's own test module crashes now and then.
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        text = show(path)
        sys.stdout.write(text)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)
