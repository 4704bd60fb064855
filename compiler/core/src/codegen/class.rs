//! Classes: `__build_class__(<function of the body>, <name>, *<bases>, **<keywords>)`.
//!
//! Invariant: the body's first instructions stand on the line of the first decorator, the call on that of `class`.

use pyc_format::opcode::{Intrinsic1, Opcode};

use super::function::firstlineno;
use super::unit::ScopeType;
use super::{CResult, Codegen};
use crate::ast::{ClassDef, Loc, Stmt};
use crate::names::Name;
use crate::symtable::{BlockKey, BlockRole};

impl<'a> Codegen<'_, 'a> {
    pub(super) fn class(&mut self, s: &'a Stmt<'a>, def: &'a ClassDef<'a>) -> CResult {
        let loc = s.loc;
        self.visit_exprs(&def.decorator_list)?;
        let firstlineno = firstlineno(s, &def.decorator_list);
        let is_generic = !def.type_params.is_empty();
        if is_generic {
            let name = self.generic_parameters_name(def.name);
            let block = self.lookup(BlockKey::new(s, BlockRole::TypeParams))?;
            self.enter_scope(name, ScopeType::Annotations, block, firstlineno, Some(def.name), [0; 3])?;
            self.type_params(&def.type_params)?;
            self.nameop_store(loc, Name::DOT_TYPE_PARAMS);
        }
        self.class_body(s, def, firstlineno)?;
        if is_generic {
            self.nameop_load(loc, Name::DOT_TYPE_PARAMS);
            self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_SUBSCRIPT_GENERIC);
            self.nameop_store(loc, Name::DOT_GENERIC_BASE);
            self.call_helper(loc, 2, &def.bases, Some(Name::DOT_GENERIC_BASE), &def.keywords)?;
            let code = self.optimize_and_assemble(false)?;
            self.make_closure(loc, &code, 0)?;
            self.addop(loc, Opcode::PUSH_NULL);
            self.addop_i(loc, Opcode::CALL, 0);
        } else {
            self.call_helper(loc, 2, &def.bases, None, &def.keywords)?;
        }
        self.apply_decorators(&def.decorator_list);
        self.nameop_store(loc, def.name);
        Ok(())
    }

    /// Leaves `__build_class__`, NULL, the body's function and the name.
    fn class_body(&mut self, s: &'a Stmt<'a>, def: &'a ClassDef<'a>, firstlineno: i32) -> CResult {
        let block = self.lookup(BlockKey::new(s, BlockRole::Body))?;
        self.enter_scope(def.name, ScopeType::Class, block, firstlineno, Some(def.name), [0; 3])?;
        let loc = Loc { lineno: firstlineno, end_lineno: firstlineno, col_offset: 0, end_col_offset: 0 };
        self.nameop_load(loc, Name::NAME);
        self.nameop_store(loc, Name::MODULE);
        if let Some(qualname) = self.u.qualname {
            self.load_const(loc, qualname);
        }
        self.nameop_store(loc, Name::QUALNAME);
        let line = self.objects.int(i64::from(firstlineno));
        self.load_const(loc, line);
        self.nameop_store(loc, Name::FIRSTLINENO);
        if !def.type_params.is_empty() {
            self.nameop_load(loc, Name::DOT_TYPE_PARAMS);
            self.nameop_store(loc, Name::TYPE_PARAMS);
        }
        if self.ste().needs_classdict {
            self.addop(loc, Opcode::LOAD_LOCALS);
            let arg = self.u.cellvars.add(Name::CLASSDICT);
            self.addop_i(loc, Opcode::STORE_DEREF, arg);
        }
        if self.ste().has_conditional_annotations {
            self.addop_i(loc, Opcode::BUILD_SET, 0);
            let arg = self.u.cellvars.add(Name::CONDITIONAL_ANNOTATIONS);
            self.addop_i(loc, Opcode::STORE_DEREF, arg);
        }
        self.body(loc, &def.body, false)?;

        let mut attributes = self.u.static_attributes.as_slice().to_vec();
        attributes.sort_unstable_by_key(|&name| self.text(name));
        self.load_names_const(Loc::NONE, attributes.into_iter());
        self.nameop_store(Loc::NONE, Name::STATIC_ATTRIBUTES);
        if self.ste().needs_classdict {
            self.load_class_cell(Name::CLASSDICT)?;
            self.nameop_store(Loc::NONE, Name::CLASSDICTCELL);
        }
        if self.ste().needs_class_closure {
            self.load_class_cell(Name::CLASS)?;
            self.addop_i(Loc::NONE, Opcode::COPY, 1);
            self.nameop_store(Loc::NONE, Name::CLASSCELL);
        } else {
            self.load_none(Loc::NONE);
        }
        self.addop(Loc::NONE, Opcode::RETURN_VALUE);
        let code = self.optimize_and_assemble(true)?;

        let loc = s.loc;
        self.addop(loc, Opcode::LOAD_BUILD_CLASS);
        self.addop(loc, Opcode::PUSH_NULL);
        self.make_closure(loc, &code, 0)?;
        self.load_name_const(loc, def.name);
        Ok(())
    }

    /// The cell itself, one of the class's own.
    fn load_class_cell(&mut self, name: Name) -> CResult {
        let Some(at) = self.u.cellvars.get(name) else {
            return Err(self.system_error("class has no such cell"));
        };
        self.addop_i(Loc::NONE, Opcode::LOAD_CLOSURE, at);
        Ok(())
    }
}
