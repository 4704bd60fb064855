//! Descriptors of builtin types: methods, slot wrappers, getsets, members, and what binds them.
//!
//! Invariant: a descriptor checks that its receiver is an instance of its owner before the native function sees it.

use crate::bind;
use crate::error::{PyResult, Raised};
use crate::native::{Args, Binding, GetSetDef, MethodDef, NativeFn, Params, get, method};
use crate::object::slotdefs::{self, SLOTDEFS, SlotDef};
use crate::object::slots::SlotTable;
use crate::types::dict::{Dict, DictExt};
use crate::types::exception::Exception;
use crate::types::function::{BuiltinFunction, DefRef, doc_of, new_builtin, signature_of};
use crate::types::type_::{Type, TypeSpec, flags};
use crate::vm::Vm;
use bunpy_heap::{Gc, Kind, Slot, Str, Trace, Tracer, Value, payload};

payload! { pub struct MethodDescriptor: MethodDescriptor { pub def: DefRef, pub owner: Slot } }
payload! { pub struct ClassMethodDescriptor: ClassMethodDescriptor { pub def: DefRef, pub owner: Slot } }
payload! {
    pub struct WrapperDescriptor: WrapperDescriptor {
        /// Row of `SLOTDEFS`.
        pub def: u32,
        pub owner: Slot,
    }
}
payload! { pub struct MethodWrapper: MethodWrapper { pub descr: Slot, pub receiver: Slot } }
payload! { pub struct GetSetDescriptor: GetSetDescriptor { pub def: GetSetRef, pub owner: Slot } }
payload! {
    pub struct MemberDescriptor: MemberDescriptor {
        pub owner: Slot,
        pub name: Slot,
        /// Attribute word, or `MEMBER_EXCEPTION` plus the index in an exception's `extra`.
        pub place: u32,
    }
}
pub const MEMBER_EXCEPTION: u32 = 1 << 16;
pub struct GetSetRef(pub &'static GetSetDef);
impl Trace for GetSetRef {
    fn trace(&self, _: &mut Tracer<'_>) {}
}
impl WrapperDescriptor {
    pub fn def(&self) -> &'static SlotDef {
        &SLOTDEFS[self.def as usize]
    }
}
/// The first row of a dunder name.
pub fn slotdef_index(name: &str) -> u32 {
    SLOTDEFS.iter().position(|d| d.name == name).unwrap_or(0) as u32
}

/// The descriptors of a builtin type's table.
pub fn add_spec_attributes(vm: &Vm, t: Gc<Type>, spec: &'static TypeSpec, dict: Gc<Dict>) -> PyResult<()> {
    for def in spec.methods {
        let d = match def.binding {
            Binding::Plain => vm.heap.alloc(MethodDescriptor { def: DefRef(def), owner: t.into() }).value(),
            Binding::Class => vm.heap.alloc(ClassMethodDescriptor { def: DefRef(def), owner: t.into() }).value(),
            Binding::Static => {
                let f = new_builtin(vm, def, Value::unbound(), Value::none());
                crate::types::property::new_static_method(vm, f)
            }
        };
        dict.set_str(vm, vm.intern(def.name), d)?;
    }
    for def in spec.getset {
        let d = vm.heap.alloc(GetSetDescriptor { def: GetSetRef(def), owner: t.into() });
        dict.set_str(vm, vm.intern(def.name), d.value())?;
    }
    if spec.new.is_some() {
        t.slots.new.set(Some(new_from_row));
    }
    if spec.init.is_some() {
        t.slots.init.set(Some(init_from_row));
    }
    if spec.new.is_some() || spec.slots.new.is_some() {
        let f = BuiltinFunction {
            def: DefRef(&NEW_WRAPPER),
            receiver: Slot::unbound(),
            module: Slot::new(Value::none()),
            new_type: t.into(),
        };
        dict.set_str(vm, vm.names.__new__, vm.heap.alloc(f).value())?;
    }
    if spec.init.is_some() {
        let w = vm.heap.alloc(WrapperDescriptor { def: slotdef_index("__init__"), owner: t.into() });
        dict.set_str(vm, vm.names.__init__, w.value())?;
    }
    if dict.get_str(vm, vm.names.__doc__).is_none() {
        let doc = if spec.doc.is_empty() { Value::none() } else { vm.str(spec.doc) };
        dict.set_str(vm, vm.names.__doc__, doc)?;
    }
    Ok(())
}

/// The table of the nearest builtin type with such a row.
fn row_of(t: Gc<Type>, pick: fn(&'static TypeSpec) -> Option<&'static MethodDef>) -> Option<&'static MethodDef> {
    let mut c = Some(t);
    while let Some(x) = c {
        if let Some(d) = pick(x.spec) {
            return Some(d);
        }
        c = x.base();
    }
    None
}
fn new_from_row(vm: &Vm, cls: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    match row_of(cls, |s| s.new.as_ref()) {
        Some(def) => bind::call_native(vm, &named(def, cls, vm), Some(cls.value()), args),
        None => Err(vm.type_error(format!("cannot create '{}' instances", vm.tp_name(cls)))),
    }
}
fn init_from_row(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<()> {
    match row_of(vm.type_of(v), |s| s.init.as_ref()) {
        Some(def) => bind::call_native(vm, &named(def, vm.type_of(v), vm), Some(v), args).map(drop),
        None => Ok(()),
    }
}
/// Argument errors of constructors name the type.
fn named(def: &'static MethodDef, cls: Gc<Type>, _vm: &Vm) -> MethodDef {
    let mut c = Some(cls);
    while let Some(x) = c {
        if !x.has(flags::HEAPTYPE) {
            let name = x.spec.name.rsplit('.').next().unwrap_or(x.spec.name);
            return MethodDef { name, ..*def };
        }
        c = x.base();
    }
    *def
}

static NEW_WRAPPER: MethodDef = MethodDef {
    name: "__new__",
    signature: "($type, *args, **kwargs)",
    params: Params {
        receiver: true,
        total: 3,
        positional_only: 0,
        positional: 0,
        required: 0,
        keyword_only: 0,
        keyword_required: 0,
        varargs: true,
        varkw: true,
    },
    binding: Binding::Plain,
    doc: "Create and return a new object.  See help(type) for accurate signature.",
    call: NativeFn::Raw(|vm, _| Err(vm.runtime_error("__new__ without its type"))),
};

/// `T.__new__(cls, ...)` from Python (`tp_new_wrapper`).
pub fn call_new_wrapper(vm: &Vm, t: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    let name = vm.tp_name(t);
    let Some((&first, rest)) = args.values.split_first().filter(|_| !args.positional().is_empty()) else {
        return Err(vm.type_error(format!("{name}.__new__(): not enough arguments")));
    };
    let Some(cls) = first.cast::<Type>() else {
        return Err(vm.type_error(format!("{name}.__new__(X): X is not a type object ({})", vm.type_name(first))));
    };
    let sub = vm.tp_name(cls);
    if !vm.is_subtype(cls, t) {
        return Err(vm.type_error(format!("{name}.__new__({sub}): {sub} is not a subtype of {name}")));
    }
    // The nearest builtin base decides how instances are laid out.
    let mut base = Some(cls);
    while let Some(b) = base.filter(|b| b.has(flags::HEAPTYPE)) {
        base = b.base();
    }
    if let Some(b) = base
        && b.slots.new.address() != t.slots.new.address()
        && b.kind() != t.kind()
    {
        return Err(vm.type_error(format!("{name}.__new__({sub}) is not safe, use {}.__new__()", vm.tp_name(b))));
    }
    match t.slots.new.get() {
        Some(f) => f(vm, cls, Args { values: rest, kwnames: args.kwnames }),
        None => Err(vm.type_error(format!("cannot create '{name}' instances"))),
    }
}

fn wrong_receiver(vm: &Vm, name: &str, owner: Gc<Type>, v: Value) -> Raised {
    vm.type_error(format!(
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        vm.tp_name(owner),
        vm.type_name(v)
    ))
}
fn owner_of(vm: &Vm, s: &Slot) -> Gc<Type> {
    s.cast::<Type>().unwrap_or(vm.types().object())
}
/// The receiver of a call through the type, checked.
pub fn check_receiver(vm: &Vm, name: &str, owner: Gc<Type>, args: Args<'_>) -> PyResult<Value> {
    match args.positional().first() {
        None => Err(vm.type_error(format!("unbound method {}.{name}() needs an argument", vm.tp_name(owner)))),
        Some(r) if vm.is_instance_of(*r, owner) => Ok(*r),
        Some(r) => Err(wrong_receiver(vm, name, owner, *r)),
    }
}

fn call_method_descriptor(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let d = vm.expect::<MethodDescriptor>(v, "self")?;
    check_receiver(vm, d.def.0.name, owner_of(vm, &d.owner), args)?;
    bind::call_native_with_self(vm, d.def.0, args)
}
fn get_method_descriptor(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let d = vm.expect::<MethodDescriptor>(v, "self")?;
    let Some(o) = obj else { return Ok(v) };
    let owner = owner_of(vm, &d.owner);
    if !vm.is_instance_of(o, owner) {
        return Err(wrong_receiver(vm, d.def.0.name, owner, o));
    }
    Ok(new_builtin(vm, d.def.0, o, Value::unbound()))
}
fn get_class_method(vm: &Vm, v: Value, obj: Option<Value>, owner: Option<Value>) -> PyResult<Value> {
    let d = vm.expect::<ClassMethodDescriptor>(v, "self")?;
    let cls = owner.or(obj.map(|o| vm.type_of(o).value())).unwrap_or(Value::none());
    let own = owner_of(vm, &d.owner);
    match cls.cast::<Type>() {
        Some(c) if vm.is_subtype(c, own) => Ok(new_builtin(vm, d.def.0, cls, Value::unbound())),
        Some(c) => Err(vm.type_error(format!(
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            d.def.0.name,
            vm.tp_name(own),
            vm.tp_name(c)
        ))),
        None => Err(vm.type_error(format!(
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            d.def.0.name,
            vm.tp_name(own),
            vm.type_name(cls)
        ))),
    }
}
fn call_class_method(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let d = vm.expect::<ClassMethodDescriptor>(v, "self")?;
    let Some(&cls) = args.positional().first() else {
        return Err(vm.type_error(format!("unbound method {}() needs an argument", d.def.0.name)));
    };
    get_class_method(vm, v, None, Some(cls))?;
    bind::call_native(vm, d.def.0, Some(cls), Args { values: &args.values[1..], kwnames: args.kwnames })
}
fn call_wrapper(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let d = vm.expect::<WrapperDescriptor>(v, "self")?;
    let owner = owner_of(vm, &d.owner);
    let Some(&r) = args.positional().first() else {
        return Err(vm.type_error(format!(
            "descriptor '{}' of '{}' object needs an argument",
            d.def().name,
            vm.tp_name(owner)
        )));
    };
    if !vm.is_instance_of(r, owner) {
        return Err(vm.type_error(format!(
            "descriptor '{}' requires a '{}' object but received a '{}'",
            d.def().name,
            vm.tp_name(owner),
            vm.type_name(r)
        )));
    }
    slotdefs::call_wrapper(vm, d, r, Args { values: &args.values[1..], kwnames: args.kwnames })
}
fn get_wrapper(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let d = vm.expect::<WrapperDescriptor>(v, "self")?;
    let Some(o) = obj else { return Ok(v) };
    let owner = owner_of(vm, &d.owner);
    if !vm.is_instance_of(o, owner) {
        return Err(wrong_receiver(vm, d.def().name, owner, o));
    }
    Ok(slotdefs::bind_wrapper(vm, d, o))
}
fn call_method_wrapper(vm: &Vm, v: Value, args: Args<'_>) -> PyResult<Value> {
    let w = vm.expect::<MethodWrapper>(v, "self")?;
    match w.descr.cast::<WrapperDescriptor>() {
        Some(d) => slotdefs::call_wrapper(vm, d, w.receiver.get(), args),
        None => Err(vm.runtime_error("method-wrapper without its descriptor")),
    }
}
fn get_getset(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let d = vm.expect::<GetSetDescriptor>(v, "self")?;
    let Some(o) = obj else { return Ok(v) };
    let owner = owner_of(vm, &d.owner);
    if !vm.is_instance_of(o, owner) {
        return Err(wrong_receiver(vm, d.def.0.name, owner, o));
    }
    (d.def.0.get)(vm, o)
}
fn set_getset(vm: &Vm, v: Value, obj: Value, x: Option<Value>) -> PyResult<()> {
    let d = vm.expect::<GetSetDescriptor>(v, "self")?;
    let owner = owner_of(vm, &d.owner);
    if !vm.is_instance_of(obj, owner) {
        return Err(wrong_receiver(vm, d.def.0.name, owner, obj));
    }
    match d.def.0.set {
        Some(f) => f(vm, obj, x),
        None => {
            let text = format!("attribute '{}' of '{}' objects is not writable", d.def.0.name, vm.tp_name(owner));
            Err(vm.attribute_error(obj, vm.intern(d.def.0.name), &text))
        }
    }
}
fn member_slot<'a>(vm: &Vm, d: Gc<MemberDescriptor>, obj: &'a Value) -> Option<&'a Slot> {
    if d.place >= MEMBER_EXCEPTION {
        return obj.payload::<Exception>()?.extra.get((d.place - MEMBER_EXCEPTION) as usize);
    }
    vm.heap.attrs(obj).get(d.place as usize)
}
fn get_member(vm: &Vm, v: Value, obj: Option<Value>, _: Option<Value>) -> PyResult<Value> {
    let d = vm.expect::<MemberDescriptor>(v, "self")?;
    let Some(o) = obj else { return Ok(v) };
    let name = vm.expect_str(d.name.get(), "name")?;
    if !vm.is_instance_of(o, owner_of(vm, &d.owner)) {
        return Err(wrong_receiver(vm, &name.to_lossy(), owner_of(vm, &d.owner), o));
    }
    match member_slot(vm, d, &o).and_then(Slot::bound) {
        Some(x) => Ok(x),
        None if d.place >= MEMBER_EXCEPTION => Ok(Value::none()),
        None => Err(vm.attribute_error_name(o, name)),
    }
}
fn set_member(vm: &Vm, v: Value, obj: Value, x: Option<Value>) -> PyResult<()> {
    let d = vm.expect::<MemberDescriptor>(v, "self")?;
    let name = vm.expect_str(d.name.get(), "name")?;
    if !vm.is_instance_of(obj, owner_of(vm, &d.owner)) {
        return Err(wrong_receiver(vm, &name.to_lossy(), owner_of(vm, &d.owner), obj));
    }
    match member_slot(vm, d, &obj) {
        Some(s) => {
            if x.is_none() && s.bound().is_none() && d.place < MEMBER_EXCEPTION {
                return Err(vm.attribute_error_name(obj, name));
            }
            s.set(obj, Value::or_unbound(x));
            Ok(())
        }
        None => Err(vm.attribute_error_name(obj, name)),
    }
}

