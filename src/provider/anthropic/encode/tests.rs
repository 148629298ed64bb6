//! Requests as the Messages API takes them, to the character.

use serde_json::{Value, json};

use super::*;
use crate::domain::{Arguments, Content, ImageSource, Message, Part, Request, Role, Sampling, ToolCall};
use crate::provider::builtin_endpoint;

fn said(role: Role, text: &str) -> Message {
    Message {
        role,
        content: Some(Content::Text(text.to_owned())),
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    }
}

fn calls(calls: &[(Option<&str>, Arguments)]) -> Message {
    let call = |(id, arguments): &(Option<&str>, Arguments)| ToolCall {
        id: id.map(str::to_owned),
        name: "f".to_owned(),
        arguments: arguments.clone(),
    };
    Message { tool_calls: calls.iter().map(call).collect(), ..said(Role::Assistant, "") }
}

fn object(text: &str) -> Arguments {
    Arguments::Object(text.to_owned())
}

fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "m".to_owned(),
        messages,
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        response_format: None,
        sampling: Sampling { max_output_tokens: Some(5), ..Sampling::default() },
        stream: false,
    }
}

fn function(name: &str, parameters: Option<&str>) -> Tool {
    Tool::Function(Function {
        name: name.to_owned(),
        description: None,
        parameters: parameters.map(|text| JsonText::parse(text).expect("is JSON")),
        strict: None,
    })
}

fn endpoint(headers: &[(&str, &str)]) -> Endpoint {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Endpoint { headers, ..builtin_endpoint("anthropic").expect("is built in").endpoint() }
}

fn sent(request: &Request) -> String {
    String::from_utf8(encode(request.into(), &endpoint(&[])).body).expect("is text")
}

fn field(request: &Request, name: &str) -> Value {
    let body: Value = serde_json::from_str(&sent(request)).expect("is JSON");
    body.get(name).cloned().unwrap_or_default()
}

