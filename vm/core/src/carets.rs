//! Which part of a source segment a traceback marks with `^`: the operator of a binary operation, the brackets of a
//! subscript, the parentheses of a call.
//!
//! Invariant: works on one line of text that is one whole expression; what it does not understand gets no anchors.

/// Byte range of the segment that gets `^`, the rest getting `~`.
pub fn anchors(segment: &str) -> Option<(usize, usize)> {
    let b = segment.as_bytes();
    // The last bracket group that closes at the end decides between call and subscript.
    let close = *b.last()?;
    if close == b')' || close == b']' {
        let open = matching(b)?;
        if open > 0 && balanced(&b[..open]) && top_level_operator(&b[..open]).is_none() && !is_keyword(&segment[..open])
        {
            return Some((open, b.len()));
        }
    }
    let (at, len) = top_level_operator(b)?;
    Some((at, at + len))
}
/// Whether marks say anything: not for a statement that only returns or assigns the call that failed.
pub fn wanted(before: &str, segment: &str, to_the_end: bool) -> bool {
    let call = segment.ends_with(')') && matching(segment.as_bytes()).is_some_and(|i| i > 0);
    if !to_the_end || !call {
        return true;
    }
    let b = before.trim_end();
    if b == "return" {
        let name = segment.split('(').next().unwrap_or("");
        return !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    }
    !(b.ends_with('=')
        && !b.ends_with("==")
        && !b[..b.len() - 1].ends_with(['+', '-', '*', '/', '%', '&', '|', '^', '@', '<', '>', ':', '!']))
}
fn is_keyword(s: &str) -> bool {
    let s = s.trim_end();
    s.is_empty() || s.ends_with([',', '(', '[', '=', ':'])
}
/// Where the bracket that the last byte closes opens.
fn matching(b: &[u8]) -> Option<usize> {
    let mut stack = Vec::new();
    let mut i = 0;
    while i < b.len() {
        match b[i] {
            b'\'' | b'"' => i = skip_string(b, i)?,
            b'(' | b'[' | b'{' => stack.push(i),
            b')' | b']' | b'}' => {
                let open = stack.pop()?;
                if i == b.len() - 1 {
                    return if stack.is_empty() { Some(open) } else { None };
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}
fn balanced(b: &[u8]) -> bool {
    let mut depth = 0;
    for c in b {
        match c {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}
/// The index of a string's last byte.
fn skip_string(b: &[u8], start: usize) -> Option<usize> {
    let q = b[start];
    let mut i = start + 1;
    while i < b.len() {
        match b[i] {
            b'\\' => i += 1,
            c if c == q => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}
/// The binary operator outside all brackets that binds least, the last one of its kind: position and length.
fn top_level_operator(b: &[u8]) -> Option<(usize, usize)> {
    let mut best: Option<(u32, usize, usize)> = None;
    let (mut i, mut depth) = (0, 0);
    let mut operand = false;
    while i < b.len() {
        match b[i] {
            b'\'' | b'"' => {
                i = skip_string(b, i)?;
                operand = true;
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                operand = true;
            }
            b' ' => {}
            c if depth == 0 && b"+-*/%@&|^<>".contains(&c) => {
                let two = b.get(i + 1).copied();
                let len = match (c, two) {
                    (b'*', Some(b'*')) | (b'/', Some(b'/')) | (b'<', Some(b'<')) | (b'>', Some(b'>')) => 2,
                    (b'<' | b'>', _) => return None,
                    _ => 1,
                };
                if operand {
                    let rank = match (c, len) {
                        (b'|', _) => 0,
                        (b'^', _) => 1,
                        (b'&', _) => 2,
                        (b'<' | b'>', _) => 3,
                        (b'+' | b'-', _) => 4,
                        (b'*', 2) => 6,
                        _ => 5,
                    };
                    // Power binds to the right, everything else to the left.
                    let better = best.is_none_or(|(r, _, _)| if rank == 6 { rank < r } else { rank <= r });
                    if better {
                        best = Some((rank, i, len));
                    }
                    operand = false;
                }
                i += len - 1;
            }
            b',' | b'=' | b':' | b'!' if depth == 0 => return None,
            c if depth == 0 && c.is_ascii_alphabetic() => {
                let start = i;
                while i < b.len() && (b[i].is_ascii_alphanumeric() || b[i] == b'_' || b[i] >= 0x80) {
                    i += 1;
                }
                if matches!(
                    &b[start..i],
                    b"and" | b"or" | b"not" | b"in" | b"is" | b"if" | b"else" | b"lambda" | b"await" | b"for"
                ) {
                    return None;
                }
                operand = true;
                continue;
            }
            _ => operand = true,
        }
        i += 1;
    }
    best.map(|(_, at, len)| (at, len))
}
