//! `cargo x roundtrip PATH...`: every .pyc below is read and written back, and all that derives from it is made anew.
//!
//! Invariant: a file passes when marshal data, FLAG_REF as a rule, line tables and exception tables give its bytes
//! again, and the lazy form shows the same objects as the owned one. Next: `pyc_files`.

use std::process::ExitCode;

use crate::pyc_files;
use pyc_format::header::{HEADER_SIZE, Header};
use pyc_format::lazy::Lazy;
use pyc_format::marshal::{self, Graph, ObjRef};
use pyc_format::{exceptiontable, linetable, read_pyc, write_pyc};

pub fn run(args: &[String]) -> ExitCode {
    let files = pyc_files::load(args);
    let mut failed = 0;
    for (path, file) in &files {
        if let Err(why) = check(file) {
            failed += 1;
            println!("{}: {why}", pyc_files::show(path));
        }
    }
    println!("roundtrip: {} files, {failed} failed", files.len());
    if failed == 0 && !files.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what of a file does not come back.
pub fn check(file: &[u8]) -> Result<(), String> {
    let (header, loaded) = read_pyc(file).map_err(|error| error.to_string())?;
    let marshal::Loaded { mut graph, root, .. } = loaded;
    let again = |graph: &Graph| write_pyc(header, graph, root).map_err(|error| error.to_string());
    if again(&graph)? != file {
        return Err("is written back differently".into());
    }
    let lazy = Lazy::new(file, HEADER_SIZE);
    let lazy_root = lazy.root().map_err(|error| error.to_string())?;
    if let Some(difference) = pyc_files::difference(&graph, root, lazy_root) {
        return Err(format!("reads differently when lazy: {difference}"));
    }
    let objects: Vec<ObjRef> = graph.objects().collect();
    for &obj in &objects {
        graph.set_flag(obj, false);
    }
    graph.set_flags(root);
    if again(&graph)? != file {
        return Err("has flags that the rule does not explain".into());
    }
    if Header::parse(file).map(|(header, _)| Header::new(header.validation())) != Ok(header) {
        return Err("has another header".into());
    }
    objects.into_iter().try_for_each(|obj| check_tables(&graph, obj))
}

fn check_tables(graph: &Graph, obj: ObjRef) -> Result<(), String> {
    let Some(code) = graph.as_code(obj) else { return Ok(()) };
    let table = graph.as_bytes(code.linetable).unwrap_or_default();
    let entries = linetable::entries(table, code.firstlineno).collect::<Result<Vec<_>, _>>();
    let runs: Vec<_> = entries
        .map_err(|error| format!("line table: {error}"))?
        .iter()
        .map(|entry| (entry.location, entry.end - entry.start))
        .collect();
    if linetable::encode(code.firstlineno, &runs) != table {
        return Err("has a line table that encodes differently".into());
    }
    let table = graph.as_bytes(code.exceptiontable).unwrap_or_default();
    let entries = exceptiontable::entries(table).collect::<Result<Vec<_>, _>>();
    if exceptiontable::encode(&entries.map_err(|error| format!("exception table: {error}"))?) != table {
        return Err("has an exception table that encodes differently".into());
    }
    Ok(())
}
