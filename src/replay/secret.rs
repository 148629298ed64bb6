//! What one host alone may see: sent there, and taken out of everything that comes back.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A key shorter than this is a placeholder such as `none`, which is also a word that an answer may hold.
const SHORTEST: usize = 12;
/// Stands where a provider repeated the key.
const REDACTED: &str = "[API key]";

/// An API key, or the value of another header. It is sent to the host it was read for, and shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// Its value, for the header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// What a provider said, without this secret: some repeat it in the message of an error.
    pub(super) fn scrub<T: Serialize + DeserializeOwned>(&self, said: T) -> T {
        if self.0.len() < SHORTEST {
            return said;
        }
        let Ok(mut text) = serde_json::to_string(&said) else { return said };
        // As it is, as JSON writes it, and with the slashes that some servers escape once more in a quoted body.
        let quoted = serde_json::Value::from(self.0.as_str()).to_string();
        let spellings = [self.0.clone(), quoted.trim_matches('"').to_owned(), self.0.replace('/', "\\\\/")];
        if !spellings.iter().any(|spelling| text.contains(spelling.as_str())) {
            return said;
        }
        for spelling in &spellings {
            text = text.replace(spelling.as_str(), REDACTED);
        }
        serde_json::from_str(&text).unwrap_or(said)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_out_of_what_a_provider_says_however_its_slashes_are_written() {
        let rows = [
            ("sk-abc/def/123", "bad key sk-abc/def/123, sk-abc\\/def\\/123!", "bad key [API key], [API key]!"),
            ("sk-abc/def/123", "sk-abc", "sk-abc"),
            ("sk-\"quote\"-123", "no sk-\"quote\"-123", "no [API key]"),
            ("none", "none of them", "none of them"),
        ];
        for (key, said, expected) in rows {
            assert_eq!(Secret::new(key.to_owned()).scrub(said.to_owned()), expected, "{key}");
        }
    }
}
