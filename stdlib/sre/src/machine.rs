//! The backtracking machine.
//!
//! State is a place in the program, a place in the text, the marks and the innermost repeat. Where a choice is made, what
//! was not chosen goes on a stack with enough to restore the state; failing takes the newest choice.
//!
//! ```text
//! marks    written through a trail of (mark, old value); a choice remembers the trail's length and undoes back to it
//! repeats  immutable records (outer repeat, iterations done, where the last began); a choice remembers how many exist
//! barrier  a choice that opens an atomic body; leaving the body drops every choice above it
//! ```
//!
//! Invariant: memory grows on the heap and fallibly ([`Stop::Memory`]); long runs ask [`Request::poll`] whether to go on.

use crate::MAXREPEAT;
use crate::charset::{Fold, category, unicode_word};
use crate::program::{Guard, LAST, Node, Program, Start, Unit};

/// Characters of one width.
pub trait Text: Copy {
    fn len(self) -> usize;
    fn at(self, index: usize) -> u32;
    /// The first place from `from` below `end` that holds `c`.
    fn find(self, c: u32, from: usize, end: usize) -> Option<usize>;
    fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl Text for &[u8] {
    #[inline]
    fn len(self) -> usize {
        <[u8]>::len(self)
    }
    #[inline]
    fn at(self, index: usize) -> u32 {
        self[index].into()
    }
    fn find(self, c: u32, from: usize, end: usize) -> Option<usize> {
        memchr::memchr(u8::try_from(c).ok()?, &self[from..end]).map(|at| at + from)
    }
}

macro_rules! wide_text {
    ($t:ty) => {
        impl Text for &[$t] {
            #[inline]
            fn len(self) -> usize {
                <[$t]>::len(self)
            }
            #[inline]
            fn at(self, index: usize) -> u32 {
                self[index].into()
            }
            fn find(self, c: u32, from: usize, end: usize) -> Option<usize> {
                self[from..end].iter().position(|&x| u32::from(x) == c).map(|at| at + from)
            }
        }
    };
}
wide_text!(u16);
wide_text!(u32);

/// Why a run ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// MemoryError.
    Memory,
    /// [`Request::poll`] said so.
    Interrupted,
}

/// What is asked of the machine.
pub struct Request<'r> {
    /// Where the search begins, and where the text ends for it.
    pub pos: usize,
    pub endpos: usize,
    /// The match must reach `endpos` (fullmatch).
    pub whole: bool,
    /// The match must not be empty at `pos` (the next match of a `finditer` that just found an empty one).
    pub must_advance: bool,
    /// Asked now and then whether to stop (signals).
    pub poll: &'r mut dyn FnMut() -> bool,
}

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Start and end of group 0, then of the others; `None` where a group took no part.
    pub spans: Vec<Option<(usize, usize)>>,
    /// The last group that closed.
    pub lastindex: Option<usize>,
}

const UNSET: usize = usize::MAX;
const NO_REPEAT: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Repeat {
    outer: u32,
    /// Iterations begun.
    count: u32,
    /// Where the last optional iteration began.
    last: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Go on at `pc`.
    Resume,
    /// A greedy run of single characters: give one back, down to `least`.
    GiveBack {
        least: usize,
    },
    /// A lazy run: take one more, up to `left` times.
    TakeMore {
        left: u32,
    },
    /// An atomic body: exhausted, the group fails.
    Atomic {
        outer: usize,
    },
    Assert {
        outer: usize,
        back_to: usize,
    },
    /// Exhausted, the assertion holds.
    AssertNot {
        outer: usize,
    },
    /// A possessive repeat with `count` iterations done.
    Possessive {
        outer: usize,
        count: u32,
    },
}

#[derive(Clone, Copy)]
struct Choice {
    kind: Kind,
    pc: u32,
    pos: usize,
    repeat: u32,
    repeats: u32,
    trail: usize,
}

/// Steps between two polls.
const POLL: u32 = 1 << 14;

/// A machine for one program; its stacks are kept between runs.
pub struct Machine<'p> {
    program: &'p Program,
    marks: Vec<usize>,
    /// Undo records: mark (or `marks.len()` for lastindex), old value.
    trail: Vec<(u32, usize)>,
    choices: Vec<Choice>,
    repeats: Vec<Repeat>,
    lastindex: usize,
}

impl<'p> Machine<'p> {
    pub fn new(program: &'p Program) -> Self {
        let marks = vec![UNSET; 2 * program.groups as usize];
        Machine { program, marks, trail: Vec::new(), choices: Vec::new(), repeats: Vec::new(), lastindex: 0 }
    }

