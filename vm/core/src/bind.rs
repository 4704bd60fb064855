//! Binding a call's arguments to a native function's parameters, with CPython's texts.
//!
//! Invariant: on success the function got one value a parameter (see `native.rs`). The text of a failure follows the form
//! of the signature, as Argument Clinic's do: no parameters, one positional-only, several positional-only, or keywords.

use crate::error::{PyResult, Raised};
use crate::native::{Args, MethodDef, NativeFn};
use crate::types::dict::{Dict, DictExt};
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};

const MAX_PARAMS: usize = 16;

/// Calls `def` with `receiver` before the arguments. `owner` names the function in texts where CPython says more than the name.
#[inline]
pub fn call_native(vm: &Vm, def: &MethodDef, receiver: Option<Value>, args: Args<'_>) -> PyResult<Value> {
    match def.call {
        NativeFn::Raw(f) => match receiver {
            None => f(vm, args),
            Some(r) => {
                let mut values = Vec::with_capacity(args.values.len() + 1);
                values.push(r);
                values.extend_from_slice(args.values);
                f(vm, Args { values: &values, kwnames: args.kwnames })
            }
        },
        NativeFn::Bound(f) => {
            let n = args.values.len();
            if args.kwnames.is_none() && def.params.exact(n) && n + 1 < MAX_PARAMS {
                return match receiver {
                    None => f(vm, args.values),
                    Some(r) => {
                        let mut bound = [Value::unbound(); MAX_PARAMS];
                        bound[0] = r;
                        bound[1..=n].copy_from_slice(args.values);
                        f(vm, &bound[..=n])
                    }
                };
            }
            let mut bound = [Value::unbound(); MAX_PARAMS];
            let total = bind(vm, def, receiver, args, &mut bound)?;
            f(vm, &bound[..total])
        }
    }
}

/// As `call_native`, where the receiver is the first of the values (a call through the type: `list.append(x, 1)`,
/// a method call in the engine).
#[inline(always)]
pub fn call_native_with_self(vm: &Vm, def: &MethodDef, args: Args<'_>) -> PyResult<Value> {
    if let NativeFn::Bound(f) = def.call
        && args.kwnames.is_none()
        && def.params.exact(args.values.len().wrapping_sub(1))
    {
        return f(vm, args.values);
    }
    if let NativeFn::Raw(f) = def.call {
        return f(vm, args);
    }
    match args.values.split_first() {
        Some((r, rest)) => call_native(vm, def, Some(*r), Args { values: rest, kwnames: args.kwnames }),
        None => call_native(vm, def, None, args),
    }
}

#[cold]
#[inline(never)]
fn bind(
    vm: &Vm,
    def: &MethodDef,
    receiver: Option<Value>,
    args: Args<'_>,
    bound: &mut [Value; MAX_PARAMS],
) -> PyResult<usize> {
    let p = &def.params;
    if p.total as usize > MAX_PARAMS {
        return Err(vm.runtime_error("native function with too many parameters"));
    }
    let first = p.receiver as usize;
    if p.receiver {
        bound[0] = receiver.unwrap_or(Value::none());
    }
    let positional = args.positional();
    let n_kw = args.n_kw();
    let n_named = p.positional as usize + p.keyword_only as usize;
    let takes_keywords = p.positional_only < p.positional || p.keyword_only > 0 || p.varkw;
    if n_kw > 0 && !takes_keywords {
        return Err(vm.type_error(format!("{}() takes no keyword arguments", full_name(vm, def, receiver))));
    }
    if !p.varargs && positional.len() > p.positional as usize {
        return Err(too_many(vm, def, receiver, positional.len(), n_kw));
    }
    let n = positional.len().min(p.positional as usize);
    bound[first..first + n].copy_from_slice(&positional[..n]);
    // Order of the bound values: named positional, *args, keyword-only, **kwargs (the signature's order).
    let kw_first = first + p.positional as usize + p.varargs as usize;
    if p.varargs {
        bound[first + p.positional as usize] = vm.heap.tuple(&positional[n..]).value();
    }
    let extra = if p.varkw { Some(Dict::new(vm)) } else { None };
    if let Some(d) = extra {
        bound[kw_first + p.keyword_only as usize] = d.value();
    }
    for (k, v) in args.keywords() {
        let Some(name) = k.cast::<Str>() else { return Err(vm.type_error("keywords must be strings")) };
        match (p.positional_only as usize..n_named).find(|&i| name.is_text(param_name(def, i))) {
            Some(i) => {
                let at = if i < p.positional as usize { first + i } else { kw_first + i - p.positional as usize };
                if !bound[at].is_unbound() {
                    return Err(vm.type_error(format!(
                        "argument for {}() given by name ('{}') and position ({})",
                        def.name,
                        param_name(def, i),
                        i + 1
                    )));
                }
                bound[at] = v;
            }
            None => match extra {
                Some(d) => {
                    d.set(vm, k, v)?;
                }
                None => {
                    return Err(vm.type_error(format!(
                        "{}() got an unexpected keyword argument '{}'",
                        def.name,
                        name.to_lossy()
                    )));
                }
            },
        }
    }
    for i in 0..p.required as usize {
        if bound[first + i].is_unbound() {
            return Err(too_few(vm, def, receiver, positional.len(), i));
        }
    }
    if p.keyword_required > 0 {
        for i in p.positional as usize..n_named {
            if !param_has_default(def, i) && bound[kw_first + i - p.positional as usize].is_unbound() {
                return Err(vm.type_error(format!(
                    "{}() missing required keyword-only argument: '{}'",
                    def.name,
                    param_name(def, i)
                )));
            }
        }
    }
    Ok(p.total as usize)
}

