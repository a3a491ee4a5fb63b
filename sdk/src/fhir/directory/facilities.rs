//! The places of organizations that have no endpoint of their own: up to a hundred thousand, so they are kept as lines of text.

use std::ops::Range;

use super::fold::fold;
use super::model::Place;
use super::states::state_name;

/// A place of a brand with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Facility {
    pub kind: FacilityKind,
    pub name: String,
    pub aliases: Vec<String>,
    pub place: Place,
}

/// What a facility is to its brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FacilityKind {
    /// A part of the brand's organization.
    Facility,
    /// Another brand on the same server.
    Brand,
}

impl FacilityKind {
    /// The kind of what a line describes; `None` if it is no line of a facility.
    pub fn of_line(line: &str) -> Option<Self> {
        match line.chars().next()? {
            '-' => Some(Self::Facility),
            '=' => Some(Self::Brand),
            _ => None,
        }
    }
}

impl Facility {
    /// A facility for each place, or one without a place.
    pub fn at_each(kind: FacilityKind, name: &str, aliases: Vec<String>, places: &[Place]) -> Vec<Self> {
        let at = |place| Self { kind, name: name.into(), aliases: aliases.clone(), place };
        match places {
            [] => vec![at(Place::default())],
            _ => places.iter().cloned().map(at).collect(),
        }
    }
}

/// Facilities of all brands, in the order of the brands.
#[derive(Clone, Debug, Default)]
pub(super) struct Facilities {
    /// The text in which each facility has a line: kind, name, city, state, postal code and aliases, separated by tabs.
    lines: String,
    /// The texts that are searched, one for each: name, city, state and aliases, each followed by a tab.
    folded: String,
    rows: Vec<Row>,
    /// The first row of each brand, and at the end the number of rows.
    starts: Vec<u32>,
}

/// Where a facility is in the two texts. In the second one, it starts where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u32,
    end: u32,
    folded_end: u32,
}

/// A facility's fields, without a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct FacilityRow<'a> {
    pub kind: FacilityKind,
    pub name: &'a str,
    pub city: &'a str,
    pub state: &'a str,
    pub postal_code: &'a str,
    pub aliases: &'a str,
}

impl<'a> FacilityRow<'a> {
    /// Reads a line; `None` if it is none.
    pub fn read(line: &'a str) -> Option<Self> {
        let (kind, fields) = (FacilityKind::of_line(line)?, line.get(1..)?);
        let mut fields = fields.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (name, city, state, postal_code, aliases) = (next(), next(), next(), next(), next());
        (!name.is_empty()).then_some(Self { kind, name, city, state, postal_code, aliases })
    }

    pub fn place(&self) -> Place {
        Place { city: self.city.into(), state: self.state.into(), postal_code: self.postal_code.into() }
    }
}

impl Facilities {
    /// Adds the facilities of the next brand.
    pub fn push_brand(&mut self, facilities: &[Facility]) {
        self.start_brand();
        for facility in facilities {
            let kind = if facility.kind == FacilityKind::Brand { '=' } else { '-' };
            let Place { city, state, postal_code } = &facility.place;
            let aliases = facility.aliases.join(" / ");
            let line = format!("{kind}{}\t{city}\t{state}\t{postal_code}\t{aliases}", facility.name);
            self.push_line(line.trim_end_matches('\t'));
        }
    }

    /// No facilities yet, but the text with their lines, which [`Facilities::add_line`] adds.
    pub fn of_text(text: String) -> Self {
        // The folded text also has the names of the states.
        Self { folded: String::with_capacity(text.len() / 4 * 5), lines: text, ..Self::default() }
    }

    /// Releases the memory that is not needed after the last line.
    pub fn shrink(&mut self) {
        self.lines.shrink_to_fit();
        self.folded.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The text with the lines.
    pub fn text(&self) -> &str {
        &self.lines
    }

    /// Starts the next brand, to which the lines that follow belong.
    pub fn start_brand(&mut self) {
        self.starts.push(count(self.rows.len()));
    }

    /// Adds a line of the current brand to the text.
    fn push_line(&mut self, line: &str) {
        let start = self.lines.len();
        self.lines.push_str(line);
        self.add_line(start..self.lines.len());
    }

    /// Adds the facility of a line that is in the text, to the current brand. Returns whether it is one.
    pub fn add_line(&mut self, place: Range<usize>) -> bool {
        let Some(row) = self.lines.get(place.clone()).and_then(FacilityRow::read) else { return false };
        for text in [row.name, row.city, row.state, state_name(row.state), row.aliases] {
            self.folded.push_str(&fold(text));
            self.folded.push('\t');
        }
        let folded_end = count(self.folded.len());
        self.rows.push(Row { start: count(place.start), end: count(place.end), folded_end });
        true
    }

    /// The lines of a brand's facilities, each with the text that is searched.
    pub fn of_brand(&self, brand: usize) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.rows_of(brand);
        let before = rows.start.checked_sub(1).and_then(|before| self.rows.get(before));
        let mut folded_start = before.map_or(0, |row| row.folded_end);
        self.rows.get(rows).unwrap_or_default().iter().filter_map(move |row| {
            let folded = std::mem::replace(&mut folded_start, row.folded_end)..row.folded_end;
            let line = self.lines.get(row.start as usize..row.end as usize)?;
            Some((line, self.folded.get(folded.start as usize..folded.end as usize)?))
        })
    }

    /// The number of a brand's facilities.
    pub fn count_of_brand(&self, brand: usize) -> usize {
        self.rows_of(brand).len()
    }

    fn rows_of(&self, brand: usize) -> Range<usize> {
        let start = |brand: usize| self.starts.get(brand).map_or(self.rows.len(), |start| *start as usize);
        start(brand)..start(brand + 1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

/// A length as a number of 32 bits. A directory of 4 GB fits into no browser.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