    /// A match that begins at `request.pos`.
    pub fn match_<T: Text>(&mut self, text: T, request: &mut Request<'_>) -> Result<Option<Groups>, Stop> {
        let end = request.endpos.min(text.len());
        if request.pos > end {
            return Ok(None);
        }
        let start = request.pos;
        Ok(self.run(text, start, end, request)?.map(|stop| self.groups(start, stop)))
    }

    /// The first match that begins at or behind `request.pos`.
    pub fn search<T: Text>(&mut self, text: T, request: &mut Request<'_>) -> Result<Option<Groups>, Stop> {
        let end = request.endpos.min(text.len());
        let program = self.program;
        let mut at = request.pos;
        if at > end {
            return Ok(None);
        }
        let mut steps = 0;
        loop {
            if end - at < program.least {
                return Ok(None);
            }
            let found = match &program.start {
                Start::Anywhere => Some(at),
                Start::Prefix(prefix) => find_prefix(text, prefix, at, end),
                Start::Set(set) => {
                    let set = &program.sets[*set as usize];
                    (at..end).find(|&i| set.contains(text.at(i)))
                }
            };
            let Some(start) = found else { return Ok(None) };
            if let Some(stop) = self.run(text, start, end, request)? {
                return Ok(Some(self.groups(start, stop)));
            }
            if start >= end {
                return Ok(None);
            }
            at = start + 1;
            request.must_advance = false;
            steps += 1;
            if steps % POLL == 0 && (request.poll)() {
                return Err(Stop::Interrupted);
            }
        }
    }

    fn groups(&self, start: usize, stop: usize) -> Groups {
        let mut spans = Vec::with_capacity(1 + self.marks.len() / 2);
        spans.push(Some((start, stop)));
        spans.extend(self.marks.chunks_exact(2).map(|m| (m[0] != UNSET && m[1] != UNSET).then(|| (m[0], m[1]))));
        Groups { spans, lastindex: (self.lastindex > 0).then_some(self.lastindex) }
    }

    fn reset(&mut self) {
        self.marks.fill(UNSET);
        self.trail.clear();
        self.choices.clear();
        self.repeats.clear();
        self.lastindex = 0;
    }

    fn set_mark(&mut self, mark: u32, pos: usize) -> Result<(), Stop> {
        if !self.choices.is_empty() {
            grow(&mut self.trail)?;
            self.trail.push((mark, self.marks[mark as usize]));
        }
        self.marks[mark as usize] = pos;
        if mark & 1 == 1 {
            if !self.choices.is_empty() {
                grow(&mut self.trail)?;
                self.trail.push((self.marks.len() as u32, self.lastindex));
            }
            self.lastindex = mark as usize / 2 + 1;
        }
        Ok(())
    }

    fn undo(&mut self, length: usize) {
        while self.trail.len() > length {
            if let Some((mark, old)) = self.trail.pop() {
                match self.marks.get_mut(mark as usize) {
                    Some(slot) => *slot = old,
                    None => self.lastindex = old,
                }
            }
        }
    }

    fn choose(&mut self, kind: Kind, pc: u32, pos: usize, repeat: u32) -> Result<(), Stop> {
        grow(&mut self.choices)?;
        let (repeats, trail) = (self.repeats.len() as u32, self.trail.len());
        self.choices.push(Choice { kind, pc, pos, repeat, repeats, trail });
        Ok(())
    }

    fn begin(&mut self, repeat: Repeat) -> Result<u32, Stop> {
        grow(&mut self.repeats)?;
        if self.repeats.len() >= NO_REPEAT as usize {
            return Err(Stop::Memory);
        }
        self.repeats.push(repeat);
        Ok(self.repeats.len() as u32 - 1)
    }

    #[inline]
    fn unit<T: Text>(&self, unit: Unit, c: u32, _: T) -> bool {
        match unit {
            Unit::Any => c != 10,
            Unit::AnyAll => true,
            Unit::Literal(l) => c == l,
            Unit::NotLiteral(l) => c != l,
            Unit::Set(s) => self.program.sets[s as usize].contains(c),
            Unit::LiteralFold(fold, l) => same(fold, c, l),
            Unit::NotLiteralFold(fold, l) => !same(fold, c, l),
            Unit::SetFold(Fold::Locale, s) => {
                let set = &self.program.sets[s as usize];
                set.contains(Fold::Locale.lower(c)) || set.contains(Fold::Locale.upper(c))
            }
            Unit::SetFold(fold, s) => self.program.sets[s as usize].contains(fold.lower(c)),
        }
    }

