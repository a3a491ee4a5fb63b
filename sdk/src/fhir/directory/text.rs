//! A directory as two texts: one with the brands, which a page reads first, and one with the facilities.
//!
//! Each line of the first begins with the kind of what it describes, and its fields are separated by tabs: `S` a source, `B` a brand,
//! `A` another name, `I` an identifier, `L` a place, `P` a portal of the brand before, `E` an endpoint of the portal before. In the
//! second, `#` and a number begin the facilities of the brand with this number.

use std::ops::Range;

use crate::fhir::identifier::Identifier;
use crate::protocol::url::Url;

use super::facilities::Facilities;
use super::model::{Brand, DirectoryEndpoint, Place, Portal, Source};
use super::{Counts, Directory};

const BRANDS: &str = "smartrust directory 1, brands";
const FACILITIES: &str = "smartrust directory 1, facilities";

/// What follows the last field of a line. An editor may have changed the line ends, and empty fields at the end are not written.
const LINE_END: [char; 3] = ['\t', '\r', '\n'];

/// A directory as two texts. The same directory always has the same texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryText {
    /// The sources and the brands.
    pub brands: String,
    /// The facilities of the brands.
    pub facilities: String,
}

/// A text is not one of a directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the directory's text {problem}")]
#[non_exhaustive]
pub struct DirectoryTextError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Directory {
    /// Writes the directory as texts, without the counts of what was left out.
    pub fn to_text(&self) -> DirectoryText {
        let mut brands = Lines::new(BRANDS);
        for source in &self.sources {
            let own = if source.is_of_server { "own" } else { "" };
            brands.add(&["S", &source.name, source.date.as_deref().unwrap_or_default(), own]);
        }
        for brand in &self.brands {
            brands.add_brand(brand);
        }
        let mut facilities = Lines::new(FACILITIES);
        for number in 0..self.brands.len() {
            if self.facilities.count_of_brand(number) > 0 {
                facilities.add(&[&format!("#{number}")]);
            }
            for (line, _) in self.facilities.of_brand(number) {
                facilities.add(&[line]);
            }
        }
        DirectoryText { brands: brands.text, facilities: facilities.text }
    }

    /// Reads the text of the brands. Their facilities can be added later.
    ///
    /// # Errors
    /// [`DirectoryTextError`] if the text is not one that [`Directory::to_text`] wrote.
    pub fn read_brands(text: &str) -> Result<Self, DirectoryTextError> {
        let mut reading = Reading::default();
        for (line, content) in lines(text, BRANDS)? {
            let mut fields = content.split('\t');
            let kind = fields.next().unwrap_or_default();
            let fields: Vec<&str> = fields.collect();
            reading.add(kind, &fields).ok_or(DirectoryTextError { line, problem: "cannot be read" })?;
        }
        Ok(Self::of(reading.sources, reading.brands, Facilities::default(), Counts::default()))
    }

    /// Reads the text of the facilities, in place of those that were there.
    ///
    /// # Errors
    /// [`DirectoryTextError`] if the text is not one that [`Directory::to_text`] wrote, or belongs to other brands.
    pub fn read_facilities(&mut self, text: impl Into<String>) -> Result<(), DirectoryTextError> {
        let mut reader = FacilitiesReader::new(text);
        while !reader.step(self, usize::MAX)? {}
        reader.finish(self);
        Ok(())
    }
}

/// Reads the text of a directory's facilities in steps, so that a page stays responsive: a hundred thousand facilities take longer than
/// a frame.
///
/// ```
/// use smartrust::fhir::directory::{Directory, FacilitiesReader};
///
/// # fn example(directory: &mut Directory, text: String) -> Result<(), Box<dyn std::error::Error>> {
/// let mut reader = FacilitiesReader::new(text);
/// while !reader.step(directory, 5_000)? {
///     // Here a page waits for its next frame.
/// }
/// reader.finish(directory);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FacilitiesReader {
    facilities: Facilities,
    /// Where the next line starts.
    position: usize,
    /// The number of lines that were read.
    lines: usize,
    /// The number of brands that have started.
    started: usize,
}

