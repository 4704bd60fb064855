//! The owned and the lazy form of marshal data against each other, and what derives from a .pyc made anew.
//!
//! Invariant: [`round_trip`] accepts every file that CPython wrote. Next: `pyc`.

use std::collections::HashMap;

use pyc_format::header::{HEADER_SIZE, Header};
use pyc_format::lazy::{self, Lazy};
use pyc_format::marshal::{Graph, Loaded, ObjRef, Value};
use pyc_format::{exceptiontable, linetable, read_pyc, verify, write_pyc};

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

/// Says what of a file does not come back.
pub fn round_trip(file: &[u8]) -> Result<(), String> {
    let (header, loaded) = read_pyc(file).map_err(|error| error.to_string())?;
    let Loaded { mut graph, root, .. } = loaded;
    let again = |graph: &Graph| write_pyc(header, graph, root).map_err(|error| error.to_string());
    if again(&graph)? != file {
        return Err("is written back differently".into());
    }
    let lazy = Lazy::new(file, HEADER_SIZE);
    let lazy_root = lazy.root().map_err(|error| error.to_string())?;
    if let Some(difference) = difference(&graph, root, lazy_root) {
        return Err(format!("reads differently when lazy: {difference}"));
    }
    verify::tree::verify_graph(&graph, root, |_, _, _| ()).map_err(|error| format!("is not valid: {error}"))?;
    for obj in lazy.codes().map_err(|error| error.to_string())? {
        let code = obj.code().map_err(|error| error.to_string())?;
        code.verify().map_err(|fault| format!("is not valid when lazy: {fault}"))?;
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
