//! Expressions of ruff's tree to ours.
//!
//! Invariant: ranges are ruff's except for a generator that is a call's sole argument, which takes the call's
//! parentheses with it, and for pieces of strings. Next: `strings.rs`.

use ruff_python_ast as ruff;
use ruff_text_size::{Ranged, TextRange};

use super::lower::Lower;
use super::numbers::parse_int;
use super::stmt::operator;
use crate::ast::*;

impl<'a> Lower<'a, '_> {
    pub fn exprs(&mut self, exprs: &[ruff::Expr]) -> List<'a, Expr<'a>> {
        self.list(exprs, |lower, expr| lower.expr(expr))
    }

    pub fn boxed_expr(&mut self, expr: &ruff::Expr) -> Box<'a, Expr<'a>> {
        let expr = self.expr(expr);
        self.boxed(expr)
    }

    pub fn opt_expr(&mut self, expr: Option<&ruff::Expr>) -> Option<Box<'a, Expr<'a>>> {
        expr.map(|expr| self.boxed_expr(expr))
    }

    pub fn expr(&mut self, expr: &ruff::Expr) -> Expr<'a> {
        match expr {
            ruff::Expr::Name(e) => {
                let loc = self.lines.loc(e.range);
                let kind = ExprKind::Name { id: self.name_text(e.id.as_str(), e.range), ctx: self.ctx(e.ctx) };
                Expr { kind, loc }
            }
            _ => self.nested(|lower| lower.expr_inner(expr)),
        }
    }

    fn ctx(&mut self, ctx: ruff::ExprContext) -> ExprContext {
        match ctx {
            ruff::ExprContext::Load => ExprContext::Load,
            ruff::ExprContext::Store => ExprContext::Store,
            ruff::ExprContext::Del => ExprContext::Del,
            ruff::ExprContext::Invalid => {
                self.refused = true;
                ExprContext::Load
            }
        }
    }

    fn expr_inner(&mut self, expr: &ruff::Expr) -> Expr<'a> {
        let loc = self.loc(expr);
        let kind = match expr {
            ruff::Expr::BoolOp(e) => ExprKind::BoolOp {
                op: match e.op {
                    ruff::BoolOp::And => BoolOp::And,
                    ruff::BoolOp::Or => BoolOp::Or,
                },
                values: self.exprs(&e.values),
            },
            ruff::Expr::Named(e) => {
                ExprKind::NamedExpr { target: self.boxed_expr(&e.target), value: self.boxed_expr(&e.value) }
            }
            ruff::Expr::BinOp(e) => {
                ExprKind::BinOp { left: self.boxed_expr(&e.left), op: operator(e.op), right: self.boxed_expr(&e.right) }
            }
            ruff::Expr::UnaryOp(e) => ExprKind::UnaryOp {
                op: match e.op {
                    ruff::UnaryOp::Invert => UnaryOp::Invert,
                    ruff::UnaryOp::Not => UnaryOp::Not,
                    ruff::UnaryOp::UAdd => UnaryOp::UAdd,
                    ruff::UnaryOp::USub => UnaryOp::USub,
                },
                operand: self.boxed_expr(&e.operand),
            },
            ruff::Expr::Lambda(e) => {
                ExprKind::Lambda { args: self.arguments(e.parameters.as_deref()), body: self.boxed_expr(&e.body) }
            }
            ruff::Expr::If(e) => ExprKind::IfExp {
                body: self.boxed_expr(&e.body),
                test: self.boxed_expr(&e.test),
                orelse: self.boxed_expr(&e.orelse),
            },
            ruff::Expr::Dict(e) => ExprKind::Dict {
                keys: self.list(&e.items, |lower, item| item.key.as_ref().map(|key| lower.expr(key))),
                values: self.list(&e.items, |lower, item| lower.expr(&item.value)),
            },
            ruff::Expr::Set(e) => ExprKind::Set { elts: self.exprs(&e.elts) },
            ruff::Expr::ListComp(e) => {
                ExprKind::ListComp { elt: self.element(&e.elt), generators: self.comprehensions(&e.generators) }
            }
            ruff::Expr::SetComp(e) => {
                ExprKind::SetComp { elt: self.element(&e.elt), generators: self.comprehensions(&e.generators) }
            }
            ruff::Expr::DictComp(e) => {
                let Some(key) = e.key.as_deref() else {
                    // `{**x for ...}` is 3.15.
                    self.refused = true;
                    return Expr { kind: ExprKind::Constant { value: Constant::None, kind_u: false }, loc };
                };
                ExprKind::DictComp {
                    key: self.boxed_expr(key),
                    value: self.boxed_expr(&e.value),
                    generators: self.comprehensions(&e.generators),
                }
            }
            ruff::Expr::Generator(e) => {
                ExprKind::GeneratorExp { elt: self.element(&e.elt), generators: self.comprehensions(&e.generators) }
            }
            ruff::Expr::Await(e) => ExprKind::Await { value: self.boxed_expr(&e.value) },
            ruff::Expr::Yield(e) => ExprKind::Yield { value: self.opt_expr(e.value.as_deref()) },
            ruff::Expr::YieldFrom(e) => ExprKind::YieldFrom { value: self.boxed_expr(&e.value) },
            ruff::Expr::Compare(e) => ExprKind::Compare {
                left: self.boxed_expr(&e.left),
                ops: self.list(&e.ops, |_, &op| cmp_op(op)),
                comparators: self.exprs(&e.comparators),
            },
            ruff::Expr::Call(e) => ExprKind::Call {
                func: self.boxed_expr(&e.func),
                args: self.call_args(&e.arguments),
                keywords: self.keywords(&e.arguments.keywords),
            },
            ruff::Expr::FString(e) => self.f_string(e),
            ruff::Expr::TString(e) => self.t_string(e),
            ruff::Expr::StringLiteral(e) => self.string_literal(e),
            ruff::Expr::BytesLiteral(e) => self.bytes_literal(e),
            ruff::Expr::NumberLiteral(e) => self.number(e),
            ruff::Expr::BooleanLiteral(e) => constant(if e.value { Constant::True } else { Constant::False }),
            ruff::Expr::NoneLiteral(_) => constant(Constant::None),
            ruff::Expr::EllipsisLiteral(_) => constant(Constant::Ellipsis),
            ruff::Expr::Attribute(e) => {
                ExprKind::Attribute { value: self.boxed_expr(&e.value), attr: self.name(&e.attr), ctx: self.ctx(e.ctx) }
            }
            ruff::Expr::Subscript(e) => ExprKind::Subscript {
                value: self.boxed_expr(&e.value),
                slice: self.boxed_expr(&e.slice),
                ctx: self.ctx(e.ctx),
            },
            ruff::Expr::Starred(e) => ExprKind::Starred { value: self.boxed_expr(&e.value), ctx: self.ctx(e.ctx) },
            ruff::Expr::Name(e) => ExprKind::Name { id: self.name_text(e.id.as_str(), e.range), ctx: self.ctx(e.ctx) },
            ruff::Expr::List(e) => ExprKind::List { elts: self.exprs(&e.elts), ctx: self.ctx(e.ctx) },
            ruff::Expr::Tuple(e) => ExprKind::Tuple { elts: self.exprs(&e.elts), ctx: self.ctx(e.ctx) },
            ruff::Expr::Slice(e) => ExprKind::Slice {
                lower: self.opt_expr(e.lower.as_deref()),
                upper: self.opt_expr(e.upper.as_deref()),
                step: self.opt_expr(e.step.as_deref()),
            },
            ruff::Expr::IpyEscapeCommand(_) => {
                self.refused = true;
                constant(Constant::None)
            }
        };
        Expr { kind, loc }
    }

    /// What a comprehension collects; `[*x for ...]` is 3.15.
    fn element(&mut self, elt: &ruff::Expr) -> Box<'a, Expr<'a>> {
        self.refused |= elt.is_starred_expr();
        self.boxed_expr(elt)
    }

    fn comprehensions(&mut self, generators: &[ruff::Comprehension]) -> List<'a, Comprehension<'a>> {
        self.list(generators, |lower, c| Comprehension {
            target: lower.expr(&c.target),
            iter: lower.expr(&c.iter),
            ifs: lower.exprs(&c.ifs),
            is_async: c.is_async,
        })
    }

    fn call_args(&mut self, arguments: &ruff::Arguments) -> List<'a, Expr<'a>> {
        let mut args = self.exprs(&arguments.args);
        if let ([ruff::Expr::Generator(generator)], [arg]) = (&arguments.args[..], &mut args[..])
            && !generator.parenthesized
        {
            arg.loc = self.lines.loc(arguments.range);
        }
        args
    }

    pub fn keywords(&mut self, keywords: &[ruff::Keyword]) -> List<'a, Keyword<'a>> {
        self.list(keywords, |lower, k| Keyword {
            loc: lower.loc(k),
            arg: k.arg.as_ref().map(|arg| lower.name(arg)),
            value: lower.expr(&k.value),
        })
    }

    fn number(&mut self, e: &ruff::ExprNumberLiteral) -> ExprKind<'a> {
        self.number_warning(e.range());
        constant(match &e.value {
            ruff::Number::Int(int) => Constant::Int(match int.as_i64() {
                Some(value) => Int::Small(value),
                None => parse_int(self.text(e.range), self.arena).unwrap_or_else(|_| {
                    self.refused = true;
                    Int::Small(0)
                }),
            }),
            ruff::Number::Float(value) => Constant::Float(*value),
            ruff::Number::Complex { real, imag } => Constant::Complex { real: *real, imag: *imag },
        })
    }

    /// `0x1for x in y`: a keyword right behind a number.
    fn number_warning(&mut self, range: TextRange) {
        let behind = self.source.as_bytes().get(range.end().to_usize());
        if !behind.is_some_and(u8::is_ascii_alphabetic) {
            return;
        }
        let kind = match self.text(range).as_bytes() {
            [b'0', b'x' | b'X', ..] => "hexadecimal",
            [b'0', b'o' | b'O', ..] => "octal",
            [b'0', b'b' | b'B', ..] => "binary",
            [.., b'j' | b'J'] => "imaginary",
            _ => "decimal",
        };
        let (lineno, col) = self.lines.position(range.end().to_u32());
        self.warnings.push(range.end().to_u32(), format!("invalid {kind} literal"), lineno, col, col);
    }
}

pub fn constant(value: Constant<'_>) -> ExprKind<'_> {
    ExprKind::Constant { value, kind_u: false }
}

fn cmp_op(op: ruff::CmpOp) -> CmpOp {
    match op {
        ruff::CmpOp::Eq => CmpOp::Eq,
        ruff::CmpOp::NotEq => CmpOp::NotEq,
        ruff::CmpOp::Lt => CmpOp::Lt,
        ruff::CmpOp::LtE => CmpOp::LtE,
        ruff::CmpOp::Gt => CmpOp::Gt,
        ruff::CmpOp::GtE => CmpOp::GtE,
        ruff::CmpOp::Is => CmpOp::Is,
        ruff::CmpOp::IsNot => CmpOp::IsNot,
        ruff::CmpOp::In => CmpOp::In,
        ruff::CmpOp::NotIn => CmpOp::NotIn,
    }
}
