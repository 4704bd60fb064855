match x:
  case {f"": _}: pass
# --
match x:
  case {f"a" "b": 1, t"c": 2}: pass
