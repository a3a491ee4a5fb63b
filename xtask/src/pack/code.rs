//! Reads a module's functions as rows of symbols, each with a template, and the numbers that the templates leave out.

use crate::reader::Reader;
use anyhow::{Result, bail};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use unpack::ESCAPE;

/// How many functions that are called most often have a symbol of their own.
const HOT_CALLS: usize = 30;

/// What has a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The bytes of a floating-point number.
    Byte,
    /// A local variable, by the instruction that names it.
    Local(u8),
    /// How far from its address a value lies in the memory.
    Offset,
    /// A function that is called.
    Call,
    /// A small `i32`.
    Constant,
    /// A small `i32`, by the instruction that takes it.
    ConstantFor(u8),
    /// A large `i32`, which mostly is an address.
    Address,
    /// An `i64`.
    Long,
    /// How many blocks are left.
    Branch,
    /// One entry of a table of branches.
    Label,
    /// How many local variables of one type a function declares.
    Declared,
    /// Any other index or count.
    Index,
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// A byte that stands in the code as it is.
    Literal(u8),
    /// What the next bytes of a stream are put in for.
    Field(Kind),
    /// The end of a function's body.
    End,
}

/// What a symbol stands for.
pub type Template = Vec<Item>;

/// The functions of a module, one after the other.
#[derive(Default)]
pub struct Code<'a> {
    /// What each symbol stands for.
    pub templates: Vec<Template>,
    /// Every instruction as the number of its template.
    pub symbols: Vec<usize>,
    /// What belongs into the fields, in the order of the code.
    pub values: Vec<&'a [u8]>,
    numbers: HashMap<Template, usize>,
    template: Template,
    /// The functions that stand in the templates of their calls.
    hot: HashSet<&'a [u8]>,
}

impl<'a> Code<'a> {
    /// Reads a code section's functions, as many as `count` tells.
    pub fn read(reader: &mut Reader<'a>, count: usize) -> Result<Self> {
        let hot = Self::read_with(&mut reader.clone(), count, HashSet::new())?.most_called();
        Self::read_with(reader, count, hot)
    }

    fn read_with(reader: &mut Reader<'a>, count: usize, hot: HashSet<&'a [u8]>) -> Result<Self> {
        let mut code = Self { hot, ..Self::default() };
        for _ in 0..count {
            let length = reader.number()?;
            code.read_function(&mut Reader::new(reader.bytes(length)?))?;
        }
        Ok(code)
    }

    fn read_function(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let groups = self.small(reader)?;
        self.finish();
        for _ in 0..groups {
            self.field(Kind::Declared, reader)?;
            self.literals(reader, 1)?;
            self.finish();
        }
        while !reader.is_at_end() {
            self.read_instruction(reader)?;
            if reader.is_at_end() {
                self.template.push(Item::End);
            }
            self.finish();
        }
        Ok(())
    }

    /// Reads an instruction, as the WebAssembly Core Specification has it in section 5.4.
    fn read_instruction(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        let operation = reader.byte()?;
        self.template.push(Item::Literal(operation));
        match operation {
            0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
            0x02..=0x04 | 0x23..=0x26 | 0x3f | 0x40 | 0xd0 => _ = self.small(reader)?,
            0x0c | 0x0d => self.field(Kind::Branch, reader)?,
            0x0e => {
                let labels = self.field_with_value(Kind::Index, reader)?;
                for _ in 0..=labels {
                    self.finish();
                    self.field(Kind::Label, reader)?;
                }
            }
            0x10 => {
                let function = reader.clone().leb()?;
                match self.hot.contains(function) {
                    true => self.literals(reader, function.len())?,
                    false => self.field(Kind::Call, reader)?,
                }
            }
            0x11 => {
                self.field(Kind::Index, reader)?;
                self.small(reader)?;
            }
            0x1c => {
                let types = self.small(reader)?;
                self.literals(reader, types)?;
            }
            0x20..=0x22 => self.field(Kind::Local(operation), reader)?,
            0x28..=0x3e => {
                if self.small(reader)? > 4 {
                    bail!("the memory instruction {operation:#04x} has an unknown alignment");
                }
                self.field(Kind::Offset, reader)?;
            }
            0x41 => {
                let is_large = reader.clone().leb()?.len() > 2;
                self.field(if is_large { Kind::Address } else { Kind::Constant }, reader)?;
            }
            0x42 => self.field(Kind::Long, reader)?,
            0x43 => self.raw(reader, 4)?,
            0x44 => self.raw(reader, 8)?,
            0xd2 => self.field(Kind::Index, reader)?,
            0xfc => self.read_long_instruction(reader)?,
            _ => bail!("the instruction {operation:#04x} is not known to the packer"),
        }
        Ok(())
    }

