//! sys: what the machine needs of it from the start.
//!
//! Invariant: the module's dict is made at boot; `sys.modules` is the machine's own dict.

use crate::error::PyResult;
use crate::modules::ModuleSpec;
use crate::native::function;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::Exception;
use crate::types::list::List;
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
    d.set_text(vm, "hexversion", vm.int(0x030E00F0))?;
    d.set_text(vm, "dont_write_bytecode", Value::bool(false))?;
    Ok(())
}
