//! Turns packed WebAssembly back into what it was.
//!
//! WebAssembly compresses badly because what is alike does not lie side by side: between two instructions lies the number of a local
//! variable, an offset, a constant. `xtask/src/pack.rs` takes them apart, each kind into a stream of its own, so that the compression of
//! HTTP sees them in rows; this crate puts them together again. It knows no instruction. A byte of the stream [`SYMBOLS`] names a
//! template, which has bytes to be written as they are and, after an [`ESCAPE`], the stream from which the next number is taken.
//!
//! Packed WebAssembly is [`STREAMS`] lengths, each in LEB128, and then the streams.

#![no_std]

/// How many streams there are.
pub const STREAMS: usize = 48;
/// The stream with the templates by symbol, each after its length.
pub const TEMPLATES: usize = 0;
/// The stream that names a template at a time.
pub const SYMBOLS: usize = 1;
/// The stream with what precedes the first function's body.
pub const HEAD: usize = 2;
/// The stream with what follows the last function's body.
pub const TAIL: usize = 3;
/// The stream from which single bytes are taken; from those that follow, numbers in LEB128.
pub const BYTES: usize = 4;

/// What in a template precedes the number of a stream.
pub const ESCAPE: u8 = 0xff;
/// What stands in place of a stream's number where a function's body ends: its length is written before it.
pub const END: u8 = 0;

/// Writes what `packed` holds to the start of `plain`, and gives its length.
///
/// # Panics
///
/// Where `packed` was not made by the packer, or `plain` is too short.
pub fn unpack(packed: &[u8], plain: &mut [u8]) -> usize {
    let mut start = 0;
    let lengths: [usize; STREAMS] = core::array::from_fn(|_| number(packed, &mut start));
    // Where the next byte of each stream lies.
    let mut streams = lengths.map(|length| {
        start += length;
        start - length
    });
    let templates: [&[u8]; 256] = core::array::from_fn(|_| {
        let length = usize::from(next(packed, &mut streams[TEMPLATES]));
        slice(packed, &mut streams[TEMPLATES], length)
    });

    let mut output = Output { plain, length: 0 };
    output.extend(slice(packed, &mut streams[HEAD], lengths[HEAD]));
    let mut body = output.length;
    for symbol in slice(packed, &mut streams[SYMBOLS], lengths[SYMBOLS]) {
        let mut template = templates[usize::from(*symbol)].iter();
        while let Some(&item) = template.next() {
            if item != ESCAPE {
                output.push(item);
                continue;
            }
            let stream = template.next().map_or(0, |stream| usize::from(*stream));
            if stream == usize::from(END) {
                output.put_length_before(body);
                body = output.length;
                continue;
            }
            while {
                let byte = next(packed, &mut streams[stream]);
                output.push(byte);
                byte >= 0x80 && stream != BYTES
            } {}
        }
    }
    output.extend(slice(packed, &mut streams[TAIL], lengths[TAIL]));
    output.length
}

/// Takes one byte.
fn next(bytes: &[u8], at: &mut usize) -> u8 {
    *at += 1;
    bytes[*at - 1]
}

/// Takes several bytes.
fn slice<'a>(bytes: &'a [u8], at: &mut usize, length: usize) -> &'a [u8] {
    let start = *at;
    *at = start.wrapping_add(length);
    &bytes[start..*at]
}

/// Takes a number in LEB128.
fn number(bytes: &[u8], at: &mut usize) -> usize {
    let byte = usize::from(next(bytes, at));
    match byte {
        0..0x80 => byte,
        _ => (byte & 0x7f) | (number(bytes, at) << 7),
    }
}

struct Output<'a> {
    plain: &'a mut [u8],
    length: usize,
}

