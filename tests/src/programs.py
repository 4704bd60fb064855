"""Prints what CPython makes of the programs in the file sys.argv[1]; the head of programs.rs says in which form.

Each program is compiled in a process of its own: the strings that another one left interned change the bytes.
"""

import importlib.util
import marshal
import os
import sys
import warnings


def facts(source, mode, optimize):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            code = compile(source, "<test>", mode, dont_inherit=True, optimize=optimize)
            held = [code]  # as py_compile's callers hold it: a second reference makes a flag in the first byte
            body = marshal.dumps(code)
            print(f"code {len(body)} {importlib.util.source_hash(body).hex()}")
        except SyntaxError as error:
            at = " ".join(str(n) for n in (error.lineno, error.offset, error.end_lineno, error.end_offset))
            print(f"{type(error).__name__} {at} {error.msg}")
        except Exception as error:
            print(f"{type(error).__name__} {error}")
    for warning in caught:
        print(f"warning {warning.lineno} {warning.message}")


def main():
    with open(sys.argv[1], newline="") as file:
        programs = file.read().split("### ")[1:]
    for number, program in enumerate(programs):
        mode, _, source = program.partition("\n")
        for optimize in (0, 2):
            print(f"# {number} {mode} -O{optimize}", flush=True)
            child = os.fork()
            if child == 0:
                facts(source.encode(), mode, optimize)
                sys.stdout.flush()
                os._exit(0)
            os.waitpid(child, 0)


main()
