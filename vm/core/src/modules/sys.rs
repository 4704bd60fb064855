//! sys: what the machine needs of it from the start.
//!
//! Invariant: the module's dict is made at boot; `sys.modules` is the machine's own dict.

use crate::error::PyResult;
use crate::modules::ModuleSpec;
use crate::native::function;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::Exception;
use crate::types::list::List;
use crate::types::module;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

pub static SYS: ModuleSpec = ModuleSpec {
    name: "sys",
    functions: &[
        function("getrecursionlimit", "($module, /)", |vm: &Vm| vm.recursion_limit.get()),
        function("setrecursionlimit", "($module, limit, /)", |vm: &Vm, n: i32| -> PyResult<()> {
            if n < 1 {
                return Err(vm.value_error("recursion limit must be greater or equal than 1"));
            }
            vm.recursion_limit.set(n as usize);
            Ok(())
        }),
        function("intern", "($module, string, /)", |vm: &Vm, s: Gc<Str>| vm.intern_str(s)),
        function("exc_info", "($module, /)", |vm: &Vm| {
            let v = vm.handled.get();
            match v.cast::<Exception>() {
                Some(e) => vm.heap.tuple(&[vm.type_of(v).value(), v, e.traceback.get()]),
                None => vm.heap.tuple(&[Value::none(); 3]),
            }
        }),
        function("exception", "($module, /)", |vm: &Vm| vm.handled.get()),
        function("exit", "($module, status=None, /)", |vm: &Vm, x: Option<Value>| -> PyResult<()> {
            Err(vm.raise_args(crate::types::exception::Exc::SystemExit, &x.into_iter().collect::<Vec<_>>()))
        }),
        function(
            "getsizeof",
            "($module, object, default=<unrepresentable>, /)",
            |vm: &Vm, v: Value, _d: Option<Value>| vm.call_method(v, "__sizeof__", &[]),
        ),
        function("_getframe", "($module, depth=0, /)", crate::engine::frame::get_frame),
    ],
    init,
    ..ModuleSpec::EMPTY
};

/// A tuple with named fields, of a class of its own.
fn structseq(vm: &Vm, name: &'static str, fields: &[&'static str], values: &[Value]) -> PyResult<Value> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let ns = Dict::new(vm);
    ns.set_str(vm, vm.names.__module__, vm.str(module))?;
    ns.set_str(vm, vm.names.__slots__, vm.empty_tuple)?;
    let property = vm.types().property().value();
    for (i, f) in fields.iter().enumerate() {
        let getter = crate::types::function::new_builtin(vm, &FIELDS[i], Value::unbound(), Value::none());
        ns.set_text(vm, f, vm.call(property, &[getter])?)?;
    }
    let shown: Vec<Value> = fields.iter().map(|f| vm.str(f)).collect();
    ns.set_text(vm, "__match_args__", vm.heap.tuple(&shown).value())?;
    ns.set_text(vm, "_name", vm.str(name))?;
    ns.set_text(vm, "__repr__", crate::types::property::new_repr(vm, &STRUCTSEQ_REPR))?;
    let bases = vm.heap.tuple(&[vm.types().tuple().value()]);
    let cls = vm.call(vm.types().type_().value(), &[vm.str(short), bases.value(), ns.value()])?;
    vm.call(cls, &[vm.heap.tuple(values).value()])
}
macro_rules! field {
    ($i:literal) => {
        function("field", "(value, /)", |vm: &Vm, v: Value| vm.get_item(v, Value::int($i)))
    };
}
static FIELDS: [crate::native::MethodDef; 9] =
    [field!(0), field!(1), field!(2), field!(3), field!(4), field!(5), field!(6), field!(7), field!(8)];
static STRUCTSEQ_REPR: crate::native::MethodDef =
    crate::native::method("__repr__", "($self, /)", |vm: &Vm, v: Value| -> PyResult<Value> {
        let name = vm.to_str(vm.get_attr_text(v, "_name")?)?.to_lossy();
        let fields = vm.collect_values(vm.get_attr_text(v, "__match_args__")?)?;
        let mut parts = Vec::new();
        for (f, x) in fields.iter().zip(vm.collect_values(v)?) {
            parts.push(format!("{}={}", vm.to_str(*f)?.to_lossy(), vm.repr_text(x)?));
        }
        Ok(vm.str(&format!("{name}({})", parts.join(", "))))
    });

fn init(vm: &Vm, d: Gc<Dict>) -> PyResult<()> {
    let s = |t: &str| vm.str(t);
    let strings = |l: &[String]| List::from_slice(vm, &l.iter().map(|t| vm.str(t)).collect::<Vec<_>>()).value();
    d.set_text(vm, "modules", vm.modules.value())?;
    d.set_text(vm, "argv", strings(&vm.settings.argv))?;
    d.set_text(vm, "path", strings(&vm.settings.path))?;
    d.set_text(vm, "version", s("3.14.0 (bunpy/goipy)"))?;
    d.set_text(vm, "maxsize", vm.int(i64::MAX))?;
    d.set_text(vm, "maxunicode", Value::int(0x10FFFF))?;
    d.set_text(vm, "byteorder", s(if cfg!(target_endian = "little") { "little" } else { "big" }))?;
    d.set_text(vm, "platform", s(if cfg!(target_os = "macos") { "darwin" } else { "linux" }))?;
    let info = ["major", "minor", "micro", "releaselevel", "serial"];
    let values = [Value::int(3), Value::int(14), Value::int(0), s("final"), Value::int(0)];
    d.set_text(vm, "version_info", structseq(vm, "sys.version_info", &info, &values)?)?;
    let ns = module::new(vm, "implementation")?;
    for (k, v) in [("name", s("goipy")), ("cache_tag", s("cpython-314"))] {
        vm.set_attr(ns.value(), vm.intern(k), v)?;
    }
    d.set_text(vm, "implementation", ns.value())?;
    d.set_text(vm, "executable", s(""))?;
    for k in ["prefix", "base_prefix", "exec_prefix", "base_exec_prefix"] {
        d.set_text(vm, k, s("/usr"))?;
    }
    d.set_text(vm, "hexversion", vm.int(0x030E00F0))?;
    d.set_text(vm, "dont_write_bytecode", Value::bool(false))?;
    Ok(())
}
