//! Requests that the fixtures do not hold.

use serde_json::json;

use crate::domain::{
    Arguments, Content, Display, Function, ImageSource, JsonText, Message, Part, Request, ResponseFormat, Role,
    Sampling, Tool, ToolCall, ToolChoice,
};
use crate::provider::builtin_endpoint;

use super::super::encode;

fn message(role: Role, content: Option<Content>) -> Message {
    Message {
        role,
        content,
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    }
}

fn said(role: Role, text: &str) -> Message {
    message(role, Some(Content::Text(text.to_owned())))
}

fn calling(content: Option<Content>, calls: &[(Option<&str>, &str)]) -> Message {
    let call = |(id, arguments): &(Option<&str>, &str)| ToolCall {
        id: id.map(str::to_owned),
        name: "f".to_owned(),
        arguments: Arguments::Malformed((*arguments).to_owned()),
    };
    Message { tool_calls: calls.iter().map(call).collect(), ..message(Role::Assistant, content) }
}

fn function(name: &str, parameters: Option<&str>, strict: Option<bool>) -> Tool {
    let parameters = parameters.map(|text| JsonText::parse(text).expect("is JSON"));
    Tool::Function(Function { name: name.to_owned(), description: None, parameters, strict })
}

fn request(messages: Vec<Message>) -> Request {
    Request {
        model: "m".to_owned(),
        messages,
        tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        response_format: None,
        sampling: Sampling::default(),
        stream: false,
    }
}

fn sent(request: &Request) -> String {
    let endpoint = builtin_endpoint("openai-responses").expect("is built in").endpoint();
    let sent = encode(request.into(), &endpoint);
    assert_eq!(sent.url, "https://api.openai.com/v1/responses");
    String::from_utf8(sent.body).expect("is text")
}

