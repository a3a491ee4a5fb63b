//! From symbols and values to the streams that `unpack` reads.

use super::code::{Code, Item, Kind, Template};
use super::numbers::numbers;
use crate::reader::write_number;
use anyhow::{Result, bail};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use unpack::{BYTES, END, ESCAPE, HEAD, STREAMS, SYMBOLS, TAIL, TEMPLATES};

/// How many instructions get the small constants before them as a stream of their own.
const CONSTANTS_APART: usize = 11;
/// How many symbols there are when frequent pairs have got one of their own: more make the templates heavier than they save.
const SYMBOLS_WITH_PAIRS: usize = 220;

/// How many items a joined template may have.
const LONGEST: usize = 100;

/// The streams of code, and of what precedes and follows its functions.
pub fn write(code: Code<'_>, head: &[u8], tail: &[u8]) -> Result<Vec<u8>> {
    let mut symbols = Symbols { templates: code.templates, row: code.symbols };
    for _ in 0..CONSTANTS_APART {
        symbols.join_most_frequent(is_constant);
    }
    while symbols.used() < SYMBOLS_WITH_PAIRS && symbols.join_most_frequent(|_| true) {}

    let numbers = symbols.numbers()?;
    let mut streams = vec![Vec::new(); STREAMS];
    let kinds = symbols.kinds()?;
    streams[TEMPLATES] = symbols.write_templates(&numbers, &kinds)?;
    streams[SYMBOLS] = symbols.row.iter().map(|symbol| numbers[symbol]).collect();
    streams[HEAD] = head.to_vec();
    streams[TAIL] = tail.to_vec();
    for (kind, value) in symbols.fields().zip(code.values) {
        streams[kinds[&kind]].extend(value);
    }

    let mut packed = Vec::new();
    for stream in &streams {
        write_number(stream.len(), &mut packed);
    }
    packed.extend(streams.concat());
    Ok(packed)
}

fn is_constant(template: &Template) -> bool {
    template[..] == [Item::Literal(0x41), Item::Field(Kind::Constant)]
}

/// What of both templates becomes that of the two one after the other: a constant goes to what takes it.
fn join(first: &Template, second: &Template) -> Template {
    match second[..] {
        [Item::Literal(operation), ..] if is_constant(first) => {
            [&[Item::Literal(0x41), Item::Field(Kind::ConstantFor(operation))], &second[..]].concat()
        }
        _ => [&first[..], &second[..]].concat(),
    }
}

struct Symbols {
    templates: Vec<Template>,
    /// The code, as numbers of templates.
    row: Vec<usize>,
}

impl Symbols {
    /// Gives the most frequent pair whose first symbol is such a one a symbol of its own; false where no pair comes more than once.
    fn join_most_frequent(&mut self, is_such: impl Fn(&Template) -> bool) -> bool {
        let count = self.templates.len();
        let mut pairs = vec![0_usize; count * count];
        for pair in self.row.windows(2) {
            pairs[pair[0] * count + pair[1]] += 1;
        }
        let such: Vec<bool> = self.templates.iter().map(is_such).collect();
        let length = |pair: usize| self.templates[pair / count].len() + self.templates[pair % count].len();
        let candidates = pairs
            .iter()
            .enumerate()
            .filter(|(pair, times)| **times > 1 && such[pair / count] && length(*pair) <= LONGEST);
        let Some((pair, _)) = candidates.max_by_key(|(pair, times)| (**times, Reverse(*pair))) else { return false };
        let (first, second) = (pair / count, pair % count);
        self.templates.push(join(&self.templates[first], &self.templates[second]));
        let mut row = Vec::with_capacity(self.row.len());
        let mut rest = &self.row[..];
        while let [symbol, after @ ..] = rest {
            let is_pair = *symbol == first && after.first() == Some(&second);
            row.push(if is_pair { count } else { *symbol });
            rest = if is_pair { &after[1..] } else { after };
        }
        self.row = row;
        true
    }

    /// How often each symbol is used.
    fn counts(&self) -> BTreeMap<usize, usize> {
        let mut counts = BTreeMap::new();
        for symbol in &self.row {
            *counts.entry(*symbol).or_insert(0) += 1;
        }
        counts
    }

    fn used(&self) -> usize {
        self.counts().len()
    }

    /// The byte that each symbol is written as.
    fn numbers(&self) -> Result<BTreeMap<usize, u8>> {
        let used: Vec<usize> = self.counts().into_keys().collect();
        if used.len() > 256 {
            bail!("there are {} kinds of instructions, more than 256", used.len());
        }
        let places: BTreeMap<usize, u8> = used.into_iter().zip(0..=255).collect();
        let row: Vec<u8> = self.row.iter().map(|symbol| places[symbol]).collect();
        let numbers = numbers(&row);
        Ok(places.into_iter().map(|(symbol, place)| (symbol, numbers[usize::from(place)])).collect())
    }

    /// The kind of each field, in the order of the code.
    fn fields(&self) -> impl Iterator<Item = Kind> {
        let items = self.row.iter().flat_map(|symbol| &self.templates[*symbol]);
        items.filter_map(|item| if let Item::Field(kind) = item { Some(*kind) } else { None })
    }

    /// The stream of each kind.
    fn kinds(&self) -> Result<BTreeMap<Kind, usize>> {
        let mut kinds: BTreeMap<_, _> = self.fields().map(|kind| (kind, BYTES)).collect();
        let others = kinds.iter_mut().filter(|(kind, _)| **kind != Kind::Byte);
        others.zip(BYTES + 1..).for_each(|((_, stream), number)| *stream = number);
        match kinds.values().all(|stream| *stream < STREAMS) {
            true => Ok(kinds),
            false => bail!("there are more kinds of fields than {STREAMS} streams can hold"),
        }
    }

    fn write_templates(&self, numbers: &BTreeMap<usize, u8>, kinds: &BTreeMap<Kind, usize>) -> Result<Vec<u8>> {
        let mut templates = vec![Vec::new(); 256];
        for (symbol, byte) in numbers {
            let template = &mut templates[usize::from(*byte)];
            for item in &self.templates[*symbol] {
                match item {
                    Item::Literal(ESCAPE) => bail!("the byte {ESCAPE:#04x} is not known to the packer where it stands"),
                    Item::Literal(literal) => template.push(*literal),
                    Item::Field(kind) => template.extend([ESCAPE, kinds[kind] as u8]),
                    Item::End => template.extend([ESCAPE, END]),
                }
            }
        }
        let mut bytes = Vec::new();
        for template in templates {
            if template.len() > 255 {
                bail!("a template of {} bytes is too long", template.len());
            }
            bytes.push(template.len() as u8);
            bytes.extend(template);
        }
        Ok(bytes)
    }
}
