//! Patterns of `match` (PEP 634).
//!
//! Invariant: a pattern takes its subject from the top of the stack; on failure it jumps to a place that pops
//! `on_top` items and the captures so far. Captures are kept below the `on_top` items until the whole pattern matches.

use pyc_format::opcode::Opcode;
use pyc_text::repr::str_repr;

use super::{CResult, Codegen};
use crate::ast::{CmpOp, Constant, Expr, ExprKind, Int, Loc, Operator, Pattern, PatternKind};
use crate::error::CompileError;
use crate::instruction_sequence::Label;
use crate::names::Name;
use crate::unparse::constant_repr;

#[derive(Default)]
pub(super) struct PatternContext {
    /// Names captured so far, in the order in which they stand on the stack.
    pub stores: Vec<Name>,
    /// Whether a capture or wildcard may stand here.
    allow_irrefutable: bool,
    /// `fail_pop[n]` pops n items and falls through to `fail_pop[n - 1]`.
    fail_pop: Vec<Label>,
    on_top: usize,
}

impl PatternContext {
    pub fn new(allow_irrefutable: bool) -> Self {
        PatternContext { allow_irrefutable, ..PatternContext::default() }
    }
}

/// `_`
pub(super) fn is_wildcard(pattern: &Pattern<'_>) -> bool {
    matches!(pattern.kind, PatternKind::MatchAs { name: None, .. })
}

