//! How a machine comes to be: payloads, `object` and `type`, the other types, exceptions, builtins, sys.
//!
//! Invariant: every type is made from its table in an order in which its base exists; afterwards `Vm::type_for` works for
//! every kind of this crate. A new builtin type adds one row to `TYPES`.

use crate::error::PyResult;
use crate::modules::{self, builtins::BUILTINS, sys::SYS};
use crate::types::dict::DictExt;
use crate::types::type_::{Type, TypeSpec};
use crate::types::*;
use crate::vm::{Settings, Vm};
use bunpy_heap::{Heap, Kind, Value};

/// The builtin types: table, base (`None` for object), and whether `builtins` shows it.
static TYPES: &[(&TypeSpec, Option<Kind>, bool)] = &[
    (&int::INT, None, true),
    (&int::BOOL, Some(Kind::Int), true),
    (&float::FLOAT, None, true),
    (&complex::COMPLEX, None, true),
    (&str_::STR, None, true),
    (&bytes::BYTES, None, true),
    (&tuple::TUPLE, None, true),
    (&list::LIST, None, true),
    (&dict_type::DICT, None, true),
    (&dict_type::DICT_KEYS, None, false),
    (&dict_type::DICT_VALUES, None, false),
    (&dict_type::DICT_ITEMS, None, false),
    (&dict_type::DICT_KEY_ITERATOR, None, false),
    (&dict_type::DICT_VALUE_ITERATOR, None, false),
    (&dict_type::DICT_ITEM_ITERATOR, None, false),
    (&dict_type::DICT_REVERSE_KEY_ITERATOR, None, false),
    (&set::SET, None, true),
    (&set::FROZENSET, None, true),
    (&set::SET_ITERATOR, None, false),
    (&range::RANGE, None, true),
    (&range::RANGE_ITERATOR, None, false),
    (&range::LONG_RANGE_ITERATOR, None, false),
    (&slice::SLICE, None, true),
    (&singletons::NONE_TYPE, None, false),
    (&singletons::ELLIPSIS, None, false),
    (&singletons::NOT_IMPLEMENTED, None, false),
    (&function::FUNCTION, None, false),
    (&function::METHOD, None, false),
    (&function::BUILTIN_FUNCTION, None, false),
    (&descr::METHOD_DESCRIPTOR, None, false),
    (&descr::CLASS_METHOD_DESCRIPTOR, None, false),
    (&descr::WRAPPER_DESCRIPTOR, None, false),
    (&descr::METHOD_WRAPPER, None, false),
    (&descr::GETSET_DESCRIPTOR, None, false),
    (&descr::MEMBER_DESCRIPTOR, None, false),
    (&property::PROPERTY, None, true),
    (&property::STATIC_METHOD, None, true),
    (&property::CLASS_METHOD, None, true),
    (&property::SUPER, None, true),
    (&property::MAPPING_PROXY, None, false),
    (&module::MODULE, None, false),
    (&cell::CELL, None, false),
    (&code::CODE, None, false),
    (&frame::FRAME, None, false),
    (&traceback::TRACEBACK, None, false),
    (&generator::GENERATOR, None, false),
    (&generator::COROUTINE, None, false),
    (&generator::ASYNC_GENERATOR, None, false),
    (&async_gen::ASYNC_GEN_ASEND, None, false),
    (&async_gen::ANEXT_AWAITABLE, None, false),
    (&generator::COROUTINE_WRAPPER, None, false),
    (&generic_alias::GENERIC_ALIAS, None, false),
    (&iter::LIST_ITERATOR, None, false),
    (&iter::LIST_REVERSE_ITERATOR, None, false),
    (&iter::TUPLE_ITERATOR, None, false),
    (&iter::STR_ITERATOR, None, false),
    (&iter::BYTES_ITERATOR, None, false),
    (&iter::SEQ_ITERATOR, None, false),
    (&iter::CALLABLE_ITERATOR, None, false),
    (&iter::ENUMERATE, None, true),
    (&iter::REVERSED, None, true),
    (&iter::ZIP, None, true),
    (&iter::MAP, None, true),
    (&iter::FILTER, None, true),
];

