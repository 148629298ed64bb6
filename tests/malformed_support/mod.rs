//! What no parser expects: values to put in the place of others, and ways to spoil bytes.

use serde_json::Value;

/// So deep is nothing that anybody means.
const DEPTH: usize = 10_000;

/// Values as they may stand in JSON, or just not: each with a name.
pub(crate) fn values() -> Vec<(&'static str, Vec<u8>)> {
    let fixed: &[(&str, &[u8])] = &[
        ("null", b"null"),
        ("true", b"true"),
        ("no list", b"[]"),
        ("no object", b"{}"),
        ("no text", b"\"\""),
        ("lone surrogate", br#""a\ud83d b""#),
        ("second surrogate", br#""\udc00""#),
        ("swapped surrogates", br#""\ude00\ud83d""#),
        ("escaped NUL", br#""a\u0000b""#),
        ("raw NUL", b"\"a\0b\""),
        ("raw newline", b"\"a\nb\""),
        ("bad UTF-8", b"\"a\xffb\""),
        ("cut UTF-8", b"\"\xf0\x9f\x98\""),
        ("overlong UTF-8", b"\"\xc0\xaf\""),
        ("surrogate in UTF-8", b"\"\xed\xa0\x80\""),
        ("byte order mark", b"\xef\xbb\xbf\"a\""),
        ("terminal", b"\"\\u001b[2J\\u009b31m\\u202e\\u2066\""),
        ("equal keys", br#"{"text":"a","text":"b","type":"text","type":7,"id":1,"id":2}"#),
        ("object for a text", br#"{"text":{"text":{"text":null}}}"#),
        ("list of lists", b"[[[]],[{}],null]"),
        ("minus one", b"-1"),
        ("minus zero", b"-0"),
        ("half", b"0.5"),
        ("largest u64", b"18446744073709551615"),
        ("beyond u64", b"18446744073709551616"),
        ("lowest i64", b"-9223372036854775808"),
        ("many digits", b"123456789012345678901234567890123456789012345678901234567890"),
        ("large exponent", b"1e400"),
        ("larger exponent", b"1e99999999999999999999"),
        ("small exponent", b"-1e-400"),
        ("not a number", b"NaN"),
        ("infinity", b"-Infinity"),
        ("leading zero", b"007"),
        ("nothing", b""),
        ("comma", b","),
        ("open", b"{\"a\":["),
        ("closed", b"]}"),
    ];
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH)).into_bytes()
    };
    let mut values: Vec<_> = fixed.iter().map(|(name, bytes)| (*name, bytes.to_vec())).collect();
    values.push(("nested lists", nested("[", "", "]")));
    values.push(("nested objects", nested("{\"a\":", "1", "}")));
    values.push(("nested and open", "[{\"a\":".repeat(DEPTH).into_bytes()));
    values.push(("nested in a text", format!("{:?}", "[".repeat(DEPTH)).into_bytes()));
    values.push(("many digits after the point", format!("0.{}", "1".repeat(DEPTH)).into_bytes()));
    values.push(("long text", format!("\"{}\"", "é".repeat(DEPTH)).into_bytes()));
    values
}

/// A document with something else in the place of one of its values, lists and objects too: of the one that comes after
/// so many others.
pub(crate) fn spliced(document: &Value, mut place: usize, with: &[u8]) -> Vec<u8> {
    let mut marked = document.clone();
    assert!(mark(&mut marked, &mut place), "there is no such place");
    let text = marked.to_string();
    let (before, after) = text.split_once(&Value::from(MARK).to_string()).expect("is marked");
    [before.as_bytes(), with, after.as_bytes()].concat()
}

const MARK: &str = "\u{1}here\u{1}";

/// The values of a document, itself included.
pub(crate) fn count(document: &Value) -> usize {
    1 + match document {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts the mark in the place of the value that comes after so many others.
fn mark(value: &mut Value, before: &mut usize) -> bool {
    if *before == 0 {
        *value = MARK.into();
        return true;
    }
    *before -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| mark(item, before)),
        Value::Object(fields) => fields.values_mut().any(|field| mark(field, before)),
        _ => false,
    }
}

/// One change to some bytes.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Turns bits of a byte over.
    Flip(u16, u8),
    Cut(u16),
    Remove(u16, u8),
    Repeat(u16, u8, u8),
    Insert(u16, Vec<u8>),
}

impl Change {
    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: u16| usize::from(at) * (bytes.len() + 1) / (usize::from(u16::MAX) + 1);
        match self {
            Self::Flip(at, mask) => {
                let at = place(*at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Cut(at) => bytes.truncate(place(*at)),
            Self::Remove(at, length) => {
                let at = place(*at);
                let end = bytes.len().min(at + usize::from(*length));
                bytes.drain(at..end);
            }
            Self::Repeat(at, length, times) => {
                let at = place(*at);
                let end = bytes.len().min(at + usize::from(*length));
                let again = bytes[at..end].repeat(usize::from(*times));
                bytes.splice(end..end, again);
            }
            Self::Insert(at, inserted) => {
                let at = place(*at);
                bytes.splice(at..at, inserted.iter().copied());
            }
        }
    }
}
