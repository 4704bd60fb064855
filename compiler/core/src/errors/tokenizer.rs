//! CPython's tokenizer: its tokens, their locations, and its errors.
//!
//! Invariant: characters are read one by one and a line at a time as in CPython, since where a line was entered and what has
//! been looked at decides the position of later errors. Indices never leave the source. Next: `literals.rs`.

use super::token::{Kind, Span, Token};
use crate::error::{CompileError, CompileWarning, ErrorKind};
use crate::parse::warnings::warning;

const MAXINDENT: usize = 100;
const MAXLEVEL: usize = 200;
pub const MAXFSTRINGLEVEL: usize = 150;
pub const MAX_EXPR_NESTING: i32 = 3;
const TABSIZE: i32 = 8;

/// Why no more tokens come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Ok,
    Eof,
    /// An exception is set.
    Error,
    /// Unterminated literals, with an exception set.
    Eofs,
    Eols,
    Dedent,
    TabSpace,
    TooDeep,
    LineCont,
}

/// An open f- or t-string, or the text outside of all of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mode {
    /// Reading the literal text, not an expression.
    pub literal: bool,
    pub quote: u8,
    pub quote_size: usize,
    pub raw: bool,
    pub template: bool,
    pub start: usize,
    pub multi_line_start: usize,
    pub first_line: i32,
    pub curly_bracket_depth: i32,
    pub curly_bracket_expr_start_depth: i32,
    pub in_format_spec: bool,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub struct Paren {
    pub bracket: u8,
    pub lineno: i32,
    pub col: i32,
}

/// The state between two tokens.
pub struct Tokenizer<'s> {
    pub source: &'s [u8],
    /// The next byte.
    pub cur: usize,
    /// End of the lines entered so far.
    pub inp: usize,
    /// Start of the line that was entered last outside of a token.
    pub buf: usize,
    pub line_start: usize,
    pub multi_line_start: usize,
    /// Start of the token, once it is known.
    pub start: Option<usize>,
    pub starting_col: i32,
    pub lineno: i32,
    pub first_lineno: i32,
    pub done: Done,
    pub error: Option<CompileError>,
    /// In the order in which they were met, the parser's among them.
    pub warnings: Vec<CompileWarning>,
    pub parens: Vec<Paren>,
    indents: Vec<(i32, i32)>,
    pendin: i32,
    atbol: bool,
    pub modes: Vec<Mode>,
}

/// A token's text, if it has one.
pub type Text = Option<(usize, usize)>;

impl<'s> Tokenizer<'s> {
    pub fn new(source: &'s str) -> Self {
        Tokenizer {
            source: source.as_bytes(),
            cur: 0,
            inp: 0,
            buf: 0,
            line_start: 0,
            multi_line_start: 0,
            start: None,
            starting_col: -1,
            lineno: 0,
            first_lineno: 0,
            done: Done::Ok,
            error: None,
            warnings: Vec::new(),
            parens: Vec::new(),
            indents: vec![(0, 0)],
            pendin: 0,
            atbol: true,
            modes: vec![Mode { curly_bracket_expr_start_depth: -1, ..Mode::default() }],
        }
    }

    /// The next byte; None at the end.
    pub fn nextc(&mut self) -> Option<u8> {
        if self.cur == self.inp && !self.underflow() {
            return None;
        }
        let c = self.source.get(self.cur).copied();
        self.cur += usize::from(c.is_some());
        c
    }

    /// Enters the next line.
    fn underflow(&mut self) -> bool {
        if self.done != Done::Ok {
            return false;
        }
        let rest = self.source.get(self.inp..).unwrap_or_default();
        if rest.is_empty() {
            self.done = Done::Eof;
            return false;
        }
        if self.start.is_none() {
            self.buf = self.cur;
        }
        self.line_start = self.cur;
        self.lineno += 1;
        self.inp += memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        true
    }

    pub fn backup(&mut self, c: Option<u8>) {
        self.cur -= usize::from(c.is_some() && self.cur > 0);
    }

    pub fn col(&self) -> i32 {
        self.cur as i32 - self.line_start as i32
    }

    pub fn mode(&self) -> Mode {
        self.modes.last().copied().unwrap_or_default()
    }

    pub fn mode_mut(&mut self) -> Option<&mut Mode> {
        self.modes.last_mut()
    }

    pub fn inside_fstring(&self) -> bool {
        self.modes.len() > 1
    }

    /// `f` or `t`, for messages.
    pub fn string_prefix(&self) -> char {
        if self.mode().template { 't' } else { 'f' }
    }

