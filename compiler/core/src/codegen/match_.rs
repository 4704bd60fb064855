//! `match` statements: the cases in turn; `pattern.rs` has the patterns.
//!
//! Invariant: the subject stays on the stack until the last case takes it; names are stored only after the whole
//! pattern has matched.

use pyc_format::opcode::Opcode;

use super::pattern::{PatternContext, is_wildcard};
use super::{CResult, Codegen};
use crate::ast::{Expr, Loc, MatchCase};

impl<'a> Codegen<'_, 'a> {
    pub(super) fn match_(&mut self, subject: &'a Expr<'a>, cases: &'a [MatchCase<'a>]) -> CResult {
        self.visit_expr(subject)?;
        let end = self.new_label();
        // `case _` at the end needs no pattern.
        let (tested, default) = match cases.split_last() {
            Some((last, tested)) if !tested.is_empty() && is_wildcard(&last.pattern) => (tested, Some(last)),
            _ => (cases, None),
        };
        for (i, case) in tested.iter().enumerate() {
            let is_last = i + 1 == tested.len();
            let loc = case.pattern.loc;
            if !is_last {
                self.addop_i(loc, Opcode::COPY, 1);
            }
            // An irrefutable case has a guard or is the very last.
            let allow_irrefutable = case.guard.is_some() || i + 1 == cases.len();
            let mut pc = PatternContext::new(allow_irrefutable);
            self.pattern(&case.pattern, &mut pc)?;
            for &name in &pc.stores {
                self.nameop_store(loc, name);
            }
            if let Some(guard) = &case.guard {
                let fail = self.fail_pop(&mut pc, 0);
                self.jump_if(loc, guard, fail, false)?;
            }
            if !is_last {
                // The body's location: branch events show where the match went.
                self.addop(Loc::NEXT, Opcode::POP_TOP);
            }
            self.visit_body(&case.body)?;
            self.addop_j(Loc::NONE, Opcode::JUMP, end);
            self.emit_and_reset_fail_pop(loc, &mut pc);
        }
        if let Some(case) = default {
            // For the coverage of the default's line.
            self.addop(case.pattern.loc, Opcode::NOP);
            if let Some(guard) = &case.guard {
                self.jump_if(case.pattern.loc, guard, end, false)?;
            }
            self.visit_body(&case.body)?;
        }
        self.use_label(end);
        Ok(())
    }
}
