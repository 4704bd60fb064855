//! String literals of ruff's tree to ours: concatenation, f-strings, t-strings.
//!
//! Invariant: values come from the source text, never from ruff's own decoding (which loses lone surrogates); a literal
//! without a backslash is a slice of the source. Adjacent literal pieces are one Constant from the start of the first
//! to the end of the last, and empty ones vanish, as in CPython's `_PyPegen_concatenate_strings`.
//! Next: `escapes.rs`.

use pyc_text::Wtf8;
use ruff_python_ast as ruff;
use ruff_text_size::{Ranged, TextRange};

use super::escapes::{Body, InvalidEscape, decode_bytes, decode_str};
use super::expr::constant;
use super::lower::Lower;
use super::warnings::{Anchor, invalid_escape, invalid_escape_message};
use crate::ast::*;

/// Nested format specifications, and nested f-strings, at which CPython's tokenizer may refuse.
const MAX_EXPR_NESTING: u32 = 3;
const MAXFSTRINGLEVEL: u32 = 140;

/// A string token taken apart.
struct Token<'a> {
    raw: bool,
    body: &'a str,
    /// Offset of the body in the source.
    body_at: u32,
}

/// Prefix, quotes and body of a literal's token.
fn split_token(text: &str, at: u32) -> Token<'_> {
    let bytes = text.as_bytes();
    let prefix = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let raw = bytes.iter().take(prefix).any(|b| matches!(b, b'r' | b'R'));
    let quote = bytes.get(prefix).copied().unwrap_or(b'"');
    let triple =
        text.len() >= prefix + 6 && bytes.get(prefix + 1) == Some(&quote) && bytes.get(prefix + 2) == Some(&quote);
    let n_quotes = if triple { 3 } else { 1 };
    let body = text.get(prefix + n_quotes..text.len().saturating_sub(n_quotes)).unwrap_or_default();
    Token { raw, body, body_at: at + (prefix + n_quotes) as u32 }
}

/// Literal text that may grow by its neighbours.
struct Run<'a> {
    text: Wtf8<'a>,
    start: u32,
    end: u32,
    kind_u: bool,
}

/// The values of a JoinedStr or TemplateStr in the making.
struct Values<'a> {
    values: Vec<Expr<'a>>,
    run: Option<Run<'a>>,
}

