//! Importing, until importlib's own machinery runs: native modules and what is in `sys.modules`.
//!
//! Invariant: a module is in `sys.modules` before its body runs and leaves it if the body raises.

use crate::error::PyResult;
use crate::types::dict::DictExt;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

/// `__import__(name, globals, locals, fromlist, level)`.
pub fn dunder_import(
    vm: &Vm,
    name: Gc<Str>,
    globals: Option<Value>,
    _locals: Option<Value>,
    fromlist: Option<Value>,
    level: Option<isize>,
) -> PyResult<Value> {
    import_name(vm, name, globals.unwrap_or(Value::none()), fromlist.unwrap_or(Value::none()), level.unwrap_or(0))
}
pub fn import_name(vm: &Vm, name: Gc<Str>, globals: Value, fromlist: Value, level: isize) -> PyResult<Value> {
    if level == 0
        && let Some(m) = vm.modules.get_str(vm, name).or_else(|| crate::modules::import_native(vm, &name.to_lossy()))
    {
        return Ok(m);
    }
    if let Some(f) = vm.module_root("importlib.__import__") {
        return vm.call(f, &[name.value(), globals, Value::none(), fromlist, vm.int(level as i64)]);
    }
    let text = name.to_lossy();
    let shown = vm.repr_text(name.value())?;
    let e = crate::types::exception::new_text(
        vm,
        crate::types::exception::Exc::ModuleNotFoundError,
        &format!("No module named {shown}"),
    );
    crate::types::exception_types::set_extra(vm, e, "name", vm.str(&text));
    Err(vm.raise_value(e.value()))
}
/// An absolute import by name, giving the named module itself.
pub fn import_module(vm: &Vm, name: &str) -> PyResult<Value> {
    let n = vm.intern(name);
    if let Some(m) = vm.modules.get_str(vm, n) {
        return Ok(m);
    }
    import_name(vm, n, Value::none(), Value::none(), 0)?;
    match vm.modules.get_str(vm, n) {
        Some(m) => Ok(m),
        None => Err(crate::raise!(vm, ImportError, "import of {name} left no module")),
    }
}

/// ImportError for `from m import name`.
pub fn cannot_import(vm: &Vm, m: Value, pkg: Option<Gc<Str>>, name: Gc<Str>) -> crate::Raised {
    use crate::types::exception::{self, Exc};
    let origin = vm.get_attr_opt(m, vm.names.__file__).ok().flatten().and_then(|f| f.cast::<Str>());
    let pkg_text = pkg.map_or_else(|| "<unknown module name>".to_owned(), |p| p.to_lossy());
    let place = origin.map_or_else(|| "unknown location".to_owned(), |o| o.to_lossy());
    let text = format!("cannot import name '{}' from '{pkg_text}' ({place})", name.to_lossy());
    let e = exception::new_text(vm, Exc::ImportError, &text);
    let set = |n: &str, v: Value| crate::types::exception_types::set_extra(vm, e, n, v);
    set("name", pkg.map_or(Value::none(), |p| p.value()));
    set("name_from", name.value());
    if let Some(o) = origin {
        set("path", o.value());
    }
    vm.raise_value(e.value())
}
