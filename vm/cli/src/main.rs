//! bunpy-vm: arguments, exit statuses, running a program.
//!
//! Invariant: only this crate prints, exits and reads the environment. Exit statuses are those of docs/contract.md.

use bunpy_core::source::{Mode, SourceCompiler, SourceError};
use bunpy_core::types::code::{Code, Unmarshal};
use bunpy_core::types::dict::{Dict, DictExt};
use bunpy_core::types::exception::{Exc, Exception};
use bunpy_core::types::module;
use bunpy_core::{PyResult, Settings, Vm, engine, traceback_text};
use bunpy_heap::{Gc, Str, Value};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Natives that recurse need more room than the main thread may have.
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(start);
    match run.map(|h| h.join()) {
        Ok(Ok(code)) => code,
        _ => ExitCode::from(70),
    }
}

struct Options {
    file: String,
    argv: Vec<String>,
    trace_ops: bool,
    dis: bool,
    stress: bool,
}
fn options() -> Result<Options, String> {
    let mut args = std::env::args().skip(1);
    let mut o = Options { file: String::new(), argv: Vec::new(), trace_ops: false, dis: false, stress: false };
    while let Some(a) = args.next() {
        match a.as_str() {
            "-X" => match args.next().as_deref() {
                Some("trace=ops") => o.trace_ops = true,
                Some("dis=registers") => o.dis = true,
                Some("gc=always") => o.stress = true,
                Some(_) => {}
                None => return Err("Argument expected for the -X option".to_owned()),
            },
            _ if a.starts_with('-') && a.len() > 1 => return Err(format!("unknown option {a}")),
            _ => {
                // Tracebacks and `__file__` show the absolute path.
                o.file = match std::env::current_dir() {
                    Ok(d) if !a.starts_with('/') => d.join(&a).to_string_lossy().into_owned(),
                    _ => a.clone(),
                };
                o.argv = std::iter::once(a).chain(args.by_ref()).collect();
            }
        }
    }
    if o.file.is_empty() { Err("a program is needed".to_owned()) } else { Ok(o) }
}

fn start() -> ExitCode {
    let o = match options() {
        Ok(o) => o,
        Err(e) => {
            eprintln!("bunpy-vm: {e}\nusage: bunpy-vm [-X trace=ops|dis=registers|gc=always] FILE.pyc [ARGUMENT...]");
            return ExitCode::from(2);
        }
    };
    let seed = match std::env::var("PYTHONHASHSEED").ok().as_deref() {
        None | Some("random" | "") => std::process::id().wrapping_mul(2654435761),
        Some(s) => s.parse().unwrap_or(0),
    };
    let settings = Settings { hash_seed: seed, argv: o.argv.clone(), trace_ops: o.trace_ops, ..Settings::default() };
    let lib = std::env::var("BUNPY_LIB").ok();
    let dir = o.file.rsplit_once('/').map_or(".", |p| p.0).to_owned();
    let path = std::iter::once(dir).chain(lib).collect();
    let settings = Settings { path, ..settings };
    let Some(vm) = Vm::new(settings) else {
        eprintln!("bunpy-vm: no memory for the smallest heap");
        return ExitCode::from(70);
    };
    vm.heap.set_stress(o.stress, o.stress);
    vm.add_modules(bunpy_std_native::MODULES);
    *vm.compiler.borrow_mut() = Some(Box::new(Source));
    *vm.find_source.borrow_mut() = Some(Box::new(find_source));
    let data = match std::fs::read(&o.file) {
        Ok(d) => d,
        Err(e) => {
            eprintln!("bunpy-vm: can't open file '{}': {e}", o.file);
            return ExitCode::from(2);
        }
    };
    let r = run(&vm, &data, &o);
    let status = match r {
        Ok(()) => 0,
        Err(e) => {
            let exc = vm.take_exception(e);
            uncaught(&vm, exc)
        }
    };
    if std::io::stdout().flush().is_err() && status == 0 {
        return ExitCode::from(120);
    }
    ExitCode::from(status)
}

