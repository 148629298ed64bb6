//! The scorer `reciprocal_rank`: how early a ranking names something relevant.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use super::{Built, Judgement, Measures, Scorer, options, ranking};

pub(super) const OPTIONS: &[&str] = &["k", "pass_at"];

/// The grade is 1 ÷ the place of the first id whose relevance is above 0; 0 where there is none, among the first `k`
/// places where it is given. An answer passes from `pass_at` on, 1 unless given: the first place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReciprocalRank {
    k: Option<usize>,
    pass_at: f64,
}

impl Default for ReciprocalRank {
    fn default() -> Self {
        Self { k: None, pass_at: 1.0 }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<ReciprocalRank>(given)?;
    ranking::checked(scorer.pass_at, scorer.k, scorer)
}

impl Scorer for ReciprocalRank {
    fn applies(&self, case: &Case) -> bool {
        ranking::relevance(case).is_some()
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        ranking::judge(case, response, self.pass_at, |found, _| self.measure(found))
    }
}

impl ReciprocalRank {
    #[expect(clippy::cast_precision_loss, reason = "a ranking has fewer than 2^52 places")]
    fn measure(&self, found: &[f64]) -> f64 {
        let place = found.iter().take(self.k.unwrap_or(usize::MAX)).position(|relevance| *relevance > 0.0);
        place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, scorer, text, why};
    use crate::domain::{Expected, Outcome};
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn the_first_relevant_place_counts() {
        let relevance = BTreeMap::from([("a".to_owned(), 1.0), ("b".to_owned(), 2.0), ("c".to_owned(), 0.0)]);
        let case = case(Expected::Ranking(relevance));
        let rows = [
            (json!({}), "b\na", 1.0, Outcome::Pass),
            (json!({}), "c\nx\na", 1.0 / 3.0, Outcome::Fail(None)),
            (json!({"pass_at": 0.3}), "c\nx\na", 1.0 / 3.0, Outcome::Pass),
            (json!({"k": 2}), "c\nx\na", 0.0, Outcome::Fail(None)),
        ];
        for (options, answer, value, outcome) in rows {
            let judgement = scorer("reciprocal_rank", options).score(&case, &text(answer));
            assert_eq!(judgement.outcome, outcome, "{answer:?}");
            assert!((judgement.value.expect("is graded").value() - value).abs() < 1e-12, "{answer:?}");
        }
        let why = why("reciprocal_rank", json!({}), &case, &text("c\na"));
        assert_eq!(why, "0.500, below 1: found c, a");
    }

    proptest! {
        #[test]
        fn what_follows_the_first_relevant_place_changes_nothing(before in 0_usize..4, after in "[a-c\n]{0,8}") {
            let relevance = BTreeMap::from([("a".to_owned(), 1.0)]);
            let answer = format!("{}a\n{after}", "x\n".repeat(before));
            let judgement = scorer("reciprocal_rank", json!({})).score(&case(Expected::Ranking(relevance)), &text(&answer));
            let found = judgement.value.expect("is graded").value();
            let expected = 1.0 / f64::from(u8::try_from(before + 1).expect("is small"));
            prop_assert!((found - expected).abs() < 1e-12);
        }
    }
}
