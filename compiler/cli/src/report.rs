//! What a run says: diagnostics in the order of the files, a progress bar while it is long, one line at the end.
//!
//! Invariant: standard output and standard error depend on the files alone, not on threads or time (but for the seconds in
//! the summary). JSON goes to standard output, one object a line; people's text to standard error, the summary to standard
//! output.

use crate::diagnostic::Diagnostic;
use crate::options::{Color, Format, Options};
use crate::paths::json_string;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// A run shorter than this shows no progress bar.
const LONG: Duration = Duration::from_millis(700);

#[derive(Debug, Default)]
pub struct Totals {
    pub compiled: usize,
    pub unchanged: usize,
    pub failed: usize,
    pub stale: usize,
    pub pruned: usize,
    pub internal: bool,
    pub interrupted: bool,
}

pub struct Report<'a> {
    options: &'a Options,
    color: bool,
    began: Instant,
    bar: Option<ProgressBar>,
    /// Whether a progress bar may be shown at all.
    watched: bool,
    pub totals: Totals,
    /// What waits to be written, so that a run makes few system calls.
    out: Vec<u8>,
    err: Vec<u8>,
}

/// Whether text for people is coloured: CPython's rules (NO_COLOR, FORCE_COLOR, TERM=dumb) unless `--color` says.
pub fn use_color(color: Color) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if set("FORCE_COLOR") => true,
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    }
}

impl<'a> Report<'a> {
    pub fn new(options: &'a Options, began: Instant) -> Report<'a> {
        let (out, err) = (Vec::new(), Vec::new());
        let color = use_color(options.color);
        let watched = options.format == Format::Human && options.quiet == 0 && std::io::stderr().is_terminal();
        Report { options, color, began, bar: None, watched, totals: Totals::default(), out, err }
    }

    fn human(&self) -> bool {
        self.options.format == Format::Human
    }

    fn say_json(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.push(b'\n');
    }

    /// Called as work goes on; shows the bar once it is worth it.
    pub fn progress(&mut self, done: usize, total: usize) {
        if self.watched && self.bar.is_none() && self.began.elapsed() > LONG {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} files, {eta} left") {
                bar.set_style(style);
            }
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
    }

    pub fn end_progress(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    pub fn diagnostic(&mut self, path: &Path, name: &[u8], d: &Diagnostic) {
        self.totals.internal |= matches!(d, Diagnostic::Internal(_));
        let path = path.as_os_str().as_bytes();
        if !self.human() {
            let line = d.json(name, path);
            self.say_json(&line);
        } else if self.options.quiet < 2 {
            let text = d.render(name, path, self.color);
            self.err.extend_from_slice(text.as_bytes());
        }
        self.flush_if_large();
    }

    /// A cache that was written (`reason` "compiled"), would be ("stale"), or was removed ("pruned").
    pub fn cache(&mut self, reason: &str, path: &Path, cache: &Path, level: Option<u8>, why: Option<&str>) {
        if !self.human() {
            let mut line = format!(
                "{{\"reason\":\"{reason}\",\"path\":{},\"cache\":{}",
                json_string(path.as_os_str().as_bytes()),
                json_string(cache.as_os_str().as_bytes())
            );
            if let Some(level) = level {
                line.push_str(&format!(",\"optimize\":{level}"));
            }
            if let Some(why) = why {
                line.push_str(&format!(",\"why\":{}", json_string(why.as_bytes())));
            }
            line.push('}');
            self.say_json(&line);
        } else if (self.options.verbose || reason == "stale") && self.options.quiet == 0 {
            let cache = cache.as_os_str().as_bytes();
            let why = why.map_or(String::new(), |w| format!(": {w}"));
            let text = [reason.as_bytes(), b" ", cache, why.as_bytes(), b"\n"].concat();
            self.out.extend_from_slice(&text);
        }
        self.flush_if_large();
    }

    fn flush_if_large(&mut self) {
        if self.out.len() + self.err.len() > 1 << 16 {
            self.flush();
        }
    }

    /// A reader that went away is no failure of the compilation.
    fn flush(&mut self) {
        let _ = std::io::stderr().lock().write_all(&self.err);
        let _ = std::io::stdout().lock().write_all(&self.out);
        let _ = std::io::stdout().lock().flush();
        self.err.clear();
        self.out.clear();
    }

    fn status(&self) -> u8 {
        let t = &self.totals;
        if t.internal {
            crate::INTERNAL
        } else if t.failed > 0 {
            crate::FAILED
        } else if t.stale > 0 {
            crate::STALE
        } else {
            crate::SUCCESS
        }
    }

    /// The summary; returns the exit status.
    pub fn finish(mut self) -> u8 {
        let Totals { compiled, unchanged, failed, stale, pruned, .. } = self.totals;
        let seconds = self.began.elapsed().as_secs_f64();
        if !self.human() {
            let line = format!(
                "{{\"reason\":\"summary\",\"compiled\":{compiled},\"unchanged\":{unchanged},\"failed\":{failed},\
                 \"stale\":{stale},\"pruned\":{pruned},\"seconds\":{seconds:.3}}}"
            );
            self.say_json(&line);
        } else if self.options.quiet == 0 {
            let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
            let head = if self.options.check {
                format!("Checked {}", files(unchanged + stale + failed))
            } else {
                format!("Compiled {}", files(compiled))
            };
            let parts: Vec<String> =
                [(unchanged, "unchanged"), (stale, "stale"), (failed, "failed"), (pruned, "pruned")]
                    .into_iter()
                    .filter(|p| p.0 > 0)
                    .map(|(n, what)| format!("{n} {what}"))
                    .collect();
            let tail = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
            self.out.extend_from_slice(format!("{head} in {seconds:.2} s{tail}\n").as_bytes());
        }
        self.flush();
        self.status()
    }
}