impl Output<'_> {
    fn push(&mut self, byte: u8) {
        self.plain[self.length] = byte;
        self.length += 1;
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.plain[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    /// Moves what was written since `start`, and writes before it how long it is, in LEB128.
    fn put_length_before(&mut self, start: usize) {
        let mut rest = self.length - start;
        let mut at = start;
        loop {
            self.plain.copy_within(at..self.length, at + 1);
            self.length += 1;
            self.plain[at] = (rest & 0x7f) as u8 | if rest < 0x80 { 0 } else { 0x80 };
            at += 1;
            rest >>= 7;
            if rest == 0 {
                break;
            }
        }
    }
}

/// What a browser calls: the packer gives it the two places in the memory.
#[cfg(target_arch = "wasm32")]
mod module {
    #[unsafe(no_mangle)]
    #[expect(
        unsafe_code,
        reason = "the packer puts the packed bytes and the room for the plain ones into the memory itself"
    )]
    unsafe extern "C" fn unpack(packed: *const u8, packed_length: usize, plain: *mut u8, plain_length: usize) {
        // SAFETY: The packer gives two parts of the memory that do not overlap and that nothing else uses.
        let (packed, plain) = unsafe {
            (core::slice::from_raw_parts(packed, packed_length), core::slice::from_raw_parts_mut(plain, plain_length))
        };
        super::unpack(packed, plain);
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    /// Streams in their order, the first of which are the templates of the symbols 0 and so on.
    fn packed(templates: &[&[u8]], streams: &[&[u8]]) -> Vec<u8> {
        let mut table = Vec::new();
        for symbol in 0..256 {
            let template = templates.get(symbol).copied().unwrap_or_default();
            table.push(template.len() as u8);
            table.extend(template);
        }
        let mut packed = Vec::new();
        let lengths = [table.len()].into_iter().chain(streams.iter().map(|stream| stream.len()));
        for length in lengths.chain([0; STREAMS]).take(STREAMS) {
            packed.extend([length as u8 | 0x80, (length >> 7) as u8]);
        }
        packed.extend(table);
        packed.extend(streams.concat());
        packed
    }

    const TEMPLATES_OF_ALL_KINDS: [&[u8]; 3] =
        [&[0x20, ESCAPE, 5, 0x0b], &[ESCAPE, 4, ESCAPE, 4], &[ESCAPE, END, 0x99]];

    #[test]
    fn templates_are_filled_from_their_streams_and_bodies_get_their_lengths() {
        let streams: [&[u8]; 5] = [&[0, 2, 1, 0], b"head", b"tail", &[0x80, 0x90], &[0x81, 0x01, 0x07]];
        let mut plain = [0; 64];
        let length = unpack(&packed(&TEMPLATES_OF_ALL_KINDS, &streams), &mut plain);
        let expected = [b"head\x04\x20\x81\x01\x0b", &[0x99, 0x80, 0x90, 0x20, 0x07, 0x0b][..], b"tail"].concat();
        assert_eq!(&plain[..length], expected);
    }

    #[test]
    fn a_long_body_gets_a_length_of_several_bytes() {
        let mut symbols = [1; 101];
        symbols[100] = 2;
        let mut plain = [0; 512];
        let length = unpack(&packed(&TEMPLATES_OF_ALL_KINDS, &[&symbols, b"", b"", &[0x55; 200]]), &mut plain);
        assert_eq!(plain[..3], [0xc8, 0x01, 0x55]);
        assert_eq!((length, plain[length - 2], plain[length - 1]), (203, 0x55, 0x99));
    }

    #[test]
    fn what_is_cut_off_or_has_no_room_panics() {
        let streams: [&[u8]; 5] = [&[0, 2, 1, 0], b"head", b"tail", &[0x80, 0x90], &[0x81, 0x01, 0x07]];
        let whole = packed(&TEMPLATES_OF_ALL_KINDS, &streams);
        for length in 0..whole.len() {
            assert!(std::panic::catch_unwind(|| unpack(&whole[..length], &mut [0; 64])).is_err(), "{length}");
        }
        assert!(std::panic::catch_unwind(|| unpack(&whole, &mut [0; 18])).is_err());
    }
}
