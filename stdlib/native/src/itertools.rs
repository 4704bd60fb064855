//! itertools: iterators that make iterators.
//!
//! Invariant: an iterator keeps its sources in slots and its counters in atomics, so that two threads may ask it at once and
//! get items in some order; an exhausted one stays exhausted.

use bunpy_core::modules::ModuleSpec;
use bunpy_core::native::{Args, MethodDef, function, method, raw};
use bunpy_core::object::generic;
use bunpy_core::object::slots::{IterNext, SlotTable};
use bunpy_core::types::generic_alias;
use bunpy_core::types::list::{self, List};
use bunpy_core::types::type_::{Type, TypeSpec, flags};
use bunpy_core::{PyResult, Vm};
use bunpy_heap::{Gc, Heap, Kind, Payload, Slot, Tuple, Value, payload};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

payload! { pub struct Count: ItertoolsCount { next: Slot, step: Slot } }
payload! { pub struct Cycle: ItertoolsCycle { source: Slot, saved: Slot, pos: AtomicUsize } }
payload! { pub struct Repeat: ItertoolsRepeat { object: Slot, left: AtomicUsize } }
payload! { pub struct Chain: ItertoolsChain { sources: Slot, current: Slot } }
payload! { pub struct Accumulate: ItertoolsAccumulate { source: Slot, function: Slot, total: Slot, initial: Slot } }
payload! { pub struct Batched: ItertoolsBatched { source: Slot, n: usize, strict: bool } }
payload! { pub struct Compress: ItertoolsCompress { data: Slot, selectors: Slot } }
payload! { pub struct DropWhile: ItertoolsDropWhile { function: Slot, source: Slot, done: AtomicUsize } }
payload! { pub struct TakeWhile: ItertoolsTakeWhile { function: Slot, source: Slot, done: AtomicUsize } }
payload! { pub struct FilterFalse: ItertoolsFilterFalse { function: Slot, source: Slot } }
payload! { pub struct GroupBy: ItertoolsGroupBy { source: Slot, key: Slot, target: Slot, current: Slot, value: Slot, group: Slot } }
payload! { pub struct Grouper: ItertoolsGrouper { parent: Slot, target: Slot } }
payload! { pub struct ISlice: ItertoolsISlice { source: Slot, next: AtomicUsize, seen: AtomicUsize, stop: usize, step: usize } }
payload! { pub struct Pairwise: ItertoolsPairwise { source: Slot, previous: Slot } }
payload! { pub struct StarMap: ItertoolsStarMap { function: Slot, source: Slot } }
payload! { pub struct ZipLongest: ItertoolsZipLongest { sources: Slot, fill: Slot, active: AtomicUsize } }
payload! { pub struct Tee: ItertoolsTee { link: Slot } }
payload! { pub struct TeeLink: ItertoolsTeeLink { source: Slot, value: Slot, next: Slot } }
// Pools of items, and an index into its pool for each place of the next result.
payload! { pub struct Product: ItertoolsProduct { pools: Slot, indices: Slot, started: AtomicUsize } }
payload! { pub struct Permutations: ItertoolsPermutations { pool: Slot, indices: Slot, cycles: Slot, started: AtomicUsize } }
payload! { pub struct Combinations: ItertoolsCombinations { pool: Slot, indices: Slot, started: AtomicUsize } }
payload! { pub struct CombinationsR: ItertoolsCombinationsR { pool: Slot, indices: Slot, started: AtomicUsize } }

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "itertools",
    doc: "Functional tools for creating and using iterators.",
    functions: &[function("tee", "($module, iterable, n=2, /)", tee).doc("Returns a tuple of n independent iterators.")],
    types: &[
        &COUNT,
        &CYCLE,
        &REPEAT,
        &CHAIN,
        &ACCUMULATE,
        &BATCHED,
        &COMPRESS,
        &DROPWHILE,
        &TAKEWHILE,
        &FILTERFALSE,
        &GROUPBY,
        &ISLICE,
        &PAIRWISE,
        &STARMAP,
        &ZIP_LONGEST,
        &PRODUCT,
        &PERMUTATIONS,
        &COMBINATIONS,
        &COMBINATIONS_WITH_REPLACEMENT,
        &TEE,
    ],
    register,
    ..ModuleSpec::EMPTY
};

fn register(heap: &Heap) {
    heap.register::<Count>();
    heap.register::<Cycle>();
    heap.register::<Repeat>();
    heap.register::<Chain>();
    heap.register::<Accumulate>();
    heap.register::<Batched>();
    heap.register::<Compress>();
    heap.register::<DropWhile>();
    heap.register::<TakeWhile>();
    heap.register::<FilterFalse>();
    heap.register::<GroupBy>();
    heap.register::<Grouper>();
    heap.register::<ISlice>();
    heap.register::<Pairwise>();
    heap.register::<StarMap>();
    heap.register::<ZipLongest>();
    heap.register::<Tee>();
    heap.register::<TeeLink>();
    heap.register::<Product>();
    heap.register::<Permutations>();
    heap.register::<Combinations>();
    heap.register::<CombinationsR>();
}

