//! _sre: compiled regular expressions, their matches, and what `re._compiler` asks about characters.
//!
//! Invariant: a string is borrowed by the machine only while no Python runs; positions are characters (bytes of a bytes
//! object), -1 where a group took no part. Programs are kept by the machine's extension table, a pattern holds its number.

use bunpy_core::modules::{ModuleSpec, ensure_type};
use bunpy_core::native::{MethodDef, function, get, method, raw};
use bunpy_core::object::generic;
use bunpy_core::object::slots::{Cmp, SlotTable};
use bunpy_core::types::bytes;
use bunpy_core::types::dict::{Dict, DictExt};
use bunpy_core::types::generic_alias;
use bunpy_core::types::list::{self, List};
use bunpy_core::types::type_::TypeSpec;
use bunpy_core::{OrRaise, PyResult, Vm, import};
use bunpy_heap::{Bytes, Gc, Heap, Kind, Slot, Str, StrData, Tuple, Value, payload};
use bunpy_std_sre::charset::Fold;
use bunpy_std_sre::{CODESIZE, Groups, MAGIC, MAXGROUPS, MAXREPEAT, Machine, Program, Request, Stop};
use std::any::TypeId;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

payload! { pub struct Pattern: SrePattern {
    pattern: Slot, flags: i64, program: usize, groups: usize, groupindex: Slot, indexgroup: Slot, is_bytes: bool
} }
payload! { pub struct Match: SreMatch {
    re: Slot, string: Slot, regs: Slot, pos: usize, endpos: usize, lastindex: usize
} }
payload! { pub struct Scanner: SreScanner { pattern: Slot, string: Slot, pos: AtomicUsize, endpos: usize, advance: AtomicUsize } }
payload! { pub struct MatchIterator: SreMatchIterator { scanner: Slot } }
payload! { pub struct Template: SreTemplate { literal: Slot, chunks: Slot } }

pub static MODULE: ModuleSpec = ModuleSpec {
    name: "_sre",
    functions: &[
        function("compile", "($module, /, pattern, flags, code, groups, groupindex, indexgroup)", compile),
        function("template", "($module, pattern, template, /)", template)
            .doc("\n\n  template\n    A list containing interleaved literal strings (str or bytes) and group\n    indices (int), as returned by re._parser.parse_template():\n        literal1, group1, ..., literalN, groupN"),
        function("getcodesize", "($module, /)", |_: &Vm| i64::from(CODESIZE)),
        function("ascii_iscased", "($module, character, /)", |_: &Vm, c: i32| {
            u8::try_from(c).is_ok_and(|b| b.is_ascii_alphabetic())
        }),
        function("unicode_iscased", "($module, character, /)", |_: &Vm, c: i32| {
            let c = c as u32;
            Fold::Unicode.lower(c) != c || Fold::Unicode.upper(c) != c
        }),
        function("ascii_tolower", "($module, character, /)", |_: &Vm, c: i32| i64::from(Fold::Ascii.lower(c as u32))),
        function("unicode_tolower", "($module, character, /)", |_: &Vm, c: i32| i64::from(Fold::Unicode.lower(c as u32))),
    ],
    register: |heap: &Heap| {
        heap.register::<Pattern>();
        heap.register::<Match>();
        heap.register::<Scanner>();
        heap.register::<MatchIterator>();
        heap.register::<Template>();
    },
    init: |vm, d| {
        for (name, value) in [("MAGIC", MAGIC), ("CODESIZE", CODESIZE), ("MAXREPEAT", MAXREPEAT), ("MAXGROUPS", MAXGROUPS)] {
            d.set_text(vm, name, vm.int(i64::from(value)))?;
        }
        for spec in [&PATTERN, &MATCH, &SCANNER, &MATCH_ITERATOR, &TEMPLATE] {
            ensure_type(vm, spec)?;
        }
        Ok(())
    },
    ..ModuleSpec::EMPTY
};

/// Every program of a machine. A pattern names one by number; equal patterns are cached above, by `re`.
struct Programs(Vec<Rc<Program>>);

fn keep(vm: &Vm, program: Program) -> usize {
    let mut all = vm.extensions.borrow_mut();
    let entry = all.entry(TypeId::of::<Programs>()).or_insert_with(|| Box::new(Programs(Vec::new())));
    match entry.downcast_mut::<Programs>() {
        Some(programs) => {
            programs.0.push(Rc::new(program));
            programs.0.len() - 1
        }
        None => usize::MAX,
    }
}

