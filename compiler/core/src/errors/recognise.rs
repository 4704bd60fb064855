//! Reads a program by the grammar table, as CPython's generated parser does, for the sake of its errors.
//!
//! Invariant: alternatives are tried in the table's order, the same rules remember their results, and tokens are fetched no
//! earlier than there, since all of that decides which error is found and where. Two departures cannot be seen: an
//! alternative is skipped if it cannot begin with the next token, and a program that takes too long gives the error of the
//! first pass. Next: `actions.rs`.

use super::node::{Children, Node, NodeKind, Value};
use super::notation::{Action, Alt, Grammar, Item, RuleId};
use super::token::{Kind, Span, Token};
use super::tokenizer::Tokenizer;
use crate::Mode;
use crate::error::CompileError;

/// CPython's MAXSTACK.
const MAXSTACK: u32 = 6000;
/// Calls of rules before the second pass is given up.
const MAX_STEPS: u64 = 20_000_000;
/// What a token may cost beyond.
const STEPS_A_TOKEN: u64 = 200;
/// The most items that an alternative has.
const MAX_ITEMS: usize = 16;

/// Parsing ends here: `Parser::error` says why.
#[derive(Clone, Copy, Debug)]
pub struct Raised;

/// `None`: no match.
pub type Matched = Result<Option<Value>, Raised>;

/// What a rule gave at a token: the rule, its value and the token behind.
type Memo = (RuleId, Option<Value>, u32);

pub struct Parser<'g, 's> {
    pub grammar: &'g Grammar<'g>,
    pub tokenizer: Tokenizer<'s>,
    pub tokens: Vec<Token>,
    memos: Vec<Vec<Memo>>,
    pub mark: usize,
    level: u32,
    pub call_invalid_rules: bool,
    pub nodes: Vec<Node>,
    pub pool: Vec<Value>,
    pub error: Option<CompileError>,
    pub mode: Mode,
    pub barry_as_flufl: bool,
    /// Interactive input ends its blocks where it ends.
    pub imply_dedent: bool,
    parsing_started: bool,
    steps: u64,
    /// The step limit was reached.
    pub gave_up: bool,
}

impl<'g, 's> Parser<'g, 's> {
    pub fn new(grammar: &'g Grammar<'g>, source: &'s str, mode: Mode) -> Self {
        Parser {
            grammar,
            tokenizer: Tokenizer::new(source),
            tokens: Vec::new(),
            memos: Vec::new(),
            mark: 0,
            level: 0,
            call_invalid_rules: false,
            nodes: Vec::new(),
            pool: Vec::new(),
            error: None,
            mode,
            barry_as_flufl: false,
            imply_dedent: true,
            parsing_started: false,
            steps: 0,
            gave_up: false,
        }
    }

    /// Matches the whole source.
    pub fn parse(&mut self) -> Matched {
        let start = match self.mode {
            Mode::Exec => "file",
            Mode::Eval => "eval",
            Mode::Single => "interactive",
        };
        self.rule(self.grammar.id(start))
    }

    /// Starts over with the rules for invalid programs.
    pub fn reset_for_error_pass(&mut self) {
        self.memos.iter_mut().for_each(Vec::clear);
        self.mark = 0;
        self.level = 0;
        self.steps = 0;
        self.call_invalid_rules = true;
    }

    pub fn fill_token(&mut self) -> Result<(), Raised> {
        let mut token = self.tokenizer.get();
        if self.mode == Mode::Single && token.kind == Kind::ENDMARKER && self.parsing_started {
            token.kind = Kind::NEWLINE;
            self.parsing_started = false;
            if self.imply_dedent {
                self.tokenizer.imply_dedents();
            }
        } else {
            self.parsing_started = true;
        }
        self.tokens.push(token);
        self.memos.push(Vec::new());
        if token.kind == Kind::ERRORTOKEN { Err(self.tokenizer_error()) } else { Ok(()) }
    }

    /// The token at the mark.
    #[inline]
    pub fn peek(&mut self) -> Result<Token, Raised> {
        if self.mark >= self.tokens.len() {
            self.fill_token()?;
        }
        self.tokens.get(self.mark).copied().ok_or(Raised)
    }

    pub fn text(&self, token: Token) -> &'s [u8] {
        self.tokenizer.source.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    pub fn token(&self, index: u32) -> Token {
        self.tokens.get(index as usize).copied().unwrap_or_else(|| self.tokenizer.error_token())
    }

