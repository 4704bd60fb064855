//! `co_linetable`: which source range each instruction came from. Decoder and encoder side by side.
//!
//! Invariant: [`encode`] gives CPython's bytes for CPython's locations; [`Entries`] is total over any bytes.
//! Next: [`crate::exceptiontable`]. (InternalDocs/code_objects.md, Python/assemble.c)
//!
//! ```text
//! table   := entry*
//! entry   := 0x80 | kind << 3 | units - 1, payload        1 to 8 code units
//! kind 0..9    short    (col & 7) << 4 | width            same line, col = kind << 3 | ..., col < 80, width < 16
//! kind 10..12  one line col, end col                      kind - 10 lines on, columns < 128
//! kind 13      no columns  svarint line delta
//! kind 14      long     svarint line delta, varint end line - line, varint col + 1, varint end col + 1
//! kind 15      no location
//! varint  := 6 bits a byte, least significant first, 0x40 on all but the last
//! svarint := varint of v << 1, or of -v << 1 | 1
//! ```

/// A source range; lines count from 1, columns are UTF-8 byte offsets from 0, -1 is "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Location {
    pub lineno: i32,
    pub end_lineno: i32,
    pub col_offset: i32,
    pub end_col_offset: i32,
}

/// No source position at all.
pub const NO_LOCATION: Location = Location { lineno: -1, end_lineno: -1, col_offset: -1, end_col_offset: -1 };
/// In the compiler: the position of the next instruction. [`encode`] expects it to be resolved.
pub const NEXT_LOCATION: Location = Location { lineno: -2, end_lineno: -2, col_offset: -2, end_col_offset: -2 };

const NO_COLUMNS: u8 = 13;
const LONG: u8 = 14;
const NONE: u8 = 15;
/// The most code units one entry covers.
const MAX_UNITS: u32 = 8;

/// Encodes the locations of instructions in order, each with its size in code units (caches and EXTENDED_ARG
/// included); neighbours with equal locations become one run. Lines count from `co_firstlineno`.
pub fn encode(firstlineno: i32, instructions: &[(Location, u32)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::with_capacity(instructions.len() * 3), firstlineno);
    let mut run = (NO_LOCATION, 0);
    for &(location, units) in instructions {
        if location != run.0 {
            encoder.run(run.0, run.1);
            run = (location, 0);
        }
        run.1 += units;
    }
    encoder.run(run.0, run.1);
    encoder.out
}

/// Writes a table run by run.
pub struct Encoder {
    out: Vec<u8>,
    line: i32,
}

impl Encoder {
    /// Writes into `buffer`, which is cleared first.
    pub fn new(mut buffer: Vec<u8>, firstlineno: i32) -> Encoder {
        buffer.clear();
        Encoder { out: buffer, line: firstlineno }
    }

    /// The table.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Instructions of `units` code units together, all with one location; the next run has another.
    pub fn run(&mut self, location: Location, mut units: u32) {
        while units > MAX_UNITS {
            self.entry(location, MAX_UNITS);
            units -= MAX_UNITS;
        }
        if units > 0 {
            self.entry(location, units);
        }
    }

    fn entry(&mut self, location: Location, units: u32) {
        let Location { lineno, end_lineno, col_offset: column, end_col_offset: end_column } = location;
        if lineno == NO_LOCATION.lineno {
            return self.first_byte(NONE, units);
        }
        let delta = lineno.wrapping_sub(self.line);
        self.line = lineno;
        if column < 0 || end_column < 0 {
            if end_lineno == lineno || end_lineno < 0 {
                self.first_byte(NO_COLUMNS, units);
                return self.svarint(delta);
            }
        } else if end_lineno == lineno {
            if delta == 0 && column < 80 && (column..column + 16).contains(&end_column) {
                let place = ((column & 7) << 4 | (end_column - column)) as u8;
                return self.out.extend([first_byte((column >> 3) as u8, units), place]);
            }
            if (0..3).contains(&delta) && column < 128 && end_column < 128 {
                let first = first_byte(10 + delta as u8, units);
                return self.out.extend([first, column as u8, end_column as u8]);
            }
        }
        self.first_byte(LONG, units);
        self.svarint(delta);
        self.varint(end_lineno.wrapping_sub(lineno) as u32);
        self.varint(column.wrapping_add(1) as u32);
        self.varint(end_column.wrapping_add(1) as u32);
    }

