//! Functions: decorators, defaults, the body, closures.
//!
//! Invariant: what MAKE_FUNCTION's attributes take is pushed in the order defaults, keyword defaults, annotations,
//! closure, so that they come off in the opposite one.

use pyc_format::opcode::{FunctionAttribute, Intrinsic1, Intrinsic2, Opcode};

use super::fblock::{Datum, FBlockType};
use super::unit::{Code, ScopeType};
use super::{CResult, Codegen};
use crate::ast::{Arg, Arguments, Expr, FunctionDef, Loc, Stmt};
use crate::future::doc_string;
use crate::symtable::{BlockKey, BlockRole};

/// SET_FUNCTION_ATTRIBUTE's bits, of those on the stack.
pub(super) type FuncFlags = u32;

pub(super) const DEFAULTS: FuncFlags = FunctionAttribute::MAKE_FUNCTION_DEFAULTS.number();
pub(super) const KWDEFAULTS: FuncFlags = FunctionAttribute::MAKE_FUNCTION_KWDEFAULTS.number();
pub(super) const ANNOTATE: FuncFlags = FunctionAttribute::MAKE_FUNCTION_ANNOTATE.number();
const CLOSURE: FuncFlags = FunctionAttribute::MAKE_FUNCTION_CLOSURE.number();