fn program(vm: &Vm, p: Gc<Pattern>) -> PyResult<Rc<Program>> {
    let all = vm.extensions.borrow();
    let programs = all.get(&TypeId::of::<Programs>()).and_then(|e| e.downcast_ref::<Programs>());
    let found = programs.and_then(|list| list.0.get(p.program)).cloned();
    drop(all);
    found.ok_or_else(|| vm.runtime_error("pattern without a program"))
}

fn compile(
    vm: &Vm,
    pattern: Value,
    flags: i64,
    code: Gc<List>,
    groups: isize,
    groupindex: Gc<Dict>,
    indexgroup: Gc<Tuple>,
) -> PyResult<Value> {
    let mut words = Vec::with_capacity(code.len());
    for v in code.to_vec() {
        match vm.int_as_i64(v).and_then(|w| u32::try_from(w).ok()) {
            Some(word) => words.push(word),
            None => return Err(vm.overflow_error("regular expression code size limit exceeded")),
        }
    }
    let program = u32::try_from(groups).ok().and_then(|groups| Program::new(&words, groups).ok());
    let Some(program) = program else { return Err(vm.runtime_error("invalid SRE code")) };
    let is_bytes = !pattern.is_none() && pattern.cast::<Str>().is_none();
    let p = Pattern {
        pattern: pattern.into(),
        flags,
        program: keep(vm, program),
        groups: groups as usize,
        groupindex: groupindex.into(),
        indexgroup: indexgroup.into(),
        is_bytes,
    };
    Ok(vm.heap.alloc(p).value())
}

// ---- subjects: what is searched

/// The text that is searched, of one width or another.
enum Subject {
    Text(Gc<Str>),
    Bytes(Gc<Bytes>),
    /// Another bytes-like object, copied.
    Copied(Vec<u8>),
}

impl Subject {
    fn new(vm: &Vm, p: Gc<Pattern>, v: Value) -> PyResult<Subject> {
        let subject = if let Some(s) = v.cast::<Str>() {
            Subject::Text(s)
        } else if let Some(b) = v.cast::<Bytes>() {
            Subject::Bytes(b)
        } else {
            match bunpy_core::types::buffer::bytes_of(vm, v)? {
                Some(data) => Subject::Copied(data),
                None => {
                    let name = vm.type_name(v);
                    return Err(vm.type_error(format!("expected string or bytes-like object, got '{name}'")));
                }
            }
        };
        let text = matches!(subject, Subject::Text(_));
        if !p.pattern.get().is_none() && text == p.is_bytes {
            return Err(vm.type_error(if text {
                "cannot use a bytes pattern on a string-like object"
            } else {
                "cannot use a string pattern on a bytes-like object"
            }));
        }
        Ok(subject)
    }

    fn len(&self) -> usize {
        match self {
            Subject::Text(s) => s.len(),
            Subject::Bytes(b) => b.len(),
            Subject::Copied(data) => data.len(),
        }
    }

    fn slice(&self, vm: &Vm, from: usize, to: usize) -> PyResult<Value> {
        let to = to.min(self.len());
        let from = from.min(to);
        match self {
            Subject::Text(s) if from == 0 && to == s.len() && vm.type_of(s.value()) == vm.types().str() => {
                Ok(s.value())
            }
            Subject::Text(s) => Ok(vm.heap.substr(*s, from, to).or_raise(vm)?.value()),
            Subject::Bytes(b) => bytes::new_bytes(vm, &b.as_bytes()[from..to]),
            Subject::Copied(data) => bytes::new_bytes(vm, &data[from..to]),
        }
    }

    fn empty(&self, vm: &Vm) -> PyResult<Value> {
        if matches!(self, Subject::Text(_)) { Ok(vm.empty_str.value()) } else { bytes::new_bytes(vm, &[]) }
    }