// ---- what Python sees of descriptors

/// Name, owner and kind of any descriptor of this file.
fn about(v: Value) -> Option<(String, Value)> {
    Some(if let Some(d) = v.cast::<MethodDescriptor>() {
        (d.def.0.name.to_owned(), d.owner.get())
    } else if let Some(d) = v.cast::<ClassMethodDescriptor>() {
        (d.def.0.name.to_owned(), d.owner.get())
    } else if let Some(d) = v.cast::<WrapperDescriptor>() {
        (d.def().name.to_owned(), d.owner.get())
    } else if let Some(d) = v.cast::<GetSetDescriptor>() {
        (d.def.0.name.to_owned(), d.owner.get())
    } else if let Some(d) = v.cast::<MemberDescriptor>() {
        (d.name.cast::<Str>()?.to_lossy(), d.owner.get())
    } else {
        let w = v.cast::<MethodWrapper>()?;
        return about(w.descr.get());
    })
}
fn name(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(about(v).map_or(Value::none(), |(n, _)| vm.str(&n)))
}
fn qualname(vm: &Vm, v: Value) -> PyResult<Value> {
    let Some((n, o)) = about(v) else { return Ok(Value::none()) };
    let owner = owner_of(vm, &Slot::new(o));
    Ok(vm.str(&format!("{}.{n}", vm.to_str(owner.qualname.get())?.to_lossy())))
}
fn objclass(_: &Vm, v: Value) -> PyResult<Value> {
    Ok(about(v).map_or(Value::none(), |(_, o)| o))
}
fn doc(vm: &Vm, v: Value) -> PyResult<Value> {
    let text = |s: &'static str| if s.is_empty() { Value::none() } else { vm.str(s) };
    Ok(if let Some(d) = v.cast::<MethodDescriptor>() {
        doc_of(vm, d.def.0)
    } else if let Some(d) = v.cast::<ClassMethodDescriptor>() {
        doc_of(vm, d.def.0)
    } else if let Some(d) = v.cast::<WrapperDescriptor>() {
        text(d.def().doc)
    } else if let Some(d) = v.cast::<GetSetDescriptor>() {
        text(d.def.0.doc)
    } else if let Some(w) = v.cast::<MethodWrapper>() {
        return doc(vm, w.descr.get());
    } else {
        Value::none()
    })
}
fn text_signature(vm: &Vm, v: Value) -> PyResult<Value> {
    Ok(if let Some(d) = v.cast::<MethodDescriptor>() {
        signature_of(vm, d.def.0)
    } else if let Some(d) = v.cast::<ClassMethodDescriptor>() {
        signature_of(vm, d.def.0)
    } else if let Some(d) = v.cast::<WrapperDescriptor>() {
        vm.str(d.def().signature)
    } else if let Some(w) = v.cast::<MethodWrapper>() {
        return text_signature(vm, w.descr.get());
    } else {
        Value::none()
    })
}
fn repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let Some((n, o)) = about(v) else { return Ok(vm.str("<descriptor>")) };
    let owner = vm.tp_name(owner_of(vm, &Slot::new(o)));
    Ok(vm.str(&match v.kind() {
        Kind::WrapperDescriptor => format!("<slot wrapper '{n}' of '{owner}' objects>"),
        Kind::GetSetDescriptor => format!("<attribute '{n}' of '{owner}' objects>"),
        Kind::MemberDescriptor => format!("<member '{n}' of '{owner}' objects>"),
        Kind::MethodWrapper => {
            let r = v.cast::<MethodWrapper>().map_or(v, |w| w.receiver.get());
            format!("<method-wrapper '{n}' of {} object at {:#x}>", vm.type_name(r), r.address())
        }
        _ => format!("<method '{n}' of '{owner}' objects>"),
    }))
}
fn reduce(vm: &Vm, v: Value) -> PyResult<Value> {
    let (n, o) = about(v).unwrap_or((String::new(), Value::none()));
    let o = v.cast::<MethodWrapper>().map_or(o, |w| w.receiver.get());
    let getattr = vm.builtin("getattr").unwrap_or(Value::none());
    let args = vm.heap.tuple(&[o, vm.str(&n)]);
    Ok(vm.heap.tuple(&[getattr, args.value()]).value())
}
fn wrapper_hash(vm: &Vm, v: Value) -> PyResult<i64> {
    let w = vm.expect::<MethodWrapper>(v, "self")?;
    let h = crate::hash::pointer(w.receiver.get().address()) ^ crate::hash::pointer(w.descr.get().address());
    Ok(crate::hash::not_minus_one(h))
}
fn wrapper_compare(_: &Vm, a: Value, b: Value, op: crate::object::slots::Cmp) -> PyResult<Value> {
    use crate::object::slots::Cmp;
    let (Some(x), Some(y)) = (a.cast::<MethodWrapper>(), b.cast::<MethodWrapper>()) else {
        return Ok(Value::not_implemented());
    };
    let eq = x.descr.get() == y.descr.get() && x.receiver.get() == y.receiver.get();
    Ok(match op {
        Cmp::Eq => Value::bool(eq),
        Cmp::Ne => Value::bool(!eq),
        _ => Value::not_implemented(),
    })
}

