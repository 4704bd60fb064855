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
const BYTES_A_LEVEL: usize = 512;

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
    let nesting = source.bytes().filter(|&b| NESTS[b as usize]).count();
    let n_keywords: usize = ["not", "lambda", "else", "await", "yield"]
        .iter()
        .map(|k| memchr::memmem::find_iter(source.as_bytes(), k).count())
        .sum();
    if nesting + n_keywords <= UNCHECKED {
        return Some(Depth(nesting + n_keywords));
    }
    let depth = deepest_line(source);
    (depth <= LIMIT).then_some(Depth(depth))
}

/// Bytes of which a level of nesting needs at least one.
const NESTS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"-+~*/%&|^@<>([{.";
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

/// One open bracket, or the line itself.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Nesting since the last token that ends an expression here.
    chain: usize,
    /// Lambdas whose colon is still to come: their commas end nothing.
    lambdas: usize,
}

/// The deepest nesting of any logical line, by its tokens. The levels of closed brackets count on, since they may stand at
/// the bottom of a chain.
fn deepest_line(source: &str) -> usize {
    let mut lexer = lexer::lex(source, Mode::Module);
    let mut open = vec![Level::default()];
    let (mut total, mut deepest) = (0usize, 0usize);
    loop {
        let Some(level) = open.last_mut() else { return deepest };
        let mut nest = 0;
        match lexer.next_token() {
            TokenKind::EndOfFile => return deepest.max(total),
            TokenKind::Newline | TokenKind::Semi => {
                open.truncate(1);
                if let Some(line) = open.first_mut() {
                    *line = Level::default();
                }
                total = 0;
            }
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                level.chain += 1;
                total += 1;
                open.push(Level::default());
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                let closed = open.pop().unwrap_or_default();
                match open.last_mut() {
                    Some(level) => level.chain += closed.chain,
                    None => open.push(closed),
                }
            }
            TokenKind::Comma if level.lambdas == 0 => {
                total -= level.chain.min(total);
                level.chain = 0;
            }
            TokenKind::Colon => level.lambdas = level.lambdas.saturating_sub(1),
            TokenKind::Lambda => {
                level.lambdas += 1;
                nest = 1;
            }
            kind => nest = usize::from(nests(kind)),
        }
        if nest == 1
            && let Some(level) = open.last_mut()
        {
            level.chain += 1;
            total += 1;
        }
        deepest = deepest.max(total);
    }
}

fn nests(kind: TokenKind) -> bool {
    kind.is_operator() && kind != TokenKind::Comma
        || matches!(kind, TokenKind::Not | TokenKind::Else | TokenKind::Await | TokenKind::Yield | TokenKind::Async)
}
