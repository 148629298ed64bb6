//! The key of an answer: a hash over everything that changes it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::canonical;

/// The version of the key's format; it is part of every key.
const FORMAT: u32 = 1;

/// The largest integer that a double holds exactly together with all smaller ones. RFC 8785 writes numbers as
/// doubles, so integers beyond it are hashed apart, as text.
const MAX_EXACT: u64 = 1 << 53;

/// The key of an answer: SHA-256 of canonical JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Key {
    /// The key that was printed as 64 hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok().map(|()| Self(bytes))
    }
}

/// Everything that changes an answer. Keys, timeouts and concurrency are left out on purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyFields<'a> {
    /// The wire format's name.
    pub protocol: &'a str,
    /// Host and port.
    pub host: &'a str,
    /// Full path and query: some protocols name the model there.
    pub path: &'a str,
    /// The headers that change meaning, by lower-case name.
    pub headers: &'a [(String, String)],
    /// The body as it is sent.
    pub body: &'a Value,
    /// The arm's salt, which gives equal arms answers of their own.
    pub salt: Option<&'a str>,
    /// The repeat, from 0.
    pub repeat: u32,
}

impl KeyFields<'_> {
    /// The key: SHA-256 of the RFC 8785 form of these fields.
    ///
    /// # Errors
    /// A number of the body has no canonical form (it is not finite), which JSON itself cannot express.
    pub fn key(&self) -> Result<Key, serde_json::Error> {
        Ok(Key(Sha256::digest(self.canonical()?).into()))
    }

    /// One object of all fields, in the order of their names.
    fn canonical(&self) -> Result<String, serde_json::Error> {
        let mut out = String::with_capacity(4096);
        out.push_str("{\"body\":");
        canonical::write(self.body, &mut out)?;
        out.push_str(",\"format\":");
        canonical::write(&FORMAT.into(), &mut out)?;
        out.push_str(",\"headers\":");
        let headers: BTreeMap<&str, &str> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        canonical::write(&headers.into_iter().collect(), &mut out)?;
        out.push_str(",\"host\":");
        canonical::write_text(self.host, &mut out);
        out.push_str(",\"large_integers\":");
        canonical::write(&large_integers(self.body), &mut out)?;
        out.push_str(",\"path\":");
        canonical::write_text(self.path, &mut out);
        out.push_str(",\"protocol\":");
        canonical::write_text(self.protocol, &mut out);
        out.push_str(",\"repeat\":");
        canonical::write(&self.repeat.into(), &mut out)?;
        out.push_str(",\"salt\":");
        match self.salt {
            Some(salt) => canonical::write_text(salt, &mut out),
            None => out.push_str("null"),
        }
        out.push('}');
        Ok(out)
    }
}

/// A value in its canonical form, as text. Integers that a double cannot hold follow, by their place in it.
pub(super) fn canonical(value: &Value) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    match large_integers(value) {
        // The number alone.
        Value::Object(large) if large.contains_key("") => out.push_str(&value.to_string()),
        Value::Object(large) if !large.is_empty() => {
            canonical::write(&vec![value.clone(), large.into()].into(), &mut out)?;
        }
        _ => canonical::write(value, &mut out)?,
    }
    Ok(out)
}

/// The integers that a double cannot hold, as text, by their place in a value.
fn large_integers(value: &Value) -> Value {
    let mut found = Map::new();
    collect_large(value, &Place::Root, &mut found);
    found.into()
}

/// Where a value stands. It is spelt out for the few that are large integers alone.
enum Place<'a> {
    Root,
    Item(&'a Place<'a>, usize),
    Field(&'a Place<'a>, &'a str),
}

impl fmt::Display for Place<'_> {
    /// As a JSON pointer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Item(inside, index) => write!(f, "{inside}/{index}"),
            Self::Field(inside, name) => write!(f, "{inside}/{}", name.replace('~', "~0").replace('/', "~1")),
        }
    }
}

fn collect_large(value: &Value, place: &Place<'_>, found: &mut Map<String, Value>) {
    match value {
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if magnitude.is_some_and(|magnitude| magnitude > MAX_EXACT) {
                found.insert(place.to_string(), number.to_string().into());
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                collect_large(value, &Place::Item(place, index), found);
            }
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect_large(value, &Place::Field(place, name), found));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields<'a>(body: &'a Value, headers: &'a [(String, String)]) -> KeyFields<'a> {
        KeyFields {
            protocol: "openai-chat",
            host: "127.0.0.1:8080",
            path: "/v1/chat/completions",
            headers,
            body,
            salt: None,
            repeat: 0,
        }
    }

    #[test]
    fn the_key_is_pinned_so_that_stores_stay_readable() {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "Q"}], "temperature": 0.0});
        let key = fields(&body, &[]).key().expect("hashes");
        assert_eq!(key.to_string(), "0c81a45f1122f013597e417d5207ea290bd02e37a542cb6f934fbbfe115ddc0d");
        assert_eq!(Key::from_hex(&key.to_string()), Some(key));
    }

    #[test]
    fn every_field_changes_the_key_and_spelling_does_not() {
        let body = json!({"a": 1, "b": [1.0, 2]});
        let headers = [("x-beta".to_owned(), "1".to_owned())];
        let base = fields(&body, &[]);
        let other_body = json!({"a": 2, "b": [1.0, 2]});
        let variants = [
            KeyFields { protocol: "anthropic", ..base.clone() },
            KeyFields { host: "127.0.0.1:8081", ..base.clone() },
            KeyFields { path: "/v1/other", ..base.clone() },
            KeyFields { headers: &headers, ..base.clone() },
            KeyFields { body: &other_body, ..base.clone() },
            KeyFields { salt: Some("a"), ..base.clone() },
            KeyFields { repeat: 1, ..base.clone() },
            base.clone(),
        ];
        let keys: std::collections::BTreeSet<_> = variants.iter().map(|fields| fields.key().expect("hashes")).collect();
        assert_eq!(keys.len(), variants.len());
        let respelt: Value = serde_json::from_str(r#"{"b": [1, 2.0], "a": 1e0}"#).expect("parses");
        assert_eq!(fields(&respelt, &[]).key().expect("hashes"), base.key().expect("hashes"));
    }

    #[test]
    fn the_same_body_for_two_models_in_two_paths_has_two_keys() {
        let body = json!({"contents": [{"role": "user", "parts": [{"text": "Q"}]}]});
        let path = |path| KeyFields { path, ..fields(&body, &[]) }.key().expect("hashes");
        assert_ne!(path("/v1beta/models/a:generateContent"), path("/v1beta/models/b:generateContent"));
    }

    #[test]
    fn integers_that_a_double_cannot_hold_do_not_collide() {
        let key = |text: &str| {
            let body: Value = serde_json::from_str(text).expect("parses");
            fields(&body, &[]).key().expect("hashes")
        };
        assert_ne!(key(r#"{"id":12345678901234567890}"#), key(r#"{"id":12345678901234567000}"#));
        assert_ne!(key(r#"{"id":-9007199254740993}"#), key(r#"{"id":-9007199254740992}"#));
        assert_ne!(key(r#"{"a":[9007199254740993]}"#), key(r#"{"a":[9007199254740992]}"#));
    }
}
