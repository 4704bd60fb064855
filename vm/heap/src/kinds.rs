//! Every kind of cell: one line a payload type of the whole project.
//!
//! Invariant: one kind, one Rust type (`Heap::register` refuses a second). A kind's number is also the shape of the exact
//! builtin type that has this payload, so new kinds may go anywhere in the list, which is not part of any format.
//! Second column: CPython's name of the type, for messages about cells whose class is not at hand.

use crate::cell::{HEADER, Header, Payload};
use crate::collect::Tracer;
use std::any::TypeId;

macro_rules! kinds { ($($name:ident $py:literal),* $(,)?) => {
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
    #[repr(u16)]
    pub enum Kind { $($name),* }
    impl Kind {
        pub const ALL: &'static [Kind] = &[$(Kind::$name),*];
        pub const COUNT: usize = Kind::ALL.len();
        pub const fn name(self) -> &'static str { match self { $(Kind::$name => $py),* } }
    }
} }
kinds! {
    // Words and singletons.
    Unbound "NULL", NoneType "NoneType", Bool "bool", Ellipsis "ellipsis", NotImplementedType "NotImplementedType",
    // Buffers: parts of objects, never seen by a program.
    SlotBuf "slots", ByteBuf "bytes buffer", StrBuf "text buffer", DictTable "dict keys", SetTable "set table",
    FrameBuf "frame", CacheRecord "inline cache",
    // Numbers, text, containers.
    Int "int", Float "float", Complex "complex", Str "str", Bytes "bytes", ByteArray "bytearray",
    MemoryView "memoryview", Tuple "tuple", List "list", Dict "dict", Set "set", FrozenSet "frozenset", Range "range",
    Slice "slice",
    // The object model.
    Object "object", Type "type", Function "function", Method "method", BuiltinFunction "builtin_function_or_method",
    MethodDescriptor "method_descriptor", WrapperDescriptor "wrapper_descriptor", MethodWrapper "method-wrapper",
    ClassMethodDescriptor "classmethod_descriptor", GetSetDescriptor "getset_descriptor",
    MemberDescriptor "member_descriptor", Property "property", ClassMethod "classmethod", StaticMethod "staticmethod",
    Super "super", Module "module", MappingProxy "mappingproxy", SimpleNamespace "types.SimpleNamespace",
    GenericAlias "types.GenericAlias", Union "typing.Union", Code "code", Frame "frame", FrameLocalsProxy "FrameLocalsProxy",
    Cell "cell", Generator "generator", Coroutine "coroutine", CoroutineWrapper "coroutine_wrapper",
    AsyncGenerator "async_generator", AsyncGenASend "async_generator_asend", AsyncGenAThrow "async_generator_athrow",
    AsyncGenWrappedValue "async_generator_wrapped_value", AnextAwaitable "anext_awaitable",
    Exception "BaseException", Traceback "traceback",
    Template "string.templatelib.Template", TemplateIter "string.templatelib.TemplateIter",
    Interpolation "string.templatelib.Interpolation",
    TypeVar "typing.TypeVar", ParamSpec "typing.ParamSpec", ParamSpecArgs "typing.ParamSpecArgs",
    ParamSpecKwargs "typing.ParamSpecKwargs", TypeVarTuple "typing.TypeVarTuple", TypeAliasType "typing.TypeAliasType",
    TypingGeneric "typing.Generic", NoDefaultType "NoDefaultType", GenericAliasIterator "generic_alias_iterator",
    ConstEvaluator "constevaluator",
    // Iterators and views.
    ListIterator "list_iterator", ListReverseIterator "list_reverseiterator", TupleIterator "tuple_iterator",
    StrIterator "str_iterator", BytesIterator "bytes_iterator", ByteArrayIterator "bytearray_iterator",
    RangeIterator "range_iterator", LongRangeIterator "longrange_iterator", MemoryViewIterator "memory_iterator",
    DictKeys "dict_keys", DictValues "dict_values", DictItems "dict_items",
    DictKeyIterator "dict_keyiterator", DictValueIterator "dict_valueiterator", DictItemIterator "dict_itemiterator",
    DictReverseKeyIterator "dict_reversekeyiterator", DictReverseValueIterator "dict_reversevalueiterator",
    DictReverseItemIterator "dict_reverseitemiterator", SetIterator "set_iterator", SeqIterator "iterator",
    CallableIterator "callable_iterator", Enumerate "enumerate", Reversed "reversed", Zip "zip", Map "map",
    Filter "filter",
    // Native modules.
    WeakRef "weakref.ReferenceType", WeakProxy "weakref.ProxyType", WeakCallableProxy "weakref.CallableProxyType",
    SrePattern "re.Pattern", SreMatch "re.Match", SreScanner "_sre.SRE_Scanner", SreMatchIterator "callable_iterator",
    SreTemplate "_sre.SRE_Template",
    AttrGetter "operator.attrgetter", ItemGetter "operator.itemgetter", MethodCaller "operator.methodcaller",
    ItertoolsCount "itertools.count", ItertoolsCycle "itertools.cycle", ItertoolsRepeat "itertools.repeat",
    ItertoolsChain "itertools.chain", ItertoolsAccumulate "itertools.accumulate", ItertoolsBatched "itertools.batched",
    ItertoolsCompress "itertools.compress", ItertoolsDropWhile "itertools.dropwhile", ItertoolsTakeWhile "itertools.takewhile",
    ItertoolsFilterFalse "itertools.filterfalse", ItertoolsGroupBy "itertools.groupby", ItertoolsGrouper "itertools._grouper",
    ItertoolsISlice "itertools.islice", ItertoolsPairwise "itertools.pairwise", ItertoolsStarMap "itertools.starmap",
    ItertoolsZipLongest "itertools.zip_longest", ItertoolsTee "itertools._tee", ItertoolsTeeLink "itertools._tee_dataobject",
    ItertoolsProduct "itertools.product", ItertoolsPermutations "itertools.permutations",
    ItertoolsCombinations "itertools.combinations", ItertoolsCombinationsR "itertools.combinations_with_replacement",
}

