//! Private names: `__x` within `class C` is `_C__x` (CPython's `_Py_Mangle`).
//!
//! Invariant: mangling depends on the class's name and the identifier alone, never on how the identifier is used.
//! Where a type-parameter scope limits it, see [`Symtable::maybe_mangle`](crate::symtable::Symtable::maybe_mangle).

use crate::names::{Name, Names};

/// The identifier as it is stored within the class `private`; itself where it is not private.
pub fn mangle(names: &Names<'_>, private: Option<Name>, ident: Name) -> Name {
    let Some(private) = private.filter(|_| ident.is_private()) else {
        return ident;
    };
    let text = names.text(ident);
    let class = names.text(private).trim_start_matches('_');
    if class.is_empty() {
        return ident;
    }
    let mut mangled = String::with_capacity(1 + class.len() + text.len());
    mangled.push('_');
    mangled.push_str(class);
    mangled.push_str(text);
    names.intern(&mangled)
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::mangle;
    use crate::names::Names;

    #[test]
    fn only_private_names_change() {
        let arena = Bump::new();
        let names = Names::new(&arena);
        let cases = [
            ("C", "__x", "_C__x"),
            ("__C", "__x", "_C__x"),
            ("C_", "__x_", "_C___x_"),
            ("C", "__x__", "__x__"),
            ("C", "_x", "_x"),
            ("C", "__", "__"),
            ("C", "_", "_"),
            ("C", "__a.b", "__a.b"),
            ("___", "__x", "__x"),
        ];
        for (class, ident, expected) in cases {
            let got = mangle(&names, Some(names.intern(class)), names.intern(ident));
            assert_eq!(names.text(got), expected, "{ident} in {class}");
        }
        let ident = names.intern("__x");
        assert_eq!(mangle(&names, None, ident), ident);
    }
}
