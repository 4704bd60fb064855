//! Statements, parameters and patterns of ruff's tree to ours.
//!
//! Invariant: a compound statement ends where its last token before the newline ends, in CPython also if that is a `;`;
//! so a block gives its end to the statement around it. Next: `expr.rs`.

use ruff_python_ast as ruff;
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::lower::Lower;
use crate::ast::*;
use crate::names::Name;

/// Levels of blocks at which CPython's tokenizer may have counted too many indentations.
const MAXINDENT: u32 = 99;

/// `elif`s at which CPython's parser may have run out of its stack.
const LONG_CHAIN: usize = 1000;

/// End of a node: line and column.
type End = (i32, i32);

fn end_of(loc: Loc) -> End {
    (loc.end_lineno, loc.end_col_offset)
}

impl<'a> Lower<'a, '_> {
    pub fn stmts(&mut self, body: &[ruff::Stmt]) -> List<'a, Stmt<'a>> {
        self.list(body, |lower, stmt| lower.stmt(stmt))
    }

    /// A block and where it ends; `end` if it is empty.
    fn block(&mut self, body: &[ruff::Stmt], end: &mut End) -> List<'a, Stmt<'a>> {
        self.block_depth += 1;
        self.suspicious |= self.block_depth >= MAXINDENT;
        let lowered = self.stmts(body);
        self.block_depth -= 1;
        if let (Some(last), Some(ruff_last)) = (lowered.last(), body.last()) {
            *end = end_of(last.loc);
            if !ruff_last.is_compound() {
                self.trailing_semicolon(ruff_last.end(), end);
            }
        }
        lowered
    }

    /// Moves `end` behind a `;` that follows the last simple statement of a block.
    fn trailing_semicolon(&mut self, at: TextSize, end: &mut End) {
        let rest = self.source.as_bytes().get(at.to_usize()..).unwrap_or_default();
        let Some(found) = rest.iter().position(|&b| !matches!(b, b' ' | b'\t' | b'\x0c' | b'\\' | b'\n')) else {
            return;
        };
        if rest.get(found) != Some(&b';') {
            return;
        }
        // Only a backslash continues the line.
        let between = rest.get(..found).unwrap_or_default();
        let continued =
            between.iter().enumerate().all(|(i, &b)| b != b'\n' || i > 0 && between.get(i - 1) == Some(&b'\\'));
        if continued {
            *end = self.lines.position(at.to_u32() + found as u32 + 1);
        }
    }

    pub fn stmt(&mut self, stmt: &ruff::Stmt) -> Stmt<'a> {
        self.nested(|lower| lower.stmt_inner(stmt))
    }

    fn stmt_inner(&mut self, stmt: &ruff::Stmt) -> Stmt<'a> {
        let mut loc = self.loc(stmt);
        let mut end = end_of(loc);
        let kind = match stmt {
            ruff::Stmt::FunctionDef(def) => self.function_def(def, &mut loc, &mut end),
            ruff::Stmt::ClassDef(def) => self.class_def(def, &mut loc, &mut end),
            ruff::Stmt::Return(s) => StmtKind::Return { value: self.opt_expr(s.value.as_deref()) },
            ruff::Stmt::Delete(s) => StmtKind::Delete { targets: self.exprs(&s.targets) },
            ruff::Stmt::TypeAlias(s) => StmtKind::TypeAlias {
                name: self.boxed_expr(&s.name),
                type_params: self.type_params(s.type_params.as_deref()),
                value: self.boxed_expr(&s.value),
            },
            ruff::Stmt::Assign(s) => StmtKind::Assign {
                targets: self.exprs(&s.targets),
                value: self.boxed_expr(&s.value),
                type_comment: None,
            },
            ruff::Stmt::AugAssign(s) => StmtKind::AugAssign {
                target: self.boxed_expr(&s.target),
                op: operator(s.op),
                value: self.boxed_expr(&s.value),
            },
            ruff::Stmt::AnnAssign(s) => StmtKind::AnnAssign {
                target: self.boxed_expr(&s.target),
                annotation: self.boxed_expr(&s.annotation),
                value: self.opt_expr(s.value.as_deref()),
                simple: s.simple,
            },
            ruff::Stmt::For(s) => {
                let target = self.expr(&s.target);
                let iter = self.expr(&s.iter);
                let body = self.block(&s.body, &mut end);
                let orelse = self.block(&s.orelse, &mut end);
                StmtKind::For(self.boxed(For { is_async: s.is_async, target, iter, body, orelse, type_comment: None }))
            }
            ruff::Stmt::While(s) => StmtKind::While {
                test: self.boxed_expr(&s.test),
                body: self.block(&s.body, &mut end),
                orelse: self.block(&s.orelse, &mut end),
            },
            ruff::Stmt::If(s) => self.if_stmt(s, &mut end),
            ruff::Stmt::With(s) => {
                let items = self.list(&s.items, |lower, item| WithItem {
                    context_expr: lower.expr(&item.context_expr),
                    optional_vars: lower.opt_expr(item.optional_vars.as_deref()),
                });
                let body = self.block(&s.body, &mut end);
                StmtKind::With(self.boxed(With { is_async: s.is_async, items, body, type_comment: None }))
            }
            ruff::Stmt::Match(s) => {
                let subject = self.boxed_expr(&s.subject);
                let cases = self.list(&s.cases, |lower, case| MatchCase {
                    pattern: lower.pattern(&case.pattern),
                    guard: lower.opt_expr(case.guard.as_deref()),
                    body: lower.block(&case.body, &mut end),
                });
                StmtKind::Match { subject, cases }
            }
            ruff::Stmt::Raise(s) => {
                StmtKind::Raise { exc: self.opt_expr(s.exc.as_deref()), cause: self.opt_expr(s.cause.as_deref()) }
            }
            ruff::Stmt::Try(s) => self.try_stmt(s, &mut end),
            ruff::Stmt::Assert(s) => {
                StmtKind::Assert { test: self.boxed_expr(&s.test), msg: self.opt_expr(s.msg.as_deref()) }
            }
            ruff::Stmt::Import(s) => {
                self.refused |= s.is_lazy;
                StmtKind::Import { names: self.aliases(&s.names) }
            }
            ruff::Stmt::ImportFrom(s) => {
                self.refused |= s.is_lazy;
                let module = s.module.as_ref().map(|m| self.name(m));
                if module == Some(Name::FUTURE) && s.level == 0 {
                    self.suspicious |= s.names.iter().any(|alias| alias.name.id.as_str() == "barry_as_FLUFL");
                }
                StmtKind::ImportFrom { module, names: self.aliases(&s.names), level: s.level }
            }
            ruff::Stmt::Global(s) => StmtKind::Global { names: self.list(&s.names, |lower, name| lower.name(name)) },
            ruff::Stmt::Nonlocal(s) => {
                StmtKind::Nonlocal { names: self.list(&s.names, |lower, name| lower.name(name)) }
            }
            ruff::Stmt::Expr(s) => StmtKind::Expr { value: self.boxed_expr(&s.value) },
            ruff::Stmt::Pass(_) => StmtKind::Pass,
            ruff::Stmt::Break(_) => StmtKind::Break,
            ruff::Stmt::Continue(_) => StmtKind::Continue,
            ruff::Stmt::IpyEscapeCommand(_) => {
                self.refused = true;
                StmtKind::Pass
            }
        };
        (loc.end_lineno, loc.end_col_offset) = end;
        Stmt { kind, loc }
    }

    /// Moves the start of a decorated definition from the first `@` to its keyword.
    fn skip_decorators(&mut self, decorators: &[ruff::Decorator], loc: &mut Loc) {
        let Some(last) = decorators.last() else { return };
        let bytes = self.source.as_bytes();
        let mut at = last.end().to_usize();
        while let Some(&b) = bytes.get(at) {
            match b {
                b' ' | b'\t' | b'\x0c' | b'\n' | b'\\' => at += 1,
                b'#' => at += bytes.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)).unwrap_or(0).max(1),
                _ => break,
            }
        }
        (loc.lineno, loc.col_offset) = self.lines.position(at as u32);
    }

    fn function_def(&mut self, def: &ruff::StmtFunctionDef, loc: &mut Loc, end: &mut End) -> StmtKind<'a> {
        self.skip_decorators(&def.decorator_list, loc);
        let function = FunctionDef {
            is_async: def.is_async,
            decorator_list: self.list(&def.decorator_list, |lower, d| lower.expr(&d.expression)),
            name: self.name(&def.name),
            type_params: self.type_params(def.type_params.as_deref()),
            args: self.arguments(Some(&def.parameters)),
            returns: self.opt_expr(def.returns.as_deref()),
            body: self.block(&def.body, end),
            type_comment: None,
        };
        StmtKind::FunctionDef(self.boxed(function))
    }

    fn class_def(&mut self, def: &ruff::StmtClassDef, loc: &mut Loc, end: &mut End) -> StmtKind<'a> {
        self.skip_decorators(&def.decorator_list, loc);
        let (args, keywords) =
            def.arguments.as_deref().map_or((&[][..], &[][..]), |args| (&args.args[..], &args.keywords[..]));
        let class = ClassDef {
            decorator_list: self.list(&def.decorator_list, |lower, d| lower.expr(&d.expression)),
            name: self.name(&def.name),
            type_params: self.type_params(def.type_params.as_deref()),
            bases: self.exprs(args),
            keywords: self.keywords(keywords),
            body: self.block(&def.body, end),
        };
        StmtKind::ClassDef(self.boxed(class))
    }

    /// `elif` nests in CPython's tree: each is an If that runs to the end of the chain.
    fn if_stmt(&mut self, s: &ruff::StmtIf, end: &mut End) -> StmtKind<'a> {
        let test = self.boxed_expr(&s.test);
        let body = self.block(&s.body, end);
        // Lowered in order, then folded from the back, so that a long chain does not recurse.
        let mut clauses = Vec::with_capacity(s.elif_else_clauses.len());
        self.suspicious |= s.elif_else_clauses.len() > LONG_CHAIN;
        for clause in &s.elif_else_clauses {
            let (lineno, col_offset) = self.lines.position(clause.start().to_u32());
            let test = clause.test.as_ref().map(|test| self.boxed_expr(test));
            clauses.push((lineno, col_offset, test, self.block(&clause.body, end)));
        }
        let (end_lineno, end_col_offset) = *end;
        let mut orelse = Box::empty();
        for (lineno, col_offset, test, body) in clauses.into_iter().rev() {
            orelse = match test {
                None => body,
                Some(test) => {
                    let loc = Loc { lineno, col_offset, end_lineno, end_col_offset };
                    let stmt = Stmt { kind: StmtKind::If { test, body, orelse }, loc };
                    Box::from_iter_in(std::iter::once(stmt), self.arena)
                }
            };
        }
        StmtKind::If { test, body, orelse }
    }

    fn try_stmt(&mut self, s: &ruff::StmtTry, end: &mut End) -> StmtKind<'a> {
        let body = self.block(&s.body, end);
        let handlers = self.list(&s.handlers, |lower, handler| {
            let ruff::ExceptHandler::ExceptHandler(handler) = handler;
            let mut loc = lower.loc(handler);
            let type_ = lower.opt_expr(handler.type_.as_deref());
            let name = handler.name.as_ref().map(|name| lower.name(name));
            let body = lower.block(&handler.body, end);
            (loc.end_lineno, loc.end_col_offset) = *end;
            ExceptHandler { type_, name, body, loc }
        });
        let orelse = self.block(&s.orelse, end);
        let finalbody = self.block(&s.finalbody, end);
        StmtKind::Try(self.boxed(Try { is_star: s.is_star, body, handlers, orelse, finalbody }))
    }

    fn aliases(&mut self, aliases: &[ruff::Alias]) -> List<'a, Alias> {
        self.list(aliases, |lower, alias| Alias {
            name: lower.name(&alias.name),
            asname: alias.asname.as_ref().map(|name| lower.name(name)),
            loc: lower.loc(alias),
        })
    }

    fn type_params(&mut self, params: Option<&ruff::TypeParams>) -> List<'a, TypeParam<'a>> {
        let Some(params) = params else { return Box::empty() };
        self.list(&params.type_params, |lower, param| {
            let loc = lower.loc(param);
            let kind = match param {
                ruff::TypeParam::TypeVar(p) => TypeParamKind::TypeVar {
                    name: lower.name(&p.name),
                    bound: lower.opt_expr(p.bound.as_deref()),
                    default_value: lower.opt_expr(p.default.as_deref()),
                },
                ruff::TypeParam::ParamSpec(p) => TypeParamKind::ParamSpec {
                    name: lower.name(&p.name),
                    default_value: lower.opt_expr(p.default.as_deref()),
                },
                ruff::TypeParam::TypeVarTuple(p) => TypeParamKind::TypeVarTuple {
                    name: lower.name(&p.name),
                    default_value: lower.opt_expr(p.default.as_deref()),
                },
            };
            TypeParam { kind, loc }
        })
    }

    /// Parameters of a function or lambda: defaults move from the parameters to the lists of the whole.
    pub fn arguments(&mut self, params: Option<&ruff::Parameters>) -> Box<'a, Arguments<'a>> {
        let Some(params) = params else {
            return self.boxed(Arguments {
                posonlyargs: Box::empty(),
                args: Box::empty(),
                vararg: None,
                kwonlyargs: Box::empty(),
                kw_defaults: Box::empty(),
                kwarg: None,
                defaults: Box::empty(),
            });
        };
        let posonlyargs = self.list(&params.posonlyargs, |lower, p| lower.arg(&p.parameter));
        let args = self.list(&params.args, |lower, p| lower.arg(&p.parameter));
        let vararg = params.vararg.as_deref().map(|p| self.arg(p)).map(|arg| self.boxed(arg));
        let kwonlyargs = self.list(&params.kwonlyargs, |lower, p| lower.arg(&p.parameter));
        let kw_defaults = self.list(&params.kwonlyargs, |lower, p| p.default.as_deref().map(|d| lower.expr(d)));
        let kwarg = params.kwarg.as_deref().map(|p| self.arg(p)).map(|arg| self.boxed(arg));
        let positional = || params.posonlyargs.iter().chain(&params.args).filter_map(|p| p.default.as_deref());
        let mut defaults = Vec::with_capacity(positional().count());
        for default in positional() {
            defaults.push(self.expr(default));
        }
        let defaults = if defaults.is_empty() { Box::empty() } else { Box::from_vec_in(defaults, self.arena) };
        self.boxed(Arguments { posonlyargs, args, vararg, kwonlyargs, kw_defaults, kwarg, defaults })
    }

    /// The stars of `*args` and `**kwargs` do not belong to it.
    fn arg(&mut self, param: &ruff::Parameter) -> Arg<'a> {
        let loc = self.lines.loc(TextRange::new(param.name.start(), param.end()));
        let annotation = self.opt_expr(param.annotation.as_deref());
        Arg { arg: self.name(&param.name), annotation, type_comment: None, loc }
    }

    fn pattern(&mut self, pattern: &ruff::Pattern) -> Pattern<'a> {
        self.nested(|lower| lower.pattern_inner(pattern))
    }

    fn pattern_inner(&mut self, pattern: &ruff::Pattern) -> Pattern<'a> {
        let loc = self.loc(pattern);
        let optional = |lower: &mut Self, name: &Option<ruff::Identifier>| name.as_ref().map(|n| lower.name(n));
        let kind = match pattern {
            ruff::Pattern::MatchValue(p) => {
                self.refused |= !is_pattern_value(&p.value);
                PatternKind::MatchValue { value: self.boxed_expr(&p.value) }
            }
            ruff::Pattern::MatchSingleton(p) => PatternKind::MatchSingleton {
                value: match p.value {
                    ruff::Singleton::None => Constant::None,
                    ruff::Singleton::True => Constant::True,
                    ruff::Singleton::False => Constant::False,
                },
            },
            ruff::Pattern::MatchSequence(p) => PatternKind::MatchSequence { patterns: self.patterns(&p.patterns) },
            ruff::Pattern::MatchMapping(p) => {
                self.refused |= !p.keys.iter().all(|key| is_singleton(key) || is_pattern_value(key));
                PatternKind::MatchMapping {
                    keys: self.exprs(&p.keys),
                    patterns: self.patterns(&p.patterns),
                    rest: optional(self, &p.rest),
                }
            }
            ruff::Pattern::MatchClass(p) => PatternKind::MatchClass {
                cls: self.boxed_expr(&p.cls),
                patterns: self.patterns(&p.arguments.patterns),
                kwd_attrs: self.list(&p.arguments.keywords, |lower, k| lower.name(&k.attr)),
                kwd_patterns: self.list(&p.arguments.keywords, |lower, k| lower.pattern(&k.pattern)),
            },
            ruff::Pattern::MatchStar(p) => PatternKind::MatchStar { name: self.capture(&p.name) },
            ruff::Pattern::MatchAs(p) => PatternKind::MatchAs {
                pattern: p.pattern.as_deref().map(|p| self.pattern(p)).map(|p| self.boxed(p)),
                name: self.capture(&p.name),
            },
            ruff::Pattern::MatchOr(p) => PatternKind::MatchOr { patterns: self.patterns(&p.patterns) },
        };
        Pattern { kind, loc }
    }

    /// A capture's name; none for `_`.
    fn capture(&mut self, name: &Option<ruff::Identifier>) -> Option<Name> {
        name.as_ref().map(|name| self.name(name)).filter(|&name| name != Name::UNDERSCORE)
    }

    fn patterns(&mut self, patterns: &[ruff::Pattern]) -> List<'a, Pattern<'a>> {
        self.list(patterns, |lower, p| lower.pattern(p))
    }
}

