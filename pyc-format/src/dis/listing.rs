//! The listing of one code object: columns, labels, exception table.
//!
//! Invariant: line by line what CPython's `dis.Formatter` prints; widths are known before the first line.

use std::fmt::{self, Write};

use super::argument::Context;
use super::repr::Repr;
use super::{Options, cache_format};
use crate::exceptiontable;
use crate::linetable::{self, Location};
use crate::marshal::{Graph, ObjRef};
use crate::opcode::{Opcode, Operand, caches_of_byte};

const NO_LINENO: &str = "  --";
const OPNAME_WIDTH: usize = 20;
const OPARG_WIDTH: usize = 5;

/// Writes the lines of one code object, without those nested in it.
pub(super) fn write(
    graph: &Graph,
    obj: ObjRef,
    options: &Options,
    repr: &mut Repr<'_>,
    out: &mut impl Write,
) -> fmt::Result {
    let Some(code) = graph.as_code(obj) else { return out.write_str("not a code object\n") };
    let bytes = code.bytecode(graph);
    let units = bytes.as_chunks::<2>().0;
    let handlers: Vec<_> = exceptiontable::entries(graph.as_bytes(code.exceptiontable).unwrap_or_default())
        .map_while(Result::ok)
        .collect();
    let table = graph.as_bytes(code.linetable).unwrap_or_default();
    let lines = line_starts(table, code.firstlineno, units.len());
    let labels = Labels::new(units, &handlers, options);
    let source_width = if options.show_positions {
        positions_width(table, code.firstlineno, units.len())
    } else {
        lines_width(&lines)
    };
    let mut listing = Listing {
        options,
        source_width,
        label_width: 4 + decimal_width(labels.0.len() as i64),
        offset_width: decimal_width((bytes.len() as i64 - 2).max(9999)),
        context: Context::new(graph, code),
        lines: lines.into_iter().peekable(),
        positions: positions(table, code.firstlineno, units.len()),
        labels: &labels,
        repr,
        line: String::new(),
    };
    for i in Raw::new(units, options) {
        listing.instruction(units, &i, out)?;
    }
    if !handlers.is_empty() {
        out.write_str("ExceptionTable:\n")?;
    }
    for entry in handlers {
        let label = |unit: u32| labels.of(i64::from(unit)).unwrap_or_default();
        let lasti = if entry.lasti { " lasti" } else { "" };
        let (start, end, target) = (label(entry.start), label(entry.end), label(entry.target));
        writeln!(out, "  L{start} to L{end} -> L{target} [{}]{lasti}", entry.depth)?;
    }
    Ok(())
}

/// An instruction as dis lists it: EXTENDED_ARG is one of its own.
struct RawInstruction {
    at: usize,
    byte: u8,
    /// None if the opcode has no operand.
    oparg: Option<u32>,
}

impl RawInstruction {
    fn op(&self) -> Option<Opcode> {
        Opcode::from_u8(self.byte)
    }

    /// The unit that a jump leads to; may be outside of the code.
    fn target(&self) -> Option<i64> {
        let oparg = i64::from(self.oparg?);
        let end = self.at as i64 + 1 + caches_of_byte(self.byte) as i64;
        match self.op()?.operand() {
            Operand::JumpForward => Some(end + oparg),
            Operand::JumpBackward | Operand::AsyncFor => Some(end - oparg),
            _ => None,
        }
    }
}

struct Raw<'a> {
    units: &'a [[u8; 2]],
    at: usize,
    extended: u32,
    adaptive: bool,
}

impl<'a> Raw<'a> {
    fn new(units: &'a [[u8; 2]], options: &Options) -> Self {
        Raw { units, at: 0, extended: 0, adaptive: options.adaptive }
    }
}

impl Iterator for Raw<'_> {
    type Item = RawInstruction;

    fn next(&mut self) -> Option<RawInstruction> {
        let &[stored, low] = self.units.get(self.at)?;
        let op = Opcode::from_u8(stored);
        let base = op.map_or(stored, |op| op.deopt().number() as u8);
        let oparg = op.is_some_and(|op| op.deopt().has_arg()).then_some(self.extended << 8 | u32::from(low));
        self.extended = if base == Opcode::EXTENDED_ARG as u8 { oparg.unwrap_or(0) } else { 0 };
        let instruction = RawInstruction { at: self.at, byte: if self.adaptive { stored } else { base }, oparg };
        self.at += 1 + caches_of_byte(base);
        Some(instruction)
    }
}

