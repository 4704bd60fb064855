//! Code words checked and turned into nodes with absolute targets.
//!
//! Invariant: every target is a node of the program, every group number below `groups`, every repeat has its until; what
//! CPython's `_validate` refuses is refused, so the machine need not look again.

use crate::MAXGROUPS;
use crate::charset::{Charset, Fold};

/// `RuntimeError: invalid SRE code`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

/// Matches exactly one character.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// All but a newline.
    Any,
    AnyAll,
    Literal(u32),
    NotLiteral(u32),
    Set(u32),
    LiteralFold(Fold, u32),
    NotLiteralFold(Fold, u32),
    SetFold(Fold, u32),
}

/// What the first character of an alternative must be, where that is known.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    None,
    Literal(u32),
    Set(u32),
}

/// No alternative follows.
pub const LAST: u32 = u32::MAX;

/// One step of the machine; what follows is the next node unless it says otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Node {
    Unit(Unit),
    /// Characters `start..start+len` of the literal pool.
    Literals {
        start: u32,
        len: u32,
    },
    At(u32),
    Mark(u32),
    GroupRef(u32, Fold),
    GroupExists {
        group: u32,
        no: u32,
    },
    /// Tries what follows, then the alternative at `next`.
    Branch {
        guard: Guard,
        next: u32,
    },
    Jump(u32),
    RepeatOne {
        unit: Unit,
        min: u32,
        max: u32,
    },
    MinRepeatOne {
        unit: Unit,
        min: u32,
        max: u32,
    },
    PossessiveRepeatOne {
        unit: Unit,
        min: u32,
        max: u32,
    },
    /// Opens a repeat of what stands between it and `until`.
    Repeat {
        until: u32,
    },
    MaxUntil {
        body: u32,
        min: u32,
        max: u32,
    },
    MinUntil {
        body: u32,
        min: u32,
        max: u32,
    },
    /// The body up to SubSuccess, as often as it goes, without giving back.
    PossessiveRepeat {
        min: u32,
        max: u32,
        tail: u32,
    },
    Atomic {
        tail: u32,
    },
    Assert {
        back: u32,
        tail: u32,
    },
    AssertNot {
        back: u32,
        tail: u32,
    },
    /// The end of an atomic body.
    SubSuccess,
    Success,
    Fail,
}

/// What a search may skip to.
#[derive(Clone, Debug)]
pub enum Start {
    Anywhere,
    /// The match begins with these characters.
    Prefix(Box<[u32]>),
    /// The match begins with a character of this set.
    Set(u32),
}

/// A checked pattern.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) nodes: Box<[Node]>,
    pub(crate) sets: Box<[Charset]>,
    pub(crate) pool: Box<[u32]>,
    pub(crate) start: Start,
    /// Fewest characters that a match has.
    pub(crate) least: usize,
    /// Capturing groups, without group 0.
    pub(crate) groups: u32,
}

/// How deep groups may nest; `re._parser` itself is bounded by Python's recursion limit far below.
const MAX_DEPTH: u32 = 4000;

struct Builder<'c> {
    code: &'c [u32],
    nodes: Vec<Node>,
    sets: Vec<Charset>,
    pool: Vec<u32>,
    start: Start,
    least: usize,
    groups: u32,
    /// Nodes from here on may be fused: nothing jumps between them.
    label: usize,
    depth: u32,
}

impl Program {
    /// Checks `code` as `_sre.compile` does. `groups` leaves out group 0.
    pub fn new(code: &[u32], groups: u32) -> Result<Program, Invalid> {
        let (&last, body) = code.split_last().ok_or(Invalid)?;
        if last != 1 || groups > MAXGROUPS || code.len() > (u32::MAX / 2) as usize {
            return Err(Invalid);
        }
        let mut b = Builder {
            code,
            nodes: Vec::new(),
            sets: Vec::new(),
            pool: Vec::new(),
            start: Start::Anywhere,
            least: 0,
            groups,
            label: 0,
            depth: 0,
        };
        b.sequence(0, body.len())?;
        b.nodes.push(Node::Success);
        Ok(Program {
            nodes: b.nodes.into(),
            sets: b.sets.into(),
            pool: b.pool.into(),
            start: b.start,
            least: b.least,
            groups,
        })
    }

    pub fn groups(&self) -> u32 {
        self.groups
    }
}

