//! What the recogniser remembers of a program: enough for error messages, no more.
//!
//! Invariant: children lie together in one pool; a value is two words. Next: `recognise.rs`.

use super::token::Span;

/// A node's kind, as far as a message tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A statement, a pattern, a parameter: only its place matters.
    Node,
    /// No node: children without a place of their own.
    Seq,
    /// What a rule gives for several values without an action.
    Dummy,
    Name,
    Attribute,
    Subscript,
    Starred,
    List,
    Tuple,
    Lambda,
    Call,
    BoolOp,
    BinOp,
    UnaryOp,
    GeneratorExp,
    Yield,
    YieldFrom,
    Await,
    ListComp,
    SetComp,
    DictComp,
    Dict,
    Set,
    JoinedStr,
    TemplateStr,
    None,
    True,
    False,
    Ellipsis,
    Number,
    Imaginary,
    Str,
    Bytes,
    Compare,
    IfExp,
    NamedExpr,
    Slice,
    /// `in x` of a comparison.
    In,
    /// The arguments of a call, in CPython's order of positional ones, then the rest.
    Arguments,
    Keyword,
    /// `**x` of a call.
    DoubleStarred,
    /// Children: what it runs over, its conditions.
    Comprehension,
}

impl NodeKind {
    /// The kind that the grammar table names.
    pub fn from_name(name: &str) -> NodeKind {
        use NodeKind::*;
        const NAMED: &[NodeKind] = &[
            Seq,
            Name,
            Attribute,
            Subscript,
            Starred,
            List,
            Tuple,
            Lambda,
            Call,
            BoolOp,
            BinOp,
            UnaryOp,
            GeneratorExp,
            Yield,
            YieldFrom,
            Await,
            ListComp,
            SetComp,
            DictComp,
            Dict,
            Set,
            TemplateStr,
            None,
            True,
            False,
            Ellipsis,
            Compare,
            IfExp,
            NamedExpr,
            Slice,
            In,
            Arguments,
            Keyword,
            DoubleStarred,
            Comprehension,
        ];
        NAMED.iter().copied().find(|kind| format!("{kind:?}") == name).unwrap_or(Node)
    }

    /// `_PyPegen_get_expr_name`
    pub fn expr_name(self) -> &'static str {
        use NodeKind::*;
        match self {
            Attribute => "attribute",
            Subscript => "subscript",
            Starred => "starred",
            List => "list",
            Tuple => "tuple",
            Lambda => "lambda",
            Call => "function call",
            BoolOp | BinOp | UnaryOp => "expression",
            GeneratorExp => "generator expression",
            Yield | YieldFrom => "yield expression",
            Await => "await expression",
            ListComp => "list comprehension",
            SetComp => "set comprehension",
            DictComp => "dict comprehension",
            Dict => "dict literal",
            Set => "set display",
            JoinedStr => "f-string expression",
            TemplateStr => "t-string expression",
            None => "None",
            True => "True",
            False => "False",
            Ellipsis => "ellipsis",
            Number | Imaginary | Str | Bytes => "literal",
            Compare => "comparison",
            IfExp => "conditional expression",
            NamedExpr => "named expression",
            _ => "name",
        }
    }
}

/// A run of values in the pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Children {
    pub start: u32,
    pub len: u32,
}

/// What matching gives.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// An optional item that was not there.
    Absent,
    Token(u32),
    Node(u32),
    Seq(Children),
}

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
    pub children: Children,
}