fn is_star(pattern: &Pattern<'_>) -> bool {
    matches!(pattern.kind, PatternKind::MatchStar { .. })
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn pattern(&mut self, p: &'a Pattern<'a>, pc: &mut PatternContext) -> CResult {
        self.enter_recursive_call()?;
        let loc = p.loc;
        match &p.kind {
            PatternKind::MatchValue { value } => self.pattern_value(loc, value, pc),
            PatternKind::MatchSingleton { value } => {
                let object = self.objects.from_constant(value);
                self.load_const(loc, object);
                self.addcompare(loc, CmpOp::Is);
                self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
                Ok(())
            }
            PatternKind::MatchSequence { patterns } => self.pattern_sequence(loc, patterns, pc),
            PatternKind::MatchMapping { keys, patterns, rest } => self.pattern_mapping(loc, keys, patterns, *rest, pc),
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.pattern_class(loc, cls, patterns, (kwd_attrs, kwd_patterns), pc)
            }
            PatternKind::MatchStar { name } => self.pattern_store_name(loc, *name, pc),
            PatternKind::MatchAs { pattern, name } => self.pattern_as(loc, pattern.as_deref(), *name, pc),
            PatternKind::MatchOr { patterns } => self.pattern_or(loc, patterns, pc),
        }?;
        self.depth -= 1;
        Ok(())
    }

    /// Within a pattern, irrefutable ones are allowed.
    fn subpattern(&mut self, p: &'a Pattern<'a>, pc: &mut PatternContext) -> CResult {
        let allow_irrefutable = std::mem::replace(&mut pc.allow_irrefutable, true);
        self.pattern(p, pc)?;
        pc.allow_irrefutable = allow_irrefutable;
        Ok(())
    }

    /// The place that pops `n` items.
    pub(super) fn fail_pop(&mut self, pc: &mut PatternContext, n: usize) -> Label {
        while pc.fail_pop.len() <= n {
            let label = self.new_label();
            pc.fail_pop.push(label);
        }
        pc.fail_pop[n]
    }

    fn jump_to_fail_pop(&mut self, loc: Loc, pc: &mut PatternContext, op: Opcode) {
        let pops = pc.on_top + pc.stores.len();
        let target = self.fail_pop(pc, pops);
        self.addop_j(loc, op, target);
    }

    pub(super) fn emit_and_reset_fail_pop(&mut self, loc: Loc, pc: &mut PatternContext) {
        for (n, label) in std::mem::take(&mut pc.fail_pop).into_iter().enumerate().rev() {
            self.use_label(label);
            if n > 0 {
                self.addop(loc, Opcode::POP_TOP);
            }
        }
    }

    /// The top goes below `count - 1` items.
    fn rotate(&mut self, loc: Loc, count: usize) {
        for n in (2..=count).rev() {
            self.addop_i(loc, Opcode::SWAP, n);
        }
    }

    fn pattern_store_name(&mut self, loc: Loc, name: Option<Name>, pc: &mut PatternContext) -> CResult {
        let Some(name) = name else {
            self.addop(loc, Opcode::POP_TOP);
            return Ok(());
        };
        if pc.stores.contains(&name) {
            return Err(self.error_duplicate_store(loc, name));
        }
        self.rotate(loc, pc.on_top + pc.stores.len() + 1);
        pc.stores.push(name);
        Ok(())
    }

    fn error_duplicate_store(&self, loc: Loc, name: Name) -> Box<CompileError> {
        let name = str_repr(self.text(name).into());
        self.error(loc, format!("multiple assignments to name {name} in pattern"))
    }

    fn pattern_as(
        &mut self,
        loc: Loc,
        pattern: Option<&'a Pattern<'a>>,
        name: Option<Name>,
        pc: &mut PatternContext,
    ) -> CResult {
        let Some(pattern) = pattern else {
            if !pc.allow_irrefutable {
                let what = match name {
                    Some(name) => format!("name capture {}", str_repr(self.text(name).into())),
                    None => "wildcard".to_owned(),
                };
                return Err(self.error(loc, format!("{what} makes remaining patterns unreachable")));
            }
            return self.pattern_store_name(loc, name, pc);
        };
        pc.on_top += 1;
        self.addop_i(loc, Opcode::COPY, 1);
        self.pattern(pattern, pc)?;
        pc.on_top -= 1;
        self.pattern_store_name(loc, name, pc)
    }

    fn pattern_value(&mut self, loc: Loc, value: &'a Expr<'a>, pc: &mut PatternContext) -> CResult {
        if !matches!(value.kind, ExprKind::Constant { .. } | ExprKind::Attribute { .. }) {
            return Err(self.error(loc, "patterns may only match literals and attribute lookups"));
        }
        self.visit_expr(value)?;
        self.addcompare(loc, CmpOp::Eq);
        self.addop(loc, Opcode::TO_BOOL);
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
        Ok(())
    }

    fn pattern_sequence(&mut self, loc: Loc, patterns: &'a [Pattern<'a>], pc: &mut PatternContext) -> CResult {
        let size = patterns.len();
        let mut star = None;
        let mut only_wildcard = true;
        let mut star_wildcard = false;
        for (i, pattern) in patterns.iter().enumerate() {
            if let PatternKind::MatchStar { name } = pattern.kind {
                if star.is_some() {
                    return Err(self.error(loc, "multiple starred names in sequence pattern"));
                }
                star_wildcard = name.is_none();
                only_wildcard &= star_wildcard;
                star = Some(i);
                continue;
            }
            only_wildcard &= is_wildcard(pattern);
        }
        pc.on_top += 1;
        self.addop(loc, Opcode::MATCH_SEQUENCE);
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
        match star {
            None => self.check_length(loc, size, CmpOp::Eq, pc),
            Some(_) if size > 1 => self.check_length(loc, size - 1, CmpOp::GtE, pc),
            Some(_) => {}
        }
        pc.on_top -= 1;
        if only_wildcard {
            self.addop(loc, Opcode::POP_TOP);
            return Ok(());
        }
        match star {
            Some(star) if star_wildcard => self.pattern_sequence_subscr(loc, patterns, star, pc),
            _ => self.pattern_sequence_unpack(loc, patterns, pc),
        }
    }

    fn check_length(&mut self, loc: Loc, size: usize, op: CmpOp, pc: &mut PatternContext) {
        self.addop(loc, Opcode::GET_LEN);
        self.load_int(loc, size);
        self.addcompare(loc, op);
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
    }

    fn pattern_sequence_unpack(&mut self, loc: Loc, patterns: &'a [Pattern<'a>], pc: &mut PatternContext) -> CResult {
        let messages = [
            "too many expressions in star-unpacking sequence pattern",
            "multiple starred expressions in sequence pattern",
        ];
        self.unpack(loc, patterns, is_star, messages)?;
        // The items wait on the stack for their turn.
        pc.on_top += patterns.len();
        for pattern in patterns {
            pc.on_top -= 1;
            self.subpattern(pattern, pc)?;
        }
        Ok(())
    }

    /// `[a, *_, b]`: by index, the subject is not unpacked.
    fn pattern_sequence_subscr(
        &mut self,
        loc: Loc,
        patterns: &'a [Pattern<'a>],
        star: usize,
        pc: &mut PatternContext,
    ) -> CResult {
        pc.on_top += 1;
        for (i, pattern) in patterns.iter().enumerate() {
            if i == star || is_wildcard(pattern) {
                continue;
            }
            self.addop_i(loc, Opcode::COPY, 1);
            if i < star {
                self.load_int(loc, i);
            } else {
                // Not every sequence takes negative indices.
                self.addop(loc, Opcode::GET_LEN);
                self.load_int(loc, patterns.len() - i);
                self.addop_binary(loc, Operator::Sub);
            }
            self.addop_subscr(loc);
            self.subpattern(pattern, pc)?;
        }
        pc.on_top -= 1;
        self.addop(loc, Opcode::POP_TOP);
        Ok(())
    }

    fn pattern_class(
        &mut self,
        loc: Loc,
        cls: &'a Expr<'a>,
        patterns: &'a [Pattern<'a>],
        (kwd_attrs, kwd_patterns): (&'a [Name], &'a [Pattern<'a>]),
        pc: &mut PatternContext,
    ) -> CResult {
        let (nattrs, nkwd_patterns) = (kwd_attrs.len(), kwd_patterns.len());
        if nattrs != nkwd_patterns {
            let message =
                format!("kwd_attrs ({nattrs}) / kwd_patterns ({nkwd_patterns}) length mismatch in class pattern");
            return Err(self.error(loc, message));
        }
        for (i, &attr) in kwd_attrs.iter().enumerate() {
            if let Some(other) = kwd_attrs[i + 1..].iter().position(|&other| other == attr) {
                let message = format!("attribute name repeated in class pattern: {}", self.text(attr));
                return Err(self.error(kwd_patterns[i + 1 + other].loc, message));
            }
        }
        self.visit_expr(cls)?;
        self.load_names_const(loc, kwd_attrs.iter().copied());
        self.addop_i(loc, Opcode::MATCH_CLASS, patterns.len());
        self.addop_i(loc, Opcode::COPY, 1);
        self.load_none(loc);
        self.addop_i(loc, Opcode::IS_OP, 1);
        pc.on_top += 1;
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
        let n = patterns.len() + nattrs;
        self.addop_i(loc, Opcode::UNPACK_SEQUENCE, n);
        pc.on_top = pc.on_top + n - 1;
        for pattern in patterns.iter().chain(kwd_patterns) {
            pc.on_top -= 1;
            if is_wildcard(pattern) {
                self.addop(loc, Opcode::POP_TOP);
                continue;
            }
            self.subpattern(pattern, pc)?;
        }
        Ok(())
    }

    fn pattern_mapping(
        &mut self,
        loc: Loc,
        keys: &'a [Expr<'a>],
        patterns: &'a [Pattern<'a>],
        rest: Option<Name>,
        pc: &mut PatternContext,
    ) -> CResult {
        let size = keys.len();
        if size != patterns.len() {
            let message = format!("keys ({size}) / patterns ({}) length mismatch in mapping pattern", patterns.len());
            return Err(self.error(loc, message));
        }
        pc.on_top += 1;
        self.addop(loc, Opcode::MATCH_MAPPING);
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
        if size == 0 && rest.is_none() {
            pc.on_top -= 1;
            self.addop(loc, Opcode::POP_TOP);
            return Ok(());
        }
        if size > 0 {
            self.check_length(loc, size, CmpOp::GtE, pc);
        }
        let mut seen = Vec::new();
        for key in keys {
            self.pattern_mapping_key(loc, key, &mut seen)?;
        }
        self.addop_i(loc, Opcode::BUILD_TUPLE, size);
        self.addop(loc, Opcode::MATCH_KEYS);
        // The keys and the values, or None, above the subject.
        pc.on_top += 2;
        self.addop_i(loc, Opcode::COPY, 1);
        self.load_none(loc);
        self.addop_i(loc, Opcode::IS_OP, 1);
        self.jump_to_fail_pop(loc, pc, Opcode::POP_JUMP_IF_FALSE);
        self.addop_i(loc, Opcode::UNPACK_SEQUENCE, size);
        pc.on_top = pc.on_top + size - 1;
        for pattern in patterns {
            pc.on_top -= 1;
            self.subpattern(pattern, pc)?;
        }
        pc.on_top -= 2;
        match rest {
            Some(rest) => self.pattern_mapping_rest(loc, size, rest, pc),
            None => {
                self.addop(loc, Opcode::POP_TOP);
                self.addop(loc, Opcode::POP_TOP);
                Ok(())
            }
        }
    }

    /// `rest = dict(subject); for key in keys: del rest[key]`, from `[subject, keys]`.
    fn pattern_mapping_rest(&mut self, loc: Loc, size: usize, rest: Name, pc: &mut PatternContext) -> CResult {
        self.addop_i(loc, Opcode::BUILD_MAP, 0);
        self.addop_i(loc, Opcode::SWAP, 3);
        self.addop_i(loc, Opcode::DICT_UPDATE, 2);
        self.addop_i(loc, Opcode::UNPACK_SEQUENCE, size);
        for n in (1..=size).rev() {
            self.addop_i(loc, Opcode::COPY, 1 + n);
            self.addop_i(loc, Opcode::SWAP, 2);
            self.addop(loc, Opcode::DELETE_SUBSCR);
        }
        self.pattern_store_name(loc, Some(rest), pc)
    }

    fn pattern_mapping_key(&mut self, loc: Loc, key: &'a Expr<'a>, seen: &mut Vec<Key<'a>>) -> CResult {
        match &key.kind {
            ExprKind::Constant { value, .. } => {
                let normal = Key::new(value);
                if seen.contains(&normal) {
                    let message =
                        format!("mapping pattern checks duplicate key ({})", constant_repr(self.names, value));
                    return Err(self.error(loc, message));
                }
                seen.push(normal);
            }
            ExprKind::Attribute { .. } => {}
            _ => {
                let message = "mapping pattern keys may only match literals and attribute lookups";
                return Err(self.error(loc, message));
            }
        }
        self.visit_expr(key)
    }

    fn pattern_or(&mut self, loc: Loc, patterns: &'a [Pattern<'a>], pc: &mut PatternContext) -> CResult {
        let end = self.new_label();
        // What the first alternative binds, in its order; the others must bind the same and are reordered to it.
        let mut control: Vec<Name> = Vec::new();
        for (i, alt) in patterns.iter().enumerate() {
            let is_last = i + 1 == patterns.len();
            let mut alt_pc = PatternContext::new(is_last && pc.allow_irrefutable);
            self.addop_i(alt.loc, Opcode::COPY, 1);
            self.pattern(alt, &mut alt_pc)?;
            if i == 0 {
                control.clone_from(&alt_pc.stores);
            } else if !self.reorder_stores(alt.loc, &control, &mut alt_pc.stores) {
                return Err(self.error(loc, "alternative patterns bind different names"));
            }
            self.addop_j(alt.loc, Opcode::JUMP, end);
            self.emit_and_reset_fail_pop(alt.loc, &mut alt_pc);
        }
        // No alternative matched: the subject is still there.
        self.addop(loc, Opcode::POP_TOP);
        self.jump_to_fail_pop(loc, pc, Opcode::JUMP);

        self.use_label(end);
        // Each capture goes below the other captures of this pattern, the subject, what is on top, and the captures
        // from before.
        let nrots = control.len() + 1 + pc.on_top + pc.stores.len();
        for name in control {
            self.rotate(loc, nrots);
            if pc.stores.contains(&name) {
                return Err(self.error_duplicate_store(loc, name));
            }
            pc.stores.push(name);
        }
        self.addop(loc, Opcode::POP_TOP);
        Ok(())
    }

    /// Brings captures into the order of `control` by rotating the stack; false if the names differ.
    fn reorder_stores(&mut self, loc: Loc, control: &[Name], stores: &mut Vec<Name>) -> bool {
        if stores.len() != control.len() {
            return false;
        }
        for icontrol in (0..control.len()).rev() {
            let Some(istores) = stores.iter().position(|name| *name == control[icontrol]) else {
                return false;
            };
            if istores < icontrol {
                let rotations = istores + 1;
                let rotated: Vec<Name> = stores.drain(..rotations).collect();
                let at = icontrol - istores;
                stores.splice(at..at, rotated);
                for _ in 0..rotations {
                    self.rotate(loc, icontrol + 1);
                }
            }
        }
        true
    }
}

