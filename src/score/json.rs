//! The scorer `json`: the answer is JSON and equals the expected value, field by field.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{Case, Expected, Grade, Response};

use super::json_path::Pattern;
use super::json_tally::{self, Rule, Tally};
use super::{Built, Judgement, Measures, OptionError, Scorer, json_value, options};

pub(super) const OPTIONS: &[&str] = &["pass_at", "paths"];

/// The grade is the share of leaves that are right: of those of the expected value, and of those found where none is
/// expected (see [`json_tally::tally`]). An answer passes from `pass_at` on, 1 unless given. Rules in `paths` say what
/// holds at the places of a pattern; several may be of one place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    pass_at: f64,
    paths: Vec<Value>,
}

impl Default for Options {
    fn default() -> Self {
        Self { pass_at: 1.0, paths: Vec::new() }
    }
}

/// One rule as a suite writes it: `{ path = "$.items[*].price", tolerance = 0.01 }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    path: String,
    #[serde(default)]
    ignore: bool,
    tolerance: Option<f64>,
    relative: Option<f64>,
    #[serde(default)]
    unordered: bool,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug)]
struct Json {
    pass_at: f64,
    rules: Vec<Rule>,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let Options { pass_at, paths } = options::parse::<Options>(given)?;
    let mut errors = Vec::new();
    if Grade::new(pass_at).is_none() || pass_at <= 0.0 {
        let help = "give a number above 0, at most 1";
        errors.push(OptionError::of("pass_at", format!("{pass_at} is no grade to pass at"), help));
    }
    let mut rules = Vec::new();
    for (at, raw) in paths.into_iter().enumerate() {
        match rule(raw) {
            Ok(rule) => rules.push(rule),
            Err(message) => {
                let help = "for example `{ path = \"$.items[*].price\", tolerance = 0.01 }`; a rule has `ignore`, \
                            `tolerance`, `relative`, `unordered` or `optional`";
                errors.push(OptionError::of(&format!("paths[{at}]"), message, help));
            }
        }
    }
    if errors.is_empty() { Ok(Box::new(Json { pass_at, rules })) } else { Err(errors) }
}

fn rule(raw: Value) -> Result<Rule, String> {
    let RawRule { path, ignore, tolerance, relative, unordered, optional } =
        serde_json::from_value(raw).map_err(|error| error.to_string())?;
    let pattern = Pattern::parse(&path)?;
    for (name, value) in [("tolerance", tolerance), ("relative", relative)] {
        if let Some(value) = value.filter(|value| !(value.is_finite() && *value >= 0.0)) {
            return Err(format!("`{name}` is {value}, but must be a number of at least 0"));
        }
    }
    if !(ignore || unordered || optional || tolerance.is_some() || relative.is_some()) {
        return Err(format!("the rule for `{path}` asks for nothing"));
    }
    Ok(Rule { pattern, ignore, tolerance, relative, unordered, optional })
}

impl Scorer for Json {
    fn applies(&self, case: &Case) -> bool {
        matches!(case.expected, Expected::Json(_))
    }

    fn measures(&self) -> Measures {
        Measures::Grade
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let Expected::Json(expected) = &case.expected else { return Judgement::abstain() };
        let nothing = |why: String| Judgement { value: Some(Grade::ZERO), ..Judgement::fail(why) };
        let found = match json_value::read(&response.text) {
            Ok(found) => found,
            Err(why) => return nothing(why),
        };
        let Some((tally, named)) = json_tally::tally(&found, expected, &self.rules) else {
            return nothing(format!("too large to compare: {} bytes", response.text.len()));
        };
        let value = grade(tally);
        if value.value() >= self.pass_at {
            return Judgement { value: Some(value), ..Judgement::pass() };
        }
        let wrong = tally.all - tally.right;
        let more = if named.len() < wrong && named.len() > 1 {
            format!("; {wrong} of {} fields are wrong", tally.all)
        } else {
            String::new()
        };
        Judgement { value: Some(value), ..Judgement::fail(format!("{}{more}", named.join("; "))) }
    }
}

