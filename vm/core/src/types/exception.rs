//! Exceptions: the hierarchy, the object, raising.
//!
//! Invariant: `Exc` and the class tree are one table; every instance is an `Exception` payload, whose `extra` holds what
//! the class adds (see `extras`). Next: `exception_types.rs` (attributes of the classes with more than args),
//! `traceback.rs`.

use crate::error::{PyResult, Raised};
use crate::native::Args;
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Tracer, Tuple, Value, payload};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

payload! {
    pub struct Exception: Exception {
        /// A tuple.
        pub args: Slot,
        pub dict: Slot,
        pub traceback: Slot,
        pub context: Slot,
        pub cause: Slot,
        pub suppress_context: AtomicBool,
        /// What the class adds, in the order of its row; unbound where not set.
        pub extra: [Slot; 7],
    }
}

macro_rules! exceptions { ($($name:ident $base:ident $doc:literal [$($attr:ident)*];)*) => {
    /// The builtin exceptions.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum Exc { $($name),* }
    impl Exc {
        pub const ALL: &'static [Exc] = &[$(Exc::$name),*];
        pub const fn name(self) -> &'static str { match self { $(Exc::$name => stringify!($name)),* } }
        pub const fn base(self) -> Option<Exc> { match self { $(Exc::$name => if matches!(self, Exc::BaseException) { None } else { Some(Exc::$base) }),* } }
        /// Names of the attributes in `extra`, in order (those of the base are repeated).
        pub const fn attrs(self) -> &'static [&'static str] { match self { $(Exc::$name => &[$(stringify!($attr)),*]),* } }
        pub(crate) fn spec(self) -> &'static TypeSpec { match self { $(Exc::$name => {
            static SPEC: TypeSpec = TypeSpec { name: stringify!($name), doc: $doc, ..EXCEPTION_SPEC };
            match self {
                Exc::BaseException => &BASE_SPEC,
                Exc::BaseExceptionGroup => &super::exception_group::SPEC,
                _ => &SPEC,
            }
        }),* } }
    }
    const N_EXCEPTIONS: usize = Exc::ALL.len();
} }
exceptions! {
    BaseException BaseException "Common base class for all exceptions." [];
    Exception BaseException "Common base class for all non-exit exceptions." [];
    SystemExit BaseException "Request to exit from the interpreter." [code];
    KeyboardInterrupt BaseException "Program interrupted by user." [];
    GeneratorExit BaseException "Request that a generator exit." [];
    BaseExceptionGroup BaseException "A combination of multiple unrelated exceptions." [message exceptions];
    StopIteration Exception "Signal the end from iterator.__next__()." [value];
    StopAsyncIteration Exception "Signal the end from iterator.__anext__()." [];
    ArithmeticError Exception "Base class for arithmetic errors." [];
    FloatingPointError ArithmeticError "Floating-point operation failed." [];
    OverflowError ArithmeticError "Result too large to be represented." [];
    ZeroDivisionError ArithmeticError "Second argument to a division or modulo operation was zero." [];
    AssertionError Exception "Assertion failed." [];
    AttributeError Exception "Attribute not found." [obj name];
    BufferError Exception "Buffer error." [];
    EOFError Exception "Read beyond end of file." [];
    ImportError Exception "Import can't find module, or can't find name in module." [msg name path name_from];
    ModuleNotFoundError ImportError "Module not found." [msg name path name_from];
    LookupError Exception "Base class for lookup errors." [];
    IndexError LookupError "Sequence index out of range." [];
    KeyError LookupError "Mapping key not found." [];
    MemoryError Exception "Out of memory." [];
    NameError Exception "Name not found globally." [name];
    UnboundLocalError NameError "Local name referenced but not bound to a value." [name];
    OSError Exception "Base class for I/O related errors." [errno strerror filename filename2 characters_written];
    BlockingIOError OSError "I/O operation would block." [errno strerror filename filename2 characters_written];
    ChildProcessError OSError "Child process error." [errno strerror filename filename2 characters_written];
    ConnectionError OSError "Connection error." [errno strerror filename filename2 characters_written];
    BrokenPipeError ConnectionError "Broken pipe." [errno strerror filename filename2 characters_written];
    ConnectionAbortedError ConnectionError "Connection aborted." [errno strerror filename filename2 characters_written];
    ConnectionRefusedError ConnectionError "Connection refused." [errno strerror filename filename2 characters_written];
    ConnectionResetError ConnectionError "Connection reset." [errno strerror filename filename2 characters_written];
    FileExistsError OSError "File already exists." [errno strerror filename filename2 characters_written];
    FileNotFoundError OSError "File not found." [errno strerror filename filename2 characters_written];
    InterruptedError OSError "Interrupted by signal." [errno strerror filename filename2 characters_written];
    IsADirectoryError OSError "Operation doesn't work on directories." [errno strerror filename filename2 characters_written];
    NotADirectoryError OSError "Operation only works on directories." [errno strerror filename filename2 characters_written];
    PermissionError OSError "Not enough permissions." [errno strerror filename filename2 characters_written];
    ProcessLookupError OSError "Process not found." [errno strerror filename filename2 characters_written];
    TimeoutError OSError "Timeout expired." [errno strerror filename filename2 characters_written];
    ReferenceError Exception "Weak ref proxy used after referent went away." [];
    RuntimeError Exception "Unspecified run-time error." [];
    NotImplementedError RuntimeError "Method or function hasn't been implemented yet." [];
    PythonFinalizationError RuntimeError "Operation blocked during Python finalization." [];
    RecursionError RuntimeError "Recursion limit exceeded." [];
    SyntaxError Exception "Invalid syntax." [];
    _IncompleteInputError SyntaxError "incomplete input." [];
    IndentationError SyntaxError "Improper indentation." [];
    TabError IndentationError "Improper mixture of spaces and tabs." [];
    SystemError Exception "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version." [];
    TypeError Exception "Inappropriate argument type." [];
    ValueError Exception "Inappropriate argument value (of correct type)." [];
    UnicodeError ValueError "Unicode related error." [];
    UnicodeDecodeError UnicodeError "Unicode decoding error." [encoding object start end reason];
    UnicodeEncodeError UnicodeError "Unicode encoding error." [encoding object start end reason];
    UnicodeTranslateError UnicodeError "Unicode translation error." [encoding object start end reason];
    Warning Exception "Base class for warning categories." [];
    BytesWarning Warning "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str." [];
    DeprecationWarning Warning "Base class for warnings about deprecated features." [];
    EncodingWarning Warning "Base class for warnings about encodings." [];
    FutureWarning Warning "Base class for warnings about constructs that will change semantically\nin the future." [];
    ImportWarning Warning "Base class for warnings about probable mistakes in module imports" [];
    PendingDeprecationWarning Warning "Base class for warnings about features which will be deprecated\nin the future." [];
    ResourceWarning Warning "Base class for warnings about resource usage." [];
    RuntimeWarning Warning "Base class for warnings about dubious runtime behavior." [];
    SyntaxWarning Warning "Base class for warnings about dubious syntax." [];
    UnicodeWarning Warning "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems." [];
    UserWarning Warning "Base class for warnings generated by user code." [];
}
pub(crate) use super::exception_types::{BASE_SPEC, EXCEPTION_SPEC};

