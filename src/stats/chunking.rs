//! Calls and tokens for an input longer than a context window: a larger window needs fewer calls.

/// How a long input is cut into calls, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunking {
    /// The input as a whole.
    pub document: u64,
    /// The context window of the model.
    pub window: u64,
    /// What every call needs beside its chunk: instructions, tools, and the room for the output.
    pub reserved: u64,
    /// What a chunk repeats of the one before.
    pub overlap: u64,
}

impl Chunking {
    /// Calls for the whole input, at least 1. `None` when a call has no room for anything new.
    #[must_use]
    pub fn calls(self) -> Option<u64> {
        let room = self.window.checked_sub(self.reserved)?;
        if self.document <= room {
            return (room > 0).then_some(1);
        }
        let fresh = room.checked_sub(self.overlap).filter(|&fresh| fresh > 0)?;
        Some((self.document - self.overlap).div_ceil(fresh))
    }

    /// Tokens of the input as sent: chunks with what they repeat, without what is reserved. `None` as in [`Self::calls`].
    #[must_use]
    pub fn sent(self) -> Option<u64> {
        self.document.checked_add(self.overlap.checked_mul(self.calls()? - 1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_after_the_first_repeats_the_overlap() {
        let small = Chunking { document: 100, window: 50, reserved: 10, overlap: 10 };
        let rows = [
            (small, Some(3), Some(120)),
            (Chunking { document: 101, ..small }, Some(4), Some(131)),
            (Chunking { window: 110, ..small }, Some(1), Some(100)),
            (Chunking { window: 109, ..small }, Some(2), Some(110)),
            (Chunking { document: 0, ..small }, Some(1), Some(0)),
            (Chunking { overlap: 40, ..small }, None, None),
            (Chunking { reserved: 51, ..small }, None, None),
        ];
        for (chunking, calls, sent) in rows {
            assert_eq!((chunking.calls(), chunking.sent()), (calls, sent), "{chunking:?}");
        }
    }
}
