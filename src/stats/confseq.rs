//! Confidence sequences: intervals of a mean difference that hold at every look together. The means that neither side's
//! e-process rejects (Waudby-Smith & Ramdas 2024, section 4).

use super::eprocess::{Null, Outcomes, log_e, log_e_counts};
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
    fn nothing_seen_says_nothing() {
        let nothing = Interval::bounded(-1.0, 1.0, 1.0 - 2.0 * 0.025);
        assert_eq!(confseq(&[], 0.025), nothing);
        assert_eq!(confseq_counts(Outcomes::default(), 0.025), nothing);
        assert_eq!(running(&[], 0.025), []);
    }
}
