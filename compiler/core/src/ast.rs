//! The abstract syntax tree, in the shape of CPython's Parser/Python.asdl.
//!
//! Invariants: every node lives in one arena and owns nothing outside of it, so a tree is dropped without recursion;
//! locations are CPython's (lines from 1, columns are UTF-8 byte offsets from 0); identifiers are not mangled.
//! Passes that change the tree ([`preprocess`](crate)) take `&mut`; the later ones share it as `&'a Mod<'a>`.

use std::ops::{Deref, DerefMut};

use bumpalo::Bump;
use pyc_text::Wtf8;

use crate::names::Name;

/// An owned node in the arena.
#[derive(Debug)]
pub struct Box<'a, T: ?Sized>(&'a mut T);

impl<'a, T> Box<'a, T> {
    pub fn new_in(value: T, arena: &'a Bump) -> Self {
        Box(arena.alloc(value))
    }
}
impl<T: ?Sized> Deref for Box<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0
    }
}
impl<T: ?Sized> DerefMut for Box<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0
    }
}

/// An owned sequence in the arena.
pub type List<'a, T> = Box<'a, [T]>;

impl<'a, T> Box<'a, [T]> {
    /// A sequence of the items, moved into the arena.
    pub fn from_vec_in(items: Vec<T>, arena: &'a Bump) -> Self {
        Box(arena.alloc_slice_fill_iter(items))
    }
    /// A sequence of what the iterator gives, made in place.
    pub fn from_iter_in(items: impl ExactSizeIterator<Item = T>, arena: &'a Bump) -> Self {
        Box(arena.alloc_slice_fill_iter(items))
    }
    pub fn empty() -> Self {
        Box(&mut [])
    }
    /// Drops the first item.
    pub fn remove_first(&mut self) {
        if let Some((_, rest)) = std::mem::replace(self, Box::empty()).0.split_first_mut() {
            self.0 = rest;
        }
    }
}

/// Where a node stands. Lines from 1, columns in UTF-8 bytes from 0; [`Loc::NONE`] is CPython's NO_LOCATION.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loc {
    pub lineno: i32,
    pub end_lineno: i32,
    pub col_offset: i32,
    pub end_col_offset: i32,
}

impl Loc {
    /// NO_LOCATION: inherits the line of what stands before it.
    pub const NONE: Loc = Loc { lineno: -1, end_lineno: -1, col_offset: -1, end_col_offset: -1 };
    /// NEXT_LOCATION: takes the location of the instruction after it.
    pub const NEXT: Loc = Loc { lineno: -2, end_lineno: -2, col_offset: -2, end_col_offset: -2 };
}

/// `mod`
#[derive(Debug)]
pub enum Mod<'a> {
    Module { body: List<'a, Stmt<'a>>, type_ignores: List<'a, TypeIgnore<'a>> },
    Interactive { body: List<'a, Stmt<'a>> },
    Expression { body: Box<'a, Expr<'a>> },
    FunctionType { argtypes: List<'a, Expr<'a>>, returns: Box<'a, Expr<'a>> },
}

#[derive(Debug)]
pub struct TypeIgnore<'a> {
    pub lineno: i32,
    pub tag: &'a str,
}

#[derive(Debug)]
pub struct Stmt<'a> {
    pub kind: StmtKind<'a>,
    pub loc: Loc,
}

/// FunctionDef and AsyncFunctionDef.
#[derive(Debug)]
pub struct FunctionDef<'a> {
    pub is_async: bool,
    pub name: Name,
    pub args: Box<'a, Arguments<'a>>,
    pub body: List<'a, Stmt<'a>>,
    pub decorator_list: List<'a, Expr<'a>>,
    pub returns: Option<Box<'a, Expr<'a>>>,
    pub type_comment: Option<&'a str>,
    pub type_params: List<'a, TypeParam<'a>>,
}

