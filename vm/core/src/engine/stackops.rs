//! Bytecode instructions in stack form: everything that is not hot.
//!
//! Invariant: operands are in their homes, `sp[-1]` the top; an instruction writes its results into the homes that its stack
//! effect names. Operand types are not trusted (see `pyc_format::verify`): each is looked at before use.
#![allow(unsafe_code)]

use super::frame::{FrameRef, Pc, Regs};
use super::regcode::{a_of, b_of};
use super::{attr, call, slow};
use crate::error::{OrRaise, PyResult, Raised};
use crate::native::Args;
use crate::types::cell::{self, Cell};
use crate::types::code::Code;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::{self, Exc, Exception};
use crate::types::function::{self, Function};
use crate::types::list::{self, List};
use crate::types::type_::{Type, flags};
use crate::types::{module, property, set, slice};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Tuple, Value};
use pyc_format::opcode::{CommonConstant, Intrinsic1, Intrinsic2, Opcode, SpecialMethod};
use std::sync::atomic::Ordering::Relaxed;

pub enum Next {
    Go,
    /// A frame was pushed.
    Frame(Pc, Regs),
}

/// MAKE_CELL, COPY_FREE_VARS.
#[inline(never)]
pub unsafe fn prologue(vm: &Vm, regs: Regs, op: u16, arg: usize) -> PyResult<()> {
    // SAFETY: the operand names registers of the frame (verified).
    unsafe {
        if op == Opcode::MAKE_CELL as u16 {
            *regs.add(arg) = cell::new(vm, *regs.add(arg));
            return Ok(());
        }
        let f = FrameRef(regs);
        let (Some(func), Some(rc)) = (f.function(), f.regcode()) else { return Err(slow::bad(vm, "no function")) };
        let Some(closure) = func.closure.cast::<Tuple>().filter(|c| c.len() == arg) else {
            return Err(slow::bad(vm, "closure of a wrong size"));
        };
        let first = rc.n_locals as usize - arg;
        for (i, c) in closure.items().iter().enumerate() {
            *regs.add(first + i) = *c;
        }
        Ok(())
    }
}

/// The namespace of a module's or class body's frame.
unsafe fn namespace(vm: &Vm, regs: Regs, name: &str) -> PyResult<Value> {
    // SAFETY: the running frame.
    match unsafe { FrameRef(regs).extra() }.bound() {
        Some(ns) => Ok(ns),
        None => Err(crate::raise!(vm, SystemError, "no locals found when {name}")),
    }
}
unsafe fn function_of(vm: &Vm, regs: Regs) -> PyResult<Gc<Function>> {
    // SAFETY: the running frame.
    unsafe { FrameRef(regs).function() }.ok_or_else(|| slow::bad(vm, "no function"))
}
fn globals_of(vm: &Vm, f: Gc<Function>) -> PyResult<Gc<Dict>> {
    f.globals.cast::<Dict>().ok_or_else(|| slow::bad(vm, "globals are no dict"))
}
fn global(vm: &Vm, f: Gc<Function>, name: Gc<Str>) -> PyResult<Value> {
    if let Some(v) = globals_of(vm, f)?.get(vm, name.value())? {
        return Ok(v);
    }
    match f.builtins.cast::<Dict>().and_then(|b| b.get_str(vm, name)) {
        Some(v) => Ok(v),
        None => Err(vm.name_error(name)),
    }
}
fn mapping_get(vm: &Vm, ns: Value, key: Value) -> PyResult<Option<Value>> {
    if let Some(d) = ns.cast_exact::<Dict>() {
        return d.get(vm, key);
    }
    match vm.get_item(ns, key) {
        Ok(v) => Ok(Some(v)),
        Err(e) => {
            if vm.pending_is(Exc::KeyError) {
                vm.clear_pending();
                return Ok(None);
            }
            Err(e)
        }
    }
}

