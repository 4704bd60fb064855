//! Finds the sources below the given paths, as compileall does, and honours .gitignore.
//!
//! Invariant: the order is that of sorted names, whatever the file system's; symbolic links to directories are not entered
//! (so loops can't be), links to files are compiled; every directory is listed once. Nothing is read but directories and
//! .gitignore files, and a stat is taken of each source.

use crate::atomic;
use crate::manifest::Stat;
use crate::options::Options;
use crate::paths::{CACHE_DIR, source_of_cache};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub struct Source {
    pub path: PathBuf,
    /// Which of `Walked::roots` it was found below; None: it was given itself.
    pub root: Option<usize>,
    pub stat: Stat,
}

/// What the walk found, in order.
#[derive(Default)]
pub struct Walked {
    pub roots: Vec<PathBuf>,
    pub sources: Vec<Source>,
    /// Paths that can't be listed or looked at.
    pub errors: Vec<(PathBuf, io::Error)>,
    /// Temporaries, whoever's.
    pub temporaries: Vec<PathBuf>,
    /// Caches whose source is gone (collected for `--prune`).
    pub orphans: Vec<PathBuf>,
    /// Sources that are left out because they are ignored or excluded.
    pub skipped: usize,
}

/// The rules that hold in a directory, innermost first.
struct Rules {
    here: Gitignore,
    outer: Option<Arc<Rules>>,
}

impl Rules {
    fn ignores(mut self: &Arc<Self>, path: &Path, is_dir: bool) -> bool {
        loop {
            let found = self.here.matched(path, is_dir);
            if !found.is_none() {
                return found.is_ignore();
            }
            match &self.outer {
                Some(outer) => self = outer,
                None => return false,
            }
        }
    }
}

struct Walk<'a> {
    options: &'a Options,
    out: Walked,
    seen: HashSet<PathBuf>,
}

pub fn walk(options: &Options) -> Walked {
    let mut walk = Walk { options, out: Walked::default(), seen: HashSet::new() };
    for path in &options.paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk.root(path),
            Ok(meta) if meta.is_file() => walk.given(path, &meta),
            Ok(_) => {
                let error = io::Error::other("is neither a file nor a directory");
                walk.out.errors.push((path.clone(), error));
            }
            Err(e) => walk.out.errors.push((path.clone(), e)),
        }
    }
    walk.out
}

impl Walk<'_> {
    /// A file that was given itself: compiled whatever the ignore rules say, if its name ends in .py.
    fn given(&mut self, path: &Path, meta: &fs::Metadata) {
        if !path.as_os_str().as_bytes().ends_with(b".py") {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "is not a Python source (.py)");
            self.out.errors.push((path.to_owned(), error));
            return;
        }
        self.add(path.to_owned(), None, meta);
        let cache = path.with_file_name(CACHE_DIR);
        if self.seen.insert(cache.clone()) {
            self.list_cache(&cache, &HashSet::new(), false);
        }
    }

    fn root(&mut self, path: &Path) {
        let index = self.out.roots.len();
        self.out.roots.push(path.to_owned());
        let mut rules = None;
        if self.options.ignore_files {
            rules = outer_rules(path);
        }
        if !self.options.exclude.is_empty() {
            let mut builder = GitignoreBuilder::new(path);
            for pattern in &self.options.exclude {
                // The patterns were checked when the options were read.
                let _ = builder.add_line(None, pattern);
            }
            let here = builder.build().unwrap_or_else(|_| Gitignore::empty());
            rules = Some(Arc::new(Rules { here, outer: rules }));
        }
        self.directory(path, index, self.options.max_levels, rules);
    }

    fn directory(&mut self, dir: &Path, root: usize, levels: Option<usize>, mut rules: Option<Arc<Rules>>) {
        if !self.seen.insert(dir.to_owned()) {
            return;
        }
        let mut entries = Vec::new();
        match fs::read_dir(dir) {
            Ok(list) => {
                for entry in list {
                    match entry {
                        Ok(entry) => entries.push(entry),
                        Err(e) => self.out.errors.push((dir.to_owned(), e)),
                    }
                }
            }
            Err(e) => {
                self.out.errors.push((dir.to_owned(), e));
                return;
            }
        }
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        if self.options.ignore_files && entries.iter().any(|e| e.file_name() == ".gitignore") {
            let mut builder = GitignoreBuilder::new(dir);
            // A pattern that can't be read is passed over, as git does.
            let _ = builder.add(dir.join(".gitignore"));
            let here = builder.build().unwrap_or_else(|_| Gitignore::empty());
            rules = Some(Arc::new(Rules { here, outer: rules }));
        }
        let mut names = HashSet::new();
        let mut cache = None;
        for entry in &entries {
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                if name == CACHE_DIR {
                    cache = Some(entry.path());
                } else if name != ".git" && levels != Some(0) {
                    let path = entry.path();
                    if rules.as_ref().is_some_and(|r| r.ignores(&path, true)) {
                        self.out.skipped += 1;
                    } else {
                        self.directory(&path, root, levels.map(|l| l - 1), rules.clone());
                    }
                }
            } else if name.as_bytes().ends_with(b".py") {
                if self.options.prune {
                    names.insert(name.as_bytes().to_vec());
                }
                self.file(entry, kind, root, rules.as_ref());
            } else if atomic::is_temporary(name.as_bytes()) {
                self.out.temporaries.push(entry.path());
            }
        }
        if let Some(cache) = cache {
            self.list_cache(&cache, &names, self.options.prune);
        }
    }

    fn file(&mut self, entry: &fs::DirEntry, kind: fs::FileType, root: usize, rules: Option<&Arc<Rules>>) {
        let path = entry.path();
        if rules.is_some_and(|r| r.ignores(&path, false)) {
            self.out.skipped += 1;
            return;
        }
        let meta = if kind.is_symlink() { fs::metadata(&path) } else { entry.metadata() };
        match meta {
            Ok(meta) if meta.is_file() => {
                if kind.is_symlink() && !self.link_allowed(&path) {
                    self.out.skipped += 1;
                } else {
                    self.add(path, Some(root), &meta);
                }
            }
            // compileall passes over what is no file, and over dangling links.
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => self.out.errors.push((path, e)),
        }
    }

    /// `-e DIR`: links must lead below DIR.
    fn link_allowed(&self, path: &Path) -> bool {
        let Some(limit) = &self.options.limit_links else { return true };
        let (Ok(limit), Ok(path)) = (fs::canonicalize(limit), fs::canonicalize(path)) else { return false };
        path != limit && path.starts_with(&limit)
    }

    fn add(&mut self, path: PathBuf, root: Option<usize>, meta: &fs::Metadata) {
        if self.options.skip.as_ref().is_some_and(|rx| rx.is_match(path.as_os_str().as_bytes())) {
            self.out.skipped += 1;
            return;
        }
        // A directory is listed once; only a file that was given by name can come again.
        if (root.is_none() || self.options.paths.len() > 1) && !self.seen.insert(path.clone()) {
            return;
        }
        self.out.sources.push(Source { path, root, stat: Stat::of(meta) });
    }

    /// Looks through a `__pycache__` for temporaries, and for caches without a source.
    fn list_cache(&mut self, cache: &Path, names: &HashSet<Vec<u8>>, prune: bool) {
        let Ok(list) = fs::read_dir(cache) else { return };
        let mut orphans = Vec::new();
        for entry in list.flatten() {
            let name = entry.file_name();
            if atomic::is_temporary(name.as_bytes()) {
                self.out.temporaries.push(entry.path());
            } else if prune
                && let Some((source, _)) = source_of_cache(name.as_bytes())
                && !names.contains(&[source, b".py"].concat())
            {
                orphans.push(entry.path());
            }
        }
        orphans.sort_unstable();
        self.out.orphans.append(&mut orphans);
    }
}