/// The payloads of this crate; one line a file.
fn register_payloads(heap: &Heap) {
    macro_rules! all { ($($t:ty),* $(,)?) => { $(heap.register::<$t>();)* } }
    all!(
        type_::Type,
        object::Object,
        dict::Dict,
        dict_type::DictKeys,
        dict_type::DictValues,
        dict_type::DictItems,
        dict_type::DictKeyIterator,
        dict_type::DictValueIterator,
        dict_type::DictItemIterator,
        dict_type::DictReverseKeyIterator,
        list::List,
        set::Set,
        set::FrozenSet,
        set::SetIterator,
        float::FloatObject,
        complex::Complex,
        range::Range,
        range::RangeIterator,
        range::LongRangeIterator,
        slice::SliceObject,
        function::Function,
        function::Method,
        function::BuiltinFunction,
        descr::MethodDescriptor,
        descr::ClassMethodDescriptor,
        descr::WrapperDescriptor,
        descr::MethodWrapper,
        descr::GetSetDescriptor,
        descr::MemberDescriptor,
        property::Property,
        property::StaticMethod,
        property::ClassMethod,
        property::Super,
        property::MappingProxy,
        module::Module,
        cell::Cell,
        code::Code,
        frame::Frame,
        traceback::Traceback,
        generator::Generator,
        generator::Coroutine,
        generator::AsyncGenerator,
        generator::CoroutineWrapper,
        generic_alias::GenericAlias,
        async_gen::AsyncGenWrappedValue,
        async_gen::AsyncGenASend,
        async_gen::AnextAwaitable,
        exception::Exception,
        iter::ListIterator,
        iter::ListReverseIterator,
        iter::TupleIterator,
        iter::StrIterator,
        iter::BytesIterator,
        iter::SeqIterator,
        iter::CallableIterator,
        iter::Enumerate,
        iter::Reversed,
        iter::Zip,
        iter::Map,
        iter::Filter,
    );
}

impl Vm {
    /// A new machine. `None` where address space or memory is too short even for the smallest heap.
    pub fn new(settings: Settings) -> Option<Box<Vm>> {
        let heap = Heap::new()?;
        register_payloads(&heap);
        let vm = Box::new(Vm::with_heap(heap, settings));
        vm.init_native_limit();
        boot(&vm).ok()?;
        Some(vm)
    }
}

fn boot(vm: &Vm) -> PyResult<()> {
    let bare = |spec: &'static TypeSpec| {
        let name = vm.intern(spec.name).value();
        vm.heap.alloc(Type::new(name, spec.kind, spec.flags | type_::flags::IMMUTABLE, spec))
    };
    let (object, type_) = (bare(&object::OBJECT), bare(&type_methods::TYPE));
    for (t, k) in [(object, Kind::Object), (type_, Kind::Type)] {
        vm.heap.entry(k as u32).class.set(Value::none(), t.value());
    }
    vm.finish_builtin_type(object, &object::OBJECT, None)?;
    vm.finish_builtin_type(type_, &type_methods::TYPE, Some(object))?;
    let show = |name: &str, v: Value| vm.builtins.set_text(vm, name, v);
    show("object", object.value())?;
    show("type", type_.value())?;
    for (spec, base, shown) in TYPES {
        let base = base.map_or(object, |k| vm.type_for(k));
        let t = vm.new_builtin_type(spec, Some(base))?;
        if *shown {
            show(spec.name, t.value())?;
        }
    }
    exception::boot(vm)?;
    for e in exception::Exc::ALL {
        show(e.name(), vm.exc_type(*e).value())?;
    }
    let os_error = vm.exc_type(exception::Exc::OSError).value();
    show("EnvironmentError", os_error)?;
    show("IOError", os_error)?;
    for (name, v) in [
        ("None", Value::none()),
        ("True", Value::bool(true)),
        ("False", Value::bool(false)),
        ("Ellipsis", Value::ellipsis()),
        ("NotImplemented", Value::not_implemented()),
        ("__debug__", Value::bool(vm.settings.optimize == 0)),
    ] {
        show(name, v)?;
    }
    let m = module::new(vm, "builtins")?;
    for (k, v) in module::dict_of(m.value()).map_or_else(Vec::new, |d| d.items()) {
        vm.builtins.set(vm, k, v)?;
    }
    m.dict.set(m, vm.builtins.value());
    modules::fill(vm, &BUILTINS, m.value(), vm.builtins)?;
    vm.modules.set_text(vm, "builtins", m.value())?;
    vm.add_modules(&[&BUILTINS, &SYS]);
    modules::create(vm, &SYS)?;
    exception_group::boot(vm)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_and_calls() {
        let vm = Vm::new(Settings::default()).expect("a machine");
        let list = vm.call(vm.types().list().value(), &[vm.str("ab")]).expect("list('ab')");
        assert_eq!(vm.repr_text(list).expect("repr"), "['a', 'b']");
        vm.call_method(list, "append", &[Value::float(0.5)]).expect("append");
        assert_eq!(vm.repr_text(list).expect("repr"), "['a', 'b', 0.5]");
        assert!(vm.call_method(list, "append", &[]).is_err());
        let e = vm.take_pending().expect("an exception");
        assert_eq!(vm.repr_text(e).expect("repr"), "TypeError('list.append() takes exactly one argument (0 given)')");
        let big = vm.power(Value::int(3), Value::int(100), Value::none()).expect("3 ** 100");
        assert_eq!(vm.repr_text(big).expect("repr"), "515377520732011331036461129765621272702107522001");
        let d = vm.call_kw(vm.types().dict().value(), &[], &[("a", Value::int(1)), ("b", list)]).expect("dict");
        assert_eq!(vm.repr_text(d).expect("repr"), "{'a': 1, 'b': ['a', 'b', 0.5]}");
        vm.collect();
        assert!(vm.heap.live_bytes() > 0);
    }
}
