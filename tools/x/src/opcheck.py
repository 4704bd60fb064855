# Prints every fact about opcodes that CPython's own modules tell, a line a fact: kind, subject, value, split by tabs.
import builtins, dis, opcode, _opcode, _opcode_metadata as meta

ARGS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 127, 128, 255, 256, 257, 0x102, 0x307, 0xFF00, 0xFFFF, 0x10000,
        0x10101, 0xFFFFFF, 0x3FFFFFFE, 0x3FFFFFFF, 0x40000000, 0x7FFFFFF0, 0x7FFFFFFC, 0x7FFFFFFD, 0x7FFFFFFE, 0x7FFFFFFF]
HAS = ['arg', 'const', 'exc', 'free', 'jump', 'local', 'name']
names = {number: name for table in (meta.opmap, meta._specialized_opmap) for name, number in table.items()}
base = {s: b for b, family in meta._specializations.items() for s in family}

for number in range(300):
    name = names.get(number, '')
    print('name', number, name, sep='\t')
    if not name:
        continue
    # A monitored instruction has the caches of the one that it stands for; dis does not look for them there.
    plain = base.get(name, name.removeprefix('INSTRUMENTED_'))
    print('caches', number, opcode._inline_cache_entries.get(plain, 0), sep='\t')
    if not name.startswith('INSTRUMENTED_'):
        print('base', number, base.get(name, name), sep='\t')
    for what in HAS:
        print('has_' + what, number, getattr(_opcode, 'has_' + what)(number), sep='\t')
    for arg in ARGS:
        for jump in (False, True):
            try:
                effect = _opcode.stack_effect(number, arg, jump=jump)
            except ValueError:
                effect = 'none'
            print(f'effect {arg} {jump}', number, effect, sep='\t')

for i, (name, symbol) in enumerate(opcode._nb_ops):
    print('binary_op', i, name + ' ' + symbol, sep='\t')
for i, text in enumerate(opcode.cmp_op):
    print('compare_op', i, text, sep='\t')
for i, name in enumerate(opcode._intrinsic_1_descs):
    print('intrinsic_1', i, name, sep='\t')
for i, name in enumerate(opcode._intrinsic_2_descs):
    print('intrinsic_2', i, name, sep='\t')
for i, value in enumerate(opcode._common_constants):
    print('common_constant', i, value.__name__, sep='\t')
for i, name in enumerate(opcode._special_method_names):
    print('special_method', i, name, sep='\t')
for i, name in enumerate(dis.FUNCTION_ATTR_FLAGS):
    print('function_attribute', 1 << i, name, sep='\t')
for i, name in enumerate(['', 'str', 'repr', 'ascii']):
    print('conversion', i, name, sep='\t')
for name, fields in opcode._cache_format.items():
    print('cache_format', meta.opmap[name], ' '.join(f'{field}:{size}' for field, size in fields.items()), sep='\t')
