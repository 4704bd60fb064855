//! code: a code object as Python sees it, made from what marshal read.
//!
//! Invariant: fields never change; the register code of a code object is made on its first call (engine/translate) and is
//! owned by the machine's arena.

use crate::error::{OrRaise, PyResult};
use crate::native::{get, method};
use crate::object::slots::SlotTable;
use crate::types::function::Entry;
use crate::types::list::List;
use crate::types::type_::TypeSpec;
use crate::vm::Vm;
use bunpy_heap::{Bytes, Gc, Kind, Slot, Str, Tuple, Value, payload};
use pyc_format::code as pyc;
use pyc_format::marshal::{Graph, ObjRef, Value as Node};
use std::collections::HashMap;
use std::sync::atomic::AtomicPtr;

payload! {
    pub struct Code: Code {
        pub argcount: i32,
        pub posonlyargcount: i32,
        pub kwonlyargcount: i32,
        pub stacksize: i32,
        pub flags: i32,
        pub firstlineno: i32,
        /// Bytes.
        pub code: Slot,
        pub consts: Slot,
        pub names: Slot,
        pub localsplusnames: Slot,
        pub localspluskinds: Slot,
        pub filename: Slot,
        pub name: Slot,
        pub qualname: Slot,
        pub linetable: Slot,
        pub exceptiontable: Slot,
        pub entry: Entry,
    }
}
impl Code {
    pub fn has(&self, flag: i32) -> bool {
        self.flags & flag != 0
    }
    pub fn kinds(&self) -> Vec<u8> {
        self.localspluskinds.cast::<Bytes>().map_or_else(Vec::new, |b| b.as_bytes().to_vec())
    }
    pub fn n_free(&self) -> usize {
        pyc::localsplus_counts(&self.kinds()).2
    }
    /// Names of the slots that have any of these kind bits.
    pub fn names_of_kind(&self, bits: u8) -> Vec<Value> {
        let Some(names) = self.localsplusnames.cast::<Tuple>() else { return Vec::new() };
        names.items().iter().zip(self.kinds()).filter(|(_, k)| k & bits != 0).map(|(n, _)| *n).collect()
    }
    /// Positional, keyword-only, `*args` and `**kwargs` parameters together.
    pub fn n_params(&self) -> usize {
        (self.argcount + self.kwonlyargcount) as usize
            + self.has(pyc::CO_VARARGS) as usize
            + self.has(pyc::CO_VARKEYWORDS) as usize
    }
    pub fn bytes(slot: &Slot) -> Option<Gc<Bytes>> {
        slot.cast::<Bytes>()
    }
}
/// The docstring of a function over this code, or None.
pub fn docstring(c: Gc<Code>) -> Value {
    if !c.has(pyc::CO_HAS_DOCSTRING) {
        return Value::none();
    }
    c.consts.cast::<Tuple>().and_then(|t| t.get(0)).filter(|v| v.cast::<Str>().is_some()).unwrap_or(Value::none())
}

