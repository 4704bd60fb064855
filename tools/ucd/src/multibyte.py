"""The double-byte codecs of the oracle, one line a lead: codec|lead|trail=codes,trail=codes...; leads are bytes in hex.

An empty lead gives single bytes; "8f" before another byte, three-byte sequences. gb18030's four-byte ranges are lines
=first|code|count (first is the sequence's linear index).
"""
import sys

CODECS = ("big5 big5hkscs cp932 cp949 cp950 euc_jis_2004 euc_jisx0213 euc_jp euc_kr gb18030 gb2312 gbk johab shift_jis "
          "shift_jis_2004 shift_jisx0213").split()


def codes(name, data):
    try:
        s = data.decode(name)
    except UnicodeDecodeError:
        return None
    return "+".join(f"{ord(c):x}" for c in s)


for name in CODECS:
    single = {bytes([b]) for b in range(256) if codes(name, bytes([b])) is not None}
    print(f"{name}||" + ",".join(f"{b[0]:x}={codes(name, b)}" for b in sorted(single)))
    leads = [bytes([b]) for b in range(0x80, 256) if bytes([b]) not in single]
    if name.startswith("euc_j"):
        leads += [bytes([0x8F, b]) for b in range(0x80, 256)]
    for lead in leads:
        found = []
        for t in range(256):
            c = codes(name, lead + bytes([t]))
            if c is not None:
                found.append(f"{t:x}={c}")
        if found:
            print(f"{name}|{lead.hex()}|" + ",".join(found))

run = None
for i in range(39420):
    a, rest = divmod(i, 12600)
    b, rest = divmod(rest, 1260)
    c, d = divmod(rest, 10)
    try:
        code = ord(bytes([0x81 + a, 0x30 + b, 0x81 + c, 0x30 + d]).decode("gb18030"))
    except UnicodeDecodeError:
        code = None
    if run and code is not None and code - run[1] == i - run[0]:
        run[2] += 1
        continue
    if run:
        print("=%d|%x|%d" % tuple(run))
    run = [i, code, 1] if code is not None else None
if run:
    print("=%d|%x|%d" % tuple(run))