    fn first_byte(&mut self, kind: u8, units: u32) {
        self.out.push(first_byte(kind, units));
    }

    fn varint(&mut self, mut value: u32) {
        while value >= 64 {
            self.out.push(0x40 | (value & 63) as u8);
            value >>= 6;
        }
        self.out.push(value as u8);
    }

    fn svarint(&mut self, value: i32) {
        let shifted = value.unsigned_abs() << 1;
        self.varint(if value < 0 { shifted | 1 } else { shifted });
    }
}

fn first_byte(kind: u8, units: u32) -> u8 {
    0x80 | kind << 3 | (units - 1) as u8
}

/// One entry of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code units start..end.
    pub start: u32,
    pub end: u32,
    /// The kind of entry, 0 to 15.
    pub kind: u8,
    pub location: Location,
}

/// A table that does not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableError {
    /// Offset in the table.
    pub offset: usize,
    pub expected: &'static str,
}

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at offset {}: expected {}", self.offset, self.expected)
    }
}

impl std::error::Error for TableError {}

/// The entries of a table in order; ends after the first error.
#[derive(Debug, Clone)]
pub struct Entries<'t> {
    table: &'t [u8],
    pos: usize,
    line: i32,
    unit: u32,
}

/// Decodes a table whose code object starts at `firstlineno`.
pub fn entries(table: &[u8], firstlineno: i32) -> Entries<'_> {
    Entries { table, pos: 0, line: firstlineno, unit: 0 }
}

impl Entries<'_> {
    fn payload(&mut self) -> Result<u8, TableError> {
        match self.table.get(self.pos) {
            Some(&byte) if byte & 0x80 == 0 => {
                self.pos += 1;
                Ok(byte)
            }
            _ => Err(TableError { offset: self.pos, expected: "a byte below 0x80 inside an entry" }),
        }
    }

    fn varint(&mut self) -> Result<u32, TableError> {
        let mut value = 0;
        for shift in (0..36).step_by(6) {
            let byte = self.payload()?;
            value |= u32::from(byte & 63) << shift;
            if byte & 0x40 == 0 {
                return Ok(value);
            }
        }
        Err(TableError { offset: self.pos, expected: "a varint of at most 6 bytes" })
    }

    fn svarint(&mut self) -> Result<i32, TableError> {
        let value = self.varint()?;
        let magnitude = (value >> 1) as i32;
        Ok(if value & 1 == 0 { magnitude } else { -magnitude })
    }

    fn entry(&mut self, first: u8) -> Result<Entry, TableError> {
        if first & 0x80 == 0 {
            return Err(TableError { offset: self.pos, expected: "the first byte of an entry, 0x80 or more" });
        }
        self.pos += 1;
        let kind = first >> 3 & 15;
        let mut location = NO_LOCATION;
        match kind {
            NONE => {}
            LONG => {
                self.line = self.line.wrapping_add(self.svarint()?);
                location = Location {
                    lineno: self.line,
                    end_lineno: self.line.wrapping_add(self.varint()? as i32),
                    col_offset: (self.varint()? as i32).wrapping_sub(1),
                    end_col_offset: (self.varint()? as i32).wrapping_sub(1),
                };
            }
            NO_COLUMNS => {
                self.line = self.line.wrapping_add(self.svarint()?);
                location = Location { lineno: self.line, end_lineno: self.line, ..NO_LOCATION };
            }
            10..=12 => {
                self.line = self.line.wrapping_add(i32::from(kind - 10));
                let (col_offset, end_col_offset) = (self.payload()?.into(), self.payload()?.into());
                location = Location { lineno: self.line, end_lineno: self.line, col_offset, end_col_offset };
            }
            _ => {
                let byte = self.payload()?;
                let col_offset = i32::from(kind << 3 | byte >> 4);
                let end_col_offset = col_offset + i32::from(byte & 15);
                location = Location { lineno: self.line, end_lineno: self.line, col_offset, end_col_offset };
            }
        }
        let start = self.unit;
        self.unit = self.unit.saturating_add(u32::from(first & 7) + 1);
        Ok(Entry { start, end: self.unit, kind, location })
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let &first = self.table.get(self.pos)?;
        let entry = self.entry(first);
        if entry.is_err() {
            self.pos = self.table.len();
        }
        Some(entry)
    }
}

