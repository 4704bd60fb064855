### exec
"a\ud800b"
### exec
def f():
    "a\ud800\udc00b\tc"
