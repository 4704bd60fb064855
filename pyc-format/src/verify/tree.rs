//! Verification of a file: every code object of a graph.
//!
//! Invariant: each code object is checked once, wherever it is nested, and facts about shared objects are found once; what a
//! file can make the verifier do is in proportion to its size (`too-large`).

use std::fmt;

use super::{ConstKind, Fault, Parts, Rule, Verified, fault, verify};
use crate::code::{Code, OBJECT_FIELDS};
use crate::marshal::{Graph, ObjRef, Value};

/// A broken rule, and in which code object of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The way from the file's code object by indices of `co_consts`; none if the code object hides in another constant.
    pub path: Option<Vec<usize>>,
    /// `co_qualname` of the code object, as far as it is text.
    pub qualname: String,
    pub fault: Fault,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code object {}", self.qualname)?;
        for index in self.path.iter().flatten().take(64) {
            write!(f, ".co_consts[{index}]")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for VerifyError {}

/// Checks every code object of a graph, in the order in which they were read; gives each to `accept` with its proof.
/// How many there are, or the first that breaks a rule.
pub fn verify_graph(
    graph: &Graph,
    root: ObjRef,
    mut accept: impl FnMut(ObjRef, &Code, &Verified),
) -> Result<usize, VerifyError> {
    let mut facts = Facts::new(graph);
    let mut count = 0;
    for (obj, code) in graph.code_objects() {
        match facts.verify(code) {
            Ok(verified) => accept(obj, code, &verified),
            Err(fault) => {
                return Err(VerifyError {
                    path: path(graph, root, obj),
                    qualname: qualname(graph, code),
                    fault: *fault,
                });
            }
        }
        count += 1;
    }
    if graph.as_code(root).is_none() {
        let fault = Fault { rule: Rule::FieldType, offset: None, text: "the file's object is no code object".into() };
        return Err(VerifyError { path: Some(Vec::new()), qualname: String::new(), fault });
    }
    Ok(count)
}

/// What is known about the objects of a graph.
pub struct Facts<'g> {
    graph: &'g Graph,
    /// By object: not asked yet, a tuple of nothing but str, something else.
    str_tuples: Vec<Option<bool>>,
    /// Bytes and items that may still be looked at.
    budget: usize,
}

impl<'g> Facts<'g> {
    pub fn new(graph: &'g Graph) -> Facts<'g> {
        // Tables and code of distinct code objects are distinct in files of any compiler; the factor leaves room for sharing.
        let budget = graph.pool_size().saturating_mul(8).saturating_add(1 << 20);
        Facts { graph, str_tuples: vec![None; graph.len()], budget }
    }

    /// Checks one code object of the graph.
    pub fn verify(&mut self, code: &Code) -> Result<Verified, Box<Fault>> {
        let graph = self.graph;
        let parts = self.parts(code)?;
        let consts = graph.as_tuple(code.consts).unwrap_or_default();
        let size = parts.code.len() + parts.linetable.len() + parts.exceptiontable.len() + parts.localspluskinds.len();
        match self.budget.checked_sub(size) {
            Some(rest) => self.budget = rest,
            None => return fault(Rule::TooLarge, None, "code objects share more than the file holds"),
        }
        let facts = std::cell::RefCell::new(self);
        verify(&parts, |index| match consts.get(index) {
            Some(&constant) => facts.borrow_mut().kind(constant),
            None => ConstKind::Other,
        })
    }

    /// What the verifier needs to know of a constant.
    pub fn kind(&mut self, obj: ObjRef) -> ConstKind {
        match self.graph.get(obj) {
            Value::Code(_) => ConstKind::Code,
            Value::Tuple(items) if self.is_str_tuple(obj) => ConstKind::StrTuple(items.len()),
            _ => ConstKind::Other,
        }
    }

    fn is_str_tuple(&mut self, obj: ObjRef) -> bool {
        let graph = self.graph;
        let Some(known) = self.str_tuples.get_mut(obj.index()) else { return false };
        *known.get_or_insert_with(|| {
            graph.as_tuple(obj).is_some_and(|items| items.iter().all(|&item| graph.as_str(item).is_some()))
        })
    }

    /// The fields of a code object, each of its type.
    pub fn parts(&mut self, code: &Code) -> Result<Parts<'g>, Box<Fault>> {
        let graph = self.graph;
        let types: [fn(&mut Self, ObjRef) -> bool; 10] = [
            |facts, obj| facts.graph.as_bytes(obj).is_some(),
            |facts, obj| facts.graph.as_tuple(obj).is_some(),
            Self::is_str_tuple,
            Self::is_str_tuple,
            |facts, obj| facts.graph.as_bytes(obj).is_some(),
            |facts, obj| facts.graph.as_str(obj).is_some(),
            |facts, obj| facts.graph.as_str(obj).is_some(),
            |facts, obj| facts.graph.as_str(obj).is_some(),
            |facts, obj| facts.graph.as_bytes(obj).is_some(),
            |facts, obj| facts.graph.as_bytes(obj).is_some(),
        ];
        for ((obj, is), name) in code.objects().into_iter().zip(types).zip(OBJECT_FIELDS) {
            if !is(self, obj) {
                return fault(Rule::FieldType, None, format!("{name} has the wrong type"));
            }
        }
        let bytes = |obj| graph.as_bytes(obj).unwrap_or_default();
        let count = |obj| graph.as_tuple(obj).map_or(0, <[ObjRef]>::len);
        Ok(Parts {
            argcount: code.argcount,
            posonlyargcount: code.posonlyargcount,
            kwonlyargcount: code.kwonlyargcount,
            stacksize: code.stacksize,
            flags: code.flags,
            firstlineno: code.firstlineno,
            code: bytes(code.code),
            n_localsplusnames: count(code.localsplusnames),
            localspluskinds: bytes(code.localspluskinds),
            n_consts: count(code.consts),
            n_names: count(code.names),
            linetable: bytes(code.linetable),
            exceptiontable: bytes(code.exceptiontable),
        })
    }
}

