"""Writes the oracle's trees as `compiler/core/src/ast_dump.rs` writes ours.

    python3.14 ast_dump.py FILES-LIST OUT     # one path a line; one dump a file, after a line `== path`

A file that the oracle rejects is `ERROR type: message`.
"""

import ast
import struct
import sys
import warnings

OMIT = {"type_comment"}
# Fields whose name is not written: the first of a node, operators and contexts.
PLAIN = ("Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv Invert Not UAdd USub And Or "
         "Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn Load Store Del").split()
PLAIN = {getattr(ast, name) for name in PLAIN}


def quoted(text):
    return "'" + "".join(c if " " <= c <= "~" and c not in "'\\" else "\\{%x}" % ord(c) for c in text) + "'"


def constant(value):
    match value:
        case None | True | False:
            return repr(value)
        case str():
            return quoted(value)
        case bytes():
            return "b'" + value.hex() + "'"
        case int():
            return hex(value)
        case float():
            return "float " + struct.pack(">d", value).hex()
        case complex():
            return "complex " + struct.pack(">d", value.real).hex() + " " + struct.pack(">d", value.imag).hex()
        case _:
            return repr(value)


def dump(node, out):
    if isinstance(node, list):
        out.append("[")
        for i, item in enumerate(node):
            if i:
                out.append(", ")
            dump(item, out)
        out.append("]")
    elif not isinstance(node, ast.AST):
        out.append(quoted(node) if isinstance(node, str) else repr(node))
    elif type(node) in PLAIN:
        out.append(type(node).__name__)
    else:
        if isinstance(node, ast.stmt):
            out.append("\n")
        out.append(type(node).__name__ + "(")
        first = True
        for field in node._fields:
            if field in OMIT:
                continue
            value = getattr(node, field)
            if not first:
                out.append(", ")
            is_constant = isinstance(node, (ast.Constant, ast.MatchSingleton)) and field == "value"
            if not first and type(value) not in PLAIN or isinstance(node, ast.Module):
                out.append(field + "=")
            if is_constant:
                out.append("Ellipsis" if value is ... else constant(value))
            else:
                dump(value, out)
            first = False
        out.append(")")
        if "lineno" in node._attributes:
            out.append(f"@{node.lineno}:{node.col_offset}-{node.end_lineno}:{node.end_col_offset}")


def dump_file(path):
    try:
        with open(path, "rb") as f:
            source = f.read()
    except OSError:
        source = b""
    try:
        tree = ast.parse(source, path)
    except Exception as e:
        return f"ERROR {type(e).__name__}: {str(e).splitlines()[0]}"
    out = []
    dump(tree, out)
    return "".join(out)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(100000)
    with open(sys.argv[1]) as f, open(sys.argv[2], "w") as out:
        for line in f:
            path = line.rstrip("\n")
            out.write(f"== {path}\n{dump_file(path)}\n")