#[inline(never)]
pub unsafe fn run(vm: &Vm, pc: Pc, regs: Regs, w: u64, oparg: u32) -> PyResult<Next> {
    // SAFETY: homes and operands of verified code are inside the frame.
    unsafe {
        let Some(rc) = FrameRef(regs).regcode() else { return Err(slow::bad(vm, "frame without code")) };
        let sp = regs.add(rc.stack as usize + a_of(w));
        let top = move |n: usize| sp.sub(n).read();
        let put = move |n: usize, v: Value| sp.sub(n).write(v);
        let arg = oparg as usize;
        let Some(op) = Opcode::from_number(b_of(w) as u16) else { return Err(slow::bad(vm, "unknown opcode")) };
        let name = |i: usize| attr::name(vm, regs, i);
        use Opcode::*;
        match op {
            UNARY_NEGATIVE => put(1, vm.negative(top(1))?),
            UNARY_INVERT => put(1, vm.invert(top(1))?),
            BINARY_SLICE => {
                let s = slice::new(vm, top(2), top(1), Value::none());
                put(3, vm.get_item(top(3), s)?);
            }
            STORE_SLICE => {
                let s = slice::new(vm, top(2), top(1), Value::none());
                vm.set_item(top(3), s, top(4))?;
            }
            DELETE_SUBSCR => vm.del_item(top(2), top(1))?,
            BUILD_SLICE => {
                let v = if arg == 3 {
                    slice::new(vm, top(3), top(2), top(1))
                } else {
                    slice::new(vm, top(2), top(1), Value::none())
                };
                put(arg, v);
            }
            BUILD_MAP => {
                let d = Dict::with_capacity(vm, arg)?;
                for i in (1..=arg).rev() {
                    d.set(vm, top(i * 2), top(i * 2 - 1))?;
                }
                *sp.sub(arg * 2) = d.value();
            }
            BUILD_SET => {
                let items: Vec<Value> = (1..=arg).rev().map(top).collect();
                *sp.sub(arg) = set::set_of(vm, &items)?;
            }
            BUILD_STRING => {
                let mut parts = Vec::with_capacity(arg);
                for i in (1..=arg).rev() {
                    parts.push(vm.expect_str(top(i), "BUILD_STRING operand")?);
                }
                *sp.sub(arg) = vm.heap.concat_all(&parts).or_raise(vm)?.value();
            }
            LIST_EXTEND => {
                let (l, x) = (top(1 + arg), top(1));
                let Some(l) = l.cast::<List>() else { return Err(slow::bad(vm, "LIST_EXTEND without a list")) };
                if vm.type_of(x).slots.iter.address() == 0 && !vm.is_sequence(x) {
                    return Err(vm.type_error(format!("Value after * must be an iterable, not {}", vm.type_name(x))));
                }
                list::extend(vm, l, x)?;
            }
            SET_ADD => match set::AnySet::of(top(1 + arg)) {
                Some(s) => s.add(vm, top(1))?,
                None => return Err(slow::bad(vm, "SET_ADD without a set")),
            },
            SET_UPDATE => match set::AnySet::of(top(1 + arg)) {
                Some(s) => s.update(vm, top(1))?,
                None => return Err(slow::bad(vm, "SET_UPDATE without a set")),
            },
            MAP_ADD => match top(2 + arg).cast::<Dict>() {
                Some(d) => d.set(vm, top(2), top(1))?,
                None => return Err(slow::bad(vm, "MAP_ADD without a dict")),
            },
            DICT_UPDATE => {
                let Some(d) = top(1 + arg).cast::<Dict>() else {
                    return Err(slow::bad(vm, "DICT_UPDATE without a dict"));
                };
                let x = top(1);
                if x.cast::<Dict>().is_none() && vm.get_attr_opt(x, vm.names.keys)?.is_none() {
                    return Err(vm.type_error(format!("'{}' object is not a mapping", vm.type_name(x))));
                }
                crate::types::dict_type::update(vm, d, x)?;
            }
            DICT_MERGE => {
                let Some(d) = top(1 + arg).cast::<Dict>() else {
                    return Err(slow::bad(vm, "DICT_MERGE without a dict"));
                };
                merge(vm, d, top(1), top(4 + arg))?;
            }
            UNPACK_EX => {
                let (before, after) = (arg & 0xFF, arg >> 8);
                let items = slow::unpack_items(vm, top(1), before, Some(after))?;
                let n = items.len();
                for (i, x) in items.into_iter().enumerate() {
                    *sp.sub(1).add(n - 1 - i) = x;
                }
            }
            FORMAT_SIMPLE => {
                let v = top(1);
                if v.cast_exact::<Str>().is_none() {
                    put(1, vm.format(v, vm.empty_str)?);
                }
            }
            FORMAT_WITH_SPEC => {
                let spec = vm.expect_str(top(1), "format spec")?;
                put(2, vm.format(top(2), spec)?);
            }
            CONVERT_VALUE => put(1, convert(vm, top(1), oparg)?),
            BUILD_INTERPOLATION => {
                let has_spec = arg & 1;
                let spec = if has_spec != 0 { top(1) } else { vm.empty_str.value() };
                let (text, v) = (top(1 + has_spec), top(2 + has_spec));
                put(2 + has_spec, template(vm, "interpolation", &[v, text, vm.int((oparg >> 2) as i64), spec])?);
            }
            BUILD_TEMPLATE => put(2, template(vm, "template", &[top(2), top(1)])?),

            LOAD_NAME => {
                let n = name(arg)?;
                let ns = namespace(vm, regs, "loading a name")?;
                let v = match mapping_get(vm, ns, n.value())? {
                    Some(v) => v,
                    None => global(vm, function_of(vm, regs)?, n)?,
                };
                *sp = v;
            }
            STORE_NAME => {
                let n = name(arg)?;
                let ns = match FrameRef(regs).extra().bound() {
                    Some(ns) => ns,
                    None => {
                        return Err(crate::raise!(vm, SystemError, "no locals found when storing '{}'", n.to_lossy()));
                    }
                };
                match ns.cast_exact::<Dict>() {
                    Some(d) => d.set_str(vm, n, top(1))?,
                    None => vm.set_item(ns, n.value(), top(1))?,
                }
            }
            DELETE_NAME => {
                let n = name(arg)?;
                let ns = namespace(vm, regs, "deleting a name")?;
                if vm.del_item(ns, n.value()).is_err() {
                    if !vm.pending_is(Exc::KeyError) {
                        return Err(Raised);
                    }
                    vm.clear_pending();
                    return Err(vm.name_error(n));
                }
            }
            STORE_GLOBAL => {
                let n = name(arg)?;
                globals_of(vm, function_of(vm, regs)?)?.set_str(vm, n, top(1))?;
            }
            DELETE_GLOBAL => {
                let n = name(arg)?;
                if globals_of(vm, function_of(vm, regs)?)?.remove(vm, n.value())?.is_none() {
                    return Err(vm.name_error(n));
                }
            }
            LOAD_LOCALS => *sp = namespace(vm, regs, "loading locals")?,
            LOAD_FROM_DICT_OR_GLOBALS => {
                let n = name(arg)?;
                let v = match mapping_get(vm, top(1), n.value())? {
                    Some(v) => v,
                    None => global(vm, function_of(vm, regs)?, n)?,
                };
                put(1, v);
            }
            LOAD_FROM_DICT_OR_DEREF => {
                let names = FrameRef(regs).regcode().and_then(|r| r.code()?.localsplusnames.cast::<Tuple>());
                let key = names.and_then(|t| t.get(arg)).unwrap_or(Value::none());
                let v = match mapping_get(vm, top(1), key)? {
                    Some(v) => v,
                    None => match (*regs.add(arg)).cast::<Cell>().and_then(|c| c.value.bound()) {
                        Some(v) => v,
                        None => {
                            slow::unbound_deref(vm, regs, arg)?;
                            Value::none()
                        }
                    },
                };
                put(1, v);
            }
            DELETE_DEREF => match (*regs.add(arg)).cast::<Cell>() {
                Some(c) if c.value.bound().is_some() => c.value.set(c, Value::unbound()),
                _ => slow::unbound_deref(vm, regs, arg)?,
            },
            DELETE_ATTR => vm.del_attr(top(1), name(arg)?)?,
            SETUP_ANNOTATIONS => {
                let ns = namespace(vm, regs, "setting up annotations")?;
                let key = vm.names.__annotations__.value();
                if mapping_get(vm, ns, key)?.is_none() {
                    vm.set_item(ns, key, Dict::new(vm).value())?;
                }
            }
            LOAD_COMMON_CONSTANT => {
                *sp = match CommonConstant::from_number(oparg) {
                    Some(CommonConstant::CONSTANT_ASSERTIONERROR) => vm.exc_type(Exc::AssertionError).value(),
                    Some(CommonConstant::CONSTANT_NOTIMPLEMENTEDERROR) => vm.exc_type(Exc::NotImplementedError).value(),
                    Some(CommonConstant::CONSTANT_BUILTIN_TUPLE) => vm.types().tuple().value(),
                    Some(c) => vm.builtin(c.text()).unwrap_or(Value::none()),
                    None => return Err(slow::bad(vm, "unknown common constant")),
                }
            }
            LOAD_BUILD_CLASS => {
                let f = function_of(vm, regs)?;
                match f.builtins.cast::<Dict>().and_then(|b| b.get_str(vm, vm.names.__build_class__)) {
                    Some(v) => *sp = v,
                    None => return Err(crate::raise!(vm, NameError, "__build_class__ not found")),
                }
            }
            LOAD_SUPER_ATTR => return super_attr(vm, regs, sp, arg),
            LOAD_SPECIAL => {
                let v = top(1);
                let Some(m) = SpecialMethod::from_number(oparg) else { return Err(slow::bad(vm, "special method")) };
                let n = vm.intern(m.text());
                let Some(f) = vm.lookup_special(v, n) else { return Err(no_special(vm, v, m)) };
                let t = vm.type_of(f);
                if t.has(flags::METHOD_DESCRIPTOR) {
                    put(1, f);
                    *sp = v;
                } else {
                    let bound = match t.slots.descr_get.get() {
                        Some(g) => g(vm, f, Some(v), Some(vm.type_of(v).value()))?,
                        None => f,
                    };
                    put(1, bound);
                    *sp = Value::unbound();
                }
            }
            MAKE_FUNCTION => {
                let Some(code) = top(1).cast::<Code>() else { return Err(slow::bad(vm, "MAKE_FUNCTION without code")) };
                let f = function_of(vm, regs)?;
                put(1, function::new(vm, code, globals_of(vm, f)?).value());
            }
            SET_FUNCTION_ATTRIBUTE => {
                let (v, f) = (top(2), top(1));
                let Some(g) = f.cast::<Function>() else { return Err(slow::bad(vm, "no function")) };
                match oparg {
                    1 if v.cast::<Tuple>().is_some() => g.defaults.set(g, v),
                    2 if v.cast::<Dict>().is_some() => g.kwdefaults.set(g, v),
                    4 => g.annotations.set(g, v),
                    8 if v.cast::<Tuple>().is_some() => g.closure.set(g, v),
                    16 => g.annotate.set(g, v),
                    _ => return Err(slow::bad(vm, "bad function attribute")),
                }
                put(2, f);
            }
            CALL_FUNCTION_EX => return call_ex(vm, pc, regs, sp),
            CALL_INTRINSIC_1 => put(1, intrinsic_1(vm, regs, oparg, top(1))?),
            CALL_INTRINSIC_2 => put(2, intrinsic_2(vm, oparg, top(2), top(1))?),
            IMPORT_NAME => {
                let n = name(arg)?;
                let f = function_of(vm, regs)?;
                let import = f.builtins.cast::<Dict>().and_then(|b| b.get_str(vm, vm.names.__import__));
                let Some(import) = import else { return Err(crate::raise!(vm, ImportError, "__import__ not found")) };
                let ns = FrameRef(regs).extra().bound().unwrap_or(Value::none());
                put(2, vm.call(import, &[n.value(), f.globals.get(), ns, top(1), top(2)])?);
            }
            IMPORT_FROM => {
                let n = name(arg)?;
                *sp = import_from(vm, top(1), n)?;
            }

            PUSH_EXC_INFO => {
                let exc = top(1);
                *sp = exc;
                put(1, vm.handled.get());
                vm.handled.set(exc);
            }
            POP_EXCEPT => {
                let v = top(1);
                vm.handled.set(if v.is_unbound() || v.cast::<Exception>().is_none() { Value::none() } else { v });
            }
            CHECK_EXC_MATCH => put(1, Value::bool(exc_match(vm, top(2), top(1))?)),
            CHECK_EG_MATCH => {
                let (rest, matched) = crate::types::exception_group::eg_match(vm, top(2), top(1))?;
                put(2, rest);
                put(1, matched);
                if !matched.is_none() {
                    vm.handled.set(matched);
                }
            }
            RAISE_VARARGS => {
                return Err(match arg {
                    0 => reraise_handled(vm),
                    1 => raise(vm, top(1), None),
                    _ => raise(vm, top(2), Some(top(1))),
                });
            }
            RERAISE => {
                let exc = top(1);
                if exc.cast::<Exception>().is_none() {
                    return Err(slow::bad(vm, "RERAISE without an exception"));
                }
                vm.reraising.set(true);
                return Err(vm.set_pending(exc));
            }
            WITH_EXCEPT_START => {
                let exc = top(1);
                let (f, me) = (top(5), top(4));
                let tb = exc.cast::<Exception>().map_or(Value::none(), |e| e.traceback.get());
                let args = [me, vm.type_of(exc).value(), exc, tb];
                let args = if me.is_unbound() { &args[1..] } else { &args[..] };
                *sp = vm.call(f, args)?;
            }
            CLEANUP_THROW => {
                let exc = top(1);
                if vm.is_instance_of(exc, vm.exc_type(Exc::StopIteration))
                    && let Some(e) = exc.cast::<Exception>()
                {
                    put(3, Value::none());
                    put(2, e.extra[0].bound().unwrap_or(Value::none()));
                } else {
                    vm.reraising.set(true);
                    return Err(vm.set_pending(exc));
                }
            }
            END_SEND => put(2, top(1)),
            GET_LEN => *sp = vm.int(vm.len(top(1))? as i64),
            MATCH_MAPPING => *sp = Value::bool(vm.type_of(top(1)).has(flags::MAPPING)),
            MATCH_SEQUENCE => *sp = Value::bool(vm.type_of(top(1)).has(flags::SEQUENCE)),
            MATCH_KEYS => *sp = match_keys(vm, top(2), top(1))?,
            MATCH_CLASS => put(3, match_class(vm, top(3), top(2), arg, top(1))?),
            GET_AITER => put(1, get_aiter(vm, top(1))?),
            GET_ANEXT => *sp = get_anext(vm, top(1))?,
            GET_AWAITABLE => put(1, get_awaitable(vm, top(1), oparg)?),
            GET_YIELD_FROM_ITER => put(1, get_yield_from_iter(vm, regs, top(1))?),
            END_ASYNC_FOR => {
                let exc = top(1);
                if !vm.is_instance_of(exc, vm.exc_type(Exc::StopAsyncIteration)) {
                    vm.reraising.set(true);
                    return Err(vm.set_pending(exc));
                }
            }
            EXIT_INIT_CHECK | INTERPRETER_EXIT => {}
            _ => return Err(crate::raise!(vm, SystemError, "opcode {} in stack form", op.name())),
        }
        Ok(Next::Go)
    }
}

