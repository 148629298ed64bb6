use proptest::prelude::*;
use serde_json::json;

use super::super::line;
use super::*;
use crate::domain::{Accept, Case, Expected};

fn run(log: &str, expect_text: bool) -> Result<(Vec<Case>, ImportCounts), Vec<String>> {
    run_with(log, ImportOptions { expect_text, closed_loop: false })
}

fn run_with(log: &str, options: ImportOptions) -> Result<(Vec<Case>, ImportCounts), Vec<String>> {
    let mut out = Vec::new();
    let log = Log { name: Path::new("log.jsonl"), lines: &mut log.as_bytes() };
    match import(&IMPORTERS[0], options, log, &mut out) {
        Ok(counts) => {
            let text = String::from_utf8(out).expect("is UTF-8");
            Ok((text.lines().map(|text| line::parse(text.as_bytes()).expect("is a case")).collect(), counts))
        }
        Err(LogError::Log(problems)) => Err(problems.iter().map(ToString::to_string).collect()),
        Err(LogError::Output(error)) => panic!("{error}"),
    }
}

fn call(arguments: &str) -> serde_json::Value {
    json!({"role": "assistant", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "find", "arguments": arguments}}]})
}

#[test]
fn each_answer_becomes_a_case_on_the_history_before_it() {
    let log = json!({
        "id": "x", "weight": 2.5, "origin": "logs of May", "tags": {"tier": "pro"},
        "tools": [{"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}],
        "messages": [
            {"role": "user", "content": "where?"},
            call("{\n\"id\": 12345678901234567890}"),
            {"role": "tool", "tool_call_id": "c1", "content": "here"},
            {"role": "assistant", "content": [{"type": "text", "text": "It is "}, {"type": "text", "text": "here."}]}]});
    let (cases, counts) = run(&log.to_string(), false).expect("is imported");
    let shape = cases.iter().map(|case| (case.id.as_str(), case.messages.len(), case.tags["turn"].as_str()));
    assert_eq!(shape.collect::<Vec<_>>(), [("x#1", 1, "1"), ("x#2", 3, "2+")]);
    for case in &cases {
        assert_eq!((case.cluster.as_deref(), case.weight, case.tools.len()), (Some("x"), 2.5, 1));
        assert_eq!(case.tags["tier"], "pro");
    }
    let Expected::ToolCalls(calls) = &cases[0].expected else { panic!("{:?}", cases[0].expected) };
    assert_eq!(calls.calls[0].arguments["id"].accept, Accept::AnyOf(vec![json!(12_345_678_901_234_567_890_u64)]));
    assert_eq!(cases[1].expected, Expected::Unlabelled);
    let recorded = |case: &Case| case.recorded.clone().expect("is recorded").result.expect("is an answer");
    assert_eq!(recorded(&cases[0]).tool_calls, cases[1].messages[1].tool_calls);
    assert_eq!(recorded(&cases[1]).text, "It is here.");
    let origin = "step 2 of 2 of conversation x, on the recorded history; logs of May";
    assert_eq!(cases[1].origin.as_deref(), Some(origin));
    assert_eq!(counts, ImportCounts { records: 1, cases: 2, later_turns: 1, unlabelled: 1, ..Default::default() });
    let (cases, _) = run(&log.to_string(), true).expect("is imported");
    assert_eq!(cases[1].expected, Expected::Text("It is here.".to_owned()));
}

#[test]
fn what_cannot_be_a_case_is_counted_and_what_cannot_be_expected_is_not() {
    let log = [
        json!({"id": "greeted", "cluster": "u1", "tags": {"turn": "mine"}, "messages": [
            {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Hi"}, call("{\"id\":")]}),
        json!({"id": "left", "messages": [{"role": "user", "content": "Hi"}]}),
    ];
    let (cases, counts) = run(&log.map(|line| format!("{line}\n")).concat(), true).expect("is imported");
    assert_eq!(cases.len(), 1);
    assert_eq!((cases[0].id.as_str(), cases[0].cluster.as_deref()), ("greeted#2", Some("u1")));
    assert_eq!((cases[0].tags["turn"].as_str(), &cases[0].expected), ("mine", &Expected::Unlabelled));
    let expected = ImportCounts {
        records: 2,
        cases: 1,
        later_turns: 1,
        unlabelled: 1,
        without_prompt: 1,
        without_answer: 1,
        ..ImportCounts::default()
    };
    assert_eq!(counts, expected);
}

#[test]
fn every_problem_is_said_at_once_with_its_line() {
    let hi = json!({"role": "user", "content": "Hi"});
    let answer = json!({"role": "assistant", "content": "Hello"});
    let good = json!({"id": "a", "messages": [hi, answer]});
    let labelled = json!({"id": "b", "messages": [hi, answer], "expected": {"text": "Hello"}});
    let log = format!("{good}\n\n{labelled}\n{good}\nnot json\n{{\"id\":\"c\",\"messages\":[{{\"role\":\"bot\"}}]}}\n");
    let problems = run(&log, false).expect_err("has problems");
    let first: Vec<_> = problems.iter().map(|text| text.lines().next().expect("a line")).collect();
    assert_eq!(first[0], "log.jsonl:3: a conversation has no `expected`");
    assert_eq!(first[1], "log.jsonl:4: the id `a` stands on an earlier line too");
    assert!(first[2].starts_with("log.jsonl:5: not a JSON object"), "{first:?}");
    assert!(first[3].starts_with("log.jsonl:6: `messages[0].role` is \"bot\""), "{first:?}");
    assert_eq!(first.len(), 4);
    let none = run("\n", false).expect_err("is empty");
    assert_eq!(none, ["log.jsonl: no case can be made of the log: it holds no answer to a prompt"]);
}

fn two_calls() -> [serde_json::Value; 4] {
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "find", "arguments": arguments}});
    let [one, two] = [call("c1", "{\"id\": 12345678901234567890}"), call("c2", "{}")];
    [
        json!({"role": "assistant", "tool_calls": [one, two]}),
        json!({"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "second"}]}),
        json!({"role": "tool", "tool_call_id": "c1", "content": "first", "is_error": true}),
        json!({"role": "assistant", "content": "Here."}),
    ]
}

#[test]
fn a_conversation_becomes_one_case_whose_calls_are_answered_from_it() {
    let user = |text: &str| json!({"role": "user", "content": text});
    let [calls, second, first, last] = two_calls();
    let messages =
        [json!({"role": "system", "content": "Be kind."}), user("Hi"), user("where?"), calls, second, first, last];
    let more = [user("and?"), call("{\"id\":1}")];
    let messages = [messages.as_slice(), &more].concat();
    let log = json!({"id": "x", "weight": 2.5, "messages": messages}).to_string();
    let closed = |expect_text| ImportOptions { expect_text, closed_loop: true };
    let (cases, counts) = run_with(&log, closed(false)).expect("is imported");
    assert_eq!(counts, ImportCounts { records: 1, cases: 1, cut: 1, ..Default::default() });
    let case = &cases[0];
    assert_eq!((case.id.as_str(), case.cluster.as_deref(), case.weight, case.messages.len()), ("x", Some("x"), 2.5, 3));
    let rows = case.tool_results.as_ref().expect("is a closed loop").iter();
    let rows = rows.map(|row| (row.arguments.as_str(), row.result.as_str(), row.is_error));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [("{\"id\": 12345678901234567890}", "first", Some(true)), ("{}", "second", None)]
    );
    let Expected::ToolCalls(expected) = &case.expected else { panic!("{:?}", case.expected) };
    assert_eq!(expected.calls.len(), 2);
    let recorded = case.recorded.clone().expect("is recorded").result.expect("is an answer");
    assert_eq!((recorded.text.as_str(), recorded.tool_calls.len()), ("Here.", 2));
    let (cases, _) = run_with(&log, closed(true)).expect("is imported");
    assert_eq!(cases[0].expected, Expected::Text("Here.".to_owned()));
}

#[test]
fn what_makes_no_closed_loop_is_counted() {
    let user = json!({"role": "user", "content": "Hi"});
    let [calls, second, _, last] = two_calls();
    let picture = json!({"role": "tool", "tool_call_id": "c1", "content": [
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]});
    let logs = [
        json!({"id": "plain", "messages": [user, last]}),
        json!({"id": "unanswered", "messages": [user, calls, second, last]}),
        json!({"id": "picture", "messages": [user, calls, second, picture, last]}),
        json!({"id": "silent", "messages": [user]}),
        json!({"id": "nobody", "messages": [last]}),
    ];
    let log = logs.map(|line| format!("{line}\n")).concat();
    let options = ImportOptions { expect_text: false, closed_loop: true };
    let (cases, counts) = run_with(&log, options).expect("is imported");
    assert_eq!((cases.len(), &cases[0].tool_results), (1, &Some(Vec::new())));
    let expected = ImportCounts {
        records: 5,
        cases: 1,
        unlabelled: 1,
        without_prompt: 1,
        without_answer: 1,
        without_result: 2,
        ..Default::default()
    };
    assert_eq!(counts, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_answer_after_a_prompt_is_one_case_and_its_history_is_what_stood_before(
        roles in prop::collection::vec(any::<bool>(), 1..12),
    ) {
        let role = |answers: bool| if answers { "assistant" } else { "user" };
        let messages: Vec<_> = roles.iter().enumerate()
            .map(|(index, answers)| json!({"role": role(*answers), "content": index.to_string()}))
            .collect();
        let wanted: Vec<usize> = (1..roles.len()).filter(|index| roles[*index]).collect();
        let found = run(&json!({"id": "a", "messages": messages}).to_string(), false);
        if wanted.is_empty() {
            prop_assert!(found.is_err());
        } else {
            let (cases, _) = found.expect("is imported");
            let lengths: Vec<usize> = cases.iter().map(|case| case.messages.len()).collect();
            prop_assert_eq!(&lengths, &wanted);
            for (case, index) in cases.iter().zip(wanted) {
                let answer = case.recorded.clone().expect("is recorded").result.expect("is an answer");
                prop_assert_eq!(answer.text, index.to_string());
            }
        }
    }
}
