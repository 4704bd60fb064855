"""Writes the oracle's instruction sequences as `compiler/core/src/codegen/dump.rs` writes ours, or compares with it.

    python3.14 codegen.py [-O LEVEL] FILES-LIST OUT            # one path a line; a line `== path` begins a file
    python3.14 codegen.py [-O LEVEL] --compare FILES-LIST OURS # the first difference of each file, and a count

Columns of an instruction: opcode, operand, line, end line, column, end column. A file that the oracle rejects is
`ERROR type: message`, a SyntaxError with its line, column and end. Warnings come last, `WARNING line: message`.
"""

import argparse
import ast
import opcode
import os
import sys
import warnings

import _testinternalcapi


def dump(sequence, depth, out):
    out.append(f">{depth}")
    for op, arg, *loc in sequence.get_instructions():
        out.append(" ".join(map(str, (op, arg or 0, *loc))))
    for nested in sequence.get_nested():
        dump(nested, depth + 1, out)


def dump_file(path, optimize):
    """In a process of its own: compiler_codegen now and then crashes on what earlier calls left behind."""
    for _ in range(20):
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(send, "w", encoding="utf-8", errors="surrogateescape") as out:
                out.write("\n".join(dump_here(path, optimize)))
            os._exit(0)
        os.close(send)
        with os.fdopen(receive, encoding="utf-8", errors="surrogateescape") as out:
            lines = out.read().split("\n")
        if os.waitpid(child, 0)[1] == 0:
            return lines
    return ["CRASH"]


def dump_here(path, optimize):
    out = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with open(path, "rb") as file:
                tree = ast.parse(file.read(), path)
            caught.clear()
            sequence, _ = _testinternalcapi.compiler_codegen(tree, path, optimize, 0)
            dump(sequence, 0, out)
        except SyntaxError as error:
            at = " ".join(str(x) for x in (error.lineno, error.offset, error.end_lineno, error.end_offset))
            out = [f"ERROR {type(error).__name__}: {error.msg} {at}"]
        except Exception as error:
            out = [f"ERROR {type(error).__name__}: {error}"]
    out.extend(f"WARNING {w.lineno}: {w.message}" for w in caught)
    return out


def shown(line):
    op, _, rest = line.partition(" ")
    if op.isdigit():
        return f"{opcode.opname[int(op)] if int(op) < 256 else PSEUDO.get(int(op), op)} {rest}"
    return line


PSEUDO = {number: name for name, number in opcode.opmap.items()}
try:
    import _opcode_metadata

    PSEUDO |= {number: name for name, number in _opcode_metadata.opmap.items()}
except ImportError:
    pass


def compare(path, ours, theirs):
    if ours == theirs:
        return True
    at = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), min(len(ours), len(theirs)))
    print(f"== {path}: line {at}, {len(ours)} lines against {len(theirs)}")
    for prefix, lines in (("ours", ours), ("cpython", theirs)):
        for i in range(max(0, at - 3), min(at + 4, len(lines))):
            print(f"  {prefix:8}{'>' if i == at else ' '} {shown(lines[i])}")
    return False


def blocks(path):
    name, lines = None, []
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("== "):
                if name is not None:
                    yield name, lines
                name, lines = line[3:], []
            else:
                lines.append(line)
    if name is not None:
        yield name, lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-O", dest="optimize", type=int, default=0)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("list")
    parser.add_argument("out")
    args = parser.parse_args()
    with open(args.list) as file:
        paths = [line.rstrip("\n") for line in file]
    if args.compare:
        ours = dict(blocks(args.out))
        differing = [path for path in paths if not compare(path, ours.get(path, []), dump_file(path, args.optimize))]
        print(f"{len(paths)} files, {len(differing)} differ")
        return len(differing) > 0
    with open(args.out, "w", encoding="utf-8", errors="surrogateescape") as out:
        for path in paths:
            print(f"== {path}", *dump_file(path, args.optimize), sep="\n", file=out)


if __name__ == "__main__":
    sys.exit(main())
