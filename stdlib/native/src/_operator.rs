//! _operator: the operators as functions, and the getters.
//!
//! Invariant: a getter's names and keys are a tuple made once; attribute names are interned then.

use bunpy_core::modules::ModuleSpec;
use bunpy_core::native::{Args, MethodDef, function, raw};
use bunpy_core::object::slots::{Cmp, SlotTable};
use bunpy_core::types::dict::{Dict, DictExt};
use bunpy_core::types::type_::TypeSpec;
use bunpy_core::{PyResult, Vm};
use bunpy_heap::{Gc, Heap, Kind, Slot, Str, Tuple, Value, payload};
use pyc_format::opcode::BinaryOp::{self, *};

payload! { pub struct AttrGetter: AttrGetter { names: Slot } }
payload! { pub struct ItemGetter: ItemGetter { keys: Slot } }
payload! { pub struct MethodCaller: MethodCaller { name: Slot, args: Slot, kwargs: Slot } }

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "_operator",
    doc: "Operator interface.\n\nThis module exports a set of functions implemented in C corresponding\nto the intrinsic operators of Python.  For example, operator.add(x, y)\nis equivalent to the expression x+y.",
    functions: FUNCTIONS,
    types: &[&ATTRGETTER, &ITEMGETTER, &METHODCALLER],
    register: |heap: &Heap| {
        heap.register::<AttrGetter>();
        heap.register::<ItemGetter>();
        heap.register::<MethodCaller>();
    },
    ..ModuleSpec::EMPTY
};

const A: &str = "($module, a, /)";
const AB: &str = "($module, a, b, /)";

/// `name`: the same as a BINARY_OP.
macro_rules! binary {
    ($name:literal, $op:ident, $doc:literal) => {
        function($name, AB, |vm: &Vm, a: Value, b: Value| vm.binary(a, b, BinaryOp::$op)).doc($doc)
    };
}
macro_rules! comparison {
    ($name:literal, $op:ident, $doc:literal) => {
        function($name, AB, |vm: &Vm, a: Value, b: Value| vm.compare(a, b, Cmp::$op)).doc($doc)
    };
}

