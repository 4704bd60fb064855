//! The stack as it stands while translating, and the words that bring its items to registers.
//!
//! Invariant: an item that is `Reg(r)` can be read from `r` now; whoever is about to write `r` first moves the items that
//! still read it ([`Stack::claim`], [`Stack::release_local`]).

use crate::ops::{Op, Word};

/// An item of the abstract stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Reg(u16),
    /// `co_consts[k]`, not loaded yet.
    Const(u32),
    Int(i32),
    None,
    Null,
}

/// More than 65,000 registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// The abstract stack and the words so far.
#[derive(Debug)]
pub struct Stack {
    pub items: Vec<Item>,
    pub words: Vec<u64>,
    /// The last word whose destination is the home of the top item, which nothing else reads yet.
    pub last: Option<usize>,
    /// Constants live in registers of their own inside loops.
    pub in_loop: bool,
    /// Registers that the instruction being translated still reads, though their items are popped.
    pub pinned: Vec<u16>,
    temp_base: u32,
    extra_base: u32,
    n_extra: u32,
    scratch: Vec<u16>,
    hoisted: Vec<(Item, u16)>,
    full: bool,
}

/// Registers for constants of loops, at the most; a call pays for each.
const MAX_HOISTED: usize = 16;
/// Registers that an operand can name.
const MAX_REGS: u32 = 65_000;

impl Stack {
    /// `n_locals` counts localsplus, `depth` the most items.
    pub fn new(n_locals: u32, depth: u32) -> Result<Stack, TooLarge> {
        if n_locals.saturating_add(depth) > MAX_REGS {
            return Err(TooLarge);
        }
        Ok(Stack {
            items: Vec::with_capacity(depth as usize),
            words: Vec::new(),
            last: None,
            in_loop: false,
            pinned: Vec::new(),
            temp_base: n_locals,
            extra_base: n_locals + depth,
            n_extra: 0,
            scratch: Vec::new(),
            hoisted: Vec::new(),
            full: false,
        })
    }

    pub fn n_regs(&self) -> u32 {
        self.extra_base + self.n_extra
    }

    /// Whether more registers were wanted than an operand can name.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The words that load the constants of loops.
    pub fn prologue(&self) -> Vec<u64> {
        self.hoisted.iter().map(|&(item, reg)| load(item, reg).0).collect()
    }

    /// The register where item `d` lives when it must live somewhere known.
    #[inline]
    pub fn home(&self, d: usize) -> u16 {
        (self.temp_base + d as u32).min(MAX_REGS) as u16
    }

    /// Starts anew with `depth` items, all at home.
    pub fn reset(&mut self, depth: usize) {
        self.items.clear();
        self.items.extend((0..depth).map(|d| Item::Reg((self.temp_base + d as u32) as u16)));
        self.last = None;
    }

    #[inline]
    pub fn push(&mut self, item: Item) {
        self.items.push(item);
        self.last = None;
    }

    /// NULL where the bytecode is not what the verifier accepted.
    #[inline]
    pub fn pop(&mut self) -> Item {
        self.last = None;
        self.items.pop().unwrap_or(Item::Null)
    }

    /// The index of the item `n` below the end; `below_top(1)` is the top.
    #[inline]
    pub fn below_top(&self, n: usize) -> usize {
        self.items.len().saturating_sub(n)
    }

    #[inline]
    pub fn emit(&mut self, word: Word) -> usize {
        self.last = None;
        self.words.push(word.0);
        self.words.len() - 1
    }

    fn extra(&mut self) -> u16 {
        let reg = self.extra_base + self.n_extra;
        if reg >= MAX_REGS {
            self.full = true;
            return (MAX_REGS - 1) as u16;
        }
        self.n_extra += 1;
        reg as u16
    }

    fn is_read(&self, reg: u16, but: usize) -> bool {
        self.pinned.contains(&reg) || self.items.iter().enumerate().any(|(k, item)| k != but && *item == Item::Reg(reg))
    }

    /// Temporaries that hold something alive: all below this count from `temp_base` may, none at or behind it does.
    pub fn live(&self) -> u32 {
        let reach = |item: &Item| match item {
            Item::Reg(r) if u32::from(*r) < self.extra_base => (u32::from(*r) + 1).saturating_sub(self.temp_base),
            _ => 0,
        };
        self.items.iter().map(reach).max().unwrap_or(0).max(self.items.len() as u32)
    }

