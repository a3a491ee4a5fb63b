//! Which byte stands for which symbol.
//!
//! Brotli guesses a byte by the two before it, of each of which it knows only in which of eight classes it lies: [`class`], from RFC 7932,
//! section 7.1, for what is not text. So symbols after which the same ones follow get bytes of the same class.

use std::cmp::Reverse;

/// How many bytes there are.
const BYTES: usize = 256;
/// The classes, smallest first: the most frequent symbols can use one alone.
const SMALLEST_FIRST: [usize; 8] = [7, 0, 6, 1, 5, 2, 4, 3];
/// After so many rounds little gets better.
const ROUNDS: usize = 8;

/// How often each symbol comes.
type Counts = [u32; BYTES];

/// Gives the byte of each symbol, by the symbol, for a row of symbols.
pub fn numbers(row: &[u8]) -> [u8; BYTES] {
    let mut numbering = Numbering::new(row);
    for _ in 0..ROUNDS {
        let swaps = (0..BYTES).filter(|symbol| numbering.improve(*symbol)).count();
        if swaps == 0 {
            break;
        }
    }
    numbering.bytes
}

/// The class of a byte.
fn class(byte: u8) -> usize {
    match byte {
        0 => 0,
        1..16 => 1,
        16..64 => 2,
        64..128 => 3,
        128..192 => 4,
        192..240 => 5,
        240..255 => 6,
        255 => 7,
    }
}

/// How many bits the symbols take that were counted, by themselves.
fn bits(counts: &Counts) -> f64 {
    let weight = |count: u32| if count == 0 { 0.0 } else { f64::from(count) * f64::from(count).log2() };
    weight(counts.iter().sum()) - counts.iter().map(|count| weight(*count)).sum::<f64>()
}

struct Numbering {
    bytes: [u8; BYTES],
    /// How often each symbol follows a symbol.
    after_symbol: Vec<Counts>,
    /// How often each symbol follows one of a class.
    after_class: [Counts; 8],
}

impl Numbering {
    fn new(row: &[u8]) -> Self {
        let mut after_symbol = vec![[0; BYTES]; BYTES];
        let mut counts = [0_u32; BYTES];
        for pair in row.windows(2) {
            after_symbol[usize::from(pair[0])][usize::from(pair[1])] += 1;
        }
        row.iter().for_each(|symbol| counts[usize::from(*symbol)] += 1);

        let mut symbols: Vec<_> = (0..BYTES).collect();
        symbols.sort_by_key(|symbol| Reverse(counts[*symbol]));
        let in_order =
            SMALLEST_FIRST.into_iter().flat_map(|wanted| (0..=255).filter(move |byte| class(*byte) == wanted));
        let mut bytes = [0; BYTES];
        let mut after_class = [[0; BYTES]; 8];
        for (symbol, byte) in symbols.into_iter().zip(in_order) {
            bytes[symbol] = byte;
            let after = &mut after_class[class(byte)];
            after.iter_mut().zip(after_symbol[symbol]).for_each(|(sum, count)| *sum += count);
        }
        Self { bytes, after_symbol, after_class }
    }

    fn class_of(&self, symbol: usize) -> usize {
        class(self.bytes[symbol])
    }

    /// Swaps a symbol's byte with the one for which the row gets smallest, if it gets smaller at all.
    fn improve(&mut self, symbol: usize) -> bool {
        if self.is_unused(symbol) {
            return false;
        }
        let own = self.class_of(symbol);
        let mut others: Vec<usize> = Vec::new();
        for wanted in (0..8).filter(|class| *class != own) {
            let members: Vec<usize> = (0..BYTES).filter(|other| self.class_of(*other) == wanted).collect();
            match members.iter().find(|other| self.is_unused(**other)) {
                Some(unused) => others.push(*unused),
                None if members.len() < 16 => others.extend(members),
                // In a large class one symbol more or less counts for little.
                None => {}
            }
        }
        let saved = others.into_iter().map(|other| (self.saved_by_swap(symbol, other), other));
        match saved.max_by(|one, other| one.0.total_cmp(&other.0)) {
            Some((saved, other)) if saved > 1e-3 => {
                self.swap(symbol, other);
                true
            }
            _ => false,
        }
    }

    fn is_unused(&self, symbol: usize) -> bool {
        self.after_symbol[symbol].iter().all(|count| *count == 0)
    }

    /// What follows the classes of two symbols when their bytes are swapped.
    fn swapped(&self, one: usize, other: usize) -> [Counts; 2] {
        [(one, other), (other, one)].map(|(leaves, comes)| {
            let now = &self.after_class[self.class_of(leaves)];
            std::array::from_fn(|next| now[next] - self.after_symbol[leaves][next] + self.after_symbol[comes][next])
        })
    }

    fn saved_by_swap(&self, one: usize, other: usize) -> f64 {
        let now = [one, other].map(|symbol| bits(&self.after_class[self.class_of(symbol)]));
        let then = self.swapped(one, other);
        now.iter().sum::<f64>() - then.iter().map(bits).sum::<f64>()
    }

    fn swap(&mut self, one: usize, other: usize) {
        let [first, second] = self.swapped(one, other);
        self.after_class[self.class_of(one)] = first;
        self.after_class[self.class_of(other)] = second;
        self.bytes.swap(one, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_has_a_byte_of_its_own() {
        let row: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 25) as u8).collect();
        let mut bytes = numbers(&row);
        bytes.sort_unstable();
        assert!(bytes.iter().enumerate().all(|(place, byte)| place == usize::from(*byte)));
    }

    #[test]
    fn symbols_that_are_followed_by_the_same_ones_share_a_class() {
        let vowels = [0, 1, 2, 3, 4];
        let row: Vec<u8> = (0..5000_u32)
            .map(|n| {
                let any = (n.wrapping_mul(2_654_435_761) >> 16) as usize;
                if n % 2 == 0 { vowels[any % 5] } else { 10 + (any % 20) as u8 }
            })
            .collect();
        let numbering = numbers(&row);
        let classes =
            |symbols: std::ops::Range<usize>| symbols.map(|symbol| class(numbering[symbol])).collect::<Vec<_>>();
        assert!(classes(0..5).iter().all(|class| !classes(10..30).contains(class)));
    }
}
