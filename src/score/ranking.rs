//! What the ranking scorers share: the ids of an answer in their order, and what an answer without any is.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::domain::{Case, Expected, Grade, Response};

use super::clip::{clip, quoted};
use super::{Built, Judgement, OptionError, Scorer};

/// The scorer, when `pass_at` is a grade above 0 and `k` is a length.
pub(super) fn checked(pass_at: f64, k: Option<usize>, scorer: impl Scorer + 'static) -> Built {
    let mut errors = Vec::new();
    if Grade::new(pass_at).is_none() || pass_at <= 0.0 {
        let help = "give a number above 0, at most 1";
        errors.push(OptionError::of("pass_at", format!("{pass_at} is no grade to pass at"), help));
    }
    if k == Some(0) {
        errors.push(OptionError::of("k", "of no place at all nothing can be said", "give a number of at least 1"));
    }
    if errors.is_empty() { Ok(Box::new(scorer)) } else { Err(errors) }
}

pub(super) fn relevance(case: &Case) -> Option<&BTreeMap<String, f64>> {
    match &case.expected {
        Expected::Ranking(relevance) => Some(relevance),
        _ => None,
    }
}

/// The relevance of each place of a ranking. An id that is not listed has none; nor has one that was there before, which
/// takes up its place all the same.
pub(super) fn gains(ids: &[String], relevance: &BTreeMap<String, f64>) -> Vec<f64> {
    let mut seen = HashSet::new();
    let counts = ids.iter().map(|id| seen.insert(id).then(|| relevance.get(id).copied()).flatten());
    counts.map(|relevance| relevance.unwrap_or(0.0)).collect()
}

/// The judgement by a measure of the relevance of each place.
pub(super) fn judge(
    case: &Case,
    response: &Response,
    pass_at: f64,
    measure: impl Fn(&[f64], &BTreeMap<String, f64>) -> f64,
) -> Judgement {
    let Some(relevance) = relevance(case) else { return Judgement::abstain() };
    let ids = match ids(&response.text, relevance) {
        Ok(ids) => ids,
        Err(why) => return Judgement { value: Some(Grade::ZERO), ..Judgement::fail(why) },
    };
    let value = measure(&gains(&ids, relevance), relevance);
    // Rounding may leave a perfect ranking a hair above 1.
    let grade = Grade::new(value.min(1.0)).unwrap_or(Grade::ZERO);
    if grade.value() >= pass_at {
        return Judgement { value: Some(grade), ..Judgement::pass() };
    }
    let why = format!("{:.3}, below {pass_at}: found {}", grade.value(), clip(&ids.join(", ")));
    Judgement { value: Some(grade), ..Judgement::fail(why) }
}

/// The ids of an answer: a JSON list of texts or numbers, else one id a line. A number or a mark that begins a line (`1. `,
/// `2) `, `- `, `* `) is not part of the id, unless the whole line is a known one.
fn ids(text: &str, known: &BTreeMap<String, f64>) -> Result<Vec<String>, String> {
    let text = text.trim();
    let ids: Vec<String> = if text.starts_with('[') {
        let items: Vec<Value> =
            serde_json::from_str(text).map_err(|error| format!("the answer is no JSON list: {error}"))?;
        items.iter().map(id).collect::<Result<_, _>>()?
    } else {
        let line = |line: &str| if known.contains_key(line) { line.to_owned() } else { unmarked(line).to_owned() };
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(line).collect()
    };
    if ids.is_empty() { Err("the answer names no id".to_owned()) } else { Ok(ids) }
}

fn id(item: &Value) -> Result<String, String> {
    match item {
        Value::String(id) => Ok(id.clone()),
        Value::Number(id) => Ok(id.to_string()),
        other => Err(format!("{} is no id", quoted(&other.to_string()))),
    }
}

fn unmarked(line: &str) -> &str {
    let mark = line.strip_prefix(['-', '*']).or_else(|| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < line.len()).then(|| rest.strip_prefix(['.', ')']))?
    });
    mark.filter(|rest| rest.starts_with(char::is_whitespace)).map_or(line, str::trim_start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        ids(text, &BTreeMap::from([("1. a".to_owned(), 1.0)]))
    }

    #[test]
    fn ids_are_a_json_list_or_lines() {
        let rows = [
            (r#"["a", 7, "b c"]"#, vec!["a", "7", "b c"]),
            ("a\n\n b \r\nc", vec!["a", "b", "c"]),
            ("1. x\n2) y\n- z\n* w", vec!["x", "y", "z", "w"]),
            ("1. a\n2. b", vec!["1. a", "b"]),
            ("1881\n3.5\n-x", vec!["1881", "3.5", "-x"]),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).expect(text), expected, "{text}");
        }
        assert_eq!(read(" "), Err("the answer names no id".to_owned()));
        assert_eq!(read("[]"), Err("the answer names no id".to_owned()));
        assert_eq!(read(r#"[{"id":"a"}]"#), Err(r#""{\"id\":\"a\"}" is no id"#.to_owned()));
        assert!(read("[a, b]").is_err());
    }

    #[test]
    fn an_id_counts_once_and_one_that_is_not_listed_not_at_all() {
        let relevance = BTreeMap::from([("a".to_owned(), 2.0), ("b".to_owned(), 1.0)]);
        let ids = ["x", "a", "a", "b"].map(str::to_owned);
        assert_eq!(gains(&ids, &relevance), [0.0, 2.0, 0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn a_numbered_list_is_the_same_as_a_json_one(ids in proptest::collection::vec("[b-z]{1,4}", 1..6)) {
            let numbered: Vec<String> = ids.iter().enumerate().map(|(at, id)| format!("{}. {id}", at + 1)).collect();
            prop_assert_eq!(read(&numbered.join("\n")), Ok(ids.clone()));
            prop_assert_eq!(read(&Value::from(ids.clone()).to_string()), Ok(ids));
        }
    }
}
