//! `cargo x marshal-diff [--count N] [--seed S] [PATH...]`: mutated and made-up marshal data, our reader against
//! `marshal.loads` of the oracle: the same value, or the same exception with the same text.
//!
//! Invariant: inputs that kill CPython, or make it ask for more memory than there is, are counted and left out.
//! Next: `bunpy_tests::answers`, `mutate`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use bunpy_tests::answers::{self, answer};
use pyc_format::header::HEADER_SIZE;

use crate::mutate::{self, Random, Specimen};
use crate::{oracle, pyc_files};

/// How many inputs go to the oracle at once.
const BATCH: u64 = 4096;
const LARGEST: usize = 10_000;

pub fn run(args: &[String]) -> ExitCode {
    let Some(options) = crate::fuzz_pyc::options(args) else {
        eprintln!("usage: cargo x marshal-diff [--count N] [--seed S] [--start I] [PATH...]");
        return ExitCode::from(2);
    };
    let files = pyc_files::load(&options.paths).into_iter().filter(|(_, file)| file.len() <= LARGEST);
    let specimens: Vec<Specimen> =
        files.filter_map(|(path, file)| Specimen::new(pyc_files::show(&path), file)).collect();
    let mut tally = BTreeMap::new();
    let mut differences = 0;
    let end = options.start.saturating_add(options.count);
    for start in (options.start..end).step_by(BATCH as usize) {
        let inputs: Vec<Vec<u8>> =
            (start..end.min(start + BATCH)).map(|index| input(&specimens, options.seed, index)).collect();
        let lines: String = inputs
            .iter()
            .map(|input| input.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
            .collect();
        let answers = match oracle::ask(answers::SCRIPT, &[], &lines) {
            Ok(answers) => String::from_utf8_lossy(&answers).into_owned(),
            Err(why) => {
                eprintln!("cargo x marshal-diff: {why}");
                return ExitCode::from(2);
            }
        };
        if answers.lines().count() != inputs.len() {
            eprintln!("cargo x marshal-diff: {} answers to {} inputs", answers.lines().count(), inputs.len());
            return ExitCode::from(2);
        }
        for (at, (theirs, input)) in answers.lines().zip(&inputs).enumerate() {
            let kind = theirs.split([' ', ':']).next().unwrap_or_default().to_owned();
            *tally.entry(kind.clone()).or_insert(0u64) += 1;
            if matches!(kind.as_str(), "crash" | "memory") {
                continue;
            }
            let ours = answer(input);
            if ours != theirs {
                differences += 1;
                let (theirs, ours): (String, String) =
                    (theirs.chars().take(300).collect(), ours.chars().take(300).collect());
                println!(
                    "--seed {} --start {}:\n  CPython {theirs}\n  ours    {ours}",
                    options.seed,
                    start + at as u64
                );
            }
        }
    }
    println!("marshal-diff: {} inputs, {differences} differences; CPython's answers {tally:?}", options.count);
    if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Half mutated files, half made up of random objects.
fn input(specimens: &[Specimen], seed: u64, index: u64) -> Vec<u8> {
    let mut random = Random::new(seed, index);
    if !specimens.is_empty() && random.below(2) == 0 {
        let specimen = &specimens[random.below(specimens.len())];
        let donor = &specimens[random.below(specimens.len())];
        let (bytes, _) = mutate::mutate(&mut random, specimen, donor);
        return bytes.get(HEADER_SIZE..).unwrap_or_default().to_vec();
    }
    let mut out = Vec::new();
    made_up(&mut random, &mut out, 0);
    if random.below(4) == 0 {
        out.truncate(random.below(out.len() + 1));
    }
    if random.below(4) == 0 && !out.is_empty() {
        let at = random.below(out.len());
        out[at] = random.next() as u8;
    }
    out
}

/// A random object of any type, well-formed most of the time.
fn made_up(random: &mut Random, out: &mut Vec<u8>, depth: usize) {
    const LEAVES: &[u8] = b"NFTS.iIlfgxysutaAzZrr0";
    const CONTAINERS: &[u8] = b"()[{<>:c";
    let container = depth < 6 && random.below(3) != 0 || depth == 0 && random.below(4) != 0;
    let letters = if container { CONTAINERS } else { LEAVES };
    let letter = letters[random.below(letters.len())];
    if letter == b'0' && random.below(8) != 0 {
        return out.push(b'N');
    }
    out.push(letter | if random.below(2) == 0 { 0x80 } else { 0 });
    let size = |out: &mut Vec<u8>, n: usize| out.extend((n as u32).to_le_bytes());
    match letter {
        b'i' => out.extend((random.next() as u32).to_le_bytes()),
        b'I' | b'g' => out.extend(random.next().to_le_bytes()),
        b'y' => {
            out.extend(random.next().to_le_bytes());
            out.extend(random.next().to_le_bytes());
        }
        b'r' => size(out, random.below(12)),
        b'l' => {
            let n = random.below(9) as i32 - 4;
            out.extend(n.to_le_bytes());
            for _ in 0..n.unsigned_abs() {
                let digit = random.next() as u16;
                out.extend((if random.below(8) == 0 { digit } else { digit & 0x7fff }).to_le_bytes());
            }
        }
        b'f' | b'x' => {
            for _ in 0..1 + usize::from(letter == b'x') {
                let text = ["1.5", "-0", "1e400", "nan", "-inf", "", "1_0", " 1", "0x10", "infinity", "1e", ".5", "5."];
                let text = text[random.below(text.len())];
                out.push(text.len() as u8);
                out.extend(text.bytes());
            }
        }
        b's' | b'a' | b'A' => {
            let n = random.below(6);
            size(out, n);
            (0..n).for_each(|_| out.push(random.next() as u8));
        }
        b'z' | b'Z' => {
            let n = random.below(6);
            out.push(n as u8);
            (0..n).for_each(|_| out.push(random.next() as u8));
        }
        b'u' | b't' => {
            let pieces: [&[u8]; 14] = [
                b"a",
                b"\xc3\xa4",
                b"\xe2\x82\xac",
                b"\xf0\x9f\x90\x8d",
                b"\xed\xa0\x80",
                b"\xed\xbf\xbf",
                b"\xed\xa0",
                b"\xc0",
                b"\xff",
                b"\xf4\x90",
                b"\xe2\x82",
                b"\xf0\x90",
                b"\xc3",
                b"\x80",
            ];
            let mut text: Vec<u8> = Vec::new();
            for _ in 0..random.below(5) {
                let most = if random.below(3) == 0 { pieces.len() } else { 6 };
                text.extend(pieces[random.below(most)]);
            }
            size(out, text.len());
            out.extend(text);
        }
        b')' => {
            let n = random.below(4);
            out.push(n as u8);
            (0..n).for_each(|_| made_up(random, out, depth + 1));
        }
        b'(' | b'[' | b'<' | b'>' => {
            let n = random.below(4);
            size(out, n);
            (0..n).for_each(|_| made_up(random, out, depth + 1));
        }
        b'{' => {
            (0..2 * random.below(4)).for_each(|_| made_up(random, out, depth + 1));
            out.push(b'0');
        }
        b':' => (0..3).for_each(|_| made_up(random, out, depth + 1)),
        b'c' => {
            (0..5).for_each(|_| size(out, random.below(3)));
            for field in b"s))))szzz" {
                plausible(random, out, *field, depth);
            }
            size(out, random.below(100));
            plausible(random, out, b's', depth);
            plausible(random, out, b's', depth);
        }
        _ => {}
    }
}

/// A field of a code object: an empty object of the right type, or anything.
fn plausible(random: &mut Random, out: &mut Vec<u8>, letter: u8, depth: usize) {
    match (random.below(12), letter) {
        (0, _) => made_up(random, out, depth + 1),
        (_, b's') => out.extend(b"s\0\0\0\0"),
        (_, letter) => out.extend([letter, 0]),
    }
}