/// Units that have a label, in order; a label's number is its place.
struct Labels(Vec<i64>);

impl Labels {
    fn new(units: &[[u8; 2]], handlers: &[exceptiontable::Entry], options: &Options) -> Labels {
        let jumps = Raw::new(units, options).filter_map(|i| i.target());
        let entries = handlers.iter().flat_map(|h| [h.start, h.end, h.target]).map(i64::from);
        let mut labels: Vec<i64> = jumps.chain(entries).collect();
        labels.sort_unstable();
        labels.dedup();
        Labels(labels)
    }

    fn of(&self, unit: i64) -> Option<usize> {
        self.0.binary_search(&unit).ok().map(|at| at + 1)
    }
}

/// The units where a line begins, with the line (None: no line), in order.
fn line_starts(table: &[u8], firstlineno: i32, n_units: usize) -> Vec<(usize, Option<i32>)> {
    let mut starts: Vec<(usize, Option<i32>)> = Vec::new();
    for entry in linetable::entries(table, firstlineno).map_while(Result::ok) {
        if entry.start as usize >= n_units {
            break;
        }
        let line = (entry.location.lineno != linetable::NO_LOCATION.lineno).then_some(entry.location.lineno);
        if starts.last().is_none_or(|&(_, last)| last != line) {
            starts.push((entry.start as usize, line));
        }
    }
    starts
}

fn positions(table: &[u8], firstlineno: i32, n_units: usize) -> impl Iterator<Item = Location> {
    linetable::positions(table, firstlineno).chain(std::iter::repeat(linetable::NO_LOCATION)).take(n_units)
}

fn decimal_width(value: i64) -> usize {
    let digits = value.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(value < 0)
}

/// The width of the column of lines; 0 if there are none.
fn lines_width(lines: &[(usize, Option<i32>)]) -> usize {
    let Some(max) = lines.iter().filter_map(|&(_, line)| line).filter(|&line| line != 0).max() else { return 0 };
    if max == -1 {
        return 0;
    }
    let width = decimal_width(max.into()).max(3);
    if lines.iter().any(|(_, line)| line.is_none()) { width.max(NO_LINENO.len()) } else { width }
}

/// The width of the column of positions; 0 if there are none.
fn positions_width(table: &[u8], firstlineno: i32, n_units: usize) -> usize {
    let (mut any, mut widest) = (false, 0);
    for location in positions(table, firstlineno, n_units) {
        let parts = four(location);
        any |= parts.iter().any(|part| part.is_some());
        widest = widest.max(parts.iter().map(|part| part.map_or(1, |part| decimal_width(part.into()))).sum());
    }
    if any { 1 + NO_LINENO.len().max(3 + widest) } else { 0 }
}

/// Line, column, end line, end column.
fn four(location: Location) -> [Option<i32>; 4] {
    let Location { lineno, end_lineno, col_offset, end_col_offset } = location;
    [lineno, col_offset, end_lineno, end_col_offset].map(|part| (part != -1).then_some(part))
}

fn push_position(line: &mut String, location: Location) {
    let parts = four(location);
    if parts.iter().all(|part| part.is_none()) {
        return line.push_str(NO_LINENO);
    }
    for (part, before) in parts.into_iter().zip(["", ":", "-", ":"]) {
        line.push_str(before);
        match part {
            Some(part) => push_number(line, part.into()),
            None => line.push('?'),
        }
    }
}

struct Listing<'a, 'r, L: Iterator<Item = (usize, Option<i32>)>, P> {
    options: &'a Options,
    source_width: usize,
    label_width: usize,
    offset_width: usize,
    context: Context<'a>,
    lines: std::iter::Peekable<L>,
    positions: P,
    labels: &'a Labels,
    repr: &'a mut Repr<'r>,
    /// The line that is being made; handed on before anything that may be long.
    line: String,
}

