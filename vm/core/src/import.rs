//! Importing, until importlib's own machinery runs: native modules and what is in `sys.modules`.
//!
//! Invariant: a module is in `sys.modules` before its body runs and leaves it if the body raises.

use crate::error::PyResult;
use crate::types::dict::{Dict, DictExt};
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
    if let Some(m) = from_source(vm, name, globals, fromlist, level)? {
        return Ok(m);
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
/// Imports by `Vm::find_source`, package by package.
fn from_source(vm: &Vm, name: Gc<Str>, globals: Value, fromlist: Value, level: isize) -> PyResult<Option<Value>> {
    let mut full = name.to_lossy();
    if level > 0 {
        let package = package_of(vm, globals)?;
        let mut base = package.as_str();
        for _ in 1..level {
            match base.rsplit_once('.') {
                Some((b, _)) => base = b,
                None => {
                    return Err(crate::raise!(vm, ImportError, "attempted relative import beyond top-level package"));
                }
            }
        }
        full = if full.is_empty() { base.to_owned() } else { format!("{base}.{full}") };
    }
    let mut parent: Option<Value> = None;
    let mut first = None;
    let mut last;
    let mut at = 0;
    loop {
        let end = full[at..].find('.').map_or(full.len(), |i| at + i);
        let part = &full[..end];
        let Some(m) = load_one(vm, part, parent)? else {
            return Err(match at {
                0 => not_found(vm, part, None),
                _ => not_found(vm, part, Some(&full[..at - 1])),
            });
        };
        first = first.or(Some(m));
        last = Some(m);
        parent = last;
        if end == full.len() {
            break;
        }
        at = end + 1;
    }
    if !vm.is_true(fromlist)? {
        if level == 0 {
            return Ok(first);
        }
        return Ok(last);
    }
    if let Some(m) = last
        && vm.get_attr_opt(m, vm.names.__path__)?.is_some()
    {
        for n in vm.collect_values(fromlist)? {
            if let Some(s) = n.cast::<Str>().filter(|s| !s.is_text("*"))
                && vm.get_attr_opt(m, vm.intern_str(s))?.is_none()
            {
                load_one(vm, &format!("{full}.{}", s.to_lossy()), Some(m))?;
            }
        }
    }
    Ok(last)
}
fn package_of(vm: &Vm, globals: Value) -> PyResult<String> {
    let get = |n: Gc<Str>| globals.cast::<Dict>().and_then(|d| d.get_str(vm, n)).and_then(|v| v.cast::<Str>());
    if let Some(p) = get(vm.names.__package__) {
        if p.is_empty() {
            return Err(crate::raise!(vm, ImportError, "attempted relative import with no known parent package"));
        }
        return Ok(p.to_lossy());
    }
    let Some(n) = get(vm.names.__name__) else {
        return Err(crate::raise!(vm, ImportError, "attempted relative import with no known parent package"));
    };
    let is_package = globals.cast::<Dict>().is_some_and(|d| d.get_str(vm, vm.names.__path__).is_some());
    let n = n.to_lossy();
    match n.rsplit_once('.') {
        _ if is_package => Ok(n),
        Some((p, _)) => Ok(p.to_owned()),
        None => Err(crate::raise!(vm, ImportError, "attempted relative import with no known parent package")),
    }
}
fn not_found(vm: &Vm, name: &str, parent: Option<&str>) -> crate::Raised {
    let text = match parent {
        Some(p) if crate::modules::import_native(vm, p).is_some() => {
            format!("No module named '{name}'; '{p}' is not a package")
        }
        _ => format!("No module named '{name}'"),
    };
    let e = crate::types::exception::new_text(vm, crate::types::exception::Exc::ModuleNotFoundError, &text);
    crate::types::exception_types::set_extra(vm, e, "name", vm.str(name));
    vm.raise_value(e.value())
}
/// One module of a dotted name; `None` where there is none.
fn load_one(vm: &Vm, full: &str, parent: Option<Value>) -> PyResult<Option<Value>> {
    if let Some(m) = vm.modules.get_text(vm, full) {
        return Ok(Some(m));
    }
    if parent.is_none()
        && let Some(m) = crate::modules::import_native(vm, full)
    {
        return Ok(Some(m));
    }
    let path = match parent {
        Some(p) => match vm.get_attr_opt(p, vm.names.__path__)? {
            Some(l) => strings(vm, l)?,
            None => return Ok(None),
        },
        None => {
            let sys = vm.modules.get_text(vm, "sys").unwrap_or(Value::none());
            match vm.get_attr_opt(sys, vm.names.path)? {
                Some(l) => strings(vm, l)?,
                None => Vec::new(),
            }
        }
    };
    let short = full.rsplit('.').next().unwrap_or(full);
    let found = match &*vm.find_source.borrow() {
        Some(f) => f(short, &path),
        None => None,
    };
    let Some((file, text, is_package)) = found else { return Ok(None) };
    let code = vm.compile_source(&text, &file, crate::source::Mode::Exec, 0, None)?;
    let m = crate::types::module::new(vm, full)?;
    let d = vm.expect_dict(m.dict.get(), "__dict__")?;
    d.set_str(vm, vm.names.__file__, vm.str(&file))?;
    d.set_str(vm, vm.names.__builtins__, vm.builtins.value())?;
    let package = if is_package {
        let dir = file.rsplit_once('/').map_or("", |p| p.0);
        let l = crate::types::list::List::from_slice(vm, &[vm.str(dir)]);
        d.set_str(vm, vm.names.__path__, l.value())?;
        full
    } else {
        full.rsplit_once('.').map_or("", |p| p.0)
    };
    d.set_str(vm, vm.names.__package__, vm.str(package))?;
    vm.modules.set_text(vm, full, m.value())?;
    if let Err(e) = crate::engine::exec_code(vm, code, d, d.value()) {
        let saved = vm.take_pending();
        vm.modules.remove(vm, vm.intern(full).value())?;
        return Err(saved.map_or(e, |x| vm.set_pending(x)));
    }
    // A module may have replaced itself.
    let m = vm.modules.get_text(vm, full).unwrap_or(m.value());
    if let Some(p) = parent {
        vm.set_attr(p, vm.intern(short), m)?;
    }
    Ok(Some(m))
}
fn strings(vm: &Vm, l: Value) -> PyResult<Vec<String>> {
    Ok(vm.collect_values(l)?.iter().filter_map(|x| x.cast::<Str>()).map(|s| s.to_lossy()).collect())
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
