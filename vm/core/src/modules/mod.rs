//! Native modules: how one is described, and those that belong to the machine itself.
//!
//! Invariant: a module is made from its table on its first import and never again in the same machine.
//! How to add one: docs/how-to-add-a-native-module.md.

pub mod builtins;
pub mod sys;

use crate::error::PyResult;
use crate::native::MethodDef;
use crate::types::dict::{Dict, DictExt};
use crate::types::function::new_builtin;
use crate::types::module;
use crate::types::type_::{Type, TypeSpec};
use crate::vm::Vm;
use bunpy_heap::{Gc, Heap, Value};

/// A native module as its file writes it.
pub struct ModuleSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [MethodDef],
    /// Types made with the module and put into it under their short names.
    pub types: &'static [&'static TypeSpec],
    /// Tells the collector about the module's payloads; runs when the machine boots.
    pub register: fn(&Heap),
    /// Constants and whatever tables do not say; gets the module's namespace last.
    pub init: fn(&Vm, Gc<Dict>) -> PyResult<()>,
}
impl ModuleSpec {
    pub const EMPTY: ModuleSpec =
        ModuleSpec { name: "", doc: "", functions: &[], types: &[], register: |_| {}, init: |_, _| Ok(()) };
}

impl Vm {
    /// Makes native modules importable. Called before the first program runs.
    pub fn add_modules(&self, specs: &[&'static ModuleSpec]) {
        for s in specs {
            (s.register)(&self.heap);
            self.native_modules.borrow_mut().insert(s.name, s);
        }
    }
}

/// The native module `name`, made if this is its first import; `None` if there is none.
pub fn import_native(vm: &Vm, name: &str) -> Option<Value> {
    let spec = *vm.native_modules.borrow().get(name)?;
    if let Some(m) = vm.modules.get_text(vm, name) {
        return Some(m);
    }
    vm.quietly(|| create(vm, spec))
}
/// Makes a native module and enters it into `sys.modules`.
pub fn create(vm: &Vm, spec: &'static ModuleSpec) -> PyResult<Value> {
    let m = module::new(vm, spec.name)?;
    if let Some(d) = m.dict.cast::<Dict>() {
        fill(vm, spec, m.value(), d)?;
    }
    vm.modules.set_text(vm, spec.name, m.value())?;
    Ok(m.value())
}
/// The functions, types and constants of `spec` in a namespace.
pub fn fill(vm: &Vm, spec: &'static ModuleSpec, m: Value, d: Gc<Dict>) -> PyResult<()> {
    if !spec.doc.is_empty() {
        d.set_str(vm, vm.names.__doc__, vm.str(spec.doc))?;
    }
    let name = vm.intern(spec.name).value();
    for f in spec.functions {
        d.set_text(vm, f.name, new_builtin(vm, f, m, name))?;
    }
    for t in spec.types {
        let t = ensure_type(vm, t)?;
        d.set_str(vm, vm.expect_str(t.name.get(), "name")?, t.value())?;
    }
    (spec.init)(vm, d)
}
/// The type of a table, made on first use. Its base is `object`.
pub fn ensure_type(vm: &Vm, spec: &'static TypeSpec) -> PyResult<Gc<Type>> {
    let existing = vm.heap.entry(spec.kind as u32).class.get().cast::<Type>();
    match existing {
        Some(t) if std::ptr::eq(t.spec, spec) => Ok(t),
        _ => vm.new_builtin_type(spec, Some(vm.types().object())),
    }
}
