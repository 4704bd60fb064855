"""Compiles programs as a fresh `python3.14 -m py_compile` would, and says what came of each.

usage: compile_batch.py < PROGRAMS    one a line: the optimisation level, the mode, the source as hex

A line of the answer: `ok LENGTH CRC32` of the marshalled code object, or `no TYPE LINE MESSAGE`, or `lost` (the process
died). Each is compiled in a fork, since what was interned before shows in the bytes.
"""
import enum, fnmatch, importlib.machinery, importlib.util, locale, runpy, shutil, traceback  # what -m py_compile has loaded
import argparse, marshal, os, py_compile, sys, warnings, zlib

warnings.simplefilter("ignore")


def answer(level, mode, source):
    try:
        code = compile(source, "<program>", mode, dont_inherit=True, optimize=level)
        held = [code]  # as importlib holds it: the reference flag of the outermost object
        body = marshal.dumps(code)
    except SyntaxError as e:
        return f"no {type(e).__name__} {e.lineno} {e.msg}"
    except Exception as e:
        return f"no {type(e).__name__} - {e}"
    return f"ok {len(body)} {zlib.crc32(body)}"


for line in sys.stdin.read().splitlines():
    level, mode, source = line.split(" ")
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(write, answer(int(level), mode, bytes.fromhex(source)).encode("utf-8", "backslashreplace")[:4000])
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        text = pipe.read().decode().replace("\n", "\\n")
    os.waitpid(pid, 0)
    print(text or "lost")
