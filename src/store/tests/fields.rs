//! What was asked, flat, and the nearest of what was asked before.

use serde_json::{Value, json};

use super::*;

fn body() -> Value {
    json!({
        "model": "m-1",
        "temperature": 0.0,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Where is order 1881?"}]},
        ],
        "tools": [{
            "type": "function",
            "function": {
                "name": "find_order",
                "description": "x".repeat(63),
                "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}},
            },
        }],
        "stop": [],
        "odd.name": 1,
    })
}

fn flat(body: &Value) -> Fields {
    flat_text(&body.to_string())
}

fn flat_text(body: &str) -> Fields {
    let headers = [("x-beta".to_owned(), "1".to_owned())];
    let fields = KeyFields {
        protocol: "openai-chat",
        host: "api.example",
        path: "/v1/chat/completions",
        headers: &headers,
        body: body.as_bytes(),
        salt: Some("a"),
        repeat: 2,
    };
    fields.flat().expect("is flat")
}

#[test]
fn everything_that_enters_the_key_has_a_path_and_no_text_is_kept() {
    let text = "#([0-9a-f]{16})";
    let expected = [
        ("body.messages[0].content", text),
        ("body.messages[0].role", "\"system\""),
        ("body.messages[1].content", text),
        ("body.messages[1].role", "\"user\""),
        ("body.model", "\"m-1\""),
        ("body.stop", r"\[\]"),
        ("body.temperature", "0"),
        ("body.tools[0].function.description", text),
        ("body.tools[0].function.name", "\"find_order\""),
        ("body.tools[0].function.parameters", text),
        ("body.tools[0].type", "\"function\""),
        ("body[\"odd.name\"]", "1"),
        ("header.x-beta", "\"1\""),
        ("host", "\"api.example\""),
        ("path", "\"/v1/chat/completions\""),
        ("protocol", "\"openai-chat\""),
        ("repeat", "2"),
        ("salt", "\"a\""),
    ];
    let fields = flat(&body());
    let found: Vec<_> = fields.iter().collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((path, value), (expected_path, pattern)) in found.into_iter().zip(expected) {
        assert_eq!(path, expected_path);
        let pattern = regex::Regex::new(&format!("^{pattern}$")).expect("a pattern");
        assert!(pattern.is_match(value), "{path}: {value}");
    }
    let json = serde_json::to_vec(&fields).expect("serializes");
    let packed = body::deflate(&json, body::Like::Fields).expect("is packed");
    assert!(packed.len() < 250, "{} bytes of {}", packed.len(), json.len());
    assert_eq!(Fields::decode(&packed).expect("is unpacked"), fields);
}

#[test]
fn the_conversation_of_every_protocol_is_kept_as_digests() {
    let secret = "the secret";
    let bodies = [
        json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": secret}]}], "instructions": secret}),
        json!({"system": secret, "messages": [{"role": "user", "content": secret}]}),
        json!({"contents": [{"role": "user", "parts": [{"text": secret}]}], "systemInstruction": {"parts": [{"text": secret}]}}),
        json!({"input": secret, "messages": [secret]}),
    ];
    for body in bodies {
        assert!(flat(&body).iter().all(|(_, value)| !value.contains(secret)), "{body}");
    }
}

#[test]
fn spelling_changes_no_field_and_a_large_integer_does() {
    let fields = flat_text;
    assert_eq!(fields(r#"{"a": 1, "b": {"c": 2.0}}"#), fields(r#"{"b": {"c": 2}, "a": 1e0}"#));
    assert_ne!(fields(r#"{"a": 9007199254740993}"#), fields(r#"{"a": 9007199254740992}"#));
    let schema = |number: &str| fields(&format!(r#"{{"schema": {{"maximum": {number}}}}}"#));
    assert_ne!(schema("9007199254740993"), schema("9007199254740992"));
}

#[test]
fn the_nearest_request_is_the_one_that_shares_most_and_its_differences_are_named() {
    let (_folder, store) = store();
    let change = |change: &dyn Fn(&mut Value)| {
        let mut body = body();
        change(&mut body);
        flat(&body)
    };
    let asked = flat(&body());
    let near = change(&|body| body["temperature"] = json!(0.5));
    let far = change(&|body| {
        body["temperature"] = json!(0.5);
        body["model"] = json!("m-2");
        body["messages"][1]["content"] = json!("Another question?");
    });
    // It shares as much as the near one, and has more that is not asked.
    let longer = change(&|body| {
        body["temperature"] = json!(0.5);
        body["messages"].as_array_mut().expect("a list").push(json!({"role": "user", "content": "And now?"}));
    });
    for (byte, fields) in [(1, &far), (2, &near), (3, &longer)] {
        try_put(&store, byte, &exchange("a", "r"), Some(fields)).expect("is saved");
    }
    put(&store, 4, &exchange("a", "r"));
    let own = [asked, far.clone(), Fields::default()];
    let nearest = store.nearest(&own).expect("reads");
    let difference = |path: &str, stored: Option<&str>, asked: Option<&str>| {
        let [stored, asked] = [stored, asked].map(|value| value.map(str::to_owned));
        Difference { path: path.to_owned(), stored, asked }
    };
    let differs = vec![difference("body.temperature", Some("0.5"), Some("0"))];
    let expected = Nearest { key: key(2), recording: "r".to_owned(), bought_at: 1_770_000_000_000, differs };
    assert_eq!(nearest[0], Some(expected));
    assert_eq!(nearest[1].as_ref().map(|nearest| (nearest.key, nearest.differs.len())), Some((key(1), 0)));
    // It shares nothing with any: the one with the fewest fields, the first of them.
    assert_eq!(nearest[2].as_ref().map(|nearest| nearest.key), Some(key(1)));
}
