# For each value of the file sys.argv[1]: what marshal.dumps writes in versions 0 to 5, or its exception.
import marshal, sys

for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("#"):
        continue
    value = eval(line)
    print("value", line.rstrip("\n"))
    for version in range(6):
        try:
            print(version, marshal.dumps(value, version).hex())
        except ValueError as e:
            print(version, "ValueError:", e)