/// A type whose objects are iterators.
const fn iterator(name: &'static str, kind: Kind, doc: &'static str, next: IterNext) -> TypeSpec {
    TypeSpec {
        name,
        kind,
        flags: flags::BASETYPE,
        doc,
        slots: SlotTable { iter: Some(generic::iter_self), iternext: Some(next), ..SlotTable::EMPTY },
        ..TypeSpec::EMPTY
    }
}

/// A new object of the class or a subclass.
fn object<T: Payload>(vm: &Vm, cls: Gc<Type>, payload: T) -> Value {
    vm.heap.alloc_shaped(cls.root_shape.load(Relaxed), payload).value()
}
fn this<T: Payload>(vm: &Vm, v: Value) -> PyResult<Gc<T>> {
    vm.expect::<T>(v, "self")
}
fn given(v: Option<Value>) -> Option<Value> {
    v.filter(|v| !v.is_none())
}

// ---- count, cycle, repeat

static COUNT: TypeSpec = TypeSpec {
    signature: "(start=0, step=1)",
    new: Some(method(
        "__new__",
        "($type, start=0, step=1)",
        |vm: &Vm, cls: Gc<Type>, start: Option<Value>, step: Option<Value>| -> PyResult<Value> {
            let (start, step) = (start.unwrap_or(Value::int(0)), step.unwrap_or(Value::int(1)));
            for v in [start, step] {
                let number = ["__index__", "__float__", "__complex__"]
                    .iter()
                    .any(|n| vm.lookup_special(v, vm.intern(n)).is_some());
                if !number {
                    return Err(vm.type_error("a number is required"));
                }
            }
            Ok(object(vm, cls, Count { next: start.into(), step: step.into() }))
        },
    )),
    slots: SlotTable {
        repr: Some(|vm, v| {
            let c = this::<Count>(vm, v)?;
            let next = vm.repr_text(c.next.get())?;
            Ok(vm.str(&match c.step.get() {
                s if s == Value::int(1) => format!("count({next})"),
                s => format!("count({next}, {})", vm.repr_text(s)?),
            }))
        }),
        ..COUNT_ITERATOR.slots
    },
    ..COUNT_ITERATOR
};
const COUNT_ITERATOR: TypeSpec = iterator(
    "itertools.count",
    Kind::ItertoolsCount,
    "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n        x = firstval\n        while 1:\n            yield x\n            x += step",
    |vm, v| {
        let c = this::<Count>(vm, v)?;
        let x = c.next.get();
        c.next.set(v, vm.add(x, c.step.get())?);
        Ok(Some(x))
    },
);

static CYCLE: TypeSpec = TypeSpec {
    signature: "(iterable, /)",
    new: Some(method("__new__", "($type, iterable, /)", |vm: &Vm, cls: Gc<Type>, x: Value| -> PyResult<Value> {
        let (source, saved) = (vm.iter(x)?, List::from_slice(vm, &[]));
        Ok(object(vm, cls, Cycle { source: source.into(), saved: saved.into(), pos: AtomicUsize::new(0) }))
    })),
    ..iterator(
        "itertools.cycle",
        Kind::ItertoolsCycle,
        "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.",
        |vm, v| {
            let c = this::<Cycle>(vm, v)?;
            let saved = vm.expect::<List>(c.saved.get(), "saved")?;
            if let Some(source) = c.source.bound() {
                if let Some(x) = vm.next(source)? {
                    list::append(vm, saved, x)?;
                    return Ok(Some(x));
                }
                c.source.set(v, Value::unbound());
            }
            let pos = c.pos.load(Relaxed);
            let at = if pos < saved.len() { pos } else { 0 };
            c.pos.store(at + 1, Relaxed);
            Ok(saved.get(at))
        },
    )
};

/// No count was given.
const FOREVER: usize = usize::MAX;

static REPEAT: TypeSpec = TypeSpec {
    new: Some(method(
        "__new__",
        "($type, object, times=0)",
        |vm: &Vm, cls: Gc<Type>, x: Value, times: Option<isize>| {
            let left = times.map_or(FOREVER, |t| t.max(0) as usize);
            object(vm, cls, Repeat { object: x.into(), left: AtomicUsize::new(left) })
        },
    )),
    methods: &[method("__length_hint__", "($self, /)", |vm: &Vm, r: Gc<Repeat>| match r.left.load(Relaxed) {
        FOREVER => Err(vm.type_error("len() of unsized object")),
        n => Ok(n),
    })
    .without_signature()],
    slots: SlotTable {
        repr: Some(|vm, v| {
            let r = this::<Repeat>(vm, v)?;
            let x = vm.repr_text(r.object.get())?;
            Ok(vm.str(&match r.left.load(Relaxed) {
                FOREVER => format!("repeat({x})"),
                n => format!("repeat({x}, {n})"),
            }))
        }),
        ..REPEAT_ITERATOR.slots
    },
    ..REPEAT_ITERATOR
};
const REPEAT_ITERATOR: TypeSpec = iterator(
    "itertools.repeat",
    Kind::ItertoolsRepeat,
    "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.",
    |vm, v| {
        let r = this::<Repeat>(vm, v)?;
        match r.left.load(Relaxed) {
            0 => return Ok(None),
            FOREVER => {}
            n => r.left.store(n - 1, Relaxed),
        }
        Ok(r.object.bound())
    },
);

