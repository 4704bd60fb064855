//! `'...%s...' % (a, b)` as an f-string.
//!
//! Invariant: all of it is understood before any of it is changed; a specification that is not `%s`, `%r` or `%a`, or
//! a number of items other than that of the specifications, leaves the expression as it was.

use bumpalo::Bump;
use pyc_text::Wtf8;

use super::placeholder;
use crate::ast::*;

/// A part of the format string.
enum Piece<'a> {
    Literal(Wtf8<'a>),
    /// The conversion's letter, and the specification where there is one.
    Item(u8, Option<&'a str>),
}

/// Turns the expression into a JoinedStr where CPython does. Literal pieces and specifications have no location. A
/// literal piece that is a lone `%` is one that `%%` stood for, which is an object of its own.
pub(super) fn fold_format<'a>(arena: &'a Bump, expr: &mut Expr<'a>) {
    let ExprKind::BinOp { left, op: Operator::Mod, right } = &mut expr.kind else { return };
    let ExprKind::Constant { value: Constant::Str(format), .. } = left.kind else { return };
    let ExprKind::Tuple { elts, .. } = &mut right.kind else { return };
    if elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. })) {
        return;
    }
    let Some(pieces) = parse_format(arena, format) else { return };
    if pieces.iter().filter(|piece| matches!(piece, Piece::Item(..))).count() != elts.len() {
        return;
    }
    let mut items = elts.iter_mut();
    let string = |text| Expr { kind: ExprKind::Constant { value: Constant::Str(text), kind_u: false }, loc: Loc::NONE };
    let mut values = Vec::with_capacity(pieces.len());
    for piece in pieces {
        values.push(match piece {
            Piece::Literal(text) => string(text),
            Piece::Item(conversion, spec) => {
                let Some(item) = items.next() else { break };
                let value = std::mem::replace(item, placeholder());
                let loc = value.loc;
                let format_spec = spec.map(|spec| Box::new_in(string(Wtf8::from_str(spec)), arena));
                let value = Box::new_in(value, arena);
                let kind = ExprKind::FormattedValue { value, conversion: i32::from(conversion), format_spec };
                Expr { kind, loc }
            }
        });
    }
    expr.kind = ExprKind::JoinedStr { values: List::from_vec_in(values, arena) };
}

fn parse_format<'a>(arena: &'a Bump, format: Wtf8<'a>) -> Option<Vec<Piece<'a>>> {
    let bytes = format.as_bytes();
    let mut pieces = Vec::new();
    let mut at = 0;
    loop {
        let start = at;
        let mut doubled = false;
        while let Some(&byte) = bytes.get(at) {
            match (byte, bytes.get(at + 1)) {
                (b'%', Some(b'%')) => {
                    doubled = true;
                    at += 2;
                }
                (b'%', _) => break,
                _ => at += 1,
            }
        }
        if at > start {
            let text = bytes.get(start..at)?;
            pieces.push(Piece::Literal(Wtf8::trusted(if doubled { undouble(arena, text) } else { text })));
        }
        if at == bytes.len() {
            return Some(pieces);
        }
        let (piece, end) = parse_item(arena, bytes, at + 1)?;
        pieces.push(piece);
        at = end;
    }
}

/// The text with each `%%` as `%`.
fn undouble<'a>(arena: &'a Bump, text: &[u8]) -> &'a [u8] {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        out.push(byte);
        if byte == b'%' {
            bytes.next();
        }
    }
    arena.alloc_slice_copy(&out)
}

/// A specification, from behind its `%`; with its end.
fn parse_item<'a>(arena: &'a Bump, bytes: &[u8], start: usize) -> Option<(Piece<'a>, usize)> {
    let mut at = start;
    let mut left_justified = false;
    while let flag @ (b'-' | b'+' | b' ' | b'#' | b'0') = *bytes.get(at)? {
        left_justified |= flag == b'-';
        at += 1;
    }
    let width = parse_number(bytes, &mut at)?;
    let mut precision = None;
    if *bytes.get(at)? == b'.' {
        at += 1;
        // A point without digits is a precision of 0.
        precision = Some(parse_number(bytes, &mut at)?.unwrap_or(0));
    }
    let conversion @ (b's' | b'r' | b'a') = *bytes.get(at)? else { return None };
    let mut spec = String::new();
    if !left_justified && width.is_some_and(|width| width > 0) {
        spec.push('>');
    }
    if let Some(width) = width {
        spec.push_str(&width.to_string());
    }
    if let Some(precision) = precision {
        spec.push('.');
        spec.push_str(&precision.to_string());
    }
    let spec = if spec.is_empty() { None } else { Some(&*arena.alloc_str(&spec)) };
    Some((Piece::Item(conversion, spec), at + 1))
}

/// A number of at most two digits: `None` for more, `Some(None)` for none at all.
fn parse_number(bytes: &[u8], at: &mut usize) -> Option<Option<u32>> {
    let mut number = None;
    let mut digits = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(*at) {
        digits += 1;
        if digits > 2 {
            return None;
        }
        number = Some(number.unwrap_or(0) * 10 + u32::from(digit - b'0'));
        *at += 1;
    }
    Some(number)
}
