//! A tree as text, for comparison with CPython's `ast` (tools/oracle/ast_dump.py writes the same text).
//!
//! Invariant: one statement a line; every field and every location of Python.asdl is there, in its order.

use std::fmt::Write;

use pyc_text::Wtf8;

use crate::ast::*;
use crate::names::{Name, Names};

/// The text of a tree: `Kind(field=value, ...)@line:column-line:column`.
pub fn dump<'a>(module: &Mod<'a>, names: &Names<'a>) -> String {
    let mut d = Dump { out: String::new(), names };
    match module {
        Mod::Module { body, type_ignores } => {
            d.out.push_str("Module(body=");
            d.stmts(body);
            let _ = write!(d.out, ", type_ignores=[{}])", if type_ignores.is_empty() { "" } else { "..." });
        }
        Mod::Interactive { body } => {
            d.out.push_str("Interactive(body=");
            d.stmts(body);
            d.out.push(')');
        }
        Mod::Expression { body } => {
            d.out.push_str("Expression(body=");
            d.expr(body);
            d.out.push(')');
        }
        Mod::FunctionType { .. } => d.out.push_str("FunctionType()"),
    }
    d.out.push('\n');
    d.out
}

struct Dump<'d, 'a> {
    out: String,
    names: &'d Names<'a>,
}