    /// How many characters from `pos` match in a row, at most `max`.
    fn count<T: Text>(&self, unit: Unit, text: T, pos: usize, end: usize, max: u32) -> usize {
        let most = if max == MAXREPEAT { end - pos } else { (end - pos).min(max as usize) };
        let stop = pos + most;
        let run = |f: &dyn Fn(u32) -> bool| (pos..stop).find(|&i| !f(text.at(i))).unwrap_or(stop) - pos;
        match unit {
            Unit::AnyAll => most,
            Unit::Any => text.find(10, pos, stop).unwrap_or(stop) - pos,
            Unit::NotLiteral(l) => text.find(l, pos, stop).unwrap_or(stop) - pos,
            Unit::Set(s) => {
                let set = &self.program.sets[s as usize];
                let mut at = pos;
                while at < stop && set.contains(text.at(at)) {
                    at += 1;
                }
                at - pos
            }
            unit => run(&|c| self.unit(unit, c, text)),
        }
    }

    fn at<T: Text>(&self, code: u32, text: T, pos: usize, end: usize) -> bool {
        let boundary = |word: fn(u32) -> bool| {
            let before = pos > 0 && word(text.at(pos - 1));
            let here = pos < end && word(text.at(pos));
            before != here
        };
        let ascii = |c| category(4, c);
        match code {
            0 | 2 => pos == 0,
            1 => pos == 0 || text.at(pos - 1) == 10,
            3 | 8 => boundary(ascii),
            4 | 9 => !boundary(ascii),
            5 => pos == end || pos + 1 == end && text.at(pos) == 10,
            6 => pos == end || text.at(pos) == 10,
            7 => pos == end,
            10 => boundary(unicode_word),
            11 => !boundary(unicode_word),
            _ => false,
        }
    }

    /// The span of a group that took part.
    fn span(&self, group: u32) -> Option<(usize, usize)> {
        let (from, to) = (self.marks[2 * group as usize], self.marks[2 * group as usize + 1]);
        (from != UNSET && to != UNSET && from <= to).then_some((from, to))
    }

