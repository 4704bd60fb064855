//! Type parameters and `type` statements (PEP 695, 696).
//!
//! Invariant: bounds, constraints, defaults and alias values are functions of their own, called when first asked for;
//! their parameter `.format` has the default 1 (VALUE).

use pyc_format::opcode::{Intrinsic1, Intrinsic2, Opcode};

use super::function::DEFAULTS;
use super::unit::ScopeType;
use super::{CResult, Codegen};
use crate::ast::{Expr, ExprKind, Loc, Stmt, TypeParam, TypeParamKind};
use crate::names::Name;
use crate::symtable::{BlockId, BlockKey, BlockRole};

impl<'a> Codegen<'_, 'a> {
    pub(super) fn generic_parameters_name(&self, name: Name) -> Name {
        self.names.intern(&format!("<generic parameters of {}>", self.text(name)))
    }

    /// Leaves the tuple of type parameters, each also stored under its name.
    pub(super) fn type_params(&mut self, type_params: &'a [TypeParam<'a>]) -> CResult {
        let mut seen_default = false;
        for param in type_params {
            let loc = param.loc;
            let (name, default) = match &param.kind {
                TypeParamKind::TypeVar { name, bound, default_value } => {
                    self.load_name_const(loc, *name);
                    match bound {
                        Some(bound) => {
                            let block = self.lookup(BlockKey::new(param, BlockRole::Bound))?;
                            self.type_param_bound_or_default(bound, *name, block, false)?;
                            let function = match bound.kind {
                                ExprKind::Tuple { .. } => Intrinsic2::INTRINSIC_TYPEVAR_WITH_CONSTRAINTS,
                                _ => Intrinsic2::INTRINSIC_TYPEVAR_WITH_BOUND,
                            };
                            self.addop_i(loc, Opcode::CALL_INTRINSIC_2, function.number() as usize);
                        }
                        None => self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_TYPEVAR),
                    }
                    (*name, default_value)
                }
                TypeParamKind::TypeVarTuple { name, default_value } => {
                    self.load_name_const(loc, *name);
                    self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_TYPEVARTUPLE);
                    (*name, default_value)
                }
                TypeParamKind::ParamSpec { name, default_value } => {
                    self.load_name_const(loc, *name);
                    self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_PARAMSPEC);
                    (*name, default_value)
                }
            };
            match default {
                Some(default) => {
                    seen_default = true;
                    let allow_starred = matches!(param.kind, TypeParamKind::TypeVarTuple { .. });
                    let block = self.lookup(BlockKey::new(param, BlockRole::Default))?;
                    self.type_param_bound_or_default(default, name, block, allow_starred)?;
                    let set_default = Intrinsic2::INTRINSIC_SET_TYPEPARAM_DEFAULT.number() as usize;
                    self.addop_i(loc, Opcode::CALL_INTRINSIC_2, set_default);
                }
                None if seen_default => {
                    let name = self.text(name);
                    let message = format!("non-default type parameter '{name}' follows default type parameter");
                    return Err(self.error(loc, message));
                }
                None => {}
            }
            self.addop_i(loc, Opcode::COPY, 1);
            self.nameop_store(loc, name);
        }
        let loc = type_params.first().map_or(Loc::NONE, |param| param.loc);
        self.addop_i(loc, Opcode::BUILD_TUPLE, type_params.len());
        Ok(())
    }

    fn type_param_bound_or_default(
        &mut self,
        e: &'a Expr<'a>,
        name: Name,
        block: BlockId,
        allow_starred: bool,
    ) -> CResult {
        self.load_format_defaults(e.loc);
        self.setup_annotations_scope(e.loc, block, name)?;
        match &e.kind {
            ExprKind::Starred { value, .. } if allow_starred => {
                self.visit_expr(value)?;
                self.addop_i(e.loc, Opcode::UNPACK_SEQUENCE, 1);
            }
            _ => self.visit_expr(e)?,
        }
        self.addop(e.loc, Opcode::RETURN_VALUE);
        let code = self.optimize_and_assemble(true)?;
        self.make_closure(e.loc, &code, DEFAULTS)
    }

    /// `(1,)`
    fn load_format_defaults(&mut self, loc: Loc) {
        let one = self.objects.int(1);
        let defaults = self.objects.tuple(&[one]);
        self.load_const(loc, defaults);
    }

    pub(super) fn typealias(
        &mut self,
        s: &'a Stmt<'a>,
        name: &'a Expr<'a>,
        type_params: &'a [TypeParam<'a>],
        value: &'a Expr<'a>,
    ) -> CResult {
        let loc = s.loc;
        let ExprKind::Name { id: name, .. } = name.kind else {
            return Err(self.system_error("TypeAlias with non-Name name"));
        };
        let is_generic = !type_params.is_empty();
        if is_generic {
            let params_name = self.generic_parameters_name(name);
            let block = self.lookup(BlockKey::new(s, BlockRole::TypeParams))?;
            self.enter_scope(params_name, ScopeType::Annotations, block, loc.lineno, None, [0; 3])?;
            self.load_name_const(loc, name);
            self.type_params(type_params)?;
        } else {
            self.load_name_const(loc, name);
            self.load_none(loc);
        }
        self.typealias_body(s, name, value)?;
        if is_generic {
            let code = self.optimize_and_assemble(false)?;
            self.make_closure(loc, &code, 0)?;
            self.addop(loc, Opcode::PUSH_NULL);
            self.addop_i(loc, Opcode::CALL, 0);
        }
        self.nameop_store(loc, name);
        Ok(())
    }

    fn typealias_body(&mut self, s: &'a Stmt<'a>, name: Name, value: &'a Expr<'a>) -> CResult {
        let loc = s.loc;
        self.load_format_defaults(loc);
        let block = self.lookup(BlockKey::new(s, BlockRole::Body))?;
        self.setup_annotations_scope(loc, block, name)?;
        self.visit_expr(value)?;
        self.addop(loc, Opcode::RETURN_VALUE);
        let code = self.optimize_and_assemble(false)?;
        self.make_closure(loc, &code, DEFAULTS)?;
        self.addop_i(loc, Opcode::BUILD_TUPLE, 3);
        self.addop_intrinsic_1(loc, Intrinsic1::INTRINSIC_TYPEALIAS);
        Ok(())
    }
}