/// What marshal read, as Python objects. Shared objects stay shared; strings that were interned are interned.
pub struct Unmarshal<'a> {
    vm: &'a Vm,
    graph: &'a Graph,
    done: HashMap<usize, Value>,
}
impl<'a> Unmarshal<'a> {
    pub fn new(vm: &'a Vm, graph: &'a Graph) -> Unmarshal<'a> {
        Unmarshal { vm, graph, done: HashMap::new() }
    }
    pub fn value(&mut self, r: ObjRef) -> PyResult<Value> {
        if let Some(v) = self.done.get(&r.index()) {
            return Ok(*v);
        }
        let vm = self.vm;
        vm.check_native_stack("")?;
        let v = match self.graph.get(r) {
            Node::Null => Value::unbound(),
            Node::None => Value::none(),
            Node::False => Value::bool(false),
            Node::True => Value::bool(true),
            Node::Ellipsis => Value::ellipsis(),
            Node::StopIteration => vm.exc_type(crate::types::exception::Exc::StopIteration).value(),
            Node::Int(i) => vm.int(i),
            Node::BigInt(b) => {
                let mut limbs = Vec::new();
                let (mut acc, mut bits) = (0u128, 0);
                for d in b.digits.chunks_exact(2) {
                    acc |= (u16::from_le_bytes([d[0], d[1]]) as u128) << bits;
                    bits += 15;
                    if bits >= 64 {
                        limbs.push(acc as u64);
                        acc >>= 64;
                        bits -= 64;
                    }
                }
                limbs.push(acc as u64);
                vm.int_limbs(b.negative, &limbs)
            }
            Node::Float(bits) => Value::float(f64::from_bits(bits)),
            Node::Complex(re, im) => {
                let args = [Value::float(f64::from_bits(re)), Value::float(f64::from_bits(im))];
                vm.call(vm.types().complex().value(), &args)?
            }
            Node::Bytes(b) => vm.heap.bytes(b).or_raise(vm)?.value(),
            Node::Str(s) => {
                let t = if s.ascii {
                    vm.heap.str_ascii(s.bytes).or_raise(vm)?
                } else {
                    crate::types::str_::from_wtf8(vm, pyc_text::wtf8::Wtf8::trusted(s.bytes))?
                };
                if s.interned { vm.intern_str(t).value() } else { t.value() }
            }
            Node::Tuple(items) => {
                let items = self.values(items)?;
                if items.is_empty() { vm.empty_tuple } else { vm.heap.tuple(&items).value() }
            }
            Node::List(items) => List::from_slice(vm, &self.values(items)?).value(),
            Node::Set(items) => crate::types::set::set_of(vm, &self.values(items)?)?,
            Node::FrozenSet(items) => crate::types::set::frozenset_of(vm, &self.values(items)?)?,
            Node::Dict(items) => {
                let d = crate::types::dict::Dict::new(vm);
                let items = self.values(items)?;
                for kv in items.chunks_exact(2) {
                    crate::types::dict::DictExt::set(d, vm, kv[0], kv[1])?;
                }
                d.value()
            }
            Node::Slice(s) => {
                let s = self.values(&s)?;
                crate::types::slice::new(vm, s[0], s[1], s[2])
            }
            Node::Code(c) => self.code(c)?,
        };
        self.done.insert(r.index(), v);
        Ok(v)
    }
    fn values(&mut self, refs: &[ObjRef]) -> PyResult<Vec<Value>> {
        refs.iter().map(|r| self.value(*r)).collect()
    }
    fn code(&mut self, c: &pyc::Code) -> PyResult<Value> {
        let mut o = Vec::with_capacity(10);
        for r in c.objects() {
            o.push(self.value(r)?);
        }
        // CPython interns names and constants that look like identifiers when it makes a code object.
        let names = self.vm.expect_tuple(o[2], "co_names")?;
        let interned: Vec<Value> =
            names.items().iter().map(|n| n.cast::<Str>().map_or(*n, |s| self.vm.intern_str(s).value())).collect();
        let names = self.vm.heap.tuple(&interned);
        Ok(self
            .vm
            .heap
            .alloc(Code {
                argcount: c.argcount,
                posonlyargcount: c.posonlyargcount,
                kwonlyargcount: c.kwonlyargcount,
                stacksize: c.stacksize,
                flags: c.flags,
                firstlineno: c.firstlineno,
                code: o[0].into(),
                consts: o[1].into(),
                names: names.into(),
                localsplusnames: o[3].into(),
                localspluskinds: o[4].into(),
                filename: o[5].into(),
                name: o[6].into(),
                qualname: o[7].into(),
                linetable: o[8].into(),
                exceptiontable: o[9].into(),
                entry: Entry(AtomicPtr::new(std::ptr::null_mut())),
            })
            .value())
    }
}

