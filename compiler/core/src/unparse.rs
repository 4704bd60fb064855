//! Expressions back to text, for annotations under `from __future__ import annotations` and interpolations
//! (CPython's Python/ast_unparse.c; `ast.unparse` of the library is another, fuller one).
//!
//! Invariant: the text is CPython's, which is not the source's: blanks and quotes are normalised, parentheses are those
//! that precedence asks for. The result has no lone surrogates: `repr` escapes them.

use num_bigint::BigUint;
use pyc_text::{Wtf8, bytes_repr, float_text, str_repr};

use crate::ast::*;
use crate::names::{Name, Names};

/// Where an expression stands; one that binds less than its place asks for is put in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Cmp,
    Bor,
    Bxor,
    Band,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    /// What binds tighter by one.
    fn above(self) -> Level {
        use Level::*;
        match self {
            Tuple => Test,
            Test => Or,
            Or => And,
            And => Not,
            Not => Cmp,
            Cmp => Bor,
            Bor => Bxor,
            Bxor => Band,
            Band => Shift,
            Shift => Arith,
            Arith => Term,
            Term => Factor,
            Factor => Power,
            Power => Await,
            Await | Atom => Atom,
        }
    }
}

/// The expression's text (CPython's `_PyAST_ExprAsUnicode`).
pub fn expr_as_unicode<'a>(names: &Names<'a>, expr: &Expr<'a>) -> String {
    let mut writer = Writer { names, out: String::new() };
    writer.expr(expr, Level::Test);
    writer.out
}

/// The constant as an expression: its `repr` but for infinities.
pub fn constant_repr<'a>(names: &Names<'a>, constant: &Constant<'a>) -> String {
    let mut writer = Writer { names, out: String::new() };
    writer.constant(constant);
    writer.out
}

struct Writer<'n, 'a> {
    names: &'n Names<'a>,
    out: String,
}

