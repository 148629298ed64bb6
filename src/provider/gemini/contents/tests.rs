//! Tests of encoding a conversation.

use super::*;
use crate::domain::ToolCall;

fn message(role: Role, content: Option<&str>) -> Message {
    let content = content.map(|text| Content::Text(text.to_owned()));
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

fn step(content: Option<&str>, calls: &[(Option<&str>, &str)]) -> Message {
    let call = |&(id, name): &(Option<&str>, &str)| ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments: Arguments::Object("{}".to_owned()),
    };
    Message { tool_calls: calls.iter().map(call).collect(), ..message(Role::Assistant, content) }
}

fn result(id: Option<&str>, content: &str) -> Message {
    Message { tool_call_id: id.map(str::to_owned), ..message(Role::Tool, Some(content)) }
}

fn sent(messages: &[Message]) -> String {
    let (system, turns) = encode(messages);
    assert!(system.is_none());
    serde_json::to_string(&turns).expect("serializes")
}

#[test]
fn instructions_stand_apart_part_by_part() {
    let messages = [
        message(Role::System, Some("A")),
        message(Role::Developer, Some("B")),
        message(Role::User, Some("Q")),
        message(Role::Assistant, Some("")),
        message(Role::User, Some("R")),
    ];
    let (system, turns) = encode(&messages);
    assert_eq!(serde_json::to_string(&system).expect("serializes"), r#"{"parts":[{"text":"A"},{"text":"B"}]}"#);
    assert_eq!(
        serde_json::to_string(&turns).expect("serializes"),
        concat!(
            r#"[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":""}]},"#,
            r#"{"role":"user","parts":[{"text":"R"}]}]"#,
        )
    );
}

#[test]
fn results_of_a_turn_share_one_turn_and_bear_the_names_of_their_calls() {
    let messages = [
        step(Some(""), &[(Some("1"), "f"), (Some("2"), "g")]),
        result(Some("2"), "b"),
        result(Some("1"), "a"),
        step(None, &[(None, "h"), (Some("1"), "k")]),
        result(None, "c"),
        result(Some("1"), "d"),
        message(Role::User, Some("Q")),
        Message { name: Some("n".to_owned()), ..result(Some("9"), "e") },
    ];
    let call = |id: &str, name: &str| format!(r#"{{"functionCall":{{"id":"{id}","name":"{name}","args":{{}}}}"#);
    let signed = |id: &str, name: &str| call(id, name) + r#","thoughtSignature":"skip_thought_signature_validator"}"#;
    let answer = |id: &str, name: &str, text: &str| {
        format!(r#"{{"functionResponse":{{"id":"{id}","name":"{name}","response":{{"output":"{text}"}}}}}}"#)
    };
    let turn = |role: &str, parts: &[String]| format!(r#"{{"role":"{role}","parts":[{}]}}"#, parts.join(","));
    let expected = [
        turn("model", &[signed("1", "f"), call("2", "g") + "}"]),
        turn("user", &[answer("2", "g", "b"), answer("1", "f", "a")]),
        turn("model", &[signed("call_2", "h"), call("1", "k") + "}"]),
        turn("user", &[answer("call_2", "h", "c"), answer("1", "k", "d")]),
        turn("user", &[r#"{"text":"Q"}"#.to_owned()]),
        turn("user", &[answer("9", "n", "e")]),
    ];
    assert_eq!(sent(&messages), format!("[{}]", expected.join(",")));
}

#[test]
fn a_result_is_an_object_as_it_was_written_or_wrapped_into_one() {
    let rows = [
        (r#" {"b":1.50, "a":12345678901234567890123} "#, None, r#"{"b":1.50, "a":12345678901234567890123}"#),
        (r#"{"a":1}"#, Some(false), r#"{"a":1}"#),
        (r#"{"a":1}"#, Some(true), r#"{"error":"{\"a\":1}"}"#),
        ("timeout", Some(true), r#"{"error":"timeout"}"#),
        ("{not JSON", None, r#"{"output":"{not JSON"}"#),
        ("{} {}", None, r#"{"output":"{} {}"}"#),
        ("[1]", None, r#"{"output":"[1]"}"#),
        ("18", None, r#"{"output":"18"}"#),
        ("", None, r#"{"output":""}"#),
    ];
    for (content, is_error, response) in rows {
        let message = Message { is_error, ..result(None, content) };
        let expected =
            format!(r#"[{{"role":"user","parts":[{{"functionResponse":{{"name":"","response":{response}}}}}]}}]"#);
        assert_eq!(sent(&[message]), expected);
    }
}

#[test]
fn parts_of_a_result_join_and_its_images_stand_beside() {
    let image = ImageSource::Base64 { media_type: "image/png".to_owned(), data: "AA==".to_owned() };
    let image = || Part::Image { source: image.clone(), detail: None };
    let text = |text: &str| Part::Text(text.to_owned());
    let beside = r#""parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]"#;
    let rows = [
        (vec![text("{\"a\""), image(), text(":1}")], format!(r#"{{"a":1}},{beside}"#)),
        (vec![text("{"), text("a")], r#"{"output":"{a"}"#.to_owned()),
        (vec![text("{}")], "{}".to_owned()),
        (vec![image()], format!(r#"{{"output":""}},{beside}"#)),
    ];
    for (parts, expected) in rows {
        let message = Message { content: Some(Content::Parts(parts)), ..result(None, "") };
        let expected =
            format!(r#"[{{"role":"user","parts":[{{"functionResponse":{{"name":"","response":{expected}}}}}]}}]"#);
        assert_eq!(sent(&[message]), expected);
    }
}

#[test]
fn arguments_are_sent_to_the_last_digit_and_malformed_ones_are_none() {
    let rows = [
        (
            Arguments::Object(r#"{"b":1.50,"a":12345678901234567890123}"#.to_owned()),
            r#"{"b":1.50,"a":12345678901234567890123}"#,
        ),
        (Arguments::Malformed("{\"a\": tru".to_owned()), "{}"),
    ];
    for (given, expected) in rows {
        assert_eq!(arguments(&given).get(), expected);
    }
}

#[test]
fn an_image_has_a_type_where_its_url_tells_one() {
    let rows = [
        ("https://example.com/a.PNG?size=1.jpg#x.gif", Some("image/png")),
        ("https://example.com/a.b.jpeg", Some("image/jpeg")),
        ("https://example.com/a.webp", Some("image/webp")),
        ("https://example.com/a.heic#top", Some("image/heic")),
        ("https://generativelanguage.googleapis.com/v1beta/files/abc", None),
        ("https://example.png/abc", None),
        ("https://example.com/png", None),
        ("https://example.com/a.exe", None),
        ("", None),
    ];
    for (url, mime_type) in rows {
        let source = ImageSource::Url(url.to_owned());
        let parts = Content::Parts(vec![Part::Image { source, detail: Some("high".to_owned()) }]);
        let message = Message { content: Some(parts), name: Some("ana".to_owned()), ..message(Role::User, None) };
        let mime_type = mime_type.map(|name| format!(r#""mimeType":"{name}","#)).unwrap_or_default();
        let expected = format!(r#"[{{"role":"user","parts":[{{"fileData":{{{mime_type}"fileUri":"{url}"}}}}]}}]"#);
        assert_eq!(sent(&[message]), expected);
    }
}
