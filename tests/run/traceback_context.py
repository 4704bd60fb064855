# An exception raised while another is handled; a multi-line expression.
def f(n):
    return {
        "a": 1,
        "b": n["missing"]["key"],
    }
try:
    f({"x": 1})
except KeyError:
    (
        undefined
        + 1
    )
