# Times marshal.loads over the bodies of the .pyc named on standard input: prints one line of the best seconds for
# all, then one a file. Garbage collection is off, so that CPython is at its best.
import gc, marshal, sys, time

rounds = int(sys.argv[1])
bodies = [open(name, "rb").read()[16:] for name in sys.stdin.read().splitlines()]
best = [float("inf")] * len(bodies)
total = float("inf")
gc.disable()
loads, clock = marshal.loads, time.perf_counter
for _ in range(rounds):
    start = clock()
    for body in bodies:
        loads(body)
    total = min(total, clock() - start)
    for at, body in enumerate(bodies):
        start = clock()
        loads(body)
        best[at] = min(best[at], clock() - start)
print(total)
for seconds in best:
    print(seconds)
