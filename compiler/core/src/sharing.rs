//! Which strings are interned, which objects are shared, and the bytes that come of it (`codeobject.c`, `marshal.c`).
//!
//! Invariant: an object is flagged for reference if and only if CPython's has a second reference when it is written: it
//! is interned or immortal, or sits in two slots of live containers, or is an element of a frozenset.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::FixedState;
use pyc_text::Wtf8;

use crate::ast::Int;
use crate::constants::{ObjId, Object, Objects};
use crate::error::{CompileError, ErrorKind};

impl<'a> Objects<'a> {
    /// `intern_strings`: all items of a tuple of names.
    pub(crate) fn intern_strings(&mut self, tuple: ObjId) {
        let Object::Tuple(items) = self.get(tuple) else { return };
        if items.iter().all(|&item| self.header(item).interned) {
            return;
        }
        let items = self.arena.alloc_slice_copy(items);
        for item in items.iter_mut().rev() {
            *item = self.intern(*item);
        }
        self.set_items(tuple, items);
    }

    /// `intern_constants`: strings that look like identifiers, in tuples at any depth; frozensets that hold some are
    /// rebuilt if one of them has another interned object.
    pub(crate) fn intern_constants(&mut self, tuple: ObjId) {
        let Object::Tuple(items) = self.get(tuple) else { return };
        let mut changed: Option<&'a mut [ObjId]> = None;
        for (at, &item) in items.iter().enumerate().rev() {
            let new = self.intern_constant(item);
            if new != item {
                let items = changed.get_or_insert_with(|| self.arena.alloc_slice_copy(items));
                if let Some(slot) = items.get_mut(at) {
                    *slot = new;
                }
            }
        }
        if let Some(items) = changed {
            self.set_items(tuple, items);
        }
    }

    fn intern_constant(&mut self, id: ObjId) -> ObjId {
        match self.get(id) {
            Object::Str(text) if !self.header(id).interned && is_name_chars(text) => self.intern(id),
            Object::Tuple(_) => {
                self.intern_constants(id);
                id
            }
            Object::FrozenSet(items) => {
                let mut modified = false;
                let new = self.arena.alloc_slice_copy(items);
                for item in new.iter_mut().rev() {
                    modified |= self.has_other_interned(*item);
                    *item = self.intern_constant(*item);
                }
                if modified { self.rebuilt_frozenset(id, new) } else { id }
            }
            _ => id,
        }
    }

    /// Whether interning this element of a frozenset gives another object. Identifiers were interned while parsing, and
    /// the process had strings of its own, whether or not an object here stands for them.
    fn has_other_interned(&self, id: ObjId) -> bool {
        let Object::Str(text) = self.get(id) else { return false };
        if !is_name_chars(text) || self.header(id).early {
            return false;
        }
        match self.interned(id) {
            Some(interned) if interned != id => true,
            _ => text.as_str().is_some_and(|text| self.names.lookup(text).is_some()) || crate::interned::contains(text),
        }
    }

    /// Interns a code object's qualname. A class body loads its dotted qualname as a constant, and that constant is the
    /// object which is interned here, unless the process had one already.
    pub(crate) fn intern_qualname(&mut self, id: ObjId) -> ObjId {
        // Only where a constant is this very object can it be seen which of two became the interned one.
        if self.is_cached(id)
            && let (Object::Str(text), None) = (self.get(id), self.interned(id))
            && crate::interned::contains(text)
        {
            let other = self.unshared_str(text);
            return self.intern(other);
        }
        self.intern(id)
    }
}

