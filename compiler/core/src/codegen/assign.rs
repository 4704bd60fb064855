//! Assignments: plain, augmented and annotated; subscripts and slices.
//!
//! Invariant: the value is evaluated before the targets, the targets from left to right.

use pyc_format::opcode::Opcode;

use super::unit::ScopeType;
use super::{CResult, Codegen};
use crate::ast::{Expr, ExprContext, ExprKind, Loc, Operator, Stmt};
use crate::constants::ObjId;
use crate::names::Name;

fn is_constant(e: Option<&Expr<'_>>) -> bool {
    e.is_none_or(|e| matches!(e.kind, ExprKind::Constant { .. }))
}

fn is_constant_slice(e: &Expr<'_>) -> bool {
    match &e.kind {
        ExprKind::Slice { lower, upper, step } => {
            is_constant(lower.as_deref()) && is_constant(upper.as_deref()) && is_constant(step.as_deref())
        }
        _ => false,
    }
}

/// `a[b:c]`, not all constant, has instructions of its own.
fn should_apply_two_element_slice_optimization(e: &Expr<'_>) -> bool {
    matches!(e.kind, ExprKind::Slice { step: None, .. }) && !is_constant_slice(e)
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn assign(&mut self, loc: Loc, targets: &'a [Expr<'a>], value: &'a Expr<'a>) -> CResult {
        self.visit_expr(value)?;
        for (i, target) in targets.iter().enumerate() {
            if i + 1 < targets.len() {
                self.addop_i(loc, Opcode::COPY, 1);
            }
            self.visit_expr(target)?;
        }
        Ok(())
    }

    pub(super) fn augassign(
        &mut self,
        statement: Loc,
        target: &'a Expr<'a>,
        op: Operator,
        operand: &'a Expr<'a>,
    ) -> CResult {
        let loc = target.loc;
        match &target.kind {
            ExprKind::Attribute { value, attr, .. } => {
                self.visit_expr(value)?;
                self.addop_i(loc, Opcode::COPY, 1);
                let loc = self.update_start_location_to_match_attr(loc, target.loc, *attr);
                self.addop_load_attr(loc, *attr);
                self.aug_operand(statement, op, operand)?;
                self.addop_i(loc, Opcode::SWAP, 2);
                self.addop_name(loc, Opcode::STORE_ATTR, *attr);
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.visit_expr(value)?;
                if should_apply_two_element_slice_optimization(slice) {
                    self.slice_two_parts(slice)?;
                    self.addop_i(loc, Opcode::COPY, 3);
                    self.addop_i(loc, Opcode::COPY, 3);
                    self.addop_i(loc, Opcode::COPY, 3);
                    self.addop(loc, Opcode::BINARY_SLICE);
                    self.aug_operand(statement, op, operand)?;
                    self.addop_i(loc, Opcode::SWAP, 4);
                    self.addop_i(loc, Opcode::SWAP, 3);
                    self.addop_i(loc, Opcode::SWAP, 2);
                    self.addop(loc, Opcode::STORE_SLICE);
                } else {
                    self.visit_expr(slice)?;
                    self.addop_i(loc, Opcode::COPY, 2);
                    self.addop_i(loc, Opcode::COPY, 2);
                    self.addop_subscr(loc);
                    self.aug_operand(statement, op, operand)?;
                    self.addop_i(loc, Opcode::SWAP, 3);
                    self.addop_i(loc, Opcode::SWAP, 2);
                    self.addop(loc, Opcode::STORE_SUBSCR);
                }
            }
            ExprKind::Name { id, .. } => {
                self.nameop_load(loc, *id);
                self.aug_operand(statement, op, operand)?;
                self.nameop_store(loc, *id);
            }
            _ => return Err(self.system_error("invalid node type for augmented assignment")),
        }
        Ok(())
    }

    fn aug_operand(&mut self, statement: Loc, op: Operator, operand: &'a Expr<'a>) -> CResult {
        self.visit_expr(operand)?;
        self.addop_inplace(statement, op);
        Ok(())
    }

    pub(super) fn annassign(
        &mut self,
        s: &'a Stmt<'a>,
        target: &'a Expr<'a>,
        annotation: &'a Expr<'a>,
        value: Option<&'a Expr<'a>>,
        simple: bool,
    ) -> CResult {
        if let Some(value) = value {
            self.visit_expr(value)?;
            self.visit_expr(target)?;
        }
        let in_namespace = matches!(self.u.scope_type, ScopeType::Module | ScopeType::Class);
        match &target.kind {
            ExprKind::Name { id, .. } => {
                if simple && in_namespace {
                    if self.future_annotations() {
                        self.store_annotation_string(s.loc, annotation, *id);
                    } else {
                        self.defer_annotation(s);
                    }
                }
            }
            // Without a value the parts of the target are evaluated all the same.
            ExprKind::Attribute { value: object, .. } => {
                if value.is_none() {
                    self.check_ann_expr(object)?;
                }
            }
            ExprKind::Subscript { value: object, slice, .. } => {
                if value.is_none() {
                    self.check_ann_expr(object)?;
                    self.check_ann_subscr(slice)?;
                }
            }
            _ => return Err(self.system_error("invalid node type for annotated assignment")),
        }
        Ok(())
    }

    /// `__annotations__[id] = "annotation"`
    fn store_annotation_string(&mut self, loc: Loc, annotation: &'a Expr<'a>, id: Name) {
        self.visit_annexpr(annotation);
        self.addop_name(loc, Opcode::LOAD_NAME, Name::ANNOTATIONS);
        let mangled = self.maybe_mangle(id);
        self.load_name_const(loc, mangled);
        self.addop(loc, Opcode::STORE_SUBSCR);
    }

    /// Leaves the annotation to `__annotate__`; where it may not be reached, notes that it was.
    fn defer_annotation(&mut self, s: &'a Stmt<'a>) {
        let is_class = self.u.scope_type == ScopeType::Class;
        if is_class && self.u.in_conditional_block == 0 {
            self.u.deferred_annotations.push((s, None));
            return;
        }
        let index = self.u.next_conditional_annotation_index;
        self.u.next_conditional_annotation_index += 1;
        self.u.deferred_annotations.push((s, Some(index)));
        if is_class {
            let arg = self.u.cellvars.add(Name::CONDITIONAL_ANNOTATIONS);
            self.addop_i(s.loc, Opcode::LOAD_DEREF, arg);
        } else {
            self.addop_name(s.loc, Opcode::LOAD_NAME, Name::CONDITIONAL_ANNOTATIONS);
        }
        self.load_int(s.loc, index);
        self.addop_i(s.loc, Opcode::SET_ADD, 1);
        self.addop(s.loc, Opcode::POP_TOP);
    }

    fn check_ann_expr(&mut self, e: &'a Expr<'a>) -> CResult {
        self.visit_expr(e)?;
        self.addop(e.loc, Opcode::POP_TOP);
        Ok(())
    }

    fn check_ann_subscr(&mut self, e: &'a Expr<'a>) -> CResult {
        match &e.kind {
            ExprKind::Slice { lower, upper, step } => {
                for part in [lower, upper, step].into_iter().flatten() {
                    self.check_ann_expr(part)?;
                }
                Ok(())
            }
            ExprKind::Tuple { elts, .. } => {
                for elt in elts.iter() {
                    self.check_ann_subscr(elt)?;
                }
                Ok(())
            }
            _ => self.check_ann_expr(e),
        }
    }

    pub(super) fn subscript(
        &mut self,
        loc: Loc,
        value: &'a Expr<'a>,
        slice: &'a Expr<'a>,
        ctx: ExprContext,
    ) -> CResult {
        if ctx == ExprContext::Load {
            self.check_subscripter(value);
            self.check_index(value, slice);
        }
        self.visit_expr(value)?;
        if ctx != ExprContext::Del && should_apply_two_element_slice_optimization(slice) {
            self.slice_two_parts(slice)?;
            let op = if ctx == ExprContext::Load { Opcode::BINARY_SLICE } else { Opcode::STORE_SLICE };
            self.addop(loc, op);
            return Ok(());
        }
        self.visit_expr(slice)?;
        match ctx {
            ExprContext::Load => self.addop_subscr(loc),
            ExprContext::Store => self.addop(loc, Opcode::STORE_SUBSCR),
            ExprContext::Del => self.addop(loc, Opcode::DELETE_SUBSCR),
        }
        Ok(())
    }

    fn slice_two_parts(&mut self, e: &'a Expr<'a>) -> CResult {
        let ExprKind::Slice { lower, upper, .. } = &e.kind else { return Ok(()) };
        for part in [lower, upper] {
            match part {
                Some(part) => self.visit_expr(part)?,
                None => self.load_none(e.loc),
            }
        }
        Ok(())
    }

    pub(super) fn slice(&mut self, e: &'a Expr<'a>) -> CResult {
        let ExprKind::Slice { lower, upper, step } = &e.kind else { return Ok(()) };
        if is_constant_slice(e) {
            let parts = [lower, upper, step].map(|part| match part.as_deref().map(|part| &part.kind) {
                Some(ExprKind::Constant { value, .. }) => self.objects.from_constant(value),
                _ => ObjId::NONE,
            });
            let slice = self.objects.slice(parts);
            self.load_const(e.loc, slice);
            return Ok(());
        }
        self.slice_two_parts(e)?;
        let mut n = 2;
        if let Some(step) = step {
            n += 1;
            self.visit_expr(step)?;
        }
        self.addop_i(e.loc, Opcode::BUILD_SLICE, n);
        Ok(())
    }
}
