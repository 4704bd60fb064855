//! One source: read, compare with its caches, compile what is stale, write.
//!
//! Invariant: a file's failure is its own: nothing here panics out, and no other file is touched.

use crate::atomic;
use crate::diagnostic::{Diagnostic, line_of};
use crate::host::{Compile, Request};
use crate::manifest::{self, Cache, Entry, Stat};
use crate::options::{Mode, Options};
use crate::paths::cache_path;
use crate::plan::{self, Verdict};
use crate::store::Store;
use crate::walk::Source;
use pyc_format::header::{Header, Validation, source_hash};
use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Sources beyond this are refused: CPython's tokenizer counts in C ints.
const MAX_SOURCE: u64 = i32::MAX as u64;

/// How often a source that changes under our hands is read again.
const ATTEMPTS: usize = 5;

pub struct Context<'a> {
    pub options: &'a Options,
    pub compile: &'a Compile,
    pub store: Option<Store>,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct Done {
    pub diagnostics: Vec<Diagnostic>,
    /// Caches that were written, with their level.
    pub written: Vec<(u8, PathBuf)>,
    /// With `--check`: caches that would be, and why.
    pub stale: Vec<(PathBuf, String)>,
    /// For the manifest.
    pub entry: Option<Entry>,
    pub failed: bool,
}

/// Works on the levels that the manifest does not vouch for; `name` is `co_filename`.
pub fn run(context: &Context<'_>, source: &Source, name: &[u8], levels: &[u8], known: Option<&Entry>) -> Done {
    let mut done = Done::default();
    if let Err(e) = attempt(context, source, name, levels, known, &mut done) {
        done.diagnostics.push(Diagnostic::Io(e.to_string()));
        done.failed = true;
    }
    done
}

/// A source with the stat that its content belongs to.
struct Text {
    bytes: Vec<u8>,
    meta: fs::Metadata,
    /// A later change would show in the stat.
    settled: bool,
}

fn read_source(source: &Source) -> io::Result<Text> {
    let mut bytes = Vec::new();
    for _ in 0..ATTEMPTS {
        let began = manifest::now();
        let mut file = File::open(&source.path)?;
        let before = file.metadata()?;
        if !before.is_file() {
            return Err(io::Error::other("is no longer a regular file"));
        }
        if before.len() > MAX_SOURCE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "is larger than 2 GB"));
        }
        bytes.clear();
        bytes.reserve_exact(before.len() as usize + 1);
        (&mut file).take(MAX_SOURCE + 1).read_to_end(&mut bytes)?;
        let meta = file.metadata()?;
        let (a, b) = (Stat::of(&before), Stat::of(&meta));
        if a == b && b.size == bytes.len() as u64 {
            return Ok(Text { bytes, meta, settled: !b.is_racy(began) });
        }
    }
    Err(io::Error::other("keeps changing while it is read"))
}

fn attempt(
    context: &Context<'_>,
    source: &Source,
    name: &[u8],
    levels: &[u8],
    known: Option<&Entry>,
    done: &mut Done,
) -> io::Result<()> {
    let Context { options, .. } = context;
    let caches: Vec<(u8, PathBuf)> =
        levels.iter().map(|&level| (level, cache_path(&source.path, level, options.legacy))).collect();
    let found: Vec<Result<plan::Found, Verdict>> = caches
        .iter()
        .map(|(_, path)| if options.force { Err(Verdict::Forced) } else { plan::read_header(path) })
        .collect();

    // Timestamps need no source; a hash is worth computing only if some cache can be fresh by it, or will be written.
    let timestamps = options.mode == Mode::Timestamp;
    let mut text = None;
    if !timestamps || options.force {
        text = Some(read_source(source)?);
    }
    let hash_of = |text: &Option<Text>| text.as_ref().map_or(0, |t| source_hash(&t.bytes));
    let mut hash = if timestamps { None } else { Some(hash_of(&text)) };
    let meta = match &text {
        Some(t) => t.meta.clone(),
        None => fs::metadata(&source.path)?,
    };
    let wanted = plan::expected(options.mode, &meta, || hash.unwrap_or(0));

    let mut kept: [Option<Cache>; 3] = [None; 3];
    let (mut stale, mut fresh) = (Vec::new(), Vec::new());
    for ((level, path), found) in caches.into_iter().zip(found) {
        match found.map(|found| (plan::compare(found.validation, wanted), found)) {
            Ok((Verdict::FreshByHeader, found)) => fresh.push((level, path, found)),
            Ok((verdict, _)) | Err(verdict) => stale.push((level, path, verdict)),
        }
    }
    if options.hardlink_dupes && !stale.is_empty() {
        // Levels are compared with each other: one alone would not know its twin.
        stale.extend(fresh.drain(..).map(|(level, path, _)| (level, path, Verdict::Forced)));
        stale.sort_by_key(|s| s.0);
    }
    for (level, _, found) in fresh {
        if let Some(slot) = kept.get_mut(usize::from(level)) {
            *slot = Some(Cache::of(options.mode.flags(), &found.meta));
        }
    }
    if options.check {
        done.stale = stale.into_iter().map(|(_, path, verdict)| (path, verdict.to_string())).collect();
        return Ok(());
    }
    if !stale.is_empty() {
        let text = match text.take() {
            Some(t) => t,
            None => read_source(source)?,
        };
        let wanted = plan::expected(options.mode, &text.meta, || *hash.get_or_insert_with(|| source_hash(&text.bytes)));
        compile_levels(context, &text, name, wanted, stale, &mut kept, done)?;
        if text.settled {
            done.entry = entry(&text.meta, hash, kept, known);
        }
    } else if match &text {
        Some(t) => t.settled,
        None => !Stat::of(&meta).is_racy(manifest::now()),
    } {
        done.entry = entry(&meta, hash, kept, known);
    }
    Ok(())
}