/// The parameters of a signature without receiver, `/` and stars, in order: name and whether it has a default.
fn named_params(sig: &'static str) -> impl Iterator<Item = (&'static str, bool)> {
    let inner = &sig[1..sig.len().saturating_sub(1).max(1)];
    split_params(inner).into_iter().filter_map(|p| {
        let p = p.trim();
        if p.is_empty() || p.starts_with(['$', '*', '/']) {
            return None;
        }
        Some(match p.split_once('=') {
            Some((n, _)) => (n, true),
            None => (p, false),
        })
    })
}
fn split_params(s: &'static str) -> Vec<&'static str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0, None);
    for (i, c) in s.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&s[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&s[start..]);
    parts
}
pub fn param_name(def: &MethodDef, i: usize) -> &'static str {
    named_params(def.signature).nth(i).map_or("?", |p| p.0)
}
fn param_has_default(def: &MethodDef, i: usize) -> bool {
    named_params(def.signature).nth(i).is_none_or(|p| p.1)
}

/// `list.append` for a method, the plain name for a function.
fn full_name(vm: &Vm, def: &MethodDef, receiver: Option<Value>) -> String {
    match receiver {
        Some(r) if def.params.receiver && !r.is_none() && r.kind() != bunpy_heap::Kind::Module => {
            format!("{}.{}", vm.type_name(r), def.name)
        }
        _ => def.name.to_owned(),
    }
}
fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn too_many(vm: &Vm, def: &MethodDef, receiver: Option<Value>, given: usize, n_kw: usize) -> Raised {
    let p = &def.params;
    let only = p.positional == p.positional_only && p.keyword_only == 0 && !p.varkw;
    let (name, max, min) = (def.name, p.positional as usize, p.required as usize);
    vm.type_error(if only && max == 0 {
        format!("{}() takes no arguments ({given} given)", full_name(vm, def, receiver))
    } else if only && max == 1 && min == 1 {
        format!("{}() takes exactly one argument ({given} given)", full_name(vm, def, receiver))
    } else if only {
        let bound = if min == max { "" } else { "at most " };
        format!("{name} expected {bound}{max} argument{}, got {given}", plural(max))
    } else {
        let given = given + n_kw;
        let all = max + p.keyword_only as usize;
        let bound = if min == all { "exactly" } else { "at most" };
        let kind = if p.keyword_only > 0 && given <= all { "positional " } else { "" };
        if max == 0 {
            format!("{name}() takes no positional arguments")
        } else if kind.is_empty() {
            format!("{name}() takes {bound} {all} argument{} ({given} given)", plural(all))
        } else {
            let bound = if min == max { "exactly" } else { "at most" };
            format!("{name}() takes {bound} {max} positional argument{} ({given} given)", plural(max))
        }
    })
}
fn too_few(vm: &Vm, def: &MethodDef, receiver: Option<Value>, given: usize, missing: usize) -> Raised {
    let p = &def.params;
    let only = p.positional == p.positional_only && p.keyword_only == 0 && !p.varkw;
    let (name, max, min) = (def.name, p.positional as usize, p.required as usize);
    vm.type_error(if only && max == 1 && min == 1 {
        format!("{}() takes exactly one argument ({given} given)", full_name(vm, def, receiver))
    } else if only {
        let bound = if min == max { "" } else { "at least " };
        format!("{name} expected {bound}{min} argument{}, got {given}", plural(min))
    } else {
        format!("{name}() missing required argument '{}' (pos {})", param_name(def, missing), missing + 1)
    })
}

/// Whether `d` could hold these keywords: a helper for `**kwargs` of constructors.
pub fn kwargs_dict(vm: &Vm, args: Args<'_>) -> PyResult<Option<Gc<Dict>>> {
    if args.n_kw() == 0 {
        return Ok(None);
    }
    let d = Dict::new(vm);
    for (k, v) in args.keywords() {
        d.set(vm, k, v)?;
    }
    Ok(Some(d))
}
