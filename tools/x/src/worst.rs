//! Inputs that make the most of their size: for the bounds on memory that small mutations never come near.
//!
//! Invariant: each is a whole .pyc of about the size that is asked for. Next: `fuzz_pyc`.

use pyc_format::header::{Header, Validation};

/// Named inputs of about `size` bytes.
pub fn inputs(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a tuple of None", many(size, b"N")),
        ("a tuple of empty tuples", many(size, b")\0")),
        ("a tuple of flagged empty tuples", many(size, b"\xa9\0")),
        ("a tuple of flagged dicts", many(size, b"\xfb0")),
        ("a tuple of tuples of None", many(size, b")\x01N")),
        ("a tuple of slices", many(size, b":NNN")),
        ("a tuple of flagged ints", many(size, b"\xe9\0\0\0\0")),
        ("a tuple of Latin-1", many(size, b"z\x04\xff\xff\xff\xff")),
        ("a tuple of references", many(size, b"r\0\0\0\0")),
        ("one long Latin-1 str", string(b'a', size, 0xff)),
        ("one long str", string(b'u', size, b'x')),
        ("one long bytes", string(b's', size, 0)),
        ("code objects", codes(size, b"\xfa")),
        ("code objects of one linetable", codes(size, &[0xf8; 20_000])),
        ("one code object used often", code_uses(size)),
        ("a frozenset of a long str in tuples", shared_in_set(size)),
        ("frozensets in frozensets", nested_sets(size)),
        ("tuples doubling", doubling()),
        ("tuples as deep as can be", deep(1998)),
        ("tuples too deep", deep(5000)),
        ("an open tuple in open tuples", [header(), b"(\xff\xff\xff\x7f".repeat(size / 5)].concat()),
    ]
}

/// RESUME 0, LOAD_CONST 0, RETURN_VALUE, as bytes.
const RETURN_CONST: &[u8] = b"s\x06\0\0\0\x80\0\x52\0\x23\0";

fn header() -> Vec<u8> {
    Header::new(Validation::Timestamp { mtime: 0, size: 0 }).to_bytes().to_vec()
}

fn size_field(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}

/// A flagged tuple of one object again and again.
fn many(size: usize, object: &[u8]) -> Vec<u8> {
    let n = size / object.len();
    in_code(&[b"\xa8", &size_field(n)[..], &object.repeat(n)].concat())
}

/// A code object with these constants, after which dis and verify find nothing wrong before they look at them.
fn in_code(consts: &[u8]) -> Vec<u8> {
    [header(), code(b"f", RETURN_CONST, consts, b"s\x01\0\0\0\xfa")].concat()
}

fn code(name: &[u8], instructions: &[u8], consts: &[u8], linetable: &[u8]) -> Vec<u8> {
    let name = [&[b'z', name.len() as u8], name].concat();
    let ints = [size_field(0), size_field(0), size_field(0), size_field(1), size_field(0)].concat();
    let names = b")\0)\0s\0\0\0\0";
    let parts: [&[u8]; 11] =
        [b"\xe3", &ints, instructions, consts, names, &name, &name, &name, &size_field(1), linetable, b"s\0\0\0\0"];
    parts.concat()
}

fn string(letter: u8, size: usize, byte: u8) -> Vec<u8> {
    in_code(&[b")\x01", &[letter][..], &size_field(size), &vec![byte; size]].concat())
}

/// A tuple of small code objects, which share a line table if one is given.
fn codes(size: usize, linetable: &[u8]) -> Vec<u8> {
    let first = [b"\xf3", &size_field(linetable.len())[..], linetable].concat();
    // index 0 is the outer code object, 1 the tuple, 2 the table
    let one = code(b"", RETURN_CONST, b")\x01N", b"r\x02\0\0\0");
    let n = size / one.len();
    in_code(&[b"\xa8", &size_field(n + 1)[..], &first, &one.repeat(n)].concat())
}

/// A code object that many slots of the constants refer to.
fn code_uses(size: usize) -> Vec<u8> {
    let one = code(&[b'n'; 250], RETURN_CONST, b")\x01N", b"s\x01\0\0\0\xfa");
    let n = size / 5;
    in_code(&[b"\xa8", &size_field(n + 1)[..], &one, &b"r\x02\0\0\0".repeat(n)].concat())
}

/// A frozenset whose elements' sort keys all hold one long str.
fn shared_in_set(size: usize) -> Vec<u8> {
    let n = size / 40;
    let text = [b"\xf5", &size_field(size / 2)[..], &vec![b'x'; size / 2]].concat();
    let elements: Vec<u8> = (0..n).flat_map(|at| [&b")\x02r\x02\0\0\0i"[..], &size_field(at)].concat()).collect();
    in_code(&[&b"\xa9\x02"[..], &text, b">", &size_field(n), &elements].concat())
}

fn nested_sets(size: usize) -> Vec<u8> {
    let filler = size / 1900;
    let mut set = b"N".to_vec();
    for at in 0..1900u32 {
        let text = [b"z\xc8", &[b'a'; 200][..]].concat();
        let more = text.repeat(filler / 202);
        let n = 2 + filler / 202;
        set = [b">", &size_field(n)[..], &set, b"i", &at.to_le_bytes(), &more].concat();
    }
    in_code(&[b")\x01", &set[..]].concat())
}

/// 2**40 objects for those who follow references.
fn doubling() -> Vec<u8> {
    let mut tuple = b"\xa9\x00".to_vec();
    let mut index = 42u32;
    for _ in 0..40 {
        index -= 1;
        tuple = [b"\xa9\x02", &tuple[..], b"r", &index.to_le_bytes()].concat();
    }
    in_code(&tuple)
}

fn deep(depth: usize) -> Vec<u8> {
    in_code(&[b")\x01".repeat(depth), b"N".to_vec()].concat())
}
