//! Bytes and numbers of a WebAssembly file.

use anyhow::{Context, Result};

/// What of some bytes is still to be read.
#[derive(Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// The next bytes.
    pub fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count).context("the file ends too early")?;
        self.0 = rest;
        Ok(bytes)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    /// The bytes of the next number in LEB128.
    pub fn leb(&mut self) -> Result<&'a [u8]> {
        let last = self.0.iter().position(|byte| *byte < 0x80).context("the file ends within a number")?;
        self.bytes(last + 1)
    }

    /// The next number in LEB128, where it is one without a sign and of 32 bits.
    pub fn number(&mut self) -> Result<usize> {
        let bytes = self.leb()?.iter().rev();
        Ok(bytes.fold(0_usize, |number, byte| (number << 7) | usize::from(byte & 0x7f)))
    }
}

/// Writes a number in LEB128.
pub fn write_number(mut number: usize, bytes: &mut Vec<u8>) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
