//! Calls: functions, methods, `super()`, keywords, `*` and `**`.
//!
//! Invariant: arguments are evaluated positional ones first, then keywords, each in source order.

use pyc_format::opcode::{CommonConstant, Intrinsic1, Opcode};

use super::{CResult, Codegen, STACK_USE_GUIDELINE};
use crate::ast::{CmpOp, Expr, ExprContext, ExprKind, Keyword, Loc};
use crate::constants::ObjId;
use crate::instruction_sequence::Label;
use crate::names::Name;
use crate::symtable::{BlockId, BlockKey, BlockRole, Scope, flags};

fn is_starred(e: &Expr<'_>) -> bool {
    matches!(e.kind, ExprKind::Starred { .. })
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn call(
        &mut self,
        e: &'a Expr<'a>,
        func: &'a Expr<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
    ) -> CResult {
        self.validate_keywords(keywords)?;
        if let ExprKind::Attribute { value, attr, ctx: ExprContext::Load } = &func.kind
            && self.is_optimizable_method_call(value, args, keywords)
        {
            return self.method_call(e.loc, func.loc, (value, *attr), args, keywords);
        }
        let skip_normal_call = self.new_label();
        self.check_caller(func);
        self.visit_expr(func)?;
        self.maybe_optimize_function_call(func, args, keywords, skip_normal_call)?;
        self.addop(func.loc, Opcode::PUSH_NULL);
        self.call_helper(e.loc, 0, args, None, keywords)?;
        self.use_label(skip_normal_call);
        Ok(())
    }

    // Methods.

    /// `maybe_optimize_method_call`'s conditions, after that the function is an attribute that is loaded.
    fn is_optimizable_method_call(&self, base: &Expr<'a>, args: &[Expr<'a>], keywords: &[Keyword<'a>]) -> bool {
        // A module's functions are no methods; only what the global scope imports is known to be a module.
        if let ExprKind::Name { id, .. } = base.kind {
            let global = self.block(BlockId(0)).symbol(id);
            if global.is_some_and(|symbol| symbol.flags & flags::DEF_IMPORT != 0) {
                return false;
            }
        }
        args.len() + keywords.len() + usize::from(!keywords.is_empty()) < STACK_USE_GUIDELINE
            && !args.iter().any(is_starred)
            && keywords.iter().all(|keyword| keyword.arg.is_some())
    }

    fn method_call(
        &mut self,
        call_loc: Loc,
        meth_loc: Loc,
        (value, attr): (&'a Expr<'a>, Name),
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
    ) -> CResult {
        let mut loc = meth_loc;
        if self.can_optimize_super_call(value, attr) {
            self.super_attribute(loc, value, attr, true)?;
            loc = self.update_start_location_to_match_attr(loc, meth_loc, attr);
        } else {
            self.visit_expr(value)?;
            loc = self.update_start_location_to_match_attr(loc, meth_loc, attr);
            self.addop_load_method(loc, attr);
        }
        self.visit_exprs(args)?;
        let call_loc = self.update_start_location_to_match_attr(call_loc, meth_loc, attr);
        if keywords.is_empty() {
            self.addop_i(call_loc, Opcode::CALL, args.len());
        } else {
            self.visit_keywords(keywords)?;
            self.call_simple_kw_helper(loc, keywords);
            self.addop_i(call_loc, Opcode::CALL_KW, args.len() + keywords.len());
        }
        Ok(())
    }

    /// `super().attr` and `super(a, b).attr` where nothing that is visible here rebinds `super`. `value` is what the
    /// attribute is taken of.
    pub(super) fn can_optimize_super_call(&self, value: &Expr<'a>, attr: Name) -> bool {
        let ExprKind::Call { func, args, keywords } = &value.kind else { return false };
        if !matches!(func.kind, ExprKind::Name { id: Name::SUPER, .. }) || attr == Name::CLASS || !keywords.is_empty() {
            return false;
        }
        if self.scope_of(Name::SUPER) != Some(Scope::GlobalImplicit) {
            return false;
        }
        let global = self.block(BlockId(0)).symbol(Name::SUPER);
        if global.is_some_and(|symbol| symbol.scope.is_some()) {
            return false;
        }
        match args.len() {
            2 => !args.iter().any(is_starred),
            // The function needs a first argument and the `__class__` cell.
            0 => (self.u.argcount > 0 || self.u.posonlyargcount > 0) && self.ref_type(Name::CLASS) == Some(Scope::Free),
            _ => false,
        }
    }

    /// Loads what `super(...)` was called with, implied or not, and LOAD_SUPER_ATTR.
    pub(super) fn super_attribute(&mut self, loc: Loc, value: &'a Expr<'a>, attr: Name, is_method: bool) -> CResult {
        let ExprKind::Call { func, args, .. } = &value.kind else { return Ok(()) };
        self.nameop_load(func.loc, Name::SUPER);
        let two_args = args.len() == 2;
        if two_args {
            self.visit_exprs(args)?;
        } else {
            self.nameop_load(value.loc, Name::CLASS);
            match self.u.varnames.first() {
                Some(first) => self.nameop_load(value.loc, first),
                None => return Err(self.system_error("super(): no arguments")),
            }
        }
        let arg = self.name_index(attr) << 2 | usize::from(two_args) << 1 | usize::from(is_method);
        self.addop_i(loc, Opcode::LOAD_SUPER_ATTR, arg);
        let loc = self.update_start_location_to_match_attr(loc, loc, attr);
        self.addop(loc, Opcode::NOP);
        Ok(())
    }

    // Functions.

    /// `all`, `any` and `tuple` of one generator expression run it in a loop here, if the name still is the builtin.
    fn maybe_optimize_function_call(
        &mut self,
        func: &'a Expr<'a>,
        args: &'a [Expr<'a>],
        keywords: &'a [Keyword<'a>],
        end: Label,
    ) -> CResult {
        let ExprKind::Name { id, .. } = func.kind else { return Ok(()) };
        let [generator] = args else { return Ok(()) };
        if !keywords.is_empty() || !matches!(generator.kind, ExprKind::GeneratorExp { .. }) {
            return Ok(());
        }
        // For `all` and `any`: what a full run gives, and the jump that goes on with it.
        let (builtin, run) = match id {
            Name::ALL => {
                (CommonConstant::CONSTANT_BUILTIN_ALL, Some((ObjId::TRUE, ObjId::FALSE, Opcode::POP_JUMP_IF_TRUE)))
            }
            Name::ANY => {
                (CommonConstant::CONSTANT_BUILTIN_ANY, Some((ObjId::FALSE, ObjId::TRUE, Opcode::POP_JUMP_IF_FALSE)))
            }
            Name::TUPLE => (CommonConstant::CONSTANT_BUILTIN_TUPLE, None),
            _ => return Ok(()),
        };
        let block = self.lookup(BlockKey::new(generator, BlockRole::Body))?;
        if self.block(block).coroutine {
            return Ok(());
        }
        let loc = func.loc;
        let skip_optimization = self.new_label();
        self.addop_i(loc, Opcode::COPY, 1);
        self.addop_i(loc, Opcode::LOAD_COMMON_CONSTANT, builtin.number() as usize);
        self.addcompare(loc, CmpOp::Is);
        self.addop_j(loc, Opcode::POP_JUMP_IF_FALSE, skip_optimization);
        self.addop(loc, Opcode::POP_TOP);

        if run.is_none() {
            self.addop_i(loc, Opcode::BUILD_LIST, 0);
        }
        self.visit_expr(generator)?;

        let loop_ = self.new_label();
        let cleanup = self.new_label();
        self.use_label(loop_);
        self.addop_j(loc, Opcode::FOR_ITER, cleanup);
        match run {
            None => {
                self.addop_i(loc, Opcode::LIST_APPEND, 2);
                self.addop_j(loc, Opcode::JUMP, loop_);
            }
            Some((.., continue_jump)) => {
                self.addop(loc, Opcode::TO_BOOL);
                self.addop_j(loc, continue_jump, loop_);
            }
        }

        self.addop(Loc::NONE, Opcode::POP_ITER);
        if let Some((_, broken_off, _)) = run {
            self.load_const(loc, broken_off);
        }
        self.addop_j(loc, Opcode::JUMP, end);

        self.use_label(cleanup);
        self.addop(Loc::NONE, Opcode::END_FOR);
        self.addop(Loc::NONE, Opcode::POP_ITER);
        match run {
            None => self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_LIST_TO_TUPLE),
            Some((full, ..)) => self.load_const(loc, full),
        }
        self.addop_j(loc, Opcode::JUMP, end);
        self.use_label(skip_optimization);
        Ok(())
    }

    /// The arguments and the call. `pushed` arguments are on the stack already; a generic class's `.generic_base`
    /// follows the positional ones.
    pub(super) fn call_helper(
        &mut self,
        loc: Loc,
        pushed: usize,
        args: &'a [Expr<'a>],
        injected_arg: Option<Name>,
        keywords: &'a [Keyword<'a>],
    ) -> CResult {
        self.validate_keywords(keywords)?;
        let is_simple = args.len() + keywords.len() * 2 <= STACK_USE_GUIDELINE
            && !args.iter().any(is_starred)
            && keywords.iter().all(|keyword| keyword.arg.is_some());
        if !is_simple {
            return self.ex_call(loc, pushed, args, injected_arg, keywords);
        }
        self.visit_exprs(args)?;
        let mut n = pushed + args.len();
        if let Some(injected_arg) = injected_arg {
            self.nameop_load(loc, injected_arg);
            n += 1;
        }
        if keywords.is_empty() {
            self.addop_i(loc, Opcode::CALL, n);
        } else {
            self.visit_keywords(keywords)?;
            self.call_simple_kw_helper(loc, keywords);
            self.addop_i(loc, Opcode::CALL_KW, n + keywords.len());
        }
        Ok(())
    }

    fn ex_call(
        &mut self,
        loc: Loc,
        pushed: usize,
        args: &'a [Expr<'a>],
        injected_arg: Option<Name>,
        keywords: &'a [Keyword<'a>],
    ) -> CResult {
        match args {
            [Expr { kind: ExprKind::Starred { value, .. }, .. }] if pushed == 0 => self.visit_expr(value)?,
            _ => self.args_tuple(loc, args, injected_arg, pushed)?,
        }
        if keywords.is_empty() {
            self.addop(loc, Opcode::PUSH_NULL);
        } else {
            let mut have_dict = false;
            // Named ones seen since the last `**`.
            let mut nseen = 0;
            for (i, keyword) in keywords.iter().enumerate() {
                if keyword.arg.is_some() {
                    nseen += 1;
                    continue;
                }
                if nseen > 0 {
                    self.subkwargs(loc, &keywords[i - nseen..i])?;
                    if have_dict {
                        self.addop_i(loc, Opcode::DICT_MERGE, 1);
                    }
                    have_dict = true;
                    nseen = 0;
                }
                if !have_dict {
                    self.addop_i(loc, Opcode::BUILD_MAP, 0);
                    have_dict = true;
                }
                self.visit_expr(&keyword.value)?;
                self.addop_i(loc, Opcode::DICT_MERGE, 1);
            }
            if nseen > 0 {
                self.subkwargs(loc, &keywords[keywords.len() - nseen..])?;
                if have_dict {
                    self.addop_i(loc, Opcode::DICT_MERGE, 1);
                }
            }
        }
        self.addop(loc, Opcode::CALL_FUNCTION_EX);
        Ok(())
    }

    fn subkwargs(&mut self, loc: Loc, keywords: &'a [Keyword<'a>]) -> CResult {
        let big = keywords.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.addop_i(Loc::NONE, Opcode::BUILD_MAP, 0);
        }
        for keyword in keywords {
            if let Some(arg) = keyword.arg {
                self.load_name_const(loc, arg);
            }
            self.visit_expr(&keyword.value)?;
            if big {
                self.addop_i(Loc::NONE, Opcode::MAP_ADD, 1);
            }
        }
        if !big {
            self.addop_i(loc, Opcode::BUILD_MAP, keywords.len());
        }
        Ok(())
    }

    fn visit_keywords(&mut self, keywords: &'a [Keyword<'a>]) -> CResult {
        for keyword in keywords {
            self.visit_expr(&keyword.value)?;
        }
        Ok(())
    }

    /// The tuple of keyword names that CALL_KW takes.
    fn call_simple_kw_helper(&mut self, loc: Loc, keywords: &[Keyword<'a>]) {
        self.load_names_const(loc, keywords.iter().filter_map(|keyword| keyword.arg));
    }

    fn validate_keywords(&self, keywords: &[Keyword<'a>]) -> CResult {
        let is_repeated = |(i, keyword): (usize, &Keyword<'a>)| {
            keyword.arg.is_some() && keywords[..i].iter().any(|other| other.arg == keyword.arg)
        };
        if keywords.len() < 16 && !keywords.iter().enumerate().any(is_repeated) {
            return Ok(());
        }
        // The error is at the earliest keyword that is repeated, and there at its first repetition.
        let mut seen: Vec<(Name, usize)> =
            keywords.iter().enumerate().filter_map(|(i, keyword)| Some((keyword.arg?, i))).collect();
        seen.sort_unstable();
        let repeated = seen.windows(2).filter(|pair| pair[0].0 == pair[1].0).min_by_key(|pair| pair[0].1);
        match repeated {
            Some(&[(name, _), (_, other)]) => {
                let message = format!("keyword argument repeated: {}", self.text(name));
                Err(self.error(keywords[other].loc, message))
            }
            _ => Ok(()),
        }
    }
}