/// The compiler of this project behind the machine's trait.
struct Source;
impl SourceCompiler for Source {
    fn compile(
        &self,
        source: &[u8],
        filename: &str,
        mode: Mode,
        flags: u32,
        optimize: u8,
    ) -> Result<Vec<u8>, SourceError> {
        let mode = match mode {
            Mode::Exec => bunpy_compiler::Mode::Exec,
            Mode::Eval => bunpy_compiler::Mode::Eval,
            Mode::Single => bunpy_compiler::Mode::Single,
        };
        let options = bunpy_compiler::Options { mode, optimize, flags };
        let name = pyc_text::wtf8::Wtf8::from_str(filename);
        let mut compiler = bunpy_compiler::compile::Compiler::new();
        compiler.compile(source, name, options, &mut Vec::new()).map_err(|e| {
            let class = format!("{:?}", e.kind);
            SourceError {
                is_syntax: matches!(
                    class.as_str(),
                    "SyntaxError" | "IndentationError" | "TabError" | "IncompleteInputError"
                ),
                class,
                message: e.message,
                lineno: e.lineno.map(i64::from),
                offset: e.offset,
                end_lineno: e.end_lineno.map(i64::from),
                end_offset: e.end_offset,
                text: e.text,
            }
        })
    }
}
/// A module's source in the first directory of `path` that has it.
fn find_source(name: &str, path: &[String]) -> Option<(String, Vec<u8>, bool)> {
    path.iter().find_map(|d| {
        let init = format!("{d}/{name}/__init__.py");
        if let Ok(t) = std::fs::read(&init) {
            return Some((init, t, true));
        }
        let file = format!("{d}/{name}.py");
        std::fs::read(&file).ok().map(|t| (file, t, false))
    })
}

fn run(vm: &Vm, data: &[u8], o: &Options) -> PyResult<()> {
    let code = if o.file.ends_with(".pyc") {
        let loaded = match pyc_format::read_pyc(data) {
            Ok((_, l)) => l,
            Err(pyc_format::PycError::Header(_)) => return Err(vm.runtime_error("Bad magic number in .pyc file")),
            Err(e) => return Err(vm.value_error(e.to_string())),
        };
        let v = Unmarshal::new(vm, &loaded.graph).value(loaded.root)?;
        match v.cast::<Code>() {
            Some(c) => c,
            None => return Err(vm.runtime_error("Bad code object in .pyc file")),
        }
    } else {
        vm.compile_source(data, &o.file, Mode::Exec, 0, None)?
    };
    if o.dis {
        dis(vm, code);
        return Ok(());
    }
    let m = module::new(vm, "__main__")?;
    vm.modules.set_text(vm, "__main__", m.value())?;
    let globals: Gc<Dict> = vm.expect_dict(m.dict.get(), "__dict__")?;
    globals.set_str(vm, vm.names.__builtins__, vm.modules.get_text(vm, "builtins").unwrap_or(Value::none()))?;
    globals.set_str(vm, vm.names.__file__, vm.str(&o.file))?;
    globals.set_str(vm, vm.names.__cached__, Value::none())?;
    engine::exec_code(vm, code, globals, globals.value())?;
    Ok(())
}
/// Register code of a code object and of those in its constants.
fn dis(vm: &Vm, code: Gc<Code>) {
    let name = code.qualname.cast::<Str>().map_or_else(String::new, |s| s.to_lossy());
    match engine::translate::translate(vm, code) {
        Ok(rc) => println!("{name}\n{}", rc.disassemble(vm)),
        Err(e) => {
            let x = vm.take_exception(e);
            println!("{name}: {}", traceback_text::format(vm, x, &|_| None));
        }
    }
    if let Some(t) = code.consts.cast::<bunpy_heap::Tuple>() {
        t.items().iter().filter_map(|c| c.cast::<Code>()).for_each(|c| dis(vm, c));
    }
}

/// Prints an exception that nothing caught; the exit status.
fn uncaught(vm: &Vm, exc: Gc<Exception>) -> u8 {
    if vm.is_instance_of(exc.value(), vm.exc_type(Exc::SystemExit)) {
        let code = exc.extra[0].bound().unwrap_or(Value::none());
        if code.is_none() {
            return 0;
        }
        if let Some(i) = vm.int_as_i64(code) {
            return i as u8;
        }
        let text = vm.quietly(|| vm.to_str(code)).map_or_else(String::new, |s| s.to_lossy());
        eprintln!("{text}");
        return 1;
    }
    let _ = std::io::stdout().flush();
    let text = traceback_text::format(vm, exc, &|f| std::fs::read_to_string(f).ok());
    eprint!("{text}");
    1
}
