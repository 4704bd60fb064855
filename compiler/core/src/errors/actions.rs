//! The actions of the grammar table: the errors that alternatives raise, and the few that valid programs can run into.
//!
//! Invariant: an action that gives `None` makes its rule fail without another alternative being tried, as in CPython.
//! Next: `raise.rs`, `mod.rs`.

use bumpalo::Bump;

use super::node::{Children, NodeKind, Value};
use super::notation::Path;
use super::recognise::{Matched, Parser, Raised};
use super::token::{Kind, Span, Token};
use crate::error::ErrorKind;
use crate::parse::escapes::{Body, DecodeError, InvalidEscape, decode_bytes, decode_str};
use crate::parse::numbers::MAX_STR_DIGITS;
use crate::parse::warnings::{Anchor, invalid_escape};

/// What is assigned to, or deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Targets {
    Star,
    Del,
    For,
}

impl<'s> Parser<'_, 's> {
    /// Runs the action `name` of an alternative that began at `start`.
    pub fn call(&mut self, name: &str, paths: &[Path], message: &str, values: &[Value], start: usize) -> Matched {
        let at = |parser: &Self, i: usize| paths.get(i).map_or(Value::Absent, |path| parser.follow(path, values));
        let (a, b, c) = (at(self, 0), at(self, 1), at(self, 2));
        match name {
            "at" => {
                let message = message.replace("%s", self.expr_name(a));
                Err(self.raise_at(self.span(a), &message))
            }
            "range" => {
                let message = message.replace("%s", self.expr_name(a));
                Err(self.raise_range(self.span(a), self.span(b), &message))
            }
            "from" => Err(self.raise_starting_from(self.span(a), message)),
            "last" => Err(self.raise_last(ErrorKind::SyntaxError, message)),
            "next" => Err(self.raise_next(message)),
            "indent" => {
                let message = message.replace("%d", &self.span(a).lineno.to_string());
                Err(self.raise_last(ErrorKind::IndentationError, &message))
            }
            "target_star" => self.invalid_target(a, Targets::Star),
            "target_del" => self.invalid_target(a, Targets::Del),
            "target_for" => self.invalid_target(a, Targets::For),
            "key" => {
                let span = self.span(a);
                Err(self.raise_at(Span { col: span.end_col - 1, end_col: -1, ..span }, message))
            }
            "none" => Ok(None),
            "single" => Ok(Some(match (self.items(a), a) {
                ([one], _) => *one,
                _ => self.node(NodeKind::Node, self.extra(start), Children::default()),
            })),
            "real" | "imaginary" => self.complex_part(a, name),
            "barry" => self.check_barry_as_flufl(a),
            "future" => {
                if self.items(a).is_empty() {
                    self.future_import(b);
                }
                Ok(Some(self.node(NodeKind::Node, self.extra(start), Children::default())))
            }
            "conversion" => self.conversion(a, b),
            "string" => self.string(a),
            "spec" => self.spec(a),
            "joined" => self.joined(NodeKind::JoinedStr, [a, b, c], start),
            "template" => self.joined(NodeKind::TemplateStr, [a, b, c], start),
            "strings" => self.strings(a, start),
            "nonparen" => self.nonparen_genexp_in_call(a, b),
            "arguments" => {
                let unpacking = self.items(a).iter().any(|&v| self.kind(v) == NodeKind::DoubleStarred);
                let what = if unpacking { "keyword argument unpacking" } else { "keyword argument" };
                Err(self.raise_last(ErrorKind::SyntaxError, &format!("positional argument follows {what}")))
            }
            "legacy" => {
                let Some(name) = self.legacy_name(a) else { return Ok(None) };
                let message = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
                Err(self.raise_range(self.span(a), self.span(b), &message))
            }
            "comma" => {
                let level = self.mark.checked_sub(1).map_or(0, |i| self.token(i as u32).level);
                if self.legacy_name(a).is_some() || level == 0 {
                    return Ok(None);
                }
                let message = "invalid syntax. Perhaps you forgot a comma?";
                Err(self.raise_range(self.span(a), self.span(b), message))
            }
            "bound" => {
                let what = if self.kind(b) == NodeKind::Tuple { "constraints" } else { "bound" };
                Err(self.raise_starting_from(self.span(a), &format!("cannot use {what} with {message}")))
            }
            _ => Ok(Some(if let Value::Absent = c { a } else { c })),
        }
    }

    fn follow(&self, path: &Path, values: &[Value]) -> Value {
        let value = values.get(path.item).copied().unwrap_or(Value::Absent);
        path.steps.iter().fold(value, |value, &last| {
            let items = self.items(value);
            let item = if last { items.last() } else { items.first() };
            item.copied().unwrap_or(value)
        })
    }

    /// The children of a node, the items of a sequence.
    fn items(&self, value: Value) -> &[Value] {
        let Children { start, len } = match value {
            Value::Absent | Value::Token(_) => return &[],
            Value::Seq(children) => children,
            Value::Node(i) => self.nodes.get(i as usize).map_or(Children::default(), |node| node.children),
        };
        self.pool.get(start as usize..(start + len) as usize).unwrap_or_default()
    }

    fn kind(&self, value: Value) -> NodeKind {
        match value {
            Value::Node(i) => self.nodes.get(i as usize).map_or(NodeKind::Node, |node| node.kind),
            Value::Token(i) => {
                let token = self.token(i);
                match token.kind {
                    Kind::NUMBER if self.text(token).ends_with(b"j") || self.text(token).ends_with(b"J") => {
                        NodeKind::Imaginary
                    }
                    Kind::NUMBER => NodeKind::Number,
                    Kind::STRING => NodeKind::Str,
                    kind => match kind.text() {
                        "None" => NodeKind::None,
                        "True" => NodeKind::True,
                        "False" => NodeKind::False,
                        _ => NodeKind::Name,
                    },
                }
            }
            Value::Seq(_) | Value::Absent => NodeKind::Seq,
        }
    }

    fn expr_name(&self, value: Value) -> &'static str {
        self.kind(value).expr_name()
    }

    fn span(&self, value: Value) -> Span {
        match value {
            Value::Node(i) => self.nodes.get(i as usize).map_or(Span::default(), |node| node.span),
            Value::Token(i) => self.token(i).span,
            Value::Seq(_) => self.items(value).first().map_or(Span::default(), |&first| self.span(first)),
            Value::Absent => Span::default(),
        }
    }

    /// `print` and `exec`, which were statements once.
    fn legacy_name(&self, value: Value) -> Option<&'static str> {
        let Value::Token(i) = value else { return None };
        match self.text(self.token(i)) {
            b"print" => Some("print"),
            b"exec" => Some("exec"),
            _ => None,
        }
    }

    fn invalid_target(&mut self, value: Value, targets: Targets) -> Matched {
        let Some(invalid) = self.find_invalid_target(value, targets) else { return Ok(None) };
        let verb = if targets == Targets::Del { "delete" } else { "assign to" };
        let message = format!("cannot {verb} {}", self.expr_name(invalid));
        Err(self.raise_at(self.span(invalid), &message))
    }

    fn find_invalid_target(&self, value: Value, targets: Targets) -> Option<Value> {
        let items = self.items(value);
        match self.kind(value) {
            NodeKind::List | NodeKind::Tuple => items.iter().find_map(|&item| self.find_invalid_target(item, targets)),
            NodeKind::Starred if targets == Targets::Del => Some(value),
            NodeKind::Starred => items.first().and_then(|&item| self.find_invalid_target(item, targets)),
            // `a in b` of `for a in b` is read as a comparison first.
            NodeKind::Compare if targets == Targets::For => match items {
                [left, operator, ..] if self.kind(*operator) == NodeKind::In => {
                    self.find_invalid_target(*left, targets)
                }
                _ => None,
            },
            NodeKind::Name | NodeKind::Subscript | NodeKind::Attribute => None,
            _ => Some(value),
        }
    }

    fn complex_part(&mut self, value: Value, name: &str) -> Matched {
        let imaginary = self.kind(value) == NodeKind::Imaginary;
        if imaginary == (name == "imaginary") {
            return Ok(Some(value));
        }
        Err(self.raise_at(self.span(value), &format!("{name} number required in complex literal")))
    }

    fn check_barry_as_flufl(&mut self, value: Value) -> Matched {
        let Value::Token(i) = value else { return Ok(None) };
        let old_style = self.text(self.token(i)) == b"<>";
        if self.barry_as_flufl && !old_style {
            let message = "with Barry as BDFL, use '<>' instead of '!='";
            return Err(self.raise_last(ErrorKind::SyntaxError, message));
        }
        if old_style && !self.barry_as_flufl && self.call_invalid_rules {
            let message = "invalid syntax.  Maybe you meant '!=' instead of '<>'?";
            return Err(self.raise_at(self.span(value), message));
        }
        Ok((old_style == self.barry_as_flufl).then_some(value))
    }

    /// `from __future__ import barry_as_FLUFL` changes the grammar from here on.
    fn future_import(&mut self, module: Value) {
        let Value::Token(i) = self.items(module).first().copied().unwrap_or(module) else { return };
        if self.text(self.token(i)) != b"__future__" {
            return;
        }
        let names = self.tokens.get(i as usize..self.mark).unwrap_or_default();
        self.barry_as_flufl |= names.windows(2).any(|pair| match pair {
            [before, name] => self.text(*name) == b"barry_as_FLUFL" && before.kind.text() != "as",
            _ => false,
        });
    }

    fn conversion(&mut self, mark: Value, name: Value) -> Matched {
        let prefix = self.tokenizer.string_prefix();
        let (at, name_at) = (self.span(mark), self.span(name));
        if at.lineno != name_at.lineno || at.end_col != name_at.col {
            let message = format!("{prefix}-string: conversion type must come right after the exclamation mark");
            return Err(self.raise_range(at, name_at, &message));
        }
        let text = match name {
            Value::Token(i) => self.text(self.token(i)),
            _ => b"",
        };
        if !matches!(text, b"s" | b"r" | b"a") {
            let shown = String::from_utf8_lossy(text).into_owned();
            let shown = pyc_text::ident::nfkc(&shown);
            let message = format!("{prefix}-string: invalid conversion character '{shown}': expected 's', 'r', or 'a'");
            return Err(self.raise_at(name_at, &message));
        }
        Ok(Some(name))
    }

    fn nonparen_genexp_in_call(&mut self, args: Value, clauses: Value) -> Matched {
        let keyword = [NodeKind::Keyword, NodeKind::DoubleStarred];
        let args: Vec<Value> =
            self.items(args).iter().copied().filter(|&arg| !keyword.contains(&self.kind(arg))).collect();
        let (Some(&last), true) = (args.last(), args.len() > 1) else { return Ok(None) };
        let clause = self.items(clauses).last().copied().unwrap_or(clauses);
        let end = self.items(clause).last().copied().unwrap_or(clause);
        Err(self.raise_range(self.span(last), self.span(end), "Generator expression must be parenthesized"))
    }

    /// A name that becomes a constant's by normalisation is none.
    pub fn check_name(&mut self, token: Token) -> Result<(), Raised> {
        let text = self.text(token);
        if text.is_ascii() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(text).into_owned();
        let name = pyc_text::ident::nfkc(&text);
        if matches!(&*name, "None" | "True" | "False") {
            let message = format!("identifier field can't represent '{name}' constant");
            return Err(self.raise_plain(ErrorKind::ValueError, message));
        }
        Ok(())
    }

    /// Decimal literals have a limit.
    pub fn check_number(&mut self, token: Token) -> Result<(), Raised> {
        let text = self.text(token);
        if text.len() <= MAX_STR_DIGITS || !text.iter().all(|b| b.is_ascii_digit() || *b == b'_') {
            return Ok(());
        }
        let n_digits = text.iter().filter(|b| b.is_ascii_digit()).count();
        if n_digits <= MAX_STR_DIGITS || text.starts_with(b"0") {
            return Ok(());
        }
        let message = format!(
            "Exceeds the limit ({MAX_STR_DIGITS} digits) for integer string conversion: value has {n_digits} digits; use \
             sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals to avoid \
             decimal conversion limits."
        );
        Err(self.raise_at(Span { col: -1, end_col: -1, ..token.span }, &message))
    }

    fn string(&mut self, value: Value) -> Matched {
        let Value::Token(i) = value else { return Ok(None) };
        let token = self.token(i);
        let text = self.text(token);
        let prefix_len = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let (prefix, rest) = text.split_at(prefix_len);
        let has = |letter: u8| prefix.iter().any(|b| b.to_ascii_lowercase() == letter);
        let triple = rest.len() >= 6 && rest.get(1) == rest.first() && rest.get(2) == rest.first();
        let n_quotes = if triple { 3 } else { 1 };
        let body = rest.get(n_quotes..rest.len().saturating_sub(n_quotes)).unwrap_or_default();
        let arena = Bump::new();
        if has(b'b') {
            if !body.is_ascii() {
                return Err(self.raise_at(token.span, "bytes can only contain ASCII literal characters"));
            }
            if !has(b'r') {
                match decode_bytes(body, &arena) {
                    Ok(decoded) => self.warn_of_escape(body, decoded.invalid_escape, token, n_quotes),
                    Err(error) => {
                        let message = format!("(value error) invalid \\x escape at position {}", error.at);
                        return Err(self.raise_last(ErrorKind::SyntaxError, &message));
                    }
                }
            }
        } else if !has(b'r') {
            self.decode(body, Body::Plain, token, n_quotes)?;
        }
        let kind = if has(b'b') { NodeKind::Bytes } else { NodeKind::Str };
        Ok(Some(self.node(kind, token.span, Children::default())))
    }

    fn decode(&mut self, body: &'s [u8], kind: Body, token: Token, n_quotes: usize) -> Result<(), Raised> {
        let text = std::str::from_utf8(body).unwrap_or_default();
        match decode_str(text, kind, &Bump::new()) {
            Ok(decoded) => {
                self.warn_of_escape(body, decoded.invalid_escape, token, n_quotes);
                Ok(())
            }
            Err(error) => {
                let message = format!("(unicode error) {}", decode_message(error));
                Err(self.raise_last(ErrorKind::SyntaxError, &message))
            }
        }
    }

    /// The second pass does not warn again.
    fn warn_of_escape(&mut self, body: &[u8], escape: Option<InvalidEscape>, token: Token, n_quotes: usize) {
        let Some(escape) = escape.filter(|_| !self.call_invalid_rules) else { return };
        let body = std::str::from_utf8(body).unwrap_or_default();
        let anchor = Anchor { lineno: token.span.lineno, col: token.span.col, n_quotes: n_quotes as i32 };
        self.tokenizer.warnings.push(invalid_escape(body, escape, &anchor));
    }

    /// Literal text of a format specification. CPython lets the decoder's own exception through.
    fn spec(&mut self, value: Value) -> Matched {
        let Value::Token(i) = value else { return Ok(None) };
        let raw = self.tokenizer.inside_fstring() && self.tokenizer.mode().raw;
        let text = std::str::from_utf8(self.text(self.token(i))).unwrap_or_default();
        if !raw {
            match decode_str(text, Body::Piece, &Bump::new()) {
                Ok(decoded) => self.warn_of_escape(text.as_bytes(), decoded.invalid_escape, self.token(i), 0),
                Err(error) => return Err(self.raise_plain(ErrorKind::UnicodeDecodeError, decode_message(error))),
            }
        }
        Ok(Some(value))
    }

    fn joined(&mut self, kind: NodeKind, [opening, pieces, closing]: [Value; 3], start: usize) -> Matched {
        let raw = match opening {
            Value::Token(i) => self.text(self.token(i)).iter().any(|b| matches!(b, b'r' | b'R')),
            _ => false,
        };
        if !raw {
            let tokens: Vec<u32> = self
                .items(pieces)
                .iter()
                .filter_map(|v| if let Value::Token(i) = v { Some(*i) } else { None })
                .collect();
            let end = match closing {
                Value::Token(i) => self.token(i),
                _ => self.tokenizer.error_token(),
            };
            for i in tokens {
                self.decode(self.text(self.token(i)), Body::Piece, end, self.text(end).len())?;
            }
        }
        Ok(Some(self.node(kind, self.extra(start), Children::default())))
    }

    fn strings(&mut self, value: Value, start: usize) -> Matched {
        let kinds: Vec<NodeKind> = self.items(value).iter().map(|&part| self.kind(part)).collect();
        let n_bytes = kinds.iter().filter(|&&kind| kind == NodeKind::Bytes).count();
        if n_bytes != 0 && n_bytes != kinds.len() {
            return Err(self.raise_last(ErrorKind::SyntaxError, "cannot mix bytes and nonbytes literals"));
        }
        let joined = kinds.contains(&NodeKind::JoinedStr);
        let kind = if joined { NodeKind::JoinedStr } else { NodeKind::Str };
        Ok(Some(self.node(kind, self.extra(start), Children::default())))
    }
}

/// `str()` of the decoder's exception.
fn decode_message(error: DecodeError) -> String {
    let DecodeError { start, end, reason } = error;
    if start == end {
        return format!("'unicodeescape' codec can't decode byte 0x5c in position {start}: {reason}");
    }
    format!("'unicodeescape' codec can't decode bytes in position {start}-{end}: {reason}")
}