    fn run(&self, vm: &Vm, program: &Program, at: At, mode: Mode) -> PyResult<Option<Groups>> {
        let mut poll = || false;
        let whole = mode == Mode::FullMatch;
        let mut request =
            Request { pos: at.pos, endpos: at.endpos, whole, must_advance: at.must_advance, poll: &mut poll };
        let mut machine = Machine::new(program);
        macro_rules! on {
            ($text:expr) => {
                if mode == Mode::Search {
                    machine.search($text, &mut request)
                } else {
                    machine.match_($text, &mut request)
                }
            };
        }
        let result = match self {
            Subject::Text(s) => match s.data() {
                StrData::Ascii(t) | StrData::Latin1(t) => on!(t),
                StrData::Ucs2(t) => on!(t),
                StrData::Ucs4(t) => on!(t),
            },
            Subject::Bytes(b) => on!(b.as_bytes()),
            Subject::Copied(data) => on!(data.as_slice()),
        };
        result.map_err(|stop| match stop {
            Stop::Memory => vm.memory_error(),
            Stop::Interrupted => vm.runtime_error("interrupted"),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Match,
    FullMatch,
    Search,
}

#[derive(Clone, Copy)]
struct At {
    pos: usize,
    endpos: usize,
    must_advance: bool,
}

/// `pos` and `endpos` brought into the string.
fn bounds(len: usize, pos: Option<isize>, endpos: Option<isize>) -> At {
    let clamp = |v: isize| usize::try_from(v).unwrap_or(0).min(len);
    At { pos: pos.map_or(0, clamp), endpos: endpos.map_or(len, clamp), must_advance: false }
}

fn new_match(vm: &Vm, p: Gc<Pattern>, string: Value, at: (usize, usize), groups: &Groups) -> Value {
    let span = |s: &Option<(usize, usize)>| {
        let (a, b) = s.map_or((-1, -1), |(a, b)| (a as i64, b as i64));
        vm.heap.tuple(&[Value::int(a), Value::int(b)]).value()
    };
    let regs: Vec<Value> = groups.spans.iter().map(span).collect();
    let m = Match {
        re: p.into(),
        string: string.into(),
        regs: vm.heap.tuple(&regs).into(),
        pos: at.0,
        endpos: at.1,
        lastindex: groups.lastindex.unwrap_or(0),
    };
    vm.heap.alloc(m).value()
}

fn one(
    vm: &Vm,
    p: Gc<Pattern>,
    string: Value,
    pos: Option<isize>,
    endpos: Option<isize>,
    mode: Mode,
) -> PyResult<Value> {
    let subject = Subject::new(vm, p, string)?;
    let at = bounds(subject.len(), pos, endpos);
    let found = subject.run(vm, &*program(vm, p)?, at, mode)?;
    Ok(found.map_or(Value::none(), |g| new_match(vm, p, string, (at.pos, at.endpos), &g)))
}

/// Every match in turn, empty ones beside others included, as `finditer` gives them.
fn each(
    vm: &Vm,
    subject: &Subject,
    program: &Program,
    mut at: At,
    mut f: impl FnMut(Groups) -> PyResult<bool>,
) -> PyResult<()> {
    while at.pos <= at.endpos {
        let Some(groups) = subject.run(vm, program, at, Mode::Search)? else { return Ok(()) };
        let Some(Some((start, end))) = groups.spans.first().copied() else { return Ok(()) };
        at.must_advance = start == end;
        at.pos = end;
        if !f(groups)? {
            return Ok(());
        }
    }
    Ok(())
}

// ---- Pattern

static PATTERN: TypeSpec = TypeSpec {
    name: "re.Pattern",
    kind: Kind::SrePattern,
    doc: "Compiled regular expression object.",
    methods: PATTERN_METHODS,
    getset: &[
        get("pattern", |vm, v| Ok(vm.expect::<Pattern>(v, "self")?.pattern.get())),
        get("flags", |vm, v| Ok(vm.int(vm.expect::<Pattern>(v, "self")?.flags))),
        get("groups", |vm, v| Ok(vm.int(vm.expect::<Pattern>(v, "self")?.groups as i64))),
        get("groupindex", |vm, v| {
            let index = vm.expect::<Pattern>(v, "self")?.groupindex.get();
            vm.call(vm.get_attr_text(import::import_module(vm, "types")?, "MappingProxyType")?, &[index])
        }),
    ],
    slots: SlotTable {
        repr: Some(pattern_repr),
        hash: Some(|vm, v| {
            let p = vm.expect::<Pattern>(v, "self")?;
            Ok(vm.hash(p.pattern.get())? ^ p.flags ^ (p.groups as i64) << 16)
        }),
        richcompare: Some(|vm, a, b, op| {
            let (Some(p), Some(q), Cmp::Eq | Cmp::Ne) = (a.cast::<Pattern>(), b.cast::<Pattern>(), op) else {
                return Ok(Value::not_implemented());
            };
            let same = p == q
                || p.flags == q.flags && p.is_bytes == q.is_bytes && vm.is_equal(p.pattern.get(), q.pattern.get())?;
            Ok(Value::bool(same == (op == Cmp::Eq)))
        }),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};

const SUBJECT: &str = "($self, /, string, pos=0, endpos=sys.maxsize)";
type Bound = Option<isize>;

static PATTERN_METHODS: &[MethodDef] = &[
    method("match", SUBJECT, |vm: &Vm, p: Gc<Pattern>, s: Value, pos: Bound, end: Bound| one(vm, p, s, pos, end, Mode::Match))
        .doc("Matches zero or more characters at the beginning of the string."),
    method("fullmatch", SUBJECT, |vm: &Vm, p: Gc<Pattern>, s: Value, pos: Bound, end: Bound| {
        one(vm, p, s, pos, end, Mode::FullMatch)
    })
    .doc("Matches against all of the string."),
    method("search", SUBJECT, |vm: &Vm, p: Gc<Pattern>, s: Value, pos: Bound, end: Bound| one(vm, p, s, pos, end, Mode::Search))
        .doc("Scan through string looking for a match, and return a corresponding match object instance.\n\nReturn None if no position in the string matches."),
    method("findall", SUBJECT, findall).doc("Return a list of all non-overlapping matches of pattern in string."),
    method("finditer", SUBJECT, |vm: &Vm, p: Gc<Pattern>, s: Value, pos: Bound, end: Bound| -> PyResult<Value> {
        let scanner = scanner(vm, p, s, pos, end)?;
        Ok(vm.heap.alloc(MatchIterator { scanner: scanner.into() }).value())
    })
    .doc("Return an iterator over all non-overlapping matches for the RE pattern in string.\n\nFor each match, the iterator returns a match object."),
    method("scanner", SUBJECT, scanner),
    method("split", "($self, /, string, maxsplit=0)", split).doc("Split string by the occurrences of pattern."),
    method("sub", "($self, /, repl, string, count=0)", |vm: &Vm, p: Gc<Pattern>, repl: Value, s: Value, n: Bound| {
        substitute(vm, p, repl, s, n).map(|(text, _)| text)
    })
    .doc("Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl."),
    method("subn", "($self, /, repl, string, count=0)", |vm: &Vm, p: Gc<Pattern>, repl: Value, s: Value, n: Bound| -> PyResult<Value> {
        let (text, made) = substitute(vm, p, repl, s, n)?;
        Ok(vm.heap.tuple(&[text, vm.int(made as i64)]).value())
    })
    .doc("Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl."),
    method("__copy__", "($self, /)", |_: &Vm, p: Gc<Pattern>| p),
    method("__deepcopy__", "($self, memo, /)", |_: &Vm, p: Gc<Pattern>, _memo: Value| p),
    raw("__class_getitem__", "($type, object, /)", generic_alias::class_getitem)
        .class_method()
        .doc("Patterns are generic over the type of string they handle (str or bytes)"),
];

/// Flags by the names that `repr` shows, in its order.
const FLAG_NAMES: &[(i64, &str)] = &[
    (2, "re.IGNORECASE"),
    (4, "re.LOCALE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
];
const FLAG_UNICODE: i64 = 32;
const FLAG_LOCALE_ASCII: i64 = 4 | 256;

fn pattern_repr(vm: &Vm, v: Value) -> PyResult<Value> {
    let p = vm.expect::<Pattern>(v, "self")?;
    let mut flags = p.flags;
    // Unicode is what a str pattern has anyway.
    if !p.is_bytes && flags & (FLAG_LOCALE_ASCII | FLAG_UNICODE) == FLAG_UNICODE {
        flags &= !FLAG_UNICODE;
    }
    let mut names: Vec<String> = Vec::new();
    for (bit, name) in FLAG_NAMES {
        if flags & bit != 0 {
            names.push((*name).to_owned());
            flags &= !bit;
        }
    }
    if flags & FLAG_UNICODE != 0 {
        names.push("re.UNICODE".into());
        flags &= !FLAG_UNICODE;
    }
    if flags != 0 {
        names.push(format!("0x{flags:x}"));
    }
    let text: String = vm.repr_text(p.pattern.get())?.chars().take(200).collect();
    let flags = if names.is_empty() { String::new() } else { format!(", {}", names.join("|")) };
    Ok(vm.str(&format!("re.compile({text}{flags})")))
}

fn findall(vm: &Vm, p: Gc<Pattern>, string: Value, pos: Bound, endpos: Bound) -> PyResult<Value> {
    let subject = Subject::new(vm, p, string)?;
    let at = bounds(subject.len(), pos, endpos);
    let all = List::from_slice(vm, &[]);
    let group = |span: Option<(usize, usize)>| match span {
        Some((a, b)) => subject.slice(vm, a, b),
        None => subject.empty(vm),
    };
    each(vm, &subject, &*program(vm, p)?, at, |g| {
        let item = match g.spans.as_slice() {
            [whole] => group(*whole)?,
            [_, only] => group(*only)?,
            [_, rest @ ..] => {
                let items = rest.iter().map(|s| group(*s)).collect::<PyResult<Vec<_>>>()?;
                vm.heap.tuple(&items).value()
            }
            [] => Value::none(),
        };
        list::append(vm, all, item)?;
        Ok(true)
    })?;
    Ok(all.value())
}

fn split(vm: &Vm, p: Gc<Pattern>, string: Value, maxsplit: Bound) -> PyResult<Value> {
    let subject = Subject::new(vm, p, string)?;
    let maxsplit = maxsplit.unwrap_or(0);
    let parts = List::from_slice(vm, &[]);
    let mut last = 0;
    if maxsplit >= 0 {
        let mut made = 0;
        each(vm, &subject, &*program(vm, p)?, bounds(subject.len(), None, None), |g| {
            let Some(Some((start, end))) = g.spans.first().copied() else { return Ok(false) };
            list::append(vm, parts, subject.slice(vm, last, start)?)?;
            for span in g.spans.iter().skip(1) {
                let group = match span {
                    Some((a, b)) => subject.slice(vm, *a, *b)?,
                    None => Value::none(),
                };
                list::append(vm, parts, group)?;
            }
            last = end;
            made += 1;
            Ok(maxsplit == 0 || made < maxsplit)
        })?;
    }
    list::append(vm, parts, subject.slice(vm, last, subject.len())?)?;
    Ok(parts.value())
}

/// What stands in for a match.
enum Replacement {
    Literal(Value),
    Template(Gc<Template>),
    Function(Value),
}

fn replacement(vm: &Vm, p: Gc<Pattern>, repl: Value) -> PyResult<Replacement> {
    if vm.is_callable(repl) {
        return Ok(Replacement::Function(repl));
    }
    let literal = match (repl.cast::<Str>(), repl.cast::<Bytes>()) {
        (Some(s), _) => !s.code_points().any(|c| c == u32::from(b'\\')),
        (_, Some(b)) => !b.as_bytes().contains(&b'\\'),
        _ => false,
    };
    if literal {
        return Ok(Replacement::Literal(repl));
    }
    let compile = vm.get_attr_text(import::import_module(vm, "re")?, "_compile_template")?;
    let compiled = vm.call(compile, &[p.value(), repl])?;
    Ok(match compiled.cast::<Template>() {
        Some(t) => Replacement::Template(t),
        None => Replacement::Literal(compiled),
    })
}

fn substitute(vm: &Vm, p: Gc<Pattern>, repl: Value, string: Value, count: Bound) -> PyResult<(Value, usize)> {
    let replacement = replacement(vm, p, repl)?;
    let subject = Subject::new(vm, p, string)?;
    let count = count.unwrap_or(0);
    let parts = List::from_slice(vm, &[]);
    let (mut last, mut made) = (0, 0);
    let at = bounds(subject.len(), None, None);
    if count >= 0 {
        each(vm, &subject, &*program(vm, p)?, at, |g| {
            let Some(Some((start, end))) = g.spans.first().copied() else { return Ok(false) };
            if last < start {
                list::append(vm, parts, subject.slice(vm, last, start)?)?;
            }
            last = end;
            made += 1;
            let text = match &replacement {
                Replacement::Literal(text) => *text,
                Replacement::Template(t) => {
                    expand_into(vm, *t, &subject, &g.spans, parts)?;
                    Value::none()
                }
                Replacement::Function(f) => vm.call(*f, &[new_match(vm, p, string, (at.pos, at.endpos), &g)])?,
            };
            if !text.is_none() {
                list::append(vm, parts, text)?;
            }
            Ok(count == 0 || made < count as usize)
        })?;
    }
    if made == 0 && matches!(subject, Subject::Text(_) | Subject::Bytes(_)) {
        return Ok((subject.slice(vm, 0, subject.len())?, 0));
    }
    if last < subject.len() {
        list::append(vm, parts, subject.slice(vm, last, subject.len())?)?;
    }
    Ok((join(vm, &subject, parts)?, made))
}

fn join(vm: &Vm, subject: &Subject, parts: Gc<List>) -> PyResult<Value> {
    vm.call_method(subject.empty(vm)?, "join", &[parts.value()])
}

// ---- templates

fn template(vm: &Vm, _pattern: Value, items: Gc<List>) -> PyResult<Value> {
    let items = items.to_vec();
    let Some((&literal, chunks)) = items.split_first() else { return Err(vm.type_error("invalid template")) };
    for pair in chunks.chunks(2) {
        let [index, _] = pair else { return Err(vm.type_error("invalid template")) };
        if vm.int_as_i64(*index).is_none_or(|i| i < 0) {
            return Err(vm.type_error("invalid template"));
        }
    }
    let t = Template { literal: literal.into(), chunks: vm.heap.tuple(chunks).into() };
    Ok(vm.heap.alloc(t).value())
}

/// Appends the template's literals and the groups that it names.
fn expand_into(
    vm: &Vm,
    t: Gc<Template>,
    subject: &Subject,
    spans: &[Option<(usize, usize)>],
    parts: Gc<List>,
) -> PyResult<()> {
    list::append(vm, parts, t.literal.get())?;
    for pair in vm.expect_tuple(t.chunks.get(), "chunks")?.items().chunks(2) {
        let [index, literal] = pair else { continue };
        let index = vm.int_as_i64(*index).unwrap_or(-1) as usize;
        match spans.get(index) {
            Some(Some((a, b))) => list::append(vm, parts, subject.slice(vm, *a, *b)?)?,
            Some(None) => {}
            None => return Err(vm.index_error("no such group")),
        }
        list::append(vm, parts, *literal)?;
    }
    Ok(())
}

static TEMPLATE: TypeSpec = TypeSpec { name: "_sre.SRE_Template", kind: Kind::SreTemplate, ..TypeSpec::EMPTY };

// ---- Match

static MATCH: TypeSpec = TypeSpec {
    name: "re.Match",
    kind: Kind::SreMatch,
    doc: "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    methods: MATCH_METHODS,
    getset: &[
        get("string", |vm, v| Ok(this(vm, v)?.string.get())),
        get("re", |vm, v| Ok(this(vm, v)?.re.get())),
        get("pos", |vm, v| Ok(vm.int(this(vm, v)?.pos as i64))),
        get("endpos", |vm, v| Ok(vm.int(this(vm, v)?.endpos as i64))),
        get("regs", |vm, v| Ok(this(vm, v)?.regs.get())),
        get("lastindex", |vm, v| {
            Ok(match this(vm, v)?.lastindex {
                0 => Value::none(),
                i => vm.int(i as i64),
            })
        }),
        get("lastgroup", |vm, v| {
            let m = this(vm, v)?;
            let names = vm.expect_tuple(vm.expect::<Pattern>(m.re.get(), "re")?.indexgroup.get(), "indexgroup")?;
            Ok(if m.lastindex == 0 { Value::none() } else { names.get(m.lastindex).unwrap_or(Value::none()) })
        }),
    ],
    slots: SlotTable {
        subscript: Some(|vm, v, key| group(vm, this(vm, v)?, key, Value::none())),
        repr: Some(|vm, v| {
            let m = this(vm, v)?;
            let (start, end) = span_of(vm, m, 0)?;
            let text = vm.repr_text(group(vm, m, Value::int(0), Value::none())?)?;
            Ok(vm.str(&format!("<re.Match object; span=({start}, {end}), match={text}>")))
        }),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};
fn this(vm: &Vm, v: Value) -> PyResult<Gc<Match>> {
    vm.expect::<Match>(v, "self")
}

static MATCH_METHODS: &[MethodDef] = &[
    raw("group", "($self, /, *args)", |vm, a| {
        let Some((&m, keys)) = a.positional().split_first() else { return Err(vm.type_error("group() needs a match")) };
        let m = this(vm, m)?;
        match keys {
            [] => group(vm, m, Value::int(0), Value::none()),
            [key] => group(vm, m, *key, Value::none()),
            keys => {
                let items = keys.iter().map(|&k| group(vm, m, k, Value::none())).collect::<PyResult<Vec<_>>>()?;
                Ok(vm.heap.tuple(&items).value())
            }
        }
    })
    .without_signature()
    .doc("group([group1, ...]) -> str or tuple.\n    Return subgroup(s) of the match by indices or names.\n    For 0 returns the entire match."),
    method("groups", "($self, /, default=None)", |vm: &Vm, m: Gc<Match>, default: Option<Value>| -> PyResult<Value> {
        let default = default.unwrap_or(Value::none());
        let n = vm.expect_tuple(m.regs.get(), "regs")?.len();
        let items = (1..n).map(|i| group(vm, m, Value::int(i as i64), default)).collect::<PyResult<Vec<_>>>()?;
        Ok(vm.heap.tuple(&items).value())
    })
    .doc("Return a tuple containing all the subgroups of the match, from 1.\n\n  default\n    Is used for groups that did not participate in the match."),
    method("groupdict", "($self, /, default=None)", |vm: &Vm, m: Gc<Match>, default: Option<Value>| -> PyResult<Value> {
        let default = default.unwrap_or(Value::none());
        let index = vm.expect_dict(vm.expect::<Pattern>(m.re.get(), "re")?.groupindex.get(), "groupindex")?;
        let d = Dict::new(vm);
        for (name, _) in index.items() {
            let value = group(vm, m, name, default)?;
            d.set(vm, name, value)?;
        }
        Ok(d.value())
    })
    .doc("Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.\n\n  default\n    Is used for groups that did not participate in the match."),
    method("start", "($self, group=0, /)", |vm: &Vm, m: Gc<Match>, g: Option<Value>| {
        let i = group_index(vm, m, g.unwrap_or(Value::int(0)))?;
        span_of(vm, m, i).map(|s| s.0)
    })
    .doc("Return index of the start of the substring matched by group."),
    method("end", "($self, group=0, /)", |vm: &Vm, m: Gc<Match>, g: Option<Value>| {
        let i = group_index(vm, m, g.unwrap_or(Value::int(0)))?;
        span_of(vm, m, i).map(|s| s.1)
    })
    .doc("Return index of the end of the substring matched by group."),
    method("span", "($self, group=0, /)", |vm: &Vm, m: Gc<Match>, g: Option<Value>| {
        let i = group_index(vm, m, g.unwrap_or(Value::int(0)))?;
        span_of(vm, m, i)
    })
    .doc("For match object m, return the 2-tuple (m.start(group), m.end(group))."),
    method("expand", "($self, /, template)", |vm: &Vm, m: Gc<Match>, template: Value| -> PyResult<Value> {
        let p = vm.expect::<Pattern>(m.re.get(), "re")?;
        let subject = Subject::new(vm, p, m.string.get())?;
        match replacement_of_template(vm, p, template)? {
            Replacement::Template(t) => {
                let parts = List::from_slice(vm, &[]);
                expand_into(vm, t, &subject, &spans(vm, m)?, parts)?;
                join(vm, &subject, parts)
            }
            Replacement::Literal(text) | Replacement::Function(text) => Ok(text),
        }
    })
    .doc("Return the string obtained by doing backslash substitution on the string template, as done by the sub() method."),
    method("__copy__", "($self, /)", |_: &Vm, m: Gc<Match>| m),
    method("__deepcopy__", "($self, memo, /)", |_: &Vm, m: Gc<Match>, _memo: Value| m),
    raw("__class_getitem__", "($type, object, /)", generic_alias::class_getitem)
        .class_method()
        .doc("Matches are generic over the type of string which was matched (str or bytes)"),
];

/// As [`replacement`], but a callable is no template.
fn replacement_of_template(vm: &Vm, p: Gc<Pattern>, template: Value) -> PyResult<Replacement> {
    let compile = vm.get_attr_text(import::import_module(vm, "re")?, "_compile_template")?;
    let compiled = vm.call(compile, &[p.value(), template])?;
    Ok(match compiled.cast::<Template>() {
        Some(t) => Replacement::Template(t),
        None => Replacement::Literal(compiled),
    })
}

fn spans(vm: &Vm, m: Gc<Match>) -> PyResult<Vec<Option<(usize, usize)>>> {
    let n = vm.expect_tuple(m.regs.get(), "regs")?.len();
    (0..n).map(|i| span_of(vm, m, i).map(|(a, b)| (a >= 0 && b >= 0).then_some((a as usize, b as usize)))).collect()
}

fn span_of(vm: &Vm, m: Gc<Match>, i: usize) -> PyResult<(i64, i64)> {
    let pair = vm.expect_tuple(m.regs.get(), "regs")?.get(i).and_then(|p| p.cast::<Tuple>());
    match pair.map(|p| (p.get(0).and_then(|v| v.as_int()), p.get(1).and_then(|v| v.as_int()))) {
        Some((Some(a), Some(b))) => Ok((a, b)),
        _ => Err(vm.index_error("no such group")),
    }
}

/// A group's number, given by number or name.
fn group_index(vm: &Vm, m: Gc<Match>, key: Value) -> PyResult<usize> {
    let missing = || vm.index_error("no such group");
    let n = vm.expect_tuple(m.regs.get(), "regs")?.len();
    let index = if vm.has_index(key) {
        vm.index_or_index_error(key)?
    } else {
        let names = vm.expect_dict(vm.expect::<Pattern>(m.re.get(), "re")?.groupindex.get(), "groupindex")?;
        match names.get(vm, key) {
            Ok(Some(i)) => i.as_int().unwrap_or(-1) as isize,
            Ok(None) => return Err(missing()),
            Err(_) => {
                vm.clear_pending();
                return Err(missing());
            }
        }
    };
    usize::try_from(index).ok().filter(|i| *i < n).ok_or_else(missing)
}

fn group(vm: &Vm, m: Gc<Match>, key: Value, default: Value) -> PyResult<Value> {
    let i = group_index(vm, m, key)?;
    let (a, b) = span_of(vm, m, i)?;
    if a < 0 || b < 0 {
        return Ok(default);
    }
    let p = vm.expect::<Pattern>(m.re.get(), "re")?;
    Subject::new(vm, p, m.string.get())?.slice(vm, a as usize, b as usize)
}

// ---- Scanner, the iterator of finditer

fn scanner(vm: &Vm, p: Gc<Pattern>, string: Value, pos: Bound, endpos: Bound) -> PyResult<Value> {
    let at = bounds(Subject::new(vm, p, string)?.len(), pos, endpos);
    let s = Scanner {
        pattern: p.into(),
        string: string.into(),
        pos: AtomicUsize::new(at.pos),
        endpos: at.endpos,
        advance: AtomicUsize::new(0),
    };
    Ok(vm.heap.alloc(s).value())
}

static SCANNER: TypeSpec = TypeSpec {
    name: "_sre.SRE_Scanner",
    kind: Kind::SreScanner,
    methods: &[
        method("match", "($self, /)", |vm: &Vm, s: Gc<Scanner>| scan(vm, s, Mode::Match)),
        method("search", "($self, /)", |vm: &Vm, s: Gc<Scanner>| scan(vm, s, Mode::Search)),
    ],
    getset: &[get("pattern", |vm, v| Ok(vm.expect::<Scanner>(v, "self")?.pattern.get()))],
    ..TypeSpec::EMPTY
};

/// An exhausted scanner's place.
const DONE: usize = usize::MAX;

fn scan(vm: &Vm, s: Gc<Scanner>, mode: Mode) -> PyResult<Value> {
    let pos = s.pos.load(Relaxed);
    if pos == DONE {
        return Ok(Value::none());
    }
    let p = vm.expect::<Pattern>(s.pattern.get(), "pattern")?;
    let subject = Subject::new(vm, p, s.string.get())?;
    let at = At { pos, endpos: s.endpos, must_advance: s.advance.load(Relaxed) == 1 };
    let Some(groups) = subject.run(vm, &*program(vm, p)?, at, mode)? else {
        s.pos.store(DONE, Relaxed);
        return Ok(Value::none());
    };
    let (start, end) = groups.spans.first().copied().flatten().unwrap_or((pos, pos));
    s.pos.store(end, Relaxed);
    s.advance.store(usize::from(start == end), Relaxed);
    Ok(new_match(vm, p, s.string.get(), (pos, s.endpos), &groups))
}

static MATCH_ITERATOR: TypeSpec = TypeSpec {
    name: "callable_iterator",
    kind: Kind::SreMatchIterator,
    slots: SlotTable {
        iter: Some(generic::iter_self),
        iternext: Some(|vm, v| {
            let it = vm.expect::<MatchIterator>(v, "self")?;
            let found = scan(vm, vm.expect::<Scanner>(it.scanner.get(), "scanner")?, Mode::Search)?;
            Ok(if found.is_none() { None } else { Some(found) })
        }),
        ..SlotTable::EMPTY
    },
    ..TypeSpec::EMPTY
};
