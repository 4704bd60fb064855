//! Expressions: the dispatch, names of operators, comparisons and boolean control flow.
//!
//! Invariant: a visited expression leaves one value on the stack (a target takes one).
//! Next: `call.rs`, `comprehension.rs`, `display.rs`, `fstring.rs` for the larger kinds.

use pyc_format::opcode::{BinaryOp, CompareOp, Intrinsic1, Opcode};

use super::unit::ScopeType;
use super::{CResult, Codegen};
use crate::ast::{BoolOp, CmpOp, Constant, Expr, ExprContext, ExprKind, Loc, Operator, UnaryOp};
use crate::instruction_sequence::Label;
use crate::names::Name;
use crate::symtable::{BlockKey, BlockRole};

/// COMPARE_OP's operand: the operator above, the results that count as true below (COMPARISON_*: unordered 1, less 2,
/// greater 4, equal 8).
pub(super) fn compare_oparg(op: CompareOp) -> usize {
    let mask = match op {
        CompareOp::Py_LT => 2,
        CompareOp::Py_LE => 2 | 8,
        CompareOp::Py_EQ => 8,
        CompareOp::Py_NE => 1 | 2 | 4,
        CompareOp::Py_GT => 4,
        CompareOp::Py_GE => 4 | 8,
    };
    (op.number() as usize) << 5 | mask
}