    pub fn make(&self, kind: Kind, text: Text) -> Token {
        let (start, end) = text.unwrap_or((self.cur, self.cur));
        let lineno = if kind.is_string() { self.first_lineno } else { self.lineno };
        let (col, end_col) = if text.is_some() { (self.starting_col, self.col()) } else { (-1, -1) };
        let span = Span { lineno, col, end_lineno: self.lineno, end_col };
        Token { kind, start: start as u32, end: end as u32, span, level: self.parens.len() as u16 }
    }

    /// The token from its start up to here.
    pub fn token(&self, kind: Kind) -> Token {
        self.make(kind, Some((self.start.unwrap_or(self.cur), self.cur)))
    }

    pub fn error_token(&self) -> Token {
        self.make(Kind::ERRORTOKEN, None)
    }

    /// Raises at the current position.
    pub fn syntax_error(&mut self, message: impl Into<String>) -> Token {
        self.syntax_error_range(message, -1, -1)
    }

    /// Raises in a range of columns, both in bytes and counted from 1; -1 for the current position.
    pub fn syntax_error_range(&mut self, message: impl Into<String>, col: i32, end_col: i32) -> Token {
        if self.done != Done::Error {
            let chars = |bytes: usize| {
                let part = self.source.get(self.line_start..(self.line_start + bytes).min(self.source.len()));
                String::from_utf8_lossy(part.unwrap_or_default()).chars().count() as i32
            };
            let end_col = if end_col > 0 { chars(end_col as usize) } else { end_col };
            let col = chars(if col == -1 { self.cur - self.line_start.min(self.cur) } else { col.max(0) as usize });
            let end_col = if end_col == -1 { col } else { end_col };
            let lineno = self.lineno.max(0) as u32;
            self.error = Some(CompileError {
                kind: ErrorKind::SyntaxError,
                message: message.into(),
                lineno: Some(lineno),
                offset: Some(i64::from(col)),
                end_lineno: Some(lineno),
                end_offset: Some(i64::from(end_col)),
                text: Some(self.line_text()),
            });
            self.done = Done::Error;
        }
        self.error_token()
    }

    pub fn warn(&mut self, message: String) {
        let col = self.col();
        self.warnings.push(warning(message, self.lineno, col, col));
    }

    /// The line that is being read, without its end.
    fn line_text(&self) -> String {
        let rest = self.source.get(self.line_start..).unwrap_or_default();
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        String::from_utf8_lossy(rest.get(..len).unwrap_or_default()).into_owned()
    }

    /// The next token; an ERRORTOKEN once `done` says why.
    pub fn get(&mut self) -> Token {
        if self.mode().literal { self.fstring_literal() } else { self.normal() }
    }

    fn fail(&mut self, done: Done) -> Token {
        self.done = done;
        self.cur = self.inp;
        self.error_token()
    }

    /// Behind a backslash: the rest of the line must be its end, and another line follow.
    fn continuation_line(&mut self) -> bool {
        if self.nextc() != Some(b'\n') {
            // CPython reads on even at the end of the source.
            self.done = Done::LineCont;
            return false;
        }
        let c = self.nextc();
        if c.is_none() {
            self.done = Done::Eof;
            self.cur = self.inp;
            return false;
        }
        self.backup(c);
        true
    }

    /// Reads the indentation of a line. None if the token goes on.
    fn indentation(&mut self, blankline: &mut bool) -> Option<Token> {
        let (mut col, mut altcol, mut cont_line_col) = (0i32, 0i32, 0i32);
        self.atbol = false;
        let c = loop {
            match self.nextc() {
                Some(b' ') => (col, altcol) = (col.saturating_add(1), altcol.saturating_add(1)),
                Some(b'\t') => {
                    col = (col / TABSIZE).saturating_add(1).saturating_mul(TABSIZE);
                    altcol = altcol.saturating_add(1);
                }
                Some(b'\x0c') => (col, altcol) = (0, 0),
                Some(b'\\') => {
                    cont_line_col = if cont_line_col != 0 { cont_line_col } else { col };
                    if !self.continuation_line() {
                        return Some(self.error_token());
                    }
                }
                c => break c,
            }
        };
        self.backup(c);
        if matches!(c, Some(b'#' | b'\n')) {
            *blankline = true;
        }
        if *blankline || !self.parens.is_empty() {
            return None;
        }
        if cont_line_col != 0 {
            (col, altcol) = (cont_line_col, cont_line_col);
        }
        let (top, alttop) = self.indents.last().copied().unwrap_or_default();
        if col == top {
            if altcol != alttop {
                return Some(self.fail(Done::TabSpace));
            }
        } else if col > top {
            if self.indents.len() >= MAXINDENT {
                return Some(self.fail(Done::TooDeep));
            }
            if altcol <= alttop {
                return Some(self.fail(Done::TabSpace));
            }
            self.pendin += 1;
            self.indents.push((col, altcol));
        } else {
            while self.indents.len() > 1 && self.indents.last().is_some_and(|&(top, _)| col < top) {
                self.pendin -= 1;
                self.indents.pop();
            }
            let (top, alttop) = self.indents.last().copied().unwrap_or_default();
            if col != top {
                return Some(self.fail(Done::Dedent));
            }
            if altcol != alttop {
                return Some(self.fail(Done::TabSpace));
            }
        }
        None
    }