    /// Runs from `start`; where the match ends.
    fn run<T: Text>(
        &mut self,
        text: T,
        start: usize,
        end: usize,
        request: &mut Request<'_>,
    ) -> Result<Option<usize>, Stop> {
        self.reset();
        let program = self.program;
        let mut pc: u32 = 0;
        let mut pos = start;
        let mut repeat = NO_REPEAT;
        // The innermost open atomic body: an index in `choices`.
        let mut barrier = UNSET;
        let mut steps: u32 = 0;
        loop {
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(POLL) && (request.poll)() {
                return Err(Stop::Interrupted);
            }
            let ok = match program.nodes[pc as usize] {
                Node::Unit(unit) => {
                    let ok = pos < end && self.unit(unit, text.at(pos), text);
                    pos += 1;
                    pc += 1;
                    ok
                }
                Node::Literals { start, len } => {
                    let literals = &program.pool[start as usize..(start + len) as usize];
                    let ok =
                        end - pos >= literals.len() && literals.iter().enumerate().all(|(i, &c)| text.at(pos + i) == c);
                    pos += literals.len();
                    pc += 1;
                    ok
                }
                Node::At(code) => {
                    pc += 1;
                    self.at(code, text, pos, end)
                }
                Node::Mark(mark) => {
                    self.set_mark(mark, pos)?;
                    pc += 1;
                    true
                }
                Node::GroupRef(group, fold) => match self.span(group) {
                    Some((from, to)) if to - from <= end - pos => {
                        let ok =
                            (from..to).enumerate().all(|(i, j)| fold.lower(text.at(pos + i)) == fold.lower(text.at(j)));
                        pos += to - from;
                        pc += 1;
                        ok
                    }
                    _ => false,
                },
                Node::GroupExists { group, no } => {
                    pc = if self.span(group).is_some() { pc + 1 } else { no };
                    true
                }
                Node::Branch { .. } => match self.branch(text, pc, pos, end, repeat)? {
                    Some(body) => {
                        pc = body;
                        true
                    }
                    None => false,
                },
                Node::Jump(to) => {
                    pc = to;
                    true
                }
                Node::RepeatOne { unit, min, max } => {
                    let taken = self.count(unit, text, pos, end, max);
                    let ok = taken >= min as usize;
                    if ok {
                        if taken > min as usize {
                            self.choose(Kind::GiveBack { least: pos + min as usize }, pc + 1, pos + taken, repeat)?;
                        }
                        pos += taken;
                        pc += 1;
                    }
                    ok
                }
                Node::MinRepeatOne { unit, min, max } => {
                    let ok = self.count(unit, text, pos, end, min) >= min as usize;
                    if ok {
                        pos += min as usize;
                        if max > min {
                            let left = if max == MAXREPEAT { MAXREPEAT } else { max - min };
                            self.choose(Kind::TakeMore { left }, pc, pos, repeat)?;
                        }
                        pc += 1;
                    }
                    ok
                }
                Node::PossessiveRepeatOne { unit, min, max } => {
                    let taken = self.count(unit, text, pos, end, max);
                    pos += taken;
                    pc += 1;
                    taken >= min as usize
                }
                Node::Repeat { until } => {
                    repeat = self.begin(Repeat { outer: repeat, count: 0, last: UNSET })?;
                    pc = until;
                    true
                }
                Node::MaxUntil { body, min, max } => match self.repeats.get(repeat as usize).copied() {
                    None => false,
                    Some(r) => {
                        if r.count < min {
                            repeat = self.begin(Repeat { count: r.count + 1, ..r })?;
                            pc = body;
                        } else if (r.count < max || max == MAXREPEAT) && pos != r.last {
                            self.choose(Kind::Resume, pc + 1, pos, r.outer)?;
                            repeat = self.begin(Repeat { count: r.count.saturating_add(1), last: pos, ..r })?;
                            pc = body;
                        } else {
                            repeat = r.outer;
                            pc += 1;
                        }
                        true
                    }
                },
                Node::MinUntil { body, min, max } => match self.repeats.get(repeat as usize).copied() {
                    None => false,
                    Some(r) => {
                        if r.count < min {
                            repeat = self.begin(Repeat { count: r.count + 1, ..r })?;
                            pc = body;
                        } else {
                            if (r.count < max || max == MAXREPEAT) && pos != r.last {
                                let more = self.begin(Repeat { count: r.count.saturating_add(1), last: pos, ..r })?;
                                self.choose(Kind::Resume, body, pos, more)?;
                            }
                            repeat = r.outer;
                            pc += 1;
                        }
                        true
                    }
                },
                Node::PossessiveRepeat { min, max, tail } => {
                    if max == 0 && min == 0 {
                        pc = tail;
                    } else {
                        self.choose(Kind::Possessive { outer: barrier, count: 0 }, pc, pos, repeat)?;
                        barrier = self.choices.len() - 1;
                        pc += 1;
                    }
                    true
                }
                Node::Atomic { .. } => {
                    self.choose(Kind::Atomic { outer: barrier }, pc, pos, repeat)?;
                    barrier = self.choices.len() - 1;
                    pc += 1;
                    true
                }
                Node::Assert { back, .. } => {
                    let ok = pos >= back as usize;
                    if ok {
                        self.choose(Kind::Assert { outer: barrier, back_to: pos }, pc, pos, repeat)?;
                        barrier = self.choices.len() - 1;
                        pos -= back as usize;
                        pc += 1;
                    }
                    ok
                }
                Node::AssertNot { back, tail } => {
                    if pos >= back as usize {
                        self.choose(Kind::AssertNot { outer: barrier }, tail, pos, repeat)?;
                        barrier = self.choices.len() - 1;
                        pos -= back as usize;
                        pc += 1;
                    } else {
                        pc = tail;
                    }
                    true
                }
                Node::SubSuccess => match self.choices.get(barrier).copied() {
                    None => false,
                    Some(opened) => {
                        self.choices.truncate(barrier);
                        repeat = opened.repeat;
                        match (opened.kind, program.nodes[opened.pc as usize]) {
                            (Kind::Atomic { outer }, Node::Atomic { tail }) => {
                                barrier = outer;
                                pc = tail;
                                true
                            }
                            (Kind::Assert { outer, back_to }, Node::Assert { tail, .. }) => {
                                barrier = outer;
                                pos = back_to;
                                pc = tail;
                                true
                            }
                            (Kind::AssertNot { outer }, _) => {
                                barrier = outer;
                                self.undo(opened.trail);
                                false
                            }
                            (Kind::Possessive { outer, count }, Node::PossessiveRepeat { min, max, tail }) => {
                                let count = count + 1;
                                // An optional iteration that took nothing is the last.
                                let moved = count <= min || pos != opened.pos;
                                let more = count < min || (count < max || max == MAXREPEAT) && moved;
                                if more {
                                    self.choose(Kind::Possessive { outer, count }, opened.pc, pos, repeat)?;
                                    pc = opened.pc + 1;
                                } else {
                                    barrier = outer;
                                    pc = tail;
                                }
                                true
                            }
                            _ => false,
                        }
                    }
                },
                Node::Success => {
                    if !(request.whole && pos != end || request.must_advance && pos == start) {
                        return Ok(Some(pos));
                    }
                    false
                }
                Node::Fail => false,
            };
            if ok {
                continue;
            }
            // Take the newest choice.
            loop {
                let Some(choice) = self.choices.pop() else { return Ok(None) };
                self.undo(choice.trail);
                self.repeats.truncate(choice.repeats as usize);
                repeat = choice.repeat;
                pos = choice.pos;
                pc = choice.pc;
                match choice.kind {
                    Kind::Resume => {
                        // An alternative of a branch may have further ones.
                        if let Node::Branch { .. } = self.program.nodes[pc as usize] {
                            match self.branch(text, pc, pos, end, repeat)? {
                                Some(body) => pc = body,
                                None => continue,
                            }
                        }
                        break;
                    }
                    Kind::GiveBack { least } => {
                        let Some(next) = self.give_back(text, pc, pos, least) else { continue };
                        pos = next;
                        if pos > least {
                            self.choices.push(Choice { pos, ..choice });
                        }
                        break;
                    }
                    Kind::TakeMore { left } => {
                        let Node::MinRepeatOne { unit, .. } = program.nodes[pc as usize] else { continue };
                        if pos >= end || !self.unit(unit, text.at(pos), text) {
                            continue;
                        }
                        pos += 1;
                        let left = if left == MAXREPEAT { left } else { left - 1 };
                        if left > 0 {
                            self.choices.push(Choice { kind: Kind::TakeMore { left }, pos, ..choice });
                        }
                        pc += 1;
                        break;
                    }
                    Kind::Atomic { outer } | Kind::Assert { outer, .. } => barrier = outer,
                    Kind::AssertNot { outer } => {
                        barrier = outer;
                        break;
                    }
                    Kind::Possessive { outer, count } => {
                        barrier = outer;
                        if let Node::PossessiveRepeat { min, tail, .. } = program.nodes[pc as usize]
                            && count >= min
                        {
                            pc = tail;
                            break;
                        }
                    }
                }
            }
        }
    }

