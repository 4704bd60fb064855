//! "Did you mean": the nearest name by CPython's edit distance.
//!
//! Invariant: costs and limits are those of CPython's `Lib/traceback.py` (`_compute_suggestion_error`).

const MOVE: usize = 2;
const CASE: usize = 1;
const MAX_NAME: usize = 40;

/// The candidate nearest to `wrong`, if near enough.
pub fn suggest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = None;
    let mut best_distance = usize::MAX;
    for c in candidates {
        if c == wrong {
            continue;
        }
        let limit = ((wrong.len() + c.len() + 3) * MOVE / 6).min(best_distance.saturating_sub(1));
        let d = distance(wrong, c, limit);
        if d <= limit && d < best_distance {
            best = Some(c);
            best_distance = d;
        }
    }
    best
}
fn cost(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE
    } else {
        MOVE
    }
}
fn distance(a: &str, b: &str, max: usize) -> usize {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    let pre = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (a, b) = (&a[pre..], &b[pre..]);
    let post = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    (a, b) = (&a[..a.len() - post], &b[..b.len() - post]);
    if a.is_empty() || b.is_empty() {
        return MOVE * (a.len() + b.len());
    }
    if a.len() > MAX_NAME || b.len() > MAX_NAME {
        return max + 1;
    }
    if b.len() < a.len() {
        (a, b) = (b, a);
    }
    if (b.len() - a.len()) * MOVE > max {
        return max + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE).collect();
    let mut result = 0;
    for (bi, &bc) in b.iter().enumerate() {
        let mut prev = bi * MOVE;
        result = prev;
        let mut least = usize::MAX;
        for (ai, &ac) in a.iter().enumerate() {
            let substitute = prev + cost(bc, ac);
            prev = row[ai];
            let insert_delete = result.min(prev) + MOVE;
            result = insert_delete.min(substitute);
            row[ai] = result;
            least = least.min(result);
        }
        if least > max {
            return max + 1;
        }
    }
    result
}
