# Times marshal.loads over the bodies of the .pyc named on standard input: prints the best seconds of each. Garbage
# collection is off, so that CPython is at its best.
import gc, marshal, sys, time

rounds = int(sys.argv[1])
bodies = [open(name, "rb").read()[16:] for name in sys.stdin.read().splitlines()]
best = [float("inf")] * len(bodies)
gc.disable()
loads, clock = marshal.loads, time.perf_counter
for _ in range(rounds):
    for at, body in enumerate(bodies):
        start = clock()
        loads(body)
        best[at] = min(best[at], clock() - start)
for seconds in best:
    print(seconds)
