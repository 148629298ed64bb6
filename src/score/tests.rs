//! The table of scorers, and the outcome of an answer from all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fixture::{calls, case, expected_call, scorer, text, tool};
use super::{COMPUTER_ACTION, Configured, SCORERS, TOOL_CALL, judge, judged_calls};
use crate::domain::{
    ActionKind, Case, Expected, ExpectedAction, ExpectedCall, FinishReason, Grade, Outcome, Response, Score, ToolFault,
    UnscoredReason,
};

fn configured(kind: &'static str, options: Value) -> Configured {
    Configured { kind, name: kind.to_owned(), only: BTreeMap::new(), scorer: scorer(kind, options) }
}

/// Every scorer that runs no program, with options where it needs some.
fn every() -> Vec<Configured> {
    let options = |kind| match kind {
        "regex" => json!({"pattern": "a"}),
        "language" => json!({"is": "de"}),
        "label" => json!({"labels": ["Paris", "Lyon"]}),
        _ => json!({}),
    };
    let rows = SCORERS.iter().filter(|row| row.name != "exec");
    rows.map(|row| configured(row.name, options(row.name))).collect()
}

#[test]
fn every_row_has_a_name_of_its_own_and_reads_exactly_the_options_it_names() {
    for (index, row) in SCORERS.iter().enumerate() {
        assert!(SCORERS[..index].iter().all(|other| other.name != row.name), "{}", row.name);
        let unknown = Map::from_iter([("frobnicate".to_owned(), Value::Null)]);
        let message = (row.build)(unknown).unwrap_err().remove(0).message;
        let named: Vec<&str> = message.split('`').skip(1).step_by(2).skip(1).collect();
        assert_eq!(named, row.options, "{}: {message}", row.name);
    }
}

#[test]
fn tags_restrict_a_scorer() {
    let case = Case {
        tags: Arc::new(BTreeMap::from([("workload".into(), "classify".into()), ("tier".into(), "1".into())])),
        ..case(Expected::Text("spam".into()))
    };
    let rows: [(&[(&str, &str)], Outcome); 4] = [
        (&[], Outcome::Pass),
        (&[("workload", "classify"), ("tier", "1")], Outcome::Pass),
        (&[("workload", "classify"), ("tier", "2")], Outcome::Unscored(UnscoredReason::NoScorer)),
        (&[("language", "en")], Outcome::Unscored(UnscoredReason::NoScorer)),
    ];
    for (only, expected) in rows {
        let only = only.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect();
        let scorers = [Configured { only, ..configured("exact", json!({})) }];
        assert_eq!(judge(&case, &text("spam"), &scorers).1, expected);
    }
}

#[test]
fn a_spoiled_answer_fails_before_any_scorer_reads_it() {
    let case = case(Expected::Text("Paris".into()));
    let cut = Response { finish_reason: FinishReason::Length, ..text("Paris") };
    let (heard, outcome) = judge(&case, &cut, &every());
    assert_eq!(outcome, Outcome::Fail(None));
    let heard: Vec<_> = heard.iter().map(|score| (score.scorer.as_str(), score.value.map(Grade::value))).collect();
    let least = |scorer| (scorer, Some(0.0));
    assert_eq!(heard, [("answer", None), least("edit_distance"), least("token_f1"), least("rouge_l"), ("label", None)]);
    let unknown = Response { finish_reason: FinishReason::Unknown, ..text("Paris") };
    let scorers = [configured("exact", json!({}))];
    assert_eq!(judge(&case, &unknown, &scorers).1, Outcome::Pass);
}

