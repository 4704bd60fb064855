//! Kinds of tokens, and tokens with CPython's locations.
//!
//! Invariant: a [`Kind`] is below 128, so that sets of kinds are one `u128`. Next: `tokenizer.rs`.

/// A token's kind: [`FIXED`] below, then operators, then keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub u8);

macro_rules! fixed {
    ($($name:ident),*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Fixed { $($name),*, N_FIXED }
        impl Kind { $(pub const $name: Kind = Kind(Fixed::$name as u8);)* }
        /// Kinds that the grammar names in capitals.
        pub const FIXED: &[(&str, Kind)] = &[$((stringify!($name), Kind::$name)),*];
    };
}

fixed!(
    ENDMARKER,
    NAME,
    NUMBER,
    STRING,
    NEWLINE,
    INDENT,
    DEDENT,
    OP,
    FSTRING_START,
    FSTRING_MIDDLE,
    FSTRING_END,
    TSTRING_START,
    TSTRING_MIDDLE,
    TSTRING_END,
    ERRORTOKEN
);

/// Operators and delimiters, the longest of those with a common start last.
const OPERATORS: &[&str] = &[
    "(", ")", "[", "]", ":", ",", ";", "+", "-", "*", "/", "|", "&", "<", ">", "=", ".", "%", "{", "}", "==", "!=",
    "<=", ">=", "~", "^", "<<", ">>", "**", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "**=", "//",
    "//=", "@", "@=", "->", "...", ":=", "!",
];

const KEYWORDS: &[&str] = &[
    "if", "as", "in", "or", "is", "del", "def", "for", "try", "and", "not", "from", "pass", "with", "elif", "else",
    "None", "True", "raise", "yield", "break", "async", "class", "while", "False", "await", "return", "import",
    "assert", "global", "except", "lambda", "finally", "continue", "nonlocal",
];

const FIRST_OPERATOR: usize = Fixed::N_FIXED as usize;
const FIRST_KEYWORD: usize = FIRST_OPERATOR + OPERATORS.len();
const _: () = assert!(FIRST_KEYWORD + KEYWORDS.len() <= 128);

impl Kind {
    /// An operator's kind. `<>` is `!=` in another spelling.
    pub fn operator(text: &[u8]) -> Option<Kind> {
        let text = if text == b"<>" { b"!=" } else { text };
        let found = OPERATORS.iter().position(|op| op.as_bytes() == text)?;
        Some(Kind((FIRST_OPERATOR + found) as u8))
    }

    pub fn keyword(text: &[u8]) -> Option<Kind> {
        let found = KEYWORDS.iter().position(|k| k.as_bytes() == text)?;
        Some(Kind((FIRST_KEYWORD + found) as u8))
    }

    /// What the grammar calls it.
    pub fn text(self) -> &'static str {
        let i = self.0 as usize;
        match i.checked_sub(FIRST_KEYWORD) {
            Some(k) => KEYWORDS.get(k).copied().unwrap_or(""),
            None => i.checked_sub(FIRST_OPERATOR).and_then(|o| OPERATORS.get(o)).copied().unwrap_or(""),
        }
    }

    pub const fn bit(self) -> u128 {
        1 << self.0
    }

    /// Kinds that take their first line from where the literal began.
    pub fn is_string(self) -> bool {
        matches!(
            self,
            Kind::STRING
                | Kind::FSTRING_START
                | Kind::FSTRING_MIDDLE
                | Kind::FSTRING_END
                | Kind::TSTRING_START
                | Kind::TSTRING_MIDDLE
                | Kind::TSTRING_END
        )
    }
}

/// A place in the source: lines from 1, columns in bytes from 0, -1 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub lineno: i32,
    pub col: i32,
    pub end_lineno: i32,
    pub end_col: i32,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: Kind,
    /// Byte range of its text.
    pub start: u32,
    pub end: u32,
    pub span: Span,
    /// Open brackets behind it.
    pub level: u16,
}