    fn enter(&mut self) -> Result<(), Raised> {
        if self.level >= MAXSTACK {
            return Err(self.stack_overflow());
        }
        self.level += 1;
        self.steps += 1;
        if self.steps > MAX_STEPS + STEPS_A_TOKEN * self.tokens.len() as u64 && self.call_invalid_rules {
            self.gave_up = true;
            return Err(Raised);
        }
        Ok(())
    }

    fn rule(&mut self, id: RuleId) -> Matched {
        self.enter()?;
        let grammar = self.grammar;
        let rule = grammar.rule(id).ok_or(Raised)?;
        let was = self.call_invalid_rules;
        self.call_invalid_rules &= !rule.without_invalid;
        let result = if rule.left {
            self.left_recursive(id, &rule.alts)
        } else if rule.memo {
            match self.memoized(id)? {
                Some(known) => Ok(known),
                None => {
                    let mark = self.mark;
                    let value = self.alts(&rule.alts)?;
                    self.remember(mark, id, value);
                    Ok(value)
                }
            }
        } else {
            self.alts(&rule.alts)
        };
        self.call_invalid_rules = was;
        self.level -= 1;
        result
    }

    fn memoized(&mut self, id: RuleId) -> Result<Option<Option<Value>>, Raised> {
        self.peek()?;
        let known = self.memos.get(self.mark).and_then(|memos| memos.iter().rev().find(|memo| memo.0 == id));
        Ok(known.map(|&(_, value, mark)| {
            self.mark = mark as usize;
            value
        }))
    }

    fn remember(&mut self, at: usize, id: RuleId, value: Option<Value>) {
        let mark = self.mark as u32;
        if let Some(memos) = self.memos.get_mut(at) {
            match memos.iter_mut().find(|memo| memo.0 == id) {
                Some(memo) => *memo = (id, value, mark),
                None => memos.push((id, value, mark)),
            }
        }
    }