#[test]
fn a_refusal_passes_where_it_is_what_a_scorer_expects() {
    let case = case(Expected::Text("Paris".into()));
    let refused = Response { finish_reason: FinishReason::Refusal, ..text("I must not.") };
    let refusal = |expect| configured("refusal", json!({"expect": expect}));
    let both = [configured("token_f1", json!({})), refusal("refusal")];
    let (heard, outcome) = judge(&case, &refused, &both);
    let names: Vec<_> = heard.iter().map(|score| score.scorer.as_str()).collect();
    assert_eq!((names, outcome), (vec!["refusal"], Outcome::Pass));
    assert_eq!(judge(&case, &refused, &[refusal("answer")]).1, Outcome::Fail(None));
    assert_eq!(judge(&case, &refused, &[configured("exact", json!({}))]).1, Outcome::Fail(None));
    let cut = Response { finish_reason: FinishReason::Length, ..text("I can't help") };
    assert_eq!(judge(&case, &cut, &both).1, Outcome::Fail(None));
}

#[test]
fn a_required_call_that_a_cut_answer_does_not_make_is_a_tool_fault_too() {
    let call = ExpectedCall { name: "f".into(), arguments: BTreeMap::new() };
    let case = Case { tools: vec![tool("f", json!({}))], ..case(Expected::ToolCalls(vec![call].into())) };
    let cut = Response { finish_reason: FinishReason::Length, ..text("I would") };
    let (heard, outcome) = judge(&case, &cut, &[configured("tool_call", json!({}))]);
    assert_eq!(outcome, Outcome::Fail(Some(ToolFault::NotCalled)));
    assert_eq!(heard.iter().map(|score| score.scorer.as_str()).collect::<Vec<_>>(), ["answer", "tool_call"]);
    let none = Case { expected: Expected::NoToolCall, ..case };
    assert_eq!(judge(&none, &cut, &[configured("tool_call", json!({}))]).1, Outcome::Fail(None));
}

#[test]
fn without_a_scorer_that_speaks_the_outcome_is_unscored() {
    let offering = Case { tools: vec![tool("f", json!({}))], ..case(Expected::Text("Paris".into())) };
    let tool_call = || configured("tool_call", json!({}));
    let no_scorer = Outcome::Unscored(UnscoredReason::NoScorer);
    let unlabelled = Outcome::Unscored(UnscoredReason::Unlabelled);
    let rows = [
        (case(Expected::Text("Paris".into())), vec![], no_scorer),
        (case(Expected::Unlabelled), vec![], unlabelled),
        (case(Expected::Unlabelled), vec![configured("exact", json!({}))], unlabelled),
        // `tool_call` abstains, so the text decides, or nobody does.
        (offering.clone(), vec![tool_call()], no_scorer),
        (offering, vec![tool_call(), configured("exact", json!({}))], Outcome::Pass),
    ];
    for (case, scorers, expected) in rows {
        assert_eq!(judge(&case, &text("Paris"), &scorers).1, expected, "{:?}", case.expected);
    }
}

#[test]
fn every_scorer_that_applies_is_heard_in_order() {
    let case = case(Expected::Text("Paris".into()));
    let scorers = [configured("contains", json!({})), configured("number", json!({})), configured("exact", json!({}))];
    let (heard, outcome) = judge(&case, &text("It is Paris"), &scorers);
    let heard: Vec<_> = heard.iter().map(|score| (score.scorer.as_str(), score.outcome)).collect();
    assert_eq!(heard, [("contains", Outcome::Pass), ("exact", Outcome::Fail(None))]);
    assert_eq!(outcome, Outcome::Fail(None));
}

fn expectations() -> impl Strategy<Value = Expected> {
    prop_oneof![
        "\\PC{0,8}".prop_map(Expected::Text),
        Just(Expected::AnyOf(vec!["a".into(), "b".into()])),
        Just(Expected::Number(5.0)),
        Just(Expected::Json(json!({"a": [1, null]}))),
        Just(Expected::ToolCalls(vec![expected_call("f", &json!({"a": [1], "b?": ["x"]}))].into())),
        Just(Expected::Actions(vec![ExpectedAction::any(ActionKind::Click)])),
        Just(Expected::Ranking(BTreeMap::from([("a".to_owned(), 1.0), ("b".to_owned(), 0.0)]))),
        Just(Expected::NoToolCall),
        Just(Expected::Unlabelled),
    ]
}

