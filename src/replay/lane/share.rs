//! How many of the latest calls were refused. One in ten is chance, or the price of going at the provider's pace; more
//! than that is too much at once.

/// One call in so many may be refused.
const CALLS_A_REFUSAL: u64 = 10;
/// Refusals that are too much, at least: a single one is chance.
const FEWEST: u64 = 2;
/// After so many calls the older ones count half.
const WINDOW: u64 = 100;
/// So many calls say how many are refused; fewer say nothing.
const ENOUGH: u64 = 10;

/// The latest calls, refused or not.
#[derive(Debug, Default)]
pub(super) struct Share {
    calls: u64,
    refused: u64,
}

impl Share {
    /// Counts a call.
    pub(super) fn count(&mut self, refused: bool) {
        if self.calls >= WINDOW {
            (self.calls, self.refused) = (self.calls / 2, self.refused / 2);
        }
        self.calls += 1;
        self.refused += u64::from(refused);
    }

    /// Whether too many calls were refused.
    pub(super) fn is_too_much(&self) -> bool {
        self.refused >= FEWEST && self.refused * CALLS_A_REFUSAL > self.calls
    }

    /// Whether so few of many calls were refused that one more is nothing but chance, as far as one can know.
    pub(super) fn is_chance(&self) -> bool {
        self.calls >= ENOUGH && self.refused * CALLS_A_REFUSAL <= self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls after which too many were refused, when every so manieth is.
    fn too_many(every: usize) -> Option<usize> {
        let mut share = Share::default();
        (1..10_000).find(|call| {
            share.count(call % every == 0);
            share.is_too_much()
        })
    }

    #[test]
    fn one_refusal_in_ten_is_not_too_much_and_more_are() {
        assert_eq!([1, 2, 9].map(too_many), [Some(2), Some(4), Some(18)]);
        assert_eq!([10, 20].map(too_many), [None, None]);
    }

    #[test]
    fn long_peace_does_not_hide_a_storm() {
        let mut share = Share::default();
        (0..10_000).for_each(|_| share.count(false));
        (0..11).for_each(|_| share.count(true));
        assert!(share.is_too_much());
    }

    #[test]
    fn one_refusal_is_chance_after_many_calls_and_not_at_the_beginning() {
        let mut share = Share::default();
        (0..8).for_each(|_| share.count(false));
        share.count(true);
        assert!(!share.is_chance());
        share.count(false);
        assert!(share.is_chance());
        share.count(true);
        assert!(!share.is_chance());
    }
}
