//! The scorer `rouge_l`: how long a sequence of words the answer shares with the expected text.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use super::{Built, Judgement, Measures, Scorer, graded, options};

pub(super) const OPTIONS: &[&str] = &["pass_at"];

/// The grade is ROUGE-L with beta 1: the F-measure of the longest common subsequence of words (see
/// [`graded::words`]), without stemming, the whole text taken as one sequence. An answer passes from `pass_at` on, 0.5
/// unless given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RougeL {
    pass_at: f64,
}

impl Default for RougeL {
    fn default() -> Self {
        Self { pass_at: 0.5 }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<RougeL>(given)?;
    graded::checked(scorer.pass_at, scorer)
}

impl Scorer for RougeL {
    fn applies(&self, case: &Case) -> bool {
        graded::references(case).is_some()
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        graded::judge(case, response, self.pass_at, f_measure)
    }
}

fn f_measure(found: &str, expected: &str) -> Option<f64> {
    let (found, expected) = (graded::words(found), graded::words(expected));
    let short = graded::comparable(found.len(), expected.len());
    short.then(|| graded::f1(common(&found, &expected), found.len(), expected.len()))
}

/// The length of the longest common subsequence, in memory of one row.
fn common(found: &[String], expected: &[String]) -> usize {
    let mut row = vec![0; expected.len() + 1];
    for word in found {
        let mut diagonal = 0;
        for (at, other) in expected.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[expected.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_common_subsequence_counts() {
        // rouge-score (PyPI) says 0.5882352941176471.
        let value = f_measure("the quick brown dog jumps on the log", "The quick brown fox jumps over the lazy dog.");
        assert_eq!(value, Some(10.0 / 17.0));
        assert_eq!(f_measure("b a", "a b"), Some(0.5));
        assert_eq!(f_measure("", "a"), Some(0.0));
        let long = "a ".repeat(20_000);
        assert_eq!(f_measure(&long, &long), None);
    }

    proptest! {
        #[test]
        fn a_text_is_like_itself_and_side_changes_nothing(one in "[a-cé ]{0,20}", other in "[a-cé ]{0,20}") {
            prop_assert_eq!(f_measure(&one, &one), Some(1.0));
            prop_assert_eq!(f_measure(&one, &other), f_measure(&other, &one));
        }
    }
}