fn template(vm: &Vm, what: &str, parts: &[Value]) -> PyResult<Value> {
    match vm.module_root(if what == "template" {
        "templatelib.build_template"
    } else {
        "templatelib.build_interpolation"
    }) {
        Some(f) => vm.call(f, parts),
        None => Err(crate::raise!(vm, SystemError, "no {what} type")),
    }
}
fn convert(vm: &Vm, v: Value, how: u32) -> PyResult<Value> {
    match how {
        1 => vm.to_str(v).map(|s| s.value()),
        2 => vm.repr(v).map(|s| s.value()),
        3 => {
            let r = vm.repr(v)?;
            Ok(vm.str(&pyc_text::repr::backslashreplace(crate::types::str_::wtf8(r).as_wtf8())))
        }
        _ => Ok(v),
    }
}
/// `**x` of a call: keys must be new strings.
fn merge(vm: &Vm, d: Gc<Dict>, x: Value, f: Value) -> PyResult<()> {
    let who = callable_name(vm, f)?;
    let keys = if x.cast::<Dict>().is_some() {
        x
    } else {
        match vm.get_attr_opt(x, vm.names.keys)? {
            Some(k) => vm.call(k, &[])?,
            None => {
                return Err(
                    vm.type_error(format!("{who} argument after ** must be a mapping, not {}", vm.type_name(x)))
                );
            }
        }
    };
    vm.for_each(keys, |k| {
        let v = vm.get_item(x, k)?;
        if d.get(vm, k)?.is_some() {
            let Some(s) = k.cast::<Str>() else { return Err(vm.type_error("keywords must be strings")) };
            return Err(vm.type_error(format!("{who} got multiple values for keyword argument '{}'", s.to_lossy())));
        }
        d.set(vm, k, v)
    })
}
/// `module.qualname()` for messages about a call (`_PyObject_FunctionStr`).
fn callable_name(vm: &Vm, f: Value) -> PyResult<String> {
    let Some(q) = vm.get_attr_opt(f, vm.names.__qualname__)? else { return vm.to_str(f).map(|s| s.to_lossy()) };
    let q = vm.to_str(q)?.to_lossy();
    Ok(match vm.get_attr_opt(f, vm.names.__module__)?.and_then(|m| m.cast::<Str>()) {
        Some(m) if !m.is_text("builtins") => format!("{}.{q}()", m.to_lossy()),
        _ => format!("{q}()"),
    })
}
unsafe fn call_ex(vm: &Vm, pc: Pc, regs: Regs, sp: Regs) -> PyResult<Next> {
    // SAFETY: func, null, callargs, kwargs stand below `sp`.
    unsafe {
        let (f, mut args, kw) = (*sp.sub(4), *sp.sub(2), *sp.sub(1));
        if args.cast_exact::<Tuple>().is_none() {
            if vm.type_of(args).slots.iter.address() == 0 && !vm.is_sequence(args) {
                return Err(vm.type_error(format!(
                    "{} argument after * must be an iterable, not {}",
                    callable_name(vm, f)?,
                    vm.type_name(args)
                )));
            }
            args = vm.tuple_from_iterable(args)?.value();
        }
        let mut values = vm.expect_tuple(args, "arguments")?.items().to_vec();
        let mut kwnames = None;
        if let Some(k) = kw.bound().filter(|k| !k.is_none()) {
            let d = match k.cast::<Dict>() {
                Some(d) => d,
                None => {
                    let d = Dict::new(vm);
                    merge(vm, d, k, f)?;
                    d
                }
            };
            let items = d.items();
            for (name, _) in &items {
                if name.cast::<Str>().is_none() {
                    return Err(vm.type_error("keywords must be strings"));
                }
            }
            if !items.is_empty() {
                kwnames = Some(vm.heap.tuple(&items.iter().map(|i| i.0).collect::<Vec<_>>()));
                values.extend(items.iter().map(|i| i.1));
            }
        }
        let dst = (sp as usize - regs as usize) / 8 - 4;
        match call::call_any(vm, f, Args { values: &values, kwnames }, pc.add(2), regs, dst, 2)? {
            call::Called::Value(d, v, _) => {
                *regs.add(d) = v;
                Ok(Next::Go)
            }
            call::Called::Frame(p, r) => Ok(Next::Frame(p, r)),
        }
    }
}
unsafe fn super_attr(vm: &Vm, regs: Regs, sp: Regs, arg: usize) -> PyResult<Next> {
    // SAFETY: global super, class, self stand below `sp`.
    unsafe {
        let n = attr::name(vm, regs, arg >> 2)?;
        let (sup, cls, me) = (*sp.sub(3), *sp.sub(2), *sp.sub(1));
        let v = if sup == vm.types().super_().value()
            && let Some(c) = cls.cast::<Type>()
        {
            property::super_lookup(vm, c, me, n)?
        } else {
            let s = if arg & 2 != 0 { vm.call(sup, &[cls, me])? } else { vm.call(sup, &[])? };
            vm.get_attr(s, n)?
        };
        *sp.sub(3) = v;
        if arg & 1 != 0 {
            *sp.sub(2) = Value::unbound();
        }
        Ok(Next::Go)
    }
}
fn no_special(vm: &Vm, v: Value, m: SpecialMethod) -> Raised {
    use SpecialMethod::*;
    let t = vm.type_name(v);
    let has = |n: &str| vm.lookup_special(v, vm.intern(n)).is_some();
    let (kind, missed, other) = match m {
        SPECIAL___ENTER__ => ("context manager", "__enter__", has("__aenter__") && has("__aexit__")),
        SPECIAL___EXIT__ => ("context manager", "__exit__", has("__aenter__") && has("__aexit__")),
        SPECIAL___AENTER__ => ("asynchronous context manager", "__aenter__", has("__enter__") && has("__exit__")),
        SPECIAL___AEXIT__ => ("asynchronous context manager", "__aexit__", has("__enter__") && has("__exit__")),
    };
    let hint = match (other, kind) {
        (true, "context manager") => {
            " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
        }
        (true, _) => " but it supports the context manager protocol. Did you mean to use 'with'?",
        _ => "",
    };
    vm.type_error(if hint.is_empty() {
        format!("'{t}' object does not support the {kind} protocol (missed {missed} method)")
    } else {
        format!("'{t}' object does not support the {kind} protocol (missed {missed} method){hint}")
    })
}

