//! How deep a tree may become, before ruff's parser builds it.
//!
//! Invariant: the bound is never below the depth of the tree; it costs a count of bytes for all but very large sources.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Sources with no more nesting than this are parsed without a look at their tokens.
const UNCHECKED: usize = 20_000;
/// Deeper trees are refused: CPython runs out of its own stack long before.
const LIMIT: usize = 100_000;
/// Stack that dropping and lowering one level of a tree takes at most.
const BYTES_A_LEVEL: usize = 2048;

/// A bound of a tree's depth.
#[derive(Clone, Copy, Debug)]
pub struct Depth(usize);

impl Depth {
    pub fn stack_size(self) -> usize {
        256 * 1024 + self.0 * BYTES_A_LEVEL
    }
}

/// The bound, or None if the tree would be deeper than anything CPython compiles.
pub fn bound(source: &str) -> Option<Depth> {
    // Each level takes a byte at least.
    if source.len() <= UNCHECKED {
        return Some(Depth(source.len()));
    }
    let nesting = count(source.as_bytes());
    if nesting <= UNCHECKED {
        return Some(Depth(nesting));
    }
    let depth = deepest_line(source);
    (depth <= LIMIT).then_some(Depth(depth))
}

/// Operators, opening brackets, and the first two letters of the keywords that nest (`not`, `lambda`, `else`, `await`,
/// `yield`), wherever they stand. A chunk at a time, so that the counts fit a byte and the loop is vectorised.
fn count(source: &[u8]) -> usize {
    const CHUNK: usize = 128;
    let next = source.get(1..).unwrap_or_default();
    let pairs = source.chunks(CHUNK).zip(next.chunks(CHUNK));
    pairs
        .map(|(bytes, next)| usize::from(bytes.iter().zip(next).map(|(&a, &b)| nests_at(a, b)).sum::<u8>()))
        .sum::<usize>()
        + 1
}

#[inline]
fn nests_at(a: u8, b: u8) -> u8 {
    let mut found = 0;
    // A comma among `*+,-./` is counted too: it is as well a bound.
    found |= u8::from(a.wrapping_sub(b'*') <= b'/' - b'*');
    for byte in *b"~%&|^@<>([{" {
        found |= u8::from(a == byte);
    }
    for [one, two] in [*b"no", *b"la", *b"el", *b"aw", *b"yi"] {
        found |= u8::from(a == one) & u8::from(b == two);
    }
    found
}

/// One open bracket, or the line itself.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Nesting since the last token that ends an expression here.
    chain: usize,
    /// The deepest of the brackets that closed since.
    inside: usize,
    /// Lambdas whose colon is still to come: their commas end nothing.
    lambdas: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.chain + self.inside
    }
}

/// The deepest nesting of any logical line, by its tokens.
fn deepest_line(source: &str) -> usize {
    let mut lexer = lexer::lex(source, Mode::Module);
    let mut open = vec![Level::default()];
    // The depths of all open levels together, and the largest that this was.
    let (mut total, mut deepest) = (0usize, 0usize);
    loop {
        let kind = lexer.next_token();
        let Some(level) = open.last_mut() else { return deepest };
        match kind {
            TokenKind::EndOfFile => return deepest,
            TokenKind::Newline | TokenKind::Semi => {
                open.clear();
                open.push(Level::default());
                total = 0;
            }
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                level.chain += 1;
                total += 1;
                open.push(Level::default());
            }
            TokenKind::FStringStart | TokenKind::TStringStart => open.push(Level::default()),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                let closed = open.pop().unwrap_or_default().depth();
                total -= closed.min(total);
                match open.last_mut() {
                    Some(level) => {
                        total += closed.saturating_sub(level.inside);
                        level.inside = level.inside.max(closed);
                    }
                    None => open.push(Level::default()),
                }
            }
            TokenKind::Comma if level.lambdas == 0 => {
                total -= level.depth().min(total);
                *level = Level::default();
            }
            TokenKind::Colon => level.lambdas = level.lambdas.saturating_sub(1),
            kind => {
                let nests = usize::from(nests(kind));
                level.lambdas += usize::from(kind == TokenKind::Lambda);
                level.chain += nests;
                total += nests;
            }
        }
        deepest = deepest.max(total);
    }
}

/// Whether a tree grows deeper with the token; comparisons and assignments are flat.
fn nests(kind: TokenKind) -> bool {
    let flat = matches!(
        kind,
        TokenKind::Comma
            | TokenKind::Equal
            | TokenKind::Less
            | TokenKind::Greater
            | TokenKind::LessEqual
            | TokenKind::GreaterEqual
            | TokenKind::EqEqual
            | TokenKind::NotEqual
    );
    kind.is_operator() && !flat
        || matches!(
            kind,
            TokenKind::Not
                | TokenKind::Else
                | TokenKind::Await
                | TokenKind::Yield
                | TokenKind::Async
                | TokenKind::Lambda
        )
}
