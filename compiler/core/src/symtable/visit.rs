//! The walk of the first pass over the tree.
//!
//! Invariant: the order of visits is CPython's, since it is the order of a block's symbols (the target of a `for` before
//! its iterable, a named expression's value before its target, a dict comprehension's value before its key).

use super::build::{Builder, Failed, Visit};
use super::{BlockId, BlockKey, BlockRole, BlockType, ComprehensionType, flags};
use crate::MAX_DEPTH;
use crate::ast::*;
use crate::future::{CO_FUTURE_ANNOTATIONS, doc_string};
use crate::names::Name;

/// What opens a type-parameter block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generic {
    Function { kwdefaults: bool },
    Class,
    TypeAlias,
}

impl<'a> Builder<'_, '_, 'a> {
    fn enter_recursive(&mut self) -> Visit {
        self.depth += 1;
        // The driver turns a failure without an error into RecursionError.
        if self.depth > MAX_DEPTH { Err(Failed) } else { Ok(()) }
    }

    pub fn visit_stmts(&mut self, stmts: &[Stmt<'a>]) -> Visit {
        stmts.iter().try_for_each(|stmt| self.visit_stmt(stmt))
    }

    fn visit_exprs(&mut self, exprs: &[Expr<'a>]) -> Visit {
        exprs.iter().try_for_each(|expr| self.visit_expr(expr))
    }

    fn visit_expr_opt(&mut self, expr: &Option<Box<'a, Expr<'a>>>) -> Visit {
        expr.as_deref().map_or(Ok(()), |expr| self.visit_expr(expr))
    }

    /// Statements that may not run: annotations among them are conditional.
    fn conditional(&mut self, visit: impl FnOnce(&mut Self) -> Visit) -> Visit {
        let before = std::mem::replace(&mut self.frame.in_conditional_block, true);
        visit(self)?;
        self.frame.in_conditional_block = before;
        Ok(())
    }

    fn visit_stmt(&mut self, stmt: &Stmt<'a>) -> Visit {
        self.enter_recursive()?;
        match &stmt.kind {
            StmtKind::FunctionDef(def) => self.visit_function_def(stmt, def)?,
            StmtKind::ClassDef(def) => self.visit_class_def(stmt, def)?,
            StmtKind::TypeAlias { name, type_params, value } => {
                self.visit_type_alias(stmt, name, type_params, value)?;
            }
            StmtKind::Return { value } => {
                if let Some(value) = value {
                    self.visit_expr(value)?;
                    self.cur().returns_value = true;
                }
            }
            StmtKind::Delete { targets } => self.visit_exprs(targets)?,
            StmtKind::Assign { targets, value, .. } => {
                self.visit_exprs(targets)?;
                self.visit_expr(value)?;
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.visit_ann_assign(stmt.loc, target, annotation, value, *simple)?;
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.visit_expr(target)?;
                self.visit_expr(value)?;
            }
            StmtKind::For(node) => {
                if node.is_async {
                    self.check_async("'async for' outside async function", stmt.loc)?;
                }
                self.visit_expr(&node.target)?;
                self.visit_expr(&node.iter)?;
                self.conditional(|st| {
                    st.visit_stmts(&node.body)?;
                    st.visit_stmts(&node.orelse)
                })?;
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.visit_expr(test)?;
                self.conditional(|st| {
                    st.visit_stmts(body)?;
                    st.visit_stmts(orelse)
                })?;
            }
            StmtKind::Match { subject, cases } => {
                self.visit_expr(subject)?;
                self.conditional(|st| cases.iter().try_for_each(|case| st.visit_match_case(case)))?;
            }
            StmtKind::Raise { exc, cause } => {
                if exc.is_some() {
                    self.visit_expr_opt(exc)?;
                    self.visit_expr_opt(cause)?;
                }
            }
            StmtKind::Try(node) => self.conditional(|st| {
                st.visit_stmts(&node.body)?;
                node.handlers.iter().try_for_each(|handler| st.visit_excepthandler(handler))?;
                st.visit_stmts(&node.orelse)?;
                st.visit_stmts(&node.finalbody)
            })?,
            StmtKind::Assert { test, msg } => {
                self.visit_expr(test)?;
                self.visit_expr_opt(msg)?;
            }
            StmtKind::Import { names } => names.iter().try_for_each(|alias| self.visit_alias(alias))?,
            StmtKind::ImportFrom { module, names, level } => {
                names.iter().try_for_each(|alias| self.visit_alias(alias))?;
                if *module == Some(Name::FUTURE) && *level == 0 {
                    self.check_future_import(stmt.loc)?;
                }
            }
            StmtKind::Global { names } => self.visit_directive(names, flags::DEF_GLOBAL, stmt.loc)?,
            StmtKind::Nonlocal { names } => self.visit_directive(names, flags::DEF_NONLOCAL, stmt.loc)?,
            StmtKind::Expr { value } => self.visit_expr(value)?,
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::With(node) => {
                if node.is_async {
                    self.check_async("'async with' outside async function", stmt.loc)?;
                }
                self.conditional(|st| {
                    for item in node.items.iter() {
                        st.visit_expr(&item.context_expr)?;
                        st.visit_expr_opt(&item.optional_vars)?;
                    }
                    st.visit_stmts(&node.body)
                })?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn visit_function_def(&mut self, stmt: &Stmt<'a>, def: &FunctionDef<'a>) -> Visit {
        let loc = stmt.loc;
        self.add_def(def.name, flags::DEF_LOCAL, loc)?;
        self.visit_defaults(&def.args)?;
        self.visit_exprs(&def.decorator_list)?;
        let generic = !def.type_params.is_empty();
        if generic {
            let kwdefaults = def.args.kw_defaults.iter().any(Option::is_some);
            self.enter_type_param_block(def.name, stmt, Generic::Function { kwdefaults })?;
            self.visit_type_params(&def.type_params)?;
        }
        // Made before the annotations are looked at, entered after.
        let key = BlockKey::new(stmt, BlockRole::Body);
        let function = self.new_block(def.name, BlockType::Function, key, loc);
        self.block(function).has_docstring = doc_string(&def.body).is_some();
        self.visit_annotations(stmt, def)?;
        self.enter_existing_block(function, key, true);
        self.cur().coroutine = def.is_async;
        self.visit_arguments(&def.args)?;
        self.visit_stmts(&def.body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    fn visit_class_def(&mut self, stmt: &Stmt<'a>, def: &ClassDef<'a>) -> Visit {
        let loc = stmt.loc;
        self.add_def(def.name, flags::DEF_LOCAL, loc)?;
        self.visit_exprs(&def.decorator_list)?;
        let private = self.private;
        let generic = !def.type_params.is_empty();
        if generic {
            self.enter_type_param_block(def.name, stmt, Generic::Class)?;
            self.private = Some(def.name);
            let set = self.st.mangled_names.len() as u32;
            self.st.mangled_names.push(Vec::new());
            self.cur().mangled_names = Some(set);
            self.visit_type_params(&def.type_params)?;
        }
        self.visit_exprs(&def.bases)?;
        self.visit_keywords(&def.keywords)?;
        self.enter_block(def.name, BlockType::Class, BlockKey::new(stmt, BlockRole::Body), loc)?;
        self.private = Some(def.name);
        if generic {
            self.add_def(Name::TYPE_PARAMS, flags::DEF_LOCAL, loc)?;
            self.add_def(Name::DOT_TYPE_PARAMS, flags::USE, loc)?;
        }
        self.cur().has_docstring = doc_string(&def.body).is_some();
        self.visit_stmts(&def.body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        self.private = private;
        Ok(())
    }

    fn visit_type_alias(
        &mut self,
        stmt: &Stmt<'a>,
        target: &Expr<'a>,
        type_params: &[TypeParam<'a>],
        value: &Expr<'a>,
    ) -> Visit {
        self.visit_expr(target)?;
        let ExprKind::Name { id: name, .. } = target.kind else { return Ok(()) };
        let is_in_class = self.cur().block_type == BlockType::Class;
        let generic = !type_params.is_empty();
        if generic {
            self.enter_type_param_block(name, stmt, Generic::TypeAlias)?;
            self.visit_type_params(type_params)?;
        }
        self.enter_block(name, BlockType::TypeAlias, BlockKey::new(stmt, BlockRole::Body), stmt.loc)?;
        self.see_class_scope(is_in_class, value.loc)?;
        self.visit_expr(value)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    /// The current block is one whose names may be found in the class around it.
    fn see_class_scope(&mut self, is_in_class: bool, loc: Loc) -> Visit {
        self.cur().can_see_class_scope = is_in_class;
        if is_in_class { self.add_def(Name::CLASSDICT, flags::USE, loc) } else { Ok(()) }
    }

    fn enter_type_param_block(&mut self, name: Name, stmt: &Stmt<'a>, generic: Generic) -> Visit {
        let loc = stmt.loc;
        let is_in_class = self.cur().block_type == BlockType::Class;
        self.enter_block(name, BlockType::TypeParameters, BlockKey::new(stmt, BlockRole::TypeParams), loc)?;
        self.see_class_scope(is_in_class, loc)?;
        match generic {
            Generic::Class => {
                // Set when the tuple of parameters is made, used for the bases.
                for name in [Name::DOT_TYPE_PARAMS, Name::DOT_GENERIC_BASE] {
                    self.add_def(name, flags::DEF_LOCAL, loc)?;
                    self.add_def(name, flags::USE, loc)?;
                }
            }
            Generic::Function { kwdefaults } => {
                self.add_def(Name::DOT_DEFAULTS, flags::DEF_PARAM, loc)?;
                if kwdefaults {
                    self.add_def(Name::DOT_KWDEFAULTS, flags::DEF_PARAM, loc)?;
                }
            }
            Generic::TypeAlias => {}
        }
        Ok(())
    }

    fn visit_type_params(&mut self, params: &[TypeParam<'a>]) -> Visit {
        params.iter().try_for_each(|param| self.visit_type_param(param))
    }

    fn visit_type_param(&mut self, param: &TypeParam<'a>) -> Visit {
        self.enter_recursive()?;
        let (name, bound, default, info) = match &param.kind {
            TypeParamKind::TypeVar { name, bound, default_value } => (*name, bound, default_value, "a TypeVar default"),
            TypeParamKind::ParamSpec { name, default_value } => (*name, &None, default_value, "a ParamSpec default"),
            TypeParamKind::TypeVarTuple { name, default_value } => {
                (*name, &None, default_value, "a TypeVarTuple default")
            }
        };
        self.add_def(name, flags::DEF_TYPE_PARAM | flags::DEF_LOCAL, param.loc)?;
        if name == Name::CLASSDICT {
            return self.raise_for("reserved name '{}' cannot be used for type parameter", name, param.loc);
        }
        if let Some(bound) = bound {
            let constraints = matches!(bound.kind, ExprKind::Tuple { .. });
            let info = if constraints { "a TypeVar constraint" } else { "a TypeVar bound" };
            self.visit_type_variable(name, bound, BlockKey::new(param, BlockRole::Bound), info)?;
        }
        if let Some(default) = default {
            self.visit_type_variable(name, default, BlockKey::new(param, BlockRole::Default), info)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn visit_type_variable(&mut self, name: Name, value: &Expr<'a>, key: BlockKey, info: &'static str) -> Visit {
        let is_in_class = self.cur().can_see_class_scope;
        self.enter_block(name, BlockType::TypeVariable, key, value.loc)?;
        self.see_class_scope(is_in_class, value.loc)?;
        self.cur().scope_info = Some(info);
        self.visit_expr(value)?;
        self.exit_block();
        Ok(())
    }

    fn visit_ann_assign(
        &mut self,
        loc: Loc,
        target: &Expr<'a>,
        annotation: &Expr<'a>,
        value: &Option<Box<'a, Expr<'a>>>,
        simple: bool,
    ) -> Visit {
        self.cur().annotations_used = true;
        if let ExprKind::Name { id, .. } = target.kind {
            let known = self.lookup(id);
            let declared = known & (flags::DEF_GLOBAL | flags::DEF_NONLOCAL) != 0;
            if declared && simple && self.frame.block != BlockId(0) {
                let template = if known & flags::DEF_GLOBAL != 0 {
                    "annotated name '{}' can't be global"
                } else {
                    "annotated name '{}' can't be nonlocal"
                };
                return self.raise_for(template, id, loc);
            }
            if simple {
                self.add_def(id, flags::DEF_ANNOT | flags::DEF_LOCAL, target.loc)?;
            }
            if value.is_some() {
                self.add_def(id, flags::DEF_LOCAL, target.loc)?;
            }
        } else {
            self.visit_expr(target)?;
        }
        self.visit_annotation(annotation)?;
        self.visit_expr_opt(value)
    }

    /// The annotation of an assignment. All of a module's or class's share one block.
    fn visit_annotation(&mut self, annotation: &Expr<'a>) -> Visit {
        let conditional = self.frame.in_conditional_block;
        let key = BlockKey { role: BlockRole::VariableAnnotations, ..self.frame.key };
        let parent = self.cur();
        let parent_type = parent.block_type;
        // Those of a module are always conditional: it may be left halfway.
        let conditional = parent_type == BlockType::Module || parent_type == BlockType::Class && conditional;
        if conditional && !parent.has_conditional_annotations {
            parent.has_conditional_annotations = true;
            self.add_def(Name::CONDITIONAL_ANNOTATIONS, flags::USE, annotation.loc)?;
        }
        match self.cur().annotation_block {
            Some(block) => self.enter_existing_block(block, key, false),
            None => {
                let parent = self.frame.block;
                self.enter_block(Name::ANNOTATE, BlockType::Annotation, key, annotation.loc)?;
                self.block(parent).annotation_block = Some(self.frame.block);
                if parent_type == BlockType::Class && self.future.features & CO_FUTURE_ANNOTATIONS == 0 {
                    self.block(parent).needs_classdict = true;
                    self.see_class_scope(true, annotation.loc)?;
                }
            }
        }
        // Those of local variables are never evaluated and name nothing.
        self.frame.in_unevaluated_annotation = parent_type == BlockType::Function;
        self.visit_expr(annotation)?;
        self.exit_block();
        Ok(())
    }

    /// The annotations of a function, which have a block of their own even where there are none.
    fn visit_annotations(&mut self, stmt: &Stmt<'a>, def: &FunctionDef<'a>) -> Visit {
        let block = self.cur();
        let is_in_class = block.can_see_class_scope || block.block_type == BlockType::Class;
        let key = BlockKey::new(stmt, BlockRole::Annotations);
        self.enter_block(Name::ANNOTATE, BlockType::Annotation, key, stmt.loc)?;
        if is_in_class {
            self.see_class_scope(true, stmt.loc)?;
        }
        let args = &def.args;
        let positional = args.posonlyargs.iter().chain(args.args.iter());
        let rest = args.vararg.as_deref().into_iter().chain(args.kwarg.as_deref()).chain(args.kwonlyargs.iter());
        let annotations = positional.chain(rest).filter_map(|arg| arg.annotation.as_deref());
        for annotation in annotations.chain(def.returns.as_deref()) {
            self.cur().annotations_used = true;
            self.visit_expr(annotation)?;
        }
        self.exit_block();
        Ok(())
    }

    fn visit_defaults(&mut self, args: &Arguments<'a>) -> Visit {
        self.visit_exprs(&args.defaults)?;
        args.kw_defaults.iter().flatten().try_for_each(|default| self.visit_expr(default))
    }

    fn visit_arguments(&mut self, args: &Arguments<'a>) -> Visit {
        let named = args.posonlyargs.iter().chain(args.args.iter()).chain(args.kwonlyargs.iter());
        for arg in named {
            self.add_def(arg.arg, flags::DEF_PARAM, arg.loc)?;
        }
        if let Some(arg) = &args.vararg {
            self.add_def(arg.arg, flags::DEF_PARAM, arg.loc)?;
            self.cur().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add_def(arg.arg, flags::DEF_PARAM, arg.loc)?;
            self.cur().varkeywords = true;
        }
        Ok(())
    }

    fn visit_keywords(&mut self, keywords: &[Keyword<'a>]) -> Visit {
        for keyword in keywords {
            if let Some(arg) = keyword.arg {
                self.check_name(arg, keyword.loc, ExprContext::Store)?;
            }
        }
        keywords.iter().try_for_each(|keyword| self.visit_expr(&keyword.value))
    }

    fn visit_excepthandler(&mut self, handler: &ExceptHandler<'a>) -> Visit {
        self.visit_expr_opt(&handler.type_)?;
        if let Some(name) = handler.name {
            self.add_def(name, flags::DEF_LOCAL, handler.loc)?;
        }
        self.visit_stmts(&handler.body)
    }

    fn visit_alias(&mut self, alias: &Alias) -> Visit {
        let name = alias.asname.unwrap_or(alias.name);
        if name == Name::STAR {
            if self.cur().block_type != BlockType::Module {
                return self.raise("import * only allowed at module level", alias.loc);
            }
            return Ok(());
        }
        // `import a.b` binds a.
        let bound = match self.names.text(name).split_once('.') {
            Some((head, _)) => self.names.intern(head),
            None => name,
        };
        self.add_def(bound, flags::DEF_IMPORT, alias.loc)
    }

    fn check_future_import(&mut self, loc: Loc) -> Visit {
        let last = self.future.location;
        if loc.lineno > last.lineno || loc.lineno == last.end_lineno && loc.col_offset > last.end_col_offset {
            return self.raise("from __future__ imports must occur at the beginning of the file", loc);
        }
        Ok(())
    }

    fn visit_directive(&mut self, names: &[Name], flag: u32, loc: Loc) -> Visit {
        let global = flag == flags::DEF_GLOBAL;
        for &name in names {
            let known = self.lookup(name);
            let template = match global {
                _ if known & (flags::DEF_PARAM | flags::DEF_LOCAL | flags::USE | flags::DEF_ANNOT) == 0 => None,
                true if known & flags::DEF_PARAM != 0 => Some("name '{}' is parameter and global"),
                true if known & flags::USE != 0 => Some("name '{}' is used prior to global declaration"),
                true if known & flags::DEF_ANNOT != 0 => Some("annotated name '{}' can't be global"),
                true => Some("name '{}' is assigned to before global declaration"),
                false if known & flags::DEF_PARAM != 0 => Some("name '{}' is parameter and nonlocal"),
                false if known & flags::USE != 0 => Some("name '{}' is used prior to nonlocal declaration"),
                false if known & flags::DEF_ANNOT != 0 => Some("annotated name '{}' can't be nonlocal"),
                false => Some("name '{}' is assigned to before nonlocal declaration"),
            };
            if let Some(template) = template {
                return self.raise_for(template, name, loc);
            }
            self.add_def(name, flag, loc)?;
            self.record_directive(name, loc);
        }
        Ok(())
    }

    fn check_async(&mut self, message: &str, loc: Loc) -> Visit {
        if self.allows_top_level_await() {
            self.cur().coroutine = true;
        }
        if self.cur().coroutine { Ok(()) } else { self.raise(message, loc) }
    }

    fn visit_match_case(&mut self, case: &MatchCase<'a>) -> Visit {
        self.visit_pattern(&case.pattern)?;
        self.visit_expr_opt(&case.guard)?;
        self.visit_stmts(&case.body)
    }

    fn visit_patterns(&mut self, patterns: &[Pattern<'a>]) -> Visit {
        patterns.iter().try_for_each(|pattern| self.visit_pattern(pattern))
    }

    fn visit_pattern(&mut self, pattern: &Pattern<'a>) -> Visit {
        self.enter_recursive()?;
        let bound = match &pattern.kind {
            PatternKind::MatchValue { value } => {
                self.visit_expr(value)?;
                None
            }
            PatternKind::MatchSingleton { .. } => None,
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                self.visit_patterns(patterns)?;
                None
            }
            PatternKind::MatchStar { name } => *name,
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.visit_exprs(keys)?;
                self.visit_patterns(patterns)?;
                *rest
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.visit_expr(cls)?;
                self.visit_patterns(patterns)?;
                for (&attr, pattern) in kwd_attrs.iter().zip(kwd_patterns.iter()) {
                    self.check_name(attr, pattern.loc, ExprContext::Store)?;
                }
                self.visit_patterns(kwd_patterns)?;
                None
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(pattern) = pattern {
                    self.visit_pattern(pattern)?;
                }
                *name
            }
        };
        if let Some(name) = bound {
            self.add_def(name, flags::DEF_LOCAL, pattern.loc)?;
        }
        self.depth -= 1;
        Ok(())
    }

    pub fn visit_expr(&mut self, expr: &Expr<'a>) -> Visit {
        self.enter_recursive()?;
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.check_annotation_block("named expression", expr.loc)?;
                self.visit_named_expr(expr.loc, target, value)?;
            }
            ExprKind::BoolOp { values, .. } => self.visit_exprs(values)?,
            ExprKind::BinOp { left, right, .. } => {
                self.visit_expr(left)?;
                self.visit_expr(right)?;
            }
            ExprKind::UnaryOp { operand, .. } => self.visit_expr(operand)?,
            ExprKind::Lambda { args, body } => {
                self.visit_defaults(args)?;
                let key = BlockKey::new(expr, BlockRole::Body);
                self.enter_block(Name::LAMBDA, BlockType::Function, key, expr.loc)?;
                self.visit_arguments(args)?;
                self.visit_expr(body)?;
                self.exit_block();
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.visit_expr(test)?;
                self.visit_expr(body)?;
                self.visit_expr(orelse)?;
            }
            ExprKind::Dict { keys, values } => {
                keys.iter().flatten().try_for_each(|key| self.visit_expr(key))?;
                self.visit_exprs(values)?;
            }
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.visit_comprehensions(expr)?,
            ExprKind::Yield { value } => {
                self.check_annotation_block("yield expression", expr.loc)?;
                self.visit_expr_opt(value)?;
                self.mark_generator(expr.loc)?;
            }
            ExprKind::YieldFrom { value } => {
                self.check_annotation_block("yield expression", expr.loc)?;
                self.visit_expr(value)?;
                self.mark_generator(expr.loc)?;
            }
            ExprKind::Await { value } => {
                self.check_annotation_block("await expression", expr.loc)?;
                if !self.allows_top_level_await() {
                    if !self.cur().is_function_like() {
                        return self.raise("'await' outside function", expr.loc);
                    }
                    if !self.is_async_def() && self.cur().comprehension == ComprehensionType::NoComprehension {
                        return self.raise("'await' outside async function", expr.loc);
                    }
                }
                self.visit_expr(value)?;
                self.cur().coroutine = true;
            }
            ExprKind::Compare { left, comparators, .. } => {
                self.visit_expr(left)?;
                self.visit_exprs(comparators)?;
            }
            ExprKind::Call { func, args, keywords } => {
                self.visit_expr(func)?;
                self.visit_exprs(args)?;
                self.visit_keywords(keywords)?;
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.visit_expr(value)?;
                self.visit_expr_opt(format_spec)?;
            }
            ExprKind::JoinedStr { values: exprs }
            | ExprKind::TemplateStr { values: exprs }
            | ExprKind::Set { elts: exprs }
            | ExprKind::List { elts: exprs, .. }
            | ExprKind::Tuple { elts: exprs, .. } => self.visit_exprs(exprs)?,
            ExprKind::Constant { .. } => {}
            ExprKind::Attribute { value, attr, ctx } => {
                self.check_name(*attr, expr.loc, *ctx)?;
                self.visit_expr(value)?;
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.visit_expr(value)?;
                self.visit_expr(slice)?;
            }
            ExprKind::Starred { value, .. } => self.visit_expr(value)?,
            ExprKind::Slice { lower, upper, step } => {
                self.visit_expr_opt(lower)?;
                self.visit_expr_opt(upper)?;
                self.visit_expr_opt(step)?;
            }
            ExprKind::Name { id, ctx } => self.visit_name(*id, *ctx, expr.loc)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn visit_name(&mut self, id: Name, ctx: ExprContext, loc: Loc) -> Visit {
        if self.frame.in_unevaluated_annotation {
            return Ok(());
        }
        let load = ctx == ExprContext::Load;
        self.add_def_ctx(id, if load { flags::USE } else { flags::DEF_LOCAL }, loc, ctx)?;
        // `super()` finds its class through the cell `__class__`.
        if load && id == Name::SUPER && self.cur().is_function_like() {
            self.add_def(Name::CLASS, flags::USE, loc)?;
        }
        Ok(())
    }

    fn visit_named_expr(&mut self, loc: Loc, target: &Expr<'a>, value: &Expr<'a>) -> Visit {
        if self.frame.comp_iter_expr > 0 {
            return self.raise("assignment expression cannot be used in a comprehension iterable expression", loc);
        }
        if self.cur().comprehension != ComprehensionType::NoComprehension
            && let ExprKind::Name { id, .. } = target.kind
        {
            self.extend_namedexpr_scope(id, target.loc)?;
        }
        self.visit_expr(value)?;
        self.visit_expr(target)
    }

    fn visit_comprehensions(&mut self, expr: &Expr<'a>) -> Visit {
        use ComprehensionType::*;
        match &expr.kind {
            ExprKind::ListComp { elt, generators } => {
                self.handle_comprehension(expr, Name::LISTCOMP, ListComprehension, generators, elt, None)
            }
            ExprKind::SetComp { elt, generators } => {
                self.handle_comprehension(expr, Name::SETCOMP, SetComprehension, generators, elt, None)
            }
            ExprKind::DictComp { key, value, generators } => {
                self.handle_comprehension(expr, Name::DICTCOMP, DictComprehension, generators, key, Some(value))
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.handle_comprehension(expr, Name::GENEXPR, GeneratorExpression, generators, elt, None)
            }
            _ => Ok(()),
        }
    }

    fn handle_comprehension(
        &mut self,
        expr: &Expr<'a>,
        name: Name,
        kind: ComprehensionType,
        generators: &[Comprehension<'a>],
        elt: &Expr<'a>,
        value: Option<&Expr<'a>>,
    ) -> Visit {
        let Some((outermost, rest)) = generators.split_first() else { return Ok(()) };
        let is_generator = kind == ComprehensionType::GeneratorExpression;
        // The outermost iterable is evaluated in the current scope.
        self.frame.comp_iter_expr += 1;
        self.visit_expr(&outermost.iter)?;
        self.frame.comp_iter_expr -= 1;
        self.enter_block(name, BlockType::Function, BlockKey::new(expr, BlockRole::Body), expr.loc)?;
        let block = self.cur();
        block.comprehension = kind;
        block.coroutine = outermost.is_async;
        self.add_def(Name::DOT_ZERO, flags::DEF_PARAM, expr.loc)?;
        self.visit_comprehension_target(outermost)?;
        self.visit_exprs(&outermost.ifs)?;
        for comprehension in rest {
            self.visit_comprehension_target(comprehension)?;
            self.frame.comp_iter_expr += 1;
            self.visit_expr(&comprehension.iter)?;
            self.frame.comp_iter_expr -= 1;
            self.visit_exprs(&comprehension.ifs)?;
            if comprehension.is_async {
                self.cur().coroutine = true;
            }
        }
        if let Some(value) = value {
            self.visit_expr(value)?;
        }
        self.visit_expr(elt)?;
        let block = self.cur();
        block.generator = is_generator;
        let is_async = block.coroutine && !is_generator;
        self.exit_block();
        if is_async {
            if !self.is_async_def()
                && self.cur().comprehension == ComprehensionType::NoComprehension
                && !self.allows_top_level_await()
            {
                return self.raise("asynchronous comprehension outside of an asynchronous function", expr.loc);
            }
            self.cur().coroutine = true;
        }
        Ok(())
    }

    fn visit_comprehension_target(&mut self, comprehension: &Comprehension<'a>) -> Visit {
        self.frame.comp_iter_target = true;
        self.visit_expr(&comprehension.target)?;
        self.frame.comp_iter_target = false;
        Ok(())
    }

    /// No yield, await or named expression in annotations and their like.
    fn check_annotation_block(&mut self, what: &str, loc: Loc) -> Visit {
        let block = self.cur();
        let place = match block.block_type {
            BlockType::Annotation => "an annotation",
            BlockType::TypeVariable => block.scope_info.unwrap_or("a TypeVar bound"),
            BlockType::TypeAlias => "a type alias",
            BlockType::TypeParameters => "the definition of a generic",
            BlockType::Function | BlockType::Class | BlockType::Module => return Ok(()),
        };
        self.raise(format!("{what} cannot be used within {place}"), loc)
    }

    fn mark_generator(&mut self, loc: Loc) -> Visit {
        let block = self.cur();
        block.generator = true;
        let message = match block.comprehension {
            ComprehensionType::NoComprehension => return Ok(()),
            ComprehensionType::ListComprehension => "'yield' inside list comprehension",
            ComprehensionType::SetComprehension => "'yield' inside set comprehension",
            ComprehensionType::DictComprehension => "'yield' inside dict comprehension",
            ComprehensionType::GeneratorExpression => "'yield' inside generator expression",
        };
        self.raise(message, loc)
    }
}