    /// The next place below `pos`, not below `least`, where what follows can match its first character.
    fn give_back<T: Text>(&self, text: T, next: u32, pos: usize, least: usize) -> Option<usize> {
        let pos = pos - 1;
        let first = match self.program.nodes[next as usize] {
            Node::Unit(Unit::Literal(c)) => c,
            Node::Literals { start, .. } => self.program.pool[start as usize],
            _ => return Some(pos),
        };
        // `pos` was taken, so there is a character at it and at every place below.
        (least..=pos).rev().find(|&at| text.at(at) == first)
    }

    /// The body of the first alternative from `at` on whose first character fits; the ones behind it become a choice.
    fn branch<T: Text>(&mut self, text: T, at: u32, pos: usize, end: usize, repeat: u32) -> Result<Option<u32>, Stop> {
        let mut at = at;
        while let Node::Branch { guard, next } = self.program.nodes[at as usize] {
            let fits = match guard {
                Guard::None => true,
                Guard::Literal(c) => pos < end && text.at(pos) == c,
                Guard::Set(s) => pos < end && self.program.sets[s as usize].contains(text.at(pos)),
            };
            if fits {
                if next != LAST {
                    self.choose(Kind::Resume, next, pos, repeat)?;
                }
                return Ok(Some(at + 1));
            }
            if next == LAST {
                break;
            }
            at = next;
        }
        Ok(None)
    }
}

#[inline]
fn same(fold: Fold, c: u32, literal: u32) -> bool {
    match fold {
        // The pattern's character keeps its case under re.LOCALE.
        Fold::Locale => c == literal || fold.lower(c) == literal || fold.upper(c) == literal,
        _ => fold.lower(c) == literal,
    }
}

/// Room for one more; memory that the text decides is asked for fallibly.
#[inline]
fn grow<T>(stack: &mut Vec<T>) -> Result<(), Stop> {
    if stack.len() == stack.capacity() {
        stack.try_reserve(stack.len().max(32)).map_err(|_| Stop::Memory)?;
    }
    Ok(())
}

fn find_prefix<T: Text>(text: T, prefix: &[u32], from: usize, end: usize) -> Option<usize> {
    let (&first, rest) = prefix.split_first()?;
    let last = (end + 1).checked_sub(prefix.len())?;
    let mut at = from;
    while at < last {
        at = text.find(first, at, last)?;
        if rest.iter().enumerate().all(|(i, &c)| text.at(at + 1 + i) == c) {
            return Some(at);
        }
        at += 1;
    }
    None
}