#[derive(Debug)]
pub struct ClassDef<'a> {
    pub name: Name,
    pub bases: List<'a, Expr<'a>>,
    pub keywords: List<'a, Keyword<'a>>,
    pub body: List<'a, Stmt<'a>>,
    pub decorator_list: List<'a, Expr<'a>>,
    pub type_params: List<'a, TypeParam<'a>>,
}

/// For and AsyncFor.
#[derive(Debug)]
pub struct For<'a> {
    pub is_async: bool,
    pub target: Expr<'a>,
    pub iter: Expr<'a>,
    pub body: List<'a, Stmt<'a>>,
    pub orelse: List<'a, Stmt<'a>>,
    pub type_comment: Option<&'a str>,
}

/// With and AsyncWith.
#[derive(Debug)]
pub struct With<'a> {
    pub is_async: bool,
    pub items: List<'a, WithItem<'a>>,
    pub body: List<'a, Stmt<'a>>,
    pub type_comment: Option<&'a str>,
}

/// Try and TryStar.
#[derive(Debug)]
pub struct Try<'a> {
    pub is_star: bool,
    pub body: List<'a, Stmt<'a>>,
    pub handlers: List<'a, ExceptHandler<'a>>,
    pub orelse: List<'a, Stmt<'a>>,
    pub finalbody: List<'a, Stmt<'a>>,
}

#[derive(Debug)]
pub enum StmtKind<'a> {
    FunctionDef(Box<'a, FunctionDef<'a>>),
    ClassDef(Box<'a, ClassDef<'a>>),
    Return {
        value: Option<Box<'a, Expr<'a>>>,
    },
    Delete {
        targets: List<'a, Expr<'a>>,
    },
    Assign {
        targets: List<'a, Expr<'a>>,
        value: Box<'a, Expr<'a>>,
        type_comment: Option<&'a str>,
    },
    TypeAlias {
        name: Box<'a, Expr<'a>>,
        type_params: List<'a, TypeParam<'a>>,
        value: Box<'a, Expr<'a>>,
    },
    AugAssign {
        target: Box<'a, Expr<'a>>,
        op: Operator,
        value: Box<'a, Expr<'a>>,
    },
    AnnAssign {
        target: Box<'a, Expr<'a>>,
        annotation: Box<'a, Expr<'a>>,
        value: Option<Box<'a, Expr<'a>>>,
        simple: bool,
    },
    For(Box<'a, For<'a>>),
    While {
        test: Box<'a, Expr<'a>>,
        body: List<'a, Stmt<'a>>,
        orelse: List<'a, Stmt<'a>>,
    },
    If {
        test: Box<'a, Expr<'a>>,
        body: List<'a, Stmt<'a>>,
        orelse: List<'a, Stmt<'a>>,
    },
    With(Box<'a, With<'a>>),
    Match {
        subject: Box<'a, Expr<'a>>,
        cases: List<'a, MatchCase<'a>>,
    },
    Raise {
        exc: Option<Box<'a, Expr<'a>>>,
        cause: Option<Box<'a, Expr<'a>>>,
    },
    Try(Box<'a, Try<'a>>),
    Assert {
        test: Box<'a, Expr<'a>>,
        msg: Option<Box<'a, Expr<'a>>>,
    },
    Import {
        names: List<'a, Alias>,
    },
    ImportFrom {
        module: Option<Name>,
        names: List<'a, Alias>,
        level: u32,
    },
    Global {
        names: List<'a, Name>,
    },
    Nonlocal {
        names: List<'a, Name>,
    },
    Expr {
        value: Box<'a, Expr<'a>>,
    },
    Pass,
    Break,
    Continue,
}

#[derive(Debug)]
pub struct Expr<'a> {
    pub kind: ExprKind<'a>,
    pub loc: Loc,
}

