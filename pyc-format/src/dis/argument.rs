//! The words in parentheses behind an operand.
//!
//! Invariant: chosen by the operand's meaning alone; an index out of range is `?`, where CPython raises.

use std::fmt::{self, Write};

use super::repr::Repr;
use super::write_str;
use crate::code::Code;
use crate::marshal::{Graph, ObjRef};
use crate::opcode::{
    BinaryOp, COMPARE_TO_BOOL, CommonConstant, CompareOp, Conversion, FunctionAttribute, Intrinsic1, Intrinsic2,
    Opcode, Operand, SpecialMethod,
};

/// What operands refer to.
pub(super) struct Context<'g> {
    pub graph: &'g Graph,
    pub consts: &'g [ObjRef],
    pub names: &'g [ObjRef],
    pub localsplusnames: &'g [ObjRef],
}

impl<'g> Context<'g> {
    pub fn new(graph: &'g Graph, code: &Code) -> Self {
        let tuple = |obj| graph.as_tuple(obj).unwrap_or_default();
        Context {
            graph,
            consts: tuple(code.consts),
            names: tuple(code.names),
            localsplusnames: tuple(code.localsplusnames),
        }
    }

    /// Writes ` (words)` or nothing; `label` is that of the jump's target.
    pub fn write(
        &self,
        op: Opcode,
        oparg: u32,
        label: Option<usize>,
        repr: &mut Repr<'_>,
        out: &mut impl Write,
    ) -> fmt::Result {
        let index = oparg as usize;
        let text = |text: Option<&str>, out: &mut _| parenthesized(text.unwrap_or("?"), out);
        match op.operand() {
            Operand::Const => {
                out.write_str(" (")?;
                match self.consts.get(index) {
                    Some(&constant) => repr.value(constant, out)?,
                    None => out.write_str("?")?,
                }
                out.write_str(")")
            }
            Operand::Name => self.name(self.names, index, "", out),
            Operand::NameNull => self.name(self.names, index >> 1, if index & 1 != 0 { " + NULL" } else { "" }, out),
            Operand::NameMethod => {
                self.name(self.names, index >> 1, if index & 1 != 0 { " + NULL|self" } else { "" }, out)
            }
            Operand::NameSuper => {
                self.name(self.names, index >> 2, if index & 1 != 0 { " + NULL|self" } else { "" }, out)
            }
            Operand::Local | Operand::Deref => self.name(self.localsplusnames, index, "", out),
            Operand::LocalPair => {
                out.write_str(" (")?;
                self.bare_name(self.localsplusnames, index >> 4, out)?;
                out.write_str(", ")?;
                self.bare_name(self.localsplusnames, index & 15, out)?;
                out.write_str(")")
            }
            Operand::JumpForward | Operand::JumpBackward | Operand::Label => jump("to", label, out),
            Operand::AsyncFor => jump("from", label, out),
            Operand::Compare => match CompareOp::from_number(oparg >> 5) {
                Some(op) if oparg & COMPARE_TO_BOOL != 0 => write!(out, " (bool({}))", op.text()),
                op => text(op.map(CompareOp::text), out),
            },
            Operand::BinaryOp => text(BinaryOp::from_number(oparg).map(BinaryOp::text), out),
            Operand::Intrinsic1 => text(Intrinsic1::from_number(oparg).map(Intrinsic1::text), out),
            Operand::Intrinsic2 => text(Intrinsic2::from_number(oparg).map(Intrinsic2::text), out),
            Operand::CommonConstant => match CommonConstant::from_number(oparg) {
                Some(function @ (CommonConstant::CONSTANT_BUILTIN_ALL | CommonConstant::CONSTANT_BUILTIN_ANY)) => {
                    write!(out, " (<built-in function {}>)", function.text())
                }
                constant => text(constant.map(CommonConstant::text), out),
            },
            Operand::SpecialMethod => text(SpecialMethod::from_number(oparg).map(SpecialMethod::text), out),
            Operand::Conversion => text(Conversion::from_number(oparg).map(Conversion::text), out),
            Operand::FunctionAttribute => {
                let set = FunctionAttribute::ALL.iter().filter(|bit| oparg & bit.number() != 0);
                let words: Vec<&str> = set.map(|bit| bit.text()).collect();
                parenthesized(&words.join(", "), out)
            }
            Operand::Invert => text(
                Some(match (op, oparg) {
                    (Opcode::IS_OP, 0) => "is",
                    (Opcode::IS_OP, _) => "is not",
                    (_, 0) => "in",
                    _ => "not in",
                }),
                out,
            ),
            Operand::None
            | Operand::SmallInt
            | Operand::Count
            | Operand::StackItem
            | Operand::Container
            | Operand::UnpackEx
            | Operand::SliceArgs
            | Operand::Interpolation
            | Operand::FreeVars
            | Operand::RaiseArgs
            | Operand::Reraise
            | Operand::Awaitable
            | Operand::Yield
            | Operand::Resume
            | Operand::Extended => Ok(()),
        }
    }

    fn name(&self, names: &[ObjRef], index: usize, suffix: &str, out: &mut impl Write) -> fmt::Result {
        // A name without characters prints nothing, not even its suffix.
        if let Some(&name) = names.get(index)
            && self.graph.as_str(name).is_some_and(|text| text.bytes.is_empty())
        {
            return Ok(());
        }
        out.write_str(" (")?;
        self.bare_name(names, index, out)?;
        write!(out, "{suffix})")
    }

    fn bare_name(&self, names: &[ObjRef], index: usize, out: &mut impl Write) -> fmt::Result {
        match names.get(index) {
            Some(&name) => write_str(self.graph, name, out),
            None => out.write_str("?"),
        }
    }
}

fn jump(preposition: &str, label: Option<usize>, out: &mut impl Write) -> fmt::Result {
    match label {
        Some(label) => write!(out, " ({preposition} L{label})"),
        None => write!(out, " ({preposition} ?)"),
    }
}

fn parenthesized(text: &str, out: &mut impl Write) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(out, " ({text})") }
}
