//! `import` and `from ... import`.
//!
//! Invariant: names are interned objects, also those in the tuple of what is imported.

use pyc_format::opcode::{Intrinsic1, Opcode};

use super::{CResult, Codegen};
use crate::ast::{Alias, Loc};
use crate::names::Name;

impl<'a> Codegen<'_, 'a> {
    pub(super) fn import(&mut self, loc: Loc, names: &[Alias]) -> CResult {
        for alias in names {
            self.load_int(loc, 0);
            self.load_none(loc);
            self.addop_name(loc, Opcode::IMPORT_NAME, alias.name);
            match alias.asname {
                Some(asname) => self.import_as(loc, alias.name, asname),
                None => {
                    // `import a.b` binds `a`.
                    let text = self.text(alias.name);
                    let bound = match text.split_once('.') {
                        Some((head, _)) => self.names.intern(head),
                        None => alias.name,
                    };
                    self.nameop_store(loc, bound);
                }
            }
        }
        Ok(())
    }

    /// `import a.b.c as d`: IMPORT_NAME gave `a`; the rest are its attributes in turn.
    fn import_as(&mut self, loc: Loc, name: Name, asname: Name) {
        let mut attrs = self.text(name).split('.').skip(1).peekable();
        if attrs.peek().is_none() {
            return self.nameop_store(loc, asname);
        }
        while let Some(attr) = attrs.next() {
            let attr = self.names.intern(attr);
            let arg = self.u.names.add(attr);
            self.addop_i(loc, Opcode::IMPORT_FROM, arg);
            if attrs.peek().is_some() {
                self.addop_i(loc, Opcode::SWAP, 2);
                self.addop(loc, Opcode::POP_TOP);
            }
        }
        self.nameop_store(loc, asname);
        self.addop(loc, Opcode::POP_TOP);
    }

    #[allow(clippy::wrong_self_convention)] // CPython's name
    pub(super) fn from_import(&mut self, loc: Loc, module: Option<Name>, names: &[Alias], level: u32) -> CResult {
        self.load_int(loc, level as usize);
        self.load_names_const(loc, names.iter().map(|alias| alias.name));
        self.addop_name(loc, Opcode::IMPORT_NAME, module.unwrap_or(Name::EMPTY));

        if let [Alias { name: Name::STAR, .. }] = names {
            self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_IMPORT_STAR);
            self.addop(Loc::NONE, Opcode::POP_TOP);
            return Ok(());
        }
        for alias in names {
            self.addop_name(loc, Opcode::IMPORT_FROM, alias.name);
            self.nameop_store(loc, alias.asname.unwrap_or(alias.name));
        }
        self.addop(loc, Opcode::POP_TOP);
        Ok(())
    }
}
