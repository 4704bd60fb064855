//! Bytes-like objects, as natives see them: copies of their bytes.
//!
//! Invariant: a copy is taken at once, so no later change of the object is seen. The buffer protocol with memoryview and
//! bytearray belongs here.

use crate::error::PyResult;
use crate::vm::Vm;
use bunpy_heap::{Bytes, Str, Value};

/// The bytes of a bytes-like object, `None` for another.
pub fn bytes_of(_vm: &Vm, v: Value) -> PyResult<Option<Vec<u8>>> {
    Ok(v.cast::<Bytes>().map(|b| b.as_bytes().to_vec()))
}
/// The bytes of what number constructors read literals from.
pub fn exact_bytes(vm: &Vm, v: Value) -> Option<Vec<u8>> {
    bytes_of(vm, v).ok().flatten()
}
/// What `bytes(x)` and `bytearray(x)` make of a count, a bytes-like object or an iterable of ints.
pub fn bytes_from_any(vm: &Vm, v: Value, type_name: &str) -> PyResult<Vec<u8>> {
    if vm.has_index(v) {
        let n = vm.index_as_isize(v)?;
        if n < 0 {
            return Err(vm.value_error("negative count"));
        }
        let mut out = Vec::new();
        out.try_reserve_exact(n as usize).map_err(|_| vm.memory_error())?;
        out.resize(n as usize, 0);
        return Ok(out);
    }
    if let Some(b) = bytes_of(vm, v)? {
        return Ok(b);
    }
    if v.cast::<Str>().is_some() || vm.type_of(v).slots.iter.address() == 0 && !vm.is_sequence(v) {
        return Err(vm.type_error(format!("cannot convert '{}' object to {type_name}", vm.type_name(v))));
    }
    let mut out = Vec::new();
    vm.for_each(v, |x| {
        let i = vm.index_as_isize(x)?;
        out.push(u8::try_from(i).map_err(|_| vm.value_error("bytes must be in range(0, 256)"))?);
        Ok(())
    })?;
    Ok(out)
}
