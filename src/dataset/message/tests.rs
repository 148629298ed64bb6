use serde_json::json;
use serde_json::value::RawValue;

use super::*;

fn read(text: &str) -> Result<Message, BadLine> {
    let raw: &RawValue = serde_json::from_str(text).expect("is JSON");
    message(Field::at("messages[1]", raw))
}

#[test]
fn what_a_log_holds_beside_an_answer_is_left_out_when_it_is_empty() {
    let dumped = json!({"role": "assistant", "content": "hi", "refusal": null, "annotations": [], "audio": null,
        "function_call": null, "tool_calls": null, "name": null, "reasoning_content": "", "tool_call_id": null});
    let plain = read(r#"{"role":"assistant","content":"hi"}"#).expect("is read");
    assert_eq!(read(&dumped.to_string()), Ok(plain.clone()));
    assert_eq!(read(r#"{"role":"assistant","content":"hi","annotations":[ ]}"#), Ok(plain));
}

#[test]
fn tool_results_need_no_id_and_arguments_may_be_objects_kept_as_they_are() {
    let result = read(r#"{"role":"tool","content":"18"}"#).expect("is read");
    assert_eq!((result.role, result.tool_call_id), (Role::Tool, None));
    let object = |text: &str| Arguments::Object(text.to_owned());
    let rows = [
        (r#"{"z": 1.50, "a":12345678901234567890123}"#, object(r#"{"z": 1.50, "a":12345678901234567890123}"#)),
        (r#""{\"z\": 1.50}""#, object(r#"{"z": 1.50}"#)),
        (r#"" ""#, object("{}")),
        (r#""[1]""#, Arguments::Malformed("[1]".to_owned())),
    ];
    for (written, expected) in rows {
        let call =
            format!(r#"{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":{written}}}}}]}}"#);
        assert_eq!(read(&call).expect("is read").tool_calls[0].arguments, expected);
    }
}

#[test]
fn a_signature_of_gemini_is_kept() {
    let call = json!({"type": "function", "function": {"name": "f", "arguments": {}},
        "extra_content": {"google": {"thought_signature": "s"}}});
    let read = read(&json!({"role": "assistant", "tool_calls": [call]}).to_string()).expect("is read");
    assert_eq!(read.thought_signature.as_deref(), Some("s"));
}

#[test]
fn what_cannot_be_sent_is_named_with_a_way_out() {
    let call = |extra: Value| json!({"role": "assistant", "tool_calls": [extra]});
    let rows = [
        (
            json!({"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}}),
            "`messages[1].function_call` is an object, but must be empty",
            Some(NEW_CALL),
        ),
        (
            json!({"role": "function", "name": "f", "content": "18"}),
            "`messages[1].role` is \"function\", but must be one of `system`, `developer`, `user`, `assistant`, `tool`",
            Some("the result of a call has the role `tool`, with the `tool_call_id` of its call or without"),
        ),
        (
            json!({"role": "model", "content": "hi"}),
            "`messages[1].role` is \"model\", but must be one of `system`, `developer`, `user`, `assistant`, `tool`",
            Some("`model` is `assistant` here"),
        ),
        (
            json!({"role": "assistant", "content": "hi", "refusal": "no"}),
            "`messages[1].refusal` is \"no\", but must be empty",
            Some("put the words of the refusal into `content`, and leave it out"),
        ),
        (
            json!({"role": "assistant", "content": "hi", "annotations": [{"type": "url_citation"}]}),
            "`messages[1].annotations` is a list, but must be empty",
            Some("leave it out: no provider takes it back"),
        ),
        (
            json!({"role": "user", "content": [{"type": "input_text", "text": "Q"}]}),
            "`messages[1].content[0].type` is \"input_text\", but must be one of `text`, `image_url`",
            Some("`input_text` is `text` here"),
        ),
        (
            call(json!({"function": {"name": "f", "arguments": [1]}})),
            "`messages[1].tool_calls[0].function.arguments` is a list, but must be a text of JSON, or an object",
            None,
        ),
        (call(json!({"function": {"name": "f"}})), "`messages[1].tool_calls[0].function` lacks `arguments`", None),
        (
            call(json!({"type": "custom", "function": {"name": "f", "arguments": ""}})),
            "`messages[1].tool_calls[0].type` is \"custom\", but must be one of `function`",
            None,
        ),
        (
            json!({"role": "user", "content": "Q", "tool_call_id": "c1"}),
            "`messages[1]` has `tool_call_id`, which only a message of role `tool` has",
            None,
        ),
        (
            json!({"role": "user", "content": "Q", "is_error": false}),
            "`messages[1]` has `is_error`, which only a message of role `tool` has",
            None,
        ),
        (
            json!({"role": "user", "content": 7}),
            "`messages[1].content` is 7, but must be a text or a list of parts",
            None,
        ),
        (
            json!({"role": "user", "contents": "Q"}),
            "unknown field `contents` in `messages[1]`",
            Some("did you mean `content`?"),
        ),
        (json!("Q"), "`messages[1]` is \"Q\", but must be an object", None),
    ];
    for (given, message, help) in rows {
        let bad = read(&given.to_string()).expect_err("is wrong");
        assert_eq!((bad.message.as_str(), bad.help.as_deref()), (message, help));
    }
}
