//! Calls: Python functions in frames of the same loop, everything else through its slot; argument binding with CPython's
//! texts.
//!
//! Invariant: a frame is pushed only after its arguments are bound; a failed call leaves the stack as it was.
#![allow(unsafe_code)]

use super::frame::{self, FrameRef, Pc, Regs, ret};
use super::regcode::{RegCode, a_of, b_of, c_of};
use super::translate;
use crate::bind;
use crate::error::{PyResult, Raised};
use crate::native::Args;
use crate::object::slotdefs;
use crate::types::code::Code;
use crate::types::descr::MethodDescriptor;
use crate::types::dict::{Dict, DictExt};
use crate::types::function::{BuiltinFunction, Function, Method};
use crate::types::object;
use crate::types::type_::{Type, flags};
use crate::types::type_methods;
use crate::vm::Vm;
use bunpy_heap::table::FRAME_WORDS;
use bunpy_heap::{Gc, Str, Tuple, Value};
use pyc_format::code as pyc;
use std::sync::atomic::Ordering::Relaxed;

/// How a call went on.
pub enum Called {
    /// The result, its register, and the words of the instruction.
    Value(usize, Value, usize),
    /// A frame to run.
    Frame(Pc, Regs),
}

/// The register code of a function, translated on first use.
pub fn regcode(vm: &Vm, f: Gc<Function>) -> PyResult<&RegCode> {
    let p = f.entry.0.load(Relaxed);
    if !p.is_null() {
        // SAFETY: the arena owns it and never drops it while the machine lives.
        return Ok(unsafe { &*p });
    }
    let Some(code) = f.code.cast::<Code>() else { return Err(vm.type_error("function without code")) };
    let mut p = code.entry.0.load(Relaxed);
    if p.is_null() {
        let rc = translate::translate(vm, code)?;
        p = &*rc as *const RegCode as *mut RegCode;
        vm.code_arena.borrow_mut().push(rc);
        code.entry.0.store(p, Relaxed);
    }
    f.entry.0.store(p, Relaxed);
    // SAFETY: as above.
    let rc = unsafe { &*p };
    f.simple_args.store(rc.simple_args, Relaxed);
    Ok(rc)
}

/// `Call`: `n` arguments from register `first`.
#[inline(never)]
pub unsafe fn call(vm: &Vm, pc: Pc, regs: Regs, f: Value, first: usize, n: usize, dst: usize) -> PyResult<Called> {
    // SAFETY: the registers belong to the running frame.
    let args = unsafe { std::slice::from_raw_parts(regs.add(first), n) };
    // SAFETY: as above.
    unsafe { call_any(vm, f, Args::positional_only(args), pc.add(1), regs, dst, 1) }
}
/// `CallKw`: the names of the last arguments stand after them.
#[inline(never)]
pub unsafe fn call_kw(vm: &Vm, pc: Pc, regs: Regs, w: u64) -> PyResult<Called> {
    // SAFETY: as above.
    unsafe {
        let a = a_of(w);
        let mut n = b_of(w);
        let kwnames = (*regs.add(a + 2 + n)).cast::<Tuple>();
        let mut first = a + 2;
        let me = *regs.add(a + 1);
        if me.is_unbound() {
            // A NULL that is known to be one was not written.
        } else if crate::engine::regcode::x_of(w) == 0 {
            n += 1;
            first -= 1;
        }
        if kwnames.is_some_and(|k| k.len() > n) {
            return Err(vm.type_error("more keyword names than arguments"));
        }
        let args = Args { values: std::slice::from_raw_parts(regs.add(first), n), kwnames };
        call_any(vm, *regs.add(a), args, pc.add(1), regs, c_of(w), 1)
    }
}
/// Calls anything: `pc` is where the caller goes on.
pub unsafe fn call_any(
    vm: &Vm,
    f: Value,
    args: Args<'_>,
    pc: Pc,
    regs: Regs,
    dst: usize,
    words: usize,
) -> PyResult<Called> {
    // SAFETY: as above.
    unsafe {
        if let Some(func) = f.cast_exact::<Function>() {
            return enter_function(vm, func, args, pc, regs, dst, ret::PLAIN);
        }
        if let Some(d) = f.cast_exact::<MethodDescriptor>() {
            if let (Some(owner), Some(r)) = (d.owner.cast::<Type>(), args.positional().first())
                && vm.is_instance_of(*r, owner)
            {
                return Ok(Called::Value(dst, bind::call_native_with_self(vm, d.def.0, args)?, words));
            }
        } else if let Some(b) = f.cast_exact::<BuiltinFunction>() {
            if b.receiver.get().is_unbound() || !b.def.0.params.receiver {
                if b.new_of().is_none() {
                    return Ok(Called::Value(dst, bind::call_native(vm, b.def.0, None, args)?, words));
                }
            } else {
                return Ok(Called::Value(dst, bind::call_native(vm, b.def.0, Some(b.receiver.get()), args)?, words));
            }
        } else if let Some(m) = f.cast_exact::<Method>() {
            if let Some(func) = m.func.cast_exact_function() {
                let mut values = Vec::with_capacity(args.values.len() + 1);
                values.push(m.receiver.get());
                values.extend_from_slice(args.values);
                return enter_function(
                    vm,
                    func,
                    Args { values: &values, kwnames: args.kwnames },
                    pc,
                    regs,
                    dst,
                    ret::PLAIN,
                );
            }
        } else if let Some(t) = f.cast_exact::<Type>()
            && let Some(r) = instantiate(vm, t, args, pc, regs, dst)?
        {
            return Ok(r);
        }
        Ok(Called::Value(dst, vm.call_args(f, args)?, words))
    }
}
trait CastFunction {
    fn cast_exact_function(&self) -> Option<Gc<Function>>;
}
impl CastFunction for bunpy_heap::Slot {
    fn cast_exact_function(&self) -> Option<Gc<Function>> {
        self.get().cast_exact::<Function>()
    }
}
/// `cls(...)` of a plain class with a Python `__init__`: the instance is made here and `__init__` runs in this loop.
unsafe fn instantiate(
    vm: &Vm,
    t: Gc<Type>,
    args: Args<'_>,
    pc: Pc,
    regs: Regs,
    dst: usize,
) -> PyResult<Option<Called>> {
    if !t.has(flags::HEAPTYPE)
        || t.slots.new.address() != object::new as *const () as usize
        || t.slots.init.address() != slotdefs::slot_init as *const () as usize
        || t.has(flags::ABSTRACT)
        || vm.type_of(t.value()).slots.call.address() != type_methods::call as *const () as usize
    {
        return Ok(None);
    }
    let Some(init) = vm.lookup(t, vm.names.__init__).and_then(|f| f.cast_exact::<Function>()) else { return Ok(None) };
    let me = vm.heap.alloc_shaped(t.root_shape.load(Relaxed), object::Object {}).value();
    let n = args.values.len();
    let mut few = [Value::none(); 8];
    let mut many;
    let values: &[Value] = if n < few.len() {
        few[0] = me;
        few[1..=n].copy_from_slice(args.values);
        &few[..=n]
    } else {
        many = vec![me];
        many.extend_from_slice(args.values);
        &many
    };
    // SAFETY: the caller's promise; the new frame is live.
    unsafe {
        let r = enter_function(vm, init, Args { values, kwnames: args.kwnames }, pc, regs, dst, ret::INIT)?;
        if let Called::Frame(_, new) = r {
            FrameRef(new).set_extra(me);
        }
        Ok(Some(r))
    }
}

