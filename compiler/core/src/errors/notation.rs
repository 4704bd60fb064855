//! Reads the grammar table (`python.peg`) into rules.
//!
//! The notation: `rule memo left:` and its alternatives, one a line. An item is a `'token'`, a `"soft"` keyword, a `KIND`, a
//! `rule`, `[optional]`, `(group | of alternatives)`, with `?`, `*`, `+` behind it; `','.item+` is a list with separators;
//! `&item`, `!item` look ahead, `&&'token'` must come, `~` commits. `a=item` names a value. Behind `=>` stands what the
//! alternative gives: a name, a node's kind and children, or (after `!`) one of the actions of `actions.rs`.
//!
//! Invariant: the table is part of the program, so a mistake in it is a mistake of ours: it makes rules that never match,
//! and the test below finds it. Next: `recognise.rs`.

use std::collections::HashMap;

use super::node::NodeKind;
use super::token::{FIXED, Kind};

pub type RuleId = u16;
pub type Name<'g> = &'g str;

/// One thing to match.
#[derive(Debug)]
pub enum Item<'g> {
    Token(Kind),
    SoftKeyword(&'g str),
    AnySoftKeyword,
    Rule(RuleId),
    Group(Vec<Alt<'g>>),
    Optional(Box<Item<'g>>),
    /// `item*`, `item+` with how many at least.
    Loop(Box<Item<'g>>, bool),
    Gather(Kind, Box<Item<'g>>),
    /// `&item` (true), `!item`.
    Lookahead(bool, Box<Item<'g>>),
    Forced(Kind),
    Cut,
}

/// Where an error points: a name and steps from it to a child.
#[derive(Debug)]
pub struct Path {
    /// The item in its alternative.
    pub item: usize,
    /// True for the last child, false for the first.
    pub steps: Vec<bool>,
}

/// What an alternative gives.
#[derive(Debug)]
pub enum Action<'g> {
    /// The value of the only item that has one, else a node without a place.
    Default(Option<usize>),
    Value(usize),
    /// A node with the values of these items as children.
    Node(NodeKind, Vec<usize>),
    /// An action of `actions.rs`: its name, what it works on, its message.
    Call(&'g str, Vec<Path>, &'g str),
}

#[derive(Debug)]
pub struct Alt<'g> {
    pub items: Vec<Item<'g>>,
    pub action: Action<'g>,
    /// Tokens with which a match may begin.
    pub first: u128,
    /// Only tried in the second pass.
    pub invalid: bool,
}

#[derive(Debug, Default)]
pub struct Rule<'g> {
    pub memo: bool,
    pub left: bool,
    /// Its alternatives do not call the rules for invalid programs.
    pub without_invalid: bool,
    pub alts: Vec<Alt<'g>>,
}

/// The whole grammar.
#[derive(Debug)]
pub struct Grammar<'g> {
    pub rules: Vec<Rule<'g>>,
    ids: HashMap<&'g str, RuleId, foldhash::fast::FixedState>,
}

impl<'g> Grammar<'g> {
    pub fn new(text: &'g str) -> Self {
        let mut grammar = Grammar { rules: Vec::new(), ids: HashMap::default() };
        for line in text.lines().filter(|line| !line.starts_with([' ', '#'])) {
            let mut words = line.trim_end_matches(':').split(' ');
            let name = words.next().unwrap_or_default();
            let mut rule = Rule { without_invalid: name.ends_with("_without_invalid"), ..Rule::default() };
            for word in words {
                rule.memo |= word == "memo";
                rule.left |= word == "left";
            }
            grammar.ids.insert(name, grammar.rules.len() as RuleId);
            grammar.rules.push(rule);
        }
        let mut current = 0;
        for line in text.lines() {
            if let Some(alt) = line.strip_prefix("    | ") {
                let alt = Reader { rest: alt, grammar: &grammar }.alt();
                if let Some(rule) = grammar.rules.get_mut(current) {
                    rule.alts.push(alt);
                }
            } else if !line.starts_with('#') {
                current = grammar.id(line.trim_end_matches(':').split(' ').next().unwrap_or_default()).into();
            }
        }
        grammar.compute_first();
        grammar
    }

    /// A rule's number; that of no rule if there is none.
    pub fn id(&self, name: &str) -> RuleId {
        self.ids.get(name).copied().unwrap_or(RuleId::MAX)
    }

    pub fn rule(&self, id: RuleId) -> Option<&Rule<'g>> {
        self.rules.get(usize::from(id))
    }

    /// To the fixed point: `first[r]` and whether a rule may match nothing.
    fn compute_first(&mut self) {
        let mut firsts = vec![(0u128, false); self.rules.len()];
        loop {
            let mut changed = false;
            for (i, rule) in self.rules.iter_mut().enumerate() {
                let found = first_of_alts(&mut rule.alts, &firsts);
                if let Some(known) = firsts.get_mut(i) {
                    changed |= *known != found;
                    *known = found;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

type Firsts = [(u128, bool)];

fn first_of_alts(alts: &mut [Alt<'_>], firsts: &Firsts) -> (u128, bool) {
    alts.iter_mut().fold((0, false), |(set, empty), alt| {
        let (mut first, mut may_be_empty) = (0, true);
        for item in &mut alt.items {
            // Groups further on need their own sets too.
            let (item_first, item_empty) = first_of_item(item, firsts);
            if may_be_empty {
                first |= item_first;
                may_be_empty = item_empty;
            }
        }
        alt.first = if may_be_empty { u128::MAX } else { first };
        (set | alt.first, empty | may_be_empty)
    })
}

fn first_of_item(item: &mut Item<'_>, firsts: &Firsts) -> (u128, bool) {
    match item {
        Item::Token(kind) => (kind.bit(), false),
        Item::SoftKeyword(_) | Item::AnySoftKeyword => (Kind::NAME.bit(), false),
        Item::Rule(id) => firsts.get(usize::from(*id)).copied().unwrap_or_default(),
        Item::Group(alts) => first_of_alts(alts, firsts),
        Item::Optional(item) => (first_of_item(item, firsts).0, true),
        Item::Loop(item, at_least_one) => {
            let (first, empty) = first_of_item(item, firsts);
            (first, empty || !*at_least_one)
        }
        Item::Gather(_, item) => first_of_item(item, firsts),
        Item::Lookahead(_, item) => {
            first_of_item(item, firsts);
            (0, true)
        }
        // It raises on any other token.
        Item::Forced(_) => (u128::MAX, false),
        Item::Cut => (0, true),
    }
}

/// The item that has a value, if there is just one.
fn only_value(items: &[Item<'_>]) -> Option<usize> {
    let mut valued = items.iter().enumerate().filter(|(_, item)| !matches!(item, Item::Lookahead(..) | Item::Cut));
    let (i, _) = valued.next()?;
    valued.next().is_none().then_some(i)
}

/// Reads one line of the table.
struct Reader<'g, 'r> {
    rest: &'g str,
    grammar: &'r Grammar<'g>,
}

impl<'g> Reader<'g, '_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'g str {
        let len = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(len);
        self.rest = rest;
        word
    }

    /// Up to the closing quote `quote`, the opening one being read.
    fn quoted(&mut self, quote: char) -> &'g str {
        let len = self.rest.find(quote).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(len);
        self.rest = rest.get(1..).unwrap_or_default();
        text
    }

    fn alts(&mut self, close: &str) -> Vec<Alt<'g>> {
        let mut alts = vec![self.alt()];
        while self.eat("|") {
            alts.push(self.alt());
        }
        self.eat(close);
        alts
    }

    fn alt(&mut self) -> Alt<'g> {
        let (mut names, mut items) = (Vec::new(), Vec::new());
        let mut invalid = false;
        loop {
            self.skip_blanks();
            if self.rest.is_empty() || self.rest.starts_with(['|', ')', ']']) || self.rest.starts_with("=>") {
                break;
            }
            invalid = self.rest.starts_with("invalid_");
            let (name, item) = self.named_item();
            names.push(name);
            items.push(item);
        }
        let invalid = invalid && items.len() == 1;
        let action = if self.eat("=>") { self.action(&names) } else { Action::Default(only_value(&items)) };
        Alt { items, action, first: 0, invalid }
    }

    fn action(&mut self, names: &[Name<'g>]) -> Action<'g> {
        let item = |name| names.iter().position(|&n| n == name).unwrap_or(usize::MAX);
        if self.eat("!") {
            let name = self.word();
            let mut paths = Vec::new();
            loop {
                self.skip_blanks();
                if self.eat("-") {
                    continue;
                }
                let name = self.word();
                if name.is_empty() {
                    break;
                }
                let mut steps = Vec::new();
                while self.rest.starts_with('.') {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    steps.push(self.word() == "last");
                }
                paths.push(Path { item: item(name), steps });
            }
            // A message is the rest of its line, so that it may hold quotes.
            let message = match self.rest.strip_prefix('"') {
                Some(rest) => rest.strip_suffix('"').unwrap_or(rest),
                None => "",
            };
            if !message.is_empty() {
                self.rest = "";
            }
            return Action::Call(name, paths, message);
        }
        self.skip_blanks();
        let first = self.word();
        if !first.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Action::Value(item(first));
        }
        let mut children = Vec::new();
        loop {
            self.skip_blanks();
            match self.word() {
                "" => return Action::Node(NodeKind::from_name(first), children),
                child => children.push(item(child)),
            }
        }
    }

    fn named_item(&mut self) -> (Name<'g>, Item<'g>) {
        let before = self.rest;
        let name = self.word();
        if !name.is_empty() && self.rest.starts_with('=') {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return (name, self.item());
        }
        self.rest = before;
        ("", self.item())
    }

    fn item(&mut self) -> Item<'g> {
        if self.eat("&&") {
            return match self.atom() {
                Item::Token(kind) => Item::Forced(kind),
                other => other,
            };
        }
        if self.eat("&") {
            return Item::Lookahead(true, Box::new(self.atom()));
        }
        if self.eat("!") {
            return Item::Lookahead(false, Box::new(self.atom()));
        }
        if self.eat("~") {
            return Item::Cut;
        }
        let atom = self.atom();
        match (self.rest.chars().next(), atom) {
            (Some('.'), Item::Token(separator)) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                let item = self.atom();
                self.eat("+");
                Item::Gather(separator, Box::new(item))
            }
            (Some(c @ ('?' | '*' | '+')), atom) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                if c == '?' { Item::Optional(Box::new(atom)) } else { Item::Loop(Box::new(atom), c == '+') }
            }
            (_, atom) => atom,
        }
    }

    fn atom(&mut self) -> Item<'g> {
        if self.eat("(") {
            return Item::Group(self.alts(")"));
        }
        if self.eat("[") {
            let alts = self.alts("]");
            // `[rule]` is the rule itself, not a group.
            let single = alts.len() == 1
                && alts.first().is_some_and(|alt| alt.items.len() == 1 && matches!(alt.action, Action::Default(_)));
            let item = if single {
                alts.into_iter().next().and_then(|mut alt| alt.items.pop()).unwrap_or(Item::Cut)
            } else {
                Item::Group(alts)
            };
            return Item::Optional(Box::new(item));
        }
        if self.eat("'") {
            let text = self.quoted('\'').as_bytes();
            return Item::Token(Kind::operator(text).or_else(|| Kind::keyword(text)).unwrap_or(Kind::ERRORTOKEN));
        }
        if self.eat("\"") {
            let text = self.quoted('"');
            return match Kind::operator(text.as_bytes()) {
                Some(kind) => Item::Token(kind),
                None => Item::SoftKeyword(text),
            };
        }
        match self.word() {
            "SOFT_KEYWORD" => Item::AnySoftKeyword,
            word => match FIXED.iter().find(|(name, _)| *name == word) {
                Some((_, kind)) => Item::Token(*kind),
                None => Item::Rule(self.grammar.id(word)),
            },
        }
    }
}
