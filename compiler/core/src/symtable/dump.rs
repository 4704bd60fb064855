//! A symbol table as text, for comparison with CPython's `_symtable` (tools/oracle/symtable_dump.py writes the same).
//!
//! Invariant: one block a line, children indented below it. A name that only passes through a block on its way to a
//! block further in (flags 0, scope free) stands apart and sorted: CPython adds such names in the order of a set.

use std::fmt::Write;

use super::{Block, BlockId, Scope, Symtable};
use crate::names::Names;

/// Where CPython's symbols keep the scope (`SCOPE_OFFSET`).
const SCOPE_OFFSET: u32 = 12;

/// The text of a table. Per block: type, name, line, nesting, parameters, then each symbol with its CPython flags.
pub fn dump(st: &Symtable, names: &Names<'_>) -> String {
    let mut out = String::new();
    dump_block(st, names, BlockId(0), 0, &mut out);
    out
}

fn dump_block(st: &Symtable, names: &Names<'_>, id: BlockId, depth: usize, out: &mut String) {
    let Some(block) = st.block(id) else { return };
    let _ = write!(
        out,
        "{:depth$}{} {} {} {} [",
        "",
        block.block_type as u32,
        names.text(block.name),
        block.loc.lineno,
        u32::from(block.nested)
    );
    for (at, &name) in block.varnames.iter().enumerate() {
        let _ = write!(out, "{}{}", if at > 0 { " " } else { "" }, names.text(name));
    }
    out.push(']');
    let mut through = Vec::new();
    for (name, value) in symbols(block) {
        if value == 4 << SCOPE_OFFSET {
            through.push(names.text(name));
        } else {
            let _ = write!(out, " {}:{value}", names.text(name));
        }
    }
    through.sort_unstable();
    for name in through {
        let _ = write!(out, " {name}");
    }
    out.push('\n');
    for &child in &block.children {
        dump_block(st, names, child, depth + 1, out);
    }
}

/// CPython's value of each symbol.
fn symbols(block: &Block) -> impl Iterator<Item = (crate::names::Name, u32)> {
    block.symbols.iter().map(|symbol| {
        let scope = match symbol.scope {
            None => 0,
            Some(Scope::Local) => 1,
            Some(Scope::GlobalExplicit) => 2,
            Some(Scope::GlobalImplicit) => 3,
            Some(Scope::Free) => 4,
            Some(Scope::Cell) => 5,
        };
        (symbol.name, symbol.flags | scope << SCOPE_OFFSET)
    })
}
