//! The scorer `token_f1`: how many words the answer shares with the expected text.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Response};

use std::collections::HashMap;

use super::{Built, Judgement, Measures, Scorer, graded, options};

pub(super) const OPTIONS: &[&str] = &["articles", "pass_at"];

/// The grade is the harmonic mean of precision and recall over words as a multiset (see [`graded::words`]). The
/// English articles `a`, `an` and `the` count when `articles` is true; they do not unless given. An answer passes from
/// `pass_at` on, 0.5 unless given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TokenF1 {
    articles: bool,
    pass_at: f64,
}

impl Default for TokenF1 {
    fn default() -> Self {
        Self { articles: false, pass_at: 0.5 }
    }
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let scorer = options::parse::<TokenF1>(given)?;
    graded::checked(scorer.pass_at, scorer)
}

impl Scorer for TokenF1 {
    fn applies(&self, case: &Case) -> bool {
        graded::references(case).is_some()
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        graded::judge(case, response, self.pass_at, |found, expected| Some(overlap(found, expected, self.articles)))
    }
}

fn overlap(found: &str, expected: &str, articles: bool) -> f64 {
    let words = |text| {
        let mut words = graded::words(text);
        words.retain(|word| articles || !matches!(word.as_str(), "a" | "an" | "the"));
        words
    };
    let (found, expected) = (words(found), words(expected));
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &expected {
        *left.entry(word).or_default() += 1;
    }
    let mut common = 0;
    for word in &found {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    graded::f1(common, found.len(), expected.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn words_are_counted_as_often_as_both_sides_have_them() {
        close(overlap("The cat sat", "a cat sat down", false), 0.8);
        close(overlap("The cat sat", "a cat sat down", true), 4.0 / 7.0);
        close(overlap("no no no", "no", false), 0.5);
        close(overlap("", "x", false), 0.0);
        close(overlap("the", "", false), 1.0);
    }

    proptest! {
        #[test]
        fn order_and_side_change_nothing(one in "[a-cé ]{0,20}", other in "[a-cé ]{0,20}") {
            let turned = one.split(char::is_whitespace).rev().collect::<Vec<_>>().join(" ");
            let value = Some(overlap(&one, &other, true));
            prop_assert_eq!(value, Some(overlap(&other, &one, true)));
            prop_assert_eq!(value, Some(overlap(&turned, &other, true)));
        }
    }
}
