"""Writes CPython's symbol tables of the files named on standard input, as the compiler core's `symtable::dump` does.

A block a line: type, name, line, nesting, [parameters], then name:flags of each symbol. Names that only pass through
(flags 0, scope free) come last and sorted: CPython adds them in the order of a set.
"""
import _symtable, sys, warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(100_000)
PASSING = 4 << 12
out = sys.stdout


def dump(block, depth):
    through = sorted(name for name, value in block.symbols.items() if value == PASSING)
    words = [f"{name}:{value}" for name, value in block.symbols.items() if value != PASSING] + through
    # type, as the block type's number in CPython's enumeration
    line = f"{block.type} {block.name} {block.lineno} {int(block.nested)} [{' '.join(block.varnames)}]"
    out.write(" " * depth + line + "".join(" " + word for word in words) + "\n")
    for child in block.children:
        dump(child, depth + 1)


def offset(value):
    return "-" if value is None else value


for path in sys.stdin.read().splitlines():
    out.write(f"== {path}\n")
    try:
        with open(path, "rb") as file:
            table = _symtable.symtable(file.read(), path, "exec")
    except SyntaxError as e:
        out.write(f"SyntaxError {offset(e.lineno)}:{offset(e.offset)}-{offset(e.end_lineno)}:{offset(e.end_offset)} {e.msg}\n")
    except Exception as e:
        out.write(f"{type(e).__name__}\n")
    else:
        dump(table, 0)
