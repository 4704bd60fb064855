### exec
def f[T=int, U](): pass
### exec
class A[T=int, *U]: pass
### exec
type A[T=int, **U] = int
