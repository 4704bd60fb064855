//! What the commands over many .pyc share: finding them, and comparing the two forms of marshal data.
//!
//! Invariant: files come in the order of their paths. Next: `roundtrip`, `bench_pyc`, `fuzz_pyc`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pyc_format::lazy;
use pyc_format::marshal::{Graph, ObjRef, Value};

/// All .pyc below the given files and directories.
pub fn find(paths: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "pyc") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All .pyc below, with their contents.
pub fn load(paths: &[String]) -> Vec<(PathBuf, Vec<u8>)> {
    find(paths).into_iter().filter_map(|path| Some((path.clone(), std::fs::read(&path).ok()?))).collect()
}

/// A path as a test or report names it.
pub fn show(path: &Path) -> String {
    path.display().to_string()
}

/// Says where an owned and a lazy object differ: values, order, sharing and flags.
pub fn difference(graph: &Graph, root: ObjRef, lazy: lazy::Obj<'_>) -> Option<String> {
    let mut ids = HashMap::new();
    let mut open = vec![(root, lazy)];
    while let Some((owned, lazy)) = open.pop() {
        if owned.is_singleton() {
            let same = matches!(
                (graph.get(owned), lazy.value()),
                (Value::None, Ok(lazy::Value::None))
                    | (Value::True, Ok(lazy::Value::True))
                    | (Value::False, Ok(lazy::Value::False))
                    | (Value::Ellipsis, Ok(lazy::Value::Ellipsis))
                    | (Value::StopIteration, Ok(lazy::Value::StopIteration))
            );
            if !same {
                return Some(format!("{:?} is {:?}", graph.get(owned), lazy.value()));
            }
            continue;
        }
        if let Some(&id) = ids.get(&owned) {
            if id != lazy.id() {
                return Some(format!("{:?} is shared in one form only, at {id} and {}", graph.get(owned), lazy.id()));
            }
            continue;
        }
        ids.insert(owned, lazy.id());
        if graph.flag(owned) != lazy.flag() {
            return Some(format!("flags of {:?} differ", graph.get(owned)));
        }
        let value = match lazy.value() {
            Ok(value) => value,
            Err(error) => return Some(format!("{:?} does not open lazily: {error}", graph.get(owned))),
        };
        use lazy::Value as L;
        let items: Vec<lazy::Obj<'_>> = match (graph.get(owned), value) {
            (Value::Int(one), L::Int(other)) if one == other => continue,
            (Value::BigInt(one), L::BigInt(other)) if one == other => continue,
            (Value::Float(one), L::Float(other)) if one == other => continue,
            (Value::Complex(a, b), L::Complex(c, d)) if (a, b) == (c, d) => continue,
            (Value::Bytes(one), L::Bytes(other)) if one == other => continue,
            (Value::Str(one), L::Str(other))
                if one.bytes == &*other.bytes && one.interned == other.interned && one.ascii == other.ascii =>
            {
                continue;
            }
            (Value::Tuple(_), L::Tuple(items))
            | (Value::List(_), L::List(items))
            | (Value::Dict(_), L::Dict(items))
            | (Value::Set(_), L::Set(items))
            | (Value::FrozenSet(_), L::FrozenSet(items))
            | (Value::Slice(_), L::Slice(items)) => items.collect(),
            (Value::Code(one), L::Code(other)) => {
                let ints = [
                    (one.argcount, other.argcount()),
                    (one.posonlyargcount, other.posonlyargcount()),
                    (one.kwonlyargcount, other.kwonlyargcount()),
                    (one.stacksize, other.stacksize()),
                    (one.flags, other.flags()),
                    (one.firstlineno, other.firstlineno()),
                ];
                if ints.iter().any(|(one, other)| one != other) {
                    return Some(format!("ints of {one:?} differ"));
                }
                open.extend(one.objects().into_iter().zip((0..10).map(|field| other.object(field))));
                continue;
            }
            (one, other) => return Some(format!("{one:?} is {other:?}")),
        };
        let children = graph.items(owned);
        if children.len() != items.len() {
            return Some(format!("{:?} has {} items lazily", graph.get(owned), items.len()));
        }
        open.extend(children.iter().copied().zip(items));
    }
    None
}
