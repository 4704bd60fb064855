//! The control flow graph: blocks of instructions in one pool, and how it is made from an instruction sequence.
//!
//! Invariant: blocks are linked by `next` in the order of emission, the entry block is number 0; a jump or scope exit is
//! the last instruction of its block until jumps are normalised. A block owns the pool's slots `start..start + cap`, of
//! which `len` are in use. Slots that fell out of use keep their exception handler: CPython's `basicblock_addop` does not
//! reset it, and the exception table shows.
//!
//! ```text
//! pool:   [ block 0 . . | slack ][ block 1 . | slack ][ block 2 ...
//! ```

use crate::ast::Loc;
use crate::instruction_sequence::{Instruction, InstructionSequence};
use pyc_format::opcode::Opcode;

/// A basic block, by number within its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockId(pub u32);

impl BlockId {
    pub const ENTRY: BlockId = BlockId(0);
    pub const NONE: BlockId = BlockId(u32::MAX);

    pub fn is_none(self) -> bool {
        self == BlockId::NONE
    }
    pub fn is_some(self) -> bool {
        self != BlockId::NONE
    }
}

/// CPython's `cfg_instr`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub opcode: Opcode,
    pub oparg: u32,
    pub loc: Loc,
    /// Where it jumps to, or whose handler it pushes.
    pub target: BlockId,
    /// The handler of exceptions that it raises.
    pub except: BlockId,
}

impl Instr {
    pub const UNUSED: Instr =
        Instr { opcode: Opcode::NOP, oparg: 0, loc: Loc::NONE, target: BlockId::NONE, except: BlockId::NONE };

    /// CPython's INSTR_SET_OP0 with NOP.
    #[inline]
    pub fn set_nop(&mut self) {
        self.opcode = Opcode::NOP;
        self.oparg = 0;
    }

    #[inline]
    pub fn set(&mut self, opcode: Opcode, oparg: u32) {
        self.opcode = opcode;
        self.oparg = oparg;
    }

    #[inline]
    pub fn is_jump(&self) -> bool {
        facts(self.opcode) & JUMP != 0
    }

    #[inline]
    pub fn has_target(&self) -> bool {
        facts(self.opcode) & TARGET != 0
    }
}

/// CPython's `basicblock`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    start: u32,
    len: u32,
    cap: u32,
    pub next: BlockId,
    /// Has a label: is, or was, the target of a jump.
    pub labelled: bool,
    /// The facts of all instructions that it holds, or held.
    pub facts: u16,
    /// May hold a NOP.
    pub nops: bool,
    /// Is an exception handler that finds `lasti` on the stack.
    pub preserve_lasti: bool,
    pub visited: bool,
    pub except_handler: bool,
    pub cold: bool,
    pub warm: bool,
    pub predecessors: i32,
    /// Stack depth at the block's start; negative while unknown.
    pub startdepth: i32,
    /// Handlers in force at the block's start, in `Cfg::handlers`.
    pub handlers: u32,
    /// Locals (of the first 64) that may be unbound at the block's start.
    pub unsafe_locals: u64,
}