    /// Grows the match from the shortest: each round may use what the one before gave.
    fn left_recursive(&mut self, id: RuleId, alts: &[Alt<'g>]) -> Matched {
        if let Some(known) = self.memoized(id)? {
            return Ok(known);
        }
        let mark = self.mark;
        let (mut best, mut end) = (None, mark);
        self.mark = mark;
        loop {
            self.mark = end;
            self.remember(mark, id, best);
            self.mark = mark;
            self.enter()?;
            let value = self.alts(alts)?;
            self.level -= 1;
            if value.is_none() || self.mark <= end {
                break;
            }
            (best, end) = (value, self.mark);
        }
        self.mark = end;
        Ok(best)
    }

    fn alts(&mut self, alts: &[Alt<'g>]) -> Matched {
        let bit = self.peek()?.kind.bit();
        let mark = self.mark;
        for alt in alts {
            if alt.first & bit == 0 || alt.invalid && !self.call_invalid_rules {
                continue;
            }
            let mut values = [Value::Absent; MAX_ITEMS];
            let mut cut = false;
            if self.sequence(alt, &mut values, &mut cut)? {
                return self.act(alt, &values, mark);
            }
            self.mark = mark;
            if cut {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn sequence(&mut self, alt: &Alt<'g>, values: &mut [Value; MAX_ITEMS], cut: &mut bool) -> Result<bool, Raised> {
        for (item, slot) in alt.items.iter().zip(values.iter_mut()) {
            if let Item::Cut = item {
                *cut = true;
                continue;
            }
            match self.item(item)? {
                Some(value) => *slot = value,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What an alternative gives once its items have matched; `None` makes its rule fail, the mark staying where it is.
    fn act(&mut self, alt: &Alt<'g>, values: &[Value; MAX_ITEMS], start: usize) -> Matched {
        let value_of = |i: usize| values.get(i).copied().unwrap_or(Value::Absent);
        let value = match &alt.action {
            Action::Default(Some(i)) | Action::Value(i) => value_of(*i),
            Action::Default(None) => {
                let span = Span { lineno: 1, col: 0, end_lineno: 1, end_col: 0 };
                self.node(NodeKind::Dummy, span, Children::default())
            }
            Action::Node(kind, items) => {
                let from = self.pool.len();
                for &i in items {
                    self.push_flat(value_of(i));
                }
                let children = self.children_from(from);
                if *kind == NodeKind::Seq {
                    Value::Seq(children)
                } else {
                    let span = self.extra(start);
                    self.node(*kind, span, children)
                }
            }
            Action::Call(name, paths, message) => return self.call(name, paths, message, values, start),
        };
        Ok(match value {
            Value::Absent => None,
            value => Some(value),
        })
    }

    /// Appends a value to the pool, the items of a sequence one by one.
    fn push_flat(&mut self, value: Value) {
        match value {
            Value::Absent => {}
            Value::Seq(Children { start, len }) => {
                let (start, len) = (start as usize, len as usize);
                self.pool.extend_from_within(start..start + len);
            }
            value => self.pool.push(value),
        }
    }

    fn children_from(&self, from: usize) -> Children {
        Children { start: from as u32, len: (self.pool.len() - from) as u32 }
    }

    pub fn node(&mut self, kind: NodeKind, span: Span, children: Children) -> Value {
        self.nodes.push(Node { kind, span, children });
        Value::Node(self.nodes.len() as u32 - 1)
    }

    /// From the token at `start` to the last one that is no newline or change of indentation.
    pub fn extra(&self, start: usize) -> Span {
        let first = self.token(start as u32).span;
        let used = self.tokens.get(..self.mark).unwrap_or_default();
        let blank = [Kind::ENDMARKER, Kind::NEWLINE, Kind::INDENT, Kind::DEDENT];
        let last = used.iter().rev().find(|token| !blank.contains(&token.kind)).or(used.first());
        let last = last.map_or(first, |token| token.span);
        Span { end_lineno: last.end_lineno, end_col: last.end_col, ..first }
    }

    fn item(&mut self, item: &Item<'g>) -> Matched {
        match item {
            Item::Token(kind) => self.expect(*kind),
            Item::Rule(id) => self.rule(*id),
            Item::SoftKeyword(word) => {
                let token = self.peek()?;
                if token.kind == Kind::NAME && self.text(token) == word.as_bytes() { self.advance() } else { Ok(None) }
            }
            Item::AnySoftKeyword => {
                let token = self.peek()?;
                let soft = matches!(self.text(token), b"_" | b"case" | b"match" | b"type");
                if token.kind == Kind::NAME && soft { self.advance() } else { Ok(None) }
            }
            Item::Group(alts) => {
                self.enter()?;
                let value = self.alts(alts)?;
                self.level -= 1;
                Ok(value)
            }
            Item::Optional(item) => Ok(Some(self.item(item)?.unwrap_or(Value::Absent))),
            Item::Loop(item, at_least_one) => self.repeat(item, *at_least_one),
            Item::Gather(separator, item) => self.gather(*separator, item),
            Item::Lookahead(positive, item) => {
                let mark = self.mark;
                let found = self.item(item)?.is_some();
                self.mark = mark;
                Ok((found == *positive).then_some(Value::Absent))
            }
            Item::Forced(kind) => {
                let token = self.peek()?;
                if token.kind == *kind {
                    return self.advance();
                }
                Err(self.raise_at(token.span, &format!("expected '{}'", kind.text())))
            }
            Item::Cut => Ok(Some(Value::Absent)),
        }
    }

    #[inline]
    fn advance(&mut self) -> Matched {
        self.mark += 1;
        Ok(Some(Value::Token(self.mark as u32 - 1)))
    }

    fn expect(&mut self, kind: Kind) -> Matched {
        let token = self.peek()?;
        if token.kind != kind {
            return Ok(None);
        }
        match kind {
            Kind::NAME => self.check_name(token)?,
            Kind::NUMBER => self.check_number(token)?,
            _ => {}
        }
        self.advance()
    }

    fn repeat(&mut self, item: &Item<'g>, at_least_one: bool) -> Matched {
        self.enter()?;
        let mut found = Vec::new();
        loop {
            let mark = self.mark;
            match self.item(item)? {
                Some(value) if self.mark > mark => found.push(value),
                _ => {
                    self.mark = mark;
                    break;
                }
            }
        }
        self.level -= 1;
        if found.is_empty() && at_least_one {
            return Ok(None);
        }
        Ok(Some(self.seq(&found)))
    }

    fn gather(&mut self, separator: Kind, item: &Item<'g>) -> Matched {
        self.enter()?;
        let mut found = Vec::new();
        match self.item(item)? {
            Some(value) => found.push(value),
            None => {
                self.level -= 1;
                return Ok(None);
            }
        }
        self.enter()?;
        loop {
            let mark = self.mark;
            let value = if self.expect(separator)?.is_some() { self.item(item)? } else { None };
            match value {
                Some(value) => found.push(value),
                None => {
                    self.mark = mark;
                    break;
                }
            }
        }
        self.level -= 2;
        Ok(Some(self.seq(&found)))
    }

    /// A sequence as one value; sequences in it stay values of their own.
    fn seq(&mut self, values: &[Value]) -> Value {
        let from = self.pool.len();
        self.pool.extend_from_slice(values);
        Value::Seq(self.children_from(from))
    }
}