const GETSET: &[GetSetDef] = &[
    get("__name__", name),
    get("__qualname__", qualname),
    get("__objclass__", objclass),
    get("__doc__", doc),
    get("__text_signature__", text_signature),
];
const PLAIN_GETSET: &[GetSetDef] =
    &[get("__name__", name), get("__qualname__", qualname), get("__objclass__", objclass), get("__doc__", doc)];
const REDUCE: &[MethodDef] = &[method("__reduce__", "($self, /)", reduce)];
pub static METHOD_DESCRIPTOR: TypeSpec = TypeSpec {
    name: "method_descriptor",
    kind: Kind::MethodDescriptor,
    flags: flags::METHOD_DESCRIPTOR,
    slots: SlotTable {
        repr: Some(repr),
        call: Some(call_method_descriptor),
        descr_get: Some(get_method_descriptor),
        ..SlotTable::EMPTY
    },
    methods: REDUCE,
    getset: GETSET,
    ..TypeSpec::EMPTY
};
pub static CLASS_METHOD_DESCRIPTOR: TypeSpec = TypeSpec {
    name: "classmethod_descriptor",
    kind: Kind::ClassMethodDescriptor,
    slots: SlotTable {
        repr: Some(repr),
        call: Some(call_class_method),
        descr_get: Some(get_class_method),
        ..SlotTable::EMPTY
    },
    getset: GETSET,
    ..TypeSpec::EMPTY
};
pub static WRAPPER_DESCRIPTOR: TypeSpec = TypeSpec {
    name: "wrapper_descriptor",
    kind: Kind::WrapperDescriptor,
    flags: flags::METHOD_DESCRIPTOR,
    slots: SlotTable { repr: Some(repr), call: Some(call_wrapper), descr_get: Some(get_wrapper), ..SlotTable::EMPTY },
    methods: REDUCE,
    getset: GETSET,
    ..TypeSpec::EMPTY
};
pub static METHOD_WRAPPER: TypeSpec = TypeSpec {
    name: "method-wrapper",
    kind: Kind::MethodWrapper,
    slots: SlotTable {
        repr: Some(repr),
        call: Some(call_method_wrapper),
        hash: Some(wrapper_hash),
        richcompare: Some(wrapper_compare),
        ..SlotTable::EMPTY
    },
    methods: REDUCE,
    getset: &[
        get("__name__", name),
        get("__qualname__", qualname),
        get("__objclass__", objclass),
        get("__doc__", doc),
        get("__text_signature__", text_signature),
        get("__self__", |_, v| Ok(v.cast::<MethodWrapper>().map_or(Value::none(), |w| w.receiver.get()))),
    ],
    ..TypeSpec::EMPTY
};
pub static GETSET_DESCRIPTOR: TypeSpec = TypeSpec {
    name: "getset_descriptor",
    kind: Kind::GetSetDescriptor,
    slots: SlotTable { repr: Some(repr), descr_get: Some(get_getset), descr_set: Some(set_getset), ..SlotTable::EMPTY },
    getset: PLAIN_GETSET,
    ..TypeSpec::EMPTY
};
pub static MEMBER_DESCRIPTOR: TypeSpec = TypeSpec {
    name: "member_descriptor",
    kind: Kind::MemberDescriptor,
    slots: SlotTable { repr: Some(repr), descr_get: Some(get_member), descr_set: Some(set_member), ..SlotTable::EMPTY },
    methods: REDUCE,
    getset: PLAIN_GETSET,
    ..TypeSpec::EMPTY
};
