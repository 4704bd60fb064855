//! The text of CPython's `dis.code_info`.
//!
//! Invariant: line by line what CPython's `_format_code_info` gives, with a newline at the end.

use std::fmt::{self, Write};

use super::repr::Repr;
use super::write_str;
use crate::code::{CO_FAST_CELL, CO_FAST_FREE, CO_FAST_LOCAL, Code};
use crate::marshal::{Graph, ObjRef};

/// Flags that dis has a name for (`dis.COMPILER_FLAG_NAMES`).
const FLAG_NAMES: [(u32, &str); 12] = [
    (0x1, "OPTIMIZED"),
    (0x2, "NEWLOCALS"),
    (0x4, "VARARGS"),
    (0x8, "VARKEYWORDS"),
    (0x10, "NESTED"),
    (0x20, "GENERATOR"),
    (0x40, "NOFREE"),
    (0x80, "COROUTINE"),
    (0x100, "ITERABLE_COROUTINE"),
    (0x200, "ASYNC_GENERATOR"),
    (0x400_0000, "HAS_DOCSTRING"),
    (0x800_0000, "METHOD"),
];

/// Writes the summary of one code object; `sort_sets` as in [`super::Options`].
pub fn code_info(graph: &Graph, code: &Code, sort_sets: bool, out: &mut impl Write) -> fmt::Result {
    let n_locals = slot_names(graph, code, CO_FAST_LOCAL).len();
    out.write_str("Name:              ")?;
    write_str(graph, code.name, out)?;
    out.write_str("\nFilename:          ")?;
    write_str(graph, code.filename, out)?;
    write!(
        out,
        "\nArgument count:    {}\nPositional-only arguments: {}\nKw-only arguments: {}\n\
         Number of locals:  {n_locals}\nStack size:        {}\nFlags:             {}\n",
        code.argcount,
        code.posonlyargcount,
        code.kwonlyargcount,
        code.stacksize,
        pretty_flags(code.flags as u32),
    )?;
    let consts = graph.as_tuple(code.consts).unwrap_or_default();
    let mut repr = Repr::new(graph, sort_sets);
    list("Constants", consts, out, |constant, out| repr.value(constant, out))?;
    let names = graph.as_tuple(code.names).unwrap_or_default();
    list("Names", names, out, |name, out| write_str(graph, name, out))?;
    for (title, bit) in
        [("Variable names", CO_FAST_LOCAL), ("Free variables", CO_FAST_FREE), ("Cell variables", CO_FAST_CELL)]
    {
        list(title, &slot_names(graph, code, bit), out, |name, out| write_str(graph, name, out))?;
    }
    Ok(())
}

/// Names of the slots of one kind.
fn slot_names(graph: &Graph, code: &Code, bit: u8) -> Vec<ObjRef> {
    let names = graph.as_tuple(code.localsplusnames).unwrap_or_default();
    let kinds = graph.as_bytes(code.localspluskinds).unwrap_or_default();
    names.iter().zip(kinds).filter(|(_, kind)| *kind & bit != 0).map(|(&name, _)| name).collect()
}

fn list<W: Write>(
    title: &str,
    items: &[ObjRef],
    out: &mut W,
    mut write: impl FnMut(ObjRef, &mut W) -> fmt::Result,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    for (index, &item) in items.iter().enumerate() {
        write!(out, "{index:4}: ")?;
        write(item, out)?;
        out.write_char('\n')?;
    }
    Ok(())
}

/// `dis.pretty_flags`: names in the order of the bits, numbers where there is no name.
pub fn pretty_flags(flags: u32) -> String {
    if flags == 0 {
        return "0x0".into();
    }
    let bits = (0..32).map(|bit| 1 << bit).filter(|bit| flags & bit != 0);
    let names: Vec<String> = bits
        .map(|bit| match FLAG_NAMES.iter().find(|(flag, _)| *flag == bit) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("{bit:#x}"),
        })
        .collect();
    names.join(", ")
}