impl<'a> Lower<'a, '_> {
    pub fn string_literal(&mut self, e: &ruff::ExprStringLiteral) -> ExprKind<'a> {
        let parts = e.value.as_slice();
        let kind_u = parts.first().is_some_and(|part| self.text(part.range).starts_with('u'));
        let value = match parts {
            [part] => self.str_token(part.range),
            _ => {
                let mut joined = bumpalo::collections::Vec::with_capacity_in(e.range.len().to_usize(), self.arena);
                for part in parts {
                    joined.extend_from_slice_copy(self.str_token(part.range).as_bytes());
                }
                Wtf8::trusted(joined.into_bump_slice())
            }
        };
        ExprKind::Constant { value: Constant::Str(value), kind_u }
    }

    pub fn bytes_literal(&mut self, e: &ruff::ExprBytesLiteral) -> ExprKind<'a> {
        let value = match e.value.as_slice() {
            [part] => self.bytes_token(part.range),
            parts => {
                let mut joined = bumpalo::collections::Vec::with_capacity_in(e.range.len().to_usize(), self.arena);
                for part in parts {
                    joined.extend_from_slice_copy(self.bytes_token(part.range));
                }
                joined.into_bump_slice()
            }
        };
        constant(Constant::Bytes(value))
    }

    fn str_token(&mut self, range: TextRange) -> Wtf8<'a> {
        let token = split_token(self.text(range), range.start().to_u32());
        if token.raw || memchr::memchr(b'\\', token.body.as_bytes()).is_none() {
            return Wtf8::from_str(token.body);
        }
        match decode_str(token.body, Body::Plain, self.arena) {
            Ok(decoded) => {
                if let Some(escape) = decoded.invalid_escape {
                    self.token_escape_warning(range, &token, escape);
                }
                decoded.value
            }
            Err(_) => {
                self.refused = true;
                Wtf8::from_str("")
            }
        }
    }

    fn bytes_token(&mut self, range: TextRange) -> &'a [u8] {
        let token = split_token(self.text(range), range.start().to_u32());
        let body = token.body.as_bytes();
        self.refused |= !body.is_ascii();
        if token.raw || memchr::memchr(b'\\', body).is_none() {
            return body;
        }
        match decode_bytes(body, self.arena) {
            Ok(decoded) => {
                if let Some(escape) = decoded.invalid_escape {
                    self.token_escape_warning(range, &token, escape);
                }
                decoded.value
            }
            Err(_) => {
                self.refused = true;
                &[]
            }
        }
    }

    /// CPython counts the quotes only if the token has no prefix.
    fn token_escape_warning(&mut self, range: TextRange, token: &Token<'_>, escape: InvalidEscape) {
        let (lineno, col) = self.lines.position(range.start().to_u32());
        let quotes = self.text(range).bytes().take_while(|b| matches!(b, b'"' | b'\'')).count();
        let n_quotes = if quotes == 0 { 0 } else { token.body_at as i32 - range.start().to_u32() as i32 };
        self.escape_warning(token.body, range.start().to_u32(), escape, &Anchor { lineno, col, n_quotes });
    }

    fn escape_warning(&mut self, body: &str, at: u32, escape: InvalidEscape, anchor: &Anchor) {
        self.warnings.list.push((at, invalid_escape(body, escape, anchor)));
    }

    pub fn f_string(&mut self, e: &ruff::ExprFString) -> ExprKind<'a> {
        let mut values = Values { values: Vec::new(), run: None };
        for part in e.value.as_slice() {
            match part {
                ruff::FStringPart::Literal(literal) => {
                    let text = self.str_token(literal.range);
                    let kind_u = self.text(literal.range).starts_with('u');
                    self.push_text(&mut values, text, literal.range, kind_u);
                }
                ruff::FStringPart::FString(part) => {
                    let raw = part.flags.prefix().is_raw();
                    self.interpolated(&mut values, &part.elements, Some(part.range), raw, false);
                }
            }
        }
        ExprKind::JoinedStr { values: self.finish(values) }
    }

    pub fn t_string(&mut self, e: &ruff::ExprTString) -> ExprKind<'a> {
        let mut values = Values { values: Vec::new(), run: None };
        for part in e.value.as_slice() {
            let raw = part.flags.prefix().is_raw();
            self.interpolated(&mut values, &part.elements, Some(part.range), raw, true);
        }
        ExprKind::TemplateStr { values: self.finish(values) }
    }

    /// The elements of one f- or t-string token sequence.
    fn interpolated(
        &mut self,
        values: &mut Values<'a>,
        elements: &[ruff::InterpolatedStringElement],
        string: Option<TextRange>,
        raw: bool,
        template: bool,
    ) {
        self.fstring_depth += 1;
        self.suspicious |= self.fstring_depth >= MAXFSTRINGLEVEL;
        for element in elements {
            match element {
                ruff::InterpolatedStringElement::Literal(literal) => {
                    self.literal_pieces(values, literal.range, string, raw);
                }
                ruff::InterpolatedStringElement::Interpolation(element) => {
                    self.nested(|lower| lower.interpolation(values, element, raw, template));
                }
            }
        }
        self.fstring_depth -= 1;
    }

    /// Literal text of an f- or t-string, cut as CPython's tokenizer cuts it: behind doubled braces and `\N{...}`.
    fn literal_pieces(&mut self, values: &mut Values<'a>, range: TextRange, string: Option<TextRange>, raw: bool) {
        let text = self.text(range);
        let bytes = text.as_bytes();
        let base = range.start().to_u32();
        let (mut start, mut at) = (0, 0);
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'\\', b'{', b'}', rest)) {
            at += found;
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'\\'), Some(&next)) => {
                    if raw {
                        at += if matches!(next, b'{' | b'}') { 1 } else { 2 };
                        continue;
                    }
                    if matches!(next, b'{' | b'}') {
                        let here = base + at as u32;
                        let (lineno, col) = self.lines.position(here);
                        let message = invalid_escape_message(if next == b'{' { "{" } else { "}" });
                        self.warnings.push(here, message, lineno, col + 1, col + 3);
                        at += 1;
                    } else if next == b'N' && bytes.get(at + 2) == Some(&b'{') {
                        let close = bytes.get(at..).and_then(|rest| memchr::memchr(b'}', rest));
                        at = close.map_or(bytes.len(), |n| at + n + 1);
                        self.piece(values, base, start, at, string, raw);
                        start = at;
                    } else {
                        at += 2;
                    }
                }
                (Some(&brace), Some(&next)) if brace == next => {
                    self.piece(values, base, start, at + 1, string, raw);
                    at += 2;
                    start = at;
                    // The token's text ends with one brace, its location behind both.
                    if let Some(run) = &mut values.run {
                        run.end = base + at as u32;
                    }
                }
                _ => at += 1,
            }
        }
        if !raw && start < bytes.len() && ends_with_lone_backslash(text) {
            // The brace behind it opens an expression.
            let here = base + bytes.len() as u32 - 1;
            let (lineno, col) = self.lines.position(here);
            self.warnings.push(here, invalid_escape_message("{"), lineno, col + 1, col + 3);
        }
        self.piece(values, base, start, bytes.len(), string, raw);
    }

    /// One FSTRING_MIDDLE token of the f-string at `string`, from `start` to `end` behind `base`.
    fn piece(
        &mut self,
        values: &mut Values<'a>,
        base: u32,
        start: usize,
        end: usize,
        string: Option<TextRange>,
        raw: bool,
    ) {
        let range = TextRange::new((base + start as u32).into(), (base + end as u32).into());
        let body = self.text(range);
        if body.is_empty() {
            return;
        }
        let mut text = Wtf8::from_str(body);
        if !raw && memchr::memchr(b'\\', body.as_bytes()).is_some() {
            match decode_str(body, Body::Piece, self.arena) {
                Ok(decoded) => {
                    text = decoded.value;
                    if let Some(escape) = decoded.invalid_escape {
                        let (at, anchor) = self.piece_anchor(range, string);
                        self.escape_warning(body, at, escape, &anchor);
                    }
                }
                Err(_) => self.refused = true,
            }
        }
        if !text.is_empty() {
            self.push_text(values, text, range, false);
        }
    }

    /// CPython counts from the token that ends the string, in a format specification from the piece itself, and warns when it
    /// has read that far.
    fn piece_anchor(&mut self, piece: TextRange, string: Option<TextRange>) -> (u32, Anchor) {
        let (start, n_quotes) = match string {
            None => (piece.start().to_u32(), 0),
            Some(string) => {
                let quotes = self.text(string).bytes().rev().take_while(|b| matches!(b, b'"' | b'\'')).count();
                let n_quotes = if quotes >= 3 { 3 } else { 1 };
                (string.end().to_u32().saturating_sub(n_quotes as u32), n_quotes)
            }
        };
        let (lineno, col) = self.lines.position(start);
        (start.max(piece.end().to_u32()), Anchor { lineno, col, n_quotes })
    }

    fn push_text(&mut self, values: &mut Values<'a>, text: Wtf8<'a>, range: TextRange, kind_u: bool) {
        let (start, end) = (range.start().to_u32(), range.end().to_u32());
        match &mut values.run {
            None => values.run = Some(Run { text, start, end, kind_u }),
            Some(run) => {
                run.end = end;
                if run.text.is_empty() {
                    run.text = text;
                } else if !text.is_empty() {
                    let joined = [run.text.as_bytes(), text.as_bytes()];
                    let joined = self.arena.alloc_slice_fill_iter(joined.concat());
                    run.text = Wtf8::trusted(joined);
                }
            }
        }
    }

    fn flush(&mut self, values: &mut Values<'a>) {
        let Some(run) = values.run.take() else { return };
        if run.text.is_empty() {
            return;
        }
        let loc = self.lines.loc(TextRange::new(run.start.into(), run.end.into()));
        values
            .values
            .push(Expr { kind: ExprKind::Constant { value: Constant::Str(run.text), kind_u: run.kind_u }, loc });
    }

    fn finish(&mut self, mut values: Values<'a>) -> List<'a, Expr<'a>> {
        self.flush(&mut values);
        if values.values.is_empty() { Box::empty() } else { Box::from_vec_in(values.values, self.arena) }
    }

    /// `{value=!r:spec}`
    fn interpolation(&mut self, values: &mut Values<'a>, e: &ruff::InterpolatedElement, raw: bool, template: bool) {
        let loc = self.lines.loc(e.range);
        let inside = e.range.start().to_u32() + 1;
        let mut conversion = e.conversion as i8 as i32;
        let spec_at = e.format_spec.as_deref().map(|spec| spec.range.start().to_u32().saturating_sub(1));
        // Where the text of the expression ends: before `!`, `:` or `}`.
        let before_brace = e.range.end().to_u32().saturating_sub(1);
        let text_end = match &e.debug_text {
            Some(debug) => inside + debug.as_str().len() as u32,
            None if conversion >= 0 => {
                let tail = self.text(TextRange::new(e.expression.end(), e.range.end()));
                // Parentheses, blanks and comments may stand before the `!`.
                e.expression.end().to_u32() + conversion_at(tail)
            }
            None => spec_at.unwrap_or(before_brace),
        };
        let text_range = TextRange::new(inside.into(), text_end.max(inside).into());
        if e.debug_text.is_some() {
            let text = self.expression_text(text_range);
            self.push_text(values, text, text_range, false);
            if conversion < 0 && e.format_spec.is_none() {
                conversion = i32::from(b'r');
            }
        }
        self.flush(values);
        let value = self.boxed_expr(&e.expression);
        let format_spec = match (e.format_spec.as_deref(), spec_at) {
            (Some(spec), Some(at)) => {
                self.spec_depth += 1;
                self.suspicious |= self.spec_depth >= MAX_EXPR_NESTING;
                let mut parts = Values { values: Vec::new(), run: None };
                self.interpolated(&mut parts, &spec.elements, None, raw, false);
                self.spec_depth -= 1;
                let loc = self.lines.loc(TextRange::new(at.into(), before_brace.into()));
                let kind = ExprKind::JoinedStr { values: self.finish(parts) };
                Some(self.boxed(Expr { kind, loc }))
            }
            _ => None,
        };
        let kind = if template {
            let str = self.interpolation_str(text_range, e.debug_text.is_some());
            ExprKind::Interpolation { value, str, conversion, format_spec }
        } else {
            ExprKind::FormattedValue { value, conversion, format_spec }
        };
        values.values.push(Expr { kind, loc });
    }

    /// The source of an interpolation's expression without its comments.
    fn expression_text(&mut self, range: TextRange) -> Wtf8<'a> {
        let text = self.text(range);
        if !text.contains('#') {
            return Wtf8::from_str(text);
        }
        Wtf8::from_str(self.arena.alloc_str(&without_comments(text)))
    }

    /// `Interpolation.str`: without the `=` of a debug expression.
    fn interpolation_str(&mut self, range: TextRange, debug: bool) -> Wtf8<'a> {
        let text = self.expression_text(range);
        if !debug {
            return text;
        }
        let bytes = text.as_bytes();
        let end = bytes.iter().rposition(|&b| b == b'=').unwrap_or(bytes.len());
        Wtf8::trusted(bytes.get(..end).unwrap_or_default())
    }
}

/// Whether an odd number of backslashes ends the text.
fn ends_with_lone_backslash(text: &str) -> bool {
    text.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

/// Offset of the `!` of a conversion in what follows the expression: blanks, closing parentheses and comments come before.
fn conversion_at(tail: &str) -> u32 {
    let bytes = tail.as_bytes();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'!' => break,
            b'#' => at += memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).unwrap_or(bytes.len()),
            _ => at += 1,
        }
    }
    at as u32
}

/// CPython's way: quotes toggle, a `#` outside of them runs to the end of the line.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut comment = false;
    let mut escaped = false;
    for c in text.chars() {
        if comment {
            if c == '\n' {
                comment = false;
                out.push(c);
            }
            continue;
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '#' if quote.is_none() => {
                comment = true;
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}
