//! Native functions: what a row of a type's or module's table is, and how a call's arguments reach a Rust function.
//!
//! ```text
//! method("insert", "($self, index, object, /)", insert)     fn insert(vm, this: Gc<List>, index: isize, object: Value)
//!         name      CPython's __text_signature__  Rust function, its parameters in the same order
//! ```
//! Invariant: a row whose signature does not have as many parameters as its function does not compile. The bound function
//! gets exactly one value a parameter: unbound where the call left out an optional one, a tuple for `*args`, a dict for
//! `**kwargs`. Next: `bind.rs` has the binding and CPython's texts, `convert.rs` the parameter and result types.
#![allow(unsafe_code)]

use crate::convert::{FromArg, IntoResult};
use crate::error::PyResult;
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Tuple, Value};

/// A call's arguments: positional values, then the values of the names in `kwnames`.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    pub values: &'a [Value],
    pub kwnames: Option<Gc<Tuple>>,
}
impl<'a> Args<'a> {
    pub const NONE: Args<'static> = Args { values: &[], kwnames: None };
    #[inline(always)]
    pub fn positional_only(values: &'a [Value]) -> Args<'a> {
        Args { values, kwnames: None }
    }
    #[inline(always)]
    pub fn n_kw(&self) -> usize {
        match self.kwnames {
            None => 0,
            Some(n) => n.len(),
        }
    }
    #[inline(always)]
    pub fn positional(&self) -> &'a [Value] {
        let n = self.values.len().saturating_sub(self.n_kw());
        &self.values[..n]
    }
    /// Keyword names and values.
    pub fn keywords(&self) -> impl Iterator<Item = (Value, Value)> + use<'a> {
        let n = self.values.len().saturating_sub(self.n_kw());
        let values = &self.values[n..];
        let names = self.kwnames;
        (0..values.len()).filter_map(move |i| Some((names?.get(i)?, values[i])))
    }
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    pub fn keyword(&self, name: Gc<Str>) -> Option<Value> {
        self.keywords().find(|(k, _)| k.cast::<Str>().is_some_and(|k| k.same_text(&name))).map(|(_, v)| v)
    }
}

/// What a text signature says, counted at compile time. `$self` and `$type` are parameter 0 (`receiver`); `$module` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    pub receiver: bool,
    /// Parameters in all, the receiver, `*args` and `**kwargs` included.
    pub total: u8,
    /// Positional parameters (without the receiver): only by position, in all, without default.
    pub positional_only: u8,
    pub positional: u8,
    pub required: u8,
    /// Keyword-only parameters, and those without default.
    pub keyword_only: u8,
    pub keyword_required: u8,
    pub varargs: bool,
    pub varkw: bool,
}

/// Reads CPython's signature form: `($self, a, b=1, /, c=None, *args, d, e=2, **kwargs)`. A broken one fails the build.
pub const fn parse_signature(sig: &str) -> Params {
    let s = sig.as_bytes();
    let mut p = Params {
        receiver: false,
        total: 0,
        positional_only: 0,
        positional: 0,
        required: 0,
        keyword_only: 0,
        keyword_required: 0,
        varargs: false,
        varkw: false,
    };
    assert!(s.len() >= 2 && s[0] == b'(' && s[s.len() - 1] == b')', "a signature stands in parentheses");
    let mut i = 1;
    let mut after_star = false;
    while i < s.len() - 1 {
        while s[i] == b' ' || s[i] == b',' {
            i += 1;
        }
        let start = i;
        let mut depth = 0;
        let mut default = false;
        let mut quote = 0u8;
        while i < s.len() - 1 && (quote != 0 || depth > 0 || s[i] != b',') {
            let c = s[i];
            if quote != 0 {
                if c == b'\\' {
                    i += 1;
                } else if c == quote {
                    quote = 0;
                }
            } else if c == b'\'' || c == b'"' {
                quote = c;
            } else if c == b'(' || c == b'[' || c == b'{' {
                depth += 1;
            } else if c == b')' || c == b']' || c == b'}' {
                depth -= 1;
            } else if c == b'=' {
                default = true;
            }
            i += 1;
        }
        if i == start {
            break;
        }
        let c = s[start];
        if c == b'$' {
            assert!(p.total == 0, "the receiver comes first");
            // A module's functions get no module; `$module` is for readers of the signature.
            if s[start + 1] != b'm' {
                p.receiver = true;
                p.total = 1;
            }
        } else if c == b'/' {
            p.positional_only = p.positional;
        } else if c == b'*' && start + 1 < i && s[start + 1] == b'*' {
            p.varkw = true;
            p.total += 1;
        } else if c == b'*' && start + 1 < i {
            p.varargs = true;
            after_star = true;
            p.total += 1;
        } else if c == b'*' {
            after_star = true;
        } else if after_star {
            p.keyword_only += 1;
            p.total += 1;
            if !default {
                p.keyword_required += 1;
            }
        } else {
            p.positional += 1;
            p.total += 1;
            if !default {
                assert!(p.required + 1 == p.positional, "a parameter without default follows one with");
                p.required += 1;
            }
        }
    }
    p
}