// ---- chain, accumulate, batched, compress

static CHAIN: TypeSpec = TypeSpec {
    signature: "(*iterables)",
    new: Some(method(
        "__new__",
        "($type, *iterables)",
        |vm: &Vm, cls: Gc<Type>, iterables: Value| -> PyResult<Value> {
            Ok(object(vm, cls, Chain { sources: vm.iter(iterables)?.into(), current: Slot::unbound() }))
        },
    )),
    methods: CHAIN_METHODS,
    ..iterator(
        "itertools.chain",
        Kind::ItertoolsChain,
        "Return a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.",
        |vm, v| {
            let c = this::<Chain>(vm, v)?;
            loop {
                if let Some(current) = c.current.bound() {
                    if let Some(x) = vm.next(current)? {
                        return Ok(Some(x));
                    }
                    c.current.set(v, Value::unbound());
                }
                let Some(sources) = c.sources.bound() else { return Ok(None) };
                match vm.next(sources) {
                    Ok(Some(x)) => match vm.iter(x) {
                        Ok(it) => c.current.set(v, it),
                        Err(e) => {
                            c.sources.set(v, Value::unbound());
                            return Err(e);
                        }
                    },
                    end => {
                        c.sources.set(v, Value::unbound());
                        return end;
                    }
                }
            }
        },
    )
};
static CHAIN_METHODS: &[MethodDef] = &[
    method("from_iterable", "($type, iterable, /)", |vm: &Vm, cls: Gc<Type>, iterable: Value| -> PyResult<Value> {
        Ok(object(vm, cls, Chain { sources: vm.iter(iterable)?.into(), current: Slot::unbound() }))
    })
    .class_method()
    .doc("Alternative chain() constructor taking a single iterable argument that evaluates lazily."),
    raw("__class_getitem__", "($type, object, /)", generic_alias::class_getitem).class_method().doc("See PEP 585"),
];

static ACCUMULATE: TypeSpec = TypeSpec {
    signature: "(iterable, func=None, *, initial=None)",
    new: Some(method(
        "__new__",
        "($type, iterable, func=None, *, initial=None)",
        |vm: &Vm, cls: Gc<Type>, x: Value, f: Option<Value>, initial: Option<Value>| -> PyResult<Value> {
            let slot = |v: Option<Value>| given(v).map_or(Slot::unbound(), Slot::from);
            let a = Accumulate {
                source: vm.iter(x)?.into(),
                function: slot(f),
                total: Slot::unbound(),
                initial: slot(initial),
            };
            Ok(object(vm, cls, a))
        },
    )),
    ..iterator("itertools.accumulate", Kind::ItertoolsAccumulate, "Return series of accumulated sums.", |vm, v| {
        let a = this::<Accumulate>(vm, v)?;
        if let Some(initial) = a.initial.bound() {
            a.initial.set(v, Value::unbound());
            a.total.set(v, initial);
            return Ok(Some(initial));
        }
        let Some(x) = vm.next(a.source.get())? else { return Ok(None) };
        let total = match (a.total.bound(), a.function.bound()) {
            (None, _) => x,
            (Some(total), None) => vm.add(total, x)?,
            (Some(total), Some(f)) => vm.call(f, &[total, x])?,
        };
        a.total.set(v, total);
        Ok(Some(total))
    })
};

static BATCHED: TypeSpec = TypeSpec {
    signature: "(iterable, n, *, strict=False)",
    new: Some(method(
        "__new__",
        "($type, iterable, n, *, strict=False)",
        |vm: &Vm, cls: Gc<Type>, x: Value, n: isize, strict: Option<bool>| -> PyResult<Value> {
            if n < 1 {
                return Err(vm.value_error("n must be at least one"));
            }
            Ok(object(vm, cls, Batched { source: vm.iter(x)?.into(), n: n as usize, strict: strict.unwrap_or(false) }))
        },
    )),
    ..iterator(
        "itertools.batched",
        Kind::ItertoolsBatched,
        "Batch data into tuples of length n. The last batch may be shorter than n.\n\nLoops over the input iterable and accumulates data into tuples\nup to size n.  The input is consumed lazily, just enough to\nfill a batch.  The result is yielded as soon as a batch is full\nor when the input iterable is exhausted.\n\n    >>> for batch in batched('ABCDEFG', 3):\n    ...     print(batch)\n    ...\n    ('A', 'B', 'C')\n    ('D', 'E', 'F')\n    ('G',)\n\nIf \"strict\" is True, raises a ValueError if the final batch is shorter\nthan n.",
        |vm, v| {
            let b = this::<Batched>(vm, v)?;
            let Some(source) = b.source.bound() else { return Ok(None) };
            let mut items = Vec::new();
            while items.len() < b.n {
                match vm.next(source)? {
                    Some(x) => {
                        items.try_reserve(1).map_err(|_| vm.memory_error())?;
                        items.push(x);
                    }
                    None => {
                        b.source.set(v, Value::unbound());
                        break;
                    }
                }
            }
            if items.is_empty() {
                return Ok(None);
            }
            if b.strict && items.len() < b.n {
                return Err(vm.value_error("batched(): incomplete batch"));
            }
            Ok(Some(vm.heap.tuple(&items).value()))
        },
    )
};

