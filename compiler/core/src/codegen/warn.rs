//! SyntaxWarnings about what cannot be meant: comparing literals by identity, calling or indexing them.
//!
//! Invariant: a warning never changes the code; the driver decides whether one is an error.

use super::Codegen;
use crate::ast::{CmpOp, Constant, Expr, ExprKind, Loc};
use crate::error::CompileWarning;

/// The name of the type that the expression certainly has.
fn infer_type(e: &Expr<'_>) -> Option<&'static str> {
    Some(match &e.kind {
        ExprKind::Tuple { .. } => "tuple",
        ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
        ExprKind::GeneratorExp { .. } => "generator",
        ExprKind::Lambda { .. } => "function",
        ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => "string.templatelib.Template",
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => "str",
        ExprKind::Constant { value, .. } => match value {
            Constant::None => "NoneType",
            Constant::True | Constant::False => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Int(_) => "int",
            Constant::Float(_) => "float",
            Constant::Complex { .. } => "complex",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
            Constant::Tuple(_) => "tuple",
            Constant::FrozenSet(_) => "frozenset",
        },
        _ => return None,
    })
}

/// Whether identity may be asked of it: anything but literals, the named singletons excepted.
fn check_is_arg(e: &Expr<'_>) -> bool {
    match &e.kind {
        ExprKind::Tuple { elts, .. } => !elts.iter().all(|elt| matches!(elt.kind, ExprKind::Constant { .. })),
        ExprKind::Constant { value, .. } => {
            matches!(value, Constant::None | Constant::False | Constant::True | Constant::Ellipsis)
        }
        _ => true,
    }
}

impl<'a> Codegen<'_, 'a> {
    pub(super) fn warn(&mut self, loc: Loc, message: impl Into<String>) {
        if self.disable_warning == 0 {
            self.warnings.push(CompileWarning::syntax(message, loc));
        }
    }

    pub(super) fn check_compare(&mut self, loc: Loc, left: &Expr<'a>, ops: &[CmpOp], comparators: &[Expr<'a>]) {
        let mut left = left;
        for (op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot) && !(check_is_arg(left) && check_is_arg(right)) {
                let literal = if check_is_arg(left) { right } else { left };
                let name = infer_type(literal).unwrap_or("");
                let message = match op {
                    CmpOp::Is => format!("\"is\" with '{name}' literal. Did you mean \"==\"?"),
                    _ => format!("\"is not\" with '{name}' literal. Did you mean \"!=\"?"),
                };
                return self.warn(loc, message);
            }
            left = right;
        }
    }

    pub(super) fn check_caller(&mut self, e: &Expr<'a>) {
        if matches!(e.kind, ExprKind::Lambda { .. }) {
            return;
        }
        if let Some(name) = infer_type(e) {
            self.warn(e.loc, format!("'{name}' object is not callable; perhaps you missed a comma?"));
        }
    }

    pub(super) fn check_subscripter(&mut self, e: &Expr<'a>) {
        let subscriptable = match &e.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation { .. }
            | ExprKind::Lambda { .. } => false,
            _ => true,
        };
        if !subscriptable {
            let name = infer_type(e).unwrap_or("");
            self.warn(e.loc, format!("'{name}' object is not subscriptable; perhaps you missed a comma?"));
        }
    }

    pub(super) fn check_index(&mut self, e: &Expr<'a>, index: &Expr<'a>) {
        let Some(index_type) = infer_type(index) else { return };
        if matches!(index_type, "int" | "bool") {
            return;
        }
        let is_sequence = match &e.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        if is_sequence {
            let name = infer_type(e).unwrap_or("");
            let message =
                format!("{name} indices must be integers or slices, not {index_type}; perhaps you missed a comma?");
            self.warn(e.loc, message);
        }
    }
}
