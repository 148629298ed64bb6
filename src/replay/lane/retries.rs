//! How many broken calls of a lane are asked again: a share of its calls, so that retries cannot be most of the load.

/// One retry a so many calls.
const CALLS_A_RETRY: u64 = 10;
/// Retries beyond that share, at least.
const FEWEST: usize = 10;

/// The retries of a lane: a tenth of its calls, and twice what can be in flight.
#[derive(Debug)]
pub(super) struct Retries {
    burst: u64,
    made: u64,
    /// Whether it was told that none is left.
    told: bool,
}

/// Whether a broken call is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Again {
    /// It is.
    Yes,
    /// Too many were.
    No {
        /// Whether this was not told before.
        is_news: bool,
    },
}

impl Retries {
    pub(super) fn new(ceiling: usize) -> Self {
        Self { burst: FEWEST.max(ceiling.saturating_mul(2)) as u64, made: 0, told: false }
    }

    /// Takes a retry, of which there are so many for this many calls.
    pub(super) fn take(&mut self, calls: u64) -> Again {
        if self.made < self.burst + calls / CALLS_A_RETRY {
            self.made += 1;
            return Again::Yes;
        }
        Again::No { is_news: !std::mem::replace(&mut self.told, true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_calls_and_a_burst_are_asked_again() {
        for (ceiling, calls, most) in [(1, 0, 10), (1, 99, 19), (5, 100, 20), (64, 1000, 228)] {
            let mut retries = Retries::new(ceiling);
            let made = (0..1000).filter(|_| retries.take(calls) == Again::Yes).count();
            assert_eq!(made, most, "{ceiling} {calls}");
        }
    }

    #[test]
    fn that_none_is_left_is_news_once() {
        let mut retries = Retries::new(1);
        (0..10).for_each(|_| assert_eq!(retries.take(0), Again::Yes));
        assert_eq!(retries.take(9), Again::No { is_news: true });
        assert_eq!(retries.take(10), Again::Yes);
        assert_eq!(retries.take(10), Again::No { is_news: false });
    }
}