static COMPRESS: TypeSpec = TypeSpec {
    signature: "(data, selectors)",
    new: Some(method(
        "__new__",
        "($type, data, selectors)",
        |vm: &Vm, cls: Gc<Type>, data: Value, selectors: Value| -> PyResult<Value> {
            Ok(object(vm, cls, Compress { data: vm.iter(data)?.into(), selectors: vm.iter(selectors)?.into() }))
        },
    )),
    ..iterator(
        "itertools.compress",
        Kind::ItertoolsCompress,
        "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.",
        |vm, v| {
            let c = this::<Compress>(vm, v)?;
            while let Some(x) = vm.next(c.data.get())? {
                let Some(selector) = vm.next(c.selectors.get())? else { return Ok(None) };
                if vm.is_true(selector)? {
                    return Ok(Some(x));
                }
            }
            Ok(None)
        },
    )
};

// ---- dropwhile, takewhile, filterfalse, starmap

static DROPWHILE: TypeSpec = TypeSpec {
    signature: "(predicate, iterable, /)",
    new: Some(method(
        "__new__",
        "($type, predicate, iterable, /)",
        |vm: &Vm, cls: Gc<Type>, f: Value, x: Value| -> PyResult<Value> {
            Ok(object(vm, cls, DropWhile { function: f.into(), source: vm.iter(x)?.into(), done: AtomicUsize::new(0) }))
        },
    )),
    ..iterator(
        "itertools.dropwhile",
        Kind::ItertoolsDropWhile,
        "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.",
        |vm, v| {
            let d = this::<DropWhile>(vm, v)?;
            while let Some(x) = vm.next(d.source.get())? {
                if d.done.load(Relaxed) == 1 || !vm.is_true(vm.call(d.function.get(), &[x])?)? {
                    d.done.store(1, Relaxed);
                    return Ok(Some(x));
                }
            }
            Ok(None)
        },
    )
};

static TAKEWHILE: TypeSpec = TypeSpec {
    signature: "(predicate, iterable, /)",
    new: Some(method(
        "__new__",
        "($type, predicate, iterable, /)",
        |vm: &Vm, cls: Gc<Type>, f: Value, x: Value| -> PyResult<Value> {
            Ok(object(vm, cls, TakeWhile { function: f.into(), source: vm.iter(x)?.into(), done: AtomicUsize::new(0) }))
        },
    )),
    ..iterator(
        "itertools.takewhile",
        Kind::ItertoolsTakeWhile,
        "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.",
        |vm, v| {
            let t = this::<TakeWhile>(vm, v)?;
            if t.done.load(Relaxed) == 1 {
                return Ok(None);
            }
            let Some(x) = vm.next(t.source.get())? else { return Ok(None) };
            if vm.is_true(vm.call(t.function.get(), &[x])?)? {
                return Ok(Some(x));
            }
            t.done.store(1, Relaxed);
            Ok(None)
        },
    )
};

static FILTERFALSE: TypeSpec = TypeSpec {
    signature: "(function, iterable, /)",
    new: Some(method(
        "__new__",
        "($type, function, iterable, /)",
        |vm: &Vm, cls: Gc<Type>, f: Value, x: Value| -> PyResult<Value> {
            Ok(object(vm, cls, FilterFalse { function: f.into(), source: vm.iter(x)?.into() }))
        },
    )),
    ..iterator(
        "itertools.filterfalse",
        Kind::ItertoolsFilterFalse,
        "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.",
        |vm, v| {
            let f = this::<FilterFalse>(vm, v)?;
            let function = f.function.get();
            while let Some(x) = vm.next(f.source.get())? {
                let answer = if function.is_none() { x } else { vm.call(function, &[x])? };
                if !vm.is_true(answer)? {
                    return Ok(Some(x));
                }
            }
            Ok(None)
        },
    )
};

static STARMAP: TypeSpec = TypeSpec {
    signature: "(function, iterable, /)",
    new: Some(method(
        "__new__",
        "($type, function, iterable, /)",
        |vm: &Vm, cls: Gc<Type>, f: Value, x: Value| -> PyResult<Value> {
            Ok(object(vm, cls, StarMap { function: f.into(), source: vm.iter(x)?.into() }))
        },
    )),
    ..iterator(
        "itertools.starmap",
        Kind::ItertoolsStarMap,
        "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.",
        |vm, v| {
            let s = this::<StarMap>(vm, v)?;
            let Some(x) = vm.next(s.source.get())? else { return Ok(None) };
            let args = match x.cast_exact::<Tuple>() {
                Some(t) => t,
                None => vm.tuple_from_iterable(x)?,
            };
            vm.call(s.function.get(), args.items()).map(Some)
        },
    )
};

// ---- groupby