static FUNCTIONS: &[MethodDef] = &[
    function("truth", A, |vm: &Vm, a: Value| vm.is_true(a)).doc("Return True if a is true, False otherwise."),
    function("contains", AB, |vm: &Vm, a: Value, b: Value| vm.contains(a, b)).doc("Same as b in a (note reversed operands)."),
    function("indexOf", AB, index_of).doc("Return the first index of b in a."),
    function("countOf", AB, count_of).doc("Return the number of items in a which are, or which equal, b."),
    function("is_", AB, |_: &Vm, a: Value, b: Value| a == b).doc("Same as a is b."),
    function("is_not", AB, |_: &Vm, a: Value, b: Value| a != b).doc("Same as a is not b."),
    function("is_none", A, |_: &Vm, a: Value| a.is_none()).doc("Same as a is None."),
    function("is_not_none", A, |_: &Vm, a: Value| !a.is_none()).doc("Same as a is not None."),
    binary!("add", NB_ADD, "Same as a + b."),
    binary!("sub", NB_SUBTRACT, "Same as a - b."),
    binary!("mul", NB_MULTIPLY, "Same as a * b."),
    binary!("matmul", NB_MATRIX_MULTIPLY, "Same as a @ b."),
    binary!("floordiv", NB_FLOOR_DIVIDE, "Same as a // b."),
    binary!("truediv", NB_TRUE_DIVIDE, "Same as a / b."),
    binary!("mod", NB_REMAINDER, "Same as a % b."),
    binary!("pow", NB_POWER, "Same as a ** b."),
    binary!("lshift", NB_LSHIFT, "Same as a << b."),
    binary!("rshift", NB_RSHIFT, "Same as a >> b."),
    binary!("and_", NB_AND, "Same as a & b."),
    binary!("xor", NB_XOR, "Same as a ^ b."),
    binary!("or_", NB_OR, "Same as a | b."),
    binary!("iadd", NB_INPLACE_ADD, "Same as a += b."),
    binary!("isub", NB_INPLACE_SUBTRACT, "Same as a -= b."),
    binary!("imul", NB_INPLACE_MULTIPLY, "Same as a *= b."),
    binary!("imatmul", NB_INPLACE_MATRIX_MULTIPLY, "Same as a @= b."),
    binary!("ifloordiv", NB_INPLACE_FLOOR_DIVIDE, "Same as a //= b."),
    binary!("itruediv", NB_INPLACE_TRUE_DIVIDE, "Same as a /= b."),
    binary!("imod", NB_INPLACE_REMAINDER, "Same as a %= b."),
    binary!("ipow", NB_INPLACE_POWER, "Same as a **= b."),
    binary!("ilshift", NB_INPLACE_LSHIFT, "Same as a <<= b."),
    binary!("irshift", NB_INPLACE_RSHIFT, "Same as a >>= b."),
    binary!("iand", NB_INPLACE_AND, "Same as a &= b."),
    binary!("ixor", NB_INPLACE_XOR, "Same as a ^= b."),
    binary!("ior", NB_INPLACE_OR, "Same as a |= b."),
    function("neg", A, |vm: &Vm, a: Value| vm.negative(a)).doc("Same as -a."),
    function("pos", A, |vm: &Vm, a: Value| vm.positive(a)).doc("Same as +a."),
    function("inv", A, |vm: &Vm, a: Value| vm.invert(a)).doc("Same as ~a."),
    function("invert", A, |vm: &Vm, a: Value| vm.invert(a)).doc("Same as ~a."),
    function("not_", A, |vm: &Vm, a: Value| vm.is_true(a).map(|t| !t)).doc("Same as not a."),
    function("abs", A, |vm: &Vm, a: Value| match vm.lookup_special(a, vm.intern("__abs__")) {
        Some(f) => vm.call_bound(f, a, Args::NONE),
        None => Err(vm.type_error(format!("bad operand type for abs(): '{}'", vm.type_name(a)))),
    })
    .doc("Same as abs(a)."),
    function("index", A, |vm: &Vm, a: Value| vm.index(a)).doc("Same as a.__index__()"),
    function("concat", AB, |vm: &Vm, a: Value, b: Value| concat(vm, a, b, NB_ADD)).doc("Same as a + b, for a and b sequences."),
    function("iconcat", AB, |vm: &Vm, a: Value, b: Value| concat(vm, a, b, NB_INPLACE_ADD))
        .doc("Same as a += b, for a and b sequences."),
    function("getitem", AB, |vm: &Vm, a: Value, b: Value| vm.get_item(a, b)).doc("Same as a[b]."),
    function("setitem", "($module, a, b, c, /)", |vm: &Vm, a: Value, b: Value, c: Value| vm.set_item(a, b, c))
        .doc("Same as a[b] = c."),
    function("delitem", AB, |vm: &Vm, a: Value, b: Value| vm.del_item(a, b)).doc("Same as del a[b]."),
    comparison!("lt", Lt, "Same as a < b."),
    comparison!("le", Le, "Same as a <= b."),
    comparison!("eq", Eq, "Same as a == b."),
    comparison!("ne", Ne, "Same as a != b."),
    comparison!("gt", Gt, "Same as a > b."),
    comparison!("ge", Ge, "Same as a >= b."),
    function("length_hint", "($module, obj, default=0, /)", |vm: &Vm, x: Value, default: Option<isize>| {
        vm.length_hint(x, default.unwrap_or(0).max(0) as usize)
    })
    .doc("Return an estimate of the number of items in obj.\n\nThis is useful for presizing containers when building from an iterable.\n\nIf the object supports len(), the result will be exact.\nOtherwise, it may over- or under-estimate by an arbitrary amount."),
    raw("call", "($module, obj, /, *args, **kwargs)", |vm, args| match args.values.split_first() {
        Some((f, rest)) if !args.positional().is_empty() => vm.call_args(*f, Args { values: rest, kwnames: args.kwnames }),
        _ => Err(vm.type_error("call expected at least 1 argument, got 0")),
    })
    .doc("Same as obj(*args, **kwargs)."),
    function("_compare_digest", AB, compare_digest).doc("Return 'a == b'."),
];