/// Pushes a frame for `f` with its arguments bound.
pub unsafe fn enter_function(
    vm: &Vm,
    f: Gc<Function>,
    args: Args<'_>,
    pc: Pc,
    regs: Regs,
    dst: usize,
    kind: u64,
) -> PyResult<Called> {
    let rc = regcode(vm, f)?;
    // SAFETY: arguments are bound into the words above the stack's top, where the frame will be.
    unsafe {
        if args.kwnames.is_none() && args.values.len() == rc.simple_args as usize {
            let new = frame::push(vm, f, rc, pc, regs, dst, kind)?;
            for (i, v) in args.values.iter().enumerate() {
                *new.add(i) = *v;
            }
            return Ok(Called::Frame(rc.start(), new));
        }
        let bound = bind_arguments(vm, f, rc, args)?;
        let new = frame::push(vm, f, rc, pc, regs, dst, kind)?;
        for (i, v) in bound.iter().enumerate() {
            *new.add(i) = *v;
        }
        let _ = FRAME_WORDS;
        Ok(Called::Frame(rc.start(), new))
    }
}

/// One value a parameter, or what CPython says is wrong.
fn bind_arguments(vm: &Vm, f: Gc<Function>, rc: &RegCode, args: Args<'_>) -> PyResult<Vec<Value>> {
    let Some(code) = rc.code() else { return Err(vm.type_error("function without code")) };
    let (argc, posonly, kwonly) = (code.argcount as usize, code.posonlyargcount as usize, code.kwonlyargcount as usize);
    let named = argc + kwonly;
    let mut bound = vec![Value::unbound(); code.n_params()];
    let given = args.positional();
    let n = given.len().min(argc);
    bound[..n].copy_from_slice(&given[..n]);
    let has_varargs = code.has(pyc::CO_VARARGS);
    if has_varargs {
        let rest = &given[n..];
        bound[named] = if rest.is_empty() { vm.empty_tuple } else { vm.heap.tuple(rest).value() };
    }
    let varkw = if code.has(pyc::CO_VARKEYWORDS) { Some(Dict::new(vm)) } else { None };
    if let Some(d) = varkw {
        bound[named + has_varargs as usize] = d.value();
    }
    let names = vm.expect_tuple(code.localsplusnames.get(), "co_localsplusnames")?;
    let params = &names.items()[..named.min(names.len())];
    for (k, v) in args.keywords() {
        let Some(name) = k.cast::<Str>() else {
            return Err(vm.type_error(format!("{}() keywords must be strings", qualname(f))));
        };
        let at = (posonly..named)
            .find(|i| params.get(*i).is_some_and(|p| *p == k || p.cast::<Str>().is_some_and(|p| p.same_text(&name))));
        match at {
            Some(i) => {
                if !bound[i].is_unbound() {
                    return Err(vm.type_error(format!(
                        "{}() got multiple values for argument '{}'",
                        qualname(f),
                        name.to_lossy()
                    )));
                }
                bound[i] = v;
            }
            None => match varkw {
                Some(d) => d.set_str(vm, name, v)?,
                None => return Err(unexpected_keyword(vm, f, params, posonly, name, args)),
            },
        }
    }
    if given.len() > argc && !has_varargs {
        return Err(too_many(vm, f, code, given.len(), &bound));
    }
    let defaults = f.defaults.cast::<Tuple>();
    let n_defaults = defaults.map_or(0, |d| d.len());
    if given.len() < argc {
        let first_default = argc.saturating_sub(n_defaults);
        let missing: Vec<usize> = (n..first_default).filter(|i| bound[*i].is_unbound()).collect();
        if !missing.is_empty() {
            return Err(missing_arguments(vm, f, params, &missing, "positional"));
        }
        if let Some(d) = defaults {
            for (i, slot) in bound.iter_mut().enumerate().take(argc).skip(first_default.max(n)) {
                if slot.is_unbound() {
                    // More defaults than parameters: the last ones count.
                    *slot = d.get(i + n_defaults - argc).unwrap_or(Value::none());
                }
            }
        }
    }
    if kwonly > 0 {
        let kwdefaults = f.kwdefaults.cast::<Dict>();
        let mut missing = Vec::new();
        for i in argc..named {
            if bound[i].is_unbound() {
                let default = match kwdefaults {
                    Some(d) => d.get(vm, params[i])?,
                    None => None,
                };
                match default {
                    Some(v) => bound[i] = v,
                    None => missing.push(i),
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(vm, f, params, &missing, "keyword-only"));
        }
    }
    Ok(bound)
}
fn qualname(f: Gc<Function>) -> String {
    f.qualname.cast::<Str>().map_or_else(|| "?".to_owned(), |s| s.to_lossy())
}
fn text_of(v: Value) -> String {
    v.cast::<Str>().map_or_else(String::new, |s| s.to_lossy())
}
fn unexpected_keyword(
    vm: &Vm,
    f: Gc<Function>,
    params: &[Value],
    posonly: usize,
    name: Gc<Str>,
    args: Args<'_>,
) -> Raised {
    let only: Vec<String> = params[..posonly.min(params.len())]
        .iter()
        .filter(|p| args.keywords().any(|(k, _)| text_of(k) == text_of(**p)))
        .map(|p| text_of(*p))
        .collect();
    if !only.is_empty() {
        return vm.type_error(format!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            qualname(f),
            only.join(", ")
        ));
    }
    let candidates: Vec<String> = params[posonly.min(params.len())..].iter().map(|p| text_of(*p)).collect();
    let hint = match crate::types::suggest::suggest(&name.to_lossy(), candidates.iter().map(|s| s.as_str())) {
        Some(s) => format!(". Did you mean '{s}'?"),
        None => String::new(),
    };
    vm.type_error(format!("{}() got an unexpected keyword argument '{}'{hint}", qualname(f), name.to_lossy()))
}
fn too_many(vm: &Vm, f: Gc<Function>, code: Gc<Code>, given: usize, bound: &[Value]) -> Raised {
    let argc = code.argcount as usize;
    let n_defaults = f.defaults.cast::<Tuple>().map_or(0, |d| d.len());
    let kwonly_given = bound[argc..argc + code.kwonlyargcount as usize].iter().filter(|v| !v.is_unbound()).count();
    let (takes, plural) = if n_defaults > 0 {
        (format!("from {} to {argc}", argc.saturating_sub(n_defaults)), true)
    } else {
        (argc.to_string(), argc != 1)
    };
    let kw = if kwonly_given > 0 {
        format!(
            " positional argument{} (and {kwonly_given} keyword-only argument{})",
            if given == 1 { "" } else { "s" },
            if kwonly_given == 1 { "" } else { "s" }
        )
    } else {
        String::new()
    };
    vm.type_error(format!(
        "{}() takes {takes} positional argument{} but {given}{kw} {} given",
        qualname(f),
        if plural { "s" } else { "" },
        if given == 1 && kwonly_given == 0 { "was" } else { "were" }
    ))
}
fn missing_arguments(vm: &Vm, f: Gc<Function>, params: &[Value], missing: &[usize], kind: &str) -> Raised {
    let names: Vec<String> = missing.iter().map(|i| format!("'{}'", text_of(params[*i]))).collect();
    let list = match &names[..] {
        [a] => a.clone(),
        [a, b] => format!("{a} and {b}"),
        [init @ .., last] => format!("{}, and {last}", init.join(", ")),
        [] => String::new(),
    };
    vm.type_error(format!(
        "{}() missing {} required {kind} argument{}: {list}",
        qualname(f),
        names.len(),
        if names.len() == 1 { "" } else { "s" }
    ))
}