impl Params {
    /// Whether a call with `n` positional arguments (receiver not counted) and no keywords fits without work.
    #[inline(always)]
    pub const fn exact(&self, n: usize) -> bool {
        n == self.positional as usize && self.keyword_only == 0 && !self.varargs && !self.varkw
    }
}

/// How a row's function is called.
#[derive(Clone, Copy)]
pub enum NativeFn {
    /// One value a parameter.
    Bound(fn(&Vm, &[Value]) -> PyResult<Value>),
    /// The call as it came; the receiver, if any, is the first positional value.
    Raw(fn(&Vm, Args<'_>) -> PyResult<Value>),
}

/// What a row becomes in its type or module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// A method of a type, a function of a module.
    Plain,
    Class,
    Static,
}

/// A row of a table of methods.
#[derive(Clone, Copy)]
pub struct MethodDef {
    pub name: &'static str,
    /// CPython's `__text_signature__`; empty where CPython has none.
    pub signature: &'static str,
    pub params: Params,
    pub binding: Binding,
    pub doc: &'static str,
    pub call: NativeFn,
}
impl MethodDef {
    pub const fn doc(mut self, doc: &'static str) -> MethodDef {
        self.doc = doc;
        self
    }
    /// A method of the class: the receiver is the class.
    pub const fn class_method(mut self) -> MethodDef {
        self.binding = Binding::Class;
        self
    }
    pub const fn static_method(mut self) -> MethodDef {
        self.binding = Binding::Static;
        self
    }
    /// CPython shows no signature for this one.
    pub const fn without_signature(mut self) -> MethodDef {
        self.signature = "";
        self
    }
}

/// A row for a Rust function with one parameter for each of the signature's.
pub const fn method<M, F: Native<M>>(name: &'static str, signature: &'static str, f: F) -> MethodDef {
    let _ = f;
    let params = parse_signature(signature);
    assert!(params.total == F::ARITY, "signature and function differ in their number of parameters");
    MethodDef { name, signature, params, binding: Binding::Plain, doc: "", call: NativeFn::Bound(F::CALL) }
}
/// A module's function: the same, by the name that reads better there.
pub const fn function<M, F: Native<M>>(name: &'static str, signature: &'static str, f: F) -> MethodDef {
    method(name, signature, f)
}
/// A row for a function that takes the call as it came. The signature is for readers and error texts of its own.
pub const fn raw(name: &'static str, signature: &'static str, f: fn(&Vm, Args<'_>) -> PyResult<Value>) -> MethodDef {
    let params = parse_signature(signature);
    MethodDef { name, signature, params, binding: Binding::Plain, doc: "", call: NativeFn::Raw(f) }
}

/// A Rust function item that can stand in a table: `fn(&Vm, A, B, ...) -> R` with `A: FromArg`, `R: IntoResult`.
pub trait Native<M>: Copy + 'static {
    const ARITY: u8;
    const CALL: fn(&Vm, &[Value]) -> PyResult<Value>;
}
macro_rules! natives { ($($n:literal: $($a:ident $i:literal),*;)*) => { $(
    impl<F, R, $($a),*> Native<(R, $($a,)*)> for F
    where F: Fn(&Vm, $($a),*) -> R + Copy + 'static, R: IntoResult, $($a: FromArg + 'static),*
    {
        const ARITY: u8 = $n;
        const CALL: fn(&Vm, &[Value]) -> PyResult<Value> = {
            assert!(size_of::<F>() == 0, "a table's function is a plain function");
            |_vm, _args| {
                // SAFETY: `F` has no bytes (asserted above), and a value of it existed when the table was written.
                let f: F = unsafe { std::mem::zeroed() };
                if _args.len() != $n {
                    return Err(_vm.runtime_error("native function called with too few values"));
                }
                f(_vm, $($a::from_arg(_vm, _args[$i], $i)?),*).into_result(_vm)
            }
        };
    }
)* } }
natives! {
    0: ;
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, G 5;
    7: A 0, B 1, C 2, D 3, E 4, G 5, H 6;
    8: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7;
    9: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8;
    10: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9;
}

/// A computed attribute of a type's instances.
#[derive(Clone, Copy)]
pub struct GetSetDef {
    pub name: &'static str,
    pub get: fn(&Vm, Value) -> PyResult<Value>,
    /// `None` deletes; a row without it is read-only.
    pub set: Option<fn(&Vm, Value, Option<Value>) -> PyResult<()>>,
    pub doc: &'static str,
}
pub const fn get(name: &'static str, get: fn(&Vm, Value) -> PyResult<Value>) -> GetSetDef {
    GetSetDef { name, get, set: None, doc: "" }
}
pub const fn get_set(
    name: &'static str,
    get: fn(&Vm, Value) -> PyResult<Value>,
    set: fn(&Vm, Value, Option<Value>) -> PyResult<()>,
) -> GetSetDef {
    GetSetDef { name, get, set: Some(set), doc: "" }
}
impl GetSetDef {
    pub const fn doc(mut self, doc: &'static str) -> GetSetDef {
        self.doc = doc;
        self
    }
}
