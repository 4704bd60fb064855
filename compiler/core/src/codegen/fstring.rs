//! f-strings and t-strings.
//!
//! Invariant: `conversion` is -1 or one of the letters `s`, `r`, `a`.

use pyc_format::opcode::{Conversion, Opcode};
use pyc_text::Wtf8;

use super::{CResult, Codegen, STACK_USE_GUIDELINE};
use crate::ast::{Expr, ExprKind, Loc};
use crate::names::Name;

impl<'a> Codegen<'_, 'a> {
    pub(super) fn joined_str(&mut self, loc: Loc, values: &'a [Expr<'a>]) -> CResult {
        if values.len() > STACK_USE_GUIDELINE {
            self.load_name_const(loc, Name::EMPTY);
            self.addop_load_method(loc, Name::JOIN);
            self.addop_i(loc, Opcode::BUILD_LIST, 0);
            for value in values {
                self.visit_expr(value)?;
                self.addop_i(loc, Opcode::LIST_APPEND, 1);
            }
            self.addop_i(loc, Opcode::CALL, 1);
            return Ok(());
        }
        self.visit_exprs(values)?;
        match values.len() {
            0 => self.load_name_const(loc, Name::EMPTY),
            1 => {}
            n => self.addop_i(loc, Opcode::BUILD_STRING, n),
        }
        Ok(())
    }

    /// Strings and interpolations alternate in the template, so an empty string stands between two interpolations.
    pub(super) fn template_str(&mut self, loc: Loc, values: &'a [Expr<'a>]) -> CResult {
        let is_interpolation = |value: &Expr<'a>| matches!(value.kind, ExprKind::Interpolation { .. });
        let mut last_was_interpolation = true;
        let mut n_strings = 0;
        for value in values {
            if is_interpolation(value) {
                if last_was_interpolation {
                    self.load_name_const(loc, Name::EMPTY);
                    n_strings += 1;
                }
                last_was_interpolation = true;
            } else {
                self.visit_expr(value)?;
                n_strings += 1;
                last_was_interpolation = false;
            }
        }
        if last_was_interpolation {
            self.load_name_const(loc, Name::EMPTY);
            n_strings += 1;
        }
        self.addop_i(loc, Opcode::BUILD_TUPLE, n_strings);

        let mut n_interpolations = 0;
        for value in values.iter().filter(|value| is_interpolation(value)) {
            self.visit_expr(value)?;
            n_interpolations += 1;
        }
        self.addop_i(loc, Opcode::BUILD_TUPLE, n_interpolations);
        self.addop(loc, Opcode::BUILD_TEMPLATE);
        Ok(())
    }

    pub(super) fn interpolation(
        &mut self,
        loc: Loc,
        value: &'a Expr<'a>,
        source: Wtf8<'a>,
        conversion: i32,
        format_spec: Option<&'a Expr<'a>>,
    ) -> CResult {
        self.visit_expr(value)?;
        let source = self.objects.str(source);
        self.load_const(loc, source);
        let mut oparg = 2;
        if let Some(spec) = format_spec {
            oparg |= 1;
            self.visit_expr(spec)?;
        }
        oparg |= (self.conversion(conversion)?.number() as usize) << 2;
        self.addop_i(loc, Opcode::BUILD_INTERPOLATION, oparg);
        Ok(())
    }

    pub(super) fn formatted_value(
        &mut self,
        loc: Loc,
        value: &'a Expr<'a>,
        conversion: i32,
        format_spec: Option<&'a Expr<'a>>,
    ) -> CResult {
        self.visit_expr(value)?;
        let conversion = self.conversion(conversion)?;
        if conversion != Conversion::FVC_NONE {
            self.addop_i(loc, Opcode::CONVERT_VALUE, conversion.number() as usize);
        }
        match format_spec {
            Some(spec) => {
                self.visit_expr(spec)?;
                self.addop(loc, Opcode::FORMAT_WITH_SPEC);
            }
            None => self.addop(loc, Opcode::FORMAT_SIMPLE),
        }
        Ok(())
    }

    fn conversion(&self, letter: i32) -> CResult<Conversion> {
        match u8::try_from(letter) {
            Err(_) if letter == -1 => Ok(Conversion::FVC_NONE),
            Ok(b's') => Ok(Conversion::FVC_STR),
            Ok(b'r') => Ok(Conversion::FVC_REPR),
            Ok(b'a') => Ok(Conversion::FVC_ASCII),
            _ => Err(self.system_error(&format!("Unrecognized conversion character {letter}"))),
        }
    }
}