    /// Reads what follows the byte 0xfc.
    fn read_long_instruction(&mut self, reader: &mut Reader<'a>) -> Result<()> {
        match self.small(reader)? {
            0..=7 => {}
            8 | 12 => {
                self.field(Kind::Index, reader)?;
                self.small(reader)?;
            }
            9 | 13 => self.field(Kind::Index, reader)?,
            10 | 14 => {
                self.small(reader)?;
                self.small(reader)?;
            }
            11 | 15..=17 => _ = self.small(reader)?,
            other => bail!("the instruction 0xfc {other:#04x} is not known to the packer"),
        }
        Ok(())
    }

    /// Reads a number that the template has, where it is a small one.
    fn small(&mut self, reader: &mut Reader<'a>) -> Result<usize> {
        if reader.clone().leb()?.len() > 1 {
            return self.field_with_value(Kind::Index, reader);
        }
        let byte = reader.byte()?;
        self.template.push(Item::Literal(byte));
        Ok(usize::from(byte))
    }

    fn literals(&mut self, reader: &mut Reader<'a>, count: usize) -> Result<()> {
        self.template.extend(reader.bytes(count)?.iter().map(|byte| Item::Literal(*byte)));
        Ok(())
    }

    fn field(&mut self, kind: Kind, reader: &mut Reader<'a>) -> Result<()> {
        self.template.push(Item::Field(kind));
        self.values.push(reader.leb()?);
        Ok(())
    }

    fn field_with_value(&mut self, kind: Kind, reader: &mut Reader<'a>) -> Result<usize> {
        let value = reader.clone().number()?;
        self.field(kind, reader)?;
        Ok(value)
    }

    fn raw(&mut self, reader: &mut Reader<'a>, count: usize) -> Result<()> {
        for _ in 0..count {
            self.template.push(Item::Field(Kind::Byte));
            self.values.push(reader.bytes(1)?);
        }
        Ok(())
    }

    /// Which functions are called most often: of those that a template can name.
    fn most_called(&self) -> HashSet<&'a [u8]> {
        let mut counts = BTreeMap::new();
        for (_, function) in self.fields().filter(|(kind, _)| *kind == Kind::Call) {
            *counts.entry(function).or_insert(0_usize) += 1;
        }
        let mut functions: Vec<_> = counts.into_iter().filter(|(bytes, _)| !bytes.contains(&ESCAPE)).collect();
        functions.sort_by_key(|(_, count)| Reverse(*count));
        functions.into_iter().take(HOT_CALLS).map(|(function, _)| function).collect()
    }

    /// What is in each field, in the order of the code.
    fn fields(&self) -> impl Iterator<Item = (Kind, &'a [u8])> {
        let items = self.symbols.iter().flat_map(|symbol| &self.templates[*symbol]);
        let kinds = items.filter_map(|item| if let Item::Field(kind) = item { Some(*kind) } else { None });
        kinds.zip(self.values.iter().copied())
    }

    fn finish(&mut self) {
        let template = std::mem::take(&mut self.template);
        let next = self.templates.len();
        let symbol = *self.numbers.entry(template).or_insert_with_key(|template| {
            self.templates.push(template.clone());
            next
        });
        self.symbols.push(symbol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<usize> {
        let mut section = vec![body.len() as u8];
        section.extend(body);
        Code::read(&mut Reader::new(&section), 1).map(|code| code.values.len())
    }

    #[test]
    fn an_instruction_that_is_not_known_is_refused_by_its_number() {
        for (body, number) in [
            (&[0, 0x12, 0, 0x0b][..], "0x12"),
            (&[0, 0xfd, 0x0c, 0x0b], "0xfd"),
            (&[0, 0xfe, 0x03, 0x0b], "0xfe"),
            (&[0, 0xfc, 0x12, 0x0b], "0xfc 0x12"),
            (&[0, 0x28, 0x42, 0, 0, 0x0b], "0x28"),
        ] {
            let error = read(body).unwrap_err().to_string();
            assert!(error.contains(number), "{error}");
        }
    }

    #[test]
    fn code_that_ends_within_an_instruction_is_refused() {
        for body in [&[0, 0x41][..], &[0, 0x41, 0x80], &[0, 0x44, 0, 0], &[1, 0x7f], &[0, 0x0e, 2, 0, 0]] {
            assert!(read(body).is_err(), "{body:?}");
        }
    }
}
