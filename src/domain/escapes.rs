//! Which bytes of a text stand for themselves in JSON.

/// Bytes that are looked at together.
const BLOCK: usize = 8;

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Where the next byte of a text stands that JSON spells otherwise: a quote, a backslash, a control character. The text
/// is passed over a block at a time.
#[must_use]
pub fn next_escaped(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (index, block) in blocks.iter().enumerate() {
        let found = escaped_in(u64::from_le_bytes(*block));
        if found != 0 {
            return Some(index * BLOCK + found.trailing_zeros() as usize / 8);
        }
    }
    let passed = bytes.len() - rest.len();
    rest.iter().position(|byte| is_escaped(*byte)).map(|place| passed + place)
}

/// The high bit of every byte that does not stand for itself. Above the first of them others may be set too.
fn escaped_in(block: u64) -> u64 {
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; BLOCK])
    }
    // Where a byte is the smaller one, its high bit is borrowed, unless it was set before.
    let below = |block: u64, byte: u8| block.wrapping_sub(all(byte)) & !block;
    let found = below(block, b' ') | below(block ^ all(b'"'), 1) | below(block ^ all(b'\\'), 1);
    found & all(0x80)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_next_escaped_byte_is_the_first_of_all(bytes in prop::collection::vec(prop_oneof![
            6 => any::<u8>().prop_filter("plain", |byte| !is_escaped(*byte)),
            1 => prop::sample::select(&[0, 0x1f, b'"', b'\\'][..]),
            2 => prop::sample::select(&[b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0x9f, 0xa2, 0xff][..]),
        ], 0..40)) {
            prop_assert_eq!(next_escaped(&bytes), bytes.iter().position(|byte| is_escaped(*byte)));
        }
    }
}