impl<'a> Writer<'_, 'a> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, name: Name) {
        self.out.push_str(self.names.text(name));
    }

    fn parenthesized(&mut self, when: bool, write: impl FnOnce(&mut Self)) {
        if when {
            self.push("(");
        }
        write(self);
        if when {
            self.push(")");
        }
    }

    fn separated(&mut self, exprs: &[Expr<'a>]) {
        for (at, expr) in exprs.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.expr(expr, Level::Test);
        }
    }

    fn expr(&mut self, expr: &Expr<'a>, level: Level) {
        match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let (text, own) = match op {
                    BoolOp::And => (" and ", Level::And),
                    BoolOp::Or => (" or ", Level::Or),
                };
                self.parenthesized(level > own, |w| {
                    for (at, value) in values.iter().enumerate() {
                        if at > 0 {
                            w.push(text);
                        }
                        w.expr(value, own.above());
                    }
                });
            }
            ExprKind::NamedExpr { target, value } => self.parenthesized(level > Level::Tuple, |w| {
                w.expr(target, Level::Atom);
                w.push(" := ");
                w.expr(value, Level::Atom);
            }),
            ExprKind::BinOp { left, op, right } => {
                let (text, own) = operator(*op);
                // Only `**` groups from the right.
                let (left_level, right_level) = match op {
                    Operator::Pow => (own.above(), own),
                    _ => (own, own.above()),
                };
                self.parenthesized(level > own, |w| {
                    w.expr(left, left_level);
                    w.push(text);
                    w.expr(right, right_level);
                });
            }
            ExprKind::UnaryOp { op, operand } => {
                let (text, own) = match op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.parenthesized(level > own, |w| {
                    w.push(text);
                    w.expr(operand, own);
                });
            }
            ExprKind::Lambda { args, body } => self.parenthesized(level > Level::Test, |w| {
                // CPython looks at positional parameters alone: `lambda*args: 0`.
                let positional = !args.args.is_empty() || !args.posonlyargs.is_empty();
                w.push(if positional { "lambda " } else { "lambda" });
                w.arguments(args);
                w.push(": ");
                w.expr(body, Level::Test);
            }),
            ExprKind::IfExp { test, body, orelse } => self.parenthesized(level > Level::Test, |w| {
                w.expr(body, Level::Or);
                w.push(" if ");
                w.expr(test, Level::Or);
                w.push(" else ");
                w.expr(orelse, Level::Test);
            }),
            ExprKind::Dict { keys, values } => self.dict(keys, values),
            ExprKind::Set { elts } => {
                self.push("{");
                self.separated(elts);
                self.push("}");
            }
            ExprKind::List { elts, .. } => {
                self.push("[");
                self.separated(elts);
                self.push("]");
            }
            ExprKind::Tuple { elts, .. } => {
                self.parenthesized(level > Level::Tuple || elts.is_empty(), |w| {
                    w.separated(elts);
                    if elts.len() == 1 {
                        w.push(",");
                    }
                });
            }
            ExprKind::ListComp { elt, generators } => self.comprehension("[", elt, None, generators, "]"),
            ExprKind::SetComp { elt, generators } => self.comprehension("{", elt, None, generators, "}"),
            ExprKind::GeneratorExp { elt, generators } => self.comprehension("(", elt, None, generators, ")"),
            ExprKind::DictComp { key, value, generators } => {
                self.comprehension("{", key, Some(value), generators, "}");
            }
            ExprKind::Await { value } => self.parenthesized(level > Level::Await, |w| {
                w.push("await ");
                w.expr(value, Level::Atom);
            }),
            ExprKind::Yield { value: None } => self.push("(yield)"),
            ExprKind::Yield { value: Some(value) } => self.parenthesized(true, |w| {
                w.push("yield ");
                w.expr(value, Level::Test);
            }),
            ExprKind::YieldFrom { value } => self.parenthesized(true, |w| {
                w.push("yield from ");
                w.expr(value, Level::Test);
            }),
            ExprKind::Compare { left, ops, comparators } => self.parenthesized(level > Level::Cmp, |w| {
                w.expr(left, Level::Bor);
                for (op, comparator) in ops.iter().zip(comparators.iter()) {
                    w.push(comparison(*op));
                    w.expr(comparator, Level::Bor);
                }
            }),
            ExprKind::Call { func, args, keywords } => self.call(func, args, keywords),
            ExprKind::FormattedValue { .. } | ExprKind::Interpolation { .. } => self.fstring_element(expr, false),
            ExprKind::JoinedStr { values } => self.joined_str(values, false),
            ExprKind::TemplateStr { values } => self.template_str(values),
            ExprKind::Constant { value, kind_u } => {
                if *kind_u {
                    self.push("u");
                }
                self.constant(value);
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, Level::Atom);
                // `1.real` would be read as a float.
                let int = matches!(value.kind, ExprKind::Constant { value: Constant::Int(_), .. });
                self.push(if int { " ." } else { "." });
                self.name(*attr);
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value, Level::Atom);
                self.push("[");
                self.expr(slice, Level::Tuple);
                self.push("]");
            }
            ExprKind::Starred { value, .. } => {
                self.push("*");
                self.expr(value, Level::Bor);
            }
            ExprKind::Name { id, .. } => self.name(*id),
            ExprKind::Slice { lower, upper, step } => {
                if let Some(lower) = lower {
                    self.expr(lower, Level::Test);
                }
                self.push(":");
                if let Some(upper) = upper {
                    self.expr(upper, Level::Test);
                }
                if let Some(step) = step {
                    self.push(":");
                    self.expr(step, Level::Test);
                }
            }
        }
    }

    fn dict(&mut self, keys: &[Option<Expr<'a>>], values: &[Expr<'a>]) {
        self.push("{");
        for (at, (key, value)) in keys.iter().zip(values).enumerate() {
            if at > 0 {
                self.push(", ");
            }
            match key {
                Some(key) => {
                    self.expr(key, Level::Test);
                    self.push(": ");
                    self.expr(value, Level::Test);
                }
                None => {
                    self.push("**");
                    self.expr(value, Level::Bor);
                }
            }
        }
        self.push("}");
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr<'a>,
        value: Option<&Expr<'a>>,
        generators: &[Comprehension<'a>],
        close: &str,
    ) {
        self.push(open);
        self.expr(elt, Level::Test);
        if let Some(value) = value {
            self.push(": ");
            self.expr(value, Level::Test);
        }
        for generator in generators {
            self.push(if generator.is_async { " async for " } else { " for " });
            self.expr(&generator.target, Level::Tuple);
            self.push(" in ");
            self.expr(&generator.iter, Level::Or);
            for test in generator.ifs.iter() {
                self.push(" if ");
                self.expr(test, Level::Or);
            }
        }
        self.push(close);
    }

    fn call(&mut self, func: &Expr<'a>, args: &[Expr<'a>], keywords: &[Keyword<'a>]) {
        self.expr(func, Level::Atom);
        if let ([arg], []) = (args, keywords)
            && matches!(arg.kind, ExprKind::GeneratorExp { .. })
        {
            // Its own parentheses are the call's.
            return self.expr(arg, Level::Tuple);
        }
        self.push("(");
        self.separated(args);
        for (at, keyword) in keywords.iter().enumerate() {
            if at > 0 || !args.is_empty() {
                self.push(", ");
            }
            match keyword.arg {
                Some(arg) => {
                    self.name(arg);
                    self.push("=");
                }
                None => self.push("**"),
            }
            self.expr(&keyword.value, Level::Test);
        }
        self.push(")");
    }

    fn arg(&mut self, arg: &Arg<'a>) {
        self.name(arg.arg);
        if let Some(annotation) = &arg.annotation {
            self.push(": ");
            self.expr(annotation, Level::Test);
        }
    }

    fn arguments(&mut self, args: &Arguments<'a>) {
        let mut first = true;
        let mut comma = |w: &mut Self| {
            if !std::mem::replace(&mut first, false) {
                w.push(", ");
            }
        };
        let n_posonly = args.posonlyargs.len();
        let n_positional = n_posonly + args.args.len();
        for (at, arg) in args.posonlyargs.iter().chain(args.args.iter()).enumerate() {
            comma(self);
            self.arg(arg);
            let default = (at + args.defaults.len()).checked_sub(n_positional);
            if let Some(default) = default.and_then(|at| args.defaults.get(at)) {
                self.push("=");
                self.expr(default, Level::Test);
            }
            if at + 1 == n_posonly {
                self.push(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            comma(self);
            self.push("*");
            if let Some(vararg) = &args.vararg {
                self.arg(vararg);
            }
        }
        for (arg, default) in args.kwonlyargs.iter().zip(args.kw_defaults.iter()) {
            comma(self);
            self.arg(arg);
            if let Some(default) = default {
                self.push("=");
                self.expr(default, Level::Test);
            }
        }
        if let Some(kwarg) = &args.kwarg {
            comma(self);
            self.push("**");
            self.arg(kwarg);
        }
    }

    /// Writes to a string of its own, as `repr` needs the whole.
    fn apart(&self, write: impl FnOnce(&mut Self)) -> String {
        let mut writer = Writer { names: self.names, out: String::new() };
        write(&mut writer);
        writer.out
    }

    fn fstring_body(&mut self, values: &[Expr<'a>], is_format_spec: bool) -> Vec<u8> {
        // A literal piece may hold lone surrogates, which the repr around it escapes: bytes, not text.
        let mut body = Vec::new();
        for value in values {
            if let ExprKind::Constant { value: Constant::Str(text), .. } = value.kind {
                for &byte in text.as_bytes() {
                    body.push(byte);
                    if matches!(byte, b'{' | b'}') {
                        body.push(byte);
                    }
                }
            } else {
                body.extend(self.apart(|w| w.fstring_element(value, is_format_spec)).into_bytes());
            }
        }
        body
    }

    fn joined_str(&mut self, values: &[Expr<'a>], is_format_spec: bool) {
        let body = self.fstring_body(values, is_format_spec);
        if is_format_spec {
            let text = Wtf8::trusted(&body).to_string_lossy();
            self.push(&text);
        } else {
            self.push("f");
            self.push(&str_repr(Wtf8::trusted(&body)));
        }
    }

    fn template_str(&mut self, values: &[Expr<'a>]) {
        let body = self.fstring_body(values, false);
        self.push("t");
        self.push(&str_repr(Wtf8::trusted(&body)));
    }

    fn fstring_element(&mut self, expr: &Expr<'a>, is_format_spec: bool) {
        let (text, conversion, format_spec) = match &expr.kind {
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                // A tuple would do, but a lambda's colon would end the expression.
                (self.apart(|w| w.expr(value, Level::Or)), *conversion, format_spec)
            }
            ExprKind::Interpolation { str, conversion, format_spec, .. } => {
                (str.to_string_lossy(), *conversion, format_spec)
            }
            ExprKind::JoinedStr { values } => return self.joined_str(values, is_format_spec),
            ExprKind::TemplateStr { values } => return self.template_str(values),
            ExprKind::Constant { value: Constant::Str(_), .. } => {
                let body = self.fstring_body(std::slice::from_ref(expr), is_format_spec);
                let text = Wtf8::trusted(&body).to_string_lossy();
                return self.push(&text);
            }
            _ => return,
        };
        // A brace right after the brace would be an escaped one.
        self.push(if text.starts_with('{') { "{ " } else { "{" });
        self.push(&text);
        if let Some(letter) = u8::try_from(conversion).ok().filter(|letter| matches!(letter, b'a' | b'r' | b's')) {
            self.push("!");
            self.out.push(char::from(letter));
        }
        if let Some(format_spec) = format_spec {
            self.push(":");
            self.fstring_element(format_spec, true);
        }
        self.push("}");
    }

    fn constant(&mut self, constant: &Constant<'a>) {
        match *constant {
            Constant::None => self.push("None"),
            Constant::True => self.push("True"),
            Constant::False => self.push("False"),
            Constant::Ellipsis => self.push("..."),
            Constant::Int(Int::Small(value)) => self.push(&value.to_string()),
            Constant::Int(Int::Big { negative, magnitude }) => {
                if negative {
                    self.push("-");
                }
                self.push(&BigUint::from_slice(magnitude).to_string());
            }
            // What evaluates to infinity again.
            Constant::Float(value) if value.is_infinite() => self.push(if value < 0.0 { "-1e309" } else { "1e309" }),
            Constant::Float(value) => self.push(&float_text::repr(value)),
            Constant::Complex { real, imag } => self.push(&complex_repr(real, imag).replace("inf", "1e309")),
            Constant::Str(text) => self.push(&str_repr(text)),
            Constant::Bytes(bytes) => self.push(&bytes_repr(bytes)),
            Constant::Tuple(items) => {
                self.push("(");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.push(", ");
                    }
                    self.constant(item);
                }
                self.push(if items.len() == 1 { ",)" } else { ")" });
            }
            Constant::FrozenSet(items) => {
                self.push("frozenset({");
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.push(", ");
                    }
                    self.constant(item);
                }
                self.push("})");
            }
        }
    }
}

