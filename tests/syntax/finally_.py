def f():
    try: pass
    finally: return 1
# --
while 1:
    try: pass
    finally: break
# --
while 1:
    try: pass
    finally:
        continue
# --
def f():
    try: pass
    finally:
        for x in y:
            break
            continue
        else:
            return
# --
def f():
    try: pass
    finally:
        while x:
            return 1
# --
def f():
    try: pass
    finally:
        def g():
            return 1
        class C:
            def h(self): return 2
        lambda: 0
# --
for x in y:
    try: pass
    finally:
        try:
            break
        except E:
            continue
        finally:
            if x: break
            with y: continue
# --
def f():
    try: pass
    except* E: pass
    finally: return x
# --
def f():
    try: pass
    finally:
        match x:
            case 1: return 1
            case _: return 2
# --
while 1:
    try: pass
    finally:
        for x in y: pass
        else: break
# --
def f(x=__debug__):
    try: pass
    finally:
        try: return 1
        finally: return (2 is 2)
