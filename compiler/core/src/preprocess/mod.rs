//! What CPython changes in the tree before anything looks at it, and the warnings of PEP 765
//! (CPython's Python/ast_preprocess.c).
//!
//! Invariant: only four things change: `__debug__`, a literal format string applied to a tuple display, numbers in
//! patterns, and docstrings (dropped by `-OO`; a statement that has become a string by folding is kept from being one).
//! All other folding is the flow graph's. String annotations are not entered: they are unparsed as written.

mod format;

use bumpalo::Bump;

use crate::MAX_DEPTH;
use crate::ast::*;
use crate::error::{CompileError, CompileWarning};
use crate::future::{CO_FUTURE_ANNOTATIONS, doc_string};
use crate::names::Name;

/// Changes the tree; warnings are appended in CPython's order. `features` are the future and compile flags together.
///
/// Errors: RecursionError for a tree deeper than [`MAX_DEPTH`].
pub fn preprocess<'a>(
    arena: &'a Bump,
    module: &mut Mod<'a>,
    optimize: u8,
    features: u32,
    warnings: &mut Vec<CompileWarning>,
) -> Result<(), CompileError> {
    let string_annotations = features & CO_FUTURE_ANNOTATIONS != 0;
    let context = Context { in_finally: false, in_funcdef: false, in_loop: false };
    let mut fold = Folder { arena, optimize, string_annotations, warnings, context, depth: 0 };
    let result = match module {
        Mod::Module { body, .. } => fold.body(body),
        Mod::Interactive { body } => fold.stmts(body),
        Mod::Expression { body } => fold.expr(body),
        Mod::FunctionType { .. } => Ok(()),
    };
    result.map_err(|TooDeep| CompileError::recursion())
}

struct TooDeep;
type Fold = Result<(), TooDeep>;

/// What the innermost of finally block, function and loop is.
#[derive(Clone, Copy)]
struct Context {
    in_finally: bool,
    in_funcdef: bool,
    in_loop: bool,
}

struct Folder<'a, 'w> {
    arena: &'a Bump,
    optimize: u8,
    string_annotations: bool,
    warnings: &'w mut Vec<CompileWarning>,
    context: Context,
    depth: u32,
}

