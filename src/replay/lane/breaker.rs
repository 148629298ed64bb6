//! Whether a lane sends at all: after many broken calls in a row nothing but a probe now and then.

use std::time::Duration;

/// Broken calls in a row that open a breaker, at least: more than chance breaks.
const FEWEST: usize = 20;
/// The first cool-down is this part of the longest wait, doubled after each probe that fails.
const FIRST_PART: u32 = 24;
/// No cool-down is longer than this part of the longest wait.
const LONGEST_PART: u32 = 2;

/// Whether a lane sends.
#[derive(Debug)]
pub(super) struct Breaker {
    trips_at: usize,
    max_wait: Duration,
    /// Broken calls in a row.
    broken: usize,
    open: Option<Open>,
}

/// A breaker that lets nothing pass but probes.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// When the next probe may be sent.
    until: Duration,
    cool_down: Duration,
    /// All cool-downs so far.
    waited: Duration,
    /// The probe in flight.
    probe: Option<u64>,
    /// Probes that failed.
    failed: u32,
}

/// What a breaker lets pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lets {
    /// Every call.
    Pass,
    /// One call, as a probe.
    Probe,
    /// Nothing before this moment.
    NothingUntil(Duration),
    /// Nothing until the probe ends.
    Nothing,
}

/// What a broken call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trip {
    /// Nothing is sent for a while, after this many broken calls in a row.
    Opened {
        /// Broken calls in a row.
        broken: usize,
        /// How long nothing is sent.
        cool_down: Duration,
    },
    /// The probe failed, and nothing is sent for longer.
    ProbeFailed {
        /// How long nothing is sent.
        cool_down: Duration,
    },
    /// The next cool-down would make the whole wait too long.
    TooLong {
        /// Broken calls in a row, probes among them.
        broken: usize,
        /// Probes that failed.
        probes: u32,
        /// All cool-downs.
        waited: Duration,
    },
}

impl Breaker {
    pub(super) fn new(ceiling: usize, max_wait: Duration) -> Self {
        Self { trips_at: ceiling.max(FEWEST), max_wait, broken: 0, open: None }
    }

    pub(super) fn lets(&self, now: Duration) -> Lets {
        match self.open {
            None => Lets::Pass,
            Some(Open { probe: Some(_), .. }) => Lets::Nothing,
            Some(Open { until, .. }) if until > now => Lets::NothingUntil(until),
            Some(_) => Lets::Probe,
        }
    }

    /// A call that was let pass as a probe.
    pub(super) fn probe(&mut self, call: u64) {
        if let Some(open) = &mut self.open {
            open.probe = Some(call);
        }
    }

    /// Whether one more broken call opens the breaker.
    pub(super) fn is_about_to_open(&self) -> bool {
        self.open.is_none() && self.broken + 1 >= self.trips_at
    }

    /// Counts a broken call. Those that were sent before the breaker opened say nothing new.
    pub(super) fn broken(&mut self, call: u64, now: Duration) -> Option<Trip> {
        self.broken += 1;
        let broken = self.broken;
        let Some(open) = &mut self.open else {
            if broken < self.trips_at {
                return None;
            }
            let cool_down = self.max_wait / FIRST_PART;
            let until = now.saturating_add(cool_down);
            self.open = Some(Open { until, cool_down, waited: cool_down, probe: None, failed: 0 });
            return Some(Trip::Opened { broken, cool_down });
        };
        if open.probe != Some(call) {
            return None;
        }
        let cool_down = open.cool_down.saturating_mul(2).min(self.max_wait / LONGEST_PART);
        open.probe = None;
        open.failed += 1;
        if open.waited.saturating_add(cool_down) > self.max_wait {
            return Some(Trip::TooLong { broken, probes: open.failed, waited: open.waited });
        }
        open.cool_down = cool_down;
        open.waited += cool_down;
        open.until = now.saturating_add(cool_down);
        Some(Trip::ProbeFailed { cool_down })
    }

    /// Counts a call that the provider heard; whether it closed the breaker.
    pub(super) fn heard(&mut self) -> bool {
        self.broken = 0;
        self.open.take().is_some()
    }

    /// A call that was not sent after all.
    pub(super) fn released(&mut self, call: u64) {
        if let Some(open) = &mut self.open
            && open.probe == Some(call)
        {
            open.probe = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);
    const MAX_WAIT: Duration = Duration::from_mins(2);

    fn s(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(1, MAX_WAIT);
        assert_eq!((1..=20).filter_map(|call| breaker.broken(call, NOW)).count(), 1);
        breaker
    }

    #[test]
    fn it_opens_after_as_many_as_can_be_in_flight_and_never_by_a_few() {
        for (ceiling, trips_at) in [(1, 20), (20, 20), (64, 64)] {
            let mut breaker = Breaker::new(ceiling, MAX_WAIT);
            assert!((1..trips_at).all(|call| breaker.broken(call, NOW).is_none()));
            assert!(breaker.is_about_to_open());
            let broken = usize::try_from(trips_at).expect("fits");
            assert_eq!(breaker.broken(trips_at, NOW), Some(Trip::Opened { broken, cool_down: s(5) }));
            assert!(!breaker.is_about_to_open());
        }
        let mut breaker = Breaker::new(1, MAX_WAIT);
        for call in 0..100 {
            assert_eq!(breaker.broken(call, NOW), None);
            if call % 19 == 18 {
                assert!(!breaker.heard());
            }
        }
    }

    #[test]
    fn one_probe_at_a_time_passes_and_what_was_in_flight_says_nothing_new() {
        let mut breaker = opened();
        assert_eq!(breaker.lets(NOW), Lets::NothingUntil(NOW + s(5)));
        assert_eq!(breaker.broken(21, NOW + s(1)), None);
        assert_eq!(breaker.lets(NOW + s(5)), Lets::Probe);
        breaker.probe(30);
        assert_eq!(breaker.lets(NOW + s(5)), Lets::Nothing);
        // One that was never sent makes room for another.
        breaker.released(30);
        assert_eq!(breaker.lets(NOW + s(5)), Lets::Probe);
        breaker.probe(31);
        breaker.released(7);
        assert_eq!(breaker.lets(NOW + s(5)), Lets::Nothing);
        assert!(breaker.heard());
        assert_eq!((breaker.lets(NOW), breaker.broken(32, NOW)), (Lets::Pass, None));
    }

    #[test]
    fn cool_downs_double_and_end_with_the_longest_wait() {
        let mut breaker = opened();
        let mut failed = Vec::new();
        for call in 30..34 {
            breaker.probe(call);
            failed.push(breaker.broken(call, NOW));
        }
        let again = |seconds| Some(Trip::ProbeFailed { cool_down: s(seconds) });
        let end = Some(Trip::TooLong { broken: 24, probes: 4, waited: s(75) });
        assert_eq!(failed, [again(10), again(20), again(40), end]);
    }
}
