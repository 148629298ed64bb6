//! Whether the value of an argument is the accepted one.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::super::json_value::same_number;
use super::schema::{Node, type_of};

/// How strings are compared, the option `strings`. Keys of objects always count exactly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::score) enum Strings {
    /// Exactly, but for whitespace at both ends.
    #[default]
    Exact,
    /// As the Berkeley Function Calling Leaderboard does (`standardize_string` of bfcl-eval 2026.3.23): spaces and
    /// `, . / - _ * ^` are ignored, so is case, and single quotes are double quotes. Where the schema wants no text, a
    /// text counts exactly.
    Loose,
}

impl Strings {
    pub(in crate::score) fn form(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(text.trim()),
            Self::Loose => {
                let kept = text.chars().filter(|c| !matches!(c, ' ' | ',' | '.' | '/' | '-' | '_' | '*' | '^'));
                Cow::Owned(kept.collect::<String>().to_lowercase().replace('\'', "\""))
            }
        }
    }
}

/// Whether a value is the accepted one: strings as `strings` says, numbers by value, arrays in order, objects in any
/// order of keys. Where the accepted number is an integer, 5.0 is right only if the schema (where there is one) takes
/// it.
pub(super) fn is_accepted(found: &Value, accepted: &Value, node: Option<Node<'_>>, strings: Strings) -> bool {
    match (found, accepted) {
        (Value::String(one), Value::String(other)) => {
            // Where the schema wants no text, a text is the name of something, and names count exactly.
            let strings = if node.is_none_or(|node| node.admits(found)) { strings } else { Strings::Exact };
            strings.form(one) == strings.form(other)
        }
        (Value::Number(one), Value::Number(other)) => {
            let as_written = type_of(found) == type_of(accepted) || type_of(found) == "integer";
            same_number(one, other) && (as_written || node.is_none_or(|node| node.admits(found)))
        }
        (Value::Array(found), Value::Array(accepted)) => {
            let item = |index| node.and_then(|node| node.item(index));
            let mut pairs = found.iter().zip(accepted).enumerate();
            found.len() == accepted.len() && pairs.all(|(at, (one, other))| is_accepted(one, other, item(at), strings))
        }
        (Value::Object(found), Value::Object(accepted)) => {
            let member = |name: &str| node.and_then(|node| node.member(name));
            let same = |(name, one): (&String, &Value)| {
                accepted.get(name).is_some_and(|other| is_accepted(one, other, member(name), strings))
            };
            found.len() == accepted.len() && found.iter().all(same)
        }
        _ => found == accepted,
    }
}

/// Whether a text is the JSON of an object or an array.
pub(super) fn holds_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<Value>(text).is_ok_and(|inner| inner.is_object() || inner.is_array())
}

#[cfg(test)]
mod tests {
    use super::super::schema::Numbers;
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_compared_by_type_and_strings_as_asked() {
        let (exact, loose) = (Strings::Exact, Strings::Loose);
        let rows = [
            (json!(5), json!(5), json!({"type": "integer"}), exact, true),
            (json!(5), json!(5.0), json!({"type": "integer"}), exact, true),
            (json!(5), json!(5.0), json!({"type": "string"}), exact, true),
            (json!(5.0), json!(5), json!({"type": "integer"}), exact, true),
            (json!(5.0), json!(5), json!({"type": "number"}), exact, true),
            (json!(5.0), json!(5), json!({}), exact, true),
            (json!(5), json!(6), json!({}), exact, false),
            (json!("5"), json!(5), json!({}), loose, false),
            (json!(true), json!(1), json!({}), exact, false),
            (json!(null), json!(null), json!({}), exact, true),
            (json!(" Paris\n"), json!("Paris"), json!({}), exact, true),
            (json!("paris"), json!("Paris"), json!({}), exact, false),
            (json!("paris"), json!("Paris"), json!({}), loose, true),
            (json!("April 1,2024"), json!("april-1 2024"), json!({}), loose, true),
            (json!("O'Hare"), json!("o\"hare"), json!({}), loose, true),
            (json!("a\tb"), json!("ab"), json!({}), loose, false),
            (json!("depth"), json!("depth"), json!({"type": "integer"}), loose, true),
            (json!("DEPTH"), json!("depth"), json!({"type": "integer"}), loose, false),
            (json!("DEPTH"), json!("depth"), json!({"type": ["integer", "string"]}), loose, true),
            (json!(["A", 1]), json!(["a", 1.0]), json!({}), loose, true),
            (json!([1, 2]), json!([2, 1]), json!({}), exact, false),
            (json!([1]), json!([1, 2]), json!({}), exact, false),
            (json!([1.0]), json!([1]), json!({"items": {"type": "integer"}}), exact, true),
            (json!({"a": "X", "b": 1}), json!({"b": 1, "a": "x"}), json!({}), loose, true),
            (json!({"a": 1}), json!({"a": 1, "b": 1}), json!({}), exact, false),
            (json!({"a": 1}), json!({"A": 1}), json!({}), loose, false),
            (json!({"a": 1.0}), json!({"a": 1}), json!({"properties": {"a": {"type": "integer"}}}), exact, true),
        ];
        for (found, accepted, schema, strings, expected) in rows {
            let node = Some(Node::root(&schema, Numbers::ByValue));
            assert_eq!(is_accepted(&found, &accepted, node, strings), expected, "{found} {accepted} {schema}");
        }
    }

    #[test]
    fn only_objects_and_arrays_count_as_json_inside_a_string() {
        for (text, expected) in [(r#"{"a":1}"#, true), (" [1]", true), ("5", false), ("{a}", false), ("", false)] {
            assert_eq!(holds_json(text), expected, "{text}");
        }
    }
}
