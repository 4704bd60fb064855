//! Attributes and globals behind the loop's inline caches.
//!
//! Invariant: a cache is written only when its guard makes it right: a shape (which names class and attribute words), a type
//! version (which changes with anything the class inherits), a namespace version (unique among all namespaces).
#![allow(unsafe_code)]

use super::call::{self, Called};
use super::frame::{FrameRef, Pc, Regs, ret};
use super::regcode::{a_of, b_of, c_of};
use crate::error::PyResult;
use crate::native::Args;
use crate::object::{generic, shapes};
use crate::types::code::Code;
use crate::types::descr::MemberDescriptor;
use crate::types::dict::{Dict, DictExt};
use crate::types::function::Function;
use crate::types::property::Property;
use crate::types::type_::flags;
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Str, Tuple, Value};
use std::sync::atomic::Ordering::Relaxed;

/// First byte of a cache: the attribute word at (bits 8 to 31) words from the object's start.
pub const IC_WORD: u8 = 1;
/// A method found on the class: type version and function follow.
pub const IC_METHOD: u8 = 2;

/// Name `i` of the running code.
pub unsafe fn name(vm: &Vm, regs: Regs, i: usize) -> PyResult<Gc<Str>> {
    // SAFETY: `regs` is the running frame.
    let n = unsafe {
        FrameRef(regs)
            .function()
            .and_then(|f| f.code.cast::<Code>())
            .and_then(|c| c.names.cast::<Tuple>()?.get(i)?.cast::<Str>())
    };
    match n {
        Some(n) => Ok(vm.intern_str(n)),
        None => Err(vm.type_error("co_names holds something that is no str")),
    }
}
unsafe fn set_cache(pc: Pc, words: [u64; 3]) {
    // SAFETY: the instruction has three cache words.
    unsafe {
        let p = pc.add(1) as *mut u64;
        for (i, w) in words.into_iter().enumerate() {
            p.add(i).write(w);
        }
    }
}

#[inline(never)]
pub unsafe fn load_global(vm: &Vm, f: Gc<Function>, i: usize, pc: Pc) -> PyResult<Value> {
    // SAFETY: `pc` is at a LoadGlobal of the running frame.
    unsafe {
        let name = name(vm, vm.stack.regs.get(), i)?;
        let globals = f.globals.cast::<Dict>();
        if let Some(g) = globals
            && g.is_exact()
            && let Some((t, e)) = g.slot_of_str(vm, name)
            && let Some(entry) = t.entries().get(e)
            && let Some(v) = entry.value.bound()
        {
            set_cache(pc, [g.version() as u64, &raw const entry.value as u64, 0]);
            return Ok(v);
        }
        if let Some(v) = global_slow(vm, f, name)? {
            return Ok(v);
        }
        let builtins = f.builtins.cast::<Dict>();
        if let Some(b) = builtins
            && b.is_exact()
            && let Some((t, e)) = b.slot_of_str(vm, name)
            && let Some(entry) = t.entries().get(e)
            && let Some(v) = entry.value.bound()
        {
            if let Some(g) = globals.filter(|g| g.is_exact()) {
                set_cache(pc, [g.version() as u64, &raw const entry.value as u64, b.version() as u64]);
            }
            return Ok(v);
        }
        Err(vm.name_error(name))
    }
}
/// Globals that are an instance of a subclass of dict.
fn global_slow(vm: &Vm, f: Gc<Function>, name: Gc<Str>) -> PyResult<Option<Value>> {
    match f.globals.cast::<Dict>() {
        Some(g) if !g.is_exact() => g.get(vm, name.value()),
        _ => Ok(None),
    }
}

