//! Reads the cases of tools/oracle/sre.py on standard input and prints those that we answer otherwise.
//!
//! `$ORACLE/usr/bin/python3.14 tools/oracle/sre.py 100000 1 | cargo run -p bunpy-std-sre --example diff`
use std::io::BufRead;

use bunpy_std_sre::{Groups, Machine, Program, Request};

fn show(m: Option<Groups>) -> String {
    match m {
        None => "None".into(),
        Some(g) => {
            let spans: Vec<String> =
                g.spans.iter().map(|s| s.map_or("-1:-1".into(), |(a, b)| format!("{a}:{b}"))).collect();
            format!("{} {}", spans.join(","), g.lastindex.map_or("None".into(), |i| i.to_string()))
        }
    }
}

fn answer(mode: &str, program: &Program, text: &[u32]) -> String {
    let mut machine = Machine::new(program);
    let mut poll = || false;
    let whole = mode == "fullmatch";
    let mut request = Request { pos: 0, endpos: usize::MAX, whole, must_advance: false, poll: &mut poll };
    match mode {
        "search" => machine.search(text, &mut request).map(show),
        "findall" => {
            let mut all = Vec::new();
            loop {
                match machine.search(text, &mut request) {
                    Ok(Some(g)) => {
                        let (start, end) = g.spans[0].unwrap_or_default();
                        request.must_advance = start == end;
                        request.pos = end;
                        all.push(show(Some(g)));
                    }
                    Ok(None) => break Ok(all.join(";")),
                    Err(stop) => break Err(stop),
                }
            }
        }
        _ => machine.match_(text, &mut request).map(show),
    }
    .unwrap_or_else(|stop| format!("{stop:?}"))
}

fn words(field: &str) -> Vec<u32> {
    field.split(',').filter_map(|w| w.parse().ok()).collect()
}

fn main() {
    let (mut cases, mut different) = (0, 0);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [mode, groups, code, text, expected, note] = fields[..] else { continue };
        cases += 1;
        let ours = match Program::new(&words(code), groups.parse().unwrap_or(0)) {
            Ok(program) => answer(mode, &program, &words(text)),
            Err(_) => "invalid".into(),
        };
        if ours != expected {
            different += 1;
            if different <= 20 {
                println!("{mode} {note}\n  expected {expected}\n  ours     {ours}");
            }
        }
    }
    println!("{cases} cases, {different} differ");
    std::process::exit(i32::from(different > 0 || cases == 0));
}