fn input(messages: Vec<Message>) -> String {
    let body = sent(&request(messages));
    let input = body.strip_prefix(r#"{"model":"m","input":["#).expect("begins with model and input");
    input.strip_suffix(r#"],"store":false}"#).expect("ends with store").to_owned()
}

#[test]
fn every_role_has_its_item_and_its_kind_of_text() {
    let image = |source, detail: Option<&str>| Part::Image { source, detail: detail.map(str::to_owned) };
    let parts = vec![
        Part::Text("T".to_owned()),
        image(ImageSource::Url("https://a/\"b".to_owned()), None),
        image(ImageSource::Base64 { media_type: "image/png".to_owned(), data: "AA==".to_owned() }, Some("low")),
    ];
    let text_part = || Some(Content::Parts(vec![Part::Text("T".to_owned())]));
    let result =
        Message { tool_call_id: Some("c".to_owned()), ..message(Role::Tool, Some(Content::Parts(parts.clone()))) };
    let images = concat!(
        r#"{"type":"input_image","image_url":"https://a/\"b","detail":"auto"},"#,
        r#"{"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"}"#,
    );
    let rows = [
        (said(Role::System, "S"), r#"{"role":"system","content":"S"}"#.to_owned()),
        (said(Role::Developer, "D"), r#"{"role":"developer","content":"D"}"#.to_owned()),
        (said(Role::Assistant, "A"), r#"{"role":"assistant","content":"A"}"#.to_owned()),
        (message(Role::User, None), r#"{"role":"user","content":""}"#.to_owned()),
        (message(Role::Assistant, None), r#"{"role":"assistant","content":""}"#.to_owned()),
        (
            message(Role::System, text_part()),
            r#"{"role":"system","content":[{"type":"input_text","text":"T"}]}"#.to_owned(),
        ),
        (
            message(Role::Assistant, text_part()),
            r#"{"role":"assistant","content":[{"type":"output_text","text":"T"}]}"#.to_owned(),
        ),
        (
            message(Role::User, Some(Content::Parts(parts))),
            format!(r#"{{"role":"user","content":[{{"type":"input_text","text":"T"}},{images}]}}"#),
        ),
        (
            result,
            format!(
                r#"{{"type":"function_call_output","call_id":"c","output":[{{"type":"input_text","text":"T"}},{images}]}}"#
            ),
        ),
    ];
    for (message, expected) in rows {
        assert_eq!(input(vec![message]), expected);
    }
}

#[test]
fn calls_follow_the_text_of_their_turn_and_share_ids_with_their_results() {
    let call =
        |id: &str| format!(r#"{{"type":"function_call","call_id":"{id}","name":"f","arguments":"{{\"a\": tru"}}"#);
    let output = |id: &str| format!(r#"{{"type":"function_call_output","call_id":"{id}","output":"18"}}"#);
    let text = |text: &str| Some(Content::Text(text.to_owned()));
    let two = [(None, "{\"a\": tru"), (Some("x"), "{\"a\": tru")];
    for (content, before) in [
        (text("Hm."), r#"{"role":"assistant","content":"Hm."},"#),
        (text(""), ""),
        (Some(Content::Parts(Vec::new())), ""),
        (None, ""),
    ] {
        let messages = vec![calling(content, &two), said(Role::Tool, "18"), said(Role::Tool, "18")];
        let expected = [call("call_0"), call("x"), output("call_0"), output("x")].join(",");
        assert_eq!(input(messages), format!("{before}{expected}"));
    }
    assert_eq!(input(vec![said(Role::Tool, "18")]), r#"{"type":"function_call_output","output":"18"}"#);
}

#[test]
fn tools_keep_their_schema_as_it_was_written() {
    let mut request = request(Vec::new());
    request.tools = vec![
        function("f", None, None),
        function("g", Some(r#"{"z":1.50,"a":12345678901234567890123}"#), Some(true)),
        Tool::WebSearch,
        Tool::FileSearch { stores: vec!["vs_1".to_owned(), "vs_2".to_owned()] },
        Tool::ComputerUse { display: Some(Display { width: 1, height: 2 }) },
    ];
    let expected = concat!(
        r#"{"model":"m","input":[],"store":false,"tools":["#,
        r#"{"type":"function","name":"f","parameters":null,"strict":false},"#,
        r#"{"type":"function","name":"g","parameters":{"z":1.50,"a":12345678901234567890123},"strict":true},"#,
        r#"{"type":"web_search"},{"type":"file_search","vector_store_ids":["vs_1","vs_2"]},{"type":"computer"}]}"#,
    );
    assert_eq!(sent(&request), expected);
}

#[test]
fn a_choice_is_a_word_a_function_or_a_built_in_tool() {
    let mut request = request(Vec::new());
    let named = |name: &str| ToolChoice::Named(name.to_owned());
    let rows = [
        (ToolChoice::Auto, r#""auto""#),
        (ToolChoice::None, r#""none""#),
        (ToolChoice::Required, r#""required""#),
        (named("f"), r#"{"type":"function","name":"f"}"#),
        (named("absent"), r#"{"type":"function","name":"absent"}"#),
        (named("web_search"), r#"{"type":"web_search"}"#),
        (named("file_search"), r#"{"type":"file_search"}"#),
        (named("computer_use"), r#"{"type":"computer"}"#),
    ];
    let stores = Vec::new();
    request.tools = vec![
        function("f", None, None),
        Tool::WebSearch,
        Tool::FileSearch { stores },
        Tool::ComputerUse { display: None },
    ];
    for (choice, expected) in rows {
        request.tool_choice = Some(choice);
        assert!(sent(&request).ends_with(&format!(r#","tool_choice":{expected}}}"#)), "{expected}");
    }
}

#[test]
fn a_format_keeps_its_schema_as_it_was_written() {
    let mut request = request(Vec::new());
    let schema = JsonText::parse(r#"{"z":1.0,"a":2}"#).expect("is JSON");
    let described = |strict| ResponseFormat::JsonSchema { name: "n".to_owned(), schema: schema.clone(), strict };
    let rows = [
        (ResponseFormat::Text, r#"{"type":"text"}"#),
        (ResponseFormat::JsonObject, r#"{"type":"json_object"}"#),
        (described(None), r#"{"type":"json_schema","name":"n","schema":{"z":1.0,"a":2}}"#),
        (described(Some(false)), r#"{"type":"json_schema","name":"n","schema":{"z":1.0,"a":2},"strict":false}"#),
    ];
    for (format, expected) in rows {
        request.response_format = Some(format);
        assert!(sent(&request).ends_with(&format!(r#","text":{{"format":{expected}}}}}"#)), "{expected}");
    }
}

#[test]
fn what_the_protocol_has_no_field_for_is_not_sent() {
    let mut request = request(vec![Message { name: Some("ana".to_owned()), ..said(Role::User, "Q") }]);
    request.parallel_tool_calls = Some(false);
    request.stream = true;
    request.sampling = Sampling {
        max_output_tokens: Some(5),
        temperature: Some(0.5),
        top_p: Some(0.25),
        top_k: Some(20),
        min_p: Some(0.125),
        frequency_penalty: Some(1.5),
        presence_penalty: Some(-1.5),
        seed: Some(-7),
        stop: vec!["END".to_owned()],
        n: Some(2),
        reasoning_effort: Some("low".to_owned()),
        extra: serde_json::Map::new(),
    };
    let expected = concat!(
        r#"{"model":"m","input":[{"role":"user","content":"Q"}],"store":false,"parallel_tool_calls":false,"#,
        r#""max_output_tokens":5,"temperature":0.5,"top_p":0.25,"reasoning":{"effort":"low"},"stream":true}"#,
    );
    assert_eq!(sent(&request), expected);
}

#[test]
fn passed_on_fields_join_also_inside_the_objects_that_the_request_states() {
    let extra = json!({
        "model": "other",
        "reasoning": { "effort": "high", "summary": "auto" },
        "service_tier": "flex",
        "store": true,
        "text": { "verbosity": "low" },
    });
    let mut request = request(Vec::new());
    request.sampling.extra = extra.as_object().expect("is an object").clone();
    let alone = concat!(
        r#"{"model":"m","input":[],"reasoning":{"effort":"high","summary":"auto"},"service_tier":"flex","store":true,"#,
        r#""text":{"verbosity":"low"}}"#,
    );
    assert_eq!(sent(&request), alone);
    request.sampling.reasoning_effort = Some("low".to_owned());
    request.response_format = Some(ResponseFormat::JsonObject);
    let beside = concat!(
        r#"{"model":"m","input":[],"text":{"format":{"type":"json_object"},"verbosity":"low"},"#,
        r#""reasoning":{"effort":"low","summary":"auto"},"service_tier":"flex","store":true}"#,
    );
    assert_eq!(sent(&request), beside);
}
