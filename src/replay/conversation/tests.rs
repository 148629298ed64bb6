use super::*;
use crate::domain::Arguments;

fn case(results: &[(&str, &str)]) -> Case {
    let message = Message {
        role: Role::User,
        content: Some(Content::Text("?".to_owned())),
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    };
    let result = |(arguments, result): &(&str, &str)| ToolResult {
        name: "f".to_owned(),
        arguments: (*arguments).to_owned(),
        result: (*result).to_owned(),
        is_error: None,
    };
    Case { tool_results: Some(results.iter().map(result).collect()), ..Case::new("c", vec![message]) }
}

fn answer(calls: &[&str]) -> Response {
    let call = |(index, arguments): (usize, &&str)| ToolCall {
        id: Some(format!("c{index}")),
        name: "f".to_owned(),
        arguments: Arguments::Object((*arguments).to_owned()),
    };
    Response {
        text: String::new(),
        tool_calls: calls.iter().enumerate().map(call).collect(),
        refusal: None,
        finish_reason: FinishReason::ToolCalls,
        finish_raw: None,
    }
}

/// How a conversation ends whose answers make these calls: after how many answers, and why.
fn end(case: &Case, max_steps: u32, answers: &[&[&str]]) -> (u32, Option<(ToolFault, String)>) {
    let mut conversation = Conversation::new(case, max_steps);
    for calls in answers {
        if let Next::Over(ended) = conversation.take(&answer(calls)) {
            return (conversation.answers, ended.map(|Ended { fault, why }| (fault, why)));
        }
    }
    panic!("goes on");
}

#[test]
fn a_conversation_ends_with_an_answer_without_calls_or_with_a_fault() {
    let one = case(&[(r#"{"a":1}"#, "one"), (r#"{"a":2}"#, "two")]);
    let polled = case(&[("{}", "queued"), ("{}", "queued"), ("{}", "queued"), ("{}", "done")]);
    let (first, second, unknown) = (r#"{"a":1}"#, r#"{ "a": 2.0 }"#, r#"{"a":3}"#);
    let fault = |fault, why: &str| Some((fault, why.to_owned()));
    let unmatched = || fault(ToolFault::UnmatchedCall, r#"f({"a":3}) is not on record"#);
    let rows: [(&Case, u32, &[&[&str]], _); 11] = [
        (&one, 10, &[&[]], (1, None)),
        (&one, 10, &[&[first], &[second], &[]], (3, None)),
        (&one, 10, &[&[first, second], &[]], (2, None)),
        (&one, 10, &[&[first, unknown]], (1, unmatched())),
        (&one, 1, &[&[unknown]], (1, unmatched())),
        (&one, 10, &[&[first], &[first], &[first]], (3, fault(ToolFault::Looped, r#"f({"a":1}) 3 times in a row"#))),
        (&one, 10, &[&[first], &[first], &[second], &[first], &[first], &[]], (6, None)),
        (&one, 10, &[&[first, first, first]], (1, fault(ToolFault::Looped, r#"f({"a":1}) 3 times in one answer"#))),
        (&polled, 10, &[&["{}"], &["{}"], &["{}"], &["{}"], &[]], (5, None)),
        (
            &polled,
            10,
            &[&["{}"], &["{}"], &["{}"], &["{}"], &["{}"]],
            (5, fault(ToolFault::Looped, "f({}) 5 times in a row")),
        ),
        (
            &one,
            2,
            &[&[first], &[second], &[]],
            (2, fault(ToolFault::TooManySteps, "2 answers, and the last one still makes calls")),
        ),
    ];
    for (case, max_steps, answers, expected) in rows {
        assert_eq!(end(case, max_steps, answers), expected, "{answers:?}");
    }
}

#[test]
fn an_answer_and_the_results_of_its_calls_are_appended_and_a_demanded_call_is_demanded_once() {
    let case = Case { tool_choice: Some(ToolChoice::Required), ..case(&[(r#"{"a":1}"#, "one"), ("{}", "none")]) };
    let mut conversation = Conversation::new(&case, 10);
    let said = Response { text: "Let me see.".to_owned(), ..answer(&["{}", r#"{"a":1}"#]) };
    assert!(matches!(conversation.take(&said), Next::Ask));
    let messages = &conversation.asked.messages[1..];
    let shape = |message: &Message| (message.role, message.content.clone(), message.tool_call_id.clone());
    let text = |text: &str| Some(Content::Text(text.to_owned()));
    assert_eq!(
        messages.iter().map(shape).collect::<Vec<_>>(),
        [
            (Role::Assistant, text("Let me see."), None),
            (Role::Tool, text("none"), Some("c0".to_owned())),
            (Role::Tool, text("one"), Some("c1".to_owned())),
        ]
    );
    assert_eq!((&messages[0].tool_calls, messages[1].tool_calls.len()), (&said.tool_calls, 0));
    assert_eq!(conversation.asked.tool_choice, Some(ToolChoice::Auto));
}

#[test]
fn the_calls_of_an_answer_that_was_cut_are_not_carried_out() {
    let case = case(&[]);
    let cut = Response { finish_reason: FinishReason::Length, ..answer(&["{}"]) };
    assert!(matches!(Conversation::new(&case, 10).take(&cut), Next::Over(None)));
    let refused = Response { refusal: Some("no".to_owned()), ..answer(&["{}"]) };
    assert!(matches!(Conversation::new(&case, 10).take(&refused), Next::Over(None)));
}

#[test]
fn every_step_is_bounded_by_what_the_answers_and_results_before_it_can_add() {
    let case = case(&[("{}", "12345"), (r#"{"a":1}"#, "")]);
    let growth = growth(&case, 100);
    assert_eq!(growth, 100 + 256 + 2 * (256 + 6) + 2 * (256 + 1));
    let first = Bound { input_tokens: 1_000, searches: 2 };
    let third = bound_of_step(first, growth, 2);
    assert_eq!((third.input_tokens, third.searches), (1_000 + 2 * growth, 2));
}
