//! Source text: the compiler as the machine sees it, and `compile`, `exec`, `eval`.
//!
//! Invariant: the machine knows no compiler but this trait; what it gives back is marshal data and is verified like any other.

use crate::engine;
use crate::error::{PyResult, Raised};
use crate::native::Args;
use crate::types::code::{Code, Unmarshal};
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::{self, Exc};
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

/// What `compile()` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Exec,
    Eval,
    Single,
}
/// A failed compilation, as the exception that it becomes.
#[derive(Clone, Debug, Default)]
pub struct SourceError {
    /// The exception's class by name.
    pub class: String,
    pub message: String,
    pub lineno: Option<i64>,
    pub offset: Option<i64>,
    pub end_lineno: Option<i64>,
    pub end_offset: Option<i64>,
    pub text: Option<String>,
    /// Whether the class is SyntaxError or derives from it.
    pub is_syntax: bool,
}
pub trait SourceCompiler {
    /// Marshal data of the code object.
    fn compile(
        &self,
        source: &[u8],
        filename: &str,
        mode: Mode,
        flags: u32,
        optimize: u8,
    ) -> Result<Vec<u8>, SourceError>;
}

impl Vm {
    /// Compiles source text to a code object.
    pub fn compile_source(
        &self,
        source: &[u8],
        filename: &str,
        mode: Mode,
        flags: u32,
        optimize: Option<u8>,
    ) -> PyResult<Gc<Code>> {
        let compiled = match &*self.compiler.borrow() {
            Some(c) => c.compile(source, filename, mode, flags, optimize.unwrap_or(self.settings.optimize)),
            None => return Err(self.runtime_error("this machine has no compiler")),
        };
        match compiled {
            Ok(data) => self.load_code(&data),
            Err(e) => Err(self.raise_source_error(&e, filename)),
        }
    }
    /// The code object of marshal data.
    pub fn load_code(&self, data: &[u8]) -> PyResult<Gc<Code>> {
        let loaded = pyc_format::marshal::read(data).map_err(|e| self.value_error(e.to_string()))?;
        let v = Unmarshal::new(self, &loaded.graph).value(loaded.root)?;
        v.cast::<Code>().ok_or_else(|| self.type_error("marshal data holds no code object"))
    }
    fn raise_source_error(&self, e: &SourceError, filename: &str) -> Raised {
        let class = Exc::ALL.iter().copied().find(|x| x.name() == e.class).unwrap_or(Exc::SyntaxError);
        if !e.is_syntax {
            return self.raise_text(class, &e.message);
        }
        let num = |n: Option<i64>| n.map_or(Value::none(), |n| self.int(n));
        let text = e.text.as_deref().map_or(Value::none(), |t| self.str(t));
        let mut info = vec![self.str(filename), num(e.lineno), num(e.offset), text];
        if e.end_lineno.is_some() {
            info.extend([num(e.end_lineno), num(e.end_offset)]);
        }
        let info = self.heap.tuple(&info);
        let x = exception::new_args(self, class, &[self.str(&e.message), info.value()]);
        self.raise_value(x.value())
    }
}

/// `compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1)`.
pub fn compile(
    vm: &Vm,
    source: Value,
    filename: Value,
    mode: Gc<Str>,
    flags: Option<i64>,
    _dont_inherit: Option<bool>,
    optimize: Option<i64>,
    _feature_version: Option<i64>,
) -> PyResult<Value> {
    let file = vm.to_str(filename)?.to_lossy();
    let mode = match mode.as_ascii() {
        Some("exec") => Mode::Exec,
        Some("eval") => Mode::Eval,
        Some("single") => Mode::Single,
        _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
    };
    let text = source_bytes(vm, source, "compile", "string, bytes or AST")?;
    let optimize = optimize.and_then(|o| u8::try_from(o).ok());
    Ok(vm.compile_source(&text, &file, mode, flags.unwrap_or(0) as u32, optimize)?.value())
}
fn source_bytes(vm: &Vm, v: Value, who: &str, what: &str) -> PyResult<Vec<u8>> {
    if let Some(s) = v.cast::<Str>() {
        let b = crate::types::str_::wtf8(s).into_bytes();
        if b.contains(&0) {
            return Err(crate::raise!(vm, SyntaxError, "source code string cannot contain null bytes"));
        }
        return Ok(b);
    }
    match crate::types::buffer::bytes_of(vm, v)? {
        Some(b) => Ok(b),
        None => Err(vm.type_error(format!("{who}() arg 1 must be a {what} object"))),
    }
}
pub fn exec(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    run(vm, a, "exec", Mode::Exec).map(|_| Value::none())
}
pub fn eval(vm: &Vm, a: Args<'_>) -> PyResult<Value> {
    run(vm, a, "eval", Mode::Eval)
}
fn run(vm: &Vm, a: Args<'_>, who: &str, mode: Mode) -> PyResult<Value> {
    let (mut globals, mut locals, mut closure) = (None, None, None);
    for (k, v) in a.keywords() {
        match k.cast::<Str>().and_then(|k| k.as_ascii().map(str::to_owned)).as_deref() {
            Some("globals") => globals = Some(v),
            Some("locals") => locals = Some(v),
            Some("closure") => closure = Some(v),
            _ => return Err(vm.type_error(format!("{who}() got an unexpected keyword argument"))),
        }
    }
    let source = match a.positional() {
        [s] => *s,
        [s, g] => {
            globals = Some(*g);
            *s
        }
        [s, g, l] => {
            (globals, locals) = (Some(*g), Some(*l));
            *s
        }
        v => return Err(vm.type_error(format!("{who} expected at least 1 argument, got {}", v.len()))),
    };
    let given = |v: Option<Value>| v.filter(|v| !v.is_none());
    let (globals, locals) = match (given(globals), given(locals)) {
        (None, l) => {
            let g = engine::frame::current_globals(vm)
                .ok_or_else(|| vm.type_error(format!("{who}() needs globals without a running function")))?;
            (
                g,
                match l {
                    Some(l) => l,
                    None => engine::frame::locals(vm)?,
                },
            )
        }
        (Some(g), l) => {
            let Some(d) = g.cast::<Dict>() else {
                return Err(vm.type_error(if who == "exec" {
                    format!("exec() globals must be a dict, not {}", vm.type_name(g))
                } else {
                    "globals must be a real dict; try eval(code, {}, mapping)".to_owned()
                }));
            };
            (d, l.unwrap_or(g))
        }
    };
    if !vm.is_mapping(locals) {
        return Err(vm.type_error(format!("{who}() locals must be a mapping or None, not {}", vm.type_name(locals))));
    }
    if globals.get_str(vm, vm.names.__builtins__).is_none() {
        globals.set_str(vm, vm.names.__builtins__, vm.builtins.value())?;
    }
    let code = match source.cast::<Code>() {
        Some(c) => c,
        None => {
            let mut text = source_bytes(vm, source, who, "string, bytes or code")?;
            if mode == Mode::Eval {
                let n = text.iter().take_while(|c| **c == b' ' || **c == b'\t').count();
                text.drain(..n);
            }
            vm.compile_source(&text, "<string>", mode, 0, None)?
        }
    };
    if code.n_free() > 0 && closure.is_none() {
        return Err(vm.type_error(format!("code object passed to {who}() may not contain free variables")));
    }
    engine::exec_closure(vm, code, globals, locals, closure)
}
