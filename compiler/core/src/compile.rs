//! All passes in a row: a source file's bytes to the body of its .pyc (the part of CPython's Python/compile.c that
//! drives, and the call of it in pythonrun.c).
//!
//! Invariant: the bytes depend on the source, the file name and the options alone. A [`Compiler`] keeps buffers from
//! one compilation to the next, nothing else.

use bumpalo::Bump;
use pyc_text::Wtf8;

use crate::ast::Mod;
use crate::codegen::{self, Input};
use crate::constants::{ObjId, Objects};
use crate::error::{CompileError, CompileWarning, ErrorKind};
use crate::flowgraph::Flowgraph;
use crate::future::{FutureFeatures, future_from_ast};
use crate::names::Names;
use crate::parse::parse_module_warning;
use crate::preprocess::preprocess;
use crate::symtable::Symtable;
use crate::{Options, sharing, source};

/// What a thread's stack should have left for a tree of [`MAX_DEPTH`](crate::MAX_DEPTH). With less, a stack is made
/// for each compilation.
pub const STACK_SIZE: usize = 64 << 20;

/// Compiles one file after the other, with the same buffers.
#[derive(Default)]
pub struct Compiler {
    arena: Bump,
    symtable: Symtable,
    flowgraph: Flowgraph,
}

impl Compiler {
    pub fn new() -> Self {
        Self::default()
    }

    /// The marshalled code object of a source file: a .pyc without its header. `filename` becomes co_filename.
    /// Warnings are appended in CPython's order, those before an error too.
    ///
    /// # Errors
    /// What `compile()` raises. A SyntaxError after parsing has the source line in `text`, as for a file that CPython
    /// can read again.
    pub fn compile(
        &mut self,
        source: &[u8],
        filename: Wtf8<'_>,
        options: Options,
        warnings: &mut Vec<CompileWarning>,
    ) -> Result<Vec<u8>, CompileError> {
        let text = source::decode(source)?;
        self.compile_text(&text, filename, options, warnings)
    }

    /// As [`Compiler::compile`], from text that [`source::decode`] made.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub fn compile_text(
        &mut self,
        text: &str,
        filename: Wtf8<'_>,
        options: Options,
        warnings: &mut Vec<CompileWarning>,
    ) -> Result<Vec<u8>, CompileError> {
        let Compiler { arena, symtable, flowgraph } = self;
        arena.reset();
        let arena: &Bump = arena;
        let names = Names::new(arena);
        let text = arena.alloc_str(text);
        let mut objects = Objects::new(arena, &names);
        let run = || {
            let mut passes = Passes { arena, names: &names, objects: &mut objects, symtable, flowgraph, warnings };
            let top = passes.code_object(text, filename, options)?;
            sharing::dump(&objects, top)
        };
        stacker::maybe_grow(STACK_SIZE, STACK_SIZE, run)
    }
}

/// A parsed and preprocessed tree with its symbol table, ready for code generation.
pub struct Analyzed<'a> {
    pub tree: &'a Mod<'a>,
    /// The given options and the source's own future features.
    pub options: Options,
}

/// One compilation on its way.
pub struct Passes<'c, 'a> {
    pub arena: &'a Bump,
    pub names: &'a Names<'a>,
    pub objects: &'c mut Objects<'a>,
    pub symtable: &'c mut Symtable,
    pub flowgraph: &'c mut Flowgraph,
    pub warnings: &'c mut Vec<CompileWarning>,
}

impl<'a> Passes<'_, 'a> {
    /// From normalised text to the module's code object.
    ///
    /// # Errors
    /// What `compile()` raises.
    pub fn code_object(&mut self, text: &'a str, filename: Wtf8<'_>, options: Options) -> Result<ObjId, CompileError> {
        let analyzed = self.analyze(text, options)?;
        let filename = self.objects.str(Wtf8::trusted(self.arena.alloc_slice_copy(filename.as_bytes())));
        codegen::compile(self.input(filename, analyzed.options), analyzed.tree)
            .map_err(|error| with_source_line(error, text))
    }

    /// Up to the symbol table (CPython's `compiler_setup`).
    ///
    /// # Errors
    /// What `compile()` raises.
    pub fn analyze(&mut self, text: &'a str, mut options: Options) -> Result<Analyzed<'a>, CompileError> {
        let Options { mode, flags, .. } = options;
        let parsed = parse_module_warning(text, mode, flags, self.arena, self.names, self.warnings)?;
        self.warnings.extend(parsed.warnings);
        let tree = self.arena.alloc(parsed.module);
        let mut future = future_from_ast(self.names, tree).map_err(|error| with_source_line(error, text))?;
        future.features |= options.flags;
        options.flags = future.features;
        self.finish_tree(tree, &future, options).map_err(|error| with_source_line(error, text))?;
        Ok(Analyzed { tree, options })
    }

    fn finish_tree(
        &mut self,
        tree: &mut Mod<'a>,
        future: &FutureFeatures,
        options: Options,
    ) -> Result<(), CompileError> {
        preprocess(self.arena, tree, options.optimize, options.flags, self.warnings)?;
        self.symtable.build(self.names, tree, future)
    }

    /// What code generation takes.
    pub fn input(&mut self, filename: ObjId, options: Options) -> Input<'_, 'a> {
        Input {
            arena: self.arena,
            names: self.names,
            objects: self.objects,
            flowgraph: self.flowgraph,
            symtable: self.symtable,
            warnings: self.warnings,
            filename,
            options,
        }
    }
}

/// `PyErr_ProgramTextObject`: the line that a SyntaxError of a later pass points to.
fn with_source_line(mut error: CompileError, text: &str) -> CompileError {
    if error.kind == ErrorKind::SyntaxError
        && error.text.is_none()
        && let Some(line) = error.lineno.and_then(|lineno| lineno.checked_sub(1))
    {
        error.text = text.split_inclusive('\n').nth(line as usize).map(str::to_owned);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(source: &str) -> Result<Vec<u8>, ErrorKind> {
        let name = Wtf8::from_str("<test>");
        let result = Compiler::new().compile(source.as_bytes(), name, Options::default(), &mut Vec::new());
        result.map_err(|error| error.kind)
    }

    #[test]
    fn as_deep_as_cpython_on_a_small_stack() {
        let deep = |levels: usize| format!("def f(a):\n    return a{}\n", " + a".repeat(levels));
        assert!(compile(&deep(31_000)).is_ok());
        assert_eq!(compile(&deep(45_000)), Err(ErrorKind::RecursionError));
        assert!(compile(&format!("x = a{}\n", ".b".repeat(31_000))).is_ok());
        assert!(compile(&format!("x: a{}\n", "[0]".repeat(31_000))).is_ok());
    }

    #[test]
    fn buffers_leave_no_trace() {
        let sources =
            ["def f(a, b=1): return [x for x in a]\n", "x = 1\n", "class C:\n    def f(self): return super()\n"];
        let mut compiler = Compiler::new();
        for source in sources.iter().chain(sources.iter().rev()) {
            let name = Wtf8::from_str("<test>");
            let body = compiler.compile(source.as_bytes(), name, Options::default(), &mut Vec::new());
            assert_eq!(body.map_err(|error| error.kind), compile(source));
        }
    }
}
