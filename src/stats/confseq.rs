//! Confidence sequences: intervals of a mean difference that hold at every look together. The means that neither side's
//! e-process rejects (Waudby-Smith & Ramdas 2024, section 4).

use super::eprocess::{Null, Outcomes, log_e, log_e_counts, log_e_tallied};
use super::estimate::Interval;

/// Where the search for a limit ends.
const EDGE: f64 = 1.0 - 1e-12;

/// Where the mean of all cases seen lies, at a one-sided error of `alpha` each side over all looks together.
/// Differences are in [−1, 1]; without any the interval is [−1, 1].
#[must_use]
pub fn confseq(differences: &[f64], alpha: f64) -> Interval {
    let whole = Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * alpha);
    narrowed(whole, |null| log_e(differences, null), alpha)
}

/// [`confseq`] of pass/fail outcomes.
#[must_use]
pub fn confseq_counts(outcomes: Outcomes, alpha: f64) -> Interval {
    let whole = Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * alpha);
    narrowed(whole, |null| log_e_counts(outcomes, null), alpha)
}

/// The interval after each case: the intersection of all intervals so far, so that each lies within the one before. It
/// is empty (its low end above its high end) when the cases contradict the assumption of one mean throughout.
#[must_use]
pub fn running(differences: &[f64], alpha: f64) -> Vec<Interval> {
    let mut interval = Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * alpha);
    (1..=differences.len())
        .map(|cases| {
            interval = narrowed(interval, |null| log_e(&differences[..cases], null), alpha);
            interval
        })
        .collect()
}

/// A confidence sequence at work: the last interval of [`running`], in a time per case that does not grow with the number
/// of cases, but with that of different differences.
#[derive(Debug, Clone)]
pub struct Running {
    alpha: f64,
    /// Differences with how many cases have them, ascending.
    tallied: Vec<(f64, usize)>,
    interval: Interval,
}

impl Running {
    /// Before the first case; `alpha` is the one-sided error of each side over all looks together.
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha, tallied: Vec::new(), interval: Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * alpha) }
    }

    /// Takes the difference of the next case, in [−1, 1], without a look.
    pub fn add(&mut self, difference: f64) {
        match self.tallied.binary_search_by(|(known, _)| known.total_cmp(&difference)) {
            Ok(place) => self.tallied[place].1 += 1,
            Err(place) => self.tallied.insert(place, (difference, 1)),
        }
    }

    /// Looks at the cases so far: the interval loses what they reject. It never becomes empty: cases that contradict
    /// what is left of it leave it as it is, so that a limit that was crossed stays crossed.
    pub fn look(&mut self) {
        let narrowed = narrowed(self.interval, |null| log_e_tallied(&self.tallied, null), self.alpha);
        if narrowed.low < narrowed.high {
            self.interval = narrowed;
        }
    }

    /// Where the mean lies after the last look; [−1, 1] before the first.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }
}

/// The part of `interval` that evidence does not reject. Evidence against "at most m" falls as m rises, and that
/// against "at least m" rises, so that one look at an end says whether the end moves.
fn narrowed(interval: Interval, log_e: impl Fn(Null) -> f64, alpha: f64) -> Interval {
    let enough = -alpha.ln();
    let low = interval.low.unwrap_or(-1.0).max(-EDGE);
    let high = interval.high.unwrap_or(1.0).min(EDGE);
    let too_low = |mean: f64| log_e(Null::AtMost(mean)) >= enough;
    let too_high = |mean: f64| log_e(Null::AtLeast(mean)) >= enough;
    Interval {
        low: if too_low(low) { Some(last(too_low, low, EDGE)) } else { interval.low },
        high: if too_high(high) { Some(last(too_high, high, -EDGE)) } else { interval.high },
        confidence: interval.confidence,
    }
}

/// Bisects from a mean that is rejected towards one that is not, for the last that is rejected.
fn last(rejected: impl Fn(f64) -> bool, mut inside: f64, mut outside: f64) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(inside, outside);
        if middle.total_cmp(&inside).is_eq() || middle.total_cmp(&outside).is_eq() {
            break;
        }
        if rejected(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    f64::midpoint(inside, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_sequence_ends_where_the_last_look_alone_would_or_within() {
        let differences: Vec<f64> = (0..120).map(|case| [0.0, 0.0, 1.0, 0.0, -1.0 / 3.0][case % 5]).collect();
        let running = running(&differences, 0.025);
        let alone = confseq(&differences, 0.025);
        let last = running.last().expect("has cases");
        assert!(last.low >= alone.low && last.high <= alone.high, "{last:?} {alone:?}");
        assert!(last.low > Some(-0.1) && last.high < Some(0.5), "{last:?}");
        assert!((last.confidence - 0.95).abs() < 1e-12);
    }

    #[test]
    fn at_work_it_is_the_running_sequence_and_counts_from_its_first_look() {
        let differences: Vec<f64> = (0..60).map(|case| [0.0, 1.0, 1.0, 0.0, -0.5][case % 5]).collect();
        let sequence = super::running(&differences, 0.025);
        let [mut always, mut late] = [Running::new(0.025), Running::new(0.025)];
        for (case, &difference) in differences.iter().enumerate() {
            always.add(difference);
            always.look();
            let close = |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| (a - b).abs() < 1e-12);
            let (found, expected) = (always.interval(), sequence[case]);
            assert!(close(found.low, expected.low) && close(found.high, expected.high), "{found:?} {expected:?}");
            late.add(difference);
        }
        assert_eq!(late.interval(), Interval::bounded(-1.0, 1.0, 0.95));
        late.look();
        assert!(late.interval().low <= always.interval().low && late.interval().low > Some(0.0));
    }

    #[test]
    fn what_was_crossed_stays_crossed() {
        let mut running = Running::new(0.025);
        let mut take = |difference: f64, cases: usize| {
            for _ in 0..cases {
                running.add(difference);
                running.look();
            }
            running.interval()
        };
        let risen = take(1.0, 30);
        let fallen = take(-1.0, 300);
        assert!(fallen.low >= risen.low && risen.low > Some(0.5), "{risen:?} {fallen:?}");
        assert!(fallen.low < fallen.high);
    }

    #[test]
    fn nothing_seen_says_nothing() {
        let nothing = Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * 0.025);
        assert_eq!(confseq(&[], 0.025), nothing);
        assert_eq!(confseq_counts(Outcomes::default(), 0.025), nothing);
        assert_eq!(running(&[], 0.025), []);
    }
}
