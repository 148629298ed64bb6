//! The two ends of a call as plain data: what is sent, without the key, and what came back.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Endpoint, text};
use crate::domain::Asked;

/// Room for one header.
const HEADER: usize = 32;
/// Room for what a body holds besides the conversation.
const AROUND: usize = 256;
/// Room for the characters that JSON spells with more bytes: one more for so many.
const SPELLING: usize = 8;

/// A request as it is sent, but for the key, which the transport adds. The method is POST, the body JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The whole URL.
    pub url: String,
    /// Headers that change the meaning of the request.
    pub headers: Vec<(String, String)>,
    /// The body: JSON text, the same bytes for the same request.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A request to a path of an endpoint. Further fields join the body after its own, and never replace one; a further
    /// object joins the body's own of its name in the same way.
    pub(super) fn new(endpoint: &Endpoint, path: &str, request: Asked<'_>, fields: &impl Serialize) -> Self {
        let length = request.length();
        let mut body = Vec::with_capacity(length + length / SPELLING + AROUND);
        // Fails only for maps whose keys are no strings, which no body has.
        if text::write(fields, &mut body).is_err() {
            body.clear();
        }
        let extra = &request.sampling.extra;
        if !extra.is_empty()
            && let Ok(Entries(own)) = serde_json::from_slice(&body)
        {
            body = joined(&own, extra).into_bytes();
        }
        Self { url: endpoint.url(path), headers: endpoint.headers.clone(), body }
    }
}

/// An object with its own fields, as they were written, then those that it lacks.
fn joined(own: &[(String, &RawValue)], extra: &Map<String, Value>) -> String {
    let mut fields = Vec::with_capacity(own.len() + extra.len());
    for (name, value) in own {
        let value = match (extra.get(name), serde_json::from_str(value.get())) {
            (Some(Value::Object(further)), Ok(Entries(inner))) => Cow::Owned(joined(&inner, further)),
            _ => Cow::Borrowed(value.get()),
        };
        fields.push(format!("{}:{value}", Value::from(name.as_str())));
    }
    let lacking = extra.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == *name));
    fields.extend(lacking.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))));
    format!("{{{}}}", fields.join(","))
}

/// The fields of an object in their order, each as its text.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(InOrder).map(Self)
    }
}

/// An answer as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct HttpResponse<'a> {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a Headers,
    /// The whole body.
    pub body: &'a [u8],
}

/// Headers of an answer, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Every name with its value behind it.
    text: String,
    /// How long each name and its value are.
    lengths: Vec<(usize, usize)>,
}

impl Headers {
    /// The first value under this name; case does not matter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut start = 0;
        for (length, value_length) in &self.lengths {
            let (middle, end) = (start + length, start + length + value_length);
            if self.text[start..middle].eq_ignore_ascii_case(name) {
                return self.text.get(middle..end);
            }
            start = end;
        }
        None
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        let count = pairs.size_hint().0;
        let mut headers = Self { text: String::with_capacity(count * HEADER), lengths: Vec::with_capacity(count) };
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            headers.text.push_str(name);
            headers.text.push_str(value);
            headers.lengths.push((name.len(), value.len()));
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_fields_join_after_the_bodys_own_and_replace_none() {
        let extra = serde_json::json!({"a\"": [1], "o": {"i": {"x": 1}, "z": 2}, "seed": 2, "top": null});
        let extra = extra.as_object().expect("is an object");
        for (body, expected) in [
            (r#"{"seed":null,"m":"x}","o":1}"#, r#"{"seed":null,"m":"x}","o":1,"a\"":[1],"top":null}"#),
            ("{}", r#"{"a\"":[1],"o":{"i":{"x":1},"z":2},"seed":2,"top":null}"#),
            (
                r#"{"o":{"z": 1.50,"i":{"y":1e2}},"b":{"i":{}}}"#,
                r#"{"o":{"z":1.50,"i":{"y":1e2,"x":1}},"b":{"i":{}},"a\"":[1],"seed":2,"top":null}"#,
            ),
            (r#"{"o":{}}"#, r#"{"o":{"i":{"x":1},"z":2},"a\"":[1],"seed":2,"top":null}"#),
        ] {
            let Entries(own) = serde_json::from_str(body).expect("is an object");
            assert_eq!(joined(&own, extra), expected);
        }
    }

    #[test]
    fn the_first_header_of_a_name_in_any_case_wins() {
        let headers: Headers = [("X-Request-Id", "a"), ("x-request-id", "b")].into_iter().collect();
        assert_eq!(headers.get("x-REQUEST-id"), Some("a"));
        assert_eq!(headers.get("retry-after"), None);
    }
}