// ---- exceptions

/// `raise exc from cause`.
fn raise(vm: &Vm, exc: Value, cause: Option<Value>) -> Raised {
    let exc = match instance(vm, exc) {
        Ok(Some(e)) => e,
        Ok(None) => return vm.type_error("exceptions must derive from BaseException"),
        Err(e) => return e,
    };
    if let Some(c) = cause {
        let c = if c.is_none() {
            c
        } else {
            match instance(vm, c) {
                Ok(Some(c)) => c.value(),
                Ok(None) => return vm.type_error("exception causes must derive from BaseException"),
                Err(e) => return e,
            }
        };
        exc.cause.set(exc, c);
        exc.suppress_context.store(true, Relaxed);
    }
    vm.raise_value(exc.value())
}
fn instance(vm: &Vm, v: Value) -> PyResult<Option<Gc<Exception>>> {
    if let Some(e) = v.cast::<Exception>() {
        return Ok(Some(e));
    }
    if !vm.is_exception_class(v) {
        return Ok(None);
    }
    let e = vm.call(v, &[])?;
    match e.cast::<Exception>() {
        Some(e) => Ok(Some(e)),
        None => Err(vm.type_error(format!(
            "calling {} should have returned an instance of BaseException, not {}",
            vm.repr_text(v)?,
            vm.repr_text(vm.type_of(e).value())?
        ))),
    }
}
fn reraise_handled(vm: &Vm) -> Raised {
    let v = vm.handled.get();
    if v.is_none() {
        return vm.runtime_error("No active exception to reraise");
    }
    vm.set_pending(v)
}
fn exc_match(vm: &Vm, exc: Value, what: Value) -> PyResult<bool> {
    let bad = || vm.type_error("catching classes that do not inherit from BaseException is not allowed");
    if let Some(t) = what.cast::<Tuple>() {
        for c in t.items() {
            if !vm.is_exception_class(*c) {
                return Err(bad());
            }
        }
        return Ok(t.items().iter().any(|c| c.cast::<Type>().is_some_and(|c| vm.is_instance_of(exc, c))));
    }
    match what.cast::<Type>() {
        Some(c) if vm.is_exception_class(what) => Ok(vm.is_instance_of(exc, c)),
        _ => Err(bad()),
    }
}