    /// Moves item `k` out of its register, to its home if that is free.
    fn evict(&mut self, k: usize, from: u16) {
        let home = self.home(k);
        let to = if home != from && !self.is_read(home, k) {
            home
        } else {
            match self.scratch.iter().copied().find(|&s| !self.is_read(s, usize::MAX)) {
                Some(free) => free,
                None => {
                    let fresh = self.extra();
                    self.scratch.push(fresh);
                    fresh
                }
            }
        };
        self.emit(Word::new(Op::Move, 0, to, from, 0));
        self.items[k] = Item::Reg(to);
    }

    /// Makes the homes of items `first..first + n` free to write: items that read them from elsewhere are moved.
    pub fn claim(&mut self, first: usize, n: usize) {
        let (low, high) = (self.home(first), self.home(first + n));
        for k in 0..self.items.len() {
            if let Item::Reg(r) = self.items[k]
                && (low..high).contains(&r)
                && r != self.home(k)
            {
                self.evict(k, r);
            }
        }
        // An item at its own home within the range is about to be overwritten only if it is no input: callers pop first.
    }

    /// A local is about to change: items that read it are moved.
    pub fn release_local(&mut self, local: u16) {
        for k in 0..self.items.len() {
            if self.items[k] == Item::Reg(local) {
                self.evict(k, local);
            }
        }
    }

    /// Item `k` in its home.
    pub fn bring_home(&mut self, k: usize) {
        let home = self.home(k);
        let item = self.items[k];
        if item == Item::Reg(home) {
            return;
        }
        self.claim(k, 1);
        let word = match self.items[k] {
            Item::Reg(r) => Word::new(Op::Move, 0, home, r, 0),
            item => load(item, home),
        };
        self.emit(word);
        self.items[k] = Item::Reg(home);
    }

    /// Every item from `first` up to `end` at home.
    pub fn bring_all_home(&mut self, first: usize, end: usize) {
        for k in first..end.min(self.items.len()) {
            if self.items[k] != Item::Reg(self.home(k)) {
                self.bring_home(k);
            }
        }
    }

    /// The register that holds item `k`; a constant is loaded, in a loop once and for all.
    pub fn operand(&mut self, k: usize) -> u16 {
        let item = match self.items.get(k) {
            Some(&Item::Reg(r)) => return r,
            Some(&item) => item,
            None => return self.home(k),
        };
        if self.in_loop && item != Item::Null {
            if let Some(&(_, reg)) = self.hoisted.iter().find(|(i, _)| *i == item) {
                self.items[k] = Item::Reg(reg);
                return reg;
            }
            if self.hoisted.len() < MAX_HOISTED {
                let reg = self.extra();
                self.hoisted.push((item, reg));
                self.items[k] = Item::Reg(reg);
                return reg;
            }
        }
        self.bring_home(k);
        self.home(k)
    }

    /// Stores the top item, which is popped, to a local; the word that computed it writes there at once if it can.
    pub fn store_local(&mut self, local: u16) {
        let last = self.last;
        let item = self.pop();
        let home = self.home(self.items.len());
        let before = self.words.len();
        self.release_local(local);
        match item {
            Item::Reg(r)
                if r == home && last.is_some() && self.words.len() == before && !self.is_read(home, usize::MAX) =>
            {
                if let Some(word) = last.and_then(|at| self.words.get_mut(at)) {
                    *word = Word(*word).with_a(local).0;
                }
            }
            Item::Reg(r) if r == local => {}
            Item::Reg(r) => {
                self.emit(Word::new(Op::Move, 0, local, r, 0));
            }
            item => match self.hoisted.iter().find(|(i, _)| *i == item) {
                Some(&(_, reg)) => {
                    self.emit(Word::new(Op::Move, 0, local, reg, 0));
                }
                None => {
                    self.emit(load(item, local));
                }
            },
        }
        self.last = None;
    }

    /// Pushes a result: `op` writes the home of the new item.
    pub fn push_result(&mut self, word: Word) -> usize {
        let d = self.items.len();
        self.claim(d, 1);
        let at = self.emit(word.with_a(self.home(d)));
        self.items.push(Item::Reg(self.home(d)));
        self.last = Some(at);
        at
    }
}

/// The word that loads a constant item.
fn load(item: Item, reg: u16) -> Word {
    match item {
        Item::Reg(r) => Word::new(Op::Move, 0, reg, r, 0),
        Item::Const(k) => Word::new_bc(Op::LoadConst, 0, reg, k as i32),
        Item::Int(v) => Word::new_bc(Op::LoadInt, 0, reg, v),
        Item::None => Word::new(Op::LoadNone, 0, reg, 0, 0),
        Item::Null => Word::new(Op::LoadNull, 0, reg, 0, 0),
    }
}
