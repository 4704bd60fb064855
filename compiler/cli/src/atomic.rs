//! Files that appear whole or not at all, and the temporaries they are made of.
//!
//! Invariant: a temporary stands in its target's directory and is called `.bunpy-MACHINE-PID-START-N.tmp`. MACHINE tells
//! the boot and the pid namespace, START is the process's start time in clock ticks since that boot: the pair names one
//! process for ever. A temporary is removed by its owner, or by anybody once the owner is dead.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

const PREFIX: &str = ".bunpy-";
const SUFFIX: &str = ".tmp";

/// After this long a temporary of another machine or boot is nobody's.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Who writes: this process.
struct Owner {
    machine: String,
    pid: u32,
    start: u64,
}

fn owner() -> &'static Owner {
    static OWNER: OnceLock<Owner> = OnceLock::new();
    OWNER.get_or_init(|| {
        let pid = std::process::id();
        Owner { machine: machine(), pid, start: start_time(pid).unwrap_or(0) }
    })
}

/// Eight hexadecimal digits for the boot and the pid namespace.
fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::metadata("/proc/self/ns/pid").map_or(0, |m| m.ino());
    let hash = blake3::hash(format!("{}|{namespace}", boot.trim()).as_bytes());
    hash.to_hex().chars().take(8).collect()
}

/// Field 22 of /proc/PID/stat; None if there is no such process.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

fn temporary_name() -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Owner { machine, pid, start } = owner();
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    OsString::from(format!("{PREFIX}{machine}-{pid}-{start}-{n}{SUFFIX}"))
}

/// True of the name of a temporary, whoever's.
pub fn is_temporary(name: &[u8]) -> bool {
    name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
}

/// True if no process owns this temporary any more.
fn is_abandoned(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return false };
    let Some(body) = name.strip_prefix(PREFIX).and_then(|n| n.strip_suffix(SUFFIX)) else { return false };
    let parts: Vec<&str> = body.split('-').collect();
    let [machine, pid, start, _] = parts[..] else { return false };
    let (Ok(pid), Ok(start)) = (pid.parse::<u32>(), start.parse::<u64>()) else { return false };
    if machine == owner().machine {
        return start_time(pid) != Some(start);
    }
    let age = fs::symlink_metadata(path).and_then(|m| m.modified()).map(|m| SystemTime::now().duration_since(m));
    matches!(age, Ok(Ok(age)) if age > ABANDONED)
}

/// Removes a temporary whose owner is dead; true if it did.
pub fn remove_abandoned(path: &Path) -> bool {
    is_abandoned(path) && fs::remove_file(path).is_ok()
}

/// A file under its temporary name; removed when dropped, unless it was put in place.
pub struct Temporary {
    path: PathBuf,
    file: Option<File>,
}

impl Temporary {
    /// In the directory of `target`, which is made if it is missing. `mode` is subject to the umask.
    pub fn beside(target: &Path, mode: u32) -> io::Result<Temporary> {
        let path = target.with_file_name(temporary_name());
        let open = || OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        let file = match open() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                if let Some(dir) = target.parent() {
                    fs::create_dir_all(dir)?;
                }
                open()?
            }
            other => other?,
        };
        Ok(Temporary { path, file: Some(file) })
    }

    pub fn write_all(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        parts.iter().try_for_each(|part| file.write_all(part))
    }

    /// Renames to `target`. With `durable` the data and the directory are on the disk when this returns.
    pub fn persist(mut self, target: &Path, durable: bool) -> io::Result<fs::Metadata> {
        let Some(file) = self.file.take() else { return Err(io::Error::other("no file")) };
        if durable {
            file.sync_all()?;
        }
        // Some file systems (NFS, quotas) report a failed write only now; the descriptor's stat is the file's.
        let meta = file.metadata()?;
        fs::rename(&self.path, target)?;
        self.path.clear();
        if durable && let Some(dir) = target.parent() {
            File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()?;
        }
        Ok(meta)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file whole, or leaves what was there.
pub fn write(target: &Path, parts: &[&[u8]], mode: u32, durable: bool) -> io::Result<fs::Metadata> {
    let mut temporary = Temporary::beside(target, mode)?;
    temporary.write_all(parts)?;
    temporary.persist(target, durable)
}

/// Makes `target` another name of `existing`, in one step.
pub fn hard_link(existing: &Path, target: &Path) -> io::Result<()> {
    let temporary = Temporary { path: target.with_file_name(temporary_name()), file: None };
    fs::hard_link(existing, &temporary.path)?;
    // Renaming a file over another name of itself does nothing: the drop removes the temporary then.
    fs::rename(&temporary.path, target)
}

/// Refuses what CPython's py_compile refuses: a symbolic link, or something that is no regular file, in the place of a
/// cache would be replaced by a file.
pub fn check_target(target: &Path) -> io::Result<()> {
    let Ok(meta) = fs::symlink_metadata(target) else { return Ok(()) };
    let what = if meta.is_symlink() {
        "is a symlink and will be changed into a regular file if import writes a byte-compiled file to it"
    } else if !meta.is_file() {
        "is a non-regular file and will be changed into a regular one if import writes a byte-compiled file to it"
    } else {
        return Ok(());
    };
    let shown = target.as_os_str().as_bytes();
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} {what}", String::from_utf8_lossy(shown))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_another_is_not() {
        let dir = std::env::temp_dir();
        let mine = dir.join(temporary_name());
        assert!(!is_abandoned(&mine));
        let Owner { machine, pid, start } = owner();
        // The same pid, started at another time, was somebody else.
        assert!(is_abandoned(&dir.join(format!("{PREFIX}{machine}-{pid}-{}-0{SUFFIX}", start + 1))));
        assert!(!is_abandoned(&dir.join(format!("{PREFIX}00000000-{pid}-{start}-0{SUFFIX}"))));
        assert!(!is_abandoned(&dir.join("x.tmp")));
        assert!(is_temporary(mine.file_name().unwrap_or_default().as_bytes()));
    }
}