// ---- imports, intrinsics

fn import_from(vm: &Vm, m: Value, name: Gc<Str>) -> PyResult<Value> {
    if let Some(v) = vm.get_attr_opt(m, name)? {
        return Ok(v);
    }
    let pkg = vm.get_attr_opt(m, vm.names.__name__)?.and_then(|n| n.cast::<Str>());
    if let Some(p) = pkg
        && let Some(sub) = vm.modules.get_text(vm, &format!("{}.{}", p.to_lossy(), name.to_lossy()))
    {
        return Ok(sub);
    }
    Err(crate::import::cannot_import(vm, m, pkg, name))
}
unsafe fn intrinsic_1(vm: &Vm, regs: Regs, n: u32, v: Value) -> PyResult<Value> {
    Ok(match Intrinsic1::from_number(n) {
        Some(Intrinsic1::INTRINSIC_UNARY_POSITIVE) => vm.positive(v)?,
        Some(Intrinsic1::INTRINSIC_LIST_TO_TUPLE) => match v.cast::<List>() {
            Some(l) => vm.heap.tuple(&l.to_vec()).value(),
            None => return Err(slow::bad(vm, "LIST_TO_TUPLE without a list")),
        },
        // SAFETY: the running frame.
        Some(Intrinsic1::INTRINSIC_IMPORT_STAR) => unsafe {
            import_star(vm, namespace(vm, regs, "import *")?, v)?;
            Value::none()
        },
        Some(Intrinsic1::INTRINSIC_STOPITERATION_ERROR) => stop_iteration_error(vm, regs, v)?,
        Some(Intrinsic1::INTRINSIC_ASYNC_GEN_WRAP) => crate::types::async_gen::wrap(vm, v),
        Some(Intrinsic1::INTRINSIC_PRINT) => match vm.module_root("sys.displayhook") {
            Some(f) => vm.call(f, &[v])?,
            None => {
                let sys = crate::import::import_module(vm, "sys")?;
                let hook = vm.get_attr_text(sys, "displayhook")?;
                vm.call(hook, &[v])?
            }
        },
        Some(i) => typing(vm, i.name(), &[v])?,
        None => return Err(slow::bad(vm, "unknown intrinsic")),
    })
}
fn intrinsic_2(vm: &Vm, n: u32, a: Value, b: Value) -> PyResult<Value> {
    Ok(match Intrinsic2::from_number(n) {
        Some(Intrinsic2::INTRINSIC_PREP_RERAISE_STAR) => crate::types::exception_group::prep_reraise_star(vm, a, b)?,
        Some(Intrinsic2::INTRINSIC_SET_FUNCTION_TYPE_PARAMS) => {
            if let Some(f) = a.cast::<Function>() {
                f.type_params.set(f, b);
            }
            a
        }
        Some(i) => typing(vm, i.name(), &[a, b])?,
        None => return Err(slow::bad(vm, "unknown intrinsic")),
    })
}
/// Intrinsics of type parameters: the typing module's file registers a function under the intrinsic's name.
fn typing(vm: &Vm, name: &'static str, args: &[Value]) -> PyResult<Value> {
    match vm.module_root(name).or_else(|| {
        crate::modules::import_native(vm, "_typing")?;
        vm.module_root(name)
    }) {
        Some(f) => vm.call(f, args),
        None => Err(crate::raise!(vm, SystemError, "{name} has no implementation")),
    }
}
/// A StopIteration that leaves a generator becomes RuntimeError (PEP 479).
fn stop_iteration_error(vm: &Vm, regs: Regs, v: Value) -> PyResult<Value> {
    // SAFETY: the running frame.
    let code = unsafe { FrameRef(regs).function() }.and_then(|f| f.code.cast::<Code>());
    use pyc_format::code::{CO_ASYNC_GENERATOR, CO_COROUTINE};
    let text = if vm.is_instance_of(v, vm.exc_type(Exc::StopIteration)) {
        match code {
            Some(c) if c.has(CO_ASYNC_GENERATOR) => "async generator raised StopIteration",
            Some(c) if c.has(CO_COROUTINE) => "coroutine raised StopIteration",
            _ => "generator raised StopIteration",
        }
    } else if code.is_some_and(|c| c.has(CO_ASYNC_GENERATOR))
        && vm.is_instance_of(v, vm.exc_type(Exc::StopAsyncIteration))
    {
        "async generator raised StopAsyncIteration"
    } else {
        return Ok(v);
    };
    let e = exception::new_text(vm, Exc::RuntimeError, text);
    e.cause.set(e, v);
    e.context.set(e, v);
    e.suppress_context.store(true, Relaxed);
    Ok(e.value())
}
fn import_star(vm: &Vm, ns: Value, m: Value) -> PyResult<()> {
    let (names, skip_private) = match vm.get_attr_opt(m, vm.names.__all__)? {
        Some(a) => (vm.collect_values(a)?, false),
        None => {
            let Some(d) = vm.get_attr_opt(m, vm.names.__dict__)? else {
                return Err(crate::raise!(vm, ImportError, "from-import-* object has no __dict__ and no __all__"));
            };
            let keys = vm.call_method_name(d, vm.names.keys, &[])?;
            (vm.collect_values(keys)?, true)
        }
    };
    for n in names {
        let Some(s) = n.cast::<Str>() else {
            let who = module::name_for_error(vm, m).unwrap_or_else(|| "?".to_owned());
            return Err(vm.type_error(format!(
                "{} in {who}.{} must be str, not {}",
                if skip_private { "Key" } else { "Item" },
                if skip_private { "__dict__" } else { "__all__" },
                vm.type_name(n)
            )));
        };
        if skip_private && s.char_at(0) == '_' as u32 && !s.is_empty() {
            continue;
        }
        let v = vm.get_attr(m, vm.intern_str(s))?;
        vm.set_item(ns, n, v)?;
    }
    Ok(())
}

