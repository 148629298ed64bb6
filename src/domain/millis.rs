//! How long something took.

use std::num::NonZeroU64;

/// Whole milliseconds, below `u64::MAX`. A time that may be unknown takes no more room than one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(OneMore);

/// The milliseconds and one more, which is never 0.
type OneMore = NonZeroU64;

impl From<u64> for Millis {
    fn from(milliseconds: u64) -> Self {
        Self(OneMore::MIN.saturating_add(milliseconds))
    }
}

impl Millis {
    /// How many there are.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_what_it_was_made_from_and_an_unknown_one_takes_no_more_room() {
        for milliseconds in [0, 1, 12, u64::MAX - 1] {
            assert_eq!(Millis::from(milliseconds).get(), milliseconds);
        }
        assert_eq!(Millis::from(u64::MAX), Millis::from(u64::MAX - 1));
        assert_eq!(size_of::<Option<Millis>>(), size_of::<Millis>());
    }
}
