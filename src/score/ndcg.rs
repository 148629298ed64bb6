//! The scorer `ndcg`: how near a ranking is to the best one, the first places counting most.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use super::{Built, Judgement, Measures, Scorer, options, ranking};

pub(super) const OPTIONS: &[&str] = &["gain", "k", "pass_at"];

/// How much a relevance is worth.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gain {
    /// The relevance itself (Järvelin & Kekäläinen 2002), as `trec_eval` and scikit-learn have it.
    #[default]
    Linear,
    /// 2^relevance − 1 (Burges et al. 2005).
    Exponential,
}

impl Gain {
    fn of(self, relevance: f64) -> f64 {
        match self {
            Self::Linear => relevance,
            Self::Exponential => relevance.exp2() - 1.0,
        }
    }
}

/// The grade is DCG ÷ that of the best ranking, where DCG = Σ gain(i) ÷ log₂(i + 1) over the places i = 1, 2, … of the
/// answer, the first `k` where it is given. An id that is missing gains nothing, nor does one that is not listed, or is
/// there a second time, though it takes up a place. An answer passes from `pass_at` on, 1 unless given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ndcg {
    gain: Gain,
    k: Option<usize>,
    pass_at: f64,
}

impl Default for Ndcg {
    fn default() -> Self {
        Self { gain: Gain::default(), k: None, pass_at: 1.0 }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<Ndcg>(given)?;
    ranking::checked(scorer.pass_at, scorer.k, scorer)
}

impl Scorer for Ndcg {
    fn applies(&self, case: &Case) -> bool {
        ranking::relevance(case).is_some()
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        ranking::judge(case, response, self.pass_at, |found, relevance| self.measure(found, relevance))
    }
}

impl Ndcg {
    fn measure(&self, found: &[f64], relevance: &BTreeMap<String, f64>) -> f64 {
        let mut best: Vec<f64> = relevance.values().copied().collect();
        best.sort_by(|one, other| other.total_cmp(one));
        // Gains beyond a double make both sums infinite: then only the very order of the best one is right.
        let ratio = self.dcg(found) / self.dcg(&best);
        if ratio.is_nan() { 0.0 } else { ratio }
    }

    #[expect(clippy::cast_precision_loss, reason = "a ranking has fewer than 2^52 places")]
    fn dcg(&self, relevance: &[f64]) -> f64 {
        let places = relevance.iter().take(self.k.unwrap_or(usize::MAX)).enumerate();
        places.map(|(at, relevance)| self.gain.of(*relevance) / (at as f64 + 2.0).log2()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, scorer, text};
    use crate::domain::{Expected, Outcome};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn grade(options: Value, relevance: &[(&str, f64)], answer: &str) -> f64 {
        let relevance = relevance.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        let judgement = scorer("ndcg", options).score(&case(Expected::Ranking(relevance)), &text(answer));
        let value = judgement.value.expect("is graded").value();
        assert_eq!(judgement.outcome == Outcome::Pass, value >= 1.0);
        value
    }

    #[test]
    fn values_are_those_of_the_formula() {
        let known = [("a", 3.0), ("b", 2.0), ("c", 1.0), ("d", 0.0)];
        // Worked out in Python from the formula alone; see the formula above.
        let rows = [
            (json!({}), "d\nc\nb\na", 0.613_827_313_344_108_6),
            (json!({"k": 2}), "d\na", 0.444_122_866_448_797_84),
            (json!({"gain": "exponential"}), "b\na\nc", 0.842_828_264_880_937_9),
            (json!({}), "a\na\nb", 0.840_007_983_015_856_3),
            (json!({}), "x", 0.0),
            (json!({}), "a\nb\nc", 1.0),
        ];
        for (options, answer, expected) in rows {
            let value = grade(options.clone(), &known, answer);
            assert!((value - expected).abs() < 1e-12, "{options} {answer:?}: {value}");
        }
    }

    #[test]
    fn bad_options_are_named() {
        for (option, value) in [("k", json!(0)), ("pass_at", json!(0.0)), ("gain", json!("cubic"))] {
            assert_eq!(option_errors("ndcg", json!({option: value}))[0].option.as_deref(), Some(option));
        }
    }

    proptest! {
        #[test]
        fn only_an_order_of_falling_relevance_is_perfect(values in proptest::collection::vec(0_u8..4, 1..6)) {
            prop_assume!(values.iter().any(|value| *value > 0));
            let ids: Vec<String> = (0..values.len()).map(|at| format!("d{at}")).collect();
            let known: BTreeMap<String, f64> = ids.iter().cloned().zip(values.iter().copied().map(f64::from)).collect();
            let known: Vec<(&str, f64)> = known.iter().map(|(id, value)| (id.as_str(), *value)).collect();
            let falling = values.windows(2).all(|pair| pair[0] >= pair[1]);
            let value = grade(json!({}), &known, &ids.join("\n"));
            prop_assert_eq!(value >= 1.0 - 1e-12, falling);
        }
    }
}