/// The rules from above a root: .gitignore of its ancestors up to the repository's top, and the repository's own exclude file.
fn outer_rules(root: &Path) -> Option<Arc<Rules>> {
    let full = fs::canonicalize(root).ok()?;
    let top = full.ancestors().find(|dir| dir.join(".git").exists())?;
    let mut rules: Option<Arc<Rules>> = None;
    let mut add = |dir: &Path, file: PathBuf| {
        if file.is_file() {
            // Paths are matched as they were given; below an ancestor that means from the given root on.
            let mut builder = GitignoreBuilder::new(rebase(dir, &full, root));
            let _ = builder.add(file);
            if let Ok(here) = builder.build() {
                rules = Some(Arc::new(Rules { here, outer: rules.take() }));
            }
        }
    };
    add(top, top.join(".git/info/exclude"));
    let mut between: Vec<&Path> = full.ancestors().skip(1).take_while(|dir| dir.starts_with(top)).collect();
    between.reverse();
    for dir in between {
        add(dir, dir.join(".gitignore"));
    }
    rules
}

/// `dir`, an ancestor of `full`, in terms of `root` (which is another name of `full`).
fn rebase(dir: &Path, full: &Path, root: &Path) -> PathBuf {
    if root.is_absolute() {
        return dir.to_owned();
    }
    let up = full.strip_prefix(dir).map_or(0, |rest| rest.components().count());
    let mut out = root.to_owned();
    for _ in 0..up {
        if out.file_name().is_none() || !out.pop() {
            out.push("..");
        }
    }
    out
}

/// Whether `path` would be left out: for `explain`.
pub fn is_ignored(path: &Path, options: &Options) -> bool {
    if !options.ignore_files {
        return false;
    }
    let Ok(full) = fs::canonicalize(path) else { return false };
    let Some(top) = full.ancestors().find(|dir| dir.join(".git").exists()) else { return false };
    let mut dir = full.parent();
    while let Some(d) = dir.filter(|d| d.starts_with(top)) {
        let file = d.join(".gitignore");
        if file.is_file() {
            let mut builder = GitignoreBuilder::new(d);
            let _ = builder.add(file);
            if let Ok(here) = builder.build() {
                let found = here.matched_path_or_any_parents(&full, false);
                if !found.is_none() {
                    return found.is_ignore();
                }
            }
        }
        dir = d.parent();
    }
    false
}
