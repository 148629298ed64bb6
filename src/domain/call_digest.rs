//! The tool calls of one answer in a few bytes: enough to say whether two answers make the same ones.

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use super::{Arguments, ToolCall};

/// Tool calls in a fixed size. The order of the calls and of keys does not count, and 5 is 5.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallDigest {
    /// How many calls there are.
    pub count: u32,
    /// Hash of the tools' names; 0 without a call.
    pub names: u64,
    /// Hash of names and arguments; 0 without a call.
    pub arguments: u64,
}

impl CallDigest {
    /// The digest of the calls of an answer.
    #[must_use]
    pub fn of(calls: &[ToolCall]) -> Self {
        if calls.is_empty() {
            return Self::default();
        }
        let mut whole: Vec<(&str, String)> =
            calls.iter().map(|call| (call.name.as_str(), canonical(&call.arguments))).collect();
        whole.sort_unstable();
        Self {
            count: u32::try_from(calls.len()).unwrap_or(u32::MAX),
            names: hash(whole.iter().map(|(name, _)| *name)),
            arguments: hash(whole.iter().flat_map(|(name, arguments)| [*name, arguments])),
        }
    }
}

/// The first 8 bytes of the SHA-256 of the parts, each with its length before it.
fn hash<'p>(parts: impl Iterator<Item = &'p str>) -> u64 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    let bytes = sha.finalize();
    bytes.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// Arguments as text that is equal where they are; what is no JSON object, or nested too deeply to be read, stands for
/// itself.
fn canonical(arguments: &Arguments) -> String {
    let read = match arguments {
        Arguments::Object(text) => serde_json::from_str::<Map<String, Value>>(text).ok(),
        Arguments::Malformed(_) => None,
    };
    read.map_or_else(
        || arguments.text().to_owned(),
        |members| {
            let mut text = String::new();
            write_object(&members, &mut text);
            text
        },
    )
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (key, value) in sorted {
        out.push_str(&Value::from(key.as_str()).to_string());
        out.push(':');
        write(value, out);
        out.push(',');
    }
    out.push('}');
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => write_object(members, out),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Number(number) => out.push_str(&plain(number)),
        Value::Null | Value::Bool(_) | Value::String(_) => out.push_str(&value.to_string()),
    }
}

/// A number by its value: Rust writes a whole float without a fraction.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => (float + 0.0).to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(calls: &[(&str, &str)]) -> Vec<ToolCall> {
        let call = |(name, arguments): &(&str, &str)| ToolCall {
            id: None,
            name: (*name).to_owned(),
            arguments: match serde_json::from_str::<Map<String, Value>>(arguments) {
                Ok(_) => Arguments::Object((*arguments).to_owned()),
                Err(_) => Arguments::Malformed((*arguments).to_owned()),
            },
        };
        calls.iter().map(call).collect()
    }

    #[test]
    fn calls_are_told_apart_by_number_names_and_arguments_and_by_nothing_else() {
        let deep = |end: &str| format!(r#"{{"a":{}{end}{}}}"#, "[".repeat(500), "]".repeat(500));
        let (deep, deeper) = (deep("1"), deep("2"));
        // Whether number, names and arguments are equal.
        let rows: &[(&[_], &[_], [bool; 3])] = &[
            (&[], &[], [true, true, true]),
            (&[("f", "{}")], &[], [false, false, false]),
            (&[("f", "{}")], &[("g", "{}")], [true, false, false]),
            (&[("f", "{}")], &[("f", "{}"), ("f", "{}")], [false, false, false]),
            (&[("f", r#"{"a":5,"b":[1]}"#)], &[("f", r#"{ "b": [1.0], "a": 5.0 }"#)], [true, true, true]),
            (&[("f", r#"{"a":{"b":1,"c":2}}"#)], &[("f", r#"{"a":{"c":2,"b":1}}"#)], [true, true, true]),
            (&[("f", r#"{"a":0}"#)], &[("f", r#"{"a":-0.0}"#)], [true, true, true]),
            (&[("f", r#"{"a":5}"#)], &[("f", r#"{"a":5.5}"#)], [true, true, false]),
            (&[("f", r#"{"a":5}"#)], &[("f", r#"{"a":"5"}"#)], [true, true, false]),
            (&[("f", r#"{"a":[1,2]}"#)], &[("f", r#"{"a":[2,1]}"#)], [true, true, false]),
            (&[("f", r#"{"a":"x"}"#)], &[("f", r#"{"a":"\u0078"}"#)], [true, true, true]),
            (&[("f", r#"{"a":9007199254740993}"#)], &[("f", r#"{"a":9007199254740992}"#)], [true, true, false]),
            (&[("f", "{"), ("g", "{}")], &[("g", "{}"), ("f", "{")], [true, true, true]),
            (&[("f", "{")], &[("f", "{{")], [true, true, false]),
            (&[("f", &deep)], &[("f", &deeper)], [true, true, false]),
            (&[("f", r#"{"a":1}"#), ("g", "{}")], &[("f", "{}"), ("g", r#"{"a":1}"#)], [true, true, false]),
        ];
        for (one, other, expected) in rows {
            let [a, b] = [one, other].map(|made| CallDigest::of(&calls(made)));
            let equal = [a.count == b.count, a.names == b.names, a.arguments == b.arguments];
            assert_eq!(equal, *expected, "{one:?} {other:?}");
        }
    }
}