#[inline(never)]
pub unsafe fn load_attr(vm: &Vm, pc: Pc, regs: Regs, w: u64) -> PyResult<Called> {
    // SAFETY: `pc` is at a LoadAttr of the frame `regs`.
    unsafe {
        vm.stack.pc.set(pc);
        vm.stack.regs.set(regs);
        let o = *regs.add(b_of(w));
        let name = name(vm, regs, c_of(w))?;
        let t = vm.type_of(o);
        let done = |v| Ok(Called::Value(a_of(w), v, 4));
        if t.slots.getattro.address() != generic::getattr as *const () as usize {
            return done(vm.get_attr(o, name)?);
        }
        let found = vm.lookup(t, name);
        match found {
            None => cache_word(vm, pc, o, name),
            Some(d) => {
                if let Some(m) = d.cast_exact::<MemberDescriptor>()
                    && m.place < crate::types::descr::MEMBER_EXCEPTION
                {
                    cache_place(vm, pc, o, m.place as usize);
                } else if let Some(p) = d.cast_exact::<Property>()
                    && let Some(f) = p.fget.cast::<Function>()
                {
                    // A getter runs in a frame of this loop.
                    return call::enter_function(
                        vm,
                        f,
                        Args::positional_only(&[o]),
                        pc.add(4),
                        regs,
                        a_of(w),
                        ret::PLAIN,
                    );
                } else if vm.type_of(d).slots.descr_set.address() == 0 {
                    cache_word(vm, pc, o, name);
                }
            }
        }
        done(generic::getattr(vm, o, name)?)
    }
}
/// Remembers where an instance attribute stands, if it stands in an attribute word.
unsafe fn cache_word(vm: &Vm, pc: Pc, o: Value, name: Gc<Str>) {
    if let shapes::Place::Word(i) = shapes::place(vm, o.shape(), name) {
        // SAFETY: the caller's promise.
        unsafe { cache_place(vm, pc, o, i) }
    }
}
unsafe fn cache_place(vm: &Vm, pc: Pc, o: Value, word: usize) {
    let kind = o.kind();
    if matches!(kind, Kind::Tuple | Kind::Bytes | Kind::Int | Kind::Str) {
        return;
    }
    let at = vm.heap.attr_offset(kind) + word;
    if at < 1 << 24 {
        // SAFETY: the caller's promise.
        unsafe { set_cache(pc, [IC_WORD as u64 | (at as u64) << 8 | (o.shape() as u64) << 32, 0, 0]) }
    }
}

/// `(function, self)` for a method call, or `(attribute, unbound)`.
#[inline(never)]
pub unsafe fn load_method(vm: &Vm, pc: Pc, regs: Regs, w: u64) -> PyResult<(Value, Value)> {
    // SAFETY: `pc` is at a LoadMethod of the frame `regs`.
    unsafe {
        let o = *regs.add(b_of(w));
        let name = name(vm, regs, c_of(w))?;
        let t = vm.type_of(o);
        if t.slots.getattro.address() != generic::getattr as *const () as usize {
            return Ok((vm.get_attr(o, name)?, Value::unbound()));
        }
        if let Some(d) = vm.lookup(t, name)
            && vm.type_of(d).has(flags::METHOD_DESCRIPTOR)
        {
            // An instance attribute of that name would hide the method; a shape without dict says that there is none.
            if shapes::get(vm, o, name).is_none() {
                let plain =
                    matches!(shapes::place(vm, o.shape(), name), shapes::Place::Absent) && t.dict_slot.0.is_none();
                let version = t.version.load(Relaxed);
                if plain && version != 0 {
                    let ic = IC_METHOD as u64 | (o.shape() as u64) << 32;
                    set_cache(pc, [ic, version as u64, d.bits()]);
                }
                return Ok((d, o));
            }
        }
        Ok((generic::getattr(vm, o, name)?, Value::unbound()))
    }
}

#[inline(never)]
pub unsafe fn store_attr(vm: &Vm, pc: Pc, regs: Regs, w: u64) -> PyResult<()> {
    // SAFETY: `pc` is at a StoreAttr of the frame `regs`.
    unsafe {
        let (v, o) = (*regs.add(a_of(w)), *regs.add(b_of(w)));
        let name = name(vm, regs, c_of(w))?;
        let t = vm.type_of(o);
        if t.slots.setattro.address() == generic::setattr as *const () as usize {
            match vm.lookup(t, name) {
                None => {
                    if shapes::set(vm, o, name, v)? {
                        cache_word(vm, pc, o, name);
                        return Ok(());
                    }
                }
                Some(d) => {
                    if let Some(m) = d.cast_exact::<MemberDescriptor>()
                        && m.place < crate::types::descr::MEMBER_EXCEPTION
                    {
                        cache_place(vm, pc, o, m.place as usize);
                    }
                }
            }
        }
        vm.set_attr(o, name, v)
    }
}
