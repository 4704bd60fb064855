"""Write the table of strings that a fresh `python3.14 -m py_compile` has interned (compiler/core/src/interned.txt).

usage: python3.14 interned.py OUTPUT [OLD_TABLE...]

An interpreter cannot list its interned strings, but it can be asked for one: candidates are all strings in the code of
its own library, the names of its modules' attributes, and the old tables. Only those matter that look like names or like
dotted qualified names (docs: PYC-BYTES 1.5). The library's .pyc files must be warm, as in everyday use.
"""
import builtins, os, re, subprocess, sys, sysconfig, tempfile, types, warnings

PROBE = r"""
import sys
import enum, fnmatch, importlib._bootstrap_external, importlib.machinery, importlib.util, locale, os.path, runpy, shutil
import argparse, traceback  # what -m py_compile loads
interned = []
with open(sys.argv[1], encoding="utf-8", newline="") as f:
    for line in f.read().split("\0"):
        fresh = "".join([line[:1], line[1:]])
        if len(line) > 1 and sys.intern(fresh) is not fresh:
            interned.append(line)
sys.stdout.buffer.write("\0".join(interned).encode())
"""
WANTED = re.compile(r"[A-Za-z0-9_]{2,}|[A-Za-z_]\w*(\.(<locals>|[A-Za-z_<]\w*>?))+", re.ASCII)


def strings(code, found):
    todo = [code]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (tuple, frozenset)):
            todo += value
        elif isinstance(value, types.CodeType):
            todo += [value.co_consts, value.co_names, value.co_varnames, value.co_cellvars, value.co_freevars]
            todo += [value.co_name, value.co_qualname]


def main(output, *tables):
    warnings.simplefilter("ignore")
    found = set(dir(builtins)) | set(sys.builtin_module_names) | set(sys.stdlib_module_names)
    for module in list(sys.modules.values()):
        for name in dir(module):
            found.add(name)
            found.update(dir(getattr(module, name, None)))
    for table in tables:
        with open(table, encoding="utf-8", errors="surrogateescape") as f:
            found.update(f.read().split("\n"))
    for folder, _, names in os.walk(sysconfig.get_path("stdlib")):
        for name in names:
            if name.endswith(".py"):
                try:
                    with open(os.path.join(folder, name), "rb") as f:
                        strings(compile(f.read(), name, "exec", dont_inherit=True), found)
                except (SyntaxError, ValueError, OSError):
                    pass
    candidates = sorted(s for s in found if WANTED.fullmatch(s))
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("probe.py", PROBE), ("candidates", "\0".join(candidates))):
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as f:
                f.write(text)
        run = [sys.executable, os.path.join(folder, "probe.py"), os.path.join(folder, "candidates")]
        interned = subprocess.run(run, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
    with open(output, "w", encoding="utf-8", newline="\n") as f:
        f.write(f"# CPython {sys.version.split()[0]}\n")
        f.writelines(s + "\n" for s in sorted(interned))
    print(len(candidates), "candidates,", len(interned), "interned")


main(*sys.argv[1:])
