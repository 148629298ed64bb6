//! JSON values: reading an answer as one, equality, and the first difference of two.

use serde_json::{Number, Value};

use super::clip::{clip, shown};

/// Reads an answer as JSON. Whitespace around it is fine; nothing else is, and nothing is repaired. Of a repeated key
/// the last value holds. Nesting deeper than 128 is an error, so that later recursion is bounded.
///
/// # Errors
/// Why it is not JSON.
pub(super) fn read(text: &str) -> Result<Value, String> {
    match text.trim_start() {
        "" => Err("the answer is empty".to_owned()),
        fenced if fenced.starts_with("```") => Err("the answer is in a Markdown fence, which is not JSON".to_owned()),
        _ => serde_json::from_str(text).map_err(|error| format!("the answer is not JSON: {error}")),
    }
}

/// Whether two numbers are the same number, however they are written: 5 is 5.0.
pub(super) fn same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.as_f64() == other.as_f64(),
        _ => false,
    }
}

/// The number as a whole one, if it is; `None` also beyond 2^126, where a float stands for itself.
fn whole(number: &Number) -> Option<i128> {
    const LIMIT: f64 = 8.507_059_173_023_462e37;
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < LIMIT)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range, as filtered above")]
        let exact = float as i128;
        Some(exact)
    })
}

/// The first place where two values differ, in words; `None` when they are equal. The order of keys does not count,
/// that of items does; numbers are equal by value.
pub(super) fn difference(found: &Value, expected: &Value) -> Option<String> {
    let mut path = "$".to_owned();
    let what = differ_at(found, expected, &mut path)?;
    Some(format!("{}: {what}", clip(&path)))
}

/// What differs; `path` is then where.
fn differ_at(found: &Value, expected: &Value, path: &mut String) -> Option<String> {
    let whole = path.len();
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, expected) in expected {
                path.push('.');
                path.push_str(key);
                let Some(found) = found.get(key) else { return Some(format!("missing, expected {}", shown(expected))) };
                if let Some(what) = differ_at(found, expected, path) {
                    return Some(what);
                }
                path.truncate(whole);
            }
            let (key, value) = found.iter().find(|(key, _)| !expected.contains_key(*key))?;
            path.push('.');
            path.push_str(key);
            Some(format!("found {}, expected no such key", shown(value)))
        }
        (Value::Array(found), Value::Array(expected)) => {
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
                if let Some(what) = differ_at(found, expected, path) {
                    return Some(what);
                }
                path.truncate(whole);
            }
            let (found, expected) = (found.len(), expected.len());
            (found != expected).then(|| format!("found {found} items, expected {expected}"))
        }
        (Value::Number(one), Value::Number(other)) if same_number(one, other) => None,
        _ if found == expected => None,
        _ => Some(format!("found {}, expected {}", shown(found), shown(expected))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let rows = [
            (r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1.0,2e0],"a":1.0}"#, None),
            ("9007199254740993", "9007199254740992.0", Some("$: found 9007199254740993, expected 9007199254740992.0")),
            ("18446744073709551615", "18446744073709551615", None),
            ("0.1", "0.10", None),
            ("0.1", "0", Some("$: found 0.1, expected 0")),
            ("1e60", "1e60", None),
            ("1", "true", Some("$: found 1, expected true")),
            (r#""1""#, "1", Some(r#"$: found "1", expected 1"#)),
            ("null", "{}", Some("$: found null, expected {}")),
            (r#"{"a":{"b":[0,1]}}"#, r#"{"a":{"b":[0,2]}}"#, Some("$.a.b[1]: found 1, expected 2")),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#, Some("$.b: missing, expected 2")),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, Some("$.b: found 2, expected no such key")),
            (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, Some("$.a: found 1 items, expected 2")),
            ("[1,2]", "[2,1]", Some("$[0]: found 1, expected 2")),
        ];
        for (found, expected, difference) in rows {
            assert_eq!(super::difference(&value(found), &value(expected)).as_deref(), difference, "{found} {expected}");
        }
    }

    #[test]
    fn only_json_is_json() {
        let rows = [
            (" {\"a\": 1}\n", None),
            ("", Some("the answer is empty")),
            ("```json\n{}\n```", Some("the answer is in a Markdown fence, which is not JSON")),
            ("{} done", Some("the answer is not JSON: trailing characters at line 1 column 4")),
            ("{'a': 1}", Some("the answer is not JSON: key must be a string at line 1 column 2")),
        ];
        for (text, error) in rows {
            assert_eq!(read(text).err().as_deref(), error, "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
