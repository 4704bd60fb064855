# For each .pyc named on standard input: the length of its dis text, a newline, the text.
# argv: words out of caches, offsets, positions, info. Addresses are 0x..., elements of sets are sorted by their text.
import dis, io, marshal, re, sys
from types import CodeType

plain = repr


def masked(value):
    kind = type(value)
    if kind is tuple:
        items = [masked(item) for item in value]
        return '(' + ', '.join(items) + (',)' if len(items) == 1 else ')')
    if kind is frozenset and value:
        return 'frozenset({' + ', '.join(sorted(masked(item) for item in value)) + '})'
    if kind is slice:
        return f'slice({masked(value.start)}, {masked(value.stop)}, {masked(value.step)})'
    if kind is CodeType:
        line = value.co_firstlineno or -1
        return f'<code object {value.co_name} at 0x..., file "{value.co_filename}", line {line}>'
    return plain(value)


def tree(code):
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from tree(value)


def text_of(code, words):
    if 'info' in words:
        out = []
        for inner in tree(code):
            text = dis.code_info(inner)
            # code_info formats constants with %r: put the masked ones in their places, in order.
            for i, value in enumerate(inner.co_consts):
                text = text.replace('%4d: %r' % (i, value), '%4d: %s' % (i, masked(value)), 1)
            out.append(text + '\n')
        return '\n'.join(out)
    out = io.StringIO()
    dis.dis(code, file=out, show_caches='caches' in words, show_offsets='offsets' in words,
            show_positions='positions' in words)
    return re.sub(r'^(Disassembly of <code object .* at) 0x[0-9a-f]+, file "', r'\1 0x..., file "', out.getvalue(), flags=re.M)


dis.repr = masked
for path in sys.stdin.read().splitlines():
    with open(path, 'rb') as file:
        code = marshal.loads(file.read()[16:])
    data = text_of(code, sys.argv[1:]).encode('utf-8', 'backslashreplace')
    sys.stdout.buffer.write(b'%d\n' % len(data))
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