static GROUPBY: TypeSpec = TypeSpec {
    signature: "(iterable, key=None)",
    new: Some(method(
        "__new__",
        "($type, iterable, key=None)",
        |vm: &Vm, cls: Gc<Type>, x: Value, key: Option<Value>| -> PyResult<Value> {
            let g = GroupBy {
                source: vm.iter(x)?.into(),
                key: given(key).map_or(Slot::unbound(), Slot::from),
                target: Slot::unbound(),
                current: Slot::unbound(),
                value: Slot::unbound(),
                group: Slot::unbound(),
            };
            Ok(object(vm, cls, g))
        },
    )),
    ..iterator(
        "itertools.groupby",
        Kind::ItertoolsGroupBy,
        "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.",
        |vm, v| {
            let g = this::<GroupBy>(vm, v)?;
            g.group.set(v, Value::unbound());
            // Skip what is left of the group before.
            loop {
                match (g.current.bound(), g.target.bound()) {
                    (None, _) => {}
                    (Some(_), None) => break,
                    (Some(current), Some(target)) => {
                        if !vm.is_equal(target, current)? {
                            break;
                        }
                    }
                }
                if !step(vm, g)? {
                    return Ok(None);
                }
            }
            let key = g.current.get();
            g.target.set(v, key);
            ensure_grouper(vm)?;
            let group = vm.heap.alloc(Grouper { parent: v.into(), target: key.into() }).value();
            g.group.set(v, group);
            Ok(Some(vm.heap.tuple(&[key, group]).value()))
        },
    )
};
static GROUPER: TypeSpec = iterator("itertools._grouper", Kind::ItertoolsGrouper, "", |vm, v| {
    let grouper = this::<Grouper>(vm, v)?;
    let g = this::<GroupBy>(vm, grouper.parent.get())?;
    if g.group.bound() != Some(v) {
        return Ok(None);
    }
    if g.value.bound().is_none() && !step(vm, g)? {
        return Ok(None);
    }
    let Some(current) = g.current.bound() else { return Ok(None) };
    if !vm.is_equal(grouper.target.get(), current)? {
        return Ok(None);
    }
    let value = g.value.bound();
    g.value.set(g.value(), Value::unbound());
    Ok(value)
});
fn ensure_grouper(vm: &Vm) -> PyResult<()> {
    bunpy_core::modules::ensure_type(vm, &GROUPER).map(|_| ())
}
/// Takes the next item and its key; false at the end.
fn step(vm: &Vm, g: Gc<GroupBy>) -> PyResult<bool> {
    let Some(x) = vm.next(g.source.get())? else { return Ok(false) };
    let key = match g.key.bound() {
        Some(f) => vm.call(f, &[x])?,
        None => x,
    };
    g.value.set(g.value(), x);
    g.current.set(g.value(), key);
    Ok(true)
}

// ---- islice, pairwise, zip_longest

static ISLICE: TypeSpec =
    TypeSpec { slots: SlotTable { new: Some(islice_new), ..ISLICE_ITERATOR.slots }, ..ISLICE_ITERATOR };
const ISLICE_ITERATOR: TypeSpec = iterator(
    "itertools.islice",
    Kind::ItertoolsISlice,
    "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.  If start is specified, will skip all preceding elements;\notherwise, start defaults to zero.  Step defaults to one.  If\nspecified as another value, step determines how many values are\nskipped between successive calls.  Works like a slice() on a list\nbut returns an iterator.",
    |vm, v| {
        let s = this::<ISlice>(vm, v)?;
        let Some(source) = s.source.bound() else { return Ok(None) };
        let (next, mut seen) = (s.next.load(Relaxed), s.seen.load(Relaxed));
        let end = || {
            s.source.set(v, Value::unbound());
            Ok(None)
        };
        while seen < next.min(s.stop) {
            if vm.next(source)?.is_none() {
                return end();
            }
            seen += 1;
            s.seen.store(seen, Relaxed);
        }
        if seen >= s.stop {
            return end();
        }
        let Some(x) = vm.next(source)? else { return end() };
        s.seen.store(seen + 1, Relaxed);
        s.next.store(next.saturating_add(s.step), Relaxed);
        Ok(Some(x))
    },
);
fn islice_new(vm: &Vm, cls: Gc<Type>, a: Args<'_>) -> PyResult<Value> {
    if a.n_kw() > 0 {
        return Err(vm.type_error("islice() takes no keyword arguments"));
    }
    let bound = |v: Value, text: &str| -> PyResult<Option<usize>> {
        if v.is_none() {
            return Ok(None);
        }
        match vm.index_as_isize(v) {
            Ok(n) if n >= 0 => Ok(Some(n as usize)),
            Ok(_) => Err(vm.value_error(text)),
            Err(_) => {
                vm.clear_pending();
                Err(vm.value_error(text))
            }
        }
    };
    const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const BOTH: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    let (x, start, stop, step) = match *a.positional() {
        [x, stop] => (x, None, bound(stop, STOP)?, None),
        [x, start, stop] => (x, bound(start, BOTH)?, bound(stop, BOTH)?, None),
        [x, start, stop, step] => {
            let (start, stop) = (bound(start, BOTH)?, bound(stop, BOTH)?);
            const STEP: &str = "Step for islice() must be a positive integer or None.";
            match bound(step, STEP)? {
                Some(0) => return Err(vm.value_error(STEP)),
                step => (x, start, stop, step),
            }
        }
        ref other => {
            let (word, limit) = if other.len() < 2 { ("least", 2) } else { ("most", 4) };
            return Err(vm.type_error(format!("islice expected at {word} {limit} arguments, got {}", other.len())));
        }
    };
    let source = vm.iter(x)?;
    let s = ISlice {
        source: source.into(),
        next: AtomicUsize::new(start.unwrap_or(0)),
        seen: AtomicUsize::new(0),
        stop: stop.unwrap_or(usize::MAX),
        step: step.unwrap_or(1),
    };
    Ok(object(vm, cls, s))
}