fn binary_op(op: Operator) -> BinaryOp {
    match op {
        Operator::Add => BinaryOp::NB_ADD,
        Operator::Sub => BinaryOp::NB_SUBTRACT,
        Operator::Mult => BinaryOp::NB_MULTIPLY,
        Operator::MatMult => BinaryOp::NB_MATRIX_MULTIPLY,
        Operator::Div => BinaryOp::NB_TRUE_DIVIDE,
        Operator::Mod => BinaryOp::NB_REMAINDER,
        Operator::Pow => BinaryOp::NB_POWER,
        Operator::LShift => BinaryOp::NB_LSHIFT,
        Operator::RShift => BinaryOp::NB_RSHIFT,
        Operator::BitOr => BinaryOp::NB_OR,
        Operator::BitXor => BinaryOp::NB_XOR,
        Operator::BitAnd => BinaryOp::NB_AND,
        Operator::FloorDiv => BinaryOp::NB_FLOOR_DIVIDE,
    }
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn visit_expr(&mut self, e: &'a Expr<'a>) -> CResult {
        self.enter_recursive_call()?;
        let result = self.visit_expr_kind(e);
        self.depth -= 1;
        result
    }

    pub(super) fn visit_exprs(&mut self, exprs: &'a [Expr<'a>]) -> CResult {
        for e in exprs {
            self.visit_expr(e)?;
        }
        Ok(())
    }

    fn visit_expr_kind(&mut self, e: &'a Expr<'a>) -> CResult {
        let loc = e.loc;
        match &e.kind {
            ExprKind::Name { id, ctx } => self.nameop(loc, *id, *ctx),
            ExprKind::Constant { value, .. } => {
                let object = match value {
                    // Preprocessing made `%` of a format's `%%` with str.replace: not the shared one-character string.
                    Constant::Str(text) if loc == Loc::NONE && text.as_bytes() == b"%" => {
                        self.objects.unshared_str(*text)
                    }
                    _ => self.objects.from_constant(value),
                };
                self.load_const(loc, object);
            }
            ExprKind::Attribute { value, attr, ctx } => return self.attribute(e, value, *attr, *ctx),
            ExprKind::Call { func, args, keywords } => return self.call(e, func, args, keywords),
            ExprKind::Subscript { value, slice, ctx } => return self.subscript(loc, value, slice, *ctx),
            ExprKind::BinOp { left, op, right } => {
                self.visit_expr(left)?;
                self.visit_expr(right)?;
                self.addop_binary(loc, *op);
            }
            ExprKind::Compare { left, ops, comparators } => return self.compare(e, left, ops, comparators),
            ExprKind::Tuple { elts, ctx } => return self.tuple(loc, elts, *ctx),
            ExprKind::List { elts, ctx } => return self.list(loc, elts, *ctx),
            ExprKind::BoolOp { op, values } => return self.boolop(loc, *op, values),
            ExprKind::UnaryOp { op, operand } => return self.unaryop(loc, *op, operand),
            ExprKind::NamedExpr { target, value } => {
                self.visit_expr(value)?;
                self.addop_i(loc, Opcode::COPY, 1);
                self.visit_expr(target)?;
            }
            ExprKind::Lambda { args, body } => return self.lambda(e, args, body),
            ExprKind::IfExp { test, body, orelse } => return self.ifexp(loc, test, body, orelse),
            ExprKind::Dict { keys, values } => return self.dict(loc, keys, values),
            ExprKind::Set { elts } => return self.set(loc, elts),
            ExprKind::GeneratorExp { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. } => return self.comprehension(e),
            ExprKind::Yield { .. } | ExprKind::YieldFrom { .. } | ExprKind::Await { .. } => return self.suspend(e),
            ExprKind::JoinedStr { values } => return self.joined_str(loc, values),
            ExprKind::TemplateStr { values } => return self.template_str(loc, values),
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                return self.formatted_value(loc, value, *conversion, format_spec.as_deref());
            }
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                return self.interpolation(loc, value, *str, *conversion, format_spec.as_deref());
            }
            // In places that allow one, the node around it looks through it.
            ExprKind::Starred { ctx, .. } => {
                let message = match ctx {
                    ExprContext::Store => "starred assignment target must be in a list or tuple",
                    ExprContext::Load | ExprContext::Del => "can't use starred expression here",
                };
                return Err(self.error(loc, message));
            }
            ExprKind::Slice { .. } => return self.slice(e),
        }
        Ok(())
    }

    /// `yield`, `yield from` and `await`.
    fn suspend(&mut self, e: &'a Expr<'a>) -> CResult {
        let loc = e.loc;
        match &e.kind {
            ExprKind::Yield { value } => {
                if !self.ste().is_function_like() {
                    return Err(self.error(loc, "'yield' outside function"));
                }
                match value {
                    Some(value) => self.visit_expr(value)?,
                    None => self.load_none(loc),
                }
                self.addop_yield(loc);
            }
            ExprKind::YieldFrom { value } => {
                if !self.ste().is_function_like() {
                    return Err(self.error(loc, "'yield from' outside function"));
                }
                if self.u.scope_type == ScopeType::AsyncFunction {
                    return Err(self.error(loc, "'yield from' inside async function"));
                }
                self.visit_expr(value)?;
                self.addop(loc, Opcode::GET_YIELD_FROM_ITER);
                self.load_none(loc);
                self.add_yield_from(loc);
            }
            ExprKind::Await { value } => {
                self.visit_expr(value)?;
                self.addop_i(loc, Opcode::GET_AWAITABLE, 0);
                self.load_none(loc);
                self.add_await(loc);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn addop_yield(&mut self, loc: Loc) {
        if self.ste().generator && self.ste().coroutine {
            self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_ASYNC_GEN_WRAP);
        }
        self.addop_i(loc, Opcode::YIELD_VALUE, 0);
        self.addop_i(loc, Opcode::RESUME, pyc_format::opcode::RESUME_AFTER_YIELD as usize);
    }

    pub(super) fn addop_intrinsic_1(&mut self, loc: Loc, function: Intrinsic1) {
        self.addop_i(loc, Opcode::CALL_INTRINSIC_1, function.number() as usize);
    }

    pub(super) fn addop_binary(&mut self, loc: Loc, op: Operator) {
        self.addop_i(loc, Opcode::BINARY_OP, binary_op(op).number() as usize);
    }

    pub(super) fn addop_inplace(&mut self, loc: Loc, op: Operator) {
        let inplace = BinaryOp::NB_INPLACE_ADD.number();
        self.addop_i(loc, Opcode::BINARY_OP, (binary_op(op).number() + inplace) as usize);
    }

    pub(super) fn addop_subscr(&mut self, loc: Loc) {
        self.addop_i(loc, Opcode::BINARY_OP, BinaryOp::NB_SUBSCR.number() as usize);
    }

    fn unaryop(&mut self, loc: Loc, op: UnaryOp, operand: &'a Expr<'a>) -> CResult {
        self.visit_expr(operand)?;
        match op {
            UnaryOp::UAdd => self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_UNARY_POSITIVE),
            UnaryOp::Not => {
                self.addop(loc, Opcode::TO_BOOL);
                self.addop(loc, Opcode::UNARY_NOT);
            }
            UnaryOp::Invert => self.addop(loc, Opcode::UNARY_INVERT),
            UnaryOp::USub => self.addop(loc, Opcode::UNARY_NEGATIVE),
        }
        Ok(())
    }

    fn attribute(&mut self, e: &'a Expr<'a>, value: &'a Expr<'a>, attr: Name, ctx: ExprContext) -> CResult {
        if ctx == ExprContext::Load && self.can_optimize_super_call(value, attr) {
            return self.super_attribute(e.loc, value, attr, false);
        }
        self.maybe_add_static_attribute_to_class(value, attr, ctx);
        self.visit_expr(value)?;
        let loc = self.update_start_location_to_match_attr(e.loc, e.loc, attr);
        match ctx {
            ExprContext::Load => self.addop_load_attr(loc, attr),
            ExprContext::Store => self.addop_name(loc, Opcode::STORE_ATTR, attr),
            ExprContext::Del => self.addop_name(loc, Opcode::DELETE_ATTR, attr),
        }
        Ok(())
    }

    /// An attribute on another line than the expression's begin: the instruction begins at the attribute's name.
    /// `attr_loc` is the Attribute node's. The name's length is in code points, its column in bytes; that is CPython's.
    pub(super) fn update_start_location_to_match_attr(&self, mut loc: Loc, attr_loc: Loc, attr: Name) -> Loc {
        if loc.lineno == attr_loc.end_lineno {
            return loc;
        }
        loc.lineno = attr_loc.end_lineno;
        let len = i32::try_from(self.text(attr).chars().count()).unwrap_or(i32::MAX);
        if len <= attr_loc.end_col_offset {
            loc.col_offset = attr_loc.end_col_offset - len;
        } else {
            loc.col_offset = -1;
            loc.end_col_offset = -1;
        }
        loc.end_lineno = loc.lineno.max(loc.end_lineno);
        if loc.lineno == loc.end_lineno {
            loc.end_col_offset = loc.col_offset.max(loc.end_col_offset);
        }
        loc
    }

    fn lambda(&mut self, e: &'a Expr<'a>, args: &'a crate::ast::Arguments<'a>, body: &'a Expr<'a>) -> CResult {
        let funcflags = self.default_arguments(e.loc, args)?;
        let block = self.lookup(BlockKey::new(e, BlockRole::Body))?;
        let counts = [args.args.len(), args.posonlyargs.len(), args.kwonlyargs.len()];
        self.enter_scope(Name::ANGLE_LAMBDA, ScopeType::Lambda, block, e.loc.lineno, None, counts)?;
        self.visit_expr(body)?;
        // A generator's value is not returned: it ends with the StopIteration of falling off the end.
        let add_none = !self.ste().generator;
        if add_none {
            self.addop(body.loc, Opcode::RETURN_VALUE);
        }
        let code = self.optimize_and_assemble(add_none)?;
        self.make_closure(e.loc, &code, funcflags)
    }

    // Comparisons.

    pub(super) fn addcompare(&mut self, loc: Loc, op: CmpOp) {
        let op = match op {
            CmpOp::Eq => CompareOp::Py_EQ,
            CmpOp::NotEq => CompareOp::Py_NE,
            CmpOp::Lt => CompareOp::Py_LT,
            CmpOp::LtE => CompareOp::Py_LE,
            CmpOp::Gt => CompareOp::Py_GT,
            CmpOp::GtE => CompareOp::Py_GE,
            CmpOp::Is => return self.addop_i(loc, Opcode::IS_OP, 0),
            CmpOp::IsNot => return self.addop_i(loc, Opcode::IS_OP, 1),
            CmpOp::In => return self.addop_i(loc, Opcode::CONTAINS_OP, 0),
            CmpOp::NotIn => return self.addop_i(loc, Opcode::CONTAINS_OP, 1),
        };
        self.addop_i(loc, Opcode::COMPARE_OP, compare_oparg(op));
    }

    fn compare(
        &mut self,
        e: &'a Expr<'a>,
        left: &'a Expr<'a>,
        ops: &'a [CmpOp],
        comparators: &'a [Expr<'a>],
    ) -> CResult {
        let loc = e.loc;
        self.check_compare(loc, left, ops, comparators);
        self.visit_expr(left)?;
        let (Some((last_op, ops)), Some((last, comparators))) = (ops.split_last(), comparators.split_last()) else {
            return Err(self.system_error("Compare has no comparators"));
        };
        if ops.is_empty() {
            self.visit_expr(last)?;
            self.addcompare(loc, *last_op);
            return Ok(());
        }
        let cleanup = self.new_label();
        for (op, comparator) in ops.iter().zip(comparators) {
            self.visit_expr(comparator)?;
            self.addop_i(loc, Opcode::SWAP, 2);
            self.addop_i(loc, Opcode::COPY, 2);
            self.addcompare(loc, *op);
            self.addop_i(loc, Opcode::COPY, 1);
            self.addop(loc, Opcode::TO_BOOL);
            self.addop_j(loc, Opcode::POP_JUMP_IF_FALSE, cleanup);
            self.addop(loc, Opcode::POP_TOP);
        }
        self.visit_expr(last)?;
        self.addcompare(loc, *last_op);
        let end = self.new_label();
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(cleanup);
        self.addop_i(loc, Opcode::SWAP, 2);
        self.addop(loc, Opcode::POP_TOP);

        self.use_label(end);
        Ok(())
    }

    // Boolean control flow.

    fn boolop(&mut self, loc: Loc, op: BoolOp, values: &'a [Expr<'a>]) -> CResult {
        let jump = match op {
            BoolOp::And => Opcode::JUMP_IF_FALSE,
            BoolOp::Or => Opcode::JUMP_IF_TRUE,
        };
        let Some((last, values)) = values.split_last() else {
            return Err(self.system_error("BoolOp has no values"));
        };
        let end = self.new_label();
        for value in values {
            self.visit_expr(value)?;
            self.addop_j(loc, jump, end);
            self.addop(loc, Opcode::POP_TOP);
        }
        self.visit_expr(last)?;
        self.use_label(end);
        Ok(())
    }

    fn ifexp(&mut self, loc: Loc, test: &'a Expr<'a>, body: &'a Expr<'a>, orelse: &'a Expr<'a>) -> CResult {
        let end = self.new_label();
        let next = self.new_label();
        self.jump_if(loc, test, next, false)?;
        self.visit_expr(body)?;
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(next);
        self.visit_expr(orelse)?;

        self.use_label(end);
        Ok(())
    }

    /// Jumps to `next` if the truth of `e` is `cond`, else falls through.
    pub(super) fn jump_if(&mut self, loc: Loc, e: &'a Expr<'a>, next: Label, cond: bool) -> CResult {
        self.enter_recursive_call()?;
        let result = self.jump_if_kind(loc, e, next, cond);
        self.depth -= 1;
        result
    }

    fn jump_if_kind(&mut self, loc: Loc, e: &'a Expr<'a>, next: Label, cond: bool) -> CResult {
        match &e.kind {
            ExprKind::UnaryOp { op: UnaryOp::Not, operand } => return self.jump_if(loc, operand, next, !cond),
            ExprKind::BoolOp { op, values } => {
                let cond2 = *op == BoolOp::Or;
                let next2 = if cond2 == cond { next } else { self.new_label() };
                let Some((last, values)) = values.split_last() else {
                    return Err(self.system_error("BoolOp has no values"));
                };
                for value in values {
                    self.jump_if(loc, value, next2, cond2)?;
                }
                self.jump_if(loc, last, next, cond)?;
                if next2 != next {
                    self.use_label(next2);
                }
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let end = self.new_label();
                let next2 = self.new_label();
                self.jump_if(loc, test, next2, false)?;
                self.jump_if(loc, body, next, cond)?;
                self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

                self.use_label(next2);
                self.jump_if(loc, orelse, next, cond)?;

                self.use_label(end);
                return Ok(());
            }
            ExprKind::Compare { left, ops, comparators } if ops.len() > 1 => {
                return self.jump_if_chained(e.loc, (left, ops, comparators), next, cond);
            }
            _ => {}
        }
        self.visit_expr(e)?;
        self.addop(e.loc, Opcode::TO_BOOL);
        self.addop_j(e.loc, pop_jump_if(cond), next);
        Ok(())
    }

    fn jump_if_chained(
        &mut self,
        loc: Loc,
        (left, ops, comparators): (&'a Expr<'a>, &'a [CmpOp], &'a [Expr<'a>]),
        next: Label,
        cond: bool,
    ) -> CResult {
        self.check_compare(loc, left, ops, comparators);
        let (Some((last_op, ops)), Some((last, comparators))) = (ops.split_last(), comparators.split_last()) else {
            return Err(self.system_error("Compare has no comparators"));
        };
        let cleanup = self.new_label();
        self.visit_expr(left)?;
        for (op, comparator) in ops.iter().zip(comparators) {
            self.visit_expr(comparator)?;
            self.addop_i(loc, Opcode::SWAP, 2);
            self.addop_i(loc, Opcode::COPY, 2);
            self.addcompare(loc, *op);
            self.addop(loc, Opcode::TO_BOOL);
            self.addop_j(loc, Opcode::POP_JUMP_IF_FALSE, cleanup);
        }
        self.visit_expr(last)?;
        self.addcompare(loc, *last_op);
        self.addop(loc, Opcode::TO_BOOL);
        self.addop_j(loc, pop_jump_if(cond), next);
        let end = self.new_label();
        self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);

        self.use_label(cleanup);
        self.addop(loc, Opcode::POP_TOP);
        if !cond {
            self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, next);
        }

        self.use_label(end);
        Ok(())
    }
}

fn pop_jump_if(cond: bool) -> Opcode {
    if cond { Opcode::POP_JUMP_IF_TRUE } else { Opcode::POP_JUMP_IF_FALSE }
}