    pub fn at_end_of_source(&self) -> bool {
        matches!(self.done, Done::Eof | Done::Eofs | Done::Eols)
    }

    /// At the end of interactive input: the open blocks end.
    pub fn imply_dedents(&mut self) {
        if self.indents.len() > 1 {
            self.pendin = -(self.indents.len() as i32 - 1);
            self.indents.truncate(1);
        }
    }

    fn normal(&mut self) -> Token {
        loop {
            self.start = None;
            self.starting_col = -1;
            let mut blankline = false;
            if self.atbol
                && let Some(token) = self.indentation(&mut blankline)
            {
                return token;
            }
            self.start = Some(self.cur);
            self.starting_col = self.col();
            if self.pendin != 0 {
                let kind = if self.pendin < 0 { Kind::DEDENT } else { Kind::INDENT };
                self.pendin -= self.pendin.signum();
                return self.make(kind, None);
            }
            let c = self.nextc();
            self.backup(c);
            if let Some(token) = self.after_indentation(blankline) {
                return token;
            }
        }
    }

    /// The token behind the indentation; None for the end of a line that does not count.
    fn after_indentation(&mut self, blankline: bool) -> Option<Token> {
        loop {
            self.start = None;
            let mut c = self.nextc();
            while matches!(c, Some(b' ' | b'\t' | b'\x0c')) {
                c = self.nextc();
            }
            self.start = Some(self.cur.saturating_sub(1));
            self.starting_col = self.col() - 1;
            if c == Some(b'#') {
                while !matches!(c, None | Some(b'\n')) {
                    c = self.nextc();
                }
            }
            let Some(c) = c else {
                let at_end = self.parens.is_empty() && self.done == Done::Eof;
                return Some(self.make(if at_end { Kind::ENDMARKER } else { Kind::ERRORTOKEN }, None));
            };
            return Some(match c {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.name(c),
                b'\n' => {
                    self.atbol = true;
                    if blankline || !self.parens.is_empty() {
                        return None;
                    }
                    let start = self.start.unwrap_or(self.cur);
                    self.make(Kind::NEWLINE, Some((start, self.cur.saturating_sub(1))))
                }
                b'.' => self.period(),
                b'0'..=b'9' => self.number(c),
                b'\'' | b'"' => self.string(c),
                b'\\' => {
                    if self.continuation_line() {
                        continue;
                    }
                    self.error_token()
                }
                _ => self.punctuation(c),
            });
        }
    }