static PAIRWISE: TypeSpec = TypeSpec {
    signature: "(iterable, /)",
    new: Some(method("__new__", "($type, iterable, /)", |vm: &Vm, cls: Gc<Type>, x: Value| -> PyResult<Value> {
        Ok(object(vm, cls, Pairwise { source: vm.iter(x)?.into(), previous: Slot::unbound() }))
    })),
    ..iterator(
        "itertools.pairwise",
        Kind::ItertoolsPairwise,
        "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...",
        |vm, v| {
            let p = this::<Pairwise>(vm, v)?;
            let Some(source) = p.source.bound() else { return Ok(None) };
            let previous = match p.previous.bound() {
                Some(x) => Some(x),
                None => {
                    let first = vm.next(source)?;
                    if let Some(x) = first {
                        p.previous.set(v, x);
                    }
                    first
                }
            };
            let next = if previous.is_some() { vm.next(source)? } else { None };
            match (previous, next) {
                (Some(a), Some(b)) => {
                    p.previous.set(v, b);
                    Ok(Some(vm.heap.tuple(&[a, b]).value()))
                }
                _ => {
                    p.source.set(v, Value::unbound());
                    p.previous.set(v, Value::unbound());
                    Ok(None)
                }
            }
        },
    )
};

static ZIP_LONGEST: TypeSpec = TypeSpec {
    signature: "(*iterables, fillvalue=None)",
    new: Some(method(
        "__new__",
        "($type, *iterables, fillvalue=None)",
        |vm: &Vm, cls: Gc<Type>, iterables: Value, fill: Option<Value>| -> PyResult<Value> {
            let iterables = vm.expect_tuple(iterables, "iterables")?;
            let sources = iterables.items().iter().map(|&x| vm.iter(x)).collect::<PyResult<Vec<_>>>()?;
            let z = ZipLongest {
                sources: List::from_slice(vm, &sources).into(),
                fill: fill.unwrap_or(Value::none()).into(),
                active: AtomicUsize::new(sources.len()),
            };
            Ok(object(vm, cls, z))
        },
    )),
    ..iterator(
        "itertools.zip_longest",
        Kind::ItertoolsZipLongest,
        "Return a zip_longest object whose .__next__() method returns a tuple where\nthe i-th element comes from the i-th iterable argument.  The .__next__()\nmethod continues until the longest iterable in the argument sequence\nis exhausted and then it raises StopIteration.  When the shorter iterables\nare exhausted, the fillvalue is substituted in their place.  The fillvalue\ndefaults to None or can be specified by a keyword argument.",
        |vm, v| {
            let z = this::<ZipLongest>(vm, v)?;
            let sources = vm.expect::<List>(z.sources.get(), "sources")?;
            if z.active.load(Relaxed) == 0 {
                return Ok(None);
            }
            let mut items = Vec::with_capacity(sources.len());
            for (i, source) in sources.to_vec().into_iter().enumerate() {
                let next = if source.is_none() { None } else { vm.next(source)? };
                if next.is_none() && !source.is_none() {
                    list::store(sources, i, Value::none());
                    let left = z.active.load(Relaxed).saturating_sub(1);
                    z.active.store(left, Relaxed);
                    if left == 0 {
                        return Ok(None);
                    }
                }
                items.push(next.unwrap_or(z.fill.get()));
            }
            Ok(Some(vm.heap.tuple(&items).value()))
        },
    )
};

// ---- product, permutations, combinations

/// `0, 1, ..., n - 1` from `first`, as a list of ints.
fn indices(vm: &Vm, values: impl Iterator<Item = usize>) -> Value {
    let values: Vec<Value> = values.map(|i| Value::int(i as i64)).collect();
    List::from_slice(vm, &values).value()
}
fn index(l: Gc<List>, i: usize) -> usize {
    l.get(i).and_then(|v| v.as_int()).map_or(0, |i| i as usize)
}
fn set_index(l: Gc<List>, i: usize, to: usize) {
    list::store(l, i, Value::int(to as i64));
}
/// The items of `pool` that the indices name.
fn pick(vm: &Vm, pool: Gc<Tuple>, l: Gc<List>, r: usize) -> Value {
    let items: Vec<Value> = (0..r).filter_map(|i| pool.get(index(l, i))).collect();
    vm.heap.tuple(&items).value()
}
/// More results than anyone can wait for are refused where their state would not fit memory.
fn room(vm: &Vm, n: usize) -> PyResult<()> {
    Vec::<Value>::new().try_reserve_exact(n).map_err(|_| vm.memory_error())
}

