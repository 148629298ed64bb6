//! JSON values: reading an answer as one, and equality of numbers.

use serde_json::{Number, Value};

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

#[cfg(test)]
mod tests {
    use super::*;

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