/// A constant as a dict key: equal for what Python calls equal.
#[derive(Debug, PartialEq)]
enum Key<'a> {
    Int(Int<'a>),
    /// Not an integer within i64, so that 1.0 is 1; not NaN, which equals nothing.
    Float(f64),
    Complex(f64, f64),
    Other(OtherKey<'a>),
}

#[derive(Debug, PartialEq)]
enum OtherKey<'a> {
    None,
    Ellipsis,
    Str(&'a [u8]),
    Bytes(&'a [u8]),
    /// Constants that only a program's tree can hold.
    Opaque(usize),
}

impl<'a> Key<'a> {
    fn new(value: &'a Constant<'a>) -> Self {
        match value {
            Constant::True => Key::Int(Int::Small(1)),
            Constant::False => Key::Int(Int::Small(0)),
            Constant::Int(value) => Key::int(*value),
            Constant::Float(value) => Key::float(*value),
            Constant::Complex { real, imag } if *imag == 0.0 => Key::float(*real),
            Constant::Complex { real, imag } => Key::Complex(*real, *imag),
            Constant::None => Key::Other(OtherKey::None),
            Constant::Ellipsis => Key::Other(OtherKey::Ellipsis),
            Constant::Str(text) => Key::Other(OtherKey::Str(text.as_bytes())),
            Constant::Bytes(bytes) => Key::Other(OtherKey::Bytes(bytes)),
            Constant::Tuple(_) | Constant::FrozenSet(_) => {
                Key::Other(OtherKey::Opaque(std::ptr::from_ref(value).addr()))
            }
        }
    }

    fn float(value: f64) -> Self {
        // 2**63: below it the conversion is exact if the value is an integer.
        if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
            Key::Int(Int::Small(value as i64))
        } else {
            Key::Float(value)
        }
    }

    /// A large integer that a float represents is that float.
    fn int(value: Int<'a>) -> Self {
        let Int::Big { negative, magnitude } = value else { return Key::Int(value) };
        let significant = magnitude.iter().position(|&digit| digit != 0).map_or(&[][..], |at| &magnitude[at..]);
        let bits = significant.len() * 32
            - significant.last().map_or(0, |digit| digit.leading_zeros() as usize)
            - significant.first().map_or(0, |digit| digit.trailing_zeros() as usize);
        let float = magnitude.iter().rev().fold(0.0, |sum, &digit| sum * 4_294_967_296.0 + f64::from(digit));
        if bits <= 53 && f64::is_finite(float) {
            Key::Float(if negative { -float } else { float })
        } else {
            Key::Int(value)
        }
    }
}