/// Text of any characters, JSON-like text, and numbers with all their signs.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\[\\]{}\",:0-9a-f\\\\ .eE+-]{0,40}",
        "[$€\u{2212}.,0-9e\u{a0}-]{0,24}",
        (1_usize..400).prop_map(|depth| "{\"a\":".repeat(depth)),
        (1_usize..400).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ]
}

/// Some members of an object of arguments.
fn members() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(vec![r#""a": 0"#, r#""b": "a""#, r#""c": 1"#, r#""d": 2"#], 1..=4)
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(
        expected in expectations(),
        answer in texts(),
        made in proptest::collection::vec(("[fg]", texts()), 0..3),
    ) {
        let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"items": {"type": "string"}}}});
        let case = Case { tools: vec![tool("f", schema)], ..case(expected) };
        let made: Vec<(&str, &str)> = made.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let response = Response { text: answer, finish_reason: FinishReason::Stop, ..calls(&made) };
        let (heard, outcome) = judge(&case, &response, &every());
        let all_pass = !heard.is_empty() && heard.iter().all(|score| score.outcome == Outcome::Pass);
        prop_assert_eq!(outcome == Outcome::Pass, all_pass);
    }

    #[test]
    fn the_order_of_calls_and_of_keys_does_not_matter(
        order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle(),
        made in proptest::collection::vec(("[fgh]", members()), 4),
    ) {
        let accept = |a: i32, b: &str| json!({"a": [a], "b": [b]});
        let expected = [("f", 0, "a"), ("f", 1, "b"), ("g", 0, "a"), ("f", 0, "b")];
        let expected: Vec<_> = expected.iter().map(|(name, a, b)| expected_call(name, &accept(*a, b))).collect();
        let tools = vec![tool("f", json!({})), tool("g", json!({}))];
        let case = Case { tools, ..case(Expected::ToolCalls(expected.into())) };
        let forward: Vec<String> = made.iter().map(|(_, members)| format!("{{{}}}", members.join(","))).collect();
        let reversed = |members: &[&str]| members.iter().rev().copied().collect::<Vec<_>>().join(",");
        let backward: Vec<String> = made.iter().map(|(_, members)| format!("{{{}}}", reversed(members))).collect();
        let one: Vec<(&str, &str)> = (0..4).map(|at| (made[at].0.as_str(), forward[at].as_str())).collect();
        let other: Vec<(&str, &str)> = order.iter().map(|at| (made[*at].0.as_str(), backward[*at].as_str())).collect();
        let scorers = [configured("tool_call", json!({}))];
        prop_assert_eq!(judge(&case, &calls(&one), &scorers), judge(&case, &calls(&other), &scorers));
    }
}

#[test]
fn a_fault_reaches_the_outcome() {
    let case = Case { tools: vec![tool("f", json!({}))], ..case(Expected::NoToolCall) };
    let (_, outcome) = judge(&case, &calls(&[("f", "{}")]), &every());
    assert_eq!(outcome, Outcome::Fail(Some(ToolFault::UnexpectedCall)));
}

#[test]
fn an_action_that_a_cut_answer_does_not_do_is_a_tool_fault_too() {
    let case = case(Expected::Actions(vec![ExpectedAction::any(ActionKind::Click)]));
    let cut = Response { finish_reason: FinishReason::Length, ..text("I would") };
    assert_eq!(judge(&case, &cut, &every()).1, Outcome::Fail(Some(ToolFault::NotCalled)));
}

#[test]
fn calls_are_judged_unless_nobody_could_tell_their_places() {
    let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
    let rows = [
        (TOOL_CALL, Outcome::Pass, true),
        (TOOL_CALL, unscored, true),
        (COMPUTER_ACTION, Outcome::Fail(None), true),
        (COMPUTER_ACTION, unscored, false),
        ("exact", Outcome::Pass, false),
    ];
    for (scorer, outcome, expected) in rows {
        let score = Score { scorer: scorer.to_owned(), outcome, why: None, value: None, labels: None };
        assert_eq!(judged_calls(&[score], &every()), expected, "{scorer} {outcome:?}");
    }
}
