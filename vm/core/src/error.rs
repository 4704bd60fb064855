//! Raising: the zero-sized marker, and one short way to raise each builtin exception.
//!
//! Invariant: `Err(Raised)` means that `Vm::pending` holds the exception; a function that returns `Ok` leaves it as it was.
//! A text that more than one place raises stands once, as a function here.

use crate::vm::Vm;
use bunpy_heap::Value;

/// The exception is in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised;
pub type PyResult<T> = Result<T, Raised>;

/// Raises a builtin exception: `raise!(vm, ValueError, "bad {}", x)`. Expands to `Raised`.
#[macro_export]
macro_rules! raise {
    ($vm:expr, $exc:ident, $($arg:tt)+) => { $vm.raise_text($crate::types::exception::Exc::$exc, &format!($($arg)+)) };
}

/// An internal impossibility: a panic in debug builds, a SystemError in release builds.
#[macro_export]
macro_rules! bug {
    ($vm:expr, $($arg:tt)+) => {{
        debug_assert!(false, $($arg)+);
        $vm.raise_text($crate::types::exception::Exc::SystemError, &format!($($arg)+))
    }};
}

impl Vm {
    pub fn type_error(&self, text: impl AsRef<str>) -> Raised {
        raise!(self, TypeError, "{}", text.as_ref())
    }
    pub fn value_error(&self, text: impl AsRef<str>) -> Raised {
        raise!(self, ValueError, "{}", text.as_ref())
    }
    pub fn index_error(&self, text: impl AsRef<str>) -> Raised {
        raise!(self, IndexError, "{}", text.as_ref())
    }
    pub fn runtime_error(&self, text: impl AsRef<str>) -> Raised {
        raise!(self, RuntimeError, "{}", text.as_ref())
    }
    pub fn overflow_error(&self, text: impl AsRef<str>) -> Raised {
        raise!(self, OverflowError, "{}", text.as_ref())
    }
    pub fn memory_error(&self) -> Raised {
        self.raise_args(crate::types::exception::Exc::MemoryError, &[])
    }
    pub fn key_error(&self, key: Value) -> Raised {
        self.raise_args(crate::types::exception::Exc::KeyError, &[key])
    }
    pub fn stop_iteration(&self) -> Raised {
        self.raise_args(crate::types::exception::Exc::StopIteration, &[])
    }
    pub fn recursion_error(&self, where_: &str) -> Raised {
        raise!(self, RecursionError, "maximum recursion depth exceeded{where_}")
    }
}

impl From<bunpy_heap::OutOfMemory> for NoMemory {
    fn from(_: bunpy_heap::OutOfMemory) -> NoMemory {
        NoMemory
    }
}
/// See `OrRaise`.
pub struct NoMemory;

/// `heap.bytes(data).or_raise(vm)?`: an allocation that failed raises MemoryError.
pub trait OrRaise<T> {
    fn or_raise(self, vm: &Vm) -> PyResult<T>;
}
impl<T> OrRaise<T> for Result<T, bunpy_heap::OutOfMemory> {
    #[inline]
    fn or_raise(self, vm: &Vm) -> PyResult<T> {
        match self {
            Ok(v) => Ok(v),
            Err(_) => Err(vm.memory_error()),
        }
    }
}
