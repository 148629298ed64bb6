//! How many calls of a lane may be in flight: opened step by step, cut by refusals, raised by answers.

use std::time::Duration;

/// Calls in flight at the very beginning.
const FIRST: usize = 16;
/// How long until twice as many may be in flight: 256 connections are opened within 40 ms instead of at once.
const STEP: Duration = Duration::from_millis(10);

/// Answers that raise a small limit by one: at the provider's pace one call in ten is refused then, not every second.
const FEWEST_ANSWERS: usize = 10;

/// How many calls may be in flight; never below 1, never above the ceiling.
#[derive(Debug)]
pub(super) struct Limit {
    ceiling: usize,
    allowed: usize,
    opening: Opening,
    /// Answers since the limit was last raised.
    answered: usize,
}

/// How far the opening is.
#[derive(Debug, Clone, Copy)]
enum Opening {
    /// Nothing was sent yet.
    Ahead,
    /// The limit doubles at this moment.
    Next(Duration),
    Over,
}

/// A limit that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// What was in flight, or allowed to be.
    pub(super) from: usize,
    /// What may be from now on.
    pub(super) to: usize,
}

impl Limit {
    pub(super) fn new(ceiling: usize) -> Self {
        let ceiling = ceiling.max(1);
        Self { ceiling, allowed: FIRST.min(ceiling), opening: Opening::Ahead, answered: 0 }
    }

    /// How many calls may be in flight at this moment.
    pub(super) fn at(&mut self, now: Duration) -> usize {
        if matches!(self.opening, Opening::Ahead) {
            self.opening = self.next_step(now);
        }
        while let Opening::Next(at) = self.opening
            && at <= now
        {
            self.allowed = self.ceiling.min(self.allowed.saturating_mul(2));
            self.opening = self.next_step(at);
        }
        self.allowed
    }

    /// When time alone raises the limit.
    pub(super) fn opens_at(&self) -> Option<Duration> {
        match self.opening {
            Opening::Next(at) => Some(at),
            Opening::Ahead | Opening::Over => None,
        }
    }

    /// Halves what is in flight: a limit above it would hold nothing back.
    pub(super) fn halve(&mut self, in_flight: usize) -> Cut {
        self.cut(in_flight, |from| from / 2)
    }

    /// Takes a fifth away from what is in flight.
    pub(super) fn trim(&mut self, in_flight: usize) -> Cut {
        self.cut(in_flight, |from| from - from.div_ceil(5))
    }

    fn cut(&mut self, in_flight: usize, to: fn(usize) -> usize) -> Cut {
        let from = self.allowed.min(in_flight).max(1);
        self.allowed = to(from).max(1);
        self.opening = Opening::Over;
        self.answered = 0;
        Cut { from, to: self.allowed }
    }

    /// Counts an answer: as many of them as the limit, or [`FEWEST_ANSWERS`], raise it by one.
    pub(super) fn answered(&mut self) {
        if !matches!(self.opening, Opening::Over) || self.allowed == self.ceiling {
            return;
        }
        self.answered += 1;
        if self.answered >= self.allowed.max(FEWEST_ANSWERS) {
            self.allowed += 1;
            self.answered = 0;
        }
    }

    fn next_step(&self, now: Duration) -> Opening {
        if self.allowed < self.ceiling { Opening::Next(now.saturating_add(STEP)) } else { Opening::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_opens_from_the_first_call_on_and_doubles_up_to_the_ceiling() {
        let mut limit = Limit::new(200);
        let at = [5000, 5009, 5010, 5029, 5030, 5040, 9000].map(|at| limit.at(ms(at)));
        assert_eq!(at, [16, 16, 32, 64, 128, 200, 200]);
        assert_eq!(limit.opens_at(), None);
        let mut late = Limit::new(200);
        late.at(ms(0));
        assert_eq!((late.opens_at(), late.at(ms(35)), late.opens_at()), (Some(ms(10)), 128, Some(ms(40))));
        assert_eq!([Limit::new(3).at(ms(0)), Limit::new(0).at(ms(0))], [3, 1]);
    }

    #[test]
    fn a_cut_ends_the_opening_and_answers_raise_the_limit_one_by_one() {
        let mut limit = Limit::new(64);
        limit.at(ms(0));
        assert_eq!(limit.halve(18), Cut { from: 16, to: 8 });
        assert_eq!(limit.at(ms(1000)), 8);
        for (answers, raised) in [(10, 9), (10, 10), (10, 11), (11, 12), (12, 13)] {
            (1..answers).for_each(|_| limit.answered());
            assert_eq!(limit.allowed, raised - 1);
            limit.answered();
            assert_eq!(limit.allowed, raised);
        }
    }

    #[test]
    fn a_cut_counts_from_what_is_in_flight_and_leaves_one() {
        let mut limit = Limit::new(64);
        limit.at(ms(0));
        limit.at(ms(100));
        let cuts = [100, 30, 100, 15].map(|in_flight| limit.halve(in_flight).to);
        assert_eq!(cuts, [32, 15, 7, 3]);
        assert_eq!([limit.halve(3).to, limit.halve(1).to, limit.halve(0).to], [1, 1, 1]);
        let mut trimmed = Limit::new(64);
        trimmed.at(ms(0));
        trimmed.at(ms(100));
        let cuts: Vec<usize> = (0..9).map(|_| trimmed.trim(64).to).collect();
        assert_eq!(cuts, [51, 40, 32, 25, 20, 16, 12, 9, 7]);
        assert_eq!([4, 3, 2, 1].map(|in_flight| trimmed.trim(in_flight).to), [3, 2, 1, 1]);
    }

    #[test]
    fn the_ceiling_is_never_passed() {
        let mut limit = Limit::new(3);
        limit.at(ms(0));
        limit.halve(3);
        (0..99).for_each(|_| limit.answered());
        assert_eq!(limit.at(ms(0)), 3);
    }
}
