//! Comparing JSON: by value, or to the last digit.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The first place where two values differ, with number spelling ignored.
pub(super) fn difference(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            if let Some(extra) = b.keys().find(|key| !a.contains_key(*key)) {
                return Some(format!("{at}.{extra}: not expected"));
            }
            a.iter().find_map(|(key, value)| match b.get(key) {
                None => Some(format!("{at}.{key}: missing")),
                Some(other) => difference(value, other, &format!("{at}.{key}")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| difference(a, b, &format!("{at}[{index}]")))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        // Arguments are JSON inside a string, whose key order and escapes do not matter either.
        (Value::String(a), Value::String(b)) if at.ends_with(".arguments") && same_exactly(a, b) => None,
        (a, b) => (a != b).then(|| format!("{at}: expected {a}, found {b}")),
    }
}

/// Whether two JSON texts mean the same, with every digit of every number. Key order and spaces do not matter.
pub(super) fn same_exactly(a: &str, b: &str) -> bool {
    let same_all = |a: &[&RawValue], b: &[&RawValue]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_exactly(a.get(), b.get()))
    };
    match (a.trim().bytes().next(), b.trim().bytes().next()) {
        (Some(b'{'), Some(b'{')) => match (object(a), object(b)) {
            (Some(a), Some(b)) => {
                a.keys().eq(b.keys())
                    && same_all(&a.into_values().collect::<Vec<_>>(), &b.into_values().collect::<Vec<_>>())
            }
            _ => false,
        },
        (Some(b'['), Some(b'[')) => match (list(a), list(b)) {
            (Some(a), Some(b)) => same_all(&a, &b),
            _ => false,
        },
        (Some(b'"'), Some(b'"')) => match (serde_json::from_str::<String>(a), serde_json::from_str::<String>(b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        },
        _ => a.trim() == b.trim(),
    }
}

/// The text without spaces between tokens, with keys and digits as they are.
pub(super) fn minified(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    text.chars()
        .filter(|&character| {
            let keep = inside || !character.is_ascii_whitespace();
            inside = inside != (character == '"' && !escaped);
            escaped = inside && character == '\\' && !escaped;
            keep
        })
        .collect()
}

fn object(text: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(text).ok()
}

fn list(text: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(text).ok()
}