impl<'a> Codegen<'_, 'a> {
    pub(super) fn function(&mut self, s: &'a Stmt<'a>, def: &'a FunctionDef<'a>) -> CResult {
        let loc = s.loc;
        self.visit_exprs(&def.decorator_list)?;
        let firstlineno = firstlineno(s, &def.decorator_list);
        let mut funcflags = self.default_arguments(loc, &def.args)?;
        let is_generic = !def.type_params.is_empty();
        let mut num_typeparam_args = 0;
        if is_generic {
            // The defaults become arguments of the function that makes the type parameters.
            num_typeparam_args = usize::from(funcflags & DEFAULTS != 0) + usize::from(funcflags & KWDEFAULTS != 0);
            if num_typeparam_args == 2 {
                self.addop_i(loc, Opcode::SWAP, 2);
            }
            let name = self.generic_parameters_name(def.name);
            let block = self.lookup(BlockKey::new(s, BlockRole::TypeParams))?;
            self.enter_scope(name, ScopeType::Annotations, block, firstlineno, None, [num_typeparam_args, 0, 0])?;
            self.type_params(&def.type_params)?;
            for i in 0..num_typeparam_args {
                self.addop_i(loc, Opcode::LOAD_FAST, i);
            }
        }
        funcflags |= self.function_annotations(s, &def.args, def.returns.as_deref())?;
        self.function_body(s, def, funcflags, firstlineno)?;
        if is_generic {
            self.addop_i(loc, Opcode::SWAP, 2);
            let set_type_params = Intrinsic2::INTRINSIC_SET_FUNCTION_TYPE_PARAMS.number() as usize;
            self.addop_i(loc, Opcode::CALL_INTRINSIC_2, set_type_params);
            let code = self.optimize_and_assemble(false)?;
            self.make_closure(loc, &code, 0)?;
            if num_typeparam_args > 0 {
                self.addop_i(loc, Opcode::SWAP, num_typeparam_args + 1);
                self.addop_i(loc, Opcode::CALL, num_typeparam_args - 1);
            } else {
                self.addop(loc, Opcode::PUSH_NULL);
                self.addop_i(loc, Opcode::CALL, 0);
            }
        }
        self.apply_decorators(&def.decorator_list);
        self.nameop_store(loc, def.name);
        Ok(())
    }

    fn function_body(
        &mut self,
        s: &'a Stmt<'a>,
        def: &'a FunctionDef<'a>,
        funcflags: FuncFlags,
        firstlineno: i32,
    ) -> CResult {
        let scope_type = if def.is_async { ScopeType::AsyncFunction } else { ScopeType::Function };
        let args = &def.args;
        let block = self.lookup(BlockKey::new(s, BlockRole::Body))?;
        let counts = [args.args.len(), args.posonlyargs.len(), args.kwonlyargs.len()];
        self.enter_scope(def.name, scope_type, block, firstlineno, None, counts)?;

        let mut body: &'a [Stmt<'a>] = &def.body;
        if self.ste().has_docstring
            && let Some(doc) = doc_string(body)
        {
            body = &body[1..];
            let cleaned = self.clean_doc(doc)?;
            self.add_const(cleaned);
        }
        let is_generator = self.ste().coroutine || self.ste().generator;
        if is_generator {
            let start = self.new_label();
            self.use_label(start);
            self.push_fblock(Loc::NONE, FBlockType::StopIteration, Some(start), None, Datum::None)?;
        }
        self.visit_body(body)?;
        if is_generator {
            self.wrap_in_stopiteration_handler();
            self.pop_fblock();
        }
        let code = self.optimize_and_assemble(true)?;
        self.make_closure(s.loc, &code, funcflags)
    }

    /// A StopIteration that leaves a generator becomes a RuntimeError (PEP 479).
    pub(super) fn wrap_in_stopiteration_handler(&mut self) {
        let handler = self.new_label();
        self.u.seq.insert(0, Opcode::SETUP_CLEANUP, handler.0 as i32, Loc::NONE);
        self.load_none(Loc::NONE);
        self.addop(Loc::NONE, Opcode::RETURN_VALUE);
        self.use_label(handler);
        self.addop_intrinsic_1(Loc::NONE, Intrinsic1::INTRINSIC_STOPITERATION_ERROR);
        self.addop_i(Loc::NONE, Opcode::RERAISE, 1);
    }

    /// A function object from code that is finished, in the unit around it.
    pub(super) fn make_closure(&mut self, loc: Loc, code: &Code, mut flags: FuncFlags) -> CResult {
        if !code.freevars.is_empty() {
            for &name in &code.freevars {
                let arg = self.lookup_arg(name)?;
                self.addop_i(loc, Opcode::LOAD_CLOSURE, arg);
            }
            flags |= CLOSURE;
            self.addop_i(loc, Opcode::BUILD_TUPLE, code.freevars.len());
        }
        self.load_const(loc, code.id);
        self.addop(loc, Opcode::MAKE_FUNCTION);
        for flag in [CLOSURE, ANNOTATE, KWDEFAULTS, DEFAULTS] {
            if flags & flag != 0 {
                self.addop_i(loc, Opcode::SET_FUNCTION_ATTRIBUTE, flag as usize);
            }
        }
        Ok(())
    }

    pub(super) fn apply_decorators(&mut self, decorators: &[Expr<'a>]) {
        for decorator in decorators.iter().rev() {
            self.addop_i(decorator.loc, Opcode::CALL, 0);
        }
    }

    pub(super) fn default_arguments(&mut self, loc: Loc, args: &'a Arguments<'a>) -> CResult<FuncFlags> {
        let mut funcflags = 0;
        if !args.defaults.is_empty() {
            self.visit_exprs(&args.defaults)?;
            self.addop_i(loc, Opcode::BUILD_TUPLE, args.defaults.len());
            funcflags |= DEFAULTS;
        }
        if self.kwonlydefaults(loc, &args.kwonlyargs, &args.kw_defaults)? {
            funcflags |= KWDEFAULTS;
        }
        Ok(funcflags)
    }

    /// Pushes a dict of keyword-only defaults, if there are any.
    fn kwonlydefaults(
        &mut self,
        loc: Loc,
        kwonlyargs: &'a [Arg<'a>],
        kw_defaults: &'a [Option<Expr<'a>>],
    ) -> CResult<bool> {
        let mut count = 0;
        for (arg, default) in kwonlyargs.iter().zip(kw_defaults) {
            if let Some(default) = default {
                count += 1;
                let mangled = self.maybe_mangle(arg.arg);
                self.load_name_const(loc, mangled);
                self.visit_expr(default)?;
            }
        }
        if count > 0 {
            self.addop_i(loc, Opcode::BUILD_MAP, count);
        }
        Ok(count > 0)
    }
}

/// co_firstlineno: that of the first decorator's expression.
pub(super) fn firstlineno(s: &Stmt<'_>, decorators: &[Expr<'_>]) -> i32 {
    decorators.first().map_or(s.loc.lineno, |decorator| decorator.loc.lineno)
}