impl<L: Iterator<Item = (usize, Option<i32>)>, P: Iterator<Item = Location>> Listing<'_, '_, L, P> {
    fn instruction(&mut self, units: &[[u8; 2]], i: &RawInstruction, out: &mut impl Write) -> fmt::Result {
        let op = i.op();
        // Lines begin at instructions; one that begins in a cache is not shown.
        let mut starts = None;
        while let Some(&(unit, line)) = self.lines.peek()
            && unit <= i.at
        {
            starts = (unit == i.at).then_some(line);
            self.lines.next();
        }
        let caches = caches_of_byte(i.byte);
        let location = self.positions.next().unwrap_or(linetable::NO_LOCATION);
        if caches > 0 {
            self.positions.nth(caches - 1);
        }
        self.line.clear();
        if self.source_width > 0 && starts.is_some() && i.at > 0 {
            self.line.push('\n');
        }
        self.columns(i.at, starts, location, self.labels.of(i.at as i64));
        let width = self.line.len();
        match op {
            Some(op) => self.line.push_str(op.name()),
            None => {
                self.line.push('<');
                push_number(&mut self.line, i.byte.into());
                self.line.push('>');
            }
        }
        if let Some(oparg) = i.oparg {
            // A long name takes from the operand's column.
            let name = self.line.len() - width;
            pad(&mut self.line, OPNAME_WIDTH.saturating_sub(name) + 1);
            let width = OPARG_WIDTH.saturating_sub(name.saturating_sub(OPNAME_WIDTH));
            pad(&mut self.line, width.saturating_sub(decimal_width(oparg.into())));
            push_number(&mut self.line, oparg.into());
            if let Some(op) = op {
                out.write_str(&self.line)?;
                self.line.clear();
                let label = i.target().and_then(|target| self.labels.of(target));
                self.context.write(op, oparg, label, self.repr, out)?;
            }
        }
        self.line.push('\n');
        if self.options.show_caches
            && let Some(op) = op
        {
            self.caches(units, i.at, op, location);
        }
        out.write_str(&self.line)
    }

    /// Everything to the left of the opcode.
    fn columns(&mut self, unit: usize, starts: Option<Option<i32>>, location: Location, label: Option<usize>) {
        let width = self.source_width;
        if width > 0 {
            match starts {
                _ if self.options.show_positions => {
                    let before = self.line.len();
                    push_position(&mut self.line, location);
                    let used = self.line.len() - before;
                    pad(&mut self.line, width.saturating_sub(used));
                }
                Some(Some(line)) => {
                    pad(&mut self.line, width.saturating_sub(decimal_width(line.into())));
                    push_number(&mut self.line, line.into());
                }
                Some(None) => {
                    pad(&mut self.line, width.saturating_sub(NO_LINENO.len()));
                    self.line.push_str(NO_LINENO);
                }
                None => pad(&mut self.line, width),
            }
            self.line.push(' ');
        }
        match label {
            Some(label) => {
                pad(&mut self.line, self.label_width.saturating_sub(2 + decimal_width(label as i64)));
                self.line.push('L');
                push_number(&mut self.line, label as i64);
                self.line.push(':');
            }
            None => pad(&mut self.line, self.label_width),
        }
        if self.options.show_offsets {
            let offset = unit as i64 * 2;
            pad(&mut self.line, 1 + self.offset_width.saturating_sub(decimal_width(offset)));
            push_number(&mut self.line, offset);
            self.line.push_str("  ");
        }
        // No instruction is the current one.
        self.line.push_str("     ");
    }

    fn caches(&mut self, units: &[[u8; 2]], at: usize, op: Opcode, location: Location) {
        let mut unit = at + 1;
        for &(name, size) in cache_format(op) {
            let bytes = units.get(unit..).unwrap_or_default().iter().take(size).flatten();
            let value = bytes.rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
            for part in 0..size {
                self.columns(unit, None, location, None);
                self.line.push_str("CACHE                    0");
                if part == 0 {
                    self.line.push_str(&format!(" ({name}: {value})"));
                }
                self.line.push('\n');
                unit += 1;
            }
        }
    }
}

fn pad(line: &mut String, width: usize) {
    line.extend(std::iter::repeat_n(' ', width));
}

/// As `write!` does it, in a fraction of its time: a listing is made of numbers.
fn push_number(line: &mut String, value: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 || at == 0 {
            break;
        }
    }
    if value < 0 {
        line.push('-');
    }
    line.extend(digits.iter().skip(at).map(|&digit| char::from(digit)));
}