#[derive(Debug)]
pub enum ExprKind<'a> {
    BoolOp {
        op: BoolOp,
        values: List<'a, Expr<'a>>,
    },
    NamedExpr {
        target: Box<'a, Expr<'a>>,
        value: Box<'a, Expr<'a>>,
    },
    BinOp {
        left: Box<'a, Expr<'a>>,
        op: Operator,
        right: Box<'a, Expr<'a>>,
    },
    UnaryOp {
        op: UnaryOp,
        operand: Box<'a, Expr<'a>>,
    },
    Lambda {
        args: Box<'a, Arguments<'a>>,
        body: Box<'a, Expr<'a>>,
    },
    IfExp {
        test: Box<'a, Expr<'a>>,
        body: Box<'a, Expr<'a>>,
        orelse: Box<'a, Expr<'a>>,
    },
    /// A `None` key is `**value`.
    Dict {
        keys: List<'a, Option<Expr<'a>>>,
        values: List<'a, Expr<'a>>,
    },
    Set {
        elts: List<'a, Expr<'a>>,
    },
    ListComp {
        elt: Box<'a, Expr<'a>>,
        generators: List<'a, Comprehension<'a>>,
    },
    SetComp {
        elt: Box<'a, Expr<'a>>,
        generators: List<'a, Comprehension<'a>>,
    },
    DictComp {
        key: Box<'a, Expr<'a>>,
        value: Box<'a, Expr<'a>>,
        generators: List<'a, Comprehension<'a>>,
    },
    GeneratorExp {
        elt: Box<'a, Expr<'a>>,
        generators: List<'a, Comprehension<'a>>,
    },
    Await {
        value: Box<'a, Expr<'a>>,
    },
    Yield {
        value: Option<Box<'a, Expr<'a>>>,
    },
    YieldFrom {
        value: Box<'a, Expr<'a>>,
    },
    Compare {
        left: Box<'a, Expr<'a>>,
        ops: List<'a, CmpOp>,
        comparators: List<'a, Expr<'a>>,
    },
    Call {
        func: Box<'a, Expr<'a>>,
        args: List<'a, Expr<'a>>,
        keywords: List<'a, Keyword<'a>>,
    },
    /// `conversion`: -1 none, else the letter `s`, `r`, `a`.
    FormattedValue {
        value: Box<'a, Expr<'a>>,
        conversion: i32,
        format_spec: Option<Box<'a, Expr<'a>>>,
    },
    Interpolation {
        value: Box<'a, Expr<'a>>,
        str: Wtf8<'a>,
        conversion: i32,
        format_spec: Option<Box<'a, Expr<'a>>>,
    },
    JoinedStr {
        values: List<'a, Expr<'a>>,
    },
    TemplateStr {
        values: List<'a, Expr<'a>>,
    },
    /// `kind_u`: the literal had the prefix `u` (CPython's `kind`).
    Constant {
        value: Constant<'a>,
        kind_u: bool,
    },
    Attribute {
        value: Box<'a, Expr<'a>>,
        attr: Name,
        ctx: ExprContext,
    },
    Subscript {
        value: Box<'a, Expr<'a>>,
        slice: Box<'a, Expr<'a>>,
        ctx: ExprContext,
    },
    Starred {
        value: Box<'a, Expr<'a>>,
        ctx: ExprContext,
    },
    Name {
        id: Name,
        ctx: ExprContext,
    },
    List {
        elts: List<'a, Expr<'a>>,
        ctx: ExprContext,
    },
    Tuple {
        elts: List<'a, Expr<'a>>,
        ctx: ExprContext,
    },
    Slice {
        lower: Option<Box<'a, Expr<'a>>>,
        upper: Option<Box<'a, Expr<'a>>>,
        step: Option<Box<'a, Expr<'a>>>,
    },
}

/// An integer of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Int<'a> {
    Small(i64),
    /// Beyond i64. Magnitude in 32-bit digits, least significant first, no leading zero digit.
    Big {
        negative: bool,
        magnitude: &'a [u32],
    },
}

