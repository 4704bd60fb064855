//! The second pass: the scope of each name of each block.
//!
//! Invariant: CPython hands every block copies of three sets (names bound in functions around, names declared global,
//! type parameters). Here they are three bits a name, changed on the way down and undone on the way up, which comes to
//! the same because a block decides each of its names once. Free names travel up on one stack, each block's above a
//! mark.

use super::{Block, BlockId, BlockType, ComprehensionType, Scope, Symbol, Symtable, flags};
use crate::error::CompileError;
use crate::names::{Name, Names};

const BOUND: u8 = 1;
const GLOBAL: u8 = 2;
const TYPE_PARAM: u8 = 4;

/// Found through a class although they are no names of its body.
const CLASS_CLOSURES: [Name; 3] = [Name::CLASS, Name::CLASSDICT, Name::CONDITIONAL_ANNOTATIONS];

pub(super) fn analyze(st: &mut Symtable, names: &Names<'_>) -> Result<(), CompileError> {
    let count = names.len();
    let mut analyzer = Analyzer {
        st,
        names,
        state: vec![0; count],
        undo: Vec::new(),
        free: Vec::new(),
        seen: vec![0; count],
        round: 0,
        children: Vec::new(),
    };
    analyzer.analyze_block(BlockId(0), None)
}

struct Analyzer<'s, 'n, 'a> {
    st: &'s mut Symtable,
    names: &'n Names<'a>,
    /// By name: what the blocks around say of it.
    state: Vec<u8>,
    /// What to restore in `state` when a block is left.
    undo: Vec<(Name, u8)>,
    /// Names free in the blocks that are done, of all open blocks.
    free: Vec<Name>,
    /// By name: the last round that met it. A round is one set that is being made.
    seen: Vec<u32>,
    round: u32,
    children: Vec<BlockId>,
}