/// What the collector knows about a kind.
#[derive(Clone, Copy)]
pub struct KindInfo {
    pub(crate) type_id: Option<TypeId>,
    pub(crate) payload_bytes: u32,
    pub(crate) trace: unsafe fn(*const Header, &mut Tracer<'_>),
    pub(crate) tail_bytes: unsafe fn(*const Header) -> usize,
}

unsafe fn trace_cell<T: Payload>(h: *const Header, t: &mut Tracer<'_>) {
    // SAFETY: the caller read kind `T::KIND` from `h`.
    unsafe { (*((h as *const u8).add(HEADER) as *const T)).trace(t) }
}
unsafe fn tail_of<T: Payload>(h: *const Header) -> usize {
    // SAFETY: as above.
    unsafe { (*((h as *const u8).add(HEADER) as *const T)).tail_bytes() }
}
unsafe fn trace_nothing(_: *const Header, _: &mut Tracer<'_>) {}
unsafe fn no_tail(_: *const Header) -> usize {
    0
}

impl KindInfo {
    /// A kind without payload (singletons) or not yet registered.
    pub(crate) const EMPTY: KindInfo =
        KindInfo { type_id: None, payload_bytes: 0, trace: trace_nothing, tail_bytes: no_tail };
    pub(crate) fn of<T: Payload>() -> KindInfo {
        const { assert!(std::mem::align_of::<T>() <= 8, "payloads follow an 8-byte header") };
        KindInfo {
            type_id: Some(TypeId::of::<T>()),
            payload_bytes: std::mem::size_of::<T>().next_multiple_of(8) as u32,
            trace: trace_cell::<T>,
            tail_bytes: tail_of::<T>,
        }
    }
}