fn this(vm: &Vm, v: Value) -> PyResult<Gc<Code>> {
    vm.expect::<Code>(v, "descriptor receiver")
}
fn tuple_of(vm: &Vm, v: Value, bits: u8) -> PyResult<Value> {
    Ok(vm.heap.tuple(&this(vm, v)?.names_of_kind(bits)).value())
}
pub static CODE: TypeSpec = TypeSpec {
    name: "code",
    kind: Kind::Code,
    doc: "Create a code object.  Not for mere mortals.",
    slots: SlotTable {
        repr: Some(|vm, v| {
            let c = this(vm, v)?;
            Ok(vm.str(&format!(
                "<code object {} at {:#x}, file \"{}\", line {}>",
                vm.to_str(c.name.get())?.to_lossy(),
                v.address(),
                vm.to_str(c.filename.get())?.to_lossy(),
                c.firstlineno
            )))
        }),
        ..SlotTable::EMPTY
    },
    methods: &[method("co_positions", "($self, /)", positions), method("co_lines", "($self, /)", lines)],
    getset: &[
        get("co_argcount", |vm, v| Ok(vm.int(this(vm, v)?.argcount as i64))),
        get("co_posonlyargcount", |vm, v| Ok(vm.int(this(vm, v)?.posonlyargcount as i64))),
        get("co_kwonlyargcount", |vm, v| Ok(vm.int(this(vm, v)?.kwonlyargcount as i64))),
        get("co_nlocals", |vm, v| Ok(vm.int(pyc::localsplus_counts(&this(vm, v)?.kinds()).0 as i64))),
        get("co_stacksize", |vm, v| Ok(vm.int(this(vm, v)?.stacksize as i64))),
        get("co_flags", |vm, v| Ok(vm.int(this(vm, v)?.flags as i64))),
        get("co_code", |vm, v| Ok(this(vm, v)?.code.get())),
        get("_co_code_adaptive", |vm, v| Ok(this(vm, v)?.code.get())),
        get("co_consts", |vm, v| Ok(this(vm, v)?.consts.get())),
        get("co_names", |vm, v| Ok(this(vm, v)?.names.get())),
        get("co_varnames", |vm, v| tuple_of(vm, v, pyc::CO_FAST_LOCAL)),
        get("co_cellvars", |vm, v| tuple_of(vm, v, pyc::CO_FAST_CELL)),
        get("co_freevars", |vm, v| tuple_of(vm, v, pyc::CO_FAST_FREE)),
        get("co_filename", |vm, v| Ok(this(vm, v)?.filename.get())),
        get("co_name", |vm, v| Ok(this(vm, v)?.name.get())),
        get("co_qualname", |vm, v| Ok(this(vm, v)?.qualname.get())),
        get("co_firstlineno", |vm, v| Ok(vm.int(this(vm, v)?.firstlineno as i64))),
        get("co_linetable", |vm, v| Ok(this(vm, v)?.linetable.get())),
        get("co_exceptiontable", |vm, v| Ok(this(vm, v)?.exceptiontable.get())),
    ],
    ..TypeSpec::EMPTY
};
fn positions(vm: &Vm, c: Gc<Code>) -> PyResult<Value> {
    let table = vm.expect_bytes(c.linetable.get(), "co_linetable")?;
    let opt = |x: i32| if x < 0 { Value::none() } else { vm.int(x as i64) };
    let mut out = Vec::new();
    for p in pyc_format::linetable::positions(table.as_bytes(), c.firstlineno) {
        out.push(vm.heap.tuple(&[opt(p.lineno), opt(p.end_lineno), opt(p.col_offset), opt(p.end_col_offset)]).value());
    }
    vm.iter(List::from_slice(vm, &out).value())
}
fn lines(vm: &Vm, c: Gc<Code>) -> PyResult<Value> {
    let table = vm.expect_bytes(c.linetable.get(), "co_linetable")?;
    let mut out = Vec::new();
    for (a, b, line) in pyc_format::linetable::lines(table.as_bytes(), c.firstlineno) {
        let line = line.map_or(Value::none(), |l| vm.int(l as i64));
        out.push(vm.heap.tuple(&[vm.int(a as i64), vm.int(b as i64), line]).value());
    }
    vm.iter(List::from_slice(vm, &out).value())
}
