//! Statements: the dispatch, loops, `if`, `return` and the small ones.
//!
//! Invariant: a statement leaves the stack as it found it.
//! Next: `try_.rs`, `with_.rs`, `match_.rs`, `function.rs`, `class.rs`, `assign.rs`, `import.rs` for the others.

use pyc_format::opcode::{CommonConstant, Intrinsic1, Opcode};

use super::fblock::{Datum, FBlockType};
use super::{CResult, Codegen};
use crate::ast::{Constant, Expr, ExprKind, For, Loc, Stmt, StmtKind};

impl<'a> Codegen<'_, 'a> {
    pub(super) fn visit_body(&mut self, stmts: &'a [Stmt<'a>]) -> CResult {
        for stmt in stmts {
            self.visit_stmt(stmt)?;
        }
        Ok(())
    }

    pub(super) fn visit_stmt(&mut self, s: &'a Stmt<'a>) -> CResult {
        self.enter_recursive_call()?;
        // Annotations within these are recorded only if they are reached.
        let conditional = matches!(
            s.kind,
            StmtKind::For(_)
                | StmtKind::While { .. }
                | StmtKind::If { .. }
                | StmtKind::Match { .. }
                | StmtKind::Try(_)
                | StmtKind::With(_)
        );
        self.u.in_conditional_block += u32::from(conditional);
        let result = self.visit_stmt_kind(s);
        self.u.in_conditional_block -= u32::from(conditional && result.is_ok());
        self.depth -= 1;
        result
    }

    fn visit_stmt_kind(&mut self, s: &'a Stmt<'a>) -> CResult {
        let loc = s.loc;
        match &s.kind {
            StmtKind::Expr { value } => self.stmt_expr(loc, value),
            StmtKind::Assign { targets, value, .. } => self.assign(loc, targets, value),
            StmtKind::If { test, body, orelse } => self.if_(loc, test, body, orelse),
            StmtKind::Return { value } => self.return_(loc, value.as_deref()),
            StmtKind::FunctionDef(def) => self.function(s, def),
            StmtKind::ClassDef(def) => self.class(s, def),
            StmtKind::TypeAlias { name, type_params, value } => self.typealias(s, name, type_params, value),
            StmtKind::Delete { targets } => self.visit_exprs(targets),
            StmtKind::AugAssign { target, op, value } => self.augassign(loc, target, *op, value),
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annassign(s, target, annotation, value.as_deref(), *simple)
            }
            StmtKind::For(for_) if for_.is_async => self.async_for(loc, for_),
            StmtKind::For(for_) => self.for_(loc, for_),
            StmtKind::While { test, body, orelse } => self.while_(loc, test, body, orelse),
            StmtKind::Match { subject, cases } => self.match_(subject, cases),
            StmtKind::Raise { exc, cause } => self.raise(loc, exc.as_deref(), cause.as_deref()),
            StmtKind::Try(try_) => self.try_(loc, try_),
            StmtKind::With(with) if with.is_async => self.async_with_inner(with, &with.items),
            StmtKind::With(with) => self.with_inner(with, &with.items),
            StmtKind::Assert { test, msg } => self.assert(loc, test, msg.as_deref()),
            StmtKind::Import { names } => self.import(loc, names),
            StmtKind::ImportFrom { module, names, level } => self.from_import(loc, *module, names, *level),
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Pass => {
                self.addop(loc, Opcode::NOP);
                Ok(())
            }
            StmtKind::Break => self.break_(loc),
            StmtKind::Continue => self.continue_(loc),
        }
    }

    fn stmt_expr(&mut self, loc: Loc, value: &'a Expr<'a>) -> CResult {
        if self.is_interactive_top_level() {
            self.visit_expr(value)?;
            self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_PRINT);
            self.addop(Loc::NONE, Opcode::POP_TOP);
            return Ok(());
        }
        if matches!(value.kind, ExprKind::Constant { .. }) {
            self.addop(loc, Opcode::NOP);
            return Ok(());
        }
        self.visit_expr(value)?;
        self.addop(Loc::NONE, Opcode::POP_TOP);
        Ok(())
    }

    fn if_(&mut self, loc: Loc, test: &'a Expr<'a>, body: &'a [Stmt<'a>], orelse: &'a [Stmt<'a>]) -> CResult {
        let end = self.new_label();
        let next = if orelse.is_empty() { end } else { self.new_label() };
        self.jump_if(loc, test, next, false)?;
        self.visit_body(body)?;
        if !orelse.is_empty() {
            self.addop_j(Loc::NONE, Opcode::JUMP_NO_INTERRUPT, end);
            self.use_label(next);
            self.visit_body(orelse)?;
        }
        self.use_label(end);
        Ok(())
    }

    fn for_(&mut self, loc: Loc, for_: &'a For<'a>) -> CResult {
        let start = self.new_label();
        let cleanup = self.new_label();
        let end = self.new_label();
        self.push_fblock(loc, FBlockType::ForLoop, Some(start), Some(end), Datum::None)?;

        self.visit_expr(&for_.iter)?;
        let loc = for_.iter.loc;
        self.addop(loc, Opcode::GET_ITER);

        self.use_label(start);
        self.addop_j(loc, Opcode::FOR_ITER, cleanup);
        // For tracing a `for` whose target is on another line.
        self.addop(for_.target.loc, Opcode::NOP);

        self.visit_expr(&for_.target)?;
        self.visit_body(&for_.body)?;
        self.addop_j(Loc::NONE, Opcode::JUMP, start);

        self.use_label(cleanup);
        // A generator's end jumps to END_FOR, that of other iterators to what follows it.
        self.addop(Loc::NONE, Opcode::END_FOR);
        self.addop(Loc::NONE, Opcode::POP_ITER);
        self.pop_fblock();

        self.visit_body(&for_.orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn async_for(&mut self, loc: Loc, for_: &'a For<'a>) -> CResult {
        let start = self.new_label();
        let send = self.new_label();
        let except = self.new_label();
        let end = self.new_label();

        self.visit_expr(&for_.iter)?;
        self.addop(for_.iter.loc, Opcode::GET_AITER);

        self.use_label(start);
        self.push_fblock(loc, FBlockType::ForLoop, Some(start), Some(end), Datum::None)?;
        // Guards the call of __anext__ alone.
        self.addop_j(loc, Opcode::SETUP_FINALLY, except);
        self.addop(loc, Opcode::GET_ANEXT);
        self.load_none(loc);
        self.use_label(send);
        self.add_await(loc);
        self.addop(loc, Opcode::POP_BLOCK);
        self.addop(loc, Opcode::NOT_TAKEN);

        self.visit_expr(&for_.target)?;
        self.visit_body(&for_.body)?;
        self.addop_j(Loc::NONE, Opcode::JUMP, start);
        self.pop_fblock();

        self.use_label(except);
        self.addop_j(for_.iter.loc, Opcode::END_ASYNC_FOR, send);

        self.visit_body(&for_.orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn while_(&mut self, loc: Loc, test: &'a Expr<'a>, body: &'a [Stmt<'a>], orelse: &'a [Stmt<'a>]) -> CResult {
        let loop_ = self.new_label();
        let end = self.new_label();
        let anchor = self.new_label();

        self.use_label(loop_);
        self.push_fblock(loc, FBlockType::WhileLoop, Some(loop_), Some(end), Datum::None)?;
        self.jump_if(loc, test, anchor, false)?;
        self.visit_body(body)?;
        self.addop_j(Loc::NONE, Opcode::JUMP, loop_);
        self.pop_fblock();

        self.use_label(anchor);
        self.visit_body(orelse)?;
        self.use_label(end);
        Ok(())
    }

    fn return_(&mut self, loc: Loc, value: Option<&'a Expr<'a>>) -> CResult {
        let ste = self.ste();
        if !ste.is_function_like() {
            return Err(self.error(loc, "'return' outside function"));
        }
        if value.is_some() && ste.coroutine && ste.generator {
            return Err(self.error(loc, "'return' with value in async generator"));
        }
        let statement = loc;
        let mut loc = loc;
        // A constant is loaded after unwinding, any other value stays on the stack meanwhile.
        let constant = match value.map(|value| &value.kind) {
            None => Some(&Constant::None),
            Some(ExprKind::Constant { value, .. }) => Some(value),
            Some(_) => None,
        };
        if let Some(value) = value {
            if constant.is_some() {
                loc = value.loc;
                self.addop(loc, Opcode::NOP);
            } else {
                self.visit_expr(value)?;
            }
        }
        if value.is_none_or(|value| value.loc.lineno != statement.lineno) {
            loc = statement;
            self.addop(loc, Opcode::NOP);
        }
        self.unwind_fblock_stack(&mut loc, constant.is_none(), false)?;
        if let Some(constant) = constant {
            let object = self.objects.from_constant(constant);
            self.load_const(loc, object);
        }
        self.addop(loc, Opcode::RETURN_VALUE);
        Ok(())
    }

    fn break_(&mut self, origin: Loc) -> CResult {
        let mut loc = origin;
        self.addop(loc, Opcode::NOP);
        let Some(loop_) = self.unwind_fblock_stack(&mut loc, false, true)? else {
            return Err(self.error(origin, "'break' outside loop"));
        };
        self.unwind_fblock(&mut loc, loop_, false)?;
        if let Some(exit) = loop_.exit {
            self.addop_j(loc, Opcode::JUMP, exit);
        }
        Ok(())
    }

    fn continue_(&mut self, origin: Loc) -> CResult {
        let mut loc = origin;
        self.addop(loc, Opcode::NOP);
        let Some(loop_) = self.unwind_fblock_stack(&mut loc, false, true)? else {
            return Err(self.error(origin, "'continue' not properly in loop"));
        };
        if let Some(block) = loop_.block {
            self.addop_j(loc, Opcode::JUMP, block);
        }
        Ok(())
    }

    fn raise(&mut self, loc: Loc, exc: Option<&'a Expr<'a>>, cause: Option<&'a Expr<'a>>) -> CResult {
        let mut n = 0;
        if let Some(exc) = exc {
            self.visit_expr(exc)?;
            n += 1;
            if let Some(cause) = cause {
                self.visit_expr(cause)?;
                n += 1;
            }
        }
        self.addop_i(loc, Opcode::RAISE_VARARGS, n);
        Ok(())
    }

    fn assert(&mut self, loc: Loc, test: &'a Expr<'a>, msg: Option<&'a Expr<'a>>) -> CResult {
        let always_true = match &test.kind {
            ExprKind::Tuple { elts, .. } => !elts.is_empty(),
            ExprKind::Constant { value: Constant::Tuple(items), .. } => !items.is_empty(),
            _ => false,
        };
        if always_true {
            self.warn(loc, "assertion is always true, perhaps remove parentheses?");
        }
        if self.optimize > 0 {
            return Ok(());
        }
        let end = self.new_label();
        self.jump_if(loc, test, end, true)?;
        let assertion_error = CommonConstant::CONSTANT_ASSERTIONERROR.number() as usize;
        self.addop_i(loc, Opcode::LOAD_COMMON_CONSTANT, assertion_error);
        if let Some(msg) = msg {
            self.visit_expr(msg)?;
            self.addop_i(loc, Opcode::CALL, 0);
        }
        self.addop_i(test.loc, Opcode::RAISE_VARARGS, 1);
        self.use_label(end);
        Ok(())
    }
}
