//! What one host alone may see: sent there, and taken out of everything that comes back.

use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::{FailureKind, FinishReason};

/// A secret is taken out from this many characters on. A shorter one (`none`, `EMPTY`, `1234`) is a word that any answer
/// may hold: to take it out would change answers, and no provider hands out so short a key.
const SHORTEST: usize = 6;
/// So many characters of a secret in a row, backslashes not counted, are taken out even where the rest is missing: who
/// repeats a key may cut it.
const RUN: usize = 12;
/// What servers without keys are given in place of one, in lower case. Answers hold such words.
const PLACEHOLDERS: &[&str] = &[
    "api-key",
    "api_key",
    "apikey",
    "changeme",
    "default",
    "dummy-key",
    "example",
    "lm-studio",
    "local-key",
    "no-key",
    "no-key-required",
    "not-needed",
    "not-required",
    "ollama",
    "password",
    "placeholder",
    "secret",
    "sk-no-key-required",
    "test-key",
    "unused",
];
/// Stands where a provider repeated the key.
const REDACTED: &str = "[API key]";

/// An API key, or the value of another header. It is sent to the host it was read for, and shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    value: String,
    pieces: Vec<Piece>,
}

/// Something that is taken out wherever so much of it as one run stands.
#[derive(Clone, PartialEq, Eq)]
struct Piece {
    /// Bytes of a run.
    length: usize,
    /// Every run, as the number that its bytes make, in ascending order.
    runs: Vec<u128>,
    /// The bytes that a text may spell a run with.
    spelling: Box<[bool; 256]>,
}

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(value: String) -> Self {
        let parts: Vec<&str> = value.split_whitespace().collect();
        let long = parts.iter().copied().filter(|part| part.chars().count() >= RUN);
        // A provider repeats the key of `Bearer KEY` without the scheme.
        let after_scheme = if let [_, key] = parts[..] { Some(key) } else { None };
        let mut pieces: Vec<Piece> = long.chain(after_scheme).filter_map(Piece::new).collect();
        if pieces.is_empty() {
            pieces.extend(Piece::new(&value));
        }
        Self { value, pieces }
    }

    /// Its value, for the header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.value
    }

    /// What a provider said, without this secret: some repeat it in the message of an error.
    pub(super) fn scrub<T: Serialize + DeserializeOwned>(&self, said: T) -> T {
        if self.is_nowhere(&said) {
            return said;
        }
        let Ok(mut value) = serde_json::to_value(&said) else { return said };
        if self.scrub_value(&mut value) { serde_json::from_value(value).unwrap_or(said) } else { said }
    }

    /// Whether this secret stands in no text for certain. What JSON puts before a character is spelling too; only
    /// characters that no line holds become others there.
    fn is_nowhere<T: Serialize>(&self, said: &T) -> bool {
        let is_line = self.value.bytes().all(|byte| byte >= b' ');
        let is_within = |json: Vec<u8>| self.pieces.iter().any(|piece| !piece.find(&json).is_empty());
        is_line && serde_json::to_vec(said).is_ok_and(|json| !is_within(json))
    }

    /// A body as it arrived, without this secret, however it is escaped there. To be called before anything is quoted
    /// from the body: a quotation may be cut in the middle of the secret.
    pub(super) fn scrub_bytes(&self, body: Vec<u8>) -> Vec<u8> {
        let mut found: Vec<Range<usize>> = self.pieces.iter().flat_map(|piece| piece.find(&body)).collect();
        if found.is_empty() {
            return body;
        }
        found.sort_by_key(|range| range.start);
        let mut kept = Vec::with_capacity(body.len());
        let mut end = 0;
        for range in found {
            if range.start >= end {
                kept.extend_from_slice(&body[end..range.start]);
                kept.extend_from_slice(REDACTED.as_bytes());
            }
            end = end.max(range.end);
        }
        kept.extend_from_slice(&body[end..]);
        kept
    }

    /// Takes the secret out of every text of a value but the words of this program itself, without which the value could
    /// not be read back. Whether anything was there.
    fn scrub_value(&self, value: &mut Value) -> bool {
        let one = |found: bool, value: &mut Value| self.scrub_value(value) || found;
        match value {
            Value::String(text) if FinishReason::from_name(text).is_some() => false,
            Value::String(text) if FailureKind::from_name(text).is_some() => false,
            Value::String(text) => {
                let scrubbed = self.scrub_bytes(text.clone().into_bytes());
                let found = scrubbed != text.as_bytes();
                *text = String::from_utf8_lossy(&scrubbed).into_owned();
                found
            }
            Value::Array(values) => values.iter_mut().fold(false, one),
            Value::Object(fields) => fields.values_mut().fold(false, one),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

impl Piece {
    /// `None` for what an answer may hold on its own account.
    fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().count() < SHORTEST || PLACEHOLDERS.contains(&&*text.to_ascii_lowercase()) {
            return None;
        }
        let bytes: Vec<u8> = Spelt::of(text.as_bytes(), 0..text.len()).filter_map(|spelt| spelt.byte).collect();
        let length = bytes.len().min(RUN);
        let number = |run: &[u8]| run.iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
        let mut runs: Vec<u128> = if length == 0 { Vec::new() } else { bytes.windows(length).map(number).collect() };
        runs.sort_unstable();
        let mut spelling = Box::new([false; 256]);
        for byte in bytes.iter().chain(b"\\u0123456789abcdefABCDEF") {
            spelling[usize::from(*byte)] = true;
        }
        Some(Self { length, runs, spelling })
    }

    /// Where runs stand, as whole characters. They may overlap. A run has no fewer bytes than its length, so that one
    /// byte in so many tells where none is.
    fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.length == 0 {
            return found;
        }
        let spells = |byte: &&u8| self.spelling[usize::from(**byte)];
        let mut passed = 0;
        while let Some(byte) = text.get(passed + self.length - 1) {
            let place = passed + self.length - 1;
            if !spells(&byte) {
                passed = place + 1;
                continue;
            }
            let start = place - text[passed..place].iter().rev().take_while(spells).count();
            let end = place + text[place..].iter().take_while(spells).count();
            if end - start >= self.length {
                self.find_within(text, start..end, &mut found);
            }
            passed = end + 1;
        }
        found
    }

    /// Finds the runs in bytes that may spell some, with none of these around them.
    fn find_within(&self, text: &[u8], place: Range<usize>, found: &mut Vec<Range<usize>>) {
        let goes_on = |at: usize| text.get(at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
        let mask = (1 << (8 * self.length)) - 1;
        let (mut number, mut seen, mut starts) = (0, 0, [0; RUN]);
        for spelt in Spelt::of(text, place) {
            let Some(byte) = spelt.byte else {
                seen = 0;
                continue;
            };
            starts[seen % RUN] = spelt.start;
            seen += 1;
            number = (number << 8 | u128::from(byte)) & mask;
            if seen >= self.length && self.runs.binary_search(&number).is_ok() {
                let (mut start, mut end) = (starts[(seen - self.length) % RUN], spelt.end);
                while start > 0 && goes_on(start) {
                    start -= 1;
                }
                while goes_on(end) {
                    end += 1;
                }
                found.push(start..end);
            }
        }
    }
}

/// One byte as a text spells it: any number of backslashes before it belong to it, since JSON may be quoted in JSON, and
/// some servers escape slashes too; `\u002b` is `+`.
struct Spelt {
    /// `None` for what is no ASCII by its code, and for backslashes at the end of the text.
    byte: Option<u8>,
    start: usize,
    end: usize,
}

impl Spelt {
    /// The bytes that begin in a place of a text.
    fn of(text: &[u8], place: Range<usize>) -> impl Iterator<Item = Self> {
        let mut start = place.start;
        std::iter::from_fn(move || {
            let spelt = (start < place.end).then(|| Self::at(text, start))?;
            start = spelt.end;
            Some(spelt)
        })
    }

    fn at(text: &[u8], start: usize) -> Self {
        let first = start + text[start..].iter().take_while(|byte| **byte == b'\\').count();
        let code = || {
            let digits = str::from_utf8(text.get(first + 1..first + 5)?).ok()?;
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
        };
        match text.get(first) {
            Some(b'u')
                if first > start
                    && let Some(code) = code() =>
            {
                let byte = u8::try_from(code).ok().filter(u8::is_ascii);
                Self { byte, start, end: first + 5 }
            }
            Some(&byte) => Self { byte: Some(byte), start, end: first + 1 },
            None => Self { byte: None, start, end: first },
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests;
