//! The command line of the default command and of `explain`: compileall's options and ours.
//!
//! Invariant: what comes out is valid; what is wrong is a usage error (status 2) that says what was meant. Values that the
//! command line does not give come from `[tool.bunpy]`, then from the defaults.

use crate::config::{self, Config};
use crate::options::{Color, Format, Mode, Options};
use crate::paths::Rename;
use crate::{COMMANDS, build};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, IsTerminal};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Why there are no options: help was asked for, or the usage is wrong.
pub enum Answer {
    Clap(clap::Error),
    Usage(String),
}

impl Answer {
    /// Says it; the exit status.
    pub fn give(self) -> u8 {
        match self {
            Answer::Clap(e) => {
                let _ = e.print();
                if e.use_stderr() { crate::USAGE } else { crate::SUCCESS }
            }
            Answer::Usage(message) => {
                build::usage(&format!("error: {message}\n\nFor more information, try 'bunpy-compile --help'."))
            }
        }
    }
}

fn flag(id: &'static str) -> Arg {
    Arg::new(id).action(ArgAction::SetTrue)
}

fn value(id: &'static str, name: &'static str) -> Arg {
    Arg::new(id).value_name(name).value_parser(value_parser!(OsString))
}

const EXAMPLES: &str = "\
Examples:
  bunpy-compile src/                      compile a tree, checked-hash caches
  bunpy-compile -o 0 -o 2 --prune .       two levels, and remove caches without a source
  bunpy-compile --check src/              is everything fresh? status 3 if not
  bunpy-compile -s /build -p / /build/usr/lib/python3/dist-packages
                                          compile for a place the tree will be moved to
  bunpy-compile explain src/app.py        why is this cache used, or not?

Exit status: 0 everything is fresh or was compiled, 1 some file failed, 2 usage, 3 --check found a stale
file, 70 internal error, 130 interrupted. Options may also stand in [tool.bunpy] of pyproject.toml.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  bunpy-compile explain src/app.py
  bunpy-compile explain -o 2 --invalidation-mode timestamp src/app.py";

/// Options that `explain` shares with the default command.
fn common(command: Command) -> Command {
    command
        .arg(Arg::new("paths").value_name("FILE|DIR").num_args(0..).value_parser(value_parser!(PathBuf)))
        .arg(flag("legacy").short('b').help("Caches beside the sources (x.pyc), as before PEP 3147"))
        .arg(value("ddir", "DESTDIR").short('d').help("Directory to put before file names in the code, for tracebacks"))
        .arg(value("strip", "STRIPDIR").short('s').help("Directory to take off the front of file names in the code"))
        .arg(value("prepend", "PREPENDDIR").short('p').help("Directory to put in front of file names in the code"))
        .arg(
            Arg::new("optimize")
                .short('o')
                .long("optimize")
                .value_name("LEVEL")
                .action(ArgAction::Append)
                .allow_negative_numbers(true)
                .value_parser(value_parser!(i64).range(-1..=2))
                .help("Optimization level, 0 to 2; may be given several times [default: 0]"),
        )
        .arg(
            Arg::new("mode")
                .long("invalidation-mode")
                .value_name("MODE")
                .value_parser(PossibleValuesParser::new(Mode::NAMES))
                .help("How an import tells a cache stale [default: checked-hash]"),
        )
        .arg(flag("no_ignore").long("no-ignore").help("Compile what .gitignore leaves out, too"))
        .arg(
            Arg::new("color")
                .long("color")
                .value_name("WHEN")
                .value_parser(PossibleValuesParser::new(["auto", "always", "never"]))
                .help("Colour in messages [default: auto; NO_COLOR is honoured]"),
        )
        .arg(
            Arg::new("format")
                .long("message-format")
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(["human", "json"]))
                .help("Messages for people, or one JSON object a line on standard output"),
        )
        .arg(
            value("config", "FILE")
                .long("config")
                .help("Read [tool.bunpy] of this file [default: the nearest pyproject.toml]"),
        )
        .arg(flag("no_config").long("no-config").help("Read no pyproject.toml").conflicts_with("config"))
}