impl Analyzer<'_, '_, '_> {
    fn block(&mut self, id: BlockId) -> &mut Block {
        &mut self.st.blocks[id.0 as usize]
    }

    fn state(&self, name: Name) -> u8 {
        self.state.get(name.index()).copied().unwrap_or(0)
    }

    fn set_state(&mut self, name: Name, state: u8) {
        if let Some(slot) = self.state.get_mut(name.index())
            && *slot != state
        {
            self.undo.push((name, *slot));
            *slot = state;
        }
    }

    fn new_round(&mut self) {
        self.round += 1;
    }

    /// Puts the name into the current round's set; whether it was not there.
    fn meet(&mut self, name: Name) -> bool {
        match self.seen.get_mut(name.index()) {
            Some(seen) if *seen != self.round => {
                *seen = self.round;
                true
            }
            _ => false,
        }
    }

    fn met(&self, name: Name) -> bool {
        self.seen.get(name.index()) == Some(&self.round)
    }

    fn forget(&mut self, name: Name) {
        if let Some(seen) = self.seen.get_mut(name.index()) {
            *seen = 0;
        }
    }

    /// Leaves the block's free names on top of [`Analyzer::free`].
    fn analyze_block(&mut self, id: BlockId, class_entry: Option<BlockId>) -> Result<(), CompileError> {
        let (undo_start, free_start) = (self.undo.len(), self.free.len());
        self.analyze_names(id, class_entry)?;
        let block_type = self.block(id).block_type;
        let sees_class = self.block(id).can_see_class_scope;
        if block_type == BlockType::Class {
            for name in CLASS_CLOSURES {
                self.set_state(name, self.state(name) | BOUND);
            }
        }
        let mut any_inlined = false;
        for at in 0..self.block(id).children.len() {
            let Some(&child) = self.block(id).children.get(at) else { break };
            let entry = self.block(child);
            let inline = entry.comprehension != ComprehensionType::NoComprehension && !entry.generator && !sees_class;
            let class_entry = match entry.can_see_class_scope {
                true if block_type == BlockType::Class => Some(id),
                true => class_entry,
                false => None,
            };
            let child_free = self.free.len();
            self.analyze_block(child, class_entry)?;
            if inline {
                self.inline_comprehension(id, child, child_free);
                self.block(child).comp_inlined = true;
                any_inlined = true;
            }
        }
        while self.undo.len() > undo_start {
            if let Some((name, state)) = self.undo.pop()
                && let Some(slot) = self.state.get_mut(name.index())
            {
                *slot = state;
            }
        }
        if any_inlined {
            self.splice_children(id);
        }
        self.finish_block(id, free_start);
        Ok(())
    }

    /// `analyze_name` of each of the block's names, and what they mean to its children.
    fn analyze_names(&mut self, id: BlockId, class_entry: Option<BlockId>) -> Result<(), CompileError> {
        let block = self.block(id);
        let count = block.symbols.len();
        let (is_module, is_class) = (block.block_type == BlockType::Module, block.block_type == BlockType::Class);
        for at in 0..count {
            let Some(&Symbol { name, flags, .. }) = self.block(id).symbols.get(at) else { break };
            let state = self.state(name);
            let (scope, inner) = if flags & flags::DEF_GLOBAL != 0 {
                if flags & flags::DEF_NONLOCAL != 0 {
                    return self.error(id, name, "name '{}' is nonlocal and global");
                }
                (Scope::GlobalExplicit, (state | GLOBAL) & !BOUND)
            } else if flags & flags::DEF_NONLOCAL != 0 {
                if is_module {
                    return self.error(id, name, "nonlocal declaration not allowed at module level");
                }
                if state & BOUND == 0 {
                    return self.error(id, name, "no binding for nonlocal '{}' found");
                }
                if state & TYPE_PARAM != 0 {
                    return self.error(id, name, "nonlocal binding not allowed for type parameter '{}'");
                }
                (Scope::Free, state)
            } else if flags & flags::DEF_BOUND != 0 {
                let bound = if is_module { 0 } else { BOUND };
                let type_param = if flags & flags::DEF_TYPE_PARAM != 0 { TYPE_PARAM } else { 0 };
                (Scope::Local, state & !(GLOBAL | TYPE_PARAM) | bound | type_param)
            } else {
                (self.scope_of_use(name, state, class_entry), state)
            };
            // A class's bindings and declarations are not visible in its methods; that a name of it is or is not a
            // type parameter is, in CPython too.
            let inner = if is_class { state & !TYPE_PARAM | inner & TYPE_PARAM } else { inner };
            self.set_state(name, inner);
            if let Some(symbol) = self.block(id).symbols.get_mut(at) {
                symbol.scope = Some(scope);
            }
        }
        Ok(())
    }

    /// A name that the block only uses.
    fn scope_of_use(&mut self, name: Name, state: u8, class_entry: Option<BlockId>) -> Scope {
        // Where an annotation or a type parameter can see a class, the class's own binding comes before that of a
        // function around it: looked for at run time, in the class's namespace and then among the globals.
        if let Some(class) = class_entry {
            let in_class = self.block(class).flags(name);
            if in_class & flags::DEF_GLOBAL != 0 {
                return Scope::GlobalExplicit;
            }
            if in_class & flags::DEF_BOUND != 0 && in_class & flags::DEF_NONLOCAL == 0 {
                return Scope::GlobalImplicit;
            }
        }
        if state & BOUND != 0 { Scope::Free } else { Scope::GlobalImplicit }
    }

    fn is_free_in_any_child(&self, id: BlockId, name: Name) -> bool {
        let Some(block) = self.st.block(id) else { return false };
        let mut children = block.children.iter().filter_map(|&child| self.st.block(child));
        children.any(|child| child.symbol(name).is_some_and(|symbol| symbol.scope == Some(Scope::Free)))
    }

    /// The comprehension's names become the block's; its free names stand in `free` from `free_start` on.
    fn inline_comprehension(&mut self, id: BlockId, comp: BlockId, free_start: usize) {
        let in_class = self.block(id).block_type == BlockType::Class;
        let mut removed = [false; CLASS_CLOSURES.len()];
        for at in 0..self.block(comp).symbols.len() {
            let Some(&Symbol { name, flags, scope }) = self.block(comp).symbols.get(at) else { break };
            if flags & flags::DEF_PARAM != 0 {
                continue;
            }
            let mut scope = scope;
            let is_cell = scope == Some(Scope::Cell) || flags & flags::DEF_COMP_CELL != 0;
            // The class's own closures must not be free through the class, unless a scope within needs them.
            if in_class
                && scope == Some(Scope::Free)
                && let Some(which) = CLASS_CLOSURES.iter().position(|&closure| closure == name)
            {
                scope = Some(Scope::GlobalImplicit);
                if !self.is_free_in_any_child(comp, name) {
                    self.discard_free(name, free_start);
                }
                if let Some(removed) = removed.get_mut(which) {
                    *removed = true;
                }
            }
            let block = self.block(id);
            match block.position(name) {
                None => block.push(Symbol { name, flags, scope }),
                Some(at) => {
                    let bound = block.symbols.get(at).is_some_and(|symbol| symbol.flags & flags::DEF_BOUND != 0);
                    // Free in the comprehension, local around it: now simply local, but for scopes further in.
                    if bound && !in_class && !self.is_free_in_any_child(comp, name) {
                        self.discard_free(name, free_start);
                    }
                }
            }
            if is_cell {
                let block = self.block(id);
                if let Some(at) = block.position(name)
                    && let Some(symbol) = block.symbols.get_mut(at)
                {
                    symbol.flags |= flags::DEF_COMP_CELL;
                }
            }
        }
        for (name, removed) in CLASS_CLOSURES.into_iter().zip(removed) {
            if removed {
                self.block(comp).remove(name);
            }
        }
    }

    fn discard_free(&mut self, name: Name, free_start: usize) {
        let mut at = free_start;
        while let Some(&free) = self.free.get(at) {
            if free == name {
                self.free.swap_remove(at);
            } else {
                at += 1;
            }
        }
    }

    /// The children of inlined comprehensions stand in their places.
    fn splice_children(&mut self, id: BlockId) {
        let mut children = std::mem::take(&mut self.children);
        children.append(&mut self.block(id).children);
        for &child in &children {
            let Some(at) = self.st.blocks.get(child.0 as usize) else { continue };
            if at.comp_inlined {
                let inner = at.children.clone();
                self.block(id).children.extend(inner);
            } else {
                self.block(id).children.push(child);
            }
        }
        children.clear();
        self.children = children;
    }

    /// `analyze_cells`, `drop_class_free` and `update_symbols`: `free` holds the children's free names from
    /// `free_start` on, and the block's own afterwards.
    fn finish_block(&mut self, id: BlockId, free_start: usize) {
        self.new_round();
        for at in free_start..self.free.len() {
            if let Some(&name) = self.free.get(at) {
                self.meet(name);
            }
        }
        let block_type = self.block(id).block_type;
        if block_type == BlockType::Class {
            if self.met(Name::CLASS) {
                self.block(id).needs_class_closure = true;
            }
            if self.met(Name::CLASSDICT) {
                self.block(id).needs_classdict = true;
            }
            if self.met(Name::CONDITIONAL_ANNOTATIONS) {
                self.block(id).has_conditional_annotations = true;
            }
            CLASS_CLOSURES.into_iter().for_each(|name| self.forget(name));
        } else if block_type != BlockType::Module {
            for at in 0..self.block(id).symbols.len() {
                let Some(&Symbol { name, flags, scope }) = self.block(id).symbols.get(at) else { break };
                if scope == Some(Scope::Local) && (self.met(name) || flags & flags::DEF_COMP_CELL != 0) {
                    if let Some(symbol) = self.block(id).symbols.get_mut(at) {
                        symbol.scope = Some(Scope::Cell);
                    }
                    self.forget(name);
                }
            }
        }
        let sees_class = block_type == BlockType::Class || self.block(id).can_see_class_scope;
        let end = self.free.len();
        let mut kept = free_start;
        for at in free_start..end {
            let Some(&name) = self.free.get(at) else { break };
            if !self.met(name) {
                continue;
            }
            self.forget(name);
            if let Some(slot) = self.free.get_mut(kept) {
                *slot = name;
                kept += 1;
            }
            let visible = block_type == BlockType::Module || self.state(name) & BOUND != 0;
            let block = self.block(id);
            match block.position(name) {
                // A name free in a method and a local of the class.
                Some(at) if sees_class => {
                    if let Some(symbol) = block.symbols.get_mut(at) {
                        symbol.flags |= flags::DEF_FREE_CLASS;
                    }
                }
                Some(_) => {}
                None if visible => block.push(Symbol { name, flags: 0, scope: Some(Scope::Free) }),
                None => {}
            }
        }
        self.free.truncate(kept);
        self.new_round();
        for at in free_start..kept {
            if let Some(&name) = self.free.get(at) {
                self.meet(name);
            }
        }
        for at in 0..self.block(id).symbols.len() {
            let Some(&Symbol { name, scope, .. }) = self.block(id).symbols.get(at) else { break };
            if scope == Some(Scope::Free) && self.meet(name) {
                self.free.push(name);
            }
        }
    }

    /// A SyntaxError at the statement that declared the name.
    fn error(&mut self, id: BlockId, name: Name, template: &str) -> Result<(), CompileError> {
        let message = template.replacen("{}", self.names.text(name), 1);
        let directive = self.block(id).directives.iter().find(|(directive, _)| *directive == name);
        match directive {
            Some(&(_, loc)) => Err(CompileError::syntax(message, loc)),
            None => Err(CompileError::plain(
                crate::error::ErrorKind::SystemError,
                "BUG: internal directive bookkeeping broken",
            )),
        }
    }
}