fn is_singleton(expr: &ruff::Expr) -> bool {
    matches!(expr, ruff::Expr::NoneLiteral(_) | ruff::Expr::BooleanLiteral(_))
}

/// A literal with a sign, a complex number, strings, or a dotted name; ruff takes more.
fn is_pattern_value(expr: &ruff::Expr) -> bool {
    fn is_real(expr: &ruff::Expr) -> bool {
        let imaginary = |n: &ruff::ExprNumberLiteral| matches!(n.value, ruff::Number::Complex { .. });
        match expr {
            ruff::Expr::NumberLiteral(number) => !imaginary(number),
            ruff::Expr::UnaryOp(e) => {
                e.op == ruff::UnaryOp::USub && is_real(&e.operand) && e.operand.is_number_literal_expr()
            }
            _ => false,
        }
    }
    match expr {
        ruff::Expr::NumberLiteral(_)
        | ruff::Expr::StringLiteral(_)
        | ruff::Expr::BytesLiteral(_)
        | ruff::Expr::FString(_)
        | ruff::Expr::TString(_) => true,
        ruff::Expr::UnaryOp(e) => e.op == ruff::UnaryOp::USub && e.operand.is_number_literal_expr(),
        ruff::Expr::BinOp(e) => {
            matches!(e.op, ruff::Operator::Add | ruff::Operator::Sub)
                && is_real(&e.left)
                && e.right.is_number_literal_expr()
                && !is_real(&e.right)
        }
        ruff::Expr::Attribute(e) => e.value.is_name_expr() || e.value.is_attribute_expr() && is_pattern_value(&e.value),
        _ => false,
    }
}

