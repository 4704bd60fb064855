//! Mutated code words: whatever they say, checking or running them ends without a panic.
//!
//! Invariant: the mutations are the same in every run (a fixed generator).
#![allow(clippy::unwrap_used)]

use bunpy_std_sre::{Machine, Program, Request};

/// Groups and code words as `re._compiler` makes them.
const SEEDS: &[(u32, &[u32])] = &[
    (
        1,
        &[
            14, 4, 0, 2, 4294967295, 23, 24, 0, 4294967295, 17, 0, 7, 10, 24, 6, 1, 4294967295, 16, 97, 1, 15, 7, 5,
            16, 98, 15, 2, 0, 17, 1, 19, 16, 99, 4, 5, 0, 16, 100, 1, 5, 5, 1, 16, 101, 1, 11, 0, 1,
        ],
    ),
    (
        0,
        &[
            14, 4, 0, 2, 4294967295, 23, 31, 1, 4294967295, 7, 10, 26, 6, 2, 5, 16, 120, 1, 15, 18, 16, 24, 12, 1,
            4294967295, 13, 7, 21, 8, 14, 8, 10, 0, 1, 15, 2, 0, 18, 16, 121, 1,
        ],
    ),
    (
        2,
        &[
            14, 8, 1, 3, 5, 1, 0, 122, 0, 17, 0, 16, 122, 17, 1, 27, 14, 16, 97, 7, 3, 15, 7, 5, 16, 98, 15, 2, 0, 1,
            12, 0, 6, 16, 99, 15, 3, 16, 100, 23, 9, 0, 1, 17, 2, 16, 122, 17, 3, 18, 6, 5, 1,
        ],
    ),
    (
        0,
        &[
            14, 4, 0, 6, 4294967295, 39, 6, 16, 115, 16, 383, 0, 40, 116, 40, 114, 40, 97, 40, 223, 40, 101, 6, 10, 29,
            105, 0, 4294967295, 39, 100, 10, 4, 33685760, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018,
            33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018,
            33686018, 33686018, 50528770, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027,
            50529027, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027, 50529027,
            50529027, 50529027, 50529027, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018,
            33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018,
            33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 33686018, 0, 0, 0, 134217726, 0, 0, 0, 0, 0,
            131072, 0, 2147483648, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4294967295, 4294967295, 4294967295, 4294967295,
            4294967295, 4294967295, 4294967295, 4294967295, 0, 1, 1,
        ],
    ),
    (
        1,
        &[
            14, 4, 0, 0, 4294967295, 28, 36, 1, 4294967295, 17, 0, 7, 17, 28, 12, 0, 4294967295, 16, 97, 24, 6, 0, 1,
            16, 98, 1, 1, 15, 12, 10, 24, 6, 3, 3, 16, 99, 1, 15, 2, 0, 17, 1, 1, 6, 7, 1,
        ],
    ),
];

#[test]
fn mutated_code_words() {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let text: Vec<u32> = "aabcdxxxxy zzabacccab".chars().map(u32::from).collect();
    let (mut ran, mut refused) = (0, 0);
    for round in 0..40_000 {
        let (groups, seed) = SEEDS[round % SEEDS.len()];
        let mut code = seed.to_vec();
        for _ in 0..1 + random(3) {
            let at = random(code.len());
            code[at] = match random(4) {
                0 => random(43) as u32,
                1 => code[at].wrapping_add(random(5) as u32).wrapping_sub(2),
                2 => code[random(code.len())],
                _ => [u32::MAX, 0, 1, 1 << 31, 1000][random(5)],
            };
        }
        let Ok(program) = Program::new(&code, groups) else {
            refused += 1;
            continue;
        };
        ran += 1;
        let mut polls = 0;
        let mut poll = || {
            polls += 1;
            polls > 8
        };
        let mut machine = Machine::new(&program);
        let mut request = Request { pos: 0, endpos: usize::MAX, whole: false, must_advance: false, poll: &mut poll };
        let _ = machine.search(&text[..], &mut request);
    }
    assert!(ran > 1000 && refused > 1000, "{ran} ran, {refused} were refused");
}
