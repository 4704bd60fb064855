# Compiles sys.argv[1] to the .pyc sys.argv[2] and prints what CPython says about every code object in it.
import dis, importlib.util, marshal, os, py_compile, sys

source, cfile, optimize = sys.argv[1], sys.argv[2], int(sys.argv[3])
mode = py_compile.PycInvalidationMode.CHECKED_HASH
py_compile.compile(source, cfile, os.path.basename(source), doraise=True, optimize=optimize, invalidation_mode=mode)


def text(s):
    return s.encode("utf-8", "surrogatepass").hex() or "-"


def const(v):
    match v:
        case str():
            return "str " + text(v)
        case bytes():
            return "bytes " + (v.hex() or "-")
        case bool() | None:
            return str(v)
        case int():
            return "int " + hex(v)
        case float():
            import struct
            return "float " + struct.pack(">d", v).hex()
        case complex():
            import struct
            return "complex " + struct.pack(">dd", v.real, v.imag).hex()
        case tuple():
            return "tuple(" + ", ".join(map(const, v)) + ")"
        case frozenset():
            return "frozenset(" + ", ".join(sorted(map(const, v))) + ")"
        case slice():
            return "slice(" + ", ".join(map(const, (v.start, v.stop, v.step))) + ")"
        case _ if v is ...:
            return "Ellipsis"
    return "code " + text(v.co_qualname)


def walk(code):
    print("code", text(code.co_qualname), text(code.co_name), text(code.co_filename), code.co_firstlineno)
    print(" counts", code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_stacksize,
          len(code.co_varnames), len(code.co_cellvars), len(code.co_freevars))
    print(" flags", *dis.pretty_flags(code.co_flags).split(", "))
    print(" names", *map(text, code.co_names))
    for c in code.co_consts:
        print(" const", const(c))
    print(" lines", *(f"{start}-{end}:{line}" for start, end, line in code.co_lines()))
    print(" positions", *(",".join(map(str, p)) for p in code.co_positions()))
    for e in dis._parse_exception_table(code):
        print(" handler", e.start, e.end, e.target, e.depth, e.lasti)
    for c in code.co_consts:
        if hasattr(c, "co_code"):
            walk(c)


with open(cfile, "rb") as f:
    data = f.read()
print("python", sys.version.split()[0])
print("header", data[:16].hex(), importlib.util.source_hash(open(source, "rb").read()).hex())
walk(marshal.loads(data[16:]))
