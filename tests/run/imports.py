# import in its forms, over the modules that are always there.
import sys
import sys as system
from sys import maxsize, byteorder as bo
import builtins
print(sys is system, maxsize, bo, builtins.len is len, sys.modules["sys"] is sys, type(sys).__name__)
from builtins import *
def local():
    import sys as s
    from sys import version_info as v
    return s is sys, v[:2]
print(local())
try: import does.not_.exist
except ModuleNotFoundError as e: print(e, e.name)
try: from sys import nothing_here
except ImportError as e: print(str(e).split(" (")[0], e.name)
try: import sys.path
except ModuleNotFoundError as e: print(e)
print(__import__("sys") is sys, sys.argv[0].endswith("imports.py"), __file__.endswith("imports.py"))
