//! How many of the latest calls were refused. One in ten is chance, or the price of going at the provider's pace; more
//! than that is too much at once.

/// One call in so many may be refused.
const CALLS_A_REFUSAL: u64 = 10;
/// Refusals that are too much, at least: a single one is chance.
const FEWEST: u64 = 2;
/// After so many calls the older ones count half.
const WINDOW: u64 = 100;

/// The latest calls, refused or not.
#[derive(Debug, Default)]
pub(super) struct Share {
    calls: u64,
    refused: u64,
}

impl Share {
    /// Counts a call; whether too many were refused.
    pub(super) fn count(&mut self, refused: bool) -> bool {
        if self.calls >= WINDOW {
            (self.calls, self.refused) = (self.calls / 2, self.refused / 2);
        }
        self.calls += 1;
        self.refused += u64::from(refused);
        self.refused >= FEWEST && self.refused * CALLS_A_REFUSAL > self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls after which too many were refused, when every so manieth is.
    fn too_many(every: usize) -> Option<usize> {
        let mut share = Share::default();
        (1..10_000).find(|call| share.count(call % every == 0))
    }

    #[test]
    fn one_refusal_in_ten_is_not_too_much_and_more_are() {
        assert_eq!([1, 2, 9].map(too_many), [Some(2), Some(4), Some(18)]);
        assert_eq!([10, 20].map(too_many), [None, None]);
    }

    #[test]
    fn long_peace_does_not_hide_a_storm() {
        let mut share = Share::default();
        (0..10_000).for_each(|_| assert!(!share.count(false)));
        assert!((1..=11).any(|_| share.count(true)));
    }
}
