//! Annotations: `__annotate__` functions (PEP 649, 749) and, under the `__future__` import, strings.
//!
//! Invariant: an annotation scope's parameter is `.format` in the symbol table, where no annotation can name it, and
//! `format` in the finished code.

use pyc_format::opcode::{CommonConstant, CompareOp, Opcode};

use super::expr::compare_oparg;
use super::function::{ANNOTATE, FuncFlags};
use super::unit::ScopeType;
use super::{CResult, Codegen};
use crate::ast::{Arg, Arguments, CmpOp, Expr, ExprKind, Loc, Stmt, StmtKind};
use crate::names::Name;
use crate::symtable::{BlockId, BlockKey, BlockRole};
use crate::unparse::expr_as_unicode;

/// `annotationlib.Format.VALUE_WITH_FAKE_GLOBALS`
const VALUE_WITH_FAKE_GLOBALS: usize = 2;

impl<'a> Codegen<'_, 'a> {
    /// Enters the scope of a lazily evaluated expression: it begins with
    /// `if .format > VALUE_WITH_FAKE_GLOBALS: raise NotImplementedError`.
    pub(super) fn setup_annotations_scope(&mut self, loc: Loc, block: BlockId, name: Name) -> CResult {
        self.enter_scope(name, ScopeType::Annotations, block, loc.lineno, None, [0, 1, 0])?;
        self.addop_i(loc, Opcode::LOAD_FAST, 0);
        self.load_int(loc, VALUE_WITH_FAKE_GLOBALS);
        self.addop_i(loc, Opcode::COMPARE_OP, compare_oparg(CompareOp::Py_GT));
        let body = self.new_label();
        self.addop_j(loc, Opcode::POP_JUMP_IF_FALSE, body);
        let not_implemented = CommonConstant::CONSTANT_NOTIMPLEMENTEDERROR.number() as usize;
        self.addop_i(loc, Opcode::LOAD_COMMON_CONSTANT, not_implemented);
        self.addop_i(loc, Opcode::RAISE_VARARGS, 1);
        self.use_label(body);
        Ok(())
    }

    /// Ends an `__annotate__` function and makes it.
    fn leave_annotations_scope(&mut self, loc: Loc) -> CResult {
        self.addop(loc, Opcode::RETURN_VALUE);
        let code = self.optimize_and_assemble(true)?;
        self.objects.rename_format_parameter(code.id);
        self.make_closure(loc, &code, 0)
    }

    /// The `__annotate__` function of a module or class, from the annotations collected in its body.
    pub(super) fn process_deferred_annotations(&mut self, loc: Loc) -> CResult {
        let deferred = std::mem::take(&mut self.u.deferred_annotations);
        if deferred.is_empty() {
            return Ok(());
        }
        let scope_type = self.u.scope_type;
        let is_module = scope_type == ScopeType::Module;
        if is_module {
            self.start_annotation_setup();
        }
        let Some(block) = self.ste().annotation_block else {
            return Err(self.system_error("no annotation block"));
        };
        let name = self.block(block).name;
        self.setup_annotations_scope(loc, block, name)?;
        self.deferred_annotations_body(loc, &deferred, scope_type)?;
        self.leave_annotations_scope(loc)?;
        self.nameop_store(loc, if is_module { Name::ANNOTATE } else { Name::ANNOTATE_FUNC });
        if is_module {
            self.end_annotation_setup();
        }
        Ok(())
    }

    fn deferred_annotations_body(
        &mut self,
        loc: Loc,
        deferred: &[(&'a Stmt<'a>, Option<usize>)],
        scope_type: ScopeType,
    ) -> CResult {
        self.addop_i(loc, Opcode::BUILD_MAP, 0);
        for &(s, index) in deferred {
            let StmtKind::AnnAssign { target, annotation, .. } = &s.kind else { continue };
            let ExprKind::Name { id, .. } = target.kind else { continue };
            let mangled = self.mangle(id);
            let not_set = self.new_label();
            if let Some(index) = index {
                self.load_int(s.loc, index);
                if scope_type == ScopeType::Class {
                    let arg = self.freevar_index(Name::CONDITIONAL_ANNOTATIONS);
                    self.addop_i(s.loc, Opcode::LOAD_DEREF, arg);
                } else {
                    // LOAD_GLOBAL's operand is not shifted here; it is 0, being the scope's first name.
                    self.addop_name(s.loc, Opcode::LOAD_GLOBAL, Name::CONDITIONAL_ANNOTATIONS);
                }
                self.addcompare(s.loc, CmpOp::In);
                self.addop_j(s.loc, Opcode::POP_JUMP_IF_FALSE, not_set);
            }
            self.visit_expr(annotation)?;
            self.addop_i(s.loc, Opcode::COPY, 2);
            self.load_name_const(s.loc, mangled);
            self.addop(loc, Opcode::STORE_SUBSCR);
            self.use_label(not_set);
        }
        Ok(())
    }

    /// The `__annotate__` function of a function, if it has annotations.
    pub(super) fn function_annotations(
        &mut self,
        s: &'a Stmt<'a>,
        args: &'a Arguments<'a>,
        returns: Option<&'a Expr<'a>>,
    ) -> CResult<FuncFlags> {
        let block = self.lookup(BlockKey::new(s, BlockRole::Annotations))?;
        let ste = self.block(block);
        if !ste.annotations_used {
            return Ok(0);
        }
        let name = ste.name;
        let loc = s.loc;
        self.setup_annotations_scope(loc, block, name)?;
        let mut len = 0;
        self.argannotations(loc, args.args.iter(), &mut len)?;
        self.argannotations(loc, args.posonlyargs.iter(), &mut len)?;
        self.argannotations(loc, args.vararg.as_deref(), &mut len)?;
        self.argannotations(loc, args.kwonlyargs.iter(), &mut len)?;
        self.argannotations(loc, args.kwarg.as_deref(), &mut len)?;
        if let Some(returns) = returns {
            self.argannotation(loc, Name::RETURN, returns)?;
            len += 1;
        }
        self.addop_i(loc, Opcode::BUILD_MAP, len);
        self.leave_annotations_scope(loc)?;
        Ok(ANNOTATE)
    }

    fn argannotations(&mut self, loc: Loc, args: impl IntoIterator<Item = &'a Arg<'a>>, len: &mut usize) -> CResult {
        for arg in args {
            if let Some(annotation) = &arg.annotation {
                self.argannotation(loc, arg.arg, annotation)?;
                *len += 1;
            }
        }
        Ok(())
    }

    fn argannotation(&mut self, loc: Loc, id: Name, annotation: &'a Expr<'a>) -> CResult {
        let mangled = self.maybe_mangle(id);
        self.load_name_const(loc, mangled);
        if self.future_annotations() {
            self.visit_annexpr(annotation);
            return Ok(());
        }
        match &annotation.kind {
            // `*args: *Ts`
            ExprKind::Starred { value, .. } => {
                self.visit_expr(value)?;
                self.addop_i(loc, Opcode::UNPACK_SEQUENCE, 1);
            }
            _ => self.visit_expr(annotation)?,
        }
        Ok(())
    }

    /// The annotation's source text, as the unparser writes it.
    pub(super) fn visit_annexpr(&mut self, annotation: &'a Expr<'a>) {
        let text: &'a str = self.arena.alloc_str(&expr_as_unicode(self.names, annotation));
        let text = self.objects.str(text.into());
        self.load_const(annotation.loc, text);
    }
}