    fn name(&mut self, first: u8) -> Token {
        let mut saw = [false; 5];
        let mut c = Some(first);
        while let Some(prefix) = c.and_then(|c| b"burft".iter().position(|&p| p == c.to_ascii_lowercase())) {
            // `u` does not go with another prefix behind it, but CPython reads on to say so.
            if saw.get(prefix).copied().unwrap_or(true) {
                break;
            }
            if let Some(seen) = saw.get_mut(prefix) {
                *seen = true;
            }
            c = self.nextc();
            if let Some(quote @ (b'"' | b'\'')) = c {
                return self.prefixed_string(saw, quote);
            }
        }
        let mut ascii = true;
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80..) = c {
            ascii &= c.is_some_and(|c| c < 0x80);
            c = self.nextc();
        }
        self.backup(c);
        if !ascii && let Some(token) = self.verify_identifier() {
            return token;
        }
        let text = self.source.get(self.start.unwrap_or(self.cur)..self.cur).unwrap_or_default();
        self.token(Kind::keyword(text).unwrap_or(Kind::NAME))
    }

    /// None if the name is an identifier.
    fn verify_identifier(&mut self) -> Option<Token> {
        let start = self.start.unwrap_or(self.cur);
        let name = pyc_text::Wtf8::trusted(self.source.get(start..self.cur).unwrap_or_default());
        let (at, c) = pyc_text::ident::first_invalid(name)?;
        let shown = char::from_u32(c).unwrap_or('\u{FFFD}');
        self.cur = (start + at + shown.len_utf8()).min(self.inp);
        let message = if pyc_text::chars::is_printable(c) {
            format!("invalid character '{shown}' (U+{c:04X})")
        } else {
            format!("invalid non-printable character U+{c:04X}")
        };
        Some(self.syntax_error(message))
    }

    fn prefixed_string(&mut self, saw: [bool; 5], quote: u8) -> Token {
        let [b, u, r, f, t] = saw;
        let incompatible = [
            (u && b, "'u' and 'b'"),
            (u && r, "'u' and 'r'"),
            (u && f, "'u' and 'f'"),
            (u && t, "'u' and 't'"),
            (b && f, "'b' and 'f'"),
            (b && t, "'b' and 't'"),
            (f && t, "'f' and 't'"),
        ];
        if let Some((_, prefixes)) = incompatible.iter().find(|(both, _)| *both) {
            let start = self.start.unwrap_or(self.cur) as i32 - self.line_start as i32;
            return self.syntax_error_range(format!("{prefixes} prefixes are incompatible"), start + 1, self.col());
        }
        if f || t { self.fstring_start(quote) } else { self.string(quote) }
    }

    fn period(&mut self) -> Token {
        let c = self.nextc();
        match c {
            Some(b'0'..=b'9') => return self.fraction(c),
            Some(b'.') => {
                let third = self.nextc();
                if third == Some(b'.') {
                    return self.operator();
                }
                self.backup(third);
                self.backup(c);
            }
            _ => self.backup(c),
        }
        self.operator()
    }

    /// The operator from the token's start up to here.
    fn operator(&self) -> Token {
        let text = self.source.get(self.start.unwrap_or(self.cur)..self.cur).unwrap_or_default();
        self.token(Kind::operator(text).unwrap_or(Kind::OP))
    }

    fn punctuation(&mut self, c: u8) -> Token {
        let mode = self.mode();
        if c == b':' && self.inside_fstring() && mode.curly_bracket_expr_start_depth >= 0 {
            let cursor = mode.curly_bracket_depth - 1;
            if cursor == mode.curly_bracket_expr_start_depth {
                if let Some(mode) = self.mode_mut() {
                    mode.literal = true;
                    mode.in_format_spec = true;
                }
                return self.operator();
            }
        }
        let c2 = self.nextc();
        let start = self.start.unwrap_or(self.cur);
        if c2.is_some() {
            if self.source.get(start..start + 2).and_then(Kind::operator).is_some() {
                let c3 = self.nextc();
                if c3.is_some() && self.source.get(start..start + 3).and_then(Kind::operator).is_some() {
                    return self.operator();
                }
                self.backup(c3);
                return self.operator();
            }
            self.backup(c2);
        }
        match c {
            b'(' | b'[' | b'{' => {
                if self.parens.len() >= MAXLEVEL {
                    return self.syntax_error("too many nested parentheses");
                }
                let col = start as i32 - self.line_start as i32;
                self.parens.push(Paren { bracket: c, lineno: self.lineno, col });
                if self.inside_fstring()
                    && let Some(mode) = self.mode_mut()
                {
                    mode.curly_bracket_depth += 1;
                }
            }
            b')' | b']' | b'}' => {
                if let Some(token) = self.close(c) {
                    return token;
                }
            }
            _ => {}
        }
        if c < b' ' || c == 0x7F {
            return self.syntax_error(format!("invalid non-printable character U+{c:04X}"));
        }
        self.operator()
    }

    /// A closing bracket; the token if it is an error.
    fn close(&mut self, c: u8) -> Option<Token> {
        let shown = char::from(c);
        let prefix = self.string_prefix();
        let mode = self.mode();
        let inside = self.inside_fstring();
        if inside && mode.curly_bracket_depth == 0 && c == b'}' {
            return Some(self.syntax_error(format!("{prefix}-string: single '}}' is not allowed")));
        }
        let Some(opening) = self.parens.pop() else {
            return Some(self.syntax_error(format!("unmatched '{shown}'")));
        };
        if !matches!((opening.bracket, c), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            if inside && opening.bracket == b'{' && mode.curly_bracket_depth - 1 == mode.curly_bracket_expr_start_depth
            {
                return Some(self.syntax_error(format!("{prefix}-string: unmatched '{shown}'")));
            }
            let other = char::from(opening.bracket);
            let mut message = format!("closing parenthesis '{shown}' does not match opening parenthesis '{other}'");
            if opening.lineno != self.lineno {
                message += &format!(" on line {}", opening.lineno);
            }
            return Some(self.syntax_error(message));
        }
        if inside {
            let depth = mode.curly_bracket_depth - 1;
            if let Some(mode) = self.mode_mut() {
                mode.curly_bracket_depth = depth;
            }
            if depth < 0 {
                return Some(self.syntax_error(format!("{prefix}-string: unmatched '{shown}'")));
            }
            if c == b'}'
                && depth == mode.curly_bracket_expr_start_depth
                && let Some(mode) = self.mode_mut()
            {
                mode.curly_bracket_expr_start_depth -= 1;
                mode.literal = true;
                mode.in_format_spec = false;
            }
        }
        None
    }
}
