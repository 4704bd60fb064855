//! What a .pyc holds, for people and for tools: header, flags by name, the tree of code objects, sizes.
//!
//! Invariant: the output is at most in proportion to the file. Each code object is described once, where it is met
//! first; later uses, levels below [`MAX_SHOWN_DEPTH`] and long names are cut with a marker. Next: [`crate::code`].

use std::fmt::Write;

use pyc_text::wtf8::Wtf8;

use crate::code::{CODE_FLAGS, localsplus_counts};
use crate::header::{HEADER_SIZE, Header, MAGIC_NUMBER, Validation};
use crate::marshal::{Graph, Loaded, ObjRef, Value};
use crate::{PycError, read_pyc};

/// Code objects nested deeper are not described.
pub const MAX_SHOWN_DEPTH: usize = 64;
/// At most so many code objects are described, and one more a [`BYTES_A_CODE`] of the file.
pub const MAX_SHOWN: usize = 10_000;
const BYTES_A_CODE: usize = 256;
/// Names are cut to this many characters.
pub const MAX_NAME: usize = 100;

/// The description of one file.
#[derive(Debug, Clone)]
pub struct Report {
    pub header: Header,
    pub file_size: usize,
    /// Bytes of marshal data; what follows it in the file is not read.
    pub marshal_size: usize,
    pub n_objects: usize,
    /// Objects with FLAG_REF.
    pub n_flagged: usize,
    /// The type of the top object, "code" in every .pyc that can be run.
    pub root: &'static str,
    /// Every code object that is not cut away, parents first.
    pub codes: Vec<CodeReport>,
}

/// The description of one code object; sizes in bytes.
#[derive(Debug, Clone)]
pub struct CodeReport {
    /// 0 for the top one.
    pub depth: usize,
    /// Set if the object was described before, or is too deep: only the names hold.
    pub cut: Option<&'static str>,
    pub qualname: String,
    pub filename: String,
    pub firstlineno: i32,
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub n_locals: usize,
    pub n_cells: usize,
    pub n_frees: usize,
    pub n_consts: usize,
    pub n_names: usize,
    pub code_size: usize,
    pub linetable_size: usize,
    pub exceptiontable_size: usize,
}

/// The names of `co_flags` less `CO_`; bits without a name as one number.
pub fn flag_names(flags: i32) -> Vec<String> {
    let named = CODE_FLAGS.iter().filter(|(flag, _)| flags & flag != 0);
    let rest = flags & !CODE_FLAGS.iter().fold(0, |all, (flag, _)| all | flag);
    named.map(|&(_, name)| name.to_owned()).chain((rest != 0).then(|| format!("{rest:#x}"))).collect()
}

/// Describes a .pyc.
pub fn inspect(file: &[u8]) -> Result<Report, PycError> {
    let (header, loaded) = read_pyc(file)?;
    let Loaded { graph, root, end } = &loaded;
    Ok(Report {
        header,
        file_size: file.len(),
        marshal_size: *end,
        n_objects: graph.objects().count(),
        n_flagged: graph.objects().filter(|&obj| graph.flag(obj)).count(),
        root: type_name(graph, *root),
        codes: tree(graph, *root, MAX_SHOWN + file.len() / BYTES_A_CODE),
    })
}

fn type_name(graph: &Graph, obj: ObjRef) -> &'static str {
    match graph.get(obj) {
        Value::Null => "NULL",
        Value::None => "NoneType",
        Value::False | Value::True => "bool",
        Value::Ellipsis => "ellipsis",
        Value::StopIteration => "type",
        Value::Int(_) | Value::BigInt(_) => "int",
        Value::Float(_) => "float",
        Value::Complex(..) => "complex",
        Value::Bytes(_) => "bytes",
        Value::Str(_) => "str",
        Value::Tuple(_) => "tuple",
        Value::List(_) => "list",
        Value::Dict(_) => "dict",
        Value::Set(_) => "set",
        Value::FrozenSet(_) => "frozenset",
        Value::Slice(_) => "slice",
        Value::Code(_) => "code",
    }
}