/// `co_positions()`: a location a code unit (caches have their instruction's), up to the first error.
pub fn positions(table: &[u8], firstlineno: i32) -> impl Iterator<Item = Location> {
    entries(table, firstlineno)
        .map_while(Result::ok)
        .flat_map(|entry| std::iter::repeat_n(entry.location, (entry.end - entry.start) as usize))
}

/// `co_lines()`: ranges of code units with one line each, neighbours merged; None where there is no line.
pub fn lines(table: &[u8], firstlineno: i32) -> Vec<(u32, u32, Option<i32>)> {
    let mut lines: Vec<(u32, u32, Option<i32>)> = Vec::new();
    for entry in entries(table, firstlineno).map_while(Result::ok) {
        let line = (entry.kind != NONE).then_some(entry.location.lineno);
        match lines.last_mut() {
            Some(last) if last.2 == line => last.1 = entry.end,
            _ => lines.push((entry.start, entry.end, line)),
        }
    }
    lines
}

/// `PyCode_Addr2Line`: the line of a code unit.
pub fn line_of(table: &[u8], firstlineno: i32, unit: u32) -> Option<i32> {
    entries(table, firstlineno)
        .map_while(Result::ok)
        .find(|entry| (entry.start..entry.end).contains(&unit))
        .and_then(|entry| (entry.kind != NONE).then_some(entry.location.lineno))
}

/// The table without columns, as CPython makes it under `-X no_debug_ranges`.
pub fn remove_column_info(table: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder { out: Vec::with_capacity(table.len()), line: 0 };
    let mut line = 0;
    for entry in entries(table, 0).map_while(Result::ok) {
        let units = entry.end - entry.start;
        if entry.kind == NONE {
            encoder.first_byte(NONE, units);
        } else {
            encoder.first_byte(NO_COLUMNS, units);
            encoder.svarint(entry.location.lineno.wrapping_sub(line));
            line = entry.location.lineno;
        }
    }
    encoder.out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lineno: i32, end_lineno: i32, col_offset: i32, end_col_offset: i32) -> Location {
        Location { lineno, end_lineno, col_offset, end_col_offset }
    }

    #[test]
    fn each_kind_is_taken_where_it_fits() {
        let runs = [
            (at(1, 1, 4, 9), 1),
            (at(1, 1, 100, 101), 2),
            (at(3, 3, 0, 127), 1),
            (at(3, 3, -1, -1), 1),
            (at(2, 2, 1, 2), 1),
            (at(2, 5, 1, 2), 1),
            (NO_LOCATION, 3),
        ];
        let table = encode(1, &runs);
        #[rustfmt::skip]
        let expected = [
            0x80, 0x45,
            0x80 | 10 << 3 | 1, 100, 101,
            0x80 | 12 << 3, 0, 127,
            0x80 | 13 << 3, 0,
            0x80 | 14 << 3, 3, 0, 2, 3,
            0x80 | 14 << 3, 0, 3, 2, 3,
            0x80 | 15 << 3 | 2,
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn equal_neighbours_are_one_run_in_pieces_of_eight() {
        let here = at(7, 7, -1, -1);
        assert_eq!(encode(7, &[(here, 5), (here, 12)]), [0xef, 0, 0xef, 0, 0xe8, 0]);
        assert_eq!(lines(&[0xef, 0, 0xef, 0, 0xe8, 0], 7), [(0, 17, Some(7))]);
    }

    #[test]
    fn extreme_locations_come_back() {
        let far = [
            (at(i32::MAX, i32::MAX, 0, i32::MAX - 1), 1),
            (at(1, i32::MAX, i32::MAX - 1, 0), 8),
            (at(5000, 5000, 79, 95), 1),
            (at(5000, 5000, 80, 80), 1),
            (at(5000, 5000, 9, 3), 1),
        ];
        let table = encode(1, &far);
        let back: Vec<_> =
            entries(&table, 1).flatten().map(|entry| (entry.location, entry.end - entry.start)).collect();
        assert_eq!(back, far);
    }

    #[test]
    fn broken_tables_end_with_an_error() {
        for table in
            [&[0x00][..], &[0x80], &[0xe8, 0x40], &[0xe8, 0x80], &[0xf0, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x01]]
        {
            assert!(entries(table, 1).last().is_some_and(|entry| entry.is_err()), "{table:?}");
        }
    }
}
