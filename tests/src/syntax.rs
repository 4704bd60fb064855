//! syntax/NAME.py: programs, each between lines `# --`; NAME.out says what CPython does with each: the warnings, and the
//! error or `compiles`. No oracle is needed to judge.
//!
//! Invariant: an error counts as equal with its message, lines and columns; a warning with its text and line.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use bunpy_compiler::Options;
use bunpy_compiler::compile::Compiler;
use bunpy_compiler::error::ErrorKind;
use pyc_text::Wtf8;

const BORDER: &str = "# --\n";

pub fn judge(source: &Path) -> Result<(), String> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|e| format!("{}: {e} (cargo x bless)", path.display()));
    let (programs, expected) = (read(source)?, read(&source.with_extension("out"))?);
    let ours = verdicts(&programs);
    for ((program, theirs), ours) in programs.split(BORDER).zip(expected.split(BORDER)).zip(ours.split(BORDER)) {
        if theirs != ours {
            return Err(format!("{program}CPython: {theirs}ours:    {ours}"));
        }
    }
    if ours == expected { Ok(()) } else { Err("not as many programs as verdicts".into()) }
}

fn verdicts(programs: &str) -> String {
    let mut compiler = Compiler::new();
    let mut out = String::new();
    for (at, program) in programs.split(BORDER).enumerate() {
        if at > 0 {
            out.push_str(BORDER);
        }
        let mut warnings = Vec::new();
        let result =
            compiler.compile(program.as_bytes(), Wtf8::from_str("<program>"), Options::default(), &mut warnings);
        for warning in &warnings {
            let _ = writeln!(out, "{:?} {}: {}", warning.category, warning.lineno, warning.message);
        }
        let _ = match result {
            Ok(_) => writeln!(out, "compiles"),
            Err(error) => {
                let show = |number: Option<i64>| number.map_or("-".into(), |number| number.to_string());
                let places = match error.kind {
                    ErrorKind::SyntaxError | ErrorKind::IndentationError | ErrorKind::TabError => format!(
                        " {}:{}-{}:{}",
                        show(error.lineno.map(i64::from)),
                        show(error.offset),
                        show(error.end_lineno.map(i64::from)),
                        show(error.end_offset)
                    ),
                    _ => String::new(),
                };
                writeln!(out, "{:?}{places}: {}", error.kind, error.message)
            }
        };
    }
    out
}

const BLESS: &str = r##"
import sys, warnings
BORDER = "# --\n"
def verdict(program):
    out = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(program, "<program>", "exec", dont_inherit=True, optimize=0)
            last = "compiles"
        except SyntaxError as e:
            a, b, c, d = ["-" if v is None else v for v in (e.lineno, e.offset, e.end_lineno, e.end_offset)]
            last = f"{type(e).__name__} {a}:{b}-{c}:{d}: {e.msg}"
        except Exception as e:
            last = f"{type(e).__name__}: {e}"
    out = [f"{w.category.__name__} {w.lineno}: {w.message}" for w in caught]
    return "".join(line + "\n" for line in out + [last])
with open(sys.argv[1], encoding="utf-8") as file:
    programs = file.read().split(BORDER)
sys.stdout.reconfigure(encoding="utf-8")
sys.stdout.write(BORDER.join(map(verdict, programs)))
"##;

pub fn bless(python: &Path, source: &Path) -> Result<bool, String> {
    let output =
        Command::new(python).args(["-I", "-X", "utf8", "-c", BLESS]).arg(source).output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    super::write_if_changed(&source.with_extension("out"), &output.stdout)
}