/// The classes, once booted.
pub struct ExcTypes([Cell<Option<Gc<Type>>>; N_EXCEPTIONS], Cell<Option<Gc<Type>>>);
impl ExcTypes {
    pub fn new() -> ExcTypes {
        ExcTypes([const { Cell::new(None) }; N_EXCEPTIONS], Cell::new(None))
    }
    pub fn get(&self, e: Exc) -> Gc<Type> {
        match self.0[e as usize].get() {
            Some(t) => t,
            #[allow(clippy::panic, reason = "boot alone can get here")]
            None => std::panic::panic_any("an exception before the exceptions exist"),
        }
    }
    pub fn set(&self, e: Exc, t: Gc<Type>) {
        self.0[e as usize].set(Some(t))
    }
    /// ExceptionGroup, which has two bases and so is no row of the table.
    pub fn exception_group(&self) -> Option<Gc<Type>> {
        self.1.get()
    }
    pub fn set_exception_group(&self, t: Gc<Type>) {
        self.1.set(Some(t))
    }
    pub fn trace(&self, t: &mut Tracer<'_>) {
        for c in self.0.iter().chain([&self.1]) {
            if let Some(x) = c.get() {
                t.gc(x);
            }
        }
    }
}
impl Default for ExcTypes {
    fn default() -> ExcTypes {
        ExcTypes::new()
    }
}

