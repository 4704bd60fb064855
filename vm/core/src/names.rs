//! Strings that the machine itself looks up, interned once at start.
//!
//! Invariant: every field is the interned string of its own name.

use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Tracer};

macro_rules! names { ($($n:ident)*) => {
    #[allow(non_snake_case, reason = "fields are called what they hold")]
    pub struct Names { $(pub $n: Gc<Str>),* }
    impl Names {
        pub(crate) fn new(intern: &dyn Fn(&str) -> Gc<Str>) -> Names { Names { $($n: intern(stringify!($n))),* } }
        pub(crate) fn trace(&self, t: &mut Tracer<'_>) { $(t.gc(self.$n);)* }
    }
} }
names! {
    __abs__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotate__ __annotations__ __annotate_func__
    __annotations_cache__ __args__ __await__ __bases__
    __bool__ __build_class__ __builtins__ __bytes__ __cached__ __call__ __ceil__ __class__ __class_getitem__ __classcell__ __classdict__
    __classdictcell__ __complex__ __conditional_annotations__ __contains__ __copy__ __deepcopy__ __del__ __delattr__
    __delete__ __delitem__ __dict__ __dir__ __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __firstlineno__ __float__
    __floor__ __floordiv__ __format__ __fspath__ __func__ __future__ __ge__ __get__ __getattr__ __getattribute__
    __getitem__ __getnewargs__ __getnewargs_ex__ __getstate__ __gt__ __hash__ __iadd__ __iand__ __ifloordiv__ __ilshift__
    __imatmul__ __imod__ __import__ __imul__ __index__ __init__ __init_subclass__ __instancecheck__ __int__ __invert__
    __ior__ __ipow__ __irshift__ __isabstractmethod__ __isub__ __iter__ __itruediv__ __ixor__ __le__ __len__
    __length_hint__ __loader__ __lshift__ __lt__ __main__ __match_args__ __matmul__ __missing__ __mod__ __module__
    __mro_entries__ __mul__ __name__ __ne__ __neg__ __new__ __next__ __notes__ __or__ __orig_bases__ __orig_class__
    __origin__ __package__ __parameters__ __path__ __pos__ __pow__ __prepare__ __qualname__ __radd__ __rand__ __rdivmod__ __reduce__
    __reduce_ex__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rmul__ __ror__ __round__
    __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __self__ __set__ __set_name__ __setattr__ __setitem__
    __setstate__ __sizeof__ __slotnames__ __slots__ __spec__ __static_attributes__ __str__ __sub__ __subclasscheck__
    __subclasses__ __subclasshook__ __text_signature__ __truediv__ __trunc__ __type_params__ __typing_subst__
    __typing_prepare_subst__ __typing_is_unpacked_typevartuple__ __typing_unpacked_tuple_args__ __unpacked__ __warningregistry__ __weakref__
    __wrapped__ __xor__
    _abc_impl _initializing _is_coroutine add_note args append big builtins close code copy decode encode encoding end errors excepthook exec
    extend fget file filename flush fileno fset fdel get items join key keys last_exc last_traceback last_type last_value
    little locals metaclass modules msg name obj offset open path print print_file_and_line read readline replace reverse ps1 ps2 sep send sort start stderr
    stdin stdout step stop strict string text throw update value values write
}
impl Vm {
    /// `names.x` by a text known at run time: `intern`.
    pub fn intern_all(&self, names: &[&str]) -> Vec<Gc<Str>> {
        names.iter().map(|n| self.intern(n)).collect()
    }
}