fn default_command() -> Command {
    let subcommands: Vec<String> =
        COMMANDS.iter().map(|c| format!("  bunpy-compile {} {}  {}", c.name, c.usage, c.summary)).collect();
    let after = format!(
        "Commands (a file or directory of that name is given as ./NAME):\n{}\n\n{EXAMPLES}",
        subcommands.join("\n")
    );
    let command = Command::new("bunpy-compile")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Compiles Python source to the bytecode files of CPython 3.14, whole projects at once, in parallel.")
        .after_help(after);
    common(command)
        .arg(flag("no_recursion").short('l').help("Don't enter subdirectories"))
        .arg(
            Arg::new("recursion")
                .short('r')
                .value_name("RECURSION")
                .value_parser(value_parser!(u32))
                .help("How many levels of subdirectories to enter; takes precedence over -l"),
        )
        .arg(flag("force").short('f').help("Compile everything, fresh or not"))
        .arg(Arg::new("quiet").short('q').action(ArgAction::Count).help("Say only what fails; -qq: say nothing"))
        .arg(flag("verbose").short('v').long("verbose").help("Name each cache that is written"))
        .arg(value("skip", "REGEXP").short('x').help("Leave out files whose path this expression is found in"))
        .arg(
            value("list", "FILE").short('i').help("Also compile what FILE lists, one path a line; - is standard input"),
        )
        .arg(
            Arg::new("jobs")
                .short('j')
                .long("workers")
                .visible_alias("jobs")
                .value_name("N")
                .value_parser(value_parser!(u32).range(0..=1024))
                .help("Worker threads; 0: one a core [default: 0]"),
        )
        .arg(value("limit", "DIR").short('e').help("Leave out symbolic links that lead outside of DIR"))
        .arg(flag("hardlink").long("hardlink-dupes").help("One file for levels with the same code (hard links)"))
        .arg(
            Arg::new("exclude")
                .long("exclude")
                .value_name("PATTERN")
                .action(ArgAction::Append)
                .help("Leave out what matches, a pattern as in .gitignore; may be given several times"),
        )
        .arg(flag("check").long("check").help("Write nothing; status 3 if anything is stale"))
        .arg(flag("prune").long("prune").help("Remove caches whose source is gone"))
        .arg(flag("durable").long("durable").help("Have each file on the disk before going on (fsync)"))
        .arg(value("store", "DIR").long("store").help("Keep compiled code in DIR, by content, for all trees to share"))
}

fn explain_command() -> Command {
    let command = Command::new("bunpy-compile explain")
        .about("Says why the caches of a file are or are not used.")
        .after_help(EXPLAIN_EXAMPLES);
    common(command)
}

fn matches(command: Command, argv: &[OsString]) -> Result<ArgMatches, Answer> {
    let name = OsString::from(command.get_name().to_owned());
    command.try_get_matches_from(std::iter::once(name).chain(argv.iter().cloned())).map_err(Answer::Clap)
}

pub fn parse(argv: &[OsString]) -> Result<Options, Answer> {
    let m = matches(default_command(), argv)?;
    let mut options = options(&m)?;
    options.max_levels = match m.get_one::<u32>("recursion") {
        Some(&n) => Some(n as usize),
        None => m.get_flag("no_recursion").then_some(0),
    };
    options.force = m.get_flag("force");
    options.quiet = m.get_count("quiet");
    options.verbose = m.get_flag("verbose");
    options.check = m.get_flag("check");
    options.prune |= m.get_flag("prune");
    options.durable |= m.get_flag("durable");
    options.hardlink_dupes |= m.get_flag("hardlink");
    if let Some(&n) = m.get_one::<u32>("jobs") {
        options.jobs = n as usize;
    }
    if let Some(dir) = m.get_one::<OsString>("store") {
        options.store = Some(PathBuf::from(dir));
    }
    options.limit_links = m.get_one::<OsString>("limit").filter(|d| !d.is_empty()).map(PathBuf::from);
    if let Some(rx) = m.get_one::<OsString>("skip") {
        let text = rx.to_str().ok_or_else(|| Answer::Usage("-x: the expression is not UTF-8".to_owned()))?;
        options.skip = Some(regex::bytes::Regex::new(text).map_err(|e| Answer::Usage(format!("-x: {e}")))?);
    }
    if let Some(patterns) = m.get_many::<String>("exclude") {
        options.exclude.extend(patterns.cloned());
    }
    check_patterns(&options.exclude)?;
    if let Some(list) = m.get_one::<OsString>("list") {
        options.paths.extend(listed(list)?);
    }
    if options.hardlink_dupes && options.levels.len() < 2 {
        let message = "Hardlinking of duplicated bytecode makes sense only for more than one optimization level.";
        return Err(Answer::Usage(message.to_owned()));
    }
    if options.paths.is_empty() {
        return Err(Answer::Usage("no FILE or DIR to compile".to_owned()));
    }
    Ok(options)
}

pub fn parse_explain(argv: &[OsString]) -> Result<Options, Answer> {
    let m = matches(explain_command(), argv)?;
    if m.get_many::<PathBuf>("paths").is_none() {
        return Err(Answer::Usage("no FILE to explain".to_owned()));
    }
    options(&m)
}