// ---- patterns

fn match_keys(vm: &Vm, subject: Value, keys: Value) -> PyResult<Value> {
    let keys = slow::expect_tuple(vm, keys)?;
    let get = vm.get_attr_text(subject, "get")?;
    let dummy = exception::new_args(vm, Exc::Exception, &[]).value();
    let seen = set::new_set(vm);
    let mut values = Vec::with_capacity(keys.len());
    for k in keys.items() {
        let h = vm.hash(*k)?;
        if seen.contains(vm, *k, h)? {
            return Err(vm.value_error(format!("mapping pattern checks duplicate key ({})", vm.repr_text(*k)?)));
        }
        seen.add_hashed(vm, *k, h)?;
        let v = vm.call(get, &[*k, dummy])?;
        if v == dummy {
            return Ok(Value::none());
        }
        values.push(v);
    }
    Ok(vm.heap.tuple(&values).value())
}
fn match_class(vm: &Vm, subject: Value, cls: Value, n: usize, kwnames: Value) -> PyResult<Value> {
    let Some(t) = cls.cast::<Type>() else { return Err(vm.type_error("called match pattern must be a class")) };
    if !vm.isinstance(subject, cls)? {
        return Ok(Value::none());
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut values = Vec::new();
    let get = |name: Value, seen: &mut Vec<Value>| -> PyResult<Option<Value>> {
        let s = vm.expect_attr_name(name)?;
        if seen.contains(&s.value()) {
            return Err(vm.type_error(format!(
                "{}() got multiple sub-patterns for attribute {}",
                t.name_text(),
                vm.repr_text(name)?
            )));
        }
        seen.push(s.value());
        vm.get_attr_opt(subject, s)
    };
    if n > 0 {
        let match_args = vm.get_attr_opt(cls, vm.names.__match_args__)?;
        let mut match_self = false;
        let args = match match_args {
            Some(a) => match a.cast::<Tuple>() {
                Some(t) => t.items().to_vec(),
                None => {
                    return Err(vm.type_error(format!(
                        "{}.__match_args__ must be a tuple (got {})",
                        t.name_text(),
                        vm.type_name(a)
                    )));
                }
            },
            None => {
                match_self = t.has(flags::MATCH_SELF);
                Vec::new()
            }
        };
        let allowed = if match_self { 1 } else { args.len() };
        if n > allowed {
            return Err(vm.type_error(format!(
                "{}() accepts {allowed} positional sub-pattern{} ({n} given)",
                t.name_text(),
                if allowed == 1 { "" } else { "s" }
            )));
        }
        if match_self {
            values.push(subject);
        } else {
            for a in &args[..n] {
                if a.cast::<Str>().is_none() {
                    return Err(
                        vm.type_error(format!("__match_args__ elements must be strings (got {})", vm.type_name(*a)))
                    );
                }
                match get(*a, &mut seen)? {
                    Some(v) => values.push(v),
                    None => return Ok(Value::none()),
                }
            }
        }
    }
    for k in slow::expect_tuple(vm, kwnames)?.items() {
        match get(*k, &mut seen)? {
            Some(v) => values.push(v),
            None => return Ok(Value::none()),
        }
    }
    Ok(vm.heap.tuple(&values).value())
}

// ---- await

fn get_aiter(vm: &Vm, v: Value) -> PyResult<Value> {
    let Some(f) = vm.type_of(v).slots.aiter.get() else {
        return Err(
            vm.type_error(format!("'async for' requires an object with __aiter__ method, got {}", vm.type_name(v)))
        );
    };
    let it = f(vm, v)?;
    if vm.type_of(it).slots.anext.address() == 0 {
        return Err(vm.type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            vm.type_name(it)
        )));
    }
    Ok(it)
}
fn get_anext(vm: &Vm, it: Value) -> PyResult<Value> {
    let Some(f) = vm.type_of(it).slots.anext.get() else {
        return Err(
            vm.type_error(format!("'async for' requires an iterator with __anext__ method, got {}", vm.type_name(it)))
        );
    };
    let a = f(vm, it)?;
    if it.kind() == Kind::AsyncGenerator {
        return Ok(a);
    }
    match awaitable_iter(vm, a)? {
        Some(i) => Ok(i),
        None => {
            Err(vm.type_error(format!("'async for' received an invalid object from __anext__: {}", vm.type_name(a))))
        }
    }
}
/// What `await v` iterates, `None` where `v` cannot be awaited.
pub fn awaitable_iter(vm: &Vm, v: Value) -> PyResult<Option<Value>> {
    if v.kind() == Kind::Coroutine {
        return Ok(Some(v));
    }
    if v.kind() == Kind::Generator
        && crate::types::generator::Activation::of(v)
            .and_then(|a| a.fields().and_then(|f| f.func.cast::<Function>()))
            .and_then(|f| f.code.cast::<Code>())
            .is_some_and(|c| c.has(pyc_format::code::CO_ITERABLE_COROUTINE))
    {
        return Ok(Some(v));
    }
    let Some(f) = vm.type_of(v).slots.await_.get() else { return Ok(None) };
    let r = f(vm, v)?;
    if r.kind() == Kind::Coroutine {
        return Err(vm.type_error("__await__() returned a coroutine"));
    }
    if vm.type_of(r).slots.iternext.address() == 0 {
        return Err(vm.type_error(format!("__await__() returned non-iterator of type '{}'", vm.type_name(r))));
    }
    Ok(Some(r))
}
fn get_awaitable(vm: &Vm, v: Value, oparg: u32) -> PyResult<Value> {
    let Some(it) = awaitable_iter(vm, v)? else {
        return Err(vm.type_error(match oparg {
            1 => format!(
                "'async with' received an object from __aenter__ that does not implement __await__: {}",
                vm.type_name(v)
            ),
            2 => format!(
                "'async with' received an object from __aexit__ that does not implement __await__: {}",
                vm.type_name(v)
            ),
            _ => format!("'{}' object can't be awaited", vm.type_name(v)),
        }));
    };
    if it.kind() == Kind::Coroutine
        && let Some(a) = crate::types::generator::Activation::of(it)
        && !super::generators::yield_from(vm, a)?.is_none()
    {
        return Err(vm.runtime_error("coroutine is being awaited already"));
    }
    Ok(it)
}
unsafe fn get_yield_from_iter(vm: &Vm, regs: Regs, v: Value) -> PyResult<Value> {
    match v.kind() {
        Kind::Generator => Ok(v),
        Kind::Coroutine => {
            use pyc_format::code::{CO_COROUTINE, CO_ITERABLE_COROUTINE};
            // SAFETY: the running frame.
            let code = unsafe { FrameRef(regs).function() }.and_then(|f| f.code.cast::<Code>());
            if code.is_some_and(|c| c.has(CO_COROUTINE | CO_ITERABLE_COROUTINE)) {
                return Ok(v);
            }
            Err(vm.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator"))
        }
        _ => vm.iter(v),
    }
}
