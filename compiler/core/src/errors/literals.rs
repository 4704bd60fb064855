//! Numbers, strings and f-strings of the tokenizer.
//!
//! Invariant: as `tokenizer.rs`.

use super::token::{Kind, Token};
use super::tokenizer::{Done, MAX_EXPR_NESTING, MAXFSTRINGLEVEL, Mode, Tokenizer};
use crate::parse::warnings::invalid_escape_message;

fn is_identifier_char(c: Option<u8>) -> bool {
    matches!(c, Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | 0x80..))
}

fn is_digit(c: Option<u8>) -> bool {
    matches!(c, Some(b'0'..=b'9'))
}

impl Tokenizer<'_> {
    /// A number that starts with the digit `first`.
    pub fn number(&mut self, first: u8) -> Token {
        if first != b'0' {
            return match self.decimal_tail() {
                Ok(c) => self.after_digits(c),
                Err(token) => token,
            };
        }
        let mut c = self.nextc();
        match c {
            Some(b'x' | b'X') => self.radix("hexadecimal", |c| c.is_ascii_hexdigit()),
            Some(b'o' | b'O') => self.radix("octal", |c| (b'0'..=b'7').contains(&c)),
            Some(b'b' | b'B') => self.radix("binary", |c| matches!(c, b'0' | b'1')),
            _ => {
                loop {
                    if c == Some(b'_') {
                        c = self.nextc();
                        if !is_digit(c) {
                            self.backup(c);
                            return self.syntax_error("invalid decimal literal");
                        }
                    }
                    if c != Some(b'0') {
                        break;
                    }
                    c = self.nextc();
                }
                let zeros_end = self.cur;
                let nonzero = is_digit(c);
                if nonzero {
                    c = match self.decimal_tail() {
                        Ok(c) => c,
                        Err(token) => return token,
                    };
                }
                if nonzero && !matches!(c, Some(b'.' | b'e' | b'E' | b'j' | b'J')) {
                    self.backup(c);
                    let start = self.start.unwrap_or(self.cur) as i32 - self.line_start as i32;
                    return self.syntax_error_range(
                        "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
                        start + 1,
                        zeros_end as i32 - self.line_start as i32,
                    );
                }
                self.after_digits(c)
            }
        }
    }

    /// `0x`, `0o`, `0b` and what follows.
    fn radix(&mut self, kind: &str, is_radix_digit: fn(u8) -> bool) -> Token {
        let mut c = self.nextc();
        let bad_digit = |c: Option<u8>| c.filter(|c| c.is_ascii_digit() && kind != "hexadecimal");
        loop {
            if c == Some(b'_') {
                c = self.nextc();
            }
            if !c.is_some_and(is_radix_digit) {
                if let Some(digit) = bad_digit(c) {
                    return self.syntax_error(format!("invalid digit '{}' in {kind} literal", char::from(digit)));
                }
                self.backup(c);
                return self.syntax_error(format!("invalid {kind} literal"));
            }
            while c.is_some_and(is_radix_digit) {
                c = self.nextc();
            }
            if c != Some(b'_') {
                break;
            }
        }
        if let Some(digit) = bad_digit(c) {
            return self.syntax_error(format!("invalid digit '{}' in {kind} literal", char::from(digit)));
        }
        self.end_of_number(c, kind)
    }

    /// Digits and single underscores; what follows them.
    fn decimal_tail(&mut self) -> Result<Option<u8>, Token> {
        loop {
            let mut c = self.nextc();
            while is_digit(c) {
                c = self.nextc();
            }
            if c != Some(b'_') {
                return Ok(c);
            }
            c = self.nextc();
            if !is_digit(c) {
                self.backup(c);
                return Err(self.syntax_error("invalid decimal literal"));
            }
        }
    }

    fn after_digits(&mut self, c: Option<u8>) -> Token {
        match c {
            Some(b'.') => {
                let c = self.nextc();
                self.fraction(c)
            }
            _ => self.exponent(c),
        }
    }

    /// Behind the point; `c` has been read.
    pub fn fraction(&mut self, mut c: Option<u8>) -> Token {
        if is_digit(c) {
            c = match self.decimal_tail() {
                Ok(c) => c,
                Err(token) => return token,
            };
        }
        self.exponent(c)
    }

    fn exponent(&mut self, mut c: Option<u8>) -> Token {
        if let Some(b'e' | b'E') = c {
            let e = c;
            c = self.nextc();
            if let Some(b'+' | b'-') = c {
                c = self.nextc();
                if !is_digit(c) {
                    self.backup(c);
                    return self.syntax_error("invalid decimal literal");
                }
            } else if !is_digit(c) {
                self.backup(c);
                return self.end_of_number(e, "decimal");
            }
            c = match self.decimal_tail() {
                Ok(c) => c,
                Err(token) => return token,
            };
        }
        if let Some(b'j' | b'J') = c {
            c = self.nextc();
            return self.end_of_number(c, "imaginary");
        }
        self.end_of_number(c, "decimal")
    }

    /// What follows a number must not be a name, but for some keywords (with a warning).
    fn end_of_number(&mut self, c: Option<u8>, kind: &str) -> Token {
        let allowed = match c {
            Some(b'a') => self.looking_at(b"nd"),
            Some(b'e') => self.looking_at(b"lse"),
            Some(b'f') => self.looking_at(b"or"),
            Some(b'i') => {
                let next = self.nextc();
                self.backup(next);
                matches!(next, Some(b'f' | b'n' | b's'))
            }
            Some(b'o') => self.looking_at(b"r"),
            Some(b'n') => self.looking_at(b"ot"),
            _ => false,
        };
        if !allowed && is_identifier_char(c) && c.is_some_and(|c| c < 0x80) {
            self.backup(c);
            return self.syntax_error(format!("invalid {kind} literal"));
        }
        self.backup(c);
        if allowed {
            self.warn(format!("invalid {kind} literal"));
        }
        self.token(Kind::NUMBER)
    }

    /// Whether a word ends with `rest` here. Reads a line's end as CPython does, and goes back.
    fn looking_at(&mut self, rest: &[u8]) -> bool {
        let matched = self.source.get(self.cur..).is_some_and(|s| s.starts_with(rest));
        matched && !is_identifier_char(self.source.get(self.cur + rest.len()).copied())
    }

    /// A string without `f` or `t`, whose first quote has been read.
    pub fn string(&mut self, quote: u8) -> Token {
        let (mut quote_size, mut end_quote_size) = (1, 0);
        let mut has_escaped_quote = false;
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut c = self.nextc();
        if c == Some(quote) {
            c = self.nextc();
            if c == Some(quote) {
                quote_size = 3;
            } else {
                end_quote_size = 1;
            }
        }
        if c != Some(quote) {
            self.backup(c);
        }
        while end_quote_size != quote_size {
            c = self.nextc();
            if c.is_none() || quote_size == 1 && c == Some(b'\n') {
                return self.unterminated(c, quote, quote_size, has_escaped_quote);
            }
            if c == Some(quote) {
                end_quote_size += 1;
                continue;
            }
            end_quote_size = 0;
            if c == Some(b'\\') {
                has_escaped_quote |= self.nextc() == Some(quote);
            }
        }
        self.token(Kind::STRING)
    }

    fn unterminated(&mut self, c: Option<u8>, quote: u8, quote_size: usize, has_escaped_quote: bool) -> Token {
        let detected = self.lineno;
        self.cur = self.start.unwrap_or(self.cur) + 1;
        self.line_start = self.multi_line_start;
        self.lineno = self.first_lineno;
        let mode = self.mode();
        if self.inside_fstring() && mode.quote == quote && mode.quote_size == quote_size {
            let prefix = self.string_prefix();
            return self.syntax_error(format!("{prefix}-string: expecting '}}'"));
        }
        let (message, done) = if quote_size == 3 {
            (format!("unterminated triple-quoted string literal (detected at line {detected})"), Done::Eofs)
        } else if has_escaped_quote {
            let hint = "perhaps you escaped the end quote?";
            (format!("unterminated string literal (detected at line {detected}); {hint}"), Done::Eols)
        } else {
            (format!("unterminated string literal (detected at line {detected})"), Done::Eols)
        };
        let token = self.syntax_error(message);
        if c != Some(b'\n') {
            self.done = done;
        }
        token
    }

    /// `f"`, `rt'''` and so on, of which the first quote has been read.
    pub fn fstring_start(&mut self, quote: u8) -> Token {
        self.first_lineno = self.lineno;
        self.multi_line_start = self.line_start;
        let mut quote_size = 1;
        let after_quote = self.nextc();
        if after_quote == Some(quote) {
            let after_after_quote = self.nextc();
            if after_after_quote == Some(quote) {
                quote_size = 3;
            } else {
                self.backup(after_after_quote);
                self.backup(after_quote);
            }
        } else {
            self.backup(after_quote);
        }
        if self.modes.len() >= MAXFSTRINGLEVEL {
            return self.syntax_error("too many nested f-strings or t-strings");
        }
        let start = self.start.unwrap_or(self.cur);
        let prefix = self.source.get(start..start + 2).unwrap_or_default().to_ascii_lowercase();
        let template = prefix.contains(&b't');
        let token = self.token(if template { Kind::TSTRING_START } else { Kind::FSTRING_START });
        self.modes.push(Mode {
            literal: true,
            quote,
            quote_size,
            raw: prefix.contains(&b'r'),
            template,
            start,
            multi_line_start: self.line_start,
            first_line: self.lineno,
            curly_bracket_depth: 0,
            curly_bracket_expr_start_depth: -1,
            in_format_spec: false,
        });
        token
    }

    /// Turns from literal text to an expression.
    fn enter_expression(&mut self) -> Result<(), Token> {
        let prefix = self.string_prefix();
        let Some(mode) = self.mode_mut() else { return Ok(()) };
        mode.curly_bracket_expr_start_depth += 1;
        if mode.curly_bracket_expr_start_depth >= MAX_EXPR_NESTING {
            return Err(self.syntax_error(format!("{prefix}-string: expressions nested too deeply")));
        }
        mode.literal = false;
        Ok(())
    }

    /// A token in the literal text of an f- or t-string.
    pub fn fstring_literal(&mut self) -> Token {
        let mode = self.mode();
        self.start = Some(self.cur);
        self.first_lineno = self.lineno;
        self.starting_col = self.col();
        let start_char = self.nextc();
        if start_char == Some(b'{') {
            let peek = self.nextc();
            self.backup(peek);
            self.backup(start_char);
            if peek != Some(b'{') {
                return match self.enter_expression() {
                    Ok(()) => self.get(),
                    Err(token) => token,
                };
            }
        } else {
            self.backup(start_char);
        }
        let mut at_end = true;
        for _ in 0..mode.quote_size {
            let quote = self.nextc();
            if quote != Some(mode.quote) {
                self.backup(quote);
                at_end = false;
                break;
            }
        }
        if at_end {
            let token = self.token(if mode.template { Kind::TSTRING_END } else { Kind::FSTRING_END });
            if self.inside_fstring() {
                self.modes.pop();
            }
            return token;
        }
        self.fstring_middle(mode)
    }

    fn fstring_middle(&mut self, mode: Mode) -> Token {
        let kind = if mode.template { Kind::TSTRING_MIDDLE } else { Kind::FSTRING_MIDDLE };
        self.multi_line_start = self.line_start;
        let mut end_quote_size = 0;
        let mut unicode_escape = false;
        let in_format_spec = mode.in_format_spec && mode.curly_bracket_expr_start_depth >= 0;
        while end_quote_size != mode.quote_size {
            let c = self.nextc();
            if c.is_none() || mode.quote_size == 1 && c == Some(b'\n') {
                return self.unterminated_fstring(c, mode, in_format_spec);
            }
            if c == Some(mode.quote) {
                end_quote_size += 1;
                continue;
            }
            end_quote_size = 0;
            match c {
                Some(b'{') => {
                    let peek = self.nextc();
                    if peek == Some(b'{') && !in_format_spec {
                        return self.doubled(kind);
                    }
                    self.backup(peek);
                    self.backup(c);
                    if let Err(token) = self.enter_expression() {
                        return token;
                    }
                    self.leave_format_spec();
                    return self.token(kind);
                }
                Some(b'}') if unicode_escape => return self.token(kind),
                Some(b'}') => {
                    let peek = self.nextc();
                    if peek == Some(b'}') && !in_format_spec && mode.curly_bracket_depth == 0 {
                        return self.doubled(kind);
                    }
                    self.backup(peek);
                    self.backup(c);
                    if let Some(mode) = self.mode_mut() {
                        mode.literal = false;
                    }
                    self.leave_format_spec();
                    return self.token(kind);
                }
                Some(b'\\') => {
                    let peek = self.nextc();
                    if let Some(brace @ (b'{' | b'}')) = peek {
                        if !mode.raw {
                            self.warn(invalid_escape_message(if brace == b'{' { "{" } else { "}" }));
                        }
                        self.backup(peek);
                    } else if !mode.raw && peek == Some(b'N') {
                        let brace = self.nextc();
                        if brace == Some(b'{') {
                            unicode_escape = true;
                        } else {
                            self.backup(brace);
                        }
                    }
                }
                _ => {}
            }
        }
        self.cur = self.cur.saturating_sub(mode.quote_size);
        self.token(kind)
    }

    fn leave_format_spec(&mut self) {
        if let Some(mode) = self.mode_mut() {
            mode.in_format_spec = false;
        }
    }

    /// Behind a doubled brace, of which the text keeps one.
    fn doubled(&self, kind: Kind) -> Token {
        self.make(kind, Some((self.start.unwrap_or(self.cur), self.cur.saturating_sub(1))))
    }

    fn unterminated_fstring(&mut self, c: Option<u8>, mode: Mode, in_format_spec: bool) -> Token {
        let prefix = self.string_prefix();
        if in_format_spec && c == Some(b'\n') {
            let message = "newlines are not allowed in format specifiers for single quoted";
            return self.syntax_error(format!("{prefix}-string: {message} {prefix}-strings"));
        }
        let detected = self.lineno;
        self.cur = mode.start + 1;
        self.line_start = mode.multi_line_start;
        self.lineno = mode.first_line;
        if mode.quote_size == 3 {
            let message = format!("unterminated triple-quoted {prefix}-string literal (detected at line {detected})");
            let token = self.syntax_error(message);
            if c != Some(b'\n') {
                self.done = Done::Eofs;
            }
            return token;
        }
        self.syntax_error(format!("unterminated {prefix}-string literal (detected at line {detected})"))
    }
}
