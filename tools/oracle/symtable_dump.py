"""A symbol table of CPython's as text, as the compiler core's `symtable::dump` writes ours.

A block a line: type, name, line, nesting, [parameters], then name:flags of each symbol. Names that only pass through
(flags 0, scope free) come last and sorted: CPython adds them in the order of a set.
"""

PASSING = 4 << 12


def dump(block, depth=0):
    through = sorted(name for name, value in block.symbols.items() if value == PASSING)
    words = [f"{name}:{value}" for name, value in block.symbols.items() if value != PASSING] + through
    line = f"{block.type} {block.name} {block.lineno} {int(block.nested)} [{' '.join(block.varnames)}]"
    line = " " * depth + line + "".join(" " + word for word in words) + "\n"
    return line + "".join(dump(child, depth + 1) for child in block.children)