impl<'a> Folder<'a, '_> {
    fn enter_recursive(&mut self) -> Fold {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(TooDeep) } else { Ok(()) }
    }

    fn stmts(&mut self, stmts: &mut [Stmt<'a>]) -> Fold {
        stmts.iter_mut().try_for_each(|stmt| self.stmt(stmt))
    }

    fn exprs(&mut self, exprs: &mut [Expr<'a>]) -> Fold {
        exprs.iter_mut().try_for_each(|expr| self.expr(expr))
    }

    fn expr_opt(&mut self, expr: &mut Option<Box<'a, Expr<'a>>>) -> Fold {
        expr.as_deref_mut().map_or(Ok(()), |expr| self.expr(expr))
    }

    fn within(&mut self, context: Context, stmts: &mut [Stmt<'a>]) -> Fold {
        let before = std::mem::replace(&mut self.context, context);
        self.stmts(stmts)?;
        self.context = before;
        Ok(())
    }

    fn loop_body(&mut self, stmts: &mut [Stmt<'a>]) -> Fold {
        self.within(Context { in_finally: false, in_funcdef: false, in_loop: true }, stmts)
    }

    fn warn_in_finally(&mut self, keyword: &str, loc: Loc) {
        self.warnings.push(CompileWarning::syntax(format!("'{keyword}' in a 'finally' block"), loc));
    }

    /// The body of a module, class or function, which may start with a docstring.
    fn body(&mut self, body: &mut List<'a, Stmt<'a>>) -> Fold {
        let mut docstring = doc_string(body).is_some();
        if docstring && self.optimize >= 2 {
            docstring = false;
            match &mut body[..] {
                [only] => {
                    only.kind = StmtKind::Pass;
                    // The statement `pass` in its place: four columns.
                    only.loc.end_lineno = only.loc.lineno;
                    only.loc.end_col_offset = only.loc.col_offset + 4;
                }
                _ => body.remove_first(),
            }
        }
        self.stmts(body)?;
        if !docstring
            && doc_string(body).is_some()
            && let Some(Stmt { kind: StmtKind::Expr { value }, loc }) = body.first_mut()
        {
            let string = std::mem::replace(&mut **value, placeholder());
            let values = List::from_vec_in(vec![string], self.arena);
            **value = Expr { kind: ExprKind::JoinedStr { values }, loc: *loc };
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &mut Stmt<'a>) -> Fold {
        self.enter_recursive()?;
        let loc = stmt.loc;
        match &mut stmt.kind {
            StmtKind::FunctionDef(def) => {
                self.type_params(&mut def.type_params)?;
                self.arguments(&mut def.args)?;
                let inner = Context { in_finally: false, in_funcdef: true, in_loop: false };
                let before = std::mem::replace(&mut self.context, inner);
                self.body(&mut def.body)?;
                self.context = before;
                self.exprs(&mut def.decorator_list)?;
                if !self.string_annotations {
                    self.expr_opt(&mut def.returns)?;
                }
            }
            StmtKind::ClassDef(def) => {
                self.type_params(&mut def.type_params)?;
                self.exprs(&mut def.bases)?;
                self.keywords(&mut def.keywords)?;
                self.body(&mut def.body)?;
                self.exprs(&mut def.decorator_list)?;
            }
            StmtKind::Return { value } => {
                if self.context.in_finally && !self.context.in_funcdef {
                    self.warn_in_finally("return", loc);
                }
                self.expr_opt(value)?;
            }
            StmtKind::Delete { targets } => self.exprs(targets)?,
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)?;
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)?;
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                self.expr(target)?;
                if !self.string_annotations {
                    self.expr(annotation)?;
                }
                self.expr_opt(value)?;
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                self.expr(name)?;
                self.type_params(type_params)?;
                self.expr(value)?;
            }
            StmtKind::For(node) => {
                self.expr(&mut node.target)?;
                self.expr(&mut node.iter)?;
                self.loop_body(&mut node.body)?;
                self.stmts(&mut node.orelse)?;
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test)?;
                self.loop_body(body)?;
                self.stmts(orelse)?;
            }
            StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.stmts(body)?;
                self.stmts(orelse)?;
            }
            StmtKind::With(node) => {
                for item in node.items.iter_mut() {
                    self.expr(&mut item.context_expr)?;
                    self.expr_opt(&mut item.optional_vars)?;
                }
                self.stmts(&mut node.body)?;
            }
            StmtKind::Raise { exc, cause } => {
                self.expr_opt(exc)?;
                self.expr_opt(cause)?;
            }
            StmtKind::Try(node) => {
                self.stmts(&mut node.body)?;
                for handler in node.handlers.iter_mut() {
                    self.expr_opt(&mut handler.type_)?;
                    self.stmts(&mut handler.body)?;
                }
                self.stmts(&mut node.orelse)?;
                let finally = Context { in_finally: true, in_funcdef: false, in_loop: false };
                self.within(finally, &mut node.finalbody)?;
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.expr_opt(msg)?;
            }
            StmtKind::Expr { value } => self.expr(value)?,
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                for case in cases.iter_mut() {
                    self.pattern(&mut case.pattern)?;
                    self.expr_opt(&mut case.guard)?;
                    self.stmts(&mut case.body)?;
                }
            }
            StmtKind::Break | StmtKind::Continue => {
                if self.context.in_finally && !self.context.in_loop {
                    let keyword = if matches!(stmt.kind, StmtKind::Break) { "break" } else { "continue" };
                    self.warn_in_finally(keyword, loc);
                }
            }
            StmtKind::Import { .. }
            | StmtKind::ImportFrom { .. }
            | StmtKind::Global { .. }
            | StmtKind::Nonlocal { .. }
            | StmtKind::Pass => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn expr(&mut self, expr: &mut Expr<'a>) -> Fold {
        self.enter_recursive()?;
        match &mut expr.kind {
            ExprKind::Constant { .. } => {}
            ExprKind::Name { id: Name::DEBUG, ctx: ExprContext::Load } => {
                let value = if self.optimize == 0 { Constant::True } else { Constant::False };
                expr.kind = ExprKind::Constant { value, kind_u: false };
            }
            ExprKind::Name { .. } => {}
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)?;
                format::fold_format(self.arena, expr);
            }
            ExprKind::BoolOp { values, .. } | ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => {
                self.exprs(values)?;
            }
            ExprKind::UnaryOp { operand: value, .. }
            | ExprKind::NamedExpr { value, .. }
            | ExprKind::Await { value }
            | ExprKind::YieldFrom { value }
            | ExprKind::Attribute { value, .. }
            | ExprKind::Starred { value, .. } => self.expr(value)?,
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.expr(body)?;
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)?;
            }
            ExprKind::Dict { keys, values } => {
                keys.iter_mut().flatten().try_for_each(|key| self.expr(key))?;
                self.exprs(values)?;
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => self.exprs(elts)?,
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.expr(elt)?;
                self.comprehensions(generators)?;
            }
            ExprKind::DictComp { key, value, generators } => {
                self.expr(key)?;
                self.expr(value)?;
                self.comprehensions(generators)?;
            }
            ExprKind::Yield { value } => self.expr_opt(value)?,
            ExprKind::Compare { left, comparators, .. } => {
                self.expr(left)?;
                self.exprs(comparators)?;
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func)?;
                self.exprs(args)?;
                self.keywords(keywords)?;
            }
            ExprKind::FormattedValue { value, format_spec, .. }
            | ExprKind::Interpolation { value, format_spec, .. } => {
                self.expr(value)?;
                self.expr_opt(format_spec)?;
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)?;
            }
            ExprKind::Slice { lower, upper, step } => {
                self.expr_opt(lower)?;
                self.expr_opt(upper)?;
                self.expr_opt(step)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn comprehensions(&mut self, generators: &mut [Comprehension<'a>]) -> Fold {
        for generator in generators {
            self.expr(&mut generator.target)?;
            self.expr(&mut generator.iter)?;
            self.exprs(&mut generator.ifs)?;
        }
        Ok(())
    }

    fn keywords(&mut self, keywords: &mut [Keyword<'a>]) -> Fold {
        keywords.iter_mut().try_for_each(|keyword| self.expr(&mut keyword.value))
    }

    fn arguments(&mut self, args: &mut Arguments<'a>) -> Fold {
        if !self.string_annotations {
            let positional = args.posonlyargs.iter_mut().chain(args.args.iter_mut());
            let rest = args.vararg.as_deref_mut().into_iter().chain(args.kwonlyargs.iter_mut());
            for arg in positional.chain(rest) {
                self.expr_opt(&mut arg.annotation)?;
            }
        }
        args.kw_defaults.iter_mut().flatten().try_for_each(|default| self.expr(default))?;
        if let Some(arg) = &mut args.kwarg
            && !self.string_annotations
        {
            self.expr_opt(&mut arg.annotation)?;
        }
        self.exprs(&mut args.defaults)
    }

    fn type_params(&mut self, params: &mut [TypeParam<'a>]) -> Fold {
        for param in params {
            match &mut param.kind {
                TypeParamKind::TypeVar { bound, default_value, .. } => {
                    self.expr_opt(bound)?;
                    self.expr_opt(default_value)?;
                }
                TypeParamKind::ParamSpec { default_value, .. } | TypeParamKind::TypeVarTuple { default_value, .. } => {
                    self.expr_opt(default_value)?;
                }
            }
        }
        Ok(())
    }

    /// Values and keys hold nothing to fold but signed and complex numbers; `cls` is an ordinary expression.
    fn pattern(&mut self, pattern: &mut Pattern<'a>) -> Fold {
        self.enter_recursive()?;
        match &mut pattern.kind {
            PatternKind::MatchValue { value } => fold_number(self.arena, value),
            PatternKind::MatchSingleton { .. } | PatternKind::MatchStar { .. } => {}
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => self.patterns(patterns)?,
            PatternKind::MatchMapping { keys, patterns, .. } => {
                keys.iter_mut().for_each(|key| fold_number(self.arena, key));
                self.patterns(patterns)?;
            }
            PatternKind::MatchClass { cls, patterns, kwd_patterns, .. } => {
                self.expr(cls)?;
                self.patterns(patterns)?;
                self.patterns(kwd_patterns)?;
            }
            PatternKind::MatchAs { pattern, .. } => {
                if let Some(pattern) = pattern {
                    self.pattern(pattern)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn patterns(&mut self, patterns: &mut [Pattern<'a>]) -> Fold {
        patterns.iter_mut().try_for_each(|pattern| self.pattern(pattern))
    }
}

/// `-1`, `1 + 2j`, `-1 - 2j` of a pattern: the grammar allows no other arithmetic there.
fn fold_number<'a>(arena: &'a Bump, expr: &mut Expr<'a>) {
    let folded = match &mut expr.kind {
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => constant(operand).and_then(|value| negative(arena, value)),
        ExprKind::BinOp { left, op: op @ (Operator::Add | Operator::Sub), right } => {
            // The right side first: where it is no constant, CPython leaves the left side alone.
            constant(right).and_then(|right| {
                if let ExprKind::UnaryOp { .. } = left.kind {
                    fold_number(arena, left);
                }
                add_imaginary(constant(left)?, right, *op == Operator::Add)
            })
        }
        _ => None,
    };
    if let Some(value) = folded {
        expr.kind = ExprKind::Constant { value, kind_u: false };
    }
}

fn constant<'a>(expr: &Expr<'a>) -> Option<Constant<'a>> {
    match expr.kind {
        ExprKind::Constant { value, .. } => Some(value),
        _ => None,
    }
}

fn negative<'a>(arena: &'a Bump, value: Constant<'a>) -> Option<Constant<'a>> {
    Some(match value {
        Constant::Int(Int::Small(value)) => match value.checked_neg() {
            Some(value) => Constant::Int(Int::Small(value)),
            None => Constant::Int(Int::Big { negative: false, magnitude: arena.alloc_slice_copy(&[0, 1 << 31]) }),
        },
        // The one positive number that fits i64 once it is negative.
        Constant::Int(Int::Big { negative: false, magnitude: &[0, 0x8000_0000] }) => {
            Constant::Int(Int::Small(i64::MIN))
        }
        Constant::Int(Int::Big { negative, magnitude }) => Constant::Int(Int::Big { negative: !negative, magnitude }),
        Constant::Float(value) => Constant::Float(-value),
        Constant::Complex { real, imag } => Constant::Complex { real: -real, imag: -imag },
        _ => return None,
    })
}

/// A real number plus or minus a complex one. The real number is not made complex first: its sign of zero counts.
fn add_imaginary<'a>(left: Constant<'a>, right: Constant<'a>, add: bool) -> Option<Constant<'a>> {
    let left = match left {
        Constant::Float(value) => value,
        Constant::Int(Int::Small(value)) => value as f64,
        Constant::Int(Int::Big { negative, magnitude }) => {
            // Decimal text is correctly rounded by Rust as by Python.
            let text = num_bigint::BigUint::from_slice(magnitude).to_string();
            let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
            if negative { -value } else { value }
        }
        _ => return None,
    };
    let Constant::Complex { real, imag } = right else { return None };
    Some(match add {
        true => Constant::Complex { real: left + real, imag },
        false => Constant::Complex { real: left - real, imag: -imag },
    })
}

/// Stands where a node has been moved out of, for the moment until the new one stands there.
fn placeholder<'a>() -> Expr<'a> {
    Expr { kind: ExprKind::Constant { value: Constant::None, kind_u: false }, loc: Loc::NONE }
}
