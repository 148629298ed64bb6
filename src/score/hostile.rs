//! What every scorer does with answers that nobody would write: empty, huge, binary, nested without end.

use serde_json::{Value, json};

use super::SCORERS;
use super::fixture::{case, expected_call, outcome, text};
use crate::domain::{ActionKind, Expected, ExpectedAction, Outcome, UnscoredReason};

/// Options and an expectation under which none of [`answers`] is right; a kind without a row here fails the test.
fn setting(kind: &str) -> (Value, Expected) {
    let paris = || Expected::Text("Paris".into());
    match kind {
        "exact" | "contains" | "edit_distance" | "token_f1" | "rouge_l" => (json!({}), paris()),
        "regex" => (json!({"pattern": "(x+x+)+y"}), paris()),
        "any_of" => (json!({}), Expected::AnyOf(vec!["Paris".into(), "Lyon".into()])),
        "ndcg" | "reciprocal_rank" => (json!({}), Expected::Ranking([("Paris".to_owned(), 1.0)].into_iter().collect())),
        "refusal" => (json!({}), Expected::Unlabelled),
        "language" => (json!({"is": "de"}), paris()),
        "label" => (json!({"labels": ["Paris", "Lyon"]}), paris()),
        "number" => (json!({}), Expected::Number(42.0)),
        "json" => (json!({}), Expected::Json(json!({"a": [1]}))),
        "json_schema" => (json!({"schema": {"type": "object", "required": ["a"]}}), paris()),
        "tool_call" => (json!({}), Expected::ToolCalls(vec![expected_call("f", &json!({}))].into())),
        "computer_action" => (json!({}), Expected::Actions(vec![ExpectedAction::any(ActionKind::Click)])),
        other => panic!("no setting for {other}"),
    }
}

fn answers() -> Vec<(&'static str, String)> {
    vec![
        ("empty", String::new()),
        ("blank", " \t\n".into()),
        ("huge", "z".repeat(10_000_000)),
        ("control characters", "\0\u{1}\u{7f}\u{fffd}\u{feff}\u{202e}".into()),
        ("nested arrays", "[".repeat(100_000)),
        ("closed nested arrays", "[".repeat(100_000) + &"]".repeat(100_000)),
        ("nested objects", r#"{"a":"#.repeat(100_000)),
        ("a million digits", "9".repeat(1_000_000)),
        ("a regex bomb", "x".repeat(100_000)),
        ("many words", "b ".repeat(100_000)),
    ]
}

#[test]
fn no_scorer_passes_or_breaks_on_a_hostile_answer() {
    let answers = answers();
    // What a program says of an answer is the program's.
    for row in SCORERS.iter().filter(|row| row.name != "exec") {
        let (options, expected) = setting(row.name);
        let case = case(expected);
        for (name, answer) in &answers {
            let found = outcome(row.name, options.clone(), &case, &text(answer));
            // What is no language to tell is left to others.
            let left = row.name == "language" && found == Outcome::Unscored(UnscoredReason::NoScorer);
            assert!(left || matches!(found, Outcome::Fail(_)), "{} {name}: {found:?}", row.name);
        }
    }
}