fn tree(graph: &Graph, root: ObjRef, limit: usize) -> Vec<CodeReport> {
    let mut seen = vec![false; graph.len()];
    let mut codes = Vec::new();
    let mut open = vec![(root, 0)];
    while let Some((obj, depth)) = open.pop() {
        let Some(code) = graph.as_code(obj) else { continue };
        let bytes = |field| graph.as_bytes(field).unwrap_or_default();
        let consts = graph.items(code.consts);
        let first = seen.get_mut(obj.index()).is_some_and(|seen| !std::mem::replace(seen, true));
        let cut = if codes.len() >= limit {
            open.clear();
            Some("this and all further code objects are not shown")
        } else if !first {
            Some("described above")
        } else if depth > MAX_SHOWN_DEPTH {
            Some("nested too deep to be shown")
        } else {
            None
        };
        let (n_locals, n_cells, n_frees) = localsplus_counts(bytes(code.localspluskinds));
        codes.push(CodeReport {
            depth,
            cut,
            qualname: name(graph, code.qualname),
            filename: name(graph, code.filename),
            firstlineno: code.firstlineno,
            argcount: code.argcount,
            posonlyargcount: code.posonlyargcount,
            kwonlyargcount: code.kwonlyargcount,
            stacksize: code.stacksize,
            flags: code.flags,
            n_locals,
            n_cells,
            n_frees,
            n_consts: consts.len(),
            n_names: graph.items(code.names).len(),
            code_size: bytes(code.code).len(),
            linetable_size: bytes(code.linetable).len(),
            exceptiontable_size: bytes(code.exceptiontable).len(),
        });
        if cut.is_none() {
            let nested = consts.iter().rev().filter(|&&item| graph.as_code(item).is_some());
            open.extend(nested.map(|&item| (item, depth + 1)));
        }
    }
    codes
}

/// A str with what can't be printed escaped as Python does, cut to [`MAX_NAME`].
fn name(graph: &Graph, obj: ObjRef) -> String {
    let bytes = graph.as_str(obj).map(|text| text.bytes).unwrap_or_default();
    // a character takes at most four bytes; a prefix cut within one shows one character less
    let start = bytes.get(..bytes.len().min(4 * MAX_NAME + 4)).unwrap_or_default();
    let whole = (0..4).find_map(|less| Wtf8::new(start.get(..start.len().checked_sub(less)?)?).ok());
    let Some(text) = whole else { return "?".into() };
    let mut shown = String::new();
    for (at, c) in text.code_points().enumerate() {
        if at == MAX_NAME {
            shown.push('…');
            break;
        }
        match char::from_u32(c) {
            Some(c) if !c.is_control() => shown.push(c),
            _ => pyc_text::repr::push_escape(&mut shown, c),
        }
    }
    shown
}

impl Report {
    /// The description for people; `path` names the file.
    pub fn text(&self, path: &str) -> String {
        let mut out = String::new();
        // writing to a String cannot fail
        let _ = self.write_text(path, &mut out);
        out
    }

    fn write_text(&self, path: &str, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{path}")?;
        writeln!(out, "  magic        {MAGIC_NUMBER} (CPython 3.14)")?;
        match self.header.validation() {
            Validation::Timestamp { mtime, size } => {
                writeln!(out, "  validation   timestamp: source of {size} bytes, modified at {mtime}")?;
            }
            Validation::Hash { checked, hash } => {
                let mode = if checked { "checked" } else { "unchecked" };
                writeln!(out, "  validation   {mode} hash: {:016x}", hash.swap_bytes())?;
            }
        }
        let rest = self.file_size.saturating_sub(HEADER_SIZE + self.marshal_size);
        write!(out, "  size         {} bytes: header {HEADER_SIZE}, marshal {}", self.file_size, self.marshal_size)?;
        writeln!(out, "{}", if rest > 0 { format!(", not read {rest}") } else { String::new() })?;
        writeln!(out, "  objects      {}, {} with FLAG_REF", self.n_objects, self.n_flagged)?;
        if self.root != "code" {
            return writeln!(out, "  top object   {}: not a code object", self.root);
        }
        let sum = |size: fn(&CodeReport) -> usize| -> usize {
            self.codes.iter().filter(|code| code.cut.is_none()).map(size).sum()
        };
        writeln!(out, "  code objects {}", sum(|_| 1))?;
        writeln!(
            out,
            "  bytecode     {} bytes, line tables {}, exception tables {}",
            sum(|code| code.code_size),
            sum(|code| code.linetable_size),
            sum(|code| code.exceptiontable_size)
        )?;
        writeln!(out, "  filename     {}", self.codes.first().map(|code| code.filename.as_str()).unwrap_or_default())?;
        self.codes.iter().try_for_each(|code| code.write_text(out))
    }

    /// The description as one JSON object. Text that is no Unicode keeps Python's escapes.
    pub fn json(&self, path: &str) -> String {
        let mut out = String::new();
        let _ = self.write_json(path, &mut out);
        out
    }

