//! `cargo x fuzz-code [--count N] [--seed S] [PATH...]`: mutated code objects through the verifier, then random walks through
//! those that it accepts.
//!
//! Invariant: an input is a function of seed and index. Other than `fuzz-pyc` it aims at what the verifier checks: opcodes,
//! operands, tables, counts. Next: `walk`.

use std::process::ExitCode;

use pyc_format::marshal::Loaded;
use pyc_format::opcode::Opcode;
use pyc_format::verify::{ConstKind, Parts, tree::Facts, verify};

use crate::mutate::Random;
use crate::{pyc_files, walk};

/// The bytes and numbers of one code object that are mutated.
#[derive(Clone)]
struct Specimen {
    name: String,
    ints: [i32; 5],
    code: Vec<u8>,
    kinds: Vec<u8>,
    exceptiontable: Vec<u8>,
    linetable: Vec<u8>,
    n_names: usize,
    consts: Vec<ConstKind>,
}

impl Specimen {
    fn parts(&self) -> Parts<'_> {
        let [argcount, posonlyargcount, kwonlyargcount, stacksize, flags] = self.ints;
        Parts {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            firstlineno: 1,
            code: &self.code,
            n_localsplusnames: self.kinds.len(),
            localspluskinds: &self.kinds,
            n_consts: self.consts.len(),
            n_names: self.n_names,
            linetable: &self.linetable,
            exceptiontable: &self.exceptiontable,
        }
    }

    fn mutate(&mut self, random: &mut Random) {
        let unit = 2 * random.below(self.code.len() / 2);
        let set = |bytes: &mut [u8], at: usize, value: u8| {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        };
        let small = random.below(12) as u8;
        match random.below(10) {
            0 | 1 => {
                let op = Opcode::ALL[random.below(Opcode::ALL.len())];
                // One with as many caches has a chance.
                let stands = Opcode::from_u8(self.code.get(unit).copied().unwrap_or(0));
                if stands.is_some_and(|stands| stands.caches() == op.caches()) {
                    set(&mut self.code, unit, op.number() as u8);
                }
            }
            2..=4 => set(&mut self.code, unit + 1, small),
            5 => set(&mut self.code, unit + 1, random.next() as u8),
            6 => {
                let from = 2 * random.below(self.code.len() / 2);
                if let Some(&[op, oparg]) = self.code.get(from..from + 2) {
                    set(&mut self.code, unit, op);
                    set(&mut self.code, unit + 1, oparg);
                }
            }
            7 => {
                let at = random.below(self.exceptiontable.len());
                let old = self.exceptiontable.get(at).copied().unwrap_or(0);
                set(&mut self.exceptiontable, at, old & 0xC0 | small);
            }
            8 => {
                let at = random.below(self.ints.len());
                self.ints[at] ^= 1 << random.below(10);
            }
            _ => {
                let at = random.below(self.kinds.len());
                set(&mut self.kinds, at, [0x20, 0x26, 0x40, 0x60, 0x80][random.below(5)]);
            }
        }
    }
}

pub fn run(args: &[String]) -> ExitCode {
    let (mut count, mut seed, mut paths) = (100_000u64, 1u64, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (arg.as_str(), arg.starts_with('-')) {
            ("--count", _) => count = number(args.next()),
            ("--seed", _) => seed = number(args.next()),
            (_, true) => panic!("no option {arg}"),
            _ => paths.push(arg.clone()),
        }
    }
    if paths.is_empty() {
        paths.push(bunpy_tests::root().join("pyc").display().to_string());
        paths.push(bunpy_tests::root().join("dis").display().to_string());
    }
    let specimens: Vec<Specimen> = pyc_files::load(&paths)
        .iter()
        .flat_map(|(path, file)| {
            let (_, loaded) = pyc_format::read_pyc(file).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            specimens(&pyc_files::show(path), &loaded)
        })
        .collect();
    let (mut accepted, mut failures) = (0, 0);
    for index in 0..count {
        let mut random = Random::new(seed, index);
        let mut specimen = specimens[random.below(specimens.len())].clone();
        for _ in 0..1 + random.below(4) {
            specimen.mutate(&mut random);
        }
        let parts = specimen.parts();
        let Ok(verified) = verify(&parts, |at| specimen.consts[at]) else { continue };
        accepted += 1;
        for _ in 0..8 {
            if let Err(broken) = walk::walk(&parts, &verified, &mut random) {
                println!("--seed {seed}, input {index} ({}): {broken}", specimen.name);
                failures += 1;
                break;
            }
        }
    }
    println!("fuzz-code: {count} inputs of {} code objects, {accepted} accepted, {failures} failures", specimens.len());
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(arg: Option<&String>) -> u64 {
    arg.and_then(|arg| arg.parse().ok()).expect("a number")
}

/// The code objects of a file. Long ones are left out: mutations of short ones say as much.
fn specimens(name: &str, loaded: &Loaded) -> Vec<Specimen> {
    let graph = &loaded.graph;
    let mut facts = Facts::new(graph);
    let mut all = Vec::new();
    for code in graph.objects().filter_map(|obj| graph.as_code(obj)) {
        let Ok(parts) = facts.parts(code) else { continue };
        if parts.code.len() > 1000 {
            continue;
        }
        let consts = graph.as_tuple(code.consts).unwrap_or_default();
        all.push(Specimen {
            name: name.to_owned(),
            ints: [parts.argcount, parts.posonlyargcount, parts.kwonlyargcount, parts.stacksize, parts.flags],
            code: parts.code.to_vec(),
            kinds: parts.localspluskinds.to_vec(),
            exceptiontable: parts.exceptiontable.to_vec(),
            linetable: parts.linetable.to_vec(),
            n_names: parts.n_names,
            consts: consts.iter().map(|&constant| facts.kind(constant)).collect(),
        });
    }
    all
}
