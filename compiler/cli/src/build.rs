//! The default command: walk, ask the manifests, compile what is stale in parallel, report.
//!
//! Invariant: what is written and said does not depend on the number of workers or their timing.

use crate::args;
use crate::atomic;
use crate::diagnostic::Diagnostic;
use crate::host::Compile;
use crate::job::{self, Context, Done};
use crate::manifest::{self, Entry, Manifest};
use crate::options::Options;
use crate::paths::cache_path;
use crate::report::Report;
use crate::signals::Interrupt;
use crate::store::Store;
use crate::walk::{self, Source, Walked};
use crate::{plan, pool, prune};
use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

pub fn run(argv: &[OsString], compile: &Compile) -> u8 {
    let began = Instant::now();
    match args::parse(argv) {
        Ok(options) => build(&options, compile, began),
        Err(answer) => answer.give(),
    }
}

/// A file that the manifest does not vouch for in full.
struct Pending {
    index: usize,
    name: Vec<u8>,
    levels: Vec<u8>,
}

fn build(options: &Options, compile: &Compile, began: Instant) -> u8 {
    let interrupt = Interrupt::install();
    let walked = walk::walk(options);
    let mut report = Report::new(options, began);
    for (path, error) in &walked.errors {
        report.totals.failed += 1;
        report.diagnostic(path, b"", &Diagnostic::Io(error.to_string()));
    }
    if !options.check {
        for temporary in &walked.temporaries {
            atomic::remove_abandoned(temporary);
        }
    }
    let setting = manifest::setting(options.legacy, &options.rename);
    let mut manifests: Vec<Manifest> = walked.roots.iter().map(|root| Manifest::read(root, setting)).collect();
    let pending = pending(options, &walked, &manifests, &mut report);

    job::catch_panics();
    let store = options.store.as_ref().map(|dir| Store::new(dir, options.durable));
    let context = Context { options, compile, store };
    let done = compile_all(&context, &walked, &manifests, &pending, &interrupt, &mut report);
    let mut dirty: Vec<bool> = manifests.iter().map(|_| false).collect();
    for (p, done) in pending.iter().zip(done) {
        let Some(source) = walked.sources.get(p.index) else { continue };
        // None: an interrupted run did not come to it.
        let Some(done) = done else { continue };
        settle(&mut report, options, source, p, &done);
        if let Some(root) = source.root
            && let (Some(m), Some(dirty), Some(path)) =
                (manifests.get_mut(root), dirty.get_mut(root), walked.roots.get(root))
        {
            *dirty |= remember(m, manifest::key(&source.path, path), done.entry);
        }
    }
    if options.prune {
        prune::prune(options, &walked, &mut report);
    }
    if !options.check {
        forget(&mut manifests, &mut dirty, &walked, options);
        for ((root, m), _) in walked.roots.iter().zip(&manifests).zip(&dirty).filter(|(_, dirty)| **dirty) {
            m.write(root, setting);
        }
    }
    report.totals.interrupted = interrupt.is_set();
    let status = report.finish();
    if interrupt.is_set() { interrupt.die() } else { status }
}

/// The work that stats alone don't spare; everything else is counted as unchanged.
fn pending(options: &Options, walked: &Walked, manifests: &[Manifest], report: &mut Report<'_>) -> Vec<Pending> {
    let mut out = Vec::new();
    let mut told = false;
    for (index, source) in walked.sources.iter().enumerate() {
        let root = source.root.and_then(|r| walked.roots.get(r));
        let entry = entry_of(source, walked, manifests);
        let is_stale = |&&level: &&u8| {
            let fresh = entry.filter(|_| !options.force).and_then(|entry| {
                let cache = cache_path(&source.path, level, options.legacy);
                plan::fresh_by_manifest(source, entry, level, options.mode, &cache)
            });
            fresh.is_none()
        };
        let levels: Vec<u8> = options.levels.iter().filter(is_stale).copied().collect();
        if levels.is_empty() {
            report.totals.unchanged += 1;
            continue;
        }
        // Twins are found among the levels of one run.
        let levels = if options.hardlink_dupes { options.levels.clone() } else { levels };
        let (name, applies) = options.rename.apply(&source.path, root.map(|r| r.as_path()));
        if !applies && !told && options.quiet < 2 {
            let strip = options.rename.strip.as_deref().unwrap_or_default();
            eprintln!("warning: -s {} is no prefix of {}; ignored", Path::new(strip).display(), source.path.display());
            told = true;
        }
        out.push(Pending { index, name, levels });
    }
    out
}

