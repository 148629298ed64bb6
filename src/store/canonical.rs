//! Canonical JSON (RFC 8785): the same bytes for equal values, however they were written.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// Every integer up to here has a double of its own, and is written as it stands.
const MAX_EXACT: u64 = 1 << 53;

/// Appends the canonical form of a value.
///
/// # Errors
/// A number has no canonical form, which JSON itself cannot express.
pub(super) fn write(value: &Value, out: &mut String) -> Result<(), serde_json::Error> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_text(text, out),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(value, out)?;
            }
            out.push(']');
        }
        Value::Object(fields) => write_fields(fields, out)?,
    }
    Ok(())
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

fn is_escaped(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Where the next byte stands that does not stand for itself. Most of a text is passed over a block at a time.
fn next_escaped(bytes: &[u8]) -> Option<usize> {
    let is_plain = |block: &&[u8]| !block.iter().fold(false, |any, byte| any | is_escaped(*byte));
    let passed = BLOCK * bytes.chunks_exact(BLOCK).take_while(is_plain).count();
    bytes[passed..].iter().position(|byte| is_escaped(*byte)).map(|place| passed + place)
}

/// Appends a text with its quotes.
pub(super) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(place) = next_escaped(rest.as_bytes()) {
        out.push_str(&rest[..place]);
        let byte = rest.as_bytes()[place];
        rest = &rest[place + 1..];
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(rest);
    out.push('"');
}

fn write_number(number: &Number, out: &mut String) -> Result<(), serde_json::Error> {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    if magnitude.is_some_and(|magnitude| magnitude <= MAX_EXACT) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{number}");
    } else {
        out.push_str(&serde_json_canonicalizer::to_string(number)?);
    }
    Ok(())
}

/// Fields come in the order of their names in UTF-16, which is that of the map but for characters beyond U+FFFF.
fn write_fields(fields: &Map<String, Value>, out: &mut String) -> Result<(), serde_json::Error> {
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    out.push('{');
    for (index, (name, value)) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write(value, out)?;
    }
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,12}",
            "[ -~\n]{14,50}",
            "[\u{0}-\u{1f}\"\\\\/\u{7f}]{0,6}",
            "[\u{e000}\u{ffff}\u{10000}\u{1f600}a]{0,4}"
        ]
    }

    fn any_number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<u64>().prop_map(Number::from),
            any::<i64>().prop_map(Number::from),
            (-1000_i64..1000).prop_map(Number::from),
            (MAX_EXACT - 3..MAX_EXACT + 3).prop_map(Number::from),
            any::<f64>().prop_filter_map("finite", Number::from_f64),
            (-1e7..1e7_f64).prop_filter_map("finite", |number| Number::from_f64(number.round())),
        ]
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any_number().prop_map(Value::Number),
            any_text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any_text(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The keys of every store were made with that crate.
        #[test]
        fn the_form_is_that_of_the_canonicalizer(value in any_value()) {
            let mut written = String::new();
            write(&value, &mut written).expect("has a form");
            prop_assert_eq!(written, serde_json_canonicalizer::to_string(&value).expect("has a form"));
        }
    }

    #[test]
    fn names_are_ordered_by_utf_16_and_numbers_are_written_as_in_javascript() {
        let text = r#"{"\ue000":1.0,"\ud83d\ude00":1e21,"a":[-0.0,1e-7,9007199254740993,0.1],"":"\u001f\/"}"#;
        let value: Value = serde_json::from_str(text).expect("is JSON");
        let mut written = String::new();
        write(&value, &mut written).expect("has a form");
        let expected = "{\"\":\"\\u001f/\",\"a\":[0,1e-7,9007199254740992,0.1],\"\u{1f600}\":1e+21,\"\u{e000}\":1}";
        assert_eq!(written, expected);
    }
}
