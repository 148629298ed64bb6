//! What a number of pairs can decide of a margin: said before money is spent on them.

use serde::Serialize;

use super::count;
use crate::stats::power::{Goal, Precision, exact, sample_size_score};
use crate::stats::tango::Discordant;

/// The chance of deciding that margins and numbers of cases are worked out for.
const POWER: f64 = 0.8;

/// How much arms may disagree where no earlier run tells.
pub const DISCORDANCES: [f64; 3] = [0.05, 0.10, 0.20];

/// A margin, and the pairs that are to decide it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Question {
    /// The largest loss tolerated, a share.
    pub margin: f64,
    /// Two-sided confidence of the interval that decides.
    pub confidence: f64,
    /// Pairs planned.
    pub pairs: usize,
    /// Independent pairs that one pair counts for: below 1 where weights differ or clusters repeat themselves.
    pub effective_per_pair: f64,
}

/// How much the arms disagree, and why that is assumed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assumption {
    /// Share of the pairs that only one arm passes.
    pub discordance: f64,
    /// The earlier run in which it was seen; `None` for a guess.
    pub run: Option<String>,
}

/// What can be decided if the arms are equally good.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// How much they disagree.
    #[serde(flatten)]
    pub assumed: Assumption,
    /// The smallest margin that these pairs confirm with a chance of 80 %; `None` when there is none below 1.
    pub resolves: Option<f64>,
    /// Chance of "not worse by more than the margin".
    pub pass: f64,
    /// Chance of "worse".
    pub fail: f64,
    /// Chance of neither.
    pub inconclusive: f64,
    /// Pairs that confirm the margin asked for with a chance of 80 %; `None` for a margin of 0, which equal arms never do.
    pub pairs_needed: Option<usize>,
}

/// What the pairs of a question can decide. Everything is worked out for arms that are equally good.
#[must_use]
pub fn outlook(question: Question, assumed: Assumption) -> Outlook {
    let equal = equal_arms(assumed.discordance);
    let effective = whole(count(question.pairs) * question.effective_per_pair, f64::floor);
    let chance = exact(effective, equal, question.margin, question.confidence);
    let per_pair = question.effective_per_pair;
    let pairs_needed = effective_needed(equal, question.margin, question.confidence)
        .filter(|_| per_pair > 0.0)
        .map(|needed| whole(count(needed) / per_pair - 1e-9, f64::ceil));
    Outlook {
        resolves: resolves(effective, equal, question.confidence),
        pass: chance.pass,
        fail: chance.fail,
        inconclusive: (1.0 - chance.pass - chance.fail).max(0.0),
        pairs_needed,
        assumed,
    }
}

/// Disagreements that fall either way alike.
fn equal_arms(discordance: f64) -> Discordant {
    Discordant { baseline_only: discordance / 2.0, candidate_only: discordance / 2.0, n: 1.0 }
}

fn effective_needed(equal: Discordant, margin: f64, confidence: f64) -> Option<usize> {
    let goal = Goal { margin, precision: Precision { confidence, power: POWER } };
    sample_size_score(equal, goal).map(|size| size.cases)
}

/// The smallest margin that so many pairs confirm, to a hundredth of a point.
fn resolves(effective: usize, equal: Discordant, confidence: f64) -> Option<f64> {
    let enough =
        |steps: u32| effective_needed(equal, f64::from(steps) / STEPS, confidence).is_some_and(|n| n <= effective);
    let (mut low, mut high) = (0, 10_000);
    if !enough(high) {
        return None;
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(f64::from(high) / STEPS)
}

/// Steps of a margin from 0 to 1.
const STEPS: f64 = 10_000.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, and `as` saturates")]
fn whole(value: f64, round: fn(f64) -> f64) -> usize {
    round(value) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Question = Question { margin: 0.02, confidence: 0.95, pairs: 300, effective_per_pair: 1.0 };

    fn at(question: Question, discordance: f64) -> Outlook {
        outlook(question, Assumption { discordance, run: None })
    }

    #[test]
    fn three_hundred_pairs_confirm_five_points_and_not_two() {
        let outlook = at(ASKED, 0.10);
        let resolves = outlook.resolves.expect("is below 1");
        assert!((0.054..0.055).contains(&resolves), "{resolves}");
        assert!((1_950..2_150).contains(&outlook.pairs_needed.expect("is not 0")), "{outlook:?}");
        assert!((0.15..0.30).contains(&outlook.pass), "{outlook:?}");
        assert!(outlook.fail < 0.01 && (outlook.pass + outlook.fail + outlook.inconclusive - 1.0).abs() < 1e-9);
        // The margin that it resolves is one that it passes with about the chance promised.
        let asked = at(Question { margin: resolves, ..ASKED }, 0.10);
        assert!((0.78..0.90).contains(&asked.pass), "{asked:?}");
        assert!(asked.pairs_needed.is_some_and(|needed| needed <= 300 && needed > 290), "{asked:?}");
    }

    #[test]
    fn pairs_that_count_for_less_are_fewer() {
        let half = at(Question { pairs: 600, effective_per_pair: 0.5, ..ASKED }, 0.10);
        let whole = at(ASKED, 0.10);
        assert_eq!((half.resolves, half.pass.to_bits()), (whole.resolves, whole.pass.to_bits()));
        assert_eq!(half.pairs_needed, whole.pairs_needed.map(|needed| 2 * needed));
    }

    #[test]
    fn what_cannot_be_decided_is_said_to_be_so() {
        let nothing = at(Question { pairs: 0, ..ASKED }, 0.10);
        assert_eq!((nothing.resolves, nothing.pass, nothing.inconclusive), (None, 0.0, 1.0));
        assert_eq!(at(Question { margin: 0.0, ..ASKED }, 0.10).pairs_needed, None);
    }
}