fn qualname(graph: &Graph, code: &Code) -> String {
    let text = graph.as_str(code.qualname).map_or(&b"?"[..], |text| text.bytes);
    String::from_utf8_lossy(text.get(..200).unwrap_or(text)).into_owned()
}

/// The way from `root` to a code object through `co_consts`.
fn path(graph: &Graph, root: ObjRef, wanted: ObjRef) -> Option<Vec<usize>> {
    let mut seen = vec![false; graph.len()];
    // Depth first; each level is a code object and the next of its constants to look at.
    let mut way: Vec<(ObjRef, usize)> = vec![(root, 0)];
    while let Some((code, next)) = way.last_mut() {
        if *code == wanted {
            way.pop();
            return Some(way.iter().map(|&(_, next)| next - 1).collect());
        }
        let consts = graph.as_code(*code).and_then(|code| graph.as_tuple(code.consts)).unwrap_or_default();
        let Some(&child) = consts.get(*next) else {
            way.pop();
            continue;
        };
        *next += 1;
        if graph.as_code(child).is_some()
            && let Some(seen) = seen.get_mut(child.index())
            && !std::mem::replace(seen, true)
        {
            way.push((child, 0));
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed test's report
mod tests {
    use super::*;

    /// `return None`, with `consts` behind the None.
    fn returning(graph: &mut Graph, name: &[u8], padding: usize, consts: &[ObjRef]) -> Code {
        let mut bytes = [27, 0].repeat(padding);
        bytes.extend([82, 0, 35, 0]);
        let units = padding + 2;
        let lines: Vec<u8> = (0..units).step_by(8).map(|at| 0xF8 | ((units - at).min(8) - 1) as u8).collect();
        let consts = [&[ObjRef::NONE], consts].concat();
        let empty = graph.tuple(&[]);
        let nothing = graph.bytes(b"");
        let name = graph.str(name, false);
        Code {
            stacksize: 1,
            code: graph.bytes(&bytes),
            consts: graph.tuple(&consts),
            names: empty,
            localsplusnames: empty,
            localspluskinds: nothing,
            filename: name,
            name,
            qualname: name,
            linetable: graph.bytes(&lines),
            exceptiontable: nothing,
            ..Code::EMPTY
        }
    }

    #[test]
    fn nested_code_is_found_and_named() {
        let mut graph = Graph::new();
        let inner = returning(&mut graph, b"inner", 0, &[]);
        let inner = graph.code(Code { stacksize: 0, ..inner });
        let seven = graph.int(7);
        let middle = returning(&mut graph, b"middle", 0, &[seven, inner]);
        let middle = graph.code(middle);
        let outer = returning(&mut graph, b"outer", 0, &[middle]);
        let outer = graph.code(outer);
        let error = verify_graph(&graph, outer, |_, _, _| ()).unwrap_err();
        assert_eq!(error.path, Some(vec![1, 2]));
        assert_eq!(error.fault.rule, Rule::StackOverflow);
        assert_eq!(
            error.to_string(),
            "code object inner.co_consts[1].co_consts[2]: stack-overflow: 1 items in a stack of 0 (offset 0)"
        );
    }

    #[test]
    fn fields_have_types() {
        let mut graph = Graph::new();
        let good = returning(&mut graph, b"f", 0, &[]);
        let numbers = graph.tuple(&[ObjRef::TRUE]);
        let bad = [
            Code { code: good.name, ..good },
            Code { consts: good.code, ..good },
            Code { names: numbers, ..good },
            Code { localsplusnames: numbers, ..good },
            Code { localspluskinds: good.name, ..good },
            Code { filename: ObjRef::NONE, ..good },
            Code { exceptiontable: ObjRef::NULL, ..good },
        ];
        let mut facts = Facts::new(&graph);
        assert!(facts.verify(&good).is_ok());
        for code in bad {
            assert_eq!(facts.verify(&code).unwrap_err().rule, Rule::FieldType);
        }
        assert_eq!(verify_graph(&graph, ObjRef::NONE, |_, _, _| ()).unwrap_err().fault.rule, Rule::FieldType);
    }

    #[test]
    fn shared_code_does_not_explode() {
        let mut graph = Graph::new();
        let code = returning(&mut graph, b"f", 100_000, &[]);
        let codes: Vec<ObjRef> = (0..1000).map(|line| graph.code(Code { firstlineno: line, ..code })).collect();
        let root = returning(&mut graph, b"root", 0, &codes);
        let root = graph.code(root);
        assert_eq!(verify_graph(&graph, root, |_, _, _| ()).unwrap_err().fault.rule, Rule::TooLarge);
    }
}
