//! The fixed lists that operands index: intrinsics, binary and compare operators, common constants, special methods,
//! conversions, function attributes.
//!
//! Invariant: numbers, names and texts are CPython's; `cargo x opcheck` compares them.

/// Declares an enum that an operand numbers: `NAME = number "text";` a row.
macro_rules! numbered {
    ($(#[$doc:meta])* $type:ident { $($name:ident = $number:literal $text:literal;)* }) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)] // CPython's spelling
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type { $($name = $number,)* }

        impl $type {
            /// Every row in the table's order.
            pub const ALL: &[$type] = &[$($type::$name,)*];

            /// The row of this number, if there is one.
            #[inline]
            pub const fn from_number(number: u32) -> Option<$type> {
                match number {
                    $($number => Some($type::$name),)*
                    _ => None,
                }
            }

            #[inline]
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// CPython's name of it.
            pub const fn name(self) -> &'static str {
                match self { $($type::$name => stringify!($name),)* }
            }

            /// The operator's symbol, the builtin's or the method's name, the conversion's function; else the name.
            pub const fn text(self) -> &'static str {
                match self { $($type::$name => $text,)* }
            }
        }
    };
}

numbered! {
    /// BINARY_OP's operators.
    BinaryOp {
        NB_ADD = 0 "+";
        NB_AND = 1 "&";
        NB_FLOOR_DIVIDE = 2 "//";
        NB_LSHIFT = 3 "<<";
        NB_MATRIX_MULTIPLY = 4 "@";
        NB_MULTIPLY = 5 "*";
        NB_REMAINDER = 6 "%";
        NB_OR = 7 "|";
        NB_POWER = 8 "**";
        NB_RSHIFT = 9 ">>";
        NB_SUBTRACT = 10 "-";
        NB_TRUE_DIVIDE = 11 "/";
        NB_XOR = 12 "^";
        NB_INPLACE_ADD = 13 "+=";
        NB_INPLACE_AND = 14 "&=";
        NB_INPLACE_FLOOR_DIVIDE = 15 "//=";
        NB_INPLACE_LSHIFT = 16 "<<=";
        NB_INPLACE_MATRIX_MULTIPLY = 17 "@=";
        NB_INPLACE_MULTIPLY = 18 "*=";
        NB_INPLACE_REMAINDER = 19 "%=";
        NB_INPLACE_OR = 20 "|=";
        NB_INPLACE_POWER = 21 "**=";
        NB_INPLACE_RSHIFT = 22 ">>=";
        NB_INPLACE_SUBTRACT = 23 "-=";
        NB_INPLACE_TRUE_DIVIDE = 24 "/=";
        NB_INPLACE_XOR = 25 "^=";
        NB_SUBSCR = 26 "[]";
    }
}

numbered! {
    /// COMPARE_OP's operators, in `oparg >> 5`.
    CompareOp {
        Py_LT = 0 "<";
        Py_LE = 1 "<=";
        Py_EQ = 2 "==";
        Py_NE = 3 "!=";
        Py_GT = 4 ">";
        Py_GE = 5 ">=";
    }
}

numbered! {
    /// CALL_INTRINSIC_1's functions of one value.
    Intrinsic1 {
        INTRINSIC_1_INVALID = 0 "INTRINSIC_1_INVALID";
        INTRINSIC_PRINT = 1 "INTRINSIC_PRINT";
        INTRINSIC_IMPORT_STAR = 2 "INTRINSIC_IMPORT_STAR";
        INTRINSIC_STOPITERATION_ERROR = 3 "INTRINSIC_STOPITERATION_ERROR";
        INTRINSIC_ASYNC_GEN_WRAP = 4 "INTRINSIC_ASYNC_GEN_WRAP";
        INTRINSIC_UNARY_POSITIVE = 5 "INTRINSIC_UNARY_POSITIVE";
        INTRINSIC_LIST_TO_TUPLE = 6 "INTRINSIC_LIST_TO_TUPLE";
        INTRINSIC_TYPEVAR = 7 "INTRINSIC_TYPEVAR";
        INTRINSIC_PARAMSPEC = 8 "INTRINSIC_PARAMSPEC";
        INTRINSIC_TYPEVARTUPLE = 9 "INTRINSIC_TYPEVARTUPLE";
        INTRINSIC_SUBSCRIPT_GENERIC = 10 "INTRINSIC_SUBSCRIPT_GENERIC";
        INTRINSIC_TYPEALIAS = 11 "INTRINSIC_TYPEALIAS";
    }
}

numbered! {
    /// CALL_INTRINSIC_2's functions of two values.
    Intrinsic2 {
        INTRINSIC_2_INVALID = 0 "INTRINSIC_2_INVALID";
        INTRINSIC_PREP_RERAISE_STAR = 1 "INTRINSIC_PREP_RERAISE_STAR";
        INTRINSIC_TYPEVAR_WITH_BOUND = 2 "INTRINSIC_TYPEVAR_WITH_BOUND";
        INTRINSIC_TYPEVAR_WITH_CONSTRAINTS = 3 "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS";
        INTRINSIC_SET_FUNCTION_TYPE_PARAMS = 4 "INTRINSIC_SET_FUNCTION_TYPE_PARAMS";
        INTRINSIC_SET_TYPEPARAM_DEFAULT = 5 "INTRINSIC_SET_TYPEPARAM_DEFAULT";
    }
}

numbered! {
    /// LOAD_COMMON_CONSTANT's objects.
    CommonConstant {
        CONSTANT_ASSERTIONERROR = 0 "AssertionError";
        CONSTANT_NOTIMPLEMENTEDERROR = 1 "NotImplementedError";
        CONSTANT_BUILTIN_TUPLE = 2 "tuple";
        CONSTANT_BUILTIN_ALL = 3 "all";
        CONSTANT_BUILTIN_ANY = 4 "any";
    }
}

numbered! {
    /// LOAD_SPECIAL's methods.
    SpecialMethod {
        SPECIAL___ENTER__ = 0 "__enter__";
        SPECIAL___EXIT__ = 1 "__exit__";
        SPECIAL___AENTER__ = 2 "__aenter__";
        SPECIAL___AEXIT__ = 3 "__aexit__";
    }
}

numbered! {
    /// Conversions of replacement fields (`!s`, `!r`, `!a`): CONVERT_VALUE, BUILD_INTERPOLATION.
    Conversion {
        FVC_NONE = 0 "";
        FVC_STR = 1 "str";
        FVC_REPR = 2 "repr";
        FVC_ASCII = 3 "ascii";
    }
}

numbered! {
    /// SET_FUNCTION_ATTRIBUTE's bits.
    FunctionAttribute {
        MAKE_FUNCTION_DEFAULTS = 1 "defaults";
        MAKE_FUNCTION_KWDEFAULTS = 2 "kwdefaults";
        MAKE_FUNCTION_ANNOTATIONS = 4 "annotations";
        MAKE_FUNCTION_CLOSURE = 8 "closure";
        MAKE_FUNCTION_ANNOTATE = 16 "annotate";
    }
}