/// ruff's operators are CPython's under the same names.
pub fn operator(op: ruff::Operator) -> Operator {
    match op {
        ruff::Operator::Add => Operator::Add,
        ruff::Operator::Sub => Operator::Sub,
        ruff::Operator::Mult => Operator::Mult,
        ruff::Operator::MatMult => Operator::MatMult,
        ruff::Operator::Div => Operator::Div,
        ruff::Operator::Mod => Operator::Mod,
        ruff::Operator::Pow => Operator::Pow,
        ruff::Operator::LShift => Operator::LShift,
        ruff::Operator::RShift => Operator::RShift,
        ruff::Operator::BitOr => Operator::BitOr,
        ruff::Operator::BitXor => Operator::BitXor,
        ruff::Operator::BitAnd => Operator::BitAnd,
        ruff::Operator::FloorDiv => Operator::FloorDiv,
    }
}

trait Compound {
    fn is_compound(&self) -> bool;
}

impl Compound for ruff::Stmt {
    /// A statement with blocks: its end is already that of its last block.
    fn is_compound(&self) -> bool {
        matches!(
            self,
            ruff::Stmt::FunctionDef(_)
                | ruff::Stmt::ClassDef(_)
                | ruff::Stmt::For(_)
                | ruff::Stmt::While(_)
                | ruff::Stmt::If(_)
                | ruff::Stmt::With(_)
                | ruff::Stmt::Match(_)
                | ruff::Stmt::Try(_)
        )
    }
}
