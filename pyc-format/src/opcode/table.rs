//! The instruction set of CPython 3.14: one row an opcode.
//!
//! Invariant: this is the only place that states a number, a name, a stack effect, a cache size or a flag of an opcode;
//! `cargo x opcheck` compares it with CPython's own answers. Next: `opcode/mod.rs` derives everything from it,
//! `opcode/stack.rs` reads the stack column.
//!
//! ```text
//! real          number  name  operand  "before -- after"  caches  [flags]
//! specialized   number  name  base     "before -- after"          [flags]     caches and operand are the base's
//! instrumented  number  name  base     "before -- after"          [flags]     likewise
//! pseudo        number  name  operand  "before -- after"  [real instructions it becomes]  [flags]
//! ```
//! *operand* is a variant of [`Operand`](super::Operand), *flags* are those of CPython's `pycore_opcode_metadata.h` without
//! their `HAS_` and `_FLAG`. The stack column reads from the bottom to the top and is what happens without a jump; the three
//! SETUP pseudo-instructions state what their handler finds. A specialised call of a Python function (`... --`) ends in a
//! pushed frame, whose return value is pushed later.

/// Calls `$callback!` with the whole instruction set, as the lists of the module's head.
#[macro_export]
macro_rules! for_each_op {
    ($callback:ident) => {
        $callback! {
            real {
                  0 CACHE                             None              "--"                                          0 [];
                  1 BINARY_SLICE                      None              "container, start, stop -- res"               0 [ERROR ESCAPES];
                  2 BUILD_TEMPLATE                    None              "strings, interpolations -- template"         0 [ERROR ESCAPES];
                  4 CALL_FUNCTION_EX                  None              "func, null, callargs, kwargs -- result"      0 [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                  5 CHECK_EG_MATCH                    None              "exc_value, match_type -- rest, match"        0 [ERROR ESCAPES];
                  6 CHECK_EXC_MATCH                   None              "left, right -- left, b"                      0 [ERROR ERROR_NO_POP ESCAPES];
                  7 CLEANUP_THROW                     None              "sub_iter, last_sent_val, exc_value -- none, value" 0 [ERROR ERROR_NO_POP ESCAPES];
                  8 DELETE_SUBSCR                     None              "container, sub --"                           0 [ERROR ESCAPES];
                  9 END_FOR                           None              "value --"                                    0 [ESCAPES NO_SAVE_IP];
                 10 END_SEND                          None              "receiver, value -- val"                      0 [ESCAPES PURE];
                 11 EXIT_INIT_CHECK                   None              "should_be_none --"                           0 [ERROR ERROR_NO_POP ESCAPES];
                 12 FORMAT_SIMPLE                     None              "value -- res"                                0 [ERROR ESCAPES];
                 13 FORMAT_WITH_SPEC                  None              "value, fmt_spec -- res"                      0 [ERROR ESCAPES];
                 14 GET_AITER                         None              "obj -- iter"                                 0 [ERROR ESCAPES];
                 15 GET_ANEXT                         None              "aiter -- aiter, awaitable"                   0 [ERROR ERROR_NO_POP ESCAPES];
                 16 GET_ITER                          None              "iterable -- iter"                            0 [ERROR ESCAPES];
                 17 RESERVED                          None              "--"                                          0 [];
                 18 GET_LEN                           None              "obj -- obj, len"                             0 [ERROR ESCAPES];
                 19 GET_YIELD_FROM_ITER               None              "iterable -- iter"                            0 [ERROR ERROR_NO_POP ESCAPES];
                 20 INTERPRETER_EXIT                  None              "retval --"                                   0 [ESCAPES];
                 21 LOAD_BUILD_CLASS                  None              "-- bc"                                       0 [ERROR ESCAPES];
                 22 LOAD_LOCALS                       None              "-- locals"                                   0 [ERROR ESCAPES];
                 23 MAKE_FUNCTION                     None              "codeobj -- func"                             0 [ERROR ESCAPES];
                 24 MATCH_KEYS                        None              "subject, keys -- subject, keys, values_or_none" 0 [ERROR ESCAPES];
                 25 MATCH_MAPPING                     None              "subject -- subject, res"                     0 [];
                 26 MATCH_SEQUENCE                    None              "subject -- subject, res"                     0 [];
                 27 NOP                               None              "--"                                          0 [PURE];
                 28 NOT_TAKEN                         None              "--"                                          0 [PURE];
                 29 POP_EXCEPT                        None              "exc_value --"                                0 [ESCAPES];
                 30 POP_ITER                          None              "iter --"                                     0 [ESCAPES PURE];
                 31 POP_TOP                           None              "value --"                                    0 [ESCAPES PURE];
                 32 PUSH_EXC_INFO                     None              "exc -- prev_exc, new_exc"                    0 [];
                 33 PUSH_NULL                         None              "-- res"                                      0 [PURE];
                 34 RETURN_GENERATOR                  None              "-- res"                                      0 [ERROR ESCAPES];
                 35 RETURN_VALUE                      None              "retval -- res"                               0 [ESCAPES];
                 36 SETUP_ANNOTATIONS                 None              "--"                                          0 [ERROR ESCAPES];
                 37 STORE_SLICE                       None              "v, container, start, stop --"                0 [ERROR ESCAPES];
                 38 STORE_SUBSCR                      None              "v, container, sub --"                        1 [ERROR ESCAPES];
                 39 TO_BOOL                           None              "value -- res"                                3 [ERROR ESCAPES];
                 40 UNARY_INVERT                      None              "value -- res"                                0 [ERROR ESCAPES];
                 41 UNARY_NEGATIVE                    None              "value -- res"                                0 [ERROR ESCAPES];
                 42 UNARY_NOT                         None              "value -- res"                                0 [PURE];
                 43 WITH_EXCEPT_START                 None              "exit_func, exit_self, lasti, unused, val -- exit_func, exit_self, lasti, unused, val, res" 0 [ERROR ESCAPES];
                 44 BINARY_OP                         BinaryOp          "lhs, rhs -- res"                             5 [ARG ERROR ERROR_NO_POP ESCAPES];
                 45 BUILD_INTERPOLATION               Interpolation     "value, str, format[oparg & 1] -- interpolation" 0 [ARG ERROR ESCAPES];
                 46 BUILD_LIST                        Count             "values[oparg] -- list"                       0 [ARG ERROR ERROR_NO_POP ESCAPES];
                 47 BUILD_MAP                         Count             "values[oparg * 2] -- map"                    0 [ARG ERROR ESCAPES];
                 48 BUILD_SET                         Count             "values[oparg] -- set"                        0 [ARG ERROR ESCAPES];
                 49 BUILD_SLICE                       SliceArgs         "args[oparg] -- slice"                        0 [ARG ERROR];
                 50 BUILD_STRING                      Count             "pieces[oparg] -- str"                        0 [ARG ERROR];
                 51 BUILD_TUPLE                       Count             "values[oparg] -- tup"                        0 [ARG ERROR ERROR_NO_POP];
                 52 CALL                              Count             "callable, self_or_null, args[oparg] -- res"  3 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                 53 CALL_INTRINSIC_1                  Intrinsic1        "value -- res"                                0 [ARG ERROR ESCAPES];
                 54 CALL_INTRINSIC_2                  Intrinsic2        "value2, value1 -- res"                       0 [ARG ERROR ESCAPES];
                 55 CALL_KW                           Count             "callable, self_or_null, args[oparg], kwnames -- res" 3 [ARG ERROR ERROR_NO_POP ESCAPES];
                 56 COMPARE_OP                        Compare           "left, right -- res"                          1 [ARG ERROR ESCAPES];
                 57 CONTAINS_OP                       Invert            "left, right -- b"                            1 [ARG ERROR ESCAPES];
                 58 CONVERT_VALUE                     Conversion        "value -- result"                             0 [ARG ERROR ESCAPES];
                 59 COPY                              StackItem         "bottom, unused[oparg - 1] -- bottom, unused[oparg - 1], top" 0 [ARG PURE];
                 60 COPY_FREE_VARS                    FreeVars          "--"                                          0 [ARG];
                 61 DELETE_ATTR                       Name              "owner --"                                    0 [ARG NAME ERROR ESCAPES];
                 62 DELETE_DEREF                      Deref             "--"                                          0 [ARG FREE ERROR ERROR_NO_POP ESCAPES];
                 63 DELETE_FAST                       Local             "--"                                          0 [ARG LOCAL ERROR ESCAPES];
                 64 DELETE_GLOBAL                     Name              "--"                                          0 [ARG NAME ERROR ERROR_NO_POP ESCAPES];
                 65 DELETE_NAME                       Name              "--"                                          0 [ARG NAME ERROR ERROR_NO_POP ESCAPES];
                 66 DICT_MERGE                        Container         "callable, unused, unused, dict, unused[oparg - 1], update -- callable, unused, unused, dict, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                 67 DICT_UPDATE                       Container         "dict, unused[oparg - 1], update -- dict, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                 68 END_ASYNC_FOR                     AsyncFor          "awaitable, exc --"                           0 [ARG JUMP ERROR ERROR_NO_POP ESCAPES];
                 69 EXTENDED_ARG                      Extended          "--"                                          0 [ARG];
                 70 FOR_ITER                          JumpForward       "iter -- iter, next"                          1 [ARG JUMP ERROR ERROR_NO_POP ESCAPES];
                 71 GET_AWAITABLE                     Awaitable         "iterable -- iter"                            0 [ARG ERROR ESCAPES];
                 72 IMPORT_FROM                       Name              "from -- from, res"                           0 [ARG NAME ERROR ESCAPES];
                 73 IMPORT_NAME                       Name              "level, fromlist -- res"                      0 [ARG NAME ERROR ESCAPES];
                 74 IS_OP                             Invert            "left, right -- b"                            0 [ARG];
                 75 JUMP_BACKWARD                     JumpBackward      "--"                                          1 [ARG JUMP EVAL_BREAK ERROR ESCAPES];
                 76 JUMP_BACKWARD_NO_INTERRUPT        JumpBackward      "--"                                          0 [ARG JUMP];
                 77 JUMP_FORWARD                      JumpForward       "--"                                          0 [ARG JUMP];
                 78 LIST_APPEND                       Container         "list, unused[oparg - 1], v -- list, unused[oparg - 1]" 0 [ARG ERROR];
                 79 LIST_EXTEND                       Container         "list, unused[oparg - 1], iterable -- list, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                 80 LOAD_ATTR                         NameMethod        "owner -- attr, self_or_null[oparg & 1]"      9 [ARG NAME ERROR ESCAPES];
                 81 LOAD_COMMON_CONSTANT              CommonConstant    "-- value"                                    0 [ARG];
                 82 LOAD_CONST                        Const             "-- value"                                    0 [ARG CONST];
                 83 LOAD_DEREF                        Deref             "-- value"                                    0 [ARG LOCAL ERROR ESCAPES];
                 84 LOAD_FAST                         Local             "-- value"                                    0 [ARG LOCAL PURE];
                 85 LOAD_FAST_AND_CLEAR               Local             "-- value"                                    0 [ARG LOCAL];
                 86 LOAD_FAST_BORROW                  Local             "-- value"                                    0 [ARG LOCAL PURE];
                 87 LOAD_FAST_BORROW_LOAD_FAST_BORROW LocalPair         "-- value1, value2"                           0 [ARG LOCAL];
                 88 LOAD_FAST_CHECK                   Local             "-- value"                                    0 [ARG LOCAL ERROR ESCAPES];
                 89 LOAD_FAST_LOAD_FAST               LocalPair         "-- value1, value2"                           0 [ARG LOCAL];
                 90 LOAD_FROM_DICT_OR_DEREF           Deref             "class_dict -- value"                         0 [ARG FREE ERROR ERROR_NO_POP ESCAPES];
                 91 LOAD_FROM_DICT_OR_GLOBALS         Name              "mod_or_class_dict -- v"                      0 [ARG NAME ERROR ERROR_NO_POP ESCAPES];
                 92 LOAD_GLOBAL                       NameNull          "-- res, null[oparg & 1]"                     4 [ARG NAME ERROR ESCAPES];
                 93 LOAD_NAME                         Name              "-- v"                                        0 [ARG NAME ERROR ESCAPES];
                 94 LOAD_SMALL_INT                    SmallInt          "-- value"                                    0 [ARG];
                 95 LOAD_SPECIAL                      SpecialMethod     "self -- method, self_or_null"                0 [ARG ERROR ERROR_NO_POP ESCAPES];
                 96 LOAD_SUPER_ATTR                   NameSuper         "global_super, class, self -- attr, self_or_null[oparg & 1]" 1 [ARG NAME ERROR ESCAPES];
                 97 MAKE_CELL                         Deref             "--"                                          0 [ARG FREE ERROR ERROR_NO_POP ESCAPES];
                 98 MAP_ADD                           Container         "dict, unused[oparg - 1], key, value -- dict, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                 99 MATCH_CLASS                       Count             "subject, type, names -- attrs"               0 [ARG ERROR ESCAPES];
                100 POP_JUMP_IF_FALSE                 JumpForward       "cond --"                                     1 [ARG JUMP];
                101 POP_JUMP_IF_NONE                  JumpForward       "value --"                                    1 [ARG JUMP];
                102 POP_JUMP_IF_NOT_NONE              JumpForward       "value --"                                    1 [ARG JUMP];
                103 POP_JUMP_IF_TRUE                  JumpForward       "cond --"                                     1 [ARG JUMP];
                104 RAISE_VARARGS                     RaiseArgs         "args[oparg] --"                              0 [ARG ERROR ERROR_NO_POP ESCAPES];
                105 RERAISE                           Reraise           "values[oparg], exc -- values[oparg]"         0 [ARG ERROR ERROR_NO_POP ESCAPES];
                106 SEND                              JumpForward       "receiver, v -- receiver, retval"             1 [ARG JUMP ERROR ESCAPES];
                107 SET_ADD                           Container         "set, unused[oparg - 1], v -- set, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                108 SET_FUNCTION_ATTRIBUTE            FunctionAttribute "attr, func_in -- func_out"                   0 [ARG ERROR ESCAPES];
                109 SET_UPDATE                        Container         "set, unused[oparg - 1], iterable -- set, unused[oparg - 1]" 0 [ARG ERROR ESCAPES];
                110 STORE_ATTR                        Name              "v, owner --"                                 4 [ARG NAME ERROR ESCAPES];
                111 STORE_DEREF                       Deref             "v --"                                        0 [ARG FREE ESCAPES];
                112 STORE_FAST                        Local             "value --"                                    0 [ARG LOCAL ESCAPES];
                113 STORE_FAST_LOAD_FAST              LocalPair         "value1 -- value2"                            0 [ARG LOCAL ESCAPES];
                114 STORE_FAST_STORE_FAST             LocalPair         "value2, value1 --"                           0 [ARG LOCAL ESCAPES];
                115 STORE_GLOBAL                      Name              "v --"                                        0 [ARG NAME ERROR ESCAPES];
                116 STORE_NAME                        Name              "v --"                                        0 [ARG NAME ERROR ESCAPES];
                117 SWAP                              StackItem         "bottom, unused[oparg - 2], top -- top, unused[oparg - 2], bottom" 0 [ARG PURE];
                118 UNPACK_EX                         UnpackEx          "seq -- before[oparg & 0xFF], list, after[oparg >> 8]" 0 [ARG ERROR ESCAPES];
                119 UNPACK_SEQUENCE                   Count             "seq -- values[oparg]"                        1 [ARG ERROR ESCAPES];
                120 YIELD_VALUE                       Yield             "retval -- value"                             0 [ARG ESCAPES];
                128 RESUME                            Resume            "--"                                          0 [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                255 ENTER_EXECUTOR                    Count             "--"                                          0 [ARG];
            }
            specialized {
                  3 BINARY_OP_INPLACE_ADD_UNICODE             BINARY_OP       "left, right --"                                           [LOCAL DEOPT EXIT ERROR ESCAPES];
                129 BINARY_OP_ADD_FLOAT                       BINARY_OP       "left, right -- res"                                       [EXIT ERROR];
                130 BINARY_OP_ADD_INT                         BINARY_OP       "left, right -- res"                                       [EXIT ERROR ESCAPES];
                131 BINARY_OP_ADD_UNICODE                     BINARY_OP       "left, right -- res"                                       [EXIT ERROR];
                132 BINARY_OP_EXTEND                          BINARY_OP       "left, right -- res"                                       [DEOPT ERROR ESCAPES];
                133 BINARY_OP_MULTIPLY_FLOAT                  BINARY_OP       "left, right -- res"                                       [EXIT ERROR];
                134 BINARY_OP_MULTIPLY_INT                    BINARY_OP       "left, right -- res"                                       [EXIT ERROR ESCAPES];
                135 BINARY_OP_SUBSCR_DICT                     BINARY_OP       "dict, sub -- res"                                         [EXIT ERROR ESCAPES];
                136 BINARY_OP_SUBSCR_GETITEM                  BINARY_OP       "container, sub --"                                        [DEOPT];
                137 BINARY_OP_SUBSCR_LIST_INT                 BINARY_OP       "list, sub -- res"                                         [DEOPT EXIT ESCAPES];
                138 BINARY_OP_SUBSCR_LIST_SLICE               BINARY_OP       "list, sub -- res"                                         [EXIT ERROR ESCAPES];
                139 BINARY_OP_SUBSCR_STR_INT                  BINARY_OP       "str, sub -- res"                                          [DEOPT EXIT ESCAPES];
                140 BINARY_OP_SUBSCR_TUPLE_INT                BINARY_OP       "tuple, sub -- res"                                        [DEOPT EXIT];
                141 BINARY_OP_SUBTRACT_FLOAT                  BINARY_OP       "left, right -- res"                                       [EXIT ERROR];
                142 BINARY_OP_SUBTRACT_INT                    BINARY_OP       "left, right -- res"                                       [EXIT ERROR ESCAPES];
                143 CALL_ALLOC_AND_ENTER_INIT                 CALL            "callable, self_or_null, args[oparg] --"                   [ARG DEOPT ERROR ERROR_NO_POP ESCAPES];
                144 CALL_BOUND_METHOD_EXACT_ARGS              CALL            "callable, self_or_null, args[oparg] --"                   [ARG DEOPT EXIT ESCAPES];
                145 CALL_BOUND_METHOD_GENERAL                 CALL            "callable, self_or_null, args[oparg] --"                   [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES];
                146 CALL_BUILTIN_CLASS                        CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK DEOPT ERROR ESCAPES];
                147 CALL_BUILTIN_FAST                         CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK DEOPT ERROR ESCAPES];
                148 CALL_BUILTIN_FAST_WITH_KEYWORDS           CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK DEOPT ERROR ESCAPES];
                149 CALL_BUILTIN_O                            CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                150 CALL_ISINSTANCE                           CALL            "callable, self_or_null, args[oparg] -- res"               [ARG DEOPT ERROR ERROR_NO_POP ESCAPES];
                151 CALL_KW_BOUND_METHOD                      CALL_KW         "callable, self_or_null, args[oparg], kwnames --"          [ARG DEOPT EXIT ERROR ESCAPES];
                152 CALL_KW_NON_PY                            CALL_KW         "callable, self_or_null, args[oparg], kwnames -- res"      [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                153 CALL_KW_PY                                CALL_KW         "callable, self_or_null, args[oparg], kwnames --"          [ARG DEOPT EXIT ERROR ESCAPES];
                154 CALL_LEN                                  CALL            "callable, null, arg -- res"                               [DEOPT ERROR ERROR_NO_POP ESCAPES];
                155 CALL_LIST_APPEND                          CALL            "callable, self, arg --"                                   [ARG DEOPT ERROR ESCAPES];
                156 CALL_METHOD_DESCRIPTOR_FAST               CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                157 CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                158 CALL_METHOD_DESCRIPTOR_NOARGS             CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                159 CALL_METHOD_DESCRIPTOR_O                  CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                160 CALL_NON_PY_GENERAL                       CALL            "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK EXIT ERROR ESCAPES];
                161 CALL_PY_EXACT_ARGS                        CALL            "callable, self_or_null, args[oparg] --"                   [ARG DEOPT EXIT];
                162 CALL_PY_GENERAL                           CALL            "callable, self_or_null, args[oparg] --"                   [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES];
                163 CALL_STR_1                                CALL            "callable, null, arg -- res"                               [ARG EVAL_BREAK DEOPT ERROR ESCAPES];
                164 CALL_TUPLE_1                              CALL            "callable, null, arg -- res"                               [ARG EVAL_BREAK DEOPT ERROR ESCAPES];
                165 CALL_TYPE_1                               CALL            "callable, null, arg -- res"                               [ARG DEOPT ESCAPES];
                166 COMPARE_OP_FLOAT                          COMPARE_OP      "left, right -- res"                                       [ARG EXIT];
                167 COMPARE_OP_INT                            COMPARE_OP      "left, right -- res"                                       [ARG DEOPT EXIT];
                168 COMPARE_OP_STR                            COMPARE_OP      "left, right -- res"                                       [ARG EXIT];
                169 CONTAINS_OP_DICT                          CONTAINS_OP     "left, right -- b"                                         [ARG EXIT ERROR ESCAPES];
                170 CONTAINS_OP_SET                           CONTAINS_OP     "left, right -- b"                                         [ARG DEOPT ERROR ESCAPES];
                171 FOR_ITER_GEN                              FOR_ITER        "iter -- iter"                                             [ARG DEOPT];
                172 FOR_ITER_LIST                             FOR_ITER        "iter -- iter, next"                                       [ARG JUMP DEOPT EXIT ESCAPES];
                173 FOR_ITER_RANGE                            FOR_ITER        "iter -- iter, next"                                       [ARG JUMP EXIT ERROR];
                174 FOR_ITER_TUPLE                            FOR_ITER        "iter -- iter, next"                                       [ARG JUMP EXIT ESCAPES];
                175 JUMP_BACKWARD_JIT                         JUMP_BACKWARD   "--"                                                       [ARG JUMP EVAL_BREAK ERROR ESCAPES];
                176 JUMP_BACKWARD_NO_JIT                      JUMP_BACKWARD   "--"                                                       [ARG JUMP EVAL_BREAK ERROR ESCAPES];
                177 LOAD_ATTR_CLASS                           LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG EXIT];
                178 LOAD_ATTR_CLASS_WITH_METACLASS_CHECK      LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG EXIT];
                179 LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN         LOAD_ATTR       "owner -- attr"                                            [ARG NAME DEOPT];
                180 LOAD_ATTR_INSTANCE_VALUE                  LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG DEOPT EXIT ESCAPES];
                181 LOAD_ATTR_METHOD_LAZY_DICT                LOAD_ATTR       "owner -- attr, self"                                      [ARG DEOPT EXIT];
                182 LOAD_ATTR_METHOD_NO_DICT                  LOAD_ATTR       "owner -- attr, self"                                      [ARG EXIT];
                183 LOAD_ATTR_METHOD_WITH_VALUES              LOAD_ATTR       "owner -- attr, self"                                      [ARG DEOPT EXIT];
                184 LOAD_ATTR_MODULE                          LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG DEOPT ESCAPES];
                185 LOAD_ATTR_NONDESCRIPTOR_NO_DICT           LOAD_ATTR       "owner -- attr"                                            [ARG EXIT ESCAPES];
                186 LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES       LOAD_ATTR       "owner -- attr"                                            [ARG DEOPT EXIT ESCAPES];
                187 LOAD_ATTR_PROPERTY                        LOAD_ATTR       "owner --"                                                 [ARG DEOPT EXIT];
                188 LOAD_ATTR_SLOT                            LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG DEOPT EXIT];
                189 LOAD_ATTR_WITH_HINT                       LOAD_ATTR       "owner -- attr, null[oparg & 1]"                           [ARG NAME DEOPT EXIT ESCAPES];
                190 LOAD_CONST_IMMORTAL                       LOAD_CONST      "-- value"                                                 [ARG CONST];
                191 LOAD_CONST_MORTAL                         LOAD_CONST      "-- value"                                                 [ARG CONST];
                192 LOAD_GLOBAL_BUILTIN                       LOAD_GLOBAL     "-- res, null[oparg & 1]"                                  [ARG DEOPT];
                193 LOAD_GLOBAL_MODULE                        LOAD_GLOBAL     "-- res, null[oparg & 1]"                                  [ARG DEOPT];
                194 LOAD_SUPER_ATTR_ATTR                      LOAD_SUPER_ATTR "global_super, class, self -- attr"                        [ARG NAME DEOPT ERROR ESCAPES];
                195 LOAD_SUPER_ATTR_METHOD                    LOAD_SUPER_ATTR "global_super, class, self -- attr, self_or_null"          [ARG NAME DEOPT ERROR ERROR_NO_POP ESCAPES];
                196 RESUME_CHECK                              RESUME          "--"                                                       [DEOPT];
                197 SEND_GEN                                  SEND            "receiver, v -- receiver"                                  [ARG DEOPT];
                198 STORE_ATTR_INSTANCE_VALUE                 STORE_ATTR      "value, owner --"                                          [EXIT ESCAPES];
                199 STORE_ATTR_SLOT                           STORE_ATTR      "value, owner --"                                          [DEOPT EXIT ESCAPES];
                200 STORE_ATTR_WITH_HINT                      STORE_ATTR      "value, owner --"                                          [ARG NAME DEOPT EXIT ESCAPES];
                201 STORE_SUBSCR_DICT                         STORE_SUBSCR    "value, dict, sub --"                                      [EXIT ERROR ESCAPES];
                202 STORE_SUBSCR_LIST_INT                     STORE_SUBSCR    "value, list, sub --"                                      [DEOPT EXIT ESCAPES];
                203 TO_BOOL_ALWAYS_TRUE                       TO_BOOL         "value -- res"                                             [EXIT ESCAPES];
                204 TO_BOOL_BOOL                              TO_BOOL         "value -- value"                                           [EXIT];
                205 TO_BOOL_INT                               TO_BOOL         "value -- res"                                             [EXIT ESCAPES];
                206 TO_BOOL_LIST                              TO_BOOL         "value -- res"                                             [EXIT];
                207 TO_BOOL_NONE                              TO_BOOL         "value -- res"                                             [EXIT];
                208 TO_BOOL_STR                               TO_BOOL         "value -- res"                                             [EXIT ESCAPES];
                209 UNPACK_SEQUENCE_LIST                      UNPACK_SEQUENCE "seq -- values[oparg]"                                     [ARG DEOPT EXIT];
                210 UNPACK_SEQUENCE_TUPLE                     UNPACK_SEQUENCE "seq -- values[oparg]"                                     [ARG DEOPT EXIT];
                211 UNPACK_SEQUENCE_TWO_TUPLE                 UNPACK_SEQUENCE "seq -- val1, val0"                                        [ARG DEOPT EXIT ESCAPES];
            }
            instrumented {
                234 INSTRUMENTED_END_FOR             END_FOR              "receiver, value -- receiver"                              [ERROR ERROR_NO_POP ESCAPES NO_SAVE_IP];
                235 INSTRUMENTED_POP_ITER            POP_ITER             "iter --"                                                  [ESCAPES];
                236 INSTRUMENTED_END_SEND            END_SEND             "receiver, value -- val"                                   [ERROR ERROR_NO_POP ESCAPES];
                237 INSTRUMENTED_FOR_ITER            FOR_ITER             "iter -- iter, next"                                       [ARG JUMP ERROR ERROR_NO_POP ESCAPES];
                238 INSTRUMENTED_INSTRUCTION         NOP                  "--"                                                       [ERROR ESCAPES];
                239 INSTRUMENTED_JUMP_FORWARD        JUMP_FORWARD         "--"                                                       [ARG];
                240 INSTRUMENTED_NOT_TAKEN           NOT_TAKEN            "--"                                                       [];
                241 INSTRUMENTED_POP_JUMP_IF_TRUE    POP_JUMP_IF_TRUE     "cond --"                                                  [ARG];
                242 INSTRUMENTED_POP_JUMP_IF_FALSE   POP_JUMP_IF_FALSE    "cond --"                                                  [ARG];
                243 INSTRUMENTED_POP_JUMP_IF_NONE    POP_JUMP_IF_NONE     "value --"                                                 [ARG ESCAPES];
                244 INSTRUMENTED_POP_JUMP_IF_NOT_NONE POP_JUMP_IF_NOT_NONE "value --"                                                 [ARG ESCAPES];
                245 INSTRUMENTED_RESUME              RESUME               "--"                                                       [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                246 INSTRUMENTED_RETURN_VALUE        RETURN_VALUE         "retval -- res"                                            [ERROR ESCAPES];
                247 INSTRUMENTED_YIELD_VALUE         YIELD_VALUE          "retval -- value"                                          [ARG ERROR ERROR_NO_POP ESCAPES];
                248 INSTRUMENTED_END_ASYNC_FOR       END_ASYNC_FOR        "awaitable, exc --"                                        [ARG JUMP ERROR ERROR_NO_POP ESCAPES];
                249 INSTRUMENTED_LOAD_SUPER_ATTR     LOAD_SUPER_ATTR      "global_super, class, self -- attr, self_or_null[oparg & 1]" [ARG NAME ERROR ESCAPES];
                250 INSTRUMENTED_CALL                CALL                 "callable, self_or_null, args[oparg] -- res"               [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                251 INSTRUMENTED_CALL_KW             CALL_KW              "callable, self_or_null, args[oparg], kwnames -- res"      [ARG ERROR ERROR_NO_POP ESCAPES];
                252 INSTRUMENTED_CALL_FUNCTION_EX    CALL_FUNCTION_EX     "func, null, callargs, kwargs -- result"                   [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES];
                253 INSTRUMENTED_JUMP_BACKWARD       JUMP_BACKWARD        "--"                                                       [ARG EVAL_BREAK ERROR ESCAPES];
                254 INSTRUMENTED_LINE                NOP                  "--"                                                       [ESCAPES];
            }
            pseudo {
                256 ANNOTATIONS_PLACEHOLDER  None   "--"               [NOP] [PURE];
                257 JUMP                     Label  "--"               [JUMP_FORWARD JUMP_BACKWARD] [ARG JUMP EVAL_BREAK ERROR ESCAPES];
                258 JUMP_IF_FALSE            Label  "cond -- cond"     [COPY TO_BOOL POP_JUMP_IF_FALSE] [ARG JUMP ERROR ESCAPES];
                259 JUMP_IF_TRUE             Label  "cond -- cond"     [COPY TO_BOOL POP_JUMP_IF_TRUE] [ARG JUMP ERROR ESCAPES];
                260 JUMP_NO_INTERRUPT        Label  "--"               [JUMP_FORWARD JUMP_BACKWARD_NO_INTERRUPT] [ARG JUMP];
                261 LOAD_CLOSURE             Local  "-- value"         [LOAD_FAST] [ARG LOCAL PURE];
                262 POP_BLOCK                None   "--"               [NOP] [PURE];
                263 SETUP_CLEANUP            Label  "-- lasti, exc"    [NOP] [PURE ARG];
                264 SETUP_FINALLY            Label  "-- exc"           [NOP] [PURE ARG];
                265 SETUP_WITH               Label  "-- exc"           [NOP] [PURE ARG];
                266 STORE_FAST_MAYBE_NULL    Local  "value --"         [STORE_FAST] [ARG LOCAL ESCAPES];
            }
        }
    };
}