impl Block {
    fn new(start: u32) -> Block {
        Block {
            start,
            len: 0,
            cap: 0,
            next: BlockId::NONE,
            labelled: false,
            facts: 0,
            nops: true,
            preserve_lasti: false,
            visited: false,
            except_handler: false,
            cold: false,
            warm: false,
            predecessors: 0,
            startdepth: 0,
            handlers: 0,
            unsafe_locals: 0,
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

pub(crate) const JUMP: u16 = 1;
pub(crate) const TARGET: u16 = 2;
pub(crate) const SCOPE_EXIT: u16 = 4;
pub(crate) const UNCONDITIONAL: u16 = 8;
pub(crate) const CONDITIONAL: u16 = 16;
pub(crate) const EVAL_BREAK: u16 = 32;
pub(crate) const BLOCK_PUSH: u16 = 64;
/// Loads, stores or deletes a local that may be unbound.
pub(crate) const LOCAL: u16 = 128;
/// Becomes LOAD_FAST_BORROW, or part of one.
pub(crate) const LOAD: u16 = 256;
/// Has to become another instruction before the end.
pub(crate) const PSEUDO: u16 = 512;
/// Some rewrite of `peephole.rs` starts at it.
pub(crate) const REWRITTEN: u16 = 1024;
/// Its operand is the number of a cell.
pub(crate) const CELL: u16 = 2048;
pub(crate) const LOADS_CONST: u16 = 4096;

/// What the passes ask of opcodes all the time.
static FACTS: [u16; 512] = {
    let mut facts = [0; 512];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let op = Opcode::ALL[i];
        let mut bits = super::peephole::starts_rewrite(op) as u16 * REWRITTEN;
        if op.has_jump() {
            bits |= JUMP;
        }
        if op.has_target() {
            bits |= TARGET;
        }
        if op.is_scope_exit() {
            bits |= SCOPE_EXIT;
        }
        if op.is_unconditional_jump() {
            bits |= UNCONDITIONAL;
        }
        if op.is_conditional_jump() {
            bits |= CONDITIONAL;
        }
        if op.has_eval_break() {
            bits |= EVAL_BREAK;
        }
        if op.is_block_push() {
            bits |= BLOCK_PUSH;
        }
        if matches!(
            op,
            Opcode::DELETE_FAST
                | Opcode::LOAD_FAST_AND_CLEAR
                | Opcode::STORE_FAST_MAYBE_NULL
                | Opcode::STORE_FAST
                | Opcode::LOAD_FAST
                | Opcode::LOAD_FAST_CHECK
        ) {
            bits |= LOCAL;
        }
        if matches!(op, Opcode::LOAD_FAST | Opcode::LOAD_CLOSURE | Opcode::LOAD_FAST_LOAD_FAST) {
            bits |= LOAD;
        }
        if matches!(op, Opcode::LOAD_CLOSURE | Opcode::STORE_FAST_MAYBE_NULL) || op.is_block_push() {
            bits |= PSEUDO;
        }
        if matches!(op, Opcode::LOAD_CONST | Opcode::LOAD_SMALL_INT) {
            bits |= LOADS_CONST;
        }
        if matches!(
            op,
            Opcode::MAKE_CELL
                | Opcode::LOAD_CLOSURE
                | Opcode::LOAD_DEREF
                | Opcode::STORE_DEREF
                | Opcode::DELETE_DEREF
                | Opcode::LOAD_FROM_DICT_OR_DEREF
        ) {
            bits |= CELL;
        }
        facts[op as usize] = bits;
        i += 1;
    }
    facts
};

#[inline]
pub(crate) fn facts(opcode: Opcode) -> u16 {
    FACTS[opcode as usize & 511]
}

/// One pushed handler on top of those of `outer`; row 0 is "none".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handlers {
    pub handler: BlockId,
    pub outer: u32,
    pub depth: u32,
}

/// The blocks, apart from their instructions, so that a pass can look at both.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    blocks: Vec<Block>,
    /// The traversal stack of whichever pass runs.
    pub stack: Vec<BlockId>,
}

impl Graph {
    // Numbers of blocks come from this graph alone, so looking one up cannot fail.
    #[inline]
    pub fn block(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.0 as usize]
    }

    /// Puts a block on the stack the first time that it is met.
    #[inline]
    pub fn visit(&mut self, id: BlockId) {
        let block = &mut self.blocks[id.0 as usize];
        if !block.visited {
            block.visited = true;
            self.stack.push(id);
        }
    }
}

/// CPython's `cfg_builder`, with the buffers that passes need; reused from one code unit to the next.
#[derive(Debug, Default)]
pub(crate) struct Cfg {
    pool: Vec<Instr>,
    pub graph: Graph,
    pub handlers: Vec<Handlers>,
    /// Some instruction pushes a handler.
    pub has_handlers: bool,
    /// Some location is [`Loc::NEXT`].
    pub has_next_location: bool,
    /// Instruction index of a sequence to the block that it starts.
    starts: Vec<BlockId>,
}

/// The block being built.
struct Open {
    id: BlockId,
    start: usize,
    /// Its last instruction; NOP while there is none.
    last: Opcode,
    labelled: bool,
    facts: u16,
}

/// The sequence is not one that codegen makes.
pub(crate) struct Malformed;

impl Cfg {
    #[inline]
    pub fn block(&self, id: BlockId) -> &Block {
        &self.graph.blocks[id.0 as usize]
    }