/// `repr` of a complex number: a real part of +0.0 is not shown.
fn complex_repr(real: f64, imag: f64) -> String {
    let part = |value| float_text::format(value, float_text::Conversion::Repr, 0, float_text::Flags::default());
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imag));
    }
    let imag = part(imag);
    let plus = if imag.starts_with('-') { "" } else { "+" };
    format!("({}{plus}{imag}j)", part(real))
}

fn operator(op: Operator) -> (&'static str, Level) {
    match op {
        Operator::Add => (" + ", Level::Arith),
        Operator::Sub => (" - ", Level::Arith),
        Operator::Mult => (" * ", Level::Term),
        Operator::MatMult => (" @ ", Level::Term),
        Operator::Div => (" / ", Level::Term),
        Operator::Mod => (" % ", Level::Term),
        Operator::FloorDiv => (" // ", Level::Term),
        Operator::LShift => (" << ", Level::Shift),
        Operator::RShift => (" >> ", Level::Shift),
        Operator::BitOr => (" | ", Level::Bor),
        Operator::BitXor => (" ^ ", Level::Bxor),
        Operator::BitAnd => (" & ", Level::Band),
        Operator::Pow => (" ** ", Level::Power),
    }
}

fn comparison(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => " == ",
        CmpOp::NotEq => " != ",
        CmpOp::Lt => " < ",
        CmpOp::LtE => " <= ",
        CmpOp::Gt => " > ",
        CmpOp::GtE => " >= ",
        CmpOp::Is => " is ",
        CmpOp::IsNot => " is not ",
        CmpOp::In => " in ",
        CmpOp::NotIn => " not in ",
    }
}
