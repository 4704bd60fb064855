//! Lists, tuples, sets and dicts, as values and as targets; unpacking.
//!
//! Invariant: a display of more than `STACK_USE_GUIDELINE` values grows its container item by item.

use pyc_format::opcode::{Intrinsic1, Opcode};

use super::{CResult, Codegen, STACK_USE_GUIDELINE};
use crate::ast::{Expr, ExprContext, ExprKind, Loc};
use crate::names::Name;

/// The instructions that build one kind of container.
#[derive(Clone, Copy)]
struct Builder {
    build: Opcode,
    add: Opcode,
    extend: Opcode,
    /// Built as a list, a tuple in the end.
    tuple: bool,
}

const LIST: Builder =
    Builder { build: Opcode::BUILD_LIST, add: Opcode::LIST_APPEND, extend: Opcode::LIST_EXTEND, tuple: false };
const TUPLE: Builder = Builder { tuple: true, ..LIST };
const SET: Builder =
    Builder { build: Opcode::BUILD_SET, add: Opcode::SET_ADD, extend: Opcode::SET_UPDATE, tuple: false };

impl<'a> Codegen<'_, 'a> {
    pub(super) fn list(&mut self, loc: Loc, elts: &'a [Expr<'a>], ctx: ExprContext) -> CResult {
        match ctx {
            ExprContext::Store => self.assignment(loc, elts),
            ExprContext::Load => self.starunpack(loc, elts, None, 0, LIST),
            ExprContext::Del => self.visit_exprs(elts),
        }
    }

    pub(super) fn tuple(&mut self, loc: Loc, elts: &'a [Expr<'a>], ctx: ExprContext) -> CResult {
        match ctx {
            ExprContext::Store => self.assignment(loc, elts),
            ExprContext::Load => self.starunpack(loc, elts, None, 0, TUPLE),
            ExprContext::Del => self.visit_exprs(elts),
        }
    }

    pub(super) fn set(&mut self, loc: Loc, elts: &'a [Expr<'a>]) -> CResult {
        self.starunpack(loc, elts, None, 0, SET)
    }

    /// The tuple of positional arguments of CALL_FUNCTION_EX; `pushed` of them are on the stack already, a generic
    /// class's base follows.
    pub(super) fn args_tuple(
        &mut self,
        loc: Loc,
        args: &'a [Expr<'a>],
        injected_arg: Option<Name>,
        pushed: usize,
    ) -> CResult {
        self.starunpack(loc, args, injected_arg, pushed, TUPLE)
    }

    fn starunpack(
        &mut self,
        loc: Loc,
        elts: &'a [Expr<'a>],
        injected_arg: Option<Name>,
        pushed: usize,
        builder: Builder,
    ) -> CResult {
        let Builder { build, add, extend, tuple } = builder;
        let n = elts.len() + usize::from(injected_arg.is_some());
        let big = n + pushed > STACK_USE_GUIDELINE;
        let seen_star = elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. }));
        if !seen_star && !big {
            self.visit_exprs(elts)?;
            if let Some(injected_arg) = injected_arg {
                self.nameop_load(loc, injected_arg);
            }
            let build = if tuple { Opcode::BUILD_TUPLE } else { build };
            self.addop_i(loc, build, n + pushed);
            return Ok(());
        }
        let mut sequence_built = false;
        if big {
            self.addop_i(loc, build, pushed);
            sequence_built = true;
        }
        for (i, elt) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = &elt.kind {
                if !sequence_built {
                    self.addop_i(loc, build, i + pushed);
                    sequence_built = true;
                }
                self.visit_expr(value)?;
                self.addop_i(loc, extend, 1);
            } else {
                self.visit_expr(elt)?;
                if sequence_built {
                    self.addop_i(loc, add, 1);
                }
            }
        }
        if let Some(injected_arg) = injected_arg {
            self.nameop_load(loc, injected_arg);
            self.addop_i(loc, add, 1);
        }
        if tuple {
            self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_LIST_TO_TUPLE);
        }
        Ok(())
    }

    /// Unpacks the value on the stack into targets.
    fn assignment(&mut self, loc: Loc, elts: &'a [Expr<'a>]) -> CResult {
        let is_star = |elt: &Expr<'a>| matches!(elt.kind, ExprKind::Starred { .. });
        self.unpack(
            loc,
            elts,
            is_star,
            ["too many expressions in star-unpacking assignment", "multiple starred expressions in assignment"],
        )?;
        for elt in elts {
            match &elt.kind {
                ExprKind::Starred { value, .. } => self.visit_expr(value)?,
                _ => self.visit_expr(elt)?,
            }
        }
        Ok(())
    }

    /// UNPACK_SEQUENCE or UNPACK_EX for targets or patterns. The messages are for too many before the star and for a
    /// second star.
    pub(super) fn unpack<T>(
        &mut self,
        loc: Loc,
        elts: &[T],
        is_star: impl Fn(&T) -> bool,
        [too_many, multiple]: [&str; 2],
    ) -> CResult {
        let n = elts.len();
        let mut seen_star = false;
        for (i, elt) in elts.iter().enumerate() {
            if !is_star(elt) {
                continue;
            }
            if seen_star {
                return Err(self.error(loc, multiple));
            }
            let after = n - i - 1;
            if i >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                return Err(self.error(loc, too_many));
            }
            self.addop_i(loc, Opcode::UNPACK_EX, i + (after << 8));
            seen_star = true;
        }
        if !seen_star {
            self.addop_i(loc, Opcode::UNPACK_SEQUENCE, n);
        }
        Ok(())
    }

    pub(super) fn dict(&mut self, loc: Loc, keys: &'a [Option<Expr<'a>>], values: &'a [Expr<'a>]) -> CResult {
        let n = values.len().min(keys.len());
        let mut have_dict = false;
        // Pairs seen since the last that were put into the dict.
        let mut elements = 0;
        for i in 0..n {
            if keys[i].is_none() {
                if elements > 0 {
                    self.subdict(loc, &keys[i - elements..i], &values[i - elements..i])?;
                    if have_dict {
                        self.addop_i(loc, Opcode::DICT_UPDATE, 1);
                    }
                    have_dict = true;
                    elements = 0;
                }
                if !have_dict {
                    self.addop_i(loc, Opcode::BUILD_MAP, 0);
                    have_dict = true;
                }
                self.visit_expr(&values[i])?;
                self.addop_i(loc, Opcode::DICT_UPDATE, 1);
            } else if elements * 2 > STACK_USE_GUIDELINE {
                self.subdict(loc, &keys[i - elements..=i], &values[i - elements..=i])?;
                if have_dict {
                    self.addop_i(loc, Opcode::DICT_UPDATE, 1);
                }
                have_dict = true;
                elements = 0;
            } else {
                elements += 1;
            }
        }
        if elements > 0 {
            self.subdict(loc, &keys[n - elements..n], &values[n - elements..n])?;
            if have_dict {
                self.addop_i(loc, Opcode::DICT_UPDATE, 1);
            }
            have_dict = true;
        }
        if !have_dict {
            self.addop_i(loc, Opcode::BUILD_MAP, 0);
        }
        Ok(())
    }

    fn subdict(&mut self, loc: Loc, keys: &'a [Option<Expr<'a>>], values: &'a [Expr<'a>]) -> CResult {
        let big = keys.len() * 2 > STACK_USE_GUIDELINE;
        if big {
            self.addop_i(loc, Opcode::BUILD_MAP, 0);
        }
        for (key, value) in keys.iter().flatten().zip(values) {
            self.visit_expr(key)?;
            self.visit_expr(value)?;
            if big {
                self.addop_i(loc, Opcode::MAP_ADD, 1);
            }
        }
        if !big {
            self.addop_i(loc, Opcode::BUILD_MAP, keys.len());
        }
        Ok(())
    }
}