fn entry_of<'m>(source: &Source, walked: &Walked, manifests: &'m [Manifest]) -> Option<&'m Entry> {
    let root = source.root?;
    manifests.get(root)?.entries.get(manifest::key(&source.path, walked.roots.get(root)?))
}

/// Runs the pool; the results are in the order of `pending`.
fn compile_all(
    context: &Context<'_>,
    walked: &Walked,
    manifests: &[Manifest],
    pending: &[Pending],
    interrupt: &Interrupt,
    report: &mut Report<'_>,
) -> Vec<Option<Done>> {
    let mut done: Vec<Option<Done>> = pending.iter().map(|_| None).collect();
    if pending.is_empty() {
        return done;
    }
    // The largest first: the last one to finish then is a small one.
    let size = |i: &usize| pending.get(*i).and_then(|p| walked.sources.get(p.index)).map_or(0, |s| s.stat.size);
    let mut order: Vec<usize> = (0..pending.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(size(i)));

    let work = |i: usize| {
        let (Some(p), Some(source)) = (pending.get(i), pending.get(i).and_then(|p| walked.sources.get(p.index))) else {
            return Done::default();
        };
        job::run(context, source, &p.name, &p.levels, entry_of(source, walked, manifests))
    };
    let results = pool::run(&order, context.options.workers(), &|| interrupt.is_set(), &work, |n| {
        report.progress(n, pending.len());
    });
    report.end_progress();
    let Some(results) = results else {
        report.totals.failed += 1;
        let message = "no thread could be started: the limit on processes or memory is too low".to_owned();
        report.diagnostic(Path::new("bunpy-compile"), b"", &Diagnostic::Io(message));
        return done;
    };
    for (i, result) in results {
        if let Some(slot) = done.get_mut(i) {
            *slot = Some(result);
        }
    }
    // An interrupted run did not come to the rest; any other has lost a thread, and must not pass for complete.
    for slot in done.iter_mut().filter(|d| d.is_none() && !interrupt.is_set()) {
        let lost = Diagnostic::Internal("the thread that worked on it was lost".to_owned());
        *slot = Some(Done { diagnostics: vec![lost], failed: true, ..Done::default() });
    }
    done
}

/// Counts a file and says what there is to say of it.
fn settle(report: &mut Report<'_>, options: &Options, source: &Source, p: &Pending, done: &Done) {
    for d in &done.diagnostics {
        report.diagnostic(&source.path, &p.name, d);
    }
    for (level, cache) in &done.written {
        report.cache("compiled", &source.path, cache, Some(*level), None);
    }
    for (cache, why) in &done.stale {
        report.cache("stale", &source.path, cache, None, Some(why));
    }
    let count = if done.failed {
        &mut report.totals.failed
    } else if options.check && !done.stale.is_empty() {
        &mut report.totals.stale
    } else if done.written.is_empty() {
        &mut report.totals.unchanged
    } else {
        &mut report.totals.compiled
    };
    *count += 1;
}

/// Enters what is known of a file now; true if that changed anything.
fn remember(manifest: &mut Manifest, key: &[u8], entry: Option<Entry>) -> bool {
    match entry {
        Some(entry) => manifest.entries.insert(key.to_vec(), entry) != Some(entry),
        None => manifest.entries.remove(key).is_some(),
    }
}

/// Drops entries of files that are gone. Files that this run left out (ignored, deeper than `-r`) keep theirs only if a
/// run of everything would meet them again.
fn forget(manifests: &mut [Manifest], dirty: &mut [bool], walked: &Walked, options: &Options) {
    let whole = options.max_levels.is_none() && options.skip.is_none() && options.exclude.is_empty();
    for (r, ((m, dirty), root)) in manifests.iter_mut().zip(dirty).zip(&walked.roots).enumerate() {
        let met = walked.sources.iter().filter(|s| s.root == Some(r)).count();
        if !whole || m.entries.len() <= met {
            continue;
        }
        let keys: std::collections::HashSet<&[u8]> =
            walked.sources.iter().filter(|s| s.root == Some(r)).map(|s| manifest::key(&s.path, root)).collect();
        let before = m.entries.len();
        m.entries.retain(|key, _| keys.contains(&key[..]));
        *dirty |= m.entries.len() != before;
    }
}

/// The exit status for a message about usage.
pub fn usage(message: &str) -> u8 {
    eprintln!("{message}");
    crate::USAGE
}