/// `should_intern_string`: nothing but ASCII letters, digits and underscores.
fn is_name_chars(text: Wtf8<'_>) -> bool {
    text.as_bytes().iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

const FLAG_REF: u8 = 0x80;

/// `MAX_MARSHAL_STACK_DEPTH`: objects within objects.
const MAX_DEPTH: u32 = 2000;

/// The bytes of a module's code object: what `marshal.dumps` gives.
///
/// # Errors
/// ValueError for code within code (or tuples in tuples) too deep for marshal.
pub fn dump(objects: &Objects<'_>, top: ObjId) -> Result<Vec<u8>, CompileError> {
    let mut writer = Writer {
        counts: vec![0; objects.len()],
        refs: vec![0; objects.len()],
        key_refs: None,
        n_refs: 0,
        depth: 0,
        too_deep: false,
        // About what a code object becomes: its code twice, and as much again for what is not code.
        out: Vec::with_capacity(objects.codes.iter().map(|code| code.code.len() * 3 + 256).sum()),
        objects,
    };
    writer.count(top);
    writer.write(top, true);
    if writer.too_deep {
        return Err(CompileError::plain(ErrorKind::ValueError, "object too deeply nested to marshal"));
    }
    Ok(writer.out)
}

struct Writer<'w, 'a> {
    objects: &'w Objects<'a>,
    /// By object: how many slots hold it.
    counts: Vec<u32>,
    /// By object: its index in the table of references plus 1; 0 for those not written yet.
    refs: Vec<u32>,
    /// The same within the sort key of a frozenset's element, which is a dump of its own. Looked up, never iterated.
    key_refs: Option<HashMap<ObjId, u32, FixedState>>,
    n_refs: u32,
    depth: u32,
    too_deep: bool,
    out: Vec<u8>,
}

impl Writer<'_, '_> {
    /// Counts the slots that hold each object, from the top down.
    fn count(&mut self, top: ObjId) {
        let mut todo = vec![top];
        while let Some(id) = todo.pop() {
            let mut hold = |child: ObjId| {
                if let Some(count) = self.counts.get_mut(child.0 as usize) {
                    *count += 1;
                    if *count == 1 {
                        todo.push(child);
                    }
                }
            };
            match self.objects.get(id) {
                Object::Tuple(items) | Object::FrozenSet(items) => items.iter().for_each(|&item| hold(item)),
                Object::Slice(parts) => parts.into_iter().for_each(hold),
                Object::Code(code) => {
                    if let Some(code) = self.objects.codes.get(code.0 as usize) {
                        [code.consts, code.names, code.localsplusnames, code.filename, code.name, code.qualname]
                            .into_iter()
                            .chain([code.linetable, code.exceptiontable])
                            .for_each(hold);
                    }
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, id: ObjId, held: bool) {
        if self.depth == MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        self.object(id, held);
        self.depth -= 1;
    }

    fn object(&mut self, id: ObjId, held: bool) {
        let value = self.objects.get(id);
        let singleton = match value {
            Object::None => Some(b'N'),
            Object::True => Some(b'T'),
            Object::False => Some(b'F'),
            Object::Ellipsis => Some(b'.'),
            _ => None,
        };
        if let Some(letter) = singleton {
            return self.out.push(letter);
        }
        let at = id.0 as usize;
        let header = self.objects.header(id);
        let mut flag = 0;
        if held || header.interned || header.immortal || self.counts.get(at).is_some_and(|&count| count > 1) {
            let index = self.n_refs;
            let written = match &mut self.key_refs {
                Some(refs) => match refs.entry(id) {
                    Entry::Occupied(entry) => Some(*entry.get()),
                    Entry::Vacant(entry) => {
                        entry.insert(index);
                        None
                    }
                },
                None => match self.refs.get_mut(at) {
                    Some(0) => {
                        self.refs[at] = index + 1;
                        None
                    }
                    Some(written) => Some(*written - 1),
                    None => None,
                },
            };
            if let Some(index) = written {
                self.out.push(b'r');
                return self.out.extend(index.to_le_bytes());
            }
            self.n_refs += 1;
            flag = FLAG_REF;
        }
        match value {
            Object::Int(value) => self.integer(value, flag),
            Object::Float(bits) => {
                self.out.push(b'g' | flag);
                self.out.extend(bits.to_le_bytes());
            }
            Object::Complex { real, imag } => {
                self.out.push(b'y' | flag);
                self.out.extend(real.to_le_bytes());
                self.out.extend(imag.to_le_bytes());
            }
            Object::Str(text) => self.text(text, header.interned, flag),
            Object::Bytes(bytes) => self.bytes(bytes, flag),
            Object::Tuple(items) => {
                match u8::try_from(items.len()) {
                    Ok(len) => self.out.extend([b')' | flag, len]),
                    Err(_) => {
                        self.out.push(b'(' | flag);
                        self.long(items.len());
                    }
                }
                for &item in items {
                    self.write(item, false);
                }
            }
            Object::FrozenSet(items) => {
                self.out.push(b'>' | flag);
                self.long(items.len());
                for item in self.in_order(items) {
                    self.write(item, true);
                }
            }
            Object::Slice(parts) => {
                self.out.push(b':' | flag);
                for part in parts {
                    self.write(part, false);
                }
            }
            Object::Code(code) => self.code(code.0 as usize, flag),
            Object::None | Object::True | Object::False | Object::Ellipsis => {}
        }
    }

    /// Elements of a frozenset in the order of their own dumps.
    fn in_order(&mut self, items: &[ObjId]) -> Vec<ObjId> {
        let (n_refs, depth, outer) = (self.n_refs, self.depth, self.key_refs.take());
        let mut keyed: Vec<(Vec<u8>, ObjId)> = Vec::with_capacity(items.len());
        for &item in items {
            (self.n_refs, self.depth) = (0, 0);
            self.key_refs = Some(HashMap::default());
            let start = self.out.len();
            self.write(item, true);
            keyed.push((self.out.split_off(start), item));
        }
        (self.n_refs, self.depth, self.key_refs) = (n_refs, depth, outer);
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        keyed.into_iter().map(|(_, item)| item).collect()
    }

    fn long(&mut self, value: usize) {
        self.out.extend((value as u32).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8], flag: u8) {
        self.out.push(b's' | flag);
        self.long(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    fn text(&mut self, text: Wtf8<'_>, interned: bool, flag: u8) {
        if !text.is_ascii() {
            self.out.push(if interned { b't' } else { b'u' } | flag);
            self.long(text.len());
        } else if let Ok(len) = u8::try_from(text.len()) {
            self.out.extend([if interned { b'Z' } else { b'z' } | flag, len]);
        } else {
            self.out.push(if interned { b'A' } else { b'a' } | flag);
            self.long(text.len());
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    fn integer(&mut self, value: Int<'_>, flag: u8) {
        let small;
        let (negative, magnitude) = match value {
            Int::Small(value) => {
                if let Ok(value) = i32::try_from(value) {
                    self.out.push(b'i' | flag);
                    return self.out.extend(value.to_le_bytes());
                }
                let magnitude = value.unsigned_abs();
                small = [magnitude as u32, (magnitude >> 32) as u32];
                (value < 0, &small[..])
            }
            Int::Big { negative, magnitude } => (negative, magnitude),
        };
        // Digits of 15 bits, no leading zeros.
        let mut digits: Vec<u16> = Vec::with_capacity(magnitude.len() * 32 / 15 + 1);
        let (mut carry, mut bits) = (0u64, 0);
        for &part in magnitude {
            carry |= u64::from(part) << bits;
            bits += 32;
            while bits >= 15 {
                digits.push((carry & 0x7FFF) as u16);
                carry >>= 15;
                bits -= 15;
            }
        }
        digits.push(carry as u16);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let count = digits.len() as i32;
        self.out.push(b'l' | flag);
        self.out.extend((if negative { -count } else { count }).to_le_bytes());
        for digit in digits {
            self.out.extend(digit.to_le_bytes());
        }
    }

    fn code(&mut self, at: usize, flag: u8) {
        let Some(&code) = self.objects.codes.get(at) else { return };
        self.out.push(b'c' | flag);
        for number in [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags] {
            self.out.extend(number.to_le_bytes());
        }
        // `co_code` is made when it is asked for, and the code object keeps it: two references, and never shared.
        self.n_refs += 1;
        self.bytes(code.code, FLAG_REF);
        for id in [code.consts, code.names, code.localsplusnames] {
            self.write(id, false);
        }
        if code.localspluskinds.is_empty() {
            self.write(ObjId::EMPTY_BYTES, false);
        } else {
            self.bytes(code.localspluskinds, 0);
        }
        for id in [code.filename, code.name, code.qualname] {
            self.write(id, false);
        }
        self.out.extend(code.firstlineno.to_le_bytes());
        for id in [code.linetable, code.exceptiontable] {
            self.write(id, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use pyc_text::Wtf8;

    use crate::Options;
    use crate::compile::Compiler;
    use crate::error::ErrorKind;

    #[test]
    fn as_deep_as_marshal_goes() {
        let compile = |n_lambdas: usize| {
            let source = format!("x = {}0\n", "lambda: ".repeat(n_lambdas));
            Compiler::new().compile(source.as_bytes(), Wtf8::from_str("x.py"), Options::default(), &mut Vec::new())
        };
        assert!(compile(998).is_ok());
        assert_eq!(compile(999).map_err(|error| error.kind), Err(ErrorKind::ValueError));
    }
}
