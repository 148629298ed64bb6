use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn opened(line: &str) -> Option<Case> {
    Fields::opened(line.as_bytes()).and_then(|fields| case(fields, None).ok())
}

fn written(line: &str) -> Result<Case, BadLine> {
    as_written(line.as_bytes()).and_then(|fields| case(fields, None))
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![any::<String>(), "[a-c \n\"\\\\\u{e9}\u{1f600}]{0,9}"].prop_map(Value::from)
}

/// Some of these members.
fn some(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Map<String, Value>> {
    let maybe = |(name, value): (&'static str, BoxedStrategy<Value>)| {
        prop::option::of(value).prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    let members: Vec<_> = members.into_iter().map(maybe).collect();
    members.prop_map(|members| members.into_iter().flatten().collect())
}

/// These members, and some of those.
fn with(
    must: Vec<(&'static str, BoxedStrategy<Value>)>,
    may: Vec<(&'static str, BoxedStrategy<Value>)>,
) -> impl Strategy<Value = Value> {
    let must: Vec<_> = must.into_iter().map(|(name, value)| value.prop_map(move |value| (name, value))).collect();
    (must, some(may)).prop_map(|(must, mut all)| {
        all.extend(must.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::Object(all)
    })
}

fn list(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop::collection::vec(of, 1..3).prop_map(Value::from).boxed()
}

fn just(value: Value) -> BoxedStrategy<Value> {
    Just(value).boxed()
}

fn call() -> impl Strategy<Value = Value> {
    let arguments = prop_oneof![text(), text().prop_map(|text| json!({"a": text, "b": 1.50}))].boxed();
    let function = with(vec![("name", text().boxed()), ("arguments", arguments)], vec![]);
    with(vec![("function", function.boxed())], vec![("id", text().boxed()), ("type", just(json!("function")))])
}

fn message() -> impl Strategy<Value = Value> {
    let url = prop_oneof![Just(json!("file:a.png")), Just(json!("data:image/png;base64,AAAA"))];
    let image = with(vec![("url", url.boxed())], vec![("detail", text().boxed())]);
    let part = prop_oneof![
        with(vec![("type", just(json!("text"))), ("text", text().boxed())], vec![]),
        with(vec![("type", just(json!("image_url"))), ("image_url", image.boxed())], vec![]),
    ];
    let content = || prop_oneof![3 => text(), 1 => Just(Value::Null)].boxed();
    let said = prop_oneof![text().boxed(), list(part)].boxed();
    prop_oneof![
        with(vec![("role", just(json!("user"))), ("content", said)], vec![("name", text().boxed())]),
        with(
            vec![("role", just(json!("assistant"))), ("tool_calls", list(call()))],
            vec![("content", content()), ("refusal", just(Value::Null)), ("annotations", just(json!([])))]
        ),
        with(
            vec![("role", just(json!("tool"))), ("content", text().boxed())],
            vec![("tool_call_id", text().boxed()), ("is_error", any::<bool>().prop_map(Value::from).boxed())]
        ),
    ]
}

fn good() -> impl Strategy<Value = Value> {
    let expected = prop_oneof![
        text().prop_map(|text| json!({"text": text})),
        any::<f64>().prop_filter("JSON has it", |number| number.is_finite()).prop_map(|n| json!({"number": n})),
        Just(json!({"tool_calls": [{"name": "f", "arguments": {"a": 1}}], "order": "fixed"})),
        Just(json!({"forbidden_calls": ["f"]})),
    ];
    let tags = prop::collection::btree_map("[a-c]{1,2}", text(), 0..3).prop_map(|tags| json!(tags));
    let result = with(
        vec![("name", text().boxed()), ("result", text().boxed())],
        vec![("arguments", just(json!({"a": [1]}))), ("is_error", just(json!(true)))],
    );
    let usage = || just(json!({"input_tokens": 5, "output_tokens": 7}));
    let recorded = with(vec![("text", text().boxed())], vec![("tool_calls", list(call())), ("usage", usage())]);
    with(
        vec![("id", text().prop_map(|id| json!(format!("a{id}"))).boxed()), ("messages", list(message()))],
        vec![
            ("expected", expected.boxed()),
            ("tags", tags.boxed()),
            ("weight", (1_u32..9).prop_map(Value::from).boxed()),
            ("recorded", recorded.boxed()),
            ("tool_results", list(result)),
            ("tools", just(json!([{"type": "function", "function": {"name": "f", "parameters": {"a": 1}}}]))),
            ("cluster", text().boxed()),
            ("origin", just(Value::Null)),
        ],
    )
}

/// JSON text with blanks, and with letters written as escapes wherever the next choice says so. `extra` is put behind
/// the `at`-th member, counted over the whole text.
fn write(value: &Value, choices: &mut impl Iterator<Item = bool>, extra: &mut (usize, Option<&str>), out: &mut String) {
    let word = |text: &str, choices: &mut dyn Iterator<Item = bool>, out: &mut String| {
        if choices.next() == Some(true) {
            let escaped: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let escaped = escaped.concat();
            write!(out, "\"{escaped}\" ").expect("a text");
        } else {
            out.push_str(&Value::from(text).to_string());
        }
    };
    match value {
        Value::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                out.push_str(if index == 0 { " " } else { " ," });
                word(name, choices, out);
                out.push(':');
                write(value, choices, extra, out);
                if extra.0 == 0
                    && let Some(extra) = extra.1.take()
                {
                    write!(out, ",{extra}").expect("a text");
                }
                extra.0 = extra.0.saturating_sub(1);
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index == 0 { "\t" } else { ", " });
                write(element, choices, extra, out);
            }
            out.push(']');
        }
        Value::String(text) => word(text, choices, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

fn line(value: &Value, choices: &[bool], at: usize, extra: Option<&str>) -> String {
    let mut line = String::new();
    write(value, &mut choices.iter().copied().cycle(), &mut (at, extra), &mut line);
    line
}

/// What may stand in a line that is no good one, or is one all the same.
const EXTRA: &[&str] = &[
    r#""id":"b""#,
    r#""role":"model""#,
    r#""text":"\ud800""#,
    r#""content":7"#,
    r#""name":null"#,
    r#""name":{"text":"a"}"#,
    r#""name":"a","\u006eame":"b""#,
    r#""tool_calls":[]"#,
    r#""type":true"#,
    r#""weight":1e400"#,
    r#""refusal":"no""#,
    r#""labels":[]"#,
    r#""recorded":{"failure":{"kind":"timeout"}}"#,
    r#""zzz":1"#,
    "\"name\":\"\u{1}\"",
    "]",
];

proptest! {
    #[test]
    fn a_good_line_is_read_in_one_pass_and_gives_the_case_that_is_written(
        value in good(),
        choices in prop::collection::vec(any::<bool>(), 1..9),
    ) {
        let line = line(&value, &choices, 0, None);
        let case = written(&line).expect("is good");
        prop_assert_eq!(Some(case.id.as_str()), value["id"].as_str());
        prop_assert_eq!(opened(&line), Some(case));
    }

    #[test]
    fn whatever_a_line_holds_one_pass_gives_the_same_case_or_none(
        value in good(),
        at in 0_usize..12,
        extra in prop::sample::select(EXTRA),
    ) {
        let line = line(&value, &[false], at, Some(extra));
        let expected = written(&line);
        if let Some(case) = opened(&line) {
            prop_assert_eq!(Ok(case), expected.as_ref().map(Clone::clone));
        }
        prop_assert_eq!(parse(line.as_bytes()), expected);
    }
}

#[test]
fn a_line_that_is_read_again_gets_the_tags_that_are_known() {
    let tags = Arc::new(BTreeMap::from([("w".to_owned(), "sums".to_owned())]));
    let again = |rest: &str| {
        let line = format!(r#"{{"id":"a","messages":[{{"role":"user","content":"Q"}}],"tags":{{"w":"x"}}{rest}}}"#);
        parse_again(line.as_bytes(), &tags).map(|case| case.tags)
    };
    assert_eq!(again(""), Ok(Arc::clone(&tags)));
    assert_eq!(again(r#","b":1"#).expect_err("is wrong").message, "unknown field `b` in the case");
}