impl<'a> Dump<'_, 'a> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn close(&mut self, loc: Loc) {
        let _ = write!(self.out, ")@{}:{}-{}:{}", loc.lineno, loc.col_offset, loc.end_lineno, loc.end_col_offset);
    }

    /// `'...'` with everything but plain ASCII as `\{hex}`.
    fn quoted(&mut self, text: Wtf8<'_>) {
        self.out.push('\'');
        for c in text.code_points() {
            match char::from_u32(c) {
                Some(ch @ ' '..='~') if ch != '\'' && ch != '\\' => self.out.push(ch),
                _ => {
                    let _ = write!(self.out, "\\{{{c:x}}}");
                }
            }
        }
        self.out.push('\'');
    }

    fn name(&mut self, name: Name) {
        self.quoted(Wtf8::from_str(self.names.text(name)));
    }

    fn opt_name(&mut self, name: Option<Name>) {
        match name {
            Some(name) => self.name(name),
            None => self.put("None"),
        }
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.put("[");
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            each(self, item);
        }
        self.put("]");
    }

    fn stmts(&mut self, body: &[Stmt<'a>]) {
        self.list(body, |d, stmt| d.stmt(stmt));
    }
    fn exprs(&mut self, exprs: &[Expr<'a>]) {
        self.list(exprs, |d, expr| d.expr(expr));
    }
    fn opt_expr(&mut self, expr: Option<&Expr<'a>>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.put("None"),
        }
    }

    fn field(&mut self, name: &str) {
        self.put(", ");
        self.put(name);
        self.put("=");
    }
    fn f_expr(&mut self, name: &str, expr: &Expr<'a>) {
        self.field(name);
        self.expr(expr);
    }
    fn f_opt(&mut self, name: &str, expr: Option<&Expr<'a>>) {
        self.field(name);
        self.opt_expr(expr);
    }
    fn f_exprs(&mut self, name: &str, exprs: &[Expr<'a>]) {
        self.field(name);
        self.exprs(exprs);
    }
    fn f_stmts(&mut self, name: &str, body: &[Stmt<'a>]) {
        self.field(name);
        self.stmts(body);
    }
    fn open(&mut self, kind: &str) {
        self.put(kind);
        self.put("(");
    }

    fn stmt(&mut self, stmt: &Stmt<'a>) {
        self.put("\n");
        match &stmt.kind {
            StmtKind::FunctionDef(def) => {
                self.open(if def.is_async { "AsyncFunctionDef" } else { "FunctionDef" });
                self.name(def.name);
                self.field("args");
                self.arguments(&def.args);
                self.f_stmts("body", &def.body);
                self.f_exprs("decorator_list", &def.decorator_list);
                self.f_opt("returns", def.returns.as_deref());
                self.type_params(&def.type_params);
            }
            StmtKind::ClassDef(def) => {
                self.open("ClassDef");
                self.name(def.name);
                self.f_exprs("bases", &def.bases);
                self.keywords(&def.keywords);
                self.f_stmts("body", &def.body);
                self.f_exprs("decorator_list", &def.decorator_list);
                self.type_params(&def.type_params);
            }
            StmtKind::Return { value } => {
                self.open("Return");
                self.opt_expr(value.as_deref());
            }
            StmtKind::Delete { targets } => {
                self.open("Delete");
                self.exprs(targets);
            }
            StmtKind::Assign { targets, value, .. } => {
                self.open("Assign");
                self.exprs(targets);
                self.f_expr("value", value);
            }
            StmtKind::TypeAlias { name, type_params, value } => {
                self.open("TypeAlias");
                self.expr(name);
                self.type_params(type_params);
                self.f_expr("value", value);
            }
            StmtKind::AugAssign { target, op, value } => {
                self.open("AugAssign");
                self.expr(target);
                let _ = write!(self.out, ", {op:?}");
                self.f_expr("value", value);
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.open("AnnAssign");
                self.expr(target);
                self.f_expr("annotation", annotation);
                self.f_opt("value", value.as_deref());
                let _ = write!(self.out, ", simple={}", i32::from(*simple));
            }
            StmtKind::For(s) => {
                self.open(if s.is_async { "AsyncFor" } else { "For" });
                self.expr(&s.target);
                self.f_expr("iter", &s.iter);
                self.f_stmts("body", &s.body);
                self.f_stmts("orelse", &s.orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.open("While");
                self.expr(test);
                self.f_stmts("body", body);
                self.f_stmts("orelse", orelse);
            }
            StmtKind::If { test, body, orelse } => {
                self.open("If");
                self.expr(test);
                self.f_stmts("body", body);
                self.f_stmts("orelse", orelse);
            }
            StmtKind::With(s) => {
                self.open(if s.is_async { "AsyncWith" } else { "With" });
                self.list(&s.items, |d, item| {
                    d.open("withitem");
                    d.expr(&item.context_expr);
                    d.f_opt("optional_vars", item.optional_vars.as_deref());
                    d.put(")");
                });
                self.f_stmts("body", &s.body);
            }
            StmtKind::Match { subject, cases } => {
                self.open("Match");
                self.expr(subject);
                self.field("cases");
                self.list(cases, |d, case| {
                    d.open("match_case");
                    d.pattern(&case.pattern);
                    d.f_opt("guard", case.guard.as_deref());
                    d.f_stmts("body", &case.body);
                    d.put(")");
                });
            }
            StmtKind::Raise { exc, cause } => {
                self.open("Raise");
                self.opt_expr(exc.as_deref());
                self.f_opt("cause", cause.as_deref());
            }
            StmtKind::Try(s) => {
                self.open(if s.is_star { "TryStar" } else { "Try" });
                self.stmts(&s.body);
                self.field("handlers");
                self.list(&s.handlers, |d, handler| {
                    d.open("ExceptHandler");
                    d.opt_expr(handler.type_.as_deref());
                    d.field("name");
                    d.opt_name(handler.name);
                    d.f_stmts("body", &handler.body);
                    d.close(handler.loc);
                });
                self.f_stmts("orelse", &s.orelse);
                self.f_stmts("finalbody", &s.finalbody);
            }
            StmtKind::Assert { test, msg } => {
                self.open("Assert");
                self.expr(test);
                self.f_opt("msg", msg.as_deref());
            }
            StmtKind::Import { names } => {
                self.open("Import");
                self.aliases(names);
            }
            StmtKind::ImportFrom { module, names, level } => {
                self.open("ImportFrom");
                self.opt_name(*module);
                self.field("names");
                self.aliases(names);
                let _ = write!(self.out, ", level={level}");
            }
            StmtKind::Global { names } => {
                self.open("Global");
                self.list(names, |d, &name| d.name(name));
            }
            StmtKind::Nonlocal { names } => {
                self.open("Nonlocal");
                self.list(names, |d, &name| d.name(name));
            }
            StmtKind::Expr { value } => {
                self.open("Expr");
                self.expr(value);
            }
            StmtKind::Pass => self.open("Pass"),
            StmtKind::Break => self.open("Break"),
            StmtKind::Continue => self.open("Continue"),
        }
        self.close(stmt.loc);
    }

    fn aliases(&mut self, names: &[Alias]) {
        self.list(names, |d, alias| {
            d.open("alias");
            d.name(alias.name);
            d.field("asname");
            d.opt_name(alias.asname);
            d.close(alias.loc);
        });
    }

    fn keywords(&mut self, keywords: &[Keyword<'a>]) {
        self.field("keywords");
        self.list(keywords, |d, k| {
            d.open("keyword");
            d.opt_name(k.arg);
            d.f_expr("value", &k.value);
            d.close(k.loc);
        });
    }

    fn type_params(&mut self, params: &[TypeParam<'a>]) {
        self.field("type_params");
        self.list(params, |d, param| {
            match &param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    d.open("TypeVar");
                    d.name(*name);
                    d.f_opt("bound", bound.as_deref());
                    d.f_opt("default_value", default_value.as_deref());
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    d.open("ParamSpec");
                    d.name(*name);
                    d.f_opt("default_value", default_value.as_deref());
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    d.open("TypeVarTuple");
                    d.name(*name);
                    d.f_opt("default_value", default_value.as_deref());
                }
            }
            d.close(param.loc);
        });
    }

    fn arg(&mut self, arg: &Arg<'a>) {
        self.open("arg");
        self.name(arg.arg);
        self.f_opt("annotation", arg.annotation.as_deref());
        self.close(arg.loc);
    }

    fn arguments(&mut self, args: &Arguments<'a>) {
        self.open("arguments");
        self.list(&args.posonlyargs, |d, arg| d.arg(arg));
        self.field("args");
        self.list(&args.args, |d, arg| d.arg(arg));
        self.field("vararg");
        match args.vararg.as_deref() {
            Some(arg) => self.arg(arg),
            None => self.put("None"),
        }
        self.field("kwonlyargs");
        self.list(&args.kwonlyargs, |d, arg| d.arg(arg));
        self.field("kw_defaults");
        self.list(&args.kw_defaults, |d, default| d.opt_expr(default.as_ref()));
        self.field("kwarg");
        match args.kwarg.as_deref() {
            Some(arg) => self.arg(arg),
            None => self.put("None"),
        }
        self.f_exprs("defaults", &args.defaults);
        self.put(")");
    }

    fn generators(&mut self, generators: &[Comprehension<'a>]) {
        self.field("generators");
        self.list(generators, |d, c| {
            d.open("comprehension");
            d.expr(&c.target);
            d.f_expr("iter", &c.iter);
            d.f_exprs("ifs", &c.ifs);
            let _ = write!(d.out, ", is_async={})", i32::from(c.is_async));
        });
    }

    fn ctx(&mut self, ctx: ExprContext) {
        let _ = write!(self.out, ", {ctx:?}");
    }

    fn expr(&mut self, expr: &Expr<'a>) {
        match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let _ = write!(self.out, "BoolOp({op:?}");
                self.f_exprs("values", values);
            }
            ExprKind::NamedExpr { target, value } => {
                self.open("NamedExpr");
                self.expr(target);
                self.f_expr("value", value);
            }
            ExprKind::BinOp { left, op, right } => {
                self.open("BinOp");
                self.expr(left);
                let _ = write!(self.out, ", {op:?}");
                self.f_expr("right", right);
            }
            ExprKind::UnaryOp { op, operand } => {
                let _ = write!(self.out, "UnaryOp({op:?}");
                self.f_expr("operand", operand);
            }
            ExprKind::Lambda { args, body } => {
                self.open("Lambda");
                self.arguments(args);
                self.f_expr("body", body);
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.open("IfExp");
                self.expr(test);
                self.f_expr("body", body);
                self.f_expr("orelse", orelse);
            }
            ExprKind::Dict { keys, values } => {
                self.open("Dict");
                self.list(keys, |d, key| d.opt_expr(key.as_ref()));
                self.f_exprs("values", values);
            }
            ExprKind::Set { elts } => {
                self.open("Set");
                self.exprs(elts);
            }
            ExprKind::ListComp { elt, generators } => {
                self.open("ListComp");
                self.expr(elt);
                self.generators(generators);
            }
            ExprKind::SetComp { elt, generators } => {
                self.open("SetComp");
                self.expr(elt);
                self.generators(generators);
            }
            ExprKind::DictComp { key, value, generators } => {
                self.open("DictComp");
                self.expr(key);
                self.f_expr("value", value);
                self.generators(generators);
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.open("GeneratorExp");
                self.expr(elt);
                self.generators(generators);
            }
            ExprKind::Await { value } => {
                self.open("Await");
                self.expr(value);
            }
            ExprKind::Yield { value } => {
                self.open("Yield");
                self.opt_expr(value.as_deref());
            }
            ExprKind::YieldFrom { value } => {
                self.open("YieldFrom");
                self.expr(value);
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.open("Compare");
                self.expr(left);
                self.field("ops");
                self.list(ops, |d, op| {
                    let _ = write!(d.out, "{op:?}");
                });
                self.f_exprs("comparators", comparators);
            }
            ExprKind::Call { func, args, keywords } => {
                self.open("Call");
                self.expr(func);
                self.f_exprs("args", args);
                self.keywords(keywords);
            }
            ExprKind::FormattedValue { value, conversion, format_spec } => {
                self.open("FormattedValue");
                self.expr(value);
                let _ = write!(self.out, ", conversion={conversion}");
                self.f_opt("format_spec", format_spec.as_deref());
            }
            ExprKind::Interpolation { value, str, conversion, format_spec } => {
                self.open("Interpolation");
                self.expr(value);
                self.field("str");
                self.quoted(*str);
                let _ = write!(self.out, ", conversion={conversion}");
                self.f_opt("format_spec", format_spec.as_deref());
            }
            ExprKind::JoinedStr { values } => {
                self.open("JoinedStr");
                self.exprs(values);
            }
            ExprKind::TemplateStr { values } => {
                self.open("TemplateStr");
                self.exprs(values);
            }
            ExprKind::Constant { value, kind_u } => {
                self.open("Constant");
                self.constant(value);
                self.field("kind");
                self.put(if *kind_u { "'u'" } else { "None" });
            }
            ExprKind::Attribute { value, attr, ctx } => {
                self.open("Attribute");
                self.expr(value);
                self.field("attr");
                self.name(*attr);
                self.ctx(*ctx);
            }
            ExprKind::Subscript { value, slice, ctx } => {
                self.open("Subscript");
                self.expr(value);
                self.f_expr("slice", slice);
                self.ctx(*ctx);
            }
            ExprKind::Starred { value, ctx } => {
                self.open("Starred");
                self.expr(value);
                self.ctx(*ctx);
            }
            ExprKind::Name { id, ctx } => {
                self.open("Name");
                self.name(*id);
                self.ctx(*ctx);
            }
            ExprKind::List { elts, ctx } => {
                self.open("List");
                self.exprs(elts);
                self.ctx(*ctx);
            }
            ExprKind::Tuple { elts, ctx } => {
                self.open("Tuple");
                self.exprs(elts);
                self.ctx(*ctx);
            }
            ExprKind::Slice { lower, upper, step } => {
                self.open("Slice");
                self.opt_expr(lower.as_deref());
                self.f_opt("upper", upper.as_deref());
                self.f_opt("step", step.as_deref());
            }
        }
        self.close(expr.loc);
    }

    fn constant(&mut self, value: &Constant<'_>) {
        let _ = match value {
            Constant::None => write!(self.out, "None"),
            Constant::True => write!(self.out, "True"),
            Constant::False => write!(self.out, "False"),
            Constant::Ellipsis => write!(self.out, "Ellipsis"),
            Constant::Int(Int::Small(value)) if *value < 0 => write!(self.out, "-0x{:x}", value.unsigned_abs()),
            Constant::Int(Int::Small(value)) => write!(self.out, "0x{value:x}"),
            Constant::Int(Int::Big { negative, magnitude }) => {
                self.put(if *negative { "-0x" } else { "0x" });
                for (i, digit) in magnitude.iter().rev().enumerate() {
                    let _ = if i == 0 { write!(self.out, "{digit:x}") } else { write!(self.out, "{digit:08x}") };
                }
                Ok(())
            }
            Constant::Float(value) => write!(self.out, "float {:016x}", value.to_bits()),
            Constant::Complex { real, imag } => {
                write!(self.out, "complex {:016x} {:016x}", real.to_bits(), imag.to_bits())
            }
            Constant::Str(value) => {
                self.quoted(*value);
                Ok(())
            }
            Constant::Bytes(value) => {
                self.put("b'");
                for b in *value {
                    let _ = write!(self.out, "{b:02x}");
                }
                write!(self.out, "'")
            }
            Constant::Tuple(_) | Constant::FrozenSet(_) => write!(self.out, "..."),
        };
    }

    fn patterns(&mut self, patterns: &[Pattern<'a>]) {
        self.list(patterns, |d, pattern| d.pattern(pattern));
    }

    fn pattern(&mut self, pattern: &Pattern<'a>) {
        match &pattern.kind {
            PatternKind::MatchValue { value } => {
                self.open("MatchValue");
                self.expr(value);
            }
            PatternKind::MatchSingleton { value } => {
                self.open("MatchSingleton");
                self.constant(value);
            }
            PatternKind::MatchSequence { patterns } => {
                self.open("MatchSequence");
                self.patterns(patterns);
            }
            PatternKind::MatchMapping { keys, patterns, rest } => {
                self.open("MatchMapping");
                self.exprs(keys);
                self.field("patterns");
                self.patterns(patterns);
                self.field("rest");
                self.opt_name(*rest);
            }
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.open("MatchClass");
                self.expr(cls);
                self.field("patterns");
                self.patterns(patterns);
                self.field("kwd_attrs");
                self.list(kwd_attrs, |d, &name| d.name(name));
                self.field("kwd_patterns");
                self.patterns(kwd_patterns);
            }
            PatternKind::MatchStar { name } => {
                self.open("MatchStar");
                self.opt_name(*name);
            }
            PatternKind::MatchAs { pattern, name } => {
                self.open("MatchAs");
                match pattern.as_deref() {
                    Some(pattern) => self.pattern(pattern),
                    None => self.put("None"),
                }
                self.field("name");
                self.opt_name(*name);
            }
            PatternKind::MatchOr { patterns } => {
                self.open("MatchOr");
                self.patterns(patterns);
            }
        }
        self.close(pattern.loc);
    }
}
