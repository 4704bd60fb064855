//! `bunpy-compile explain FILE...`: why a file's caches are or are not used.
//!
//! Invariant: the verdicts are those that the default command acts on, made by the same code.

use crate::args;
use crate::manifest::{self, Manifest, Stat};
use crate::options::{Format, Mode, Options};
use crate::paths::{cache_path, json_string, show};
use crate::plan::{self, Verdict};
use crate::walk::{self, Source};
use pyc_format::header::source_hash;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub fn run(argv: Vec<OsString>) -> u8 {
    let options = match args::parse_explain(argv.get(1..).unwrap_or_default()) {
        Ok(options) => options,
        Err(answer) => return answer.give(),
    };
    let mut worst = crate::SUCCESS;
    for path in &options.paths {
        if let Err(e) = explain(path, &options) {
            eprintln!("error: {}: {e}", show(path));
            worst = crate::FAILED;
        }
    }
    worst
}

/// The nearest directory above a file that has a manifest.
fn root_of(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .skip(1)
        .map(|dir| if dir.as_os_str().is_empty() { Path::new(".") } else { dir })
        .find(|dir| manifest::path(dir).exists())
        .map(Path::to_owned)
}

fn explain(path: &Path, options: &Options) -> std::io::Result<()> {
    let meta = fs::metadata(path)?;
    let bytes = fs::read(path)?;
    let hash = source_hash(&bytes);
    let source = Source { path: path.to_owned(), root: None, stat: Stat::of(&meta) };
    let root = root_of(path);
    let setting = manifest::setting(options.legacy, &options.rename);
    let known = root.as_ref().map(|root| Manifest::read(root, setting));
    let entry = root.as_ref().zip(known.as_ref()).and_then(|(root, known)| {
        let relative = if root == Path::new(".") { path.strip_prefix(".").unwrap_or(path) } else { path };
        known.entries.get(manifest::key(relative, root))
    });
    let human = options.format == Format::Human;
    if human {
        println!("{}", show(path));
        println!("  source: {} bytes, time {}, hash {hash:016x}", meta.len(), meta.mtime());
        match (&root, entry) {
            (None, _) => println!("  manifest: none"),
            (Some(root), None) => println!("  manifest: {} does not have it", show(&manifest::path(root))),
            (Some(root), Some(e)) => {
                let agrees = if e.source == source.stat { "and its stat agrees" } else { "but its stat differs" };
                println!("  manifest: {} has it, {agrees}", show(&manifest::path(root)));
            }
        }
        if walk::is_ignored(path, options) {
            println!("  ignored: .gitignore leaves it out of a walk (--no-ignore compiles it)");
        }
    }
    for &level in &options.levels {
        let cache = cache_path(path, level, options.legacy);
        let by_manifest = entry.and_then(|e| plan::fresh_by_manifest(&source, e, level, options.mode, &cache));
        let (verdict, import) = match plan::read_header(&cache) {
            Err(verdict) => (verdict, None),
            Ok(found) => {
                let wanted = plan::expected(options.mode, &meta, || hash);
                let verdict = match by_manifest {
                    Some(_) => Verdict::FreshByManifest,
                    None => plan::compare(found.validation, wanted),
                };
                (verdict, Some(import_verdict(&found, &meta, hash)))
            }
        };
        if human {
            println!("  {} (-O {level}, {}): {verdict}", show(&cache), options.mode.name());
            if let Some(said) = import.filter(|_| !verdict.is_fresh()) {
                println!("    an import {said}");
            }
        } else {
            println!(
                "{{\"reason\":\"explained\",\"path\":{},\"cache\":{},\"optimize\":{level},\"mode\":\"{}\",\"fresh\":{},\"why\":{}}}",
                json_string(path.as_os_str().as_bytes()),
                json_string(cache.as_os_str().as_bytes()),
                options.mode.name(),
                verdict.is_fresh(),
                json_string(verdict.to_string().as_bytes())
            );
        }
    }
    Ok(())
}

/// What importlib makes of a cache that is not of the mode that was asked for.
fn import_verdict(found: &plan::Found, meta: &fs::Metadata, hash: u64) -> &'static str {
    let agrees = |mode| plan::compare(found.validation, plan::expected(mode, meta, || hash)).is_fresh();
    if plan::same_mode(found.validation, Mode::UncheckedHash) {
        "would use it without looking at the source"
    } else if agrees(Mode::CheckedHash) || agrees(Mode::Timestamp) {
        "would use it: it is of this source"
    } else {
        "would not use it"
    }
}