/// What the manifest keeps: the caches of this run, and those of other levels that it knew already.
fn entry(
    meta: &fs::Metadata,
    hash: Option<u64>,
    mut caches: [Option<Cache>; 3],
    known: Option<&Entry>,
) -> Option<Entry> {
    let source = Stat::of(meta);
    if let Some(known) = known.filter(|k| k.source == source) {
        caches.iter_mut().zip(known.caches).for_each(|(new, old)| *new = new.or(old));
    }
    let hash = hash.or(known.filter(|k| k.source == source).map(|k| k.hash)).unwrap_or(0);
    Some(Entry { source, hash, caches })
}

fn compile_levels(
    context: &Context<'_>,
    text: &Text,
    name: &[u8],
    wanted: Validation,
    stale: Vec<(u8, PathBuf, Verdict)>,
    kept: &mut [Option<Cache>; 3],
    done: &mut Done,
) -> io::Result<()> {
    let Context { options, .. } = context;
    let header = Header::new(wanted).to_bytes();
    let mode = (text.meta.mode() | 0o200) & 0o666;
    let mut previous: Option<(PathBuf, Vec<u8>)> = None;
    for (level, path, _) in stale {
        let Some(body) = compiled(context, text, name, level, done) else {
            done.failed = true;
            return Ok(());
        };
        let place = |e: io::Error| io::Error::new(e.kind(), format!("can't write {}: {e}", path.display()));
        atomic::check_target(&path).map_err(place)?;
        let twin = previous.as_ref().filter(|(_, other)| options.hardlink_dupes && *other == body);
        let meta = match twin {
            Some((existing, _)) => {
                atomic::hard_link(existing, &path).and_then(|()| fs::symlink_metadata(&path)).map_err(place)?
            }
            None => atomic::write(&path, &[&header, &body], mode, options.durable).map_err(place)?,
        };
        if let Some(slot) = kept.get_mut(usize::from(level)) {
            *slot = Some(Cache::of(options.mode.flags(), &meta));
        }
        done.written.push((level, path.clone()));
        previous = Some((path, body));
    }
    Ok(())
}

/// The marshal data of one level; None if the source is refused, which `done` then says.
fn compiled(context: &Context<'_>, text: &Text, name: &[u8], level: u8, done: &mut Done) -> Option<Vec<u8>> {
    let stored = context.store.as_ref().map(|store| (store, store.key(&text.bytes, level)));
    if let Some((store, key)) = &stored
        && let Some(body) = store.get(key, name)
    {
        return Some(body);
    }
    let request = Request { source: &text.bytes, filename: name, optimize: level };
    let outcome = match catch_unwind(AssertUnwindSafe(|| (context.compile)(&request))) {
        Ok(outcome) => outcome,
        Err(_) => {
            let message = PANIC.take().unwrap_or_else(|| "panic".to_owned());
            done.diagnostics.push(Diagnostic::Internal(message));
            return None;
        }
    };
    let silent = outcome.warnings.is_empty();
    for warning in outcome.warnings {
        // Levels see the same source: what the first one said, the next one need not.
        let said = |d: &Diagnostic| matches!(d, Diagnostic::Warning(w, _) if *w == warning);
        if !done.diagnostics.iter().any(said) {
            let line = line_of(&text.bytes, warning.lineno);
            done.diagnostics.push(Diagnostic::Warning(warning, line));
        }
    }
    match outcome.result {
        Ok(body) => {
            if let Some((store, key)) = stored.filter(|_| silent) {
                store.put(&key, name, &body);
            }
            Some(body)
        }
        Err(error) => {
            done.diagnostics.push(Diagnostic::Error(error));
            None
        }
    }
}

thread_local! {
    /// What the last panic of this thread said.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes a panic of the compiler a message of its file instead of text on standard error.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let said = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
        let said = said.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned());
        let place = info.location().map_or(String::new(), |l| format!(" at {}:{}", l.file(), l.line()));
        PANIC.set(Some(format!("{said}{place}")));
    }));
}
