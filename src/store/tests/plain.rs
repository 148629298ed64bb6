//! Keys and fields made the plain way, by way of a value: what the quick way must give.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::*;

/// A text as it may be spelt: escapes, spaces, repeated names, numbers of every kind.
fn spelt() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-c]{0,2}".prop_map(|text| json!(text).to_string()),
        ".{0,12}".prop_map(|text| json!(text).to_string()),
        "[ -~\n]{14,90}".prop_map(|text| json!(text).to_string()),
        "[\u{0}-\u{1f}\"\\\\/\u{7f}]{0,6}".prop_map(|text| json!(text).to_string()),
        "[\u{e000}\u{ffff}\u{10000}\u{1f600}a]{0,4}".prop_map(|text| json!(text).to_string()),
        r"(a|b|\\u0061|\\u001F|\\u001f|\\u000a|\\/|\\n|\\ud83d\\ude00|\\u00e9){0,4}"
            .prop_map(|text| format!("\"{text}\"")),
        prop::sample::select(&["\"role\"", "\"content\"", "\"messages\"", "\"system\"", "\"schema\"", "\"model\""][..])
            .prop_map(str::to_owned),
    ];
    let number = prop_oneof![
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-1000_i64..1000).prop_map(|number| number.to_string()),
        ((1_u64 << 53) - 3..(1 << 53) + 3).prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
    ];
    let text = text.boxed();
    let word = prop::sample::select(&["null", "true", "false", " null "][..]).prop_map(str::to_owned);
    let leaf = prop_oneof![2 => number, 1 => word, 3 => text.clone()];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        let member = (text.clone(), inner.clone()).prop_map(|(name, value)| format!("{name}:{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",\n"))),
        ]
    })
}

fn canonical(value: &Value) -> String {
    serde_json_canonicalizer::to_string(value).expect("has a form")
}

fn large_integers(value: &Value) -> Map<String, Value> {
    fn collect(value: &Value, place: &str, found: &mut Map<String, Value>) {
        match value {
            Value::Number(number) => {
                let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
                if magnitude.is_some_and(|magnitude| magnitude > 1 << 53) {
                    found.insert(place.to_owned(), number.to_string().into());
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| collect(item, &format!("{place}/{index}"), found));
            }
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                collect(value, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    let mut found = Map::new();
    collect(value, "", &mut found);
    found
}

fn exact(value: &Value) -> String {
    let large = large_integers(value);
    match large.get("") {
        Some(_) => value.to_string(),
        None if large.is_empty() => canonical(value),
        None => canonical(&json!([value, large])),
    }
}

fn plain_key(asked: &KeyFields<'_>) -> Key {
    let body: Value = serde_json::from_slice(asked.body).expect("is JSON");
    let headers: Map<String, Value> =
        asked.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let all = json!({
        "body": body,
        "format": 1,
        "headers": headers,
        "host": asked.host,
        "large_integers": large_integers(&body),
        "path": asked.path,
        "protocol": asked.protocol,
        "repeat": asked.repeat,
        "salt": asked.salt,
    });
    Key(Sha256::digest(canonical(&all)).into())
}

/// The fields, gathered in a map.
#[derive(Default)]
struct Plain(BTreeMap<String, String>);

impl Plain {
    fn of(asked: &KeyFields<'_>) -> BTreeMap<String, String> {
        let mut plain = Self::default();
        for (path, text) in [("protocol", asked.protocol), ("host", asked.host), ("path", asked.path)] {
            plain.leaf(path, &text.into());
        }
        plain.leaf("repeat", &asked.repeat.into());
        asked.salt.iter().for_each(|salt| plain.leaf("salt", &(*salt).into()));
        asked.headers.iter().for_each(|(name, value)| plain.leaf(&format!("header.{name}"), &value.as_str().into()));
        match serde_json::from_slice(asked.body).expect("is JSON") {
            Value::Object(members) => {
                for (name, value) in &members {
                    let path = child("body", name);
                    match name.as_str() {
                        "messages" | "system" => plain.conversation(&path, value),
                        name => plain.named(&path, name, value),
                    }
                }
            }
            other => plain.tree("body", &other),
        }
        plain.0
    }

    fn leaf(&mut self, path: &str, value: &Value) {
        let text = exact(value);
        self.0.insert(path.to_owned(), if text.len() <= 64 { text } else { digest(value) });
    }

    fn text(&mut self, path: &str, value: &Value) {
        self.0.insert(path.to_owned(), digest(value));
    }

    fn named(&mut self, path: &str, name: &str, value: &Value) {
        if name == "schema" { self.text(path, value) } else { self.tree(path, value) }
    }

    fn tree(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                members.iter().for_each(|(name, value)| self.named(&child(path, name), name, value));
            }
            Value::Array(items) if !items.is_empty() => {
                items.iter().enumerate().for_each(|(index, item)| self.tree(&format!("{path}[{index}]"), item));
            }
            leaf => self.leaf(path, leaf),
        }
    }

    fn conversation(&mut self, path: &str, value: &Value) {
        let Value::Array(messages) = value else { return self.text(path, value) };
        for (index, message) in messages.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let Value::Object(members) = message else {
                self.text(&path, message);
                continue;
            };
            for (name, value) in members {
                let path = child(&path, name);
                if name == "role" { self.leaf(&path, value) } else { self.text(&path, value) }
            }
        }
    }
}

fn digest(value: &Value) -> String {
    format!("#{}", hex::encode(&Sha256::digest(exact(value))[..8]))
}

fn child(path: &str, name: &str) -> String {
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte));
    if is_plain { format!("{path}.{name}") } else { format!("{path}[{}]", Value::from(name)) }
}

/// A body that is a request more or less.
fn body() -> impl Strategy<Value = String> {
    let message = prop_oneof![
        3 => (spelt(), spelt()).prop_map(|(role, content)| format!(r#"{{"role":{role},"content":{content}}}"#)),
        1 => spelt(),
    ];
    let messages = prop::collection::vec(message, 0..12).prop_map(|messages| format!("[{}]", messages.join(",")));
    let request = (spelt(), messages, spelt()).prop_map(|(model, messages, more)| {
        format!(r#"{{"model":{model},"messages":{messages},"tools":[{{"schema":{more},"name":{more}}}],"x":{more}}}"#)
    });
    prop_oneof![spelt(), request]
}

proptest! {
    #[test]
    fn keys_and_fields_are_those_of_the_plain_way(
        body in body(),
        headers in prop::collection::vec(("[a-c]{1,2}", "[ -~]{0,70}"), 0..3),
        salt in prop::option::of(".{0,70}"),
        path in "/[ -~]{0,70}",
        repeat: u32,
    ) {
        let headers: Vec<(String, String)> = headers;
        let asked = KeyFields {
            protocol: "openai-chat",
            host: "127.0.0.1:8080",
            path: &path,
            headers: &headers,
            body: body.as_bytes(),
            salt: salt.as_deref(),
            repeat,
        };
        prop_assert_eq!(asked.key().expect("hashes"), plain_key(&asked));
        let fields = asked.flat().expect("is flat");
        let plain = Plain::of(&asked);
        prop_assert_eq!(serde_json::to_string(&fields).expect("is text"), serde_json::to_string(&plain).expect("is text"));
        prop_assert!(plain.iter().all(|(path, value)| fields.get(path) == Some(value)));
    }
}