fn index_of(vm: &Vm, a: Value, b: Value) -> PyResult<isize> {
    let it = vm.iter(a)?;
    let mut i = 0;
    while let Some(x) = vm.next(it)? {
        if vm.is_equal(x, b)? {
            return Ok(i);
        }
        i += 1;
    }
    Err(vm.value_error("sequence.index(x): x not in sequence"))
}

fn count_of(vm: &Vm, a: Value, b: Value) -> PyResult<isize> {
    let it = vm.iter(a)?;
    let mut n = 0;
    while let Some(x) = vm.next(it)? {
        n += isize::from(vm.is_equal(x, b)?);
    }
    Ok(n)
}

fn concat(vm: &Vm, a: Value, b: Value, op: BinaryOp) -> PyResult<Value> {
    if !vm.is_sequence(a) {
        return Err(vm.type_error(format!("'{}' object can't be concatenated", vm.type_name(a))));
    }
    vm.binary(a, b, op)
}

/// Compares in time that depends on the lengths alone.
fn compare_digest(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
    let data = |v: Value| -> PyResult<Vec<u8>> {
        match v.cast::<Str>() {
            Some(s) => match s.as_ascii() {
                Some(text) => Ok(text.into()),
                None => Err(vm.type_error("comparing strings with non-ASCII characters is not supported")),
            },
            None => vm.bytes_like(v),
        }
    };
    if a.cast::<Str>().is_some() != b.cast::<Str>().is_some() {
        let (ta, tb) = (vm.type_name(a), vm.type_name(b));
        return Err(vm.type_error(format!("unsupported operand types(s) or combination of types: '{ta}' and '{tb}'")));
    }
    let (x, y) = (data(a)?, data(b)?);
    let differ = x.iter().zip(&y).fold(u8::from(x.len() != y.len()), |acc, (p, q)| acc | (p ^ q));
    Ok(differ == 0)
}

// ---- attrgetter, itemgetter, methodcaller

