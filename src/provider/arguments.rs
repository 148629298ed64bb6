//! Arguments of a tool call as providers send them: text that should be a JSON object, or the object itself.

use serde_json::{Map, Value};

use crate::domain::Arguments;

use super::json::Node;

/// The arguments under a field that may be absent. What is absent, `null`, empty or blank means no arguments; text is
/// kept exactly and never repaired.
pub(super) fn read(given: Option<Node<'_>>) -> Arguments {
    match given {
        None => Arguments::Object("{}".to_owned()),
        Some(node) => of_text(node.string_or_text()),
    }
}

/// The arguments that a text holds, such as the joined pieces of a stream.
pub(super) fn of_text(text: String) -> Arguments {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed == "null" {
        return Arguments::Object("{}".to_owned());
    }
    if serde_json::from_str::<Map<String, Value>>(&text).is_ok() {
        Arguments::Object(text)
    } else {
        Arguments::Malformed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_or_verbatim_text() {
        let object = |text: &str| Arguments::Object(text.to_owned());
        let malformed = |text: &str| Arguments::Malformed(text.to_owned());
        let rows = [
            (r#""""#, object("{}")),
            (r#"" \n""#, object("{}")),
            (r#""null""#, object("{}")),
            (r#""{\"a\": 1.50}""#, object(r#"{"a": 1.50}"#)),
            (r#"{"id": 12345678901234567890123, "x":1e2}"#, object(r#"{"id": 12345678901234567890123, "x":1e2}"#)),
            (r#""{\"a\": tru""#, malformed(r#"{"a": tru"#)),
            (r#""\"{\\\"a\\\":1}\"""#, malformed(r#""{\"a\":1}""#)),
            (r#""[1]""#, malformed("[1]")),
            ("[1]", malformed("[1]")),
            ("7", malformed("7")),
            (r#""{} {}""#, malformed("{} {}")),
        ];
        for (wire, expected) in rows {
            assert_eq!(read(Some(Node::parse(wire).expect("is JSON"))), expected, "{wire}");
        }
        assert_eq!(read(None), object("{}"));
    }
}
