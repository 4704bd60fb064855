//! Mutations of .pyc files: from flipped bits to objects put where others were.
//!
//! Invariant: a mutation is a function of seed and index alone, so any input can be made again. Next: `fuzz_pyc`.
#![allow(clippy::ptr_arg)] // the mutations of one table have one signature

use std::collections::HashSet;

use pyc_format::header::HEADER_SIZE;
use pyc_format::lazy::{Lazy, Obj, Value};

/// A file to mutate, with the places worth hitting.
pub struct Specimen {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Offsets in the file at which objects begin, in order.
    objects: Vec<usize>,
    /// Instructions: start..end in the file.
    code: Vec<std::ops::Range<usize>>,
}

impl Specimen {
    /// None if the file can't be read.
    pub fn new(name: String, bytes: Vec<u8>) -> Option<Specimen> {
        let lazy = Lazy::new(&bytes, HEADER_SIZE);
        let (mut seen, mut code) = (HashSet::new(), Vec::new());
        let mut open: Vec<Obj<'_>> = vec![lazy.root().ok()?];
        while let Some(obj) = open.pop() {
            if !seen.insert(obj.id()) {
                continue;
            }
            match obj.value().ok()? {
                Value::Tuple(items)
                | Value::List(items)
                | Value::Dict(items)
                | Value::Set(items)
                | Value::FrozenSet(items)
                | Value::Slice(items) => open.extend(items),
                Value::Code(parts) => {
                    let start = parts.object(0).id() as usize + 5 + HEADER_SIZE;
                    code.push(start..start + parts.code().len());
                    open.extend((0..10).map(|field| parts.object(field)));
                }
                _ => {}
            }
        }
        let mut objects: Vec<usize> = seen.into_iter().map(|id| id as usize + HEADER_SIZE).collect();
        objects.sort_unstable();
        Some(Specimen { name, bytes, objects, code })
    }
}

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64, index: u64) -> Random {
        let mut random = Random(seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).cloned()
    }
}

/// Makes one input of `specimen`, with pieces of `donor`. Returns it with the names of what was done.
pub fn mutate(random: &mut Random, specimen: &Specimen, donor: &Specimen) -> (Vec<u8>, Vec<&'static str>) {
    let mut bytes = specimen.bytes.clone();
    let mut done = Vec::new();
    for _ in 0..1 + random.below(3) * random.below(2) {
        let (name, mutation) = MUTATIONS[random.below(MUTATIONS.len())];
        mutation(random, &mut bytes, specimen, donor);
        done.push(name);
    }
    (bytes, done)
}

type Mutation = fn(&mut Random, &mut Vec<u8>, &Specimen, &Specimen);

const MUTATIONS: [(&str, Mutation); 12] = [
    ("flip bits", flip_bits),
    ("set bytes", set_bytes),
    ("truncate", truncate),
    ("length", length),
    ("letter", letter),
    ("flag", flag),
    ("reference", reference),
    ("splice", splice),
    ("splice", splice),
    ("swap operands", swap_operands),
    ("instruction", instruction),
    ("int", int),
];

fn flip_bits(random: &mut Random, bytes: &mut Vec<u8>, _: &Specimen, _: &Specimen) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
    }
}

fn set_bytes(random: &mut Random, bytes: &mut Vec<u8>, _: &Specimen, _: &Specimen) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = random.next() as u8;
        }
    }
}

fn truncate(random: &mut Random, bytes: &mut Vec<u8>, _: &Specimen, _: &Specimen) {
    bytes.truncate(random.below(bytes.len() + 1));
}

/// Four bytes that are a number to those who trust it.
fn number(random: &mut Random) -> [u8; 4] {
    let edge = [0, 1, 2, 255, 256, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_fffe, 0x0100_0000, 0x4000_0000];
    let value = match random.below(3) {
        0 => edge[random.below(edge.len())],
        1 => random.below(1 << 17) as u32,
        _ => random.next() as u32,
    };
    value.to_le_bytes()
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes.iter_mut().skip(at).zip(with).for_each(|(byte, &new)| *byte = new);
}

/// The length of an object, or whatever stands behind its letter.
fn length(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(at) = random.pick(&specimen.objects) else { return };
    if random.below(2) == 0 {
        overwrite(bytes, at + 1, &number(random));
    } else if let Some(byte) = bytes.get_mut(at + 1) {
        *byte = random.next() as u8;
    }
}

fn letter(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(at) = random.pick(&specimen.objects) else { return };
    let letter = b"0NFTS.iIlfgxysutaAzZ()[{<>:cr?"[random.below(30)];
    if let Some(byte) = bytes.get_mut(at) {
        *byte = *byte & 0x80 | letter;
    }
}

fn flag(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(at) = random.pick(&specimen.objects) else { return };
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 0x80;
    }
}

/// Puts a reference where an object was, or where it happens to fit.
fn reference(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(at) = random.pick(&specimen.objects) else { return };
    let index = random.below(specimen.objects.len() * 2) as u32;
    let mut object = vec![b'r'];
    object.extend(index.to_le_bytes());
    let end = specimen.objects.iter().copied().find(|&next| next > at).unwrap_or(bytes.len());
    put(bytes, at, end, &object);
}

/// Replaces at..end, as far as they are still there.
fn put(bytes: &mut Vec<u8>, at: usize, end: usize, with: &[u8]) {
    let end = end.min(bytes.len());
    if at <= end {
        bytes.splice(at..end, with.iter().copied());
    }
}

/// An object or a run of them, from the donor or the file itself, over another one or beside it.
fn splice(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, donor: &Specimen) {
    let from = if random.below(2) == 0 { specimen } else { donor };
    let Some(start) = random.pick(&from.objects) else { return };
    let later = from.objects.partition_point(|&object| object <= start);
    let end = from.objects.get(later + random.below(6)).copied().unwrap_or(from.bytes.len());
    let piece = from.bytes.get(start..end.min(start + 4096)).unwrap_or_default();
    let Some(at) = random.pick(&specimen.objects) else { return };
    let next = specimen.objects.partition_point(|&object| object <= at);
    let over = match random.below(3) {
        0 => at,
        1 => specimen.objects.get(next).copied().unwrap_or(bytes.len()),
        _ => specimen.objects.get(next + random.below(6)).copied().unwrap_or(bytes.len()),
    };
    let times = if random.below(64) == 0 { 1 + random.below(300) } else { 1 };
    put(bytes, at, over, &piece.repeat(times));
}

fn swap_operands(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(code) = random.pick(&specimen.code) else { return };
    let unit = |random: &mut Random| code.start + 2 * random.below(code.len() / 2);
    let (one, other) = (unit(random), unit(random));
    let both = if random.below(4) == 0 { 0..2 } else { 1..2 };
    for at in both {
        if one + at < bytes.len() && other + at < bytes.len() {
            bytes.swap(one + at, other + at);
        }
    }
}

fn instruction(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(code) = random.pick(&specimen.code) else { return };
    let at = code.start + 2 * random.below(code.len() / 2);
    let (which, new) = (random.below(3), random.next().to_le_bytes());
    overwrite(bytes, at + usize::from(which == 1), &new[..1 + usize::from(which == 2)]);
}

/// One of the ints of a code object.
fn int(random: &mut Random, bytes: &mut Vec<u8>, specimen: &Specimen, _: &Specimen) {
    let Some(code) = random.pick(&specimen.code) else { return };
    let Some(at) = code.start.checked_sub(25 - 4 * random.below(5)) else { return };
    overwrite(bytes, at, &number(random));
}