/// The share that is right; where nothing counts, nothing is wrong.
#[expect(clippy::cast_precision_loss, reason = "an answer has fewer than 2^52 leaves")]
fn grade(Tally { right, all }: Tally) -> Grade {
    let share = if all == 0 { 1.0 } else { right as f64 / all as f64 };
    Grade::new(share).unwrap_or(Grade::ZERO)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, outcome, scorer, text, why};
    use super::*;
    use crate::domain::Outcome;
    use proptest::prelude::*;
    use serde_json::json;

    fn graded(rules: &Value, found: &Value, expected: &Value) -> f64 {
        let judgement = scorer("json", json!({"paths": rules}))
            .score(&case(Expected::Json(expected.clone())), &text(&found.to_string()));
        let value = judgement.value.expect("is graded").value();
        assert_eq!(judgement.outcome == Outcome::Pass, value >= 1.0);
        value
    }

    #[test]
    fn the_grade_is_the_share_of_leaves_that_are_right() {
        let rows = [
            (json!({"a": 1, "b": [1, 2]}), json!({"a": 1, "b": [1, 3]}), 2.0 / 3.0),
            (json!({"a": 1}), json!({"a": 1, "b": {"c": 1, "d": 2}}), 1.0 / 3.0),
            (json!({"a": 1, "b": {"c": 1, "d": 2}}), json!({"a": 1}), 1.0 / 3.0),
            (json!([]), json!([1]), 0.0),
            (json!({}), json!({}), 1.0),
            (json!([1, 2]), json!("x"), 0.0),
        ];
        for (found, expected, share) in rows {
            let value = graded(&json!([]), &found, &expected);
            assert!((value - share).abs() < 1e-12, "{found} {expected}: {value}");
        }
    }

    #[test]
    fn rules_hold_at_the_places_of_their_pattern() {
        let rows = [
            (json!([{"path": "$.id", "ignore": true}]), json!({"id": 1, "a": 1}), json!({"id": 2, "a": 1}), 1.0),
            (json!([{"path": "$.id", "ignore": true}]), json!({"id": 1, "a": 1}), json!({"a": 1}), 1.0),
            (json!([{"path": "$.n", "optional": true}]), json!({"a": 1}), json!({"n": 2, "a": 1}), 1.0),
            (json!([{"path": "$.n", "optional": true}]), json!({"a": 1, "n": 3}), json!({"n": 2, "a": 1}), 0.5),
            (
                json!([{"path": "$[*].p", "tolerance": 0.01}]),
                json!([{"p": 1.11}, {"p": 2.0}]),
                json!([{"p": 1.10}, {"p": 1.98}]),
                0.5,
            ),
            (json!([{"path": "$.p", "relative": 0.1}]), json!({"p": 110}), json!({"p": 100}), 1.0),
            (json!([{"path": "$.p", "relative": 0.1}]), json!({"p": 111}), json!({"p": 100}), 0.0),
            (json!([{"path": "$", "unordered": true}]), json!([3, 1, 1]), json!([1, 3, 1]), 1.0),
            (json!([{"path": "$", "unordered": true}]), json!([3, 1]), json!([1, 1]), 0.5),
            // Taking the likest first would give the second nothing.
            (
                json!([{"path": "$", "unordered": true}]),
                json!([{"a": 1, "b": 9}, {"a": 1, "b": 2}]),
                json!([{"a": 1, "b": 2}, {"a": 8, "b": 2}]),
                0.5,
            ),
        ];
        for (rules, found, expected, share) in rows {
            let value = graded(&rules, &found, &expected);
            assert!((value - share).abs() < 1e-12, "{rules} {found} {expected}: {value}");
        }
    }

    #[test]
    fn a_bad_rule_is_named_by_its_place() {
        let rows = [
            (json!({"path": "items", "ignore": true}), "`items` does not begin with `$`"),
            (json!({"path": "$.a"}), "the rule for `$.a` asks for nothing"),
            (json!({"path": "$.a", "tolerance": -1.0}), "`tolerance` is -1, but must be a number of at least 0"),
        ];
        for (rule, message) in rows {
            let errors = option_errors("json", json!({"paths": [{"path": "$", "ignore": true}, rule]}));
            assert_eq!((errors[0].option.as_deref(), errors[0].message.as_str()), (Some("paths[1]"), message));
        }
        assert_eq!(option_errors("json", json!({"pass_at": 0.0}))[0].option.as_deref(), Some("pass_at"));
    }

    #[test]
    fn large_arrays_without_order_match_what_is_written_alike() {
        let items: Vec<usize> = (0..1_000).collect();
        let turned: Vec<usize> = items.iter().rev().copied().collect();
        let rules = json!([{"path": "$", "unordered": true}]);
        assert!(graded(&rules, &json!(turned), &json!(items)) >= 1.0);
    }

    #[test]
    fn the_first_differences_are_named() {
        let case = case(Expected::Json(json!([1, 2, 3, 4, 5])));
        let why = why("json", json!({}), &case, &text("[5,4,3,2]"));
        let expected = "$[0]: found 5, expected 1; $[1]: found 4, expected 2; $[3]: found 2, expected 4; \
                        4 of 5 fields are wrong";
        assert_eq!(why, expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(json!(null)), (0..3).prop_map(|n| json!(n)), "[ab]".prop_map(|text| json!(text))];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[ab]", inner, 0..3).prop_map(|fields| json!(fields)),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_like_itself_and_the_grade_is_1_exactly_where_two_are_equal(one in values(), other in values()) {
            prop_assert!(graded(&json!([]), &one, &one) >= 1.0);
            let equal = one == other;
            prop_assert_eq!(graded(&json!([]), &one, &other) >= 1.0, equal);
        }

        #[test]
        fn order_does_not_count_without_order(items in proptest::collection::vec(values(), 0..5), turn in 0_usize..5) {
            let mut turned = items.clone();
            turned.rotate_left(turn.min(items.len()));
            let rules = json!([{"path": "$", "unordered": true}]);
            prop_assert!(graded(&rules, &json!(turned), &json!(items)) >= 1.0);
        }
    }

    #[test]
    fn the_answer_equals_the_expected_value() {
        let case = case(Expected::Json(json!({"total": 5, "items": ["a"]})));
        assert_eq!(outcome("json", json!({}), &case, &text(r#"{"items": ["a"], "total": 5.0}"#)), Outcome::Pass);
        let rows = [
            (r#"{"items": ["a"], "total": "5"}"#, r#"$.total: found "5", expected 5"#),
            (
                "```json\n{\"items\": [\"a\"], \"total\": 5}\n```",
                "the answer is in a Markdown fence, which is not JSON",
            ),
        ];
        for (answer, expected) in rows {
            assert_eq!(why("json", json!({}), &case, &text(answer)), expected);
            assert_eq!(outcome("json", json!({}), &case, &text(answer)), Outcome::Fail(None));
        }
    }
}
