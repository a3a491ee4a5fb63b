//! The places of organizations that have no endpoint of their own: up to a hundred thousand, so they are kept as lines of text.

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
    /// A line for each: kind, name, city, state, postal code and aliases, separated by tabs.
    lines: String,
    /// The texts that are searched, one for each.
    folded: String,
    rows: Vec<Row>,
    /// The first row of each brand, and at the end the number of rows.
    starts: Vec<u32>,
}

/// Where a facility ends in the two texts. It starts where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Row {
    line: u32,
    folded: u32,
}

/// A facility's fields, without a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct FacilityRow<'a> {
    pub line: &'a str,
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
        let (kind, fields) = (line.chars().next()?, line.get(1..)?);
        let kind = match kind {
            '-' => FacilityKind::Facility,
            '=' => FacilityKind::Brand,
            _ => return None,
        };
        let mut fields = fields.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (name, city, state, postal_code, aliases) = (next(), next(), next(), next(), next());
        (!name.is_empty()).then_some(Self { line, kind, name, city, state, postal_code, aliases })
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

    /// Starts the next brand, to which the lines that follow belong.
    pub fn start_brand(&mut self) {
        self.starts.push(self.count(self.rows.len()));
    }

    /// Adds a line of the current brand. Returns whether it is one.
    pub fn push_line(&mut self, line: &str) -> bool {
        let Some(row) = FacilityRow::read(line) else { return false };
        self.lines.push_str(line);
        for text in [row.name, row.city, row.state, state_name(row.state), row.aliases] {
            self.folded.push_str(&fold(text));
            self.folded.push(' ');
        }
        self.rows.push(Row { line: self.count(self.lines.len()), folded: self.count(self.folded.len()) });
        true
    }

    /// The facilities of a brand, each with the text that is searched.
    pub fn of_brand(&self, brand: usize) -> impl Iterator<Item = (FacilityRow<'_>, &str)> {
        let start = self.starts.get(brand).map_or(self.rows.len(), |start| *start as usize);
        let end = self.starts.get(brand + 1).map_or(self.rows.len(), |end| *end as usize);
        (start..end).filter_map(|number| {
            let row = self.rows.get(number)?;
            let before = number.checked_sub(1).and_then(|before| self.rows.get(before)).copied();
            let Row { line, folded } = before.unwrap_or(Row { line: 0, folded: 0 });
            let line = self.lines.get(line as usize..row.line as usize)?;
            Some((FacilityRow::read(line)?, self.folded.get(folded as usize..row.folded as usize)?))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// A length as a number of 32 bits. A directory of 4 GB fits into no browser.
    fn count(&self, length: usize) -> u32 {
        u32::try_from(length).unwrap_or(u32::MAX)
    }
}