#[test]
fn every_setting_has_its_field_and_what_the_api_does_not_know_stays_out() {
    let mut request = request(vec![said(Role::User, "Q")]);
    request.messages[0].name = Some("ana".to_owned());
    request.stream = true;
    request.tools = vec![function("f", Some(r#"{"z": 1.50, "a": {}}"#)), function("g", None)];
    if let Tool::Function(function) = &mut request.tools[0] {
        function.description = Some("D".to_owned());
        function.strict = Some(true);
    }
    let schema = JsonText::parse(r#"{"type": "object"}"#).expect("is JSON");
    request.response_format = Some(ResponseFormat::JsonSchema { name: "n".to_owned(), schema, strict: Some(true) });
    let extra = json!({ "metadata": { "user_id": "u" }, "top_k": 1 });
    request.sampling = Sampling {
        max_output_tokens: Some(2049),
        temperature: Some(1.0),
        top_p: Some(0.25),
        top_k: Some(20),
        min_p: Some(0.125),
        frequency_penalty: Some(1.5),
        presence_penalty: Some(-1.5),
        seed: Some(-7),
        stop: vec!["END".to_owned()],
        n: Some(2),
        reasoning_effort: Some("medium".to_owned()),
        extra: extra.as_object().expect("is an object").clone(),
    };
    assert_eq!(
        sent(&request),
        concat!(
            r#"{"model":"m","max_tokens":2049,"messages":[{"role":"user","content":"Q"}],"tools":["#,
            r#"{"name":"f","description":"D","input_schema":{"z": 1.50, "a": {}},"strict":true},"#,
            r#"{"name":"g","input_schema":{"type":"object"}}],"#,
            r#""output_config":{"format":{"type":"json_schema","schema":{"type": "object"}}},"#,
            r#""thinking":{"type":"enabled","budget_tokens":2048},"temperature":1.0,"top_p":0.25,"top_k":20,"#,
            r#""stop_sequences":["END"],"stream":true,"metadata":{"user_id":"u"}}"#,
        )
    );
}

#[test]
fn an_effort_without_a_budget_leaves_thinking_out_and_a_limit_is_always_sent() {
    let mut request = request(vec![said(Role::User, "Q")]);
    request.response_format = Some(ResponseFormat::JsonObject);
    for (effort, expected) in [
        (Some("none"), r#"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"Q"}]}"#),
        (Some("who knows"), r#"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"Q"}]}"#),
        (None, r#"{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":"Q"}]}"#),
    ] {
        request.sampling = Sampling { reasoning_effort: effort.map(str::to_owned), ..Sampling::default() };
        assert_eq!(sent(&request), expected, "{effort:?}");
    }
}

#[test]
fn instructions_are_joined_in_a_field_of_their_own() {
    let parts = Content::Parts(vec![Part::Text("C".to_owned()), Part::Text(String::new()), Part::Text("D".to_owned())]);
    let developer = Message { content: Some(parts), ..said(Role::Developer, "") };
    let conversation = vec![
        said(Role::System, "A\n"),
        said(Role::System, " \n"),
        developer,
        said(Role::User, "Q"),
        said(Role::Assistant, "P"),
    ];
    let with = request(conversation);
    assert_eq!(field(&with, "system"), "A\n\n\nC\n\nD");
    assert_eq!(
        field(&with, "messages"),
        json!([{ "role": "user", "content": "Q" }, { "role": "assistant", "content": "P" }])
    );
    assert_eq!(field(&request(vec![said(Role::System, ""), said(Role::User, "Q")]), "system"), Value::Null);
}

#[test]
fn all_results_of_a_turn_stand_in_one_message_before_what_the_user_says() {
    let result = |id: Option<&str>, text: &str, is_error| Message {
        tool_call_id: id.map(str::to_owned),
        is_error,
        ..said(Role::Tool, text)
    };
    let picture = Part::Image { source: ImageSource::Url("https://a/b".to_owned()), detail: Some("low".to_owned()) };
    let pictured = Message {
        content: Some(Content::Parts(vec![Part::Text(String::new()), picture])),
        ..result(None, "", Some(false))
    };
    let conversation = vec![
        said(Role::User, "Q"),
        calls(&[
            (None, object(r#"{"n":12345678901234567890123}"#)),
            (Some("x"), Arguments::Malformed("{\"a".to_owned())),
            (Some("y"), object("{}")),
        ]),
        result(Some("x"), "18", Some(true)),
        said(Role::User, "And?"),
        pictured,
        result(Some("y"), "7", None),
        said(Role::User, ""),
        said(Role::User, "Well?"),
        calls(&[(Some(""), object("{}"))]),
        result(Some(""), "", None),
    ];
    let wire = sent(&request(conversation));
    let expected = concat!(
        r#""messages":[{"role":"user","content":"Q"},{"role":"assistant","content":["#,
        r#"{"type":"tool_use","id":"call_0","name":"f","input":{"n":12345678901234567890123}},"#,
        r#"{"type":"tool_use","id":"x","name":"f","input":{}},"#,
        r#"{"type":"tool_use","id":"y","name":"f","input":{}}]},{"role":"user","content":["#,
        r#"{"type":"tool_result","tool_use_id":"x","content":"18","is_error":true},"#,
        r#"{"type":"tool_result","tool_use_id":"call_0","#,
        r#""content":[{"type":"image","source":{"type":"url","url":"https://a/b"}}],"is_error":false},"#,
        r#"{"type":"tool_result","tool_use_id":"y","content":"7"},"#,
        r#"{"type":"text","text":"And?"},{"type":"text","text":"Well?"}]},{"role":"assistant","content":["#,
        r#"{"type":"tool_use","id":"call_3","name":"f","input":{}}]},{"role":"user","content":["#,
        r#"{"type":"tool_result","tool_use_id":"call_3"}]}]}"#,
    );
    assert!(wire.ends_with(expected), "{wire}");
}

#[test]
fn blank_text_is_left_out_and_messages_of_one_speaker_stay_apart() {
    let parts = |texts: &[&str]| Content::Parts(texts.iter().map(|text| Part::Text((*text).to_owned())).collect());
    let empty = Message { content: Some(parts(&["", "\u{a0}\t"])), ..said(Role::User, "") };
    let padded = Message { content: Some(parts(&["\n", " A "])), ..said(Role::User, "") };
    let request = request(vec![
        padded,
        empty,
        said(Role::Assistant, " \n"),
        said(Role::User, "B"),
        Message { content: None, ..said(Role::Assistant, "") },
    ]);
    assert_eq!(
        field(&request, "messages"),
        json!([
            { "role": "user", "content": [{ "type": "text", "text": " A " }] },
            { "role": "user", "content": "B" },
        ])
    );
}

#[test]
fn ids_of_other_characters_are_sent_as_the_api_takes_them() {
    let id = Some("functions.f:0");
    let result = Message { tool_call_id: id.map(str::to_owned), ..said(Role::Tool, "\n") };
    let turn = Message { content: Some(Content::Text(" ".to_owned())), ..calls(&[(id, object("{}"))]) };
    let request = request(vec![said(Role::User, "Q"), turn, result]);
    assert_eq!(
        field(&request, "messages"),
        json!([
            { "role": "user", "content": "Q" },
            { "role": "assistant", "content": [{ "type": "tool_use", "id": "functions_f_0", "name": "f", "input": {} }] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "functions_f_0" }] },
        ])
    );
}

#[test]
fn passed_on_fields_join_inside_the_objects_that_the_request_states() {
    let mut request = request(vec![said(Role::User, "Q")]);
    let schema = JsonText::parse("{}").expect("is JSON");
    request.response_format = Some(ResponseFormat::JsonSchema { name: "n".to_owned(), schema, strict: None });
    request.sampling.reasoning_effort = Some("low".to_owned());
    let extra = json!({
        "output_config": { "effort": "low", "format": { "type": "text" } },
        "thinking": { "display": "omitted", "type": "disabled" },
    });
    request.sampling.extra = extra.as_object().expect("is an object").clone();
    assert_eq!(
        field(&request, "output_config"),
        json!({ "format": { "type": "json_schema", "schema": {} }, "effort": "low" })
    );
    assert_eq!(field(&request, "thinking"), json!({ "type": "enabled", "budget_tokens": 1024, "display": "omitted" }));
}

#[test]
fn a_choice_says_whether_calls_come_one_at_a_time() {
    let named = |name: &str| Some(ToolChoice::Named(name.to_owned()));
    let rows = [
        (None, None, Value::Null),
        (None, Some(true), Value::Null),
        (None, Some(false), json!({ "type": "auto", "disable_parallel_tool_use": true })),
        (Some(ToolChoice::Auto), None, json!({ "type": "auto" })),
        (Some(ToolChoice::Auto), Some(true), json!({ "type": "auto" })),
        (Some(ToolChoice::None), Some(false), json!({ "type": "none" })),
        (Some(ToolChoice::Required), Some(false), json!({ "type": "any", "disable_parallel_tool_use": true })),
        (named("f"), None, json!({ "type": "tool", "name": "f" })),
        (named("computer_use"), None, json!({ "type": "tool", "name": "computer" })),
    ];
    let mut request = request(vec![said(Role::User, "Q")]);
    for (choice, parallel, expected) in rows {
        request.tools = vec![function("f", None), Tool::ComputerUse { display: None }];
        request.tool_choice = choice;
        request.parallel_tool_calls = parallel;
        assert_eq!(field(&request, "tool_choice"), expected, "{:?} {parallel:?}", request.tool_choice);
    }
    request.tool_choice = None;
    request.parallel_tool_calls = Some(false);
    for tools in [vec![], vec![Tool::FileSearch { stores: vec!["s".to_owned()] }]] {
        request.tools = tools;
        assert_eq!(field(&request, "tool_choice"), Value::Null);
        assert_eq!(field(&request, "tools"), Value::Null);
    }
}

#[test]
fn tools_of_the_provider_go_by_their_dated_types() {
    let mut request = request(vec![said(Role::User, "Q")]);
    request.tools = vec![
        Tool::WebSearch,
        Tool::ComputerUse { display: Some(Display { width: 800, height: 600 }) },
        Tool::ComputerUse { display: None },
    ];
    let computer = |width: u32, height: u32| {
        json!({ "type": "computer_20250124", "name": "computer",
                "display_width_px": width, "display_height_px": height })
    };
    let search = json!({ "type": "web_search_20250305", "name": "web_search" });
    assert_eq!(field(&request, "tools"), json!([search, computer(800, 600), computer(1024, 768)]));
}

#[test]
fn headers_state_the_version_and_the_betas_unless_the_endpoint_does() {
    const VERSION_SENT: (&str, &str) = ("anthropic-version", "2023-06-01");
    type Pairs = &'static [(&'static str, &'static str)];
    let rows: [(Pairs, bool, Pairs); 6] = [
        (&[], false, &[VERSION_SENT]),
        (&[("Anthropic-Version", "2026-10-21")], false, &[("Anthropic-Version", "2026-10-21")]),
        (&[("anthropic-beta", "a")], false, &[("anthropic-beta", "a"), VERSION_SENT]),
        (&[], true, &[VERSION_SENT, ("anthropic-beta", COMPUTER_BETA)]),
        (&[("Anthropic-Beta", "a,b")], true, &[("Anthropic-Beta", "a,b,computer-use-2025-01-24"), VERSION_SENT]),
        (
            &[("anthropic-beta", "a, computer-use-2025-01-24")],
            true,
            &[("anthropic-beta", "a, computer-use-2025-01-24"), VERSION_SENT],
        ),
    ];
    for (stated, uses_computer, expected) in rows {
        let mut request = request(vec![said(Role::User, "Q")]);
        request.tools.extend(uses_computer.then_some(Tool::ComputerUse { display: None }));
        let sent = encode((&request).into(), &endpoint(stated));
        let headers: Vec<_> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(headers, expected, "{stated:?}");
        assert_eq!(sent.url, "https://api.anthropic.com/v1/messages");
    }
}
