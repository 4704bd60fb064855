//! When CPython sets FLAG_REF: it is a test of reference counts at the moment of writing (`w_ref`).
//!
//! Invariant: [`Graph::set_flags`] depends on the sharing in the graph alone, so a compiler that shares the objects
//! that CPython's shares gets CPython's flags. Next: `write`.

use super::graph::{Graph, ObjRef, Value};

impl Graph {
    /// Sets FLAG_REF on all that `root` reaches as CPython has it after compiling a module: on the root (its caller
    /// holds it), on interned str, on objects that exist once a process (small ints, the empty tuple and bytes, bytes
    /// of length 1 among constants), on every `co_code`, on elements of sets, and on what is used more than once.
    ///
    /// The one bytes object of length 1 that is *not* such a singleton is `co_localspluskinds`.
    pub fn set_flags(&mut self, root: ObjRef) {
        let flagged = self.flags_of(root);
        for (obj, flagged) in self.objects().zip(flagged.into_iter().skip(ObjRef::STOP_ITERATION.index() + 1)) {
            if let Some(flagged) = flagged {
                self.set_flag(obj, flagged);
            }
        }
    }

    /// By object: the flag it shall have, None if `root` does not reach it.
    fn flags_of(&self, root: ObjRef) -> Vec<Option<bool>> {
        let mut flagged: Vec<Option<bool>> = vec![None; self.len()];
        let mut stack = vec![];
        let mut visit = |stack: &mut Vec<ObjRef>, obj: ObjRef, always: bool| {
            if obj.is_singleton() {
                return;
            }
            match flagged.get_mut(obj.index()) {
                Some(known @ None) => {
                    *known = Some(always);
                    stack.push(obj);
                }
                Some(known) => *known = Some(true),
                None => {}
            }
        };
        visit(&mut stack, root, true);
        while let Some(obj) = stack.pop() {
            match self.get(obj) {
                Value::Code(code) => {
                    let in_field = |field| match self.get(field) {
                        Value::Bytes(bytes) => bytes.is_empty(),
                        _ => self.is_immortal(field),
                    };
                    visit(&mut stack, code.code, true);
                    for field in code.objects().into_iter().skip(1) {
                        visit(&mut stack, field, in_field(field));
                    }
                }
                Value::Set(items) | Value::FrozenSet(items) => {
                    items.iter().for_each(|&item| visit(&mut stack, item, true));
                }
                _ => self.items(obj).iter().for_each(|&item| visit(&mut stack, item, self.is_immortal(item))),
            }
        }
        flagged
    }

    /// Exists once a process, or is interned: has more than one reference whatever the graph says.
    fn is_immortal(&self, obj: ObjRef) -> bool {
        match self.get(obj) {
            Value::Int(value) => (-5..=256).contains(&value),
            Value::Bytes(bytes) => bytes.len() <= 1,
            Value::Tuple(items) => items.is_empty(),
            Value::Str(text) => text.interned || text.bytes.is_empty(),
            _ => false,
        }
    }
}