    fn write_json(&self, path: &str, out: &mut String) -> std::fmt::Result {
        out.push_str("{\"file\":");
        push_json(out, path);
        write!(out, ",\"magic\":{MAGIC_NUMBER},\"flags\":{}", self.header.flags)?;
        match self.header.validation() {
            Validation::Timestamp { mtime, size } => {
                write!(out, ",\"validation\":\"timestamp\",\"source_mtime\":{mtime},\"source_size\":{size}")?;
            }
            Validation::Hash { checked, hash } => {
                let mode = if checked { "checked-hash" } else { "unchecked-hash" };
                write!(out, ",\"validation\":\"{mode}\",\"source_hash\":\"{:016x}\"", hash.swap_bytes())?;
            }
        }
        write!(out, ",\"file_size\":{},\"marshal_size\":{}", self.file_size, self.marshal_size)?;
        write!(out, ",\"objects\":{},\"flagged\":{},\"root\":\"{}\"", self.n_objects, self.n_flagged, self.root)?;
        out.push_str(",\"code\":");
        let mut open = 0;
        for code in &self.codes {
            // close what is deeper, then the sibling before
            while open > code.depth {
                out.push_str("]}");
                open -= 1;
            }
            if out.ends_with('}') {
                out.push(',');
            }
            code.write_json(out)?;
            out.push_str(",\"code\":[");
            open = code.depth + 1;
        }
        out.push_str(&"]}".repeat(open));
        if self.codes.is_empty() {
            out.push_str("null");
        }
        out.push_str("}\n");
        Ok(())
    }
}

impl CodeReport {
    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let indent = "  ".repeat(self.depth);
        write!(out, "\n{indent}{}, line {}", self.qualname, self.firstlineno)?;
        if let Some(cut) = self.cut {
            return writeln!(out, "\n{indent}  … {cut}");
        }
        let flags = flag_names(self.flags);
        writeln!(out, "\n{indent}  flags {:#x} {}", self.flags, flags.join(" "))?;
        writeln!(
            out,
            "{indent}  arguments {} ({} positional only), keyword only {}; locals {}, cells {}, free {}; stack {}",
            self.argcount,
            self.posonlyargcount,
            self.kwonlyargcount,
            self.n_locals,
            self.n_cells,
            self.n_frees,
            self.stacksize
        )?;
        writeln!(
            out,
            "{indent}  bytecode {}, line table {}, exception table {}; consts {}, names {}",
            self.code_size, self.linetable_size, self.exceptiontable_size, self.n_consts, self.n_names
        )
    }

    fn write_json(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("{\"qualname\":");
        push_json(out, &self.qualname);
        write!(out, ",\"firstlineno\":{}", self.firstlineno)?;
        if let Some(cut) = self.cut {
            return write!(out, ",\"cut\":\"{cut}\"");
        }
        out.push_str(",\"filename\":");
        push_json(out, &self.filename);
        write!(out, ",\"flags\":{},\"flag_names\":[", self.flags)?;
        for (at, name) in flag_names(self.flags).iter().enumerate() {
            write!(out, "{}\"{name}\"", if at > 0 { "," } else { "" })?;
        }
        out.push(']');
        let numbers = [
            ("argcount", i64::from(self.argcount)),
            ("posonlyargcount", i64::from(self.posonlyargcount)),
            ("kwonlyargcount", i64::from(self.kwonlyargcount)),
            ("stacksize", i64::from(self.stacksize)),
            ("locals", self.n_locals as i64),
            ("cells", self.n_cells as i64),
            ("free", self.n_frees as i64),
            ("consts", self.n_consts as i64),
            ("names", self.n_names as i64),
            ("code_size", self.code_size as i64),
            ("linetable_size", self.linetable_size as i64),
            ("exceptiontable_size", self.exceptiontable_size as i64),
        ];
        numbers.iter().try_for_each(|(name, number)| write!(out, ",\"{name}\":{number}"))
    }
}

/// A JSON string.
pub fn push_json(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_without_a_name_are_a_number() {
        assert_eq!(flag_names(0x3), ["OPTIMIZED", "NEWLOCALS"]);
        assert_eq!(flag_names(0x1000_0001), ["OPTIMIZED", "0x10000000"]);
    }

    #[test]
    fn json_strings_are_escaped() {
        let mut out = String::new();
        push_json(&mut out, "a\"\\\n\u{1}ü");
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001ü\"");
    }
}
