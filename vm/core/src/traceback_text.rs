//! Tracebacks as text: what CPython prints for an uncaught exception.
//!
//! Invariant: the text is that of CPython's `traceback.print_exception`: chain first, source lines with carets, notes, groups.

use crate::error::PyResult;
use crate::types::code::Code;
use crate::types::exception::{self, Exc, Exception};
use crate::types::list::List;
use crate::types::traceback::{self, Traceback};
use crate::vm::Vm;
use bunpy_heap::{Gc, Str, Value};
use std::sync::atomic::Ordering::Relaxed;

/// The traceback and the exception, its causes first. `source` gives the text of a file.
pub fn format(vm: &Vm, exc: Gc<Exception>, source: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    chain(vm, exc, source, &mut out, &mut Vec::new());
    out
}
fn chain(
    vm: &Vm,
    exc: Gc<Exception>,
    source: &dyn Fn(&str) -> Option<String>,
    out: &mut String,
    seen: &mut Vec<Value>,
) {
    seen.push(exc.value());
    let next = match exc.cause.cast::<Exception>() {
        Some(c) => Some((c, "\nThe above exception was the direct cause of the following exception:\n\n")),
        None if exc.suppress_context.load(Relaxed) => None,
        None => exc
            .context
            .cast::<Exception>()
            .map(|c| (c, "\nDuring handling of the above exception, another exception occurred:\n\n")),
    };
    if let Some((c, text)) = next
        && !seen.contains(&c.value())
    {
        chain(vm, c, source, out, seen);
        out.push_str(text);
    }
    if let Some(tb) = exc.traceback.cast::<Traceback>() {
        out.push_str("Traceback (most recent call last):\n");
        entries(vm, tb, source, out);
    }
    out.push_str(&summary(vm, exc));
}
fn text(v: Value) -> String {
    v.cast::<Str>().map_or_else(|| "?".to_owned(), |s| s.to_lossy())
}
const REPEATS: usize = 3;
fn entries(vm: &Vm, tb: Gc<Traceback>, source: &dyn Fn(&str) -> Option<String>, out: &mut String) {
    let _ = vm;
    let mut next = Some(tb);
    let mut last: Option<(String, i32, String)> = None;
    let mut count = 0;
    let repeated = |count: usize, out: &mut String| {
        if count > REPEATS {
            let n = count - REPEATS;
            out.push_str(&format!("  [Previous line repeated {n} more time{}]\n", if n == 1 { "" } else { "s" }));
        }
    };
    while let Some(t) = next {
        next = t.next.cast::<Traceback>();
        let Some(code) = t.code.cast::<Code>() else { continue };
        let (file, name, line) = (text(code.filename.get()), text(code.name.get()), traceback::line(t));
        let key = (file.clone(), line, name.clone());
        if last.as_ref() == Some(&key) {
            count += 1;
        } else {
            repeated(count, out);
            count = 1;
            last = Some(key);
        }
        if count > REPEATS {
            continue;
        }
        out.push_str(&format!("  File \"{file}\", line {line}, in {name}\n"));
        if let Some(src) = source(&file) {
            source_lines(code, t.lasti, line, &src, out);
        }
    }
    repeated(count, out);
}
/// The source line of an entry and the carets under the part that the instruction covers.
fn source_lines(code: Gc<Code>, lasti: i32, line: i32, src: &str, out: &mut String) {
    let Some(l) = usize::try_from(line - 1).ok().and_then(|n| src.lines().nth(n)) else { return };
    let shown = l.trim_matches(|c: char| c.is_whitespace());
    out.push_str(&format!("    {shown}\n"));
    let Some(table) = code.linetable.cast::<bunpy_heap::Bytes>() else { return };
    let unit = lasti.max(0) as usize / 2;
    let Some(p) = pyc_format::linetable::positions(table.as_bytes(), code.firstlineno).nth(unit) else { return };
    if p.lineno != line || p.end_lineno != line || p.col_offset < 0 || p.end_col_offset <= p.col_offset {
        return;
    }
    let indent = l.len() - l.trim_start().len();
    let (start, end) = (p.col_offset as usize, (p.end_col_offset as usize).min(l.len()));
    if start < indent || end <= start || !l.is_char_boundary(start) || !l.is_char_boundary(end) {
        return;
    }
    // The whole line needs no marks.
    if start == indent && end >= l.trim_end().len() && crate::carets::anchors(&l[start..end]).is_none() {
        return;
    }
    if !crate::carets::wanted(&l[indent..start], &l[start..end], l[end..].trim_end().is_empty()) {
        return;
    }
    let width = |s: &str| s.chars().count();
    let mut marks = " ".repeat(width(&l[indent..start]));
    let segment = &l[start..end];
    match crate::carets::anchors(segment) {
        Some((a, b)) => {
            marks.push_str(&"~".repeat(width(&segment[..a])));
            marks.push_str(&"^".repeat(width(&segment[a..b])));
            marks.push_str(&"~".repeat(width(&segment[b..])));
        }
        None => marks.push_str(&"^".repeat(width(segment))),
    }
    out.push_str(&format!("    {marks}\n"));
}
/// The last line: class and text, and the notes.
fn summary(vm: &Vm, exc: Gc<Exception>) -> String {
    let name = vm.qualified_name(exception::class(vm, exc));
    let name = name.strip_prefix("__main__.").unwrap_or(&name).to_owned();
    let body = vm.quietly(|| -> PyResult<String> { Ok(vm.to_str(exc.value())?.to_lossy()) });
    let hint = suggestion(vm, exc).unwrap_or_default();
    let mut out = match body {
        None => format!("{name}: <exception str() failed>\n"),
        Some(b) if b.is_empty() && hint.is_empty() => format!("{name}\n"),
        Some(b) => format!("{name}: {b}{hint}\n"),
    };
    let notes = vm.quietly(|| vm.get_attr_opt(exc.value(), vm.names.__notes__)).flatten();
    if let Some(l) = notes.and_then(|n| n.cast::<List>()) {
        for n in l.to_vec() {
            let t = vm.quietly(|| vm.to_str(n)).map_or_else(|| "<note str() failed>".to_owned(), |s| s.to_lossy());
            out.push_str(&t);
            out.push('\n');
        }
    }
    out
}
/// `. Did you mean: 'x'?` of AttributeError, NameError and ImportError.
fn suggestion(vm: &Vm, exc: Gc<Exception>) -> Option<String> {
    let class = exception::class(vm, exc);
    let is = |e: Exc| vm.is_subtype(class, vm.exc_type(e));
    let get = |n: &str| crate::types::exception_types::get_extra(vm, exc, n);
    let names: Vec<String>;
    let wrong;
    if is(Exc::AttributeError) {
        let (o, n) = (get("obj")?, get("name")?.cast::<Str>()?);
        let d = vm.quietly(|| vm.call_special(o, vm.names.__dir__, &[])).flatten()?;
        names = strings(vm, d)?;
        wrong = n.to_lossy();
    } else if is(Exc::NameError) {
        wrong = get("name")?.cast::<Str>()?.to_lossy();
        let mut tb = exc.traceback.cast::<Traceback>()?;
        while let Some(n) = tb.next.cast::<Traceback>() {
            tb = n;
        }
        let frame = tb.frame.cast::<crate::types::frame::Frame>()?;
        let mut all = Vec::new();
        let locals = vm.quietly(|| crate::engine::frame::frame_locals(vm, frame))?;
        for d in [locals, frame.globals.get(), frame.builtins.get()] {
            all.extend(strings(vm, d)?);
        }
        names = all;
    } else if is(Exc::ImportError) {
        let n = get("name_from")?.cast::<Str>()?;
        let m = crate::types::dict::DictExt::get(vm.modules, vm, get("name")?).ok().flatten()?;
        let d = vm.quietly(|| vm.call_special(m, vm.names.__dir__, &[])).flatten()?;
        names = strings(vm, d)?;
        wrong = n.to_lossy();
    } else {
        return None;
    }
    let hide = !wrong.starts_with('_');
    let mut sorted: Vec<&str> = names.iter().map(|s| s.as_str()).filter(|n| !(hide && n.starts_with('_'))).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let s = crate::types::suggest::suggest(&wrong, sorted.into_iter())?;
    Some(format!(". Did you mean: '{s}'?"))
}
fn strings(vm: &Vm, d: Value) -> Option<Vec<String>> {
    let v = vm.quietly(|| vm.collect_values(d))?;
    Some(v.iter().filter_map(|x| x.cast::<Str>()).map(|s| s.to_lossy()).collect())
}