/// An instance of any exception class without running its `__init__`.
pub fn alloc(vm: &Vm, cls: Gc<Type>, args: &[Value]) -> Gc<Exception> {
    let e = Exception {
        args: vm.heap.tuple(args).into(),
        dict: Slot::unbound(),
        traceback: Slot::new(Value::none()),
        context: Slot::new(Value::none()),
        cause: Slot::new(Value::none()),
        suppress_context: AtomicBool::new(false),
        extra: [const {}; 7].map(|()| Slot::unbound()),
    };
    vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), e)
}
/// An exception of a builtin class made by its constructor's rules.
pub fn new_args(vm: &Vm, e: Exc, args: &[Value]) -> Gc<Exception> {
    let x = alloc(vm, vm.exc_type(e), args);
    // The builtin constructors raise only for wrong arguments, which callers of this function do not give.
    if let Some(init) = vm.exc_type(e).slots.init.get() {
        let _ = vm.quietly(|| init(vm, x.value(), Args::positional_only(args)));
    }
    x
}
pub fn new_text(vm: &Vm, e: Exc, text: &str) -> Gc<Exception> {
    new_args(vm, e, &[vm.heap.str(text).value()])
}

/// The class of an exception.
pub fn class(vm: &Vm, e: Gc<Exception>) -> Gc<Type> {
    vm.type_of(e.value())
}
/// The arguments as a tuple.
pub fn args(e: Gc<Exception>) -> Option<Gc<Tuple>> {
    e.args.cast::<Tuple>()
}

impl Vm {
    /// Raises an exception object, with the handled one as its context.
    pub fn raise_value(&self, exc: Value) -> Raised {
        if let Some(e) = exc.cast::<Exception>() {
            set_context(self, e);
        }
        self.set_pending(exc)
    }
    pub fn raise_text(&self, e: Exc, text: &str) -> Raised {
        let x = new_text(self, e, text);
        self.raise_value(x.value())
    }
    pub fn raise_args(&self, e: Exc, args: &[Value]) -> Raised {
        let x = new_args(self, e, args);
        self.raise_value(x.value())
    }
    /// `AttributeError: 'T' object has no attribute 'name'`, with `obj` and `name` set for suggestions.
    pub fn attribute_error_name(&self, v: Value, name: Gc<Str>) -> Raised {
        let text = match v.cast::<Type>() {
            Some(t) => format!("type object '{}' has no attribute '{}'", t.name_text(), name.to_lossy()),
            None => match crate::types::module::name_for_error(self, v) {
                Some(m) => format!("module '{m}' has no attribute '{}'", name.to_lossy()),
                None => format!("'{}' object has no attribute '{}'", self.type_name(v), name.to_lossy()),
            },
        };
        self.attribute_error(v, name, &text)
    }
    pub fn attribute_error(&self, v: Value, name: Gc<Str>, text: &str) -> Raised {
        let x = new_text(self, Exc::AttributeError, text);
        x.extra[0].set(x, v);
        x.extra[1].set(x, name.value());
        self.raise_value(x.value())
    }
    pub fn name_error(&self, name: Gc<Str>) -> Raised {
        let x = new_text(self, Exc::NameError, &format!("name '{}' is not defined", name.to_lossy()));
        x.extra[0].set(x, name.value());
        self.raise_value(x.value())
    }
    pub fn is_exception_class(&self, v: Value) -> bool {
        v.cast::<Type>().is_some_and(|t| t.kind() == Kind::Exception)
    }
}

/// Sets `__context__` to the exception being handled, breaking a cycle as CPython does.
fn set_context(vm: &Vm, e: Gc<Exception>) {
    let handled = vm.handled.get();
    let Some(h) = handled.cast::<Exception>() else { return };
    if h == e {
        return;
    }
    // Cut the chain where it would come back to `e`; a second walker at half speed notices other cycles.
    let mut o = h;
    let mut slow = h;
    let mut odd = false;
    while let Some(c) = o.context.cast::<Exception>() {
        if c == e {
            o.context.set(o, Value::none());
            break;
        }
        o = c;
        if o == slow {
            break;
        }
        if odd && let Some(s) = slow.context.cast::<Exception>() {
            slow = s;
        }
        odd = !odd;
    }
    e.context.set(e, handled);
}

pub const FLAGS: u32 = flags::BASETYPE | flags::HAS_DICT;
/// Makes the class tree. `object` and `type` exist.
pub fn boot(vm: &Vm) -> PyResult<()> {
    for &e in Exc::ALL {
        let base = match e.base() {
            None => vm.types().object(),
            Some(b) => vm.exc_type(b),
        };
        let t = vm.new_builtin_type(e.spec(), Some(base))?;
        vm.exceptions.set(e, t);
        super::exception_types::add_attributes(vm, t, e)?;
    }
    Ok(())
}
