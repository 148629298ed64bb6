//! The key of an answer: a hash over everything that changes it.

use std::fmt;

use super::canonical::{self, Hashing, ROOT, Sink, Tree};

/// The version of the key's format; it is part of every key.
const FORMAT: &str = "1";

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
    /// The body as it is sent: JSON.
    pub body: &'a [u8],
    /// The arm's salt, which gives equal arms answers of their own.
    pub salt: Option<&'a str>,
    /// The repeat, from 0.
    pub repeat: u32,
}

impl KeyFields<'_> {
    /// The key: SHA-256 of the RFC 8785 form of these fields.
    ///
    /// # Errors
    /// The body is no JSON, or holds what no value can: half a surrogate pair, a number beyond every double.
    pub fn key(&self) -> Result<Key, serde_json::Error> {
        let mut hashing = Hashing::new();
        self.write(&mut hashing)?;
        Ok(Key(hashing.finish()))
    }

    /// One object of all fields, in the order of their names.
    fn write(&self, out: &mut impl Sink) -> Result<(), serde_json::Error> {
        let body = Tree::read(self.body)?;
        out.push("{\"body\":");
        body.write(ROOT, out);
        out.push(",\"format\":");
        out.push(FORMAT);
        out.push(",\"headers\":");
        canonical::write_texts(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())), out)?;
        out.push(",\"host\":");
        canonical::write_text(self.host, out);
        out.push(",\"large_integers\":");
        write_large(&body, ROOT, out)?;
        out.push(",\"path\":");
        canonical::write_text(self.path, out);
        out.push(",\"protocol\":");
        canonical::write_text(self.protocol, out);
        out.push(",\"repeat\":");
        out.push(&self.repeat.to_string());
        out.push(",\"salt\":");
        match self.salt {
            Some(salt) => canonical::write_text(salt, out),
            None => out.push("null"),
        }
        out.push("}");
        Ok(())
    }
}

/// Writes a value in its canonical form. Integers that a double cannot hold follow, by their place in it.
pub(super) fn write_exact(tree: &Tree<'_>, node: usize, out: &mut impl Sink) -> Result<(), serde_json::Error> {
    let large = tree.large_integers(node);
    match large.get("") {
        // The number alone.
        Some(number) => out.push(number.as_str().unwrap_or_default()),
        None if large.is_empty() => tree.write(node, out),
        None => {
            out.push("[");
            tree.write(node, out);
            out.push(",");
            write_large(tree, node, out)?;
            out.push("]");
        }
    }
    Ok(())
}

/// Writes the integers of a value that a double cannot hold, as text, by their place in it.
fn write_large(tree: &Tree<'_>, node: usize, out: &mut impl Sink) -> Result<(), serde_json::Error> {
    let large = tree.large_integers(node);
    let texts = large.iter().map(|(place, number)| (place.as_str(), number.as_str().unwrap_or_default()));
    canonical::write_texts(texts, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(body: &'a str, headers: &'a [(String, String)]) -> KeyFields<'a> {
        KeyFields {
            protocol: "openai-chat",
            host: "127.0.0.1:8080",
            path: "/v1/chat/completions",
            headers,
            body: body.as_bytes(),
            salt: None,
            repeat: 0,
        }
    }

    #[test]
    fn the_key_is_pinned_so_that_stores_stay_readable() {
        let body = r#"{"model": "m", "messages": [{"role": "user", "content": "Q"}], "temperature": 0.0}"#;
        let key = fields(body, &[]).key().expect("hashes");
        assert_eq!(key.to_string(), "0c81a45f1122f013597e417d5207ea290bd02e37a542cb6f934fbbfe115ddc0d");
        assert_eq!(Key::from_hex(&key.to_string()), Some(key));
    }

    #[test]
    fn every_field_changes_the_key_and_spelling_does_not() {
        let body = r#"{"a":1,"b":[1.0,2]}"#;
        let headers = [("x-beta".to_owned(), "1".to_owned())];
        let base = fields(body, &[]);
        let other_body = br#"{"a":2,"b":[1.0,2]}"#;
        let variants = [
            KeyFields { protocol: "anthropic", ..base.clone() },
            KeyFields { host: "127.0.0.1:8081", ..base.clone() },
            KeyFields { path: "/v1/other", ..base.clone() },
            KeyFields { headers: &headers, ..base.clone() },
            KeyFields { body: other_body, ..base.clone() },
            KeyFields { salt: Some("a"), ..base.clone() },
            KeyFields { repeat: 1, ..base.clone() },
            base.clone(),
        ];
        let keys: std::collections::BTreeSet<_> = variants.iter().map(|fields| fields.key().expect("hashes")).collect();
        assert_eq!(keys.len(), variants.len());
        let respelt = r#"{"b": [1, 2.0], "a": 1e0}"#;
        assert_eq!(fields(respelt, &[]).key().expect("hashes"), base.key().expect("hashes"));
    }

    #[test]
    fn the_same_body_for_two_models_in_two_paths_has_two_keys() {
        let body = r#"{"contents":[{"role":"user","parts":[{"text":"Q"}]}]}"#;
        let path = |path| KeyFields { path, ..fields(body, &[]) }.key().expect("hashes");
        assert_ne!(path("/v1beta/models/a:generateContent"), path("/v1beta/models/b:generateContent"));
    }

    #[test]
    fn integers_that_a_double_cannot_hold_do_not_collide() {
        let key = |text: &str| fields(text, &[]).key().expect("hashes");
        assert_ne!(key(r#"{"id":12345678901234567890}"#), key(r#"{"id":12345678901234567000}"#));
        assert_ne!(key(r#"{"id":-9007199254740993}"#), key(r#"{"id":-9007199254740992}"#));
        assert_ne!(key(r#"{"a":[9007199254740993]}"#), key(r#"{"a":[9007199254740992]}"#));
    }
}