/// A literal's value.
#[derive(Clone, Copy, Debug)]
pub enum Constant<'a> {
    None,
    True,
    False,
    Ellipsis,
    Int(Int<'a>),
    Float(f64),
    Complex {
        real: f64,
        imag: f64,
    },
    Str(Wtf8<'a>),
    Bytes(&'a [u8]),
    /// Only in trees that a program made (`compile(tree)`).
    Tuple(&'a [Constant<'a>]),
    /// Only in trees that a program made.
    FrozenSet(&'a [Constant<'a>]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExprContext {
    Load,
    Store,
    Del,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    And,
    Or,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    Invert,
    Not,
    UAdd,
    USub,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Debug)]
pub struct Comprehension<'a> {
    pub target: Expr<'a>,
    pub iter: Expr<'a>,
    pub ifs: List<'a, Expr<'a>>,
    pub is_async: bool,
}

#[derive(Debug)]
pub struct ExceptHandler<'a> {
    pub type_: Option<Box<'a, Expr<'a>>>,
    pub name: Option<Name>,
    pub body: List<'a, Stmt<'a>>,
    pub loc: Loc,
}

#[derive(Debug)]
pub struct Arguments<'a> {
    pub posonlyargs: List<'a, Arg<'a>>,
    pub args: List<'a, Arg<'a>>,
    pub vararg: Option<Box<'a, Arg<'a>>>,
    pub kwonlyargs: List<'a, Arg<'a>>,
    /// One for each of `kwonlyargs`.
    pub kw_defaults: List<'a, Option<Expr<'a>>>,
    pub kwarg: Option<Box<'a, Arg<'a>>>,
    /// For the last of `posonlyargs` + `args`.
    pub defaults: List<'a, Expr<'a>>,
}

#[derive(Debug)]
pub struct Arg<'a> {
    pub arg: Name,
    pub annotation: Option<Box<'a, Expr<'a>>>,
    pub type_comment: Option<&'a str>,
    pub loc: Loc,
}

/// A `None` arg is `**value`.
#[derive(Debug)]
pub struct Keyword<'a> {
    pub arg: Option<Name>,
    pub value: Expr<'a>,
    pub loc: Loc,
}

/// `name` may be dotted, or `*`.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    pub name: Name,
    pub asname: Option<Name>,
    pub loc: Loc,
}

#[derive(Debug)]
pub struct WithItem<'a> {
    pub context_expr: Expr<'a>,
    pub optional_vars: Option<Box<'a, Expr<'a>>>,
}

#[derive(Debug)]
pub struct MatchCase<'a> {
    pub pattern: Pattern<'a>,
    pub guard: Option<Box<'a, Expr<'a>>>,
    pub body: List<'a, Stmt<'a>>,
}

#[derive(Debug)]
pub struct Pattern<'a> {
    pub kind: PatternKind<'a>,
    pub loc: Loc,
}

#[derive(Debug)]
pub enum PatternKind<'a> {
    MatchValue {
        value: Box<'a, Expr<'a>>,
    },
    MatchSingleton {
        value: Constant<'a>,
    },
    MatchSequence {
        patterns: List<'a, Pattern<'a>>,
    },
    MatchMapping {
        keys: List<'a, Expr<'a>>,
        patterns: List<'a, Pattern<'a>>,
        rest: Option<Name>,
    },
    MatchClass {
        cls: Box<'a, Expr<'a>>,
        patterns: List<'a, Pattern<'a>>,
        kwd_attrs: List<'a, Name>,
        kwd_patterns: List<'a, Pattern<'a>>,
    },
    MatchStar {
        name: Option<Name>,
    },
    MatchAs {
        pattern: Option<Box<'a, Pattern<'a>>>,
        name: Option<Name>,
    },
    MatchOr {
        patterns: List<'a, Pattern<'a>>,
    },
}

#[derive(Debug)]
pub struct TypeParam<'a> {
    pub kind: TypeParamKind<'a>,
    pub loc: Loc,
}

#[derive(Debug)]
pub enum TypeParamKind<'a> {
    TypeVar { name: Name, bound: Option<Box<'a, Expr<'a>>>, default_value: Option<Box<'a, Expr<'a>>> },
    ParamSpec { name: Name, default_value: Option<Box<'a, Expr<'a>>> },
    TypeVarTuple { name: Name, default_value: Option<Box<'a, Expr<'a>>> },
}
