//! Every fault, the order of checking, and the matching of several calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::fixture::{applies, calls, case, expected_call, outcome, text, tool, why};
use crate::domain::{
    Accept, Case, Expected, ExpectedArgument, ExpectedCall, ExpectedCalls, Outcome, Pattern, Response, Tool,
    ToolChoice, ToolFault, UnscoredReason,
};

fn orders() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "price": {"type": "number"},
            "note": {"type": "string"},
            "unit": {"type": ["string", "null"]},
            "memo": {},
            "tags": {"type": "array", "items": {"type": "string"}},
            "to": {"type": "object", "properties": {"zip": {"type": "string", "pattern": "^[0-9]+$"}}, "required": ["zip"]}
        },
        "required": ["id"]
    })
}

fn asking(expected: Expected) -> Case {
    let other = json!({"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]});
    Case { tools: vec![tool("order", orders()), tool("search", other)], ..case(expected) }
}

fn expecting(expected: &[(&str, Value)]) -> Case {
    asking(Expected::ToolCalls(
        expected.iter().map(|(name, accept)| expected_call(name, accept)).collect::<Vec<_>>().into(),
    ))
}

fn fault(kind: ToolFault) -> Outcome {
    Outcome::Fail(Some(kind))
}

#[test]
fn each_argument_is_right_or_has_its_fault() {
    use ToolFault::{DoubleEncoded, Malformed, Missing, Unexpected, UnknownTool, WrongTool, WrongType, WrongValue};
    let accept = json!({
        "id": [7, 8], "price?": [5], "note?": ["Call me"], "unit?": ["kg"], "tags?": [["a", "b"]], "to?": [{"zip": "1"}]
    });
    let case = expecting(&[("order", accept)]);
    let rows = [
        ("order", r#"{"id": 7}"#, None),
        ("order", r#"{"id": 8, "note": " Call me "}"#, None),
        ("order", r#"{"price": 5.0, "id": 7}"#, None),
        ("order", r#"{"id": 7, "unit": null}"#, None),
        ("order", r#"{"id": 7, "tags": ["a", "b"], "to": {"zip": "1"}}"#, None),
        ("ordr", r#"{"id": 7}"#, Some(UnknownTool)),
        ("search", r#"{"id": 7}"#, Some(WrongTool)),
        ("order", r#"{"id": 7"#, Some(Malformed)),
        ("order", "[7]", Some(Malformed)),
        ("order", "", Some(Malformed)),
        ("order", r#""seven""#, Some(Malformed)),
        ("order", r#""{\"id\": 7}""#, Some(DoubleEncoded)),
        ("order", r#"{"id": 7, "tags": "[\"a\", \"b\"]"}"#, Some(DoubleEncoded)),
        ("order", r#"{"id": 7, "to": "{\"zip\": \"1\"}"}"#, Some(DoubleEncoded)),
        ("order", "{}", Some(Missing)),
        ("order", r#"{"note": 5}"#, Some(Missing)),
        ("order", r#"{"id": "7", "q": 1}"#, Some(Unexpected)),
        ("order", r#"{"id": "7", "note": "x"}"#, Some(WrongType)),
        ("order", r#"{"id": 7.0}"#, None),
        ("order", r#"{"id": 7.5}"#, Some(WrongType)),
        ("order", r#"{"id": true}"#, Some(WrongType)),
        ("order", r#"{"id": null}"#, Some(WrongType)),
        ("order", r#"{"id": 7, "price": "5"}"#, Some(WrongType)),
        ("order", r#"{"id": 7, "tags": ["a", 1]}"#, Some(WrongType)),
        ("order", r#"{"id": 7, "to": {"zip": 1}}"#, Some(WrongType)),
        ("order", r#"{"id": 9}"#, Some(WrongValue)),
        ("order", r#"{"id": 7, "note": "call me"}"#, Some(WrongValue)),
        ("order", r#"{"id": 7, "tags": ["b", "a"]}"#, Some(WrongValue)),
        ("order", r#"{"id": 7, "to": {"zip": "2"}}"#, Some(WrongValue)),
    ];
    for (name, arguments, expected) in rows {
        let expected = expected.map_or(Outcome::Pass, fault);
        let found = outcome("tool_call", json!({}), &case, &calls(&[(name, arguments)]));
        assert_eq!(found, expected, "{name} {arguments}");
    }
    let loose = json!({"strings": "loose"});
    let made = calls(&[("order", r#"{"id": 7, "note": "call-me"}"#)]);
    assert_eq!(outcome("tool_call", loose, &case, &made), Outcome::Pass);
}

#[test]
fn an_accepted_value_is_right_whatever_the_schema_says_and_without_a_schema_too() {
    let labelled = expecting(&[("order", json!({"id": ["seven"]}))]);
    let made = calls(&[("order", r#"{"id": "seven"}"#)]);
    assert_eq!(outcome("tool_call", json!({}), &labelled, &made), Outcome::Pass);
    let toolless = Case { tools: Vec::new(), ..expecting(&[("order", json!({"id": [7], "to?": [{"a": 1}]}))]) };
    let rows = [
        ("order", r#"{"id": 7.0}"#, Outcome::Pass),
        ("order", r#"{"id": "7"}"#, fault(ToolFault::WrongType)),
        ("order", r#"{"id": 7, "to": "{\"a\": 1}"}"#, fault(ToolFault::DoubleEncoded)),
        ("order", r#"{"id": 6}"#, fault(ToolFault::WrongValue)),
        ("ordr", r#"{"id": 7}"#, fault(ToolFault::WrongTool)),
    ];
    for (name, arguments, expected) in rows {
        let found = outcome("tool_call", json!({}), &toolless, &calls(&[(name, arguments)]));
        assert_eq!(found, expected, "{name} {arguments}");
    }
}

#[test]
fn null_leaves_out_an_argument_where_the_schema_takes_null() {
    let case = expecting(&[("order", json!({"id": [7]}))]);
    let rows = [
        (r#"{"id": 7, "unit": null}"#, Outcome::Pass),
        (r#"{"id": 7, "note": null}"#, fault(ToolFault::Unexpected)),
        (r#"{"id": 7, "memo": null}"#, fault(ToolFault::Unexpected)),
    ];
    for (arguments, expected) in rows {
        let found = outcome("tool_call", json!({}), &case, &calls(&[("order", arguments)]));
        assert_eq!(found, expected, "{arguments}");
    }
}

#[test]
fn a_schema_requires_what_the_case_calls_optional() {
    let case = expecting(&[("order", json!({"id?": [7]}))]);
    assert_eq!(outcome("tool_call", json!({}), &case, &calls(&[("order", "{}")])), fault(ToolFault::Missing));
}

#[test]
fn calls_are_matched_in_any_order_with_the_least_surprising_partners() {
    let case =
        expecting(&[("order", json!({"id": [1]})), ("order", json!({"id": [2]})), ("search", json!({"q": ["x"]}))]);
    let (one, two) = (("order", r#"{"id": 1}"#), ("order", r#"{"id": 2}"#));
    let (query, typo) = (("search", r#"{"q": "x"}"#), ("search", r#"{"q": "y"}"#));
    let rows: [(&[(&str, &str)], Outcome); 6] = [
        (&[one, two, query], Outcome::Pass),
        (&[query, two, one], Outcome::Pass),
        (&[typo, two, one], fault(ToolFault::WrongValue)),
        (&[two, two, query], fault(ToolFault::WrongValue)),
        (&[two, query], fault(ToolFault::WrongCount)),
        (&[query, query, one], fault(ToolFault::WrongTool)),
    ];
    for (made, expected) in rows {
        assert_eq!(outcome("tool_call", json!({}), &case, &calls(made)), expected, "{made:?}");
    }
    assert_eq!(why("tool_call", json!({}), &case, &calls(&[typo, two, one])), r#"search: q: found "y", expected "x""#);
}

#[test]
fn order_counts_where_asked() {
    let case = expecting(&[("order", json!({"id": [1]})), ("search", json!({"q": ["x"]}))]);
    let (order, other, query) = (("order", r#"{"id": 1}"#), ("order", r#"{"id": 3}"#), ("search", r#"{"q": "x"}"#));
    let ordered = json!({"ordered": true});
    let rows: [(&[(&str, &str)], Outcome); 4] = [
        (&[order, query], Outcome::Pass),
        (&[query, order], fault(ToolFault::WrongOrder)),
        (&[other, query], fault(ToolFault::WrongValue)),
        (&[query, other], fault(ToolFault::WrongTool)),
    ];
    for (made, expected) in rows {
        assert_eq!(outcome("tool_call", ordered.clone(), &case, &calls(made)), expected, "{made:?}");
    }
}

#[test]
fn no_call_and_a_call_as_text_differ() {
    let case = expecting(&[("order", json!({"id": [7]}))]);
    let leaked = text("```json\n{\"name\": \"order\", \"arguments\": {\"id\": 7}}\n```");
    assert_eq!(outcome("tool_call", json!({}), &case, &text("No idea.")), fault(ToolFault::NotCalled));
    assert_eq!(outcome("tool_call", json!({}), &case, &leaked), fault(ToolFault::CallAsText));
    let also_called = Response { text: leaked.text, ..calls(&[("order", r#"{"id": 7}"#)]) };
    assert_eq!(outcome("tool_call", json!({}), &case, &also_called), Outcome::Pass);
}

#[test]
fn a_call_where_none_is_right_is_unexpected_or_forbidden() {
    let none = asking(Expected::NoToolCall);
    let made = calls(&[("order", r#"{"id": 7}"#)]);
    assert_eq!(outcome("tool_call", json!({}), &none, &text("No.")), Outcome::Pass);
    assert_eq!(outcome("tool_call", json!({}), &none, &made), fault(ToolFault::UnexpectedCall));
    let forbidden = Case { tool_choice: Some(ToolChoice::None), ..none };
    assert_eq!(outcome("tool_call", json!({}), &forbidden, &made), fault(ToolFault::ForbiddenCall));
    let answer = asking(Expected::Text("Paris".into()));
    assert_eq!(outcome("tool_call", json!({}), &answer, &made), fault(ToolFault::UnexpectedCall));
    let abstains = Outcome::Unscored(UnscoredReason::NoScorer);
    assert_eq!(outcome("tool_call", json!({}), &answer, &text("Paris")), abstains);
}

#[test]
fn a_closed_loop_may_call_on_the_way_to_a_text_what_its_tools_take() {
    let two = calls(&[("order", r#"{"id": 7}"#), ("order", r#"{"id": 8}"#)]);
    let wrong = calls(&[("order", r#"{"id": "7"}"#)]);
    let parallel_tool_calls = Some(false);
    let text = Case { tool_results: Some(Vec::new()), parallel_tool_calls, ..asking(Expected::Text("Paris".into())) };
    let abstains = Outcome::Unscored(UnscoredReason::NoScorer);
    assert_eq!(outcome("tool_call", json!({}), &text, &two), abstains);
    assert_eq!(outcome("tool_call", json!({}), &text, &wrong), fault(ToolFault::WrongType));
    let none = Case { expected: Expected::NoToolCall, ..text };
    assert_eq!(outcome("tool_call", json!({}), &none, &two), fault(ToolFault::UnexpectedCall));
    let both = expecting(&[("order", json!({"id": [8]})), ("order", json!({"id": [7]}))]);
    assert_eq!(outcome("tool_call", json!({}), &both, &two), Outcome::Pass);
    let unlabelled = Case { expected: Expected::Unlabelled, ..none };
    let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
    assert_eq!(outcome("tool_call", json!({}), &unlabelled, &two), unscored);
}

#[test]
fn unlabelled_calls_conform_or_have_a_fault_and_never_pass() {
    let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
    let unlabelled = asking(Expected::Unlabelled);
    let rows = [
        ("order", r#"{"id": 7, "to": {"zip": "12"}}"#, unscored),
        ("ordr", r#"{"id": 7}"#, fault(ToolFault::UnknownTool)),
        ("order", r#"{"id""#, fault(ToolFault::Malformed)),
        ("order", r#""{\"id\": 7}""#, fault(ToolFault::DoubleEncoded)),
        ("order", r#"{"id": 7, "to": "{\"zip\": \"1\"}"}"#, fault(ToolFault::DoubleEncoded)),
        ("order", r#"{"note": "x"}"#, fault(ToolFault::Missing)),
        ("order", r#"{"id": "7", "q": 1}"#, fault(ToolFault::Unexpected)),
        ("order", r#"{"id": "7"}"#, fault(ToolFault::WrongType)),
        ("order", r#"{"id": 7, "to": {"zip": "x"}}"#, fault(ToolFault::SchemaViolation)),
        ("order", r#"{"id": 7, "to": {}}"#, fault(ToolFault::SchemaViolation)),
    ];
    for (name, arguments, expected) in rows {
        let found = outcome("tool_call", json!({}), &unlabelled, &calls(&[(name, arguments)]));
        assert_eq!(found, expected, "{name} {arguments}");
    }
    assert_eq!(outcome("tool_call", json!({}), &unlabelled, &text("Hello.")), unscored);
    let two = calls(&[("order", r#"{"id": "7"}"#), ("ordr", "{}")]);
    assert_eq!(outcome("tool_call", json!({}), &unlabelled, &two), fault(ToolFault::UnknownTool));
}

#[test]
fn unlabelled_calls_obey_the_request() {
    let made = calls(&[("order", r#"{"id": 7}"#)]);
    let two = calls(&[("order", r#"{"id": 7}"#), ("order", r#"{"id": 8}"#)]);
    let choosing = |choice| Case { tool_choice: Some(choice), ..asking(Expected::Unlabelled) };
    let named = ToolChoice::Named("search".into());
    let rows = [
        (choosing(ToolChoice::None), &made, fault(ToolFault::ForbiddenCall)),
        (choosing(ToolChoice::Required), &text("Hello."), fault(ToolFault::NotCalled)),
        (choosing(ToolChoice::Required), &text("order(id=7)"), fault(ToolFault::CallAsText)),
        (choosing(named.clone()), &text("Hello."), fault(ToolFault::NotCalled)),
        (choosing(named), &made, fault(ToolFault::WrongTool)),
        (Case { parallel_tool_calls: Some(false), ..asking(Expected::Unlabelled) }, &two, fault(ToolFault::WrongCount)),
    ];
    for (case, response, expected) in rows {
        assert_eq!(outcome("tool_call", json!({}), &case, response), expected, "{:?}", case.tool_choice);
    }
}

#[test]
fn an_unusable_schema_leaves_a_call_unscored_and_says_so() {
    let remote = json!({"$ref": "https://example.com/s.json"});
    let case = Case { tools: vec![tool("order", remote)], ..case(Expected::Unlabelled) };
    let made = calls(&[("order", r#"{"id": 7}"#)]);
    assert_eq!(outcome("tool_call", json!({}), &case, &made), Outcome::Unscored(UnscoredReason::Unlabelled));
    assert!(why("tool_call", json!({}), &case, &made).starts_with("the schema of order cannot be used: "));
}

#[test]
fn a_tool_without_parameters_takes_no_argument() {
    let mut case = asking(Expected::Unlabelled);
    let crate::domain::Tool::Function(order) = &mut case.tools[0] else { panic!("a function") };
    order.parameters = None;
    let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
    assert_eq!(outcome("tool_call", json!({}), &case, &calls(&[("order", "{}")])), unscored);
    let made = calls(&[("order", r#"{"id": 7}"#)]);
    assert_eq!(outcome("tool_call", json!({}), &case, &made), fault(ToolFault::Unexpected));
}

#[test]
fn it_applies_where_tools_are_involved() {
    assert!(applies("tool_call", json!({}), &asking(Expected::Unlabelled)));
    assert!(applies("tool_call", json!({}), &asking(Expected::Text("x".into()))));
    assert!(applies("tool_call", json!({}), &Case { tools: Vec::new(), ..expecting(&[("order", json!({}))]) }));
    assert!(!applies("tool_call", json!({}), &case(Expected::Text("x".into()))));
}

#[test]
fn a_why_names_tool_argument_found_and_expected() {
    let case = expecting(&[("order", json!({"id": [7, 8]}))]);
    let rows = [
        (r#"{"id": "7"}"#, r#"order: id: found "7" (string), expected integer"#),
        (r#"{"id": 9}"#, "order: id: found 9, expected any of 7, 8"),
        ("{}", "order: id: missing, expected any of 7, 8"),
        (r#"{"id": 7, "x": null}"#, "order: x: found null, expected no such argument"),
        ("{", r#"order: the arguments are no JSON object: "{""#),
    ];
    for (arguments, expected) in rows {
        assert_eq!(why("tool_call", json!({}), &case, &calls(&[("order", arguments)])), expected, "{arguments}");
    }
}

fn accepting(accept: Accept) -> Case {
    let arguments = BTreeMap::from([("q".to_owned(), ExpectedArgument { accept, optional: false })]);
    let search = json!({"properties": {"q": {"type": "string", "maxLength": 5}}, "required": ["q"]});
    let calls = vec![ExpectedCall { name: "search".into(), arguments }];
    Case { tools: vec![tool("search", search)], ..case(Expected::ToolCalls(calls.into())) }
}

#[test]
fn a_pattern_or_any_value_is_right_within_the_schema_and_a_listed_value_beyond_it() {
    use ToolFault::{SchemaViolation, WrongType, WrongValue};
    let pattern = |text| Accept::Pattern(Pattern::new(text).expect("compiles"));
    let rows = [
        (pattern("[a-z]+"), json!("paris"), Outcome::Pass),
        (pattern("[a-z]+"), json!("Paris"), fault(WrongValue)),
        (pattern("[a-z]+"), json!("toolong"), fault(SchemaViolation)),
        (pattern("[0-9]+"), json!(5), fault(WrongType)),
        (pattern(".*"), json!("a\u{0}é"), Outcome::Pass),
        (Accept::Any, json!("x"), Outcome::Pass),
        (Accept::Any, json!(5), fault(WrongType)),
        (Accept::Any, json!("x".repeat(10_000_000)), fault(SchemaViolation)),
        (Accept::AnyOf(vec![json!("toolong")]), json!("toolong"), Outcome::Pass),
    ];
    for (accept, value, expected) in rows {
        let case = accepting(accept.clone());
        let made = calls(&[("search", &json!({"q": value}).to_string())]);
        assert_eq!(outcome("tool_call", json!({}), &case, &made), expected, "{accept:?}");
    }
}

#[test]
fn a_case_forbids_tools_alone_or_beside_its_calls_and_fixes_the_order() {
    let forbidding = |calls| {
        asking(Expected::ToolCalls(ExpectedCalls { calls, fixed_order: true, forbidden: vec!["search".into()] }))
    };
    let (order, other, query) = (("order", r#"{"id": 1}"#), ("order", r#"{"id": 2}"#), ("search", r#"{"q": "x"}"#));
    let alone = forbidding(Vec::new());
    let both = ["1", "2"].map(|id| expected_call("order", &json!({"id": [id.parse::<i64>().expect("a number")]})));
    let both = forbidding(both.to_vec());
    let rows = [
        (&alone, text("No."), Outcome::Pass),
        (&alone, calls(&[order]), Outcome::Pass),
        (&alone, calls(&[query]), fault(ToolFault::ForbiddenCall)),
        (&alone, calls(&[("ordr", "{}")]), fault(ToolFault::UnknownTool)),
        (&both, calls(&[order, other]), Outcome::Pass),
        (&both, calls(&[other, order]), fault(ToolFault::WrongOrder)),
        (&both, calls(&[order, other, query]), fault(ToolFault::ForbiddenCall)),
        (&both, text("No."), fault(ToolFault::NotCalled)),
    ];
    for (case, response, expected) in rows {
        assert_eq!(outcome("tool_call", json!({}), case, &response), expected, "{:?}", response.tool_calls);
    }
}

#[test]
fn deeply_nested_arguments_are_malformed_and_overflow_no_stack() {
    let deep = format!(r#"{{"id": {}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
    let case = expecting(&[("order", json!({"id": [7]}))]);
    assert_eq!(outcome("tool_call", json!({}), &case, &calls(&[("order", &deep)])), fault(ToolFault::Malformed));
}

#[test]
fn as_written_a_whole_float_is_no_integer_whether_expected_or_only_offered() {
    let (expected, offered) = (expecting(&[("order", json!({"id": [7]}))]), asking(Expected::Unlabelled));
    let unlabelled = Outcome::Unscored(UnscoredReason::Unlabelled);
    let rows = [
        (&expected, "7", "as_written", Outcome::Pass),
        (&expected, "7.0", "by_value", Outcome::Pass),
        (&expected, "7.0", "as_written", fault(ToolFault::WrongType)),
        (&offered, "7.0", "by_value", unlabelled),
        (&offered, "7.0", "as_written", fault(ToolFault::WrongType)),
    ];
    for (case, id, numbers, outcome_of) in rows {
        let made = calls(&[("order", &format!(r#"{{"id": {id}}}"#))]);
        assert_eq!(outcome("tool_call", json!({"numbers": numbers}), case, &made), outcome_of, "{id} {numbers}");
    }
}

#[test]
fn a_call_of_the_computer_is_one_of_a_tool_that_was_offered() {
    let computer = Tool::ComputerUse { display: None };
    let tools = vec![computer, tool("order", orders())];
    let offering = |expected| Case { tools: tools.clone(), ..case(expected) };
    let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
    let unlabelled = offering(Expected::Unlabelled);
    let rows = [
        ("computer", r#"{"action":"screenshot"}"#, unscored),
        ("computer_use", "{}", unscored),
        ("click_at", r#"{"x":1,"y":2}"#, unscored),
        ("computer", "[", fault(ToolFault::Malformed)),
        ("computers", "{}", fault(ToolFault::UnknownTool)),
    ];
    for (name, arguments, expected) in rows {
        let found = outcome("tool_call", json!({}), &unlabelled, &calls(&[(name, arguments)]));
        assert_eq!(found, expected, "{name} {arguments}");
    }
    let without = Case { tools: vec![tool("order", orders())], ..unlabelled.clone() };
    let made = calls(&[("computer", "{}")]);
    assert_eq!(outcome("tool_call", json!({}), &without, &made), fault(ToolFault::UnknownTool));
    let named = |name: &str| Case { tool_choice: Some(ToolChoice::Named(name.into())), ..unlabelled.clone() };
    assert_eq!(outcome("tool_call", json!({}), &named("computer_use"), &made), unscored);
    assert_eq!(outcome("tool_call", json!({}), &named("order"), &made), fault(ToolFault::WrongTool));
    let labelled = |name: &str| offering(Expected::ToolCalls(vec![expected_call(name, &json!({}))].into()));
    assert_eq!(outcome("tool_call", json!({}), &labelled("computer_use"), &made), Outcome::Pass);
    assert_eq!(outcome("tool_call", json!({}), &labelled("order"), &made), fault(ToolFault::WrongTool));
    let forbidden = vec!["computer_use".to_owned()];
    let forbidding = offering(Expected::ToolCalls(ExpectedCalls { forbidden, ..ExpectedCalls::default() }));
    assert_eq!(outcome("tool_call", json!({}), &forbidding, &made), fault(ToolFault::ForbiddenCall));
}