/// The common part, over the configuration.
fn options(m: &ArgMatches) -> Result<Options, Answer> {
    let given: Vec<PathBuf> = m.get_many::<PathBuf>("paths").map(|p| p.cloned().collect()).unwrap_or_default();
    let config = configuration(m, given.first().map(PathBuf::as_path))?;
    let os = |id: &str| m.get_one::<OsString>(id).cloned();
    let rename = Rename { destination: os("ddir"), strip: os("strip"), prepend: os("prepend") };
    if rename.destination.is_some() && (rename.strip.is_some() || rename.prepend.is_some()) {
        return Err(Answer::Usage("-d cannot be used in combination with -s or -p".to_owned()));
    }
    let levels = m.get_many::<i64>("optimize").map(|l| l.copied().collect()).or(config.optimize).unwrap_or_default();
    let mode = m.get_one::<String>("mode").cloned().or(config.invalidation_mode);
    let mode = match &mode {
        Some(name) => Mode::from_name(name).ok_or_else(|| {
            let names = Mode::NAMES.join(", ");
            Answer::Usage(format!("[tool.bunpy] invalidation-mode: '{name}' is none of {names}"))
        })?,
        None => Mode::CheckedHash,
    };
    let jobs = config.jobs.map_or(Ok(0), |n| {
        usize::try_from(n)
            .ok()
            .filter(|&n| n <= 1024)
            .ok_or_else(|| Answer::Usage("[tool.bunpy] jobs: must be between 0 and 1024".to_owned()))
    })?;
    let word = |id: &str| m.get_one::<String>(id).map(String::as_str);
    Ok(Options {
        paths: if given.is_empty() { config.paths.unwrap_or_default() } else { given },
        max_levels: None,
        force: false,
        quiet: 0,
        legacy: m.get_flag("legacy"),
        rename,
        skip: None,
        exclude: config.exclude.unwrap_or_default(),
        limit_links: None,
        ignore_files: config.ignore.unwrap_or(true) && !m.get_flag("no_ignore"),
        jobs,
        levels: level_set(levels)?,
        mode,
        hardlink_dupes: config.hardlink_dupes.unwrap_or(false),
        check: false,
        prune: config.prune.unwrap_or(false),
        durable: config.durable.unwrap_or(false),
        store: config.store,
        color: match word("color") {
            Some("always") => Color::Always,
            Some("never") => Color::Never,
            _ => Color::Auto,
        },
        format: if word("format") == Some("json") { Format::Json } else { Format::Human },
        verbose: false,
    })
}

fn configuration(m: &ArgMatches, first: Option<&Path>) -> Result<Config, Answer> {
    if m.get_flag("no_config") {
        return Ok(Config::default());
    }
    if let Some(file) = m.get_one::<OsString>("config") {
        return config::read(Path::new(file)).map_err(Answer::Usage);
    }
    match config::find(first.unwrap_or(Path::new("."))) {
        Some(file) => config::read(&file).map_err(Answer::Usage),
        None => Ok(Config::default()),
    }
}

/// Sorted and distinct; -1, compileall's "the interpreter's own", is 0.
fn level_set(levels: Vec<i64>) -> Result<Vec<u8>, Answer> {
    let level = |l: i64| u8::try_from(l.max(0)).ok().filter(|&l| l <= 2);
    let out: Option<Vec<u8>> = levels.into_iter().map(level).collect();
    let bad = || Answer::Usage("[tool.bunpy] optimize: levels are 0, 1 and 2".to_owned());
    let mut out = out.ok_or_else(bad)?;
    if out.is_empty() {
        out.push(0);
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

fn check_patterns(patterns: &[String]) -> Result<(), Answer> {
    for p in patterns {
        if let Err(e) = ignore::gitignore::GitignoreBuilder::new("").add_line(None, p) {
            return Err(Answer::Usage(format!("--exclude {p}: {e}")));
        }
    }
    Ok(())
}

/// The paths of `-i FILE`.
fn listed(list: &OsStr) -> Result<Vec<PathBuf>, Answer> {
    let bytes = if list == "-" {
        if std::io::stdin().is_terminal() {
            eprintln!("reading paths from standard input");
        }
        let lines: Result<Vec<Vec<u8>>, _> = std::io::stdin().lock().split(b'\n').collect();
        lines.map(|l| l.join(&b'\n'))
    } else {
        std::fs::read(list)
    };
    let bytes =
        bytes.map_err(|e| Answer::Usage(format!("Error reading file list {}: {e}", Path::new(list).display())))?;
    let lines = bytes.split(|&b| b == b'\n').map(<[u8]>::trim_ascii).filter(|l| !l.is_empty());
    Ok(lines.map(|l| PathBuf::from(OsString::from_vec(l.to_vec()))).collect())
}

/// The nearest of some names to a mistyped one, if any is near.
pub fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|n| (distance(word, n), n));
    scored.min_by_key(|s| s.0).filter(|s| s.0 <= 1 + word.len() / 4).map(|s| s.1)
}

/// Edits from one word to another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(ca != *cb)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        default_command().debug_assert();
        explain_command().debug_assert();
    }

    #[test]
    fn suggestions() {
        assert_eq!(nearest("exlude", ["paths", "exclude"].into_iter()), Some("exclude"));
        assert_eq!(nearest("zzz", ["paths", "exclude"].into_iter()), None);
        assert_eq!((distance("", "abc"), distance("kitten", "sitting")), (3, 3));
    }
}
