"""What the oracle's encodings package has: module|name|kind, =alias|module, then the charmaps (256 code points each)."""
import codecs
import encodings
import pkgutil
from encodings.aliases import aliases

UTF = {"utf_8": "Utf8", "utf_8_sig": "Utf8Sig", "utf_7": "Utf7", "ascii": "Ascii", "latin_1": "Latin1",
       "unicode_escape": "UnicodeEscape", "raw_unicode_escape": "RawUnicodeEscape"}
for n in ("utf_16", "utf_32"):
    k = n.title().replace("_", "")
    UTF |= {n: f"{k}(Marked)", n + "_le": f"{k}(Little)", n + "_be": f"{k}(Big)"}

for n in sorted(m.name for m in pkgutil.iter_modules(encodings.__path__)):
    try:
        info = codecs.lookup(n)
    except LookupError:
        continue
    module = __import__("encodings." + n, fromlist=["x"])
    if not info._is_text_encoding:
        kind = "NotText"
    elif n in UTF:
        kind = UTF[n]
    elif hasattr(module, "decoding_table") or hasattr(module, "decoding_map"):
        kind = "Charmap"
    elif hasattr(module, "mbc") and not n.startswith(("hz", "iso2022")):
        kind = "Multibyte"
    else:
        kind = "Missing"
    print(f"{n}|{info.name}|{kind}")
    if kind == "Charmap":
        for b in range(256):
            try:
                print(f"#{ord(bytes([b]).decode(n))}")
            except UnicodeDecodeError:
                print("#65534")
for a, m in sorted(aliases.items()):
    print(f"={a}|{m}")