    #[inline]
    pub fn block_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.graph.blocks[id.0 as usize]
    }

    #[inline]
    pub fn instrs(&self, id: BlockId) -> &[Instr] {
        let block = &self.graph.blocks[id.0 as usize];
        &self.pool[block.start as usize..(block.start + block.len) as usize]
    }

    #[inline]
    pub fn instrs_mut(&mut self, id: BlockId) -> &mut [Instr] {
        let block = &self.graph.blocks[id.0 as usize];
        &mut self.pool[block.start as usize..(block.start + block.len) as usize]
    }

    /// The instructions of a block, and the graph.
    #[inline]
    pub fn parts(&mut self, id: BlockId) -> (&mut [Instr], &mut Graph) {
        let block = &self.graph.blocks[id.0 as usize];
        (&mut self.pool[block.start as usize..(block.start + block.len) as usize], &mut self.graph)
    }

    #[inline]
    pub fn last(&self, id: BlockId) -> Option<&Instr> {
        self.instrs(id).last()
    }

    #[inline]
    pub fn next(&self, id: BlockId) -> BlockId {
        self.graph.blocks[id.0 as usize].next
    }

    pub fn n_blocks(&self) -> usize {
        self.graph.blocks.len()
    }

    /// Control does not run from its end into the next block.
    #[inline]
    pub fn no_fallthrough(&self, id: BlockId) -> bool {
        self.last(id).is_some_and(|last| facts(last.opcode) & (SCOPE_EXIT | UNCONDITIONAL) != 0)
    }

    #[inline]
    pub fn exits_scope(&self, id: BlockId) -> bool {
        self.last(id).is_some_and(|last| facts(last.opcode) & SCOPE_EXIT != 0)
    }

    pub fn has_no_lineno(&self, id: BlockId) -> bool {
        self.instrs(id).iter().all(|instr| instr.loc.lineno < 0)
    }

    /// The block itself or the first after it that has instructions.
    #[inline]
    pub fn next_nonempty(&self, mut id: BlockId) -> BlockId {
        while id.is_some() && self.block(id).is_empty() {
            id = self.next(id);
        }
        id
    }

    /// Forgets the visits of an earlier traversal, and its stack.
    pub fn start_traversal(&mut self) {
        self.graph.stack.clear();
        // Blocks that are not linked in are never asked.
        for block in &mut self.graph.blocks {
            block.visited = false;
        }
    }

    pub fn new_block(&mut self) -> BlockId {
        let id = BlockId(self.graph.blocks.len() as u32);
        self.graph.blocks.push(Block::new(self.pool.len() as u32));
        id
    }

    /// Makes room for `more` instructions at the block's end.
    fn reserve(&mut self, id: BlockId, more: u32) {
        let block = self.graph.blocks[id.0 as usize];
        let wanted = block.len + more;
        if wanted <= block.cap {
            return;
        }
        let end = (block.start + block.cap) as usize;
        let cap = wanted + wanted / 2 + 2;
        if end == self.pool.len() {
            self.pool.resize(block.start as usize + cap as usize, Instr::UNUSED);
        } else {
            let start = self.pool.len();
            self.pool.extend_from_within(block.start as usize..end);
            self.pool.resize(start + cap as usize, Instr::UNUSED);
            self.graph.blocks[id.0 as usize].start = start as u32;
        }
        self.graph.blocks[id.0 as usize].cap = cap;
    }

    /// `basicblock_addop`; a slot used before keeps its handler.
    pub fn add(&mut self, id: BlockId, opcode: Opcode, oparg: u32, target: BlockId, loc: Loc) {
        self.reserve(id, 1);
        let block = &mut self.graph.blocks[id.0 as usize];
        let slot = &mut self.pool[(block.start + block.len) as usize];
        block.len += 1;
        block.facts |= facts(opcode);
        *slot = Instr { opcode, oparg, loc, target, except: slot.except };
    }

    pub fn insert(&mut self, id: BlockId, pos: usize, instr: Instr) {
        self.reserve(id, 1);
        let block = &mut self.graph.blocks[id.0 as usize];
        block.len += 1;
        block.facts |= facts(instr.opcode);
        let instrs = &mut self.pool[block.start as usize..(block.start + block.len) as usize];
        if let Some(tail) = instrs.get_mut(pos..) {
            tail.rotate_right(1);
            if let Some(first) = tail.first_mut() {
                *first = instr;
            }
        }
    }

    /// Copies the instructions of `from` to the end of `to`.
    pub fn append(&mut self, to: BlockId, from: BlockId) {
        let len = self.block(from).len;
        self.reserve(to, len);
        let (source, facts) = (self.block(from).start as usize, self.block(from).facts);
        let block = &mut self.graph.blocks[to.0 as usize];
        let dest = (block.start + block.len) as usize;
        block.len += len;
        block.facts |= facts;
        block.nops = true;
        self.pool.copy_within(source..source + len as usize, dest);
    }

    /// Cuts the block to its first `len` instructions.
    #[inline]
    pub fn truncate(&mut self, id: BlockId, len: usize) {
        let block = self.block_mut(id);
        block.len = block.len.min(len as u32);
    }

    /// `_PyCfg_FromInstructionSequence` and `translate_jump_labels_to_targets`.
    pub fn build(&mut self, sequence: &InstructionSequence) -> Result<(), Malformed> {
        self.pool.clear();
        self.graph.blocks.clear();
        self.handlers.clear();
        self.starts.clear();
        self.starts.resize(sequence.instrs.len(), BlockId::NONE);
        let label_at = |oparg: i32| -> Result<usize, Malformed> {
            let index = usize::try_from(oparg).map_err(|_| Malformed)?;
            Ok(sequence.label_map.get(index).copied().flatten().ok_or(Malformed)? as usize)
        };
        self.has_handlers = false;
        self.has_next_location = false;
        // Where an instruction jumps to, a block starts: marked with the entry's number until it has its own.
        for instr in &sequence.instrs {
            if facts(instr.opcode) & TARGET != 0 {
                *self.starts.get_mut(label_at(instr.oparg)?).ok_or(Malformed)? = BlockId::ENTRY;
            }
        }
        self.pool.reserve(sequence.instrs.len() + sequence.instrs.len() / 4);
        let mut open = Open { id: self.new_block(), start: 0, last: Opcode::NOP, labelled: false, facts: 0 };
        for (instr, start) in sequence.instrs.iter().zip(0..) {
            if instr.opcode == Opcode::ANNOTATIONS_PLACEHOLDER {
                for instr in sequence.annotations_code.iter().flat_map(|code| &code.instrs) {
                    if facts(instr.opcode) & TARGET != 0 {
                        return Err(Malformed);
                    }
                    self.push_instr(&mut open, instr)?;
                }
                continue;
            }
            if let Some(slot) = self.starts.get_mut(start as usize)
                && slot.is_some()
            {
                // A block that holds nothing but a label takes this one as well.
                if self.pool.len() != open.start || open.labelled {
                    self.close_block(&mut open);
                }
                open.labelled = true;
                self.starts[start as usize] = open.id;
            }
            self.push_instr(&mut open, instr)?;
        }
        self.close_block(&mut open);
        // The block that was opened last has nothing to hold.
        self.graph.blocks.pop();
        if let Some(last) = self.graph.blocks.last_mut() {
            last.next = BlockId::NONE;
        }
        // Targets stand at the ends of blocks, but for those that push handlers.
        for b in 0..self.graph.blocks.len() as u32 {
            let block = self.graph.blocks[b as usize];
            let instrs = &mut self.pool[block.start as usize..(block.start + block.len) as usize];
            let from = if block.facts & BLOCK_PUSH != 0 { 0 } else { instrs.len().saturating_sub(1) };
            for instr in instrs.iter_mut().skip(from) {
                let bits = facts(instr.opcode);
                if bits & TARGET == 0 {
                    continue;
                }
                let target = *self.starts.get(label_at(instr.oparg as i32)?).ok_or(Malformed)?;
                instr.target = target;
                instr.oparg = 0;
                if bits & BLOCK_PUSH != 0 {
                    // `mark_except_handlers`
                    self.graph.block(target).except_handler = true;
                }
            }
        }
        Ok(())
    }

    /// Adds to the block that is being built at the pool's end.
    #[inline]
    fn push_instr(&mut self, open: &mut Open, instr: &Instruction) -> Result<(), Malformed> {
        if facts(open.last) & (JUMP | SCOPE_EXIT) != 0 {
            self.close_block(open);
        }
        let oparg = u32::try_from(instr.oparg).map_err(|_| Malformed)?;
        self.pool.push(Instr { opcode: instr.opcode, oparg, loc: instr.loc, ..Instr::UNUSED });
        self.has_next_location |= instr.loc.lineno == Loc::NEXT.lineno;
        open.facts |= facts(instr.opcode);
        open.last = instr.opcode;
        Ok(())
    }

    /// Ends the block being built, with some room for what later passes will add, and opens the next.
    fn close_block(&mut self, open: &mut Open) {
        let slack = match open.last {
            Opcode::JUMP_IF_FALSE | Opcode::JUMP_IF_TRUE => 3,
            opcode if facts(opcode) & JUMP != 0 => 1,
            _ => 0,
        };
        let len = (self.pool.len() - open.start) as u32;
        for _ in 0..slack {
            self.pool.push(Instr::UNUSED);
        }
        let next = self.new_block();
        let block = self.block_mut(open.id);
        block.len = len;
        block.cap = len + slack;
        block.next = next;
        block.labelled = open.labelled;
        block.facts = open.facts;
        self.has_handlers |= open.facts & BLOCK_PUSH != 0;
        *open = Open { id: next, start: self.pool.len(), last: Opcode::NOP, labelled: false, facts: 0 };
    }

    /// `check_cfg`: jumps and exits stand at the end of their blocks.
    pub fn check(&self) -> Result<(), Malformed> {
        let mut b = BlockId::ENTRY;
        while b.is_some() {
            if let Some((_, rest)) = self.instrs(b).split_last()
                && rest.iter().any(|instr| facts(instr.opcode) & (JUMP | SCOPE_EXIT) != 0)
            {
                return Err(Malformed);
            }
            b = self.next(b);
        }
        Ok(())
    }
}