impl FacilitiesReader {
    /// Starts at the beginning of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { facilities: Facilities::of_text(text.into()), position: 0, lines: 0, started: 0 }
    }

    /// Reads the next lines, at most `limit`. Returns whether all are read.
    ///
    /// # Errors
    /// [`DirectoryTextError`] if the text is not one that [`Directory::to_text`] wrote, or belongs to other brands than those of
    /// `directory`.
    pub fn step(&mut self, directory: &Directory, limit: usize) -> Result<bool, DirectoryTextError> {
        for _ in 0..limit {
            let rest = self.facilities.text().get(self.position..).unwrap_or_default();
            let Some(line) = rest.split_inclusive('\n').next() else {
                return if self.lines == 0 { Err(wrong_title()) } else { Ok(true) };
            };
            let place = self.position..self.position + line.trim_end_matches(LINE_END).len();
            self.position += line.len();
            self.lines += 1;
            self.read_line(place, directory.brands.len())?;
        }
        Ok(false)
    }

    fn read_line(&mut self, place: Range<usize>, brands: usize) -> Result<(), DirectoryTextError> {
        let wrong = |problem| DirectoryTextError { line: self.lines, problem };
        let content = self.facilities.text().get(place.clone()).unwrap_or_default();
        if self.lines == 1 {
            return if content == FACILITIES { Ok(()) } else { Err(wrong_title()) };
        }
        if let Some(number) = content.strip_prefix('#') {
            let number: usize = number.parse().map_err(|_| wrong("has no number of a brand"))?;
            if number < self.started || number >= brands {
                return Err(wrong("names a brand that is not in the directory"));
            }
            while self.started <= number {
                self.facilities.start_brand();
                self.started += 1;
            }
        } else if self.started == 0 || !self.facilities.add_line(place) {
            return Err(wrong("is not a facility"));
        }
        Ok(())
    }

    /// Replaces the directory's facilities with these.
    pub fn finish(mut self, directory: &mut Directory) {
        self.facilities.shrink();
        directory.facilities = self.facilities;
    }
}

fn wrong_title() -> DirectoryTextError {
    DirectoryTextError { line: 1, problem: "is not the title of this version" }
}

/// The lines after the first one, with their numbers, if the first one is `title`.
fn lines<'a>(text: &'a str, title: &str) -> Result<impl Iterator<Item = (usize, &'a str)>, DirectoryTextError> {
    let mut lines = text.split_inclusive('\n').map(|line| line.trim_end_matches(LINE_END)).enumerate();
    if lines.next().map(|(_, first)| first) != Some(title) {
        return Err(wrong_title());
    }
    Ok(lines.map(|(number, line)| (number + 1, line)))
}

struct Lines {
    text: String,
}

impl Lines {
    fn new(title: &str) -> Self {
        Self { text: format!("{title}\n") }
    }

    fn add(&mut self, fields: &[&str]) {
        self.text.push_str(fields.join("\t").trim_end_matches('\t'));
        self.text.push('\n');
    }

    fn add_brand(&mut self, brand: &Brand) {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        self.add(&["B", &brand.source.to_string(), &brand.name, &optional(&brand.website)]);
        for alias in &brand.aliases {
            self.add(&["A", alias]);
        }
        for identifier in &brand.identifiers {
            self.add(&["I", &identifier.system, &identifier.value]);
        }
        for place in &brand.places {
            self.add(&["L", &place.city, &place.state, &place.postal_code]);
        }
        for portal in &brand.portals {
            self.add(&["P", &optional(&portal.name), &optional(&portal.description), &optional(&portal.url)]);
            for endpoint in &portal.endpoints {
                let versions = endpoint.fhir_versions.join(" ");
                self.add(&["E", endpoint.fhir_base.as_str(), &versions, &optional(&endpoint.name)]);
            }
        }
    }
}

#[derive(Default)]
struct Reading {
    sources: Vec<Source>,
    brands: Vec<Brand>,
}

impl Reading {
    /// Adds what a line describes; `None` if it does not fit.
    fn add(&mut self, kind: &str, fields: &[&str]) -> Option<()> {
        let field = |number: usize| fields.get(number).copied().unwrap_or_default();
        let optional = |number| Some(field(number).to_owned()).filter(|text| !text.is_empty());
        match kind {
            "S" => {
                let (name, date) = (field(0).into(), optional(1));
                self.sources.push(Source { name, date, is_of_server: field(2) == "own" });
            }
            "B" => {
                let (source, name) = (field(0).parse().ok()?, optional(1)?);
                self.sources.get(source)?;
                self.brands.push(Brand { source, name, website: optional(2), ..Brand::default() });
            }
            "A" => self.brands.last_mut()?.aliases.push(optional(0)?),
            "I" => self.brands.last_mut()?.identifiers.push(Identifier::new(field(0), optional(1)?)),
            "L" => {
                let place = Place { city: field(0).into(), state: field(1).into(), postal_code: field(2).into() };
                self.brands.last_mut()?.places.push(place);
            }
            "P" => {
                let portal =
                    Portal { name: optional(0), description: optional(1), url: optional(2), endpoints: Vec::new() };
                self.brands.last_mut()?.portals.push(portal);
            }
            "E" => {
                let fhir_base = Url::parse(field(0)).ok().filter(Url::is_confidential)?;
                let fhir_versions = field(1).split_whitespace().map(str::to_owned).collect();
                let endpoint = DirectoryEndpoint { fhir_base, fhir_versions, name: optional(2) };
                self.brands.last_mut()?.portals.last_mut()?.endpoints.push(endpoint);
            }
            _ => return None,
        }
        Some(())
    }
}