static ATTRGETTER: TypeSpec = TypeSpec {
    name: "operator.attrgetter",
    kind: Kind::AttrGetter,
    doc: "Return a callable object that fetches the given attribute(s) from its operand.\n\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last).",
    signature: "(attr, /, *attrs)",
    slots: SlotTable {
        new: Some(|vm, _, a| {
            positional_only(vm, a, "attrgetter")?;
            for v in a.positional() {
                if v.cast::<Str>().is_none() {
                    return Err(vm.type_error("attribute name must be a string"));
                }
            }
            at_least_one(vm, a, "attrgetter")?;
            Ok(vm.heap.alloc(AttrGetter { names: vm.heap.tuple(a.positional()).into() }).value())
        }),
        call: Some(|vm, v, a| {
            let names = vm.expect_tuple(vm.expect::<AttrGetter>(v, "self")?.names.get(), "names")?;
            let x = operand(vm, a, "attrgetter")?;
            results(vm, names, |name| {
                let name = vm.expect_str(name, "attribute name")?;
                let text = bunpy_core::types::str_::wtf8(name).into_bytes();
                let mut x = x;
                for part in text.split(|&b| b == b'.') {
                    let part = bunpy_core::types::str_::from_wtf8(vm, pyc_text::Wtf8::trusted(part))?;
                    x = vm.get_attr(x, vm.intern_str(part))?;
                }
                Ok(x)
            })
        }),
        repr: Some(|vm, v| repr(vm, v, "operator.attrgetter", vm.expect::<AttrGetter>(v, "self")?.names.get())),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};

static ITEMGETTER: TypeSpec = TypeSpec {
    name: "operator.itemgetter",
    kind: Kind::ItemGetter,
    doc: "Return a callable object that fetches the given item(s) from its operand.\n\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
    signature: "(item, /, *items)",
    slots: SlotTable {
        new: Some(|vm, _, a| {
            positional_only(vm, a, "itemgetter")?;
            at_least_one(vm, a, "itemgetter")?;
            Ok(vm.heap.alloc(ItemGetter { keys: vm.heap.tuple(a.positional()).into() }).value())
        }),
        call: Some(|vm, v, a| {
            let keys = vm.expect_tuple(vm.expect::<ItemGetter>(v, "self")?.keys.get(), "keys")?;
            let x = operand(vm, a, "itemgetter")?;
            results(vm, keys, |key| vm.get_item(x, key))
        }),
        repr: Some(|vm, v| repr(vm, v, "operator.itemgetter", vm.expect::<ItemGetter>(v, "self")?.keys.get())),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};

static METHODCALLER: TypeSpec = TypeSpec {
    name: "operator.methodcaller",
    kind: Kind::MethodCaller,
    doc: "Return a callable object that calls the given method on its operand.\n\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1).",
    signature: "(name, /, *args, **kwargs)",
    slots: SlotTable {
        new: Some(|vm, _, a| {
            let Some((&name, args)) = a.positional().split_first() else {
                return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
            };
            let Some(name) = name.cast::<Str>() else { return Err(vm.type_error("method name must be a string")) };
            let kwargs = Dict::new(vm);
            for (k, v) in a.keywords() {
                kwargs.set(vm, k, v)?;
            }
            let (name, args) = (vm.intern_str(name), vm.heap.tuple(args));
            Ok(vm.heap.alloc(MethodCaller { name: name.into(), args: args.into(), kwargs: kwargs.into() }).value())
        }),
        call: Some(|vm, v, a| {
            let m = vm.expect::<MethodCaller>(v, "self")?;
            let x = operand(vm, a, "methodcaller")?;
            let f = vm.get_attr(x, vm.expect_str(m.name.get(), "name")?)?;
            let mut values = vm.expect_tuple(m.args.get(), "args")?.items().to_vec();
            let kwargs = vm.expect_dict(m.kwargs.get(), "kwargs")?;
            let mut names = Vec::new();
            for (k, value) in kwargs.items() {
                names.push(k);
                values.push(value);
            }
            let kwnames = if names.is_empty() { None } else { Some(vm.heap.tuple(&names)) };
            vm.call_args(f, Args { values: &values, kwnames })
        }),
        repr: Some(|vm, v| {
            let m = vm.expect::<MethodCaller>(v, "self")?;
            let mut parts = vec![vm.repr_text(m.name.get())?];
            for x in vm.expect_tuple(m.args.get(), "args")?.items() {
                parts.push(vm.repr_text(*x)?);
            }
            for (k, x) in vm.expect_dict(m.kwargs.get(), "kwargs")?.items() {
                parts.push(format!("{}={}", vm.expect_str(k, "name")?.to_lossy(), vm.repr_text(x)?));
            }
            Ok(vm.str(&format!("operator.methodcaller({})", parts.join(", "))))
        }),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};

fn positional_only(vm: &Vm, a: Args<'_>, name: &str) -> PyResult<()> {
    if a.n_kw() > 0 { Err(vm.type_error(format!("{name}() takes no keyword arguments"))) } else { Ok(()) }
}
fn at_least_one(vm: &Vm, a: Args<'_>, name: &str) -> PyResult<()> {
    if a.positional().is_empty() { Err(vm.type_error(format!("{name} expected 1 argument, got 0"))) } else { Ok(()) }
}
/// The one argument of a getter's call.
fn operand(vm: &Vm, a: Args<'_>, name: &str) -> PyResult<Value> {
    positional_only(vm, a, name)?;
    match *a.positional() {
        [x] => Ok(x),
        ref other => Err(vm.type_error(format!("{name} expected 1 argument, got {}", other.len()))),
    }
}
/// One result, or a tuple of several.
fn results(vm: &Vm, keys: Gc<Tuple>, mut f: impl FnMut(Value) -> PyResult<Value>) -> PyResult<Value> {
    match keys.items() {
        [key] => f(*key),
        keys => {
            let values = keys.iter().map(|&k| f(k)).collect::<PyResult<Vec<_>>>()?;
            Ok(vm.heap.tuple(&values).value())
        }
    }
}
fn repr(vm: &Vm, v: Value, name: &str, args: Value) -> PyResult<Value> {
    let text = vm.repr_guarded(v, || {
        let parts =
            vm.expect_tuple(args, "args")?.items().iter().map(|x| vm.repr_text(*x)).collect::<PyResult<Vec<_>>>()?;
        Ok(format!("{name}({})", parts.join(", ")))
    })?;
    Ok(vm.str(&text.unwrap_or_else(|| format!("{name}(...)"))))
}
