//! Ordered sets of names and objects: `co_names`, `co_varnames`, `co_consts` as they grow.
//!
//! Invariant: an element's number is its place in the order of first addition and never changes.

use std::collections::HashMap;
use std::hash::Hash;

/// A set numbered by first addition. Most code units have a handful of names, for which looking through the list
/// beats hashing; the table is made when the list grows.
#[derive(Debug)]
pub(super) struct OrderedSet<T> {
    items: Vec<T>,
    index: HashMap<T, u32, foldhash::fast::FixedState>,
}

const SCAN: usize = 12;

impl<T> Default for OrderedSet<T> {
    fn default() -> Self {
        OrderedSet { items: Vec::new(), index: HashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> OrderedSet<T> {
    /// Empties the set, keeping its buffers, and fills it with distinct items.
    pub fn refill(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.clear();
        self.items.extend(items);
        self.index.clear();
        if self.items.len() > SCAN {
            self.build_index();
        }
    }

    /// The elements in order; the set is left unusable until [`OrderedSet::give_back`].
    pub fn lend(&mut self) -> Vec<T> {
        std::mem::take(&mut self.items)
    }

    /// Ends a loan; the set is empty.
    pub fn give_back(&mut self, items: Vec<T>) {
        self.items = items;
        self.refill([]);
    }

    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(T) -> K) {
        self.items.sort_unstable_by_key(|&item| key(item));
        self.index.clear();
        if self.items.len() > SCAN {
            self.build_index();
        }
    }

    pub fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub fn get(&self, item: T) -> Option<usize> {
        if self.items.len() <= SCAN {
            self.items.iter().position(|&other| other == item)
        } else {
            self.index.get(&item).map(|&at| at as usize)
        }
    }

    /// The item's number; it is added if it is new.
    pub fn add(&mut self, item: T) -> usize {
        if let Some(at) = self.get(item) {
            return at;
        }
        let at = self.items.len();
        self.items.push(item);
        if at == SCAN {
            self.build_index();
        } else if at > SCAN {
            self.index.insert(item, at as u32);
        }
        at
    }

    pub fn first(&self) -> Option<T> {
        self.items.first().copied()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    fn build_index(&mut self) {
        self.index.extend(self.items.iter().enumerate().map(|(at, &item)| (item, at as u32)));
    }
}