static PRODUCT: TypeSpec = TypeSpec {
    signature: "(*iterables, repeat=1)",
    new: Some(method(
        "__new__",
        "($type, *iterables, repeat=1)",
        |vm: &Vm, cls: Gc<Type>, iterables: Value, repeat: Option<isize>| -> PyResult<Value> {
            let repeat = repeat.unwrap_or(1);
            if repeat < 0 {
                return Err(vm.value_error("repeat argument cannot be negative"));
            }
            let iterables = vm.expect_tuple(iterables, "iterables")?;
            let Some(n) = iterables.len().checked_mul(repeat as usize).filter(|n| *n <= isize::MAX as usize / 16)
            else {
                return Err(vm.overflow_error("repeat argument too large"));
            };
            let mut once = Vec::new();
            for x in iterables.items() {
                once.push(vm.tuple_from_iterable(*x)?.value());
            }
            room(vm, n)?;
            let pools: Vec<Value> = once.iter().copied().cycle().take(n).collect();
            let p = Product {
                pools: vm.heap.tuple(&pools).into(),
                indices: indices(vm, std::iter::repeat_n(0, n)).into(),
                started: AtomicUsize::new(0),
            };
            Ok(object(vm, cls, p))
        },
    )),
    ..iterator(
        "itertools.product",
        Kind::ItertoolsProduct,
        "Cartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).",
        |vm, v| {
            let p = this::<Product>(vm, v)?;
            let (Some(pools), Some(l)) = (p.pools.cast::<Tuple>(), p.indices.cast::<List>()) else { return Ok(None) };
            let pool = |i: usize| pools.get(i).and_then(|t| t.cast::<Tuple>());
            let mut more = true;
            if p.started.swap(1, Relaxed) == 0 {
                more = pools.items().iter().all(|t| t.cast::<Tuple>().is_some_and(|t| !t.is_empty()));
            } else {
                let mut i = pools.len();
                loop {
                    if i == 0 {
                        more = false;
                        break;
                    }
                    i -= 1;
                    let next = index(l, i) + 1;
                    if next < pool(i).map_or(0, |t| t.len()) {
                        set_index(l, i, next);
                        break;
                    }
                    set_index(l, i, 0);
                }
            }
            if !more {
                p.pools.set(v, Value::unbound());
                return Ok(None);
            }
            let items: Vec<Value> = (0..pools.len()).filter_map(|i| pool(i)?.get(index(l, i))).collect();
            Ok(Some(vm.heap.tuple(&items).value()))
        },
    )
};

static PERMUTATIONS: TypeSpec = TypeSpec {
    signature: "(iterable, r=None)",
    new: Some(method(
        "__new__",
        "($type, iterable, r=None)",
        |vm: &Vm, cls: Gc<Type>, x: Value, r: Option<Value>| -> PyResult<Value> {
            let pool = vm.tuple_from_iterable(x)?;
            let n = pool.len();
            let r = match given(r) {
                None => n,
                Some(r) => {
                    if r.as_int().is_none() && vm.int_as_i64(r).is_none() {
                        return Err(vm.type_error("Expected int as r"));
                    }
                    let r = vm.index_as_isize(r)?;
                    if r < 0 {
                        return Err(vm.value_error("r must be non-negative"));
                    }
                    r as usize
                }
            };
            let p = Permutations {
                pool: if r > n { Slot::unbound() } else { pool.into() },
                indices: indices(vm, 0..n).into(),
                cycles: indices(vm, (0..r.min(n)).map(|i| n - i)).into(),
                started: AtomicUsize::new(0),
            };
            Ok(object(vm, cls, p))
        },
    )),
    ..iterator(
        "itertools.permutations",
        Kind::ItertoolsPermutations,
        "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)",
        |vm, v| {
            let p = this::<Permutations>(vm, v)?;
            let (Some(pool), Some(l), Some(cycles)) =
                (p.pool.cast::<Tuple>(), p.indices.cast::<List>(), p.cycles.cast::<List>())
            else {
                return Ok(None);
            };
            let (n, r) = (pool.len(), cycles.len());
            if p.started.swap(1, Relaxed) == 0 {
                return Ok(Some(pick(vm, pool, l, r)));
            }
            for i in (0..r).rev() {
                let left = index(cycles, i) - 1;
                if left == 0 {
                    // The item at i goes to the end.
                    let first = index(l, i);
                    for j in i..n - 1 {
                        set_index(l, j, index(l, j + 1));
                    }
                    set_index(l, n - 1, first);
                    set_index(cycles, i, n - i);
                } else {
                    set_index(cycles, i, left);
                    let (a, b) = (index(l, i), index(l, n - left));
                    set_index(l, i, b);
                    set_index(l, n - left, a);
                    return Ok(Some(pick(vm, pool, l, r)));
                }
            }
            p.pool.set(v, Value::unbound());
            Ok(None)
        },
    )
};

fn chosen(vm: &Vm, r: isize) -> PyResult<usize> {
    if r < 0 { Err(vm.value_error("r must be non-negative")) } else { Ok(r as usize) }
}

