//! `--prune`: removes caches of Python 3.14 whose source is gone.
//!
//! Invariant: only files called `NAME.cpython-314[.opt-N].pyc` in a `__pycache__` beside which there is no `NAME.py` are
//! removed; with `--check` they are only named.

use crate::diagnostic::Diagnostic;
use crate::options::Options;
use crate::report::Report;
use crate::walk::Walked;
use std::fs;
use std::io;

pub fn prune(options: &Options, walked: &Walked, report: &mut Report<'_>) {
    for orphan in &walked.orphans {
        if options.check {
            report.totals.stale += 1;
            report.cache("stale", orphan, orphan, None, Some("its source is gone"));
            continue;
        }
        match fs::remove_file(orphan) {
            Ok(()) => {
                report.totals.pruned += 1;
                report.cache("pruned", orphan, orphan, None, None);
                // The directory too, if that was its last file.
                if let Some(dir) = orphan.parent() {
                    let _ = fs::remove_dir(dir);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => {
                report.totals.failed += 1;
                report.diagnostic(orphan, b"", &Diagnostic::Io(format!("can't remove it: {e}")));
            }
        }
    }
}
