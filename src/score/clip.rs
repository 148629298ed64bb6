//! Text of a model or a dataset, cut short for a `why`.

use std::borrow::Cow;

use serde_json::Value;

/// The most characters of a text that a `why` shows.
const LONGEST: usize = 120;

/// The text, cut after [`LONGEST`] characters with an ellipsis.
pub(super) fn clip(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The text cut short, as a JSON string: quoted, control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    Value::from(clip(text)).to_string()
}

/// The value as JSON, cut short.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => clip(&other.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "é".repeat(LONGEST + 1);
        assert_eq!(clip(&long), format!("{}…", "é".repeat(LONGEST)));
        assert_eq!(clip(&long[2..]), long[2..]);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(quoted("a\n\u{1b}\"b"), r#""a\n\u001b\"b""#);
        assert_eq!(shown(&serde_json::json!({"a": [1, "x"]})), r#"{"a":[1,"x"]}"#);
    }
}