static COMBINATIONS: TypeSpec = TypeSpec {
    signature: "(iterable, r)",
    new: Some(method(
        "__new__",
        "($type, iterable, r)",
        |vm: &Vm, cls: Gc<Type>, x: Value, r: isize| -> PyResult<Value> {
            let pool = vm.tuple_from_iterable(x)?;
            let r = chosen(vm, r)?;
            let c = Combinations {
                pool: if r > pool.len() { Slot::unbound() } else { pool.into() },
                indices: indices(vm, 0..r.min(pool.len())).into(),
                started: AtomicUsize::new(0),
            };
            Ok(object(vm, cls, c))
        },
    )),
    ..iterator(
        "itertools.combinations",
        Kind::ItertoolsCombinations,
        "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)",
        |vm, v| {
            let c = this::<Combinations>(vm, v)?;
            let (Some(pool), Some(l)) = (c.pool.cast::<Tuple>(), c.indices.cast::<List>()) else { return Ok(None) };
            let (n, r) = (pool.len(), l.len());
            if c.started.swap(1, Relaxed) == 1 {
                let Some(i) = (0..r).rev().find(|&i| index(l, i) != i + n - r) else {
                    c.pool.set(v, Value::unbound());
                    return Ok(None);
                };
                let base = index(l, i) + 1;
                for j in i..r {
                    set_index(l, j, base + j - i);
                }
            }
            Ok(Some(pick(vm, pool, l, r)))
        },
    )
};

static COMBINATIONS_WITH_REPLACEMENT: TypeSpec = TypeSpec {
    signature: "(iterable, r)",
    new: Some(method(
        "__new__",
        "($type, iterable, r)",
        |vm: &Vm, cls: Gc<Type>, x: Value, r: isize| -> PyResult<Value> {
            let pool = vm.tuple_from_iterable(x)?;
            let r = chosen(vm, r)?;
            room(vm, r)?;
            let c = CombinationsR {
                pool: if r > 0 && pool.is_empty() { Slot::unbound() } else { pool.into() },
                indices: indices(vm, std::iter::repeat_n(0, r)).into(),
                started: AtomicUsize::new(0),
            };
            Ok(object(vm, cls, c))
        },
    )),
    ..iterator(
        "itertools.combinations_with_replacement",
        Kind::ItertoolsCombinationsR,
        "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')",
        |vm, v| {
            let c = this::<CombinationsR>(vm, v)?;
            let (Some(pool), Some(l)) = (c.pool.cast::<Tuple>(), c.indices.cast::<List>()) else { return Ok(None) };
            let (n, r) = (pool.len(), l.len());
            if c.started.swap(1, Relaxed) == 1 {
                let Some(i) = (0..r).rev().find(|&i| index(l, i) + 1 != n) else {
                    c.pool.set(v, Value::unbound());
                    return Ok(None);
                };
                let next = index(l, i) + 1;
                for j in i..r {
                    set_index(l, j, next);
                }
            }
            Ok(Some(pick(vm, pool, l, r)))
        },
    )
};

// ---- tee: a chain of links, each holding an item once it was asked for; an iterator holds the link it stands at

static TEE: TypeSpec = TypeSpec {
    signature: "(iterable, /)",
    new: Some(method("__new__", "($type, iterable, /)", |vm: &Vm, cls: Gc<Type>, x: Value| -> PyResult<Value> {
        Ok(object(vm, cls, Tee { link: tee_link(vm, x)?.into() }))
    })),
    methods: &[method("__copy__", "($self, /)", |vm: &Vm, t: Gc<Tee>| {
        vm.heap.alloc(Tee { link: t.link.get().into() })
    })
    .without_signature()
    .doc("Returns an independent iterator.")],
    ..iterator("itertools._tee", Kind::ItertoolsTee, "Iterator wrapped to make it copyable.", |vm, v| {
        let t = this::<Tee>(vm, v)?;
        let link = this::<TeeLink>(vm, t.link.get())?;
        if link.value.bound().is_none() {
            let Some(source) = link.source.bound() else { return Ok(None) };
            let Some(x) = vm.next(source)? else { return Ok(None) };
            let next = vm.heap.alloc(TeeLink { source: source.into(), value: Slot::unbound(), next: Slot::unbound() });
            link.next.set(link.value(), next.value());
            link.value.set(link.value(), x);
        }
        t.link.set(v, link.next.get());
        Ok(link.value.bound())
    })
};
/// Where a new iterator over `x` starts: another tee's place, or a new chain.
fn tee_link(vm: &Vm, x: Value) -> PyResult<Value> {
    if let Some(t) = x.cast::<Tee>() {
        return Ok(t.link.get());
    }
    let source = vm.iter(x)?;
    Ok(vm.heap.alloc(TeeLink { source: source.into(), value: Slot::unbound(), next: Slot::unbound() }).value())
}
fn tee(vm: &Vm, x: Value, n: Option<isize>) -> PyResult<Value> {
    let n = n.unwrap_or(2);
    if n < 0 {
        return Err(vm.value_error("n must be >= 0"));
    }
    bunpy_core::modules::ensure_type(vm, &TEE)?;
    let link = tee_link(vm, x)?;
    room(vm, n as usize)?;
    let all: Vec<Value> = (0..n).map(|_| vm.heap.alloc(Tee { link: link.into() }).value()).collect();
    Ok(vm.heap.tuple(&all).value())
}
