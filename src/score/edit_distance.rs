//! The scorer `edit_distance`: how few edits make the answer the expected text.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use super::compare::Compare;
use super::{Built, Judgement, Measures, Scorer, graded, options};

pub(super) const OPTIONS: &[&str] = &["compare", "pass_at"];

/// The grade is 1 less the Levenshtein distance in characters over the length of the longer text, both texts after
/// `compare`. An answer passes from `pass_at` on, 0.8 unless given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EditDistance {
    compare: Compare,
    pass_at: f64,
}

impl Default for EditDistance {
    fn default() -> Self {
        Self { compare: Compare::default(), pass_at: 0.8 }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<EditDistance>(given)?;
    graded::checked(scorer.pass_at, scorer)
}

impl Scorer for EditDistance {
    fn applies(&self, case: &Case) -> bool {
        graded::references(case).is_some()
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        graded::judge(case, response, self.pass_at, |found, expected| {
            similarity(&self.compare.form(found), &self.compare.form(expected))
        })
    }
}

fn similarity(found: &str, expected: &str) -> Option<f64> {
    let short = graded::comparable(found.chars().count(), expected.chars().count());
    short.then(|| strsim::normalized_levenshtein(found, expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_distance_is_counted_in_characters_of_the_longer_text() {
        assert_eq!(similarity("kitten", "sitting"), Some(1.0 - 3.0 / 7.0));
        assert_eq!(similarity("Zürich", "Zurich"), Some(1.0 - 1.0 / 6.0));
        assert_eq!(similarity("", ""), Some(1.0));
        assert_eq!(similarity(&"a".repeat(20_000), &"a".repeat(20_000)), None);
    }

    proptest! {
        #[test]
        fn swapping_the_texts_changes_nothing(one in "\\PC{0,20}", other in "\\PC{0,20}") {
            prop_assert_eq!(similarity(&one, &other), similarity(&other, &one));
            prop_assert_eq!(similarity(&one, &one), Some(1.0));
        }
    }
}