impl Builder<'_> {
    fn word(&self, at: usize, end: usize) -> Result<u32, Invalid> {
        if at < end { self.code.get(at).copied().ok_or(Invalid) } else { Err(Invalid) }
    }

    /// The place that the skip word at `at` leads to: not before the word behind it, not past `end`.
    fn skip(&self, at: usize, end: usize) -> Result<usize, Invalid> {
        let to = at.checked_add(self.word(at, end)? as usize).ok_or(Invalid)?;
        if to > at && to <= end { Ok(to) } else { Err(Invalid) }
    }

    fn here(&mut self) -> u32 {
        self.label = self.nodes.len();
        self.nodes.len() as u32
    }

    fn set(&mut self, from: usize, to: usize) -> Result<u32, Invalid> {
        let words = self.code.get(from..to).ok_or(Invalid)?;
        let (&last, words) = words.split_last().ok_or(Invalid)?;
        if last != 0 {
            return Err(Invalid);
        }
        self.sets.push(Charset::new(words)?);
        Ok(self.sets.len() as u32 - 1)
    }

    /// A node that matches one character, and where it ends; `None` for another kind of opcode.
    fn unit(&mut self, at: usize, end: usize) -> Result<Option<(Unit, usize)>, Invalid> {
        let op = self.word(at, end)?;
        let fold = match op {
            30..=33 => Fold::Ascii,
            34..=37 => Fold::Locale,
            38..=41 => Fold::Unicode,
            _ => Fold::None,
        };
        Ok(Some(match op {
            2 => (Unit::Any, at + 1),
            3 => (Unit::AnyAll, at + 1),
            16 => (Unit::Literal(self.word(at + 1, end)?), at + 2),
            20 => (Unit::NotLiteral(self.word(at + 1, end)?), at + 2),
            32 | 36 | 40 => (Unit::LiteralFold(fold, self.word(at + 1, end)?), at + 2),
            33 | 37 | 41 => (Unit::NotLiteralFold(fold, self.word(at + 1, end)?), at + 2),
            13 | 31 | 35 | 39 => {
                let to = self.skip(at + 1, end)?;
                let set = self.set(at + 2, to)?;
                (if fold == Fold::None { Unit::Set(set) } else { Unit::SetFold(fold, set) }, to)
            }
            _ => return Ok(None),
        }))
    }

    fn sequence(&mut self, at: usize, end: usize) -> Result<(), Invalid> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Invalid);
        }
        let mut at = at;
        while at < end {
            at = self.step(at, end)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn step(&mut self, at: usize, end: usize) -> Result<usize, Invalid> {
        if let Some((unit, to)) = self.unit(at, end)? {
            self.push_unit(unit);
            return Ok(to);
        }
        let op = self.word(at, end)?;
        let node = match op {
            0 => Node::Fail,
            6 => Node::At(self.word(at + 1, end).ok().filter(|&a| a < 12).ok_or(Invalid)?),
            17 => {
                let mark = self.word(at + 1, end)?;
                if u64::from(mark) >= 2 * u64::from(self.groups) {
                    return Err(Invalid);
                }
                Node::Mark(mark)
            }
            11 | 30 | 34 | 38 => {
                let group = self.word(at + 1, end)?;
                if group >= self.groups {
                    return Err(Invalid);
                }
                let fold = match op {
                    30 => Fold::Ascii,
                    34 => Fold::Locale,
                    38 => Fold::Unicode,
                    _ => Fold::None,
                };
                Node::GroupRef(group, fold)
            }
            7 => return self.branch(at + 1, end),
            12 => return self.group_exists(at + 1, end),
            14 => return self.info(at, end),
            23..=24 | 26 | 28 | 29 => return self.repeat(op, at, end),
            27 => {
                let to = self.skip(at + 1, end)?;
                self.body(Node::Atomic { tail: 0 }, at + 2, to)?;
                return Ok(to);
            }
            4 | 5 => {
                let to = self.skip(at + 1, end)?;
                let back = self.word(at + 2, to)?;
                let node = if op == 4 { Node::Assert { back, tail: 0 } } else { Node::AssertNot { back, tail: 0 } };
                self.body(node, at + 3, to)?;
                return Ok(to);
            }
            _ => return Err(Invalid),
        };
        self.nodes.push(node);
        Ok(at + if op == 0 { 1 } else { 2 })
    }

    /// A node of one character; literals in a row become one node.
    fn push_unit(&mut self, unit: Unit) {
        if let Unit::Literal(c) = unit
            && self.nodes.len() > self.label
        {
            match self.nodes.last_mut() {
                Some(Node::Literals { start, len }) if (*start + *len) as usize == self.pool.len() => {
                    *len += 1;
                    self.pool.push(c);
                    return;
                }
                Some(last @ Node::Unit(Unit::Literal(_))) => {
                    let Node::Unit(Unit::Literal(first)) = *last else { return };
                    *last = Node::Literals { start: self.pool.len() as u32, len: 2 };
                    self.pool.extend([first, c]);
                    return;
                }
                _ => {}
            }
        }
        self.nodes.push(Node::Unit(unit));
    }

    /// `head`, the body from `from` up to the SUCCESS before `to`, then SubSuccess; the head's tail is what follows.
    fn body(&mut self, head: Node, from: usize, to: usize) -> Result<(), Invalid> {
        let last = to.checked_sub(1).filter(|&l| l >= from && self.code.get(l) == Some(&1)).ok_or(Invalid)?;
        let at = self.here() as usize;
        self.nodes.push(head);
        self.here();
        self.sequence(from, last)?;
        self.nodes.push(Node::SubSuccess);
        let here = self.here();
        match &mut self.nodes[at] {
            Node::Atomic { tail }
            | Node::Assert { tail, .. }
            | Node::AssertNot { tail, .. }
            | Node::PossessiveRepeat { tail, .. } => *tail = here,
            _ => {}
        }
        Ok(())
    }

    fn branch(&mut self, at: usize, end: usize) -> Result<usize, Invalid> {
        let mut at = at;
        let mut jumps = Vec::new();
        let mut heads = Vec::new();
        let mut target = None;
        while self.word(at, end)? != 0 {
            let next = self.skip(at, end)?;
            let jump = next.checked_sub(2).filter(|&j| j > at).ok_or(Invalid)?;
            if self.word(jump, end)? != 15 {
                return Err(Invalid);
            }
            let to = self.skip(jump + 1, end)?;
            if *target.get_or_insert(to) != to {
                return Err(Invalid);
            }
            let head = self.here() as usize;
            heads.push(head);
            self.nodes.push(Node::Branch { guard: Guard::None, next: LAST });
            self.here();
            self.sequence(at + 1, jump)?;
            let guard = match self.nodes.get(head + 1) {
                Some(&Node::Unit(Unit::Literal(c))) => Guard::Literal(c),
                Some(&Node::Literals { start, .. }) => Guard::Literal(self.pool[start as usize]),
                Some(&Node::Unit(Unit::Set(s))) => Guard::Set(s),
                _ => Guard::None,
            };
            self.nodes[head] = Node::Branch { guard, next: LAST };
            jumps.push(self.nodes.len());
            self.nodes.push(Node::Jump(0));
            at = next;
        }
        if target != Some(at + 1) {
            return Err(Invalid);
        }
        for pair in heads.windows(2) {
            if let Node::Branch { next, .. } = &mut self.nodes[pair[0]] {
                *next = pair[1] as u32;
            }
        }
        let here = self.here();
        for jump in jumps {
            self.nodes[jump] = Node::Jump(here);
        }
        Ok(at + 1)
    }

    /// `(?(group)yes|no)`: words group, skip (relative to the group word), yes, then perhaps JUMP, skip, no.
    fn group_exists(&mut self, at: usize, end: usize) -> Result<usize, Invalid> {
        let group = self.word(at, end)?;
        if group >= self.groups {
            return Err(Invalid);
        }
        let to = at.checked_add(self.word(at + 1, end)? as usize).ok_or(Invalid)?;
        let first = at + 2;
        if to < first || to > end {
            return Err(Invalid);
        }
        let head = self.here() as usize;
        self.nodes.push(Node::Fail);
        self.here();
        // There is a "no" part if a JUMP stands before the skip's target, where the "yes" part ends.
        let jump = to.checked_sub(2).filter(|&j| j >= first && self.code[j] == 15 && self.ends_at(first, j));
        let after = match jump {
            Some(jump) => {
                let after = self.skip(jump + 1, end)?;
                self.sequence(first, jump)?;
                let over = self.nodes.len();
                self.nodes.push(Node::Jump(0));
                let no = self.here();
                self.nodes[head] = Node::GroupExists { group, no };
                self.sequence(to, after)?;
                let here = self.here();
                self.nodes[over] = Node::Jump(here);
                after
            }
            None => {
                self.sequence(first, to)?;
                let here = self.here();
                self.nodes[head] = Node::GroupExists { group, no: here };
                to
            }
        };
        Ok(after)
    }

    /// Whether an instruction begins at `to`, walking from `at` by the skips alone.
    fn ends_at(&self, at: usize, to: usize) -> bool {
        let mut at = at;
        while at < to {
            let Some(&op) = self.code.get(at) else { return false };
            let width = match op {
                0 | 2 | 3 => 1,
                6 | 11 | 16 | 17 | 20 | 30 | 32 | 33 | 34 | 36 | 37 | 38 | 40 | 41 => 2,
                7 => {
                    let mut next = at + 1;
                    while let Some(&skip @ 1..) = self.code.get(next) {
                        next += skip as usize;
                        if next > to {
                            return false;
                        }
                    }
                    next + 1 - at
                }
                12 => {
                    let Some(&skip) = self.code.get(at + 2) else { return false };
                    let end = at + 1 + skip as usize;
                    match end.checked_sub(2).and_then(|j| self.code.get(j..end)) {
                        Some(&[15, no]) if end - 2 >= at + 3 => end - 1 + no as usize - at,
                        _ => end - at,
                    }
                }
                23 | 24 | 26 | 28 | 29 | 13 | 31 | 35 | 39 | 14 | 4 | 5 | 27 => match self.code.get(at + 1) {
                    Some(&skip @ 1..) => 1 + skip as usize + usize::from(matches!(op, 23 | 28)),
                    _ => return false,
                },
                _ => return false,
            };
            at += width;
        }
        at == to
    }

    fn repeat(&mut self, op: u32, at: usize, end: usize) -> Result<usize, Invalid> {
        let to = self.skip(at + 1, end)?;
        let (min, max) = (self.word(at + 2, to)?, self.word(at + 3, to)?);
        if min > max {
            return Err(Invalid);
        }
        let from = at + 4;
        match op {
            24 | 26 | 29 => {
                let Some((unit, stop)) = self.unit(from, to)? else { return Err(Invalid) };
                if stop + 1 != to || self.code.get(stop) != Some(&1) {
                    return Err(Invalid);
                }
                self.nodes.push(match op {
                    24 => Node::RepeatOne { unit, min, max },
                    26 => Node::MinRepeatOne { unit, min, max },
                    _ => Node::PossessiveRepeatOne { unit, min, max },
                });
                Ok(to)
            }
            28 => {
                // The skip leads to the SUCCESS that ends the body.
                self.word(to, end)?;
                self.body(Node::PossessiveRepeat { min, max, tail: 0 }, from, to + 1)?;
                Ok(to + 1)
            }
            _ => {
                // The skip leads to the until, which is one word.
                let until = self.word(to, end)?;
                let head = self.here() as usize;
                self.nodes.push(Node::Fail);
                let body = self.here();
                self.sequence(from, to)?;
                let here = self.here();
                self.nodes[head] = Node::Repeat { until: here };
                self.nodes.push(match until {
                    18 => Node::MaxUntil { body, min, max },
                    19 => Node::MinUntil { body, min, max },
                    _ => return Err(Invalid),
                });
                self.here();
                Ok(to + 1)
            }
        }
    }

    /// INFO: skip, flags (1 prefix, 2 literal, 4 charset), min, max, then the prefix with its overlap table or the set.
    fn info(&mut self, at: usize, end: usize) -> Result<usize, Invalid> {
        let to = self.skip(at + 1, end)?;
        let (flags, min) = (self.word(at + 2, to)?, self.word(at + 3, to)?);
        self.word(at + 4, to)?;
        if flags & !7 != 0 || flags & 5 == 5 || flags & 3 == 2 {
            return Err(Invalid);
        }
        let rest = at + 5;
        let mut start = Start::Anywhere;
        if flags & 1 != 0 {
            let len = self.word(rest, to)? as usize;
            self.word(rest + 1, to)?;
            let prefix = rest + 2;
            let tables = to.checked_sub(prefix).ok_or(Invalid)?;
            if len.checked_mul(2) != Some(tables) || self.code[prefix + len..to].iter().any(|&o| o as usize >= len) {
                return Err(Invalid);
            }
            if len > 0 {
                start = Start::Prefix(self.code[prefix..prefix + len].into());
            }
        } else if flags & 4 != 0 {
            start = Start::Set(self.set(rest, to)?);
        } else if rest != to {
            return Err(Invalid);
        }
        // Only the pattern's first words speak of the whole pattern.
        if at == 0 {
            self.start = start;
            self.least = min as usize;
        }
        Ok(to)
    }
}
