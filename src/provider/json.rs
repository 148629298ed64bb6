//! A lenient and exact view of JSON text. Fields are looked up by name, unknown ones are never read, a value of
//! another type than expected is absent, and every value keeps its own text, so that numbers keep every digit.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::parts::Parts;

/// As many fields as objects mostly have.
const FIELDS: usize = 8;

/// A JSON value, as its text, which is whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a str);

/// The fields of an object; `null` counts as absent, and the last of equal names wins.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

/// A JSON string. A lone surrogate, which some models emit inside an emoji, becomes U+FFFD and fails nothing.
#[derive(Debug)]
struct JsonString<'a>(Cow<'a, str>);

impl<'a> Node<'a> {
    /// The one value of a JSON text.
    pub(super) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Self(raw.get()))
    }

    /// Its text, as it was sent.
    pub(super) fn text(self) -> &'a str {
        self.0
    }

    /// Its fields; none unless it is an object.
    pub(super) fn fields(self) -> Fields<'a> {
        if !self.is_object() {
            return Fields::default();
        }
        let mut parts = Parts::of(self.0);
        let member = || Some((Self(parts.next()?).content()?, Self(parts.next()?)));
        let mut fields = Vec::with_capacity(FIELDS);
        fields.extend(std::iter::from_fn(member));
        Fields(fields)
    }

    /// Its elements; none unless it is a list.
    pub(super) fn elements(self) -> Vec<Node<'a>> {
        if self.0.starts_with('[') { Parts::of(self.0).map(Self).collect() } else { Vec::new() }
    }

    /// The text of a string.
    pub(super) fn string(self) -> Option<String> {
        self.content().map(Cow::into_owned)
    }

    fn content(self) -> Option<Cow<'a, str>> {
        let inside = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if !inside.as_bytes().contains(&b'\\') {
            return Some(Cow::Borrowed(inside));
        }
        serde_json::from_str::<JsonString<'_>>(self.0).ok().map(|string| string.0)
    }

    /// The text of a string, or the JSON text of anything else.
    pub(super) fn string_or_text(self) -> String {
        self.string().unwrap_or_else(|| self.0.to_owned())
    }

    /// A count: a whole number that is not negative, however it is spelt.
    pub(super) fn count(self) -> Option<u64> {
        self.0.parse().ok().or_else(|| {
            let whole = self.0.parse::<rust_decimal::Decimal>().ok()?;
            if whole.is_integer() { whole.try_into().ok() } else { None }
        })
    }

    /// Whether it is an object.
    pub(super) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }
}

impl<'a> Fields<'a> {
    /// The value under a name, unless it is absent or `null`.
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.last(name).filter(|node| node.0 != "null")
    }

    /// Whether there is a value under a name, `null` included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    fn last(&self, name: &str) -> Option<Node<'a>> {
        self.0.iter().rev().find(|field| field.0 == name).map(|field| field.1)
    }

    /// The fields of the object under a name.
    pub(super) fn object(&self, name: &str) -> Fields<'a> {
        self.get(name).map(Node::fields).unwrap_or_default()
    }

    /// The elements of the list under a name.
    pub(super) fn elements(&self, name: &str) -> Vec<Node<'a>> {
        self.get(name).map(Node::elements).unwrap_or_default()
    }

    /// The string under a name.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.get(name).and_then(Node::string)
    }

    /// The string under a name, unless it is empty.
    pub(super) fn non_empty(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    /// The count under a name.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(Node::count)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonString<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = JsonString<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(JsonString(String::from_utf8_lossy(bytes)))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(JsonString(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
            }
        }
        // serde_json hands out strings as bytes without refusing lone surrogates.
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_type_or_are_absent() {
        let text = r#"{"s":"aé","e":"","n":null,"big":12345678901234567890123,"f":31.0,"neg":-1,"half":0.5,
            "l":[1, {"x":2}],"d":1,"d":2}"#;
        let fields = Node::parse(text).expect("is JSON").fields();
        assert_eq!(fields.string("s").as_deref(), Some("aé"));
        assert_eq!(fields.string("e").as_deref(), Some(""));
        assert_eq!(fields.non_empty("e"), None);
        assert!(fields.get("n").is_none() && fields.get("absent").is_none());
        assert_eq!(fields.get("big").expect("is there").text(), "12345678901234567890123");
        assert_eq!(fields.count("big"), None);
        assert_eq!(fields.count("f"), Some(31));
        assert_eq!(fields.count("neg"), None);
        assert_eq!(fields.count("half"), None);
        assert_eq!(fields.count("s"), None);
        assert_eq!(fields.count("d"), Some(2));
        assert_eq!(fields.elements("l").iter().map(|node| node.text()).collect::<Vec<_>>(), ["1", r#"{"x":2}"#]);
        assert_eq!(fields.elements("l")[1].fields().count("x"), Some(2));
        assert!(fields.elements("s").is_empty() && fields.object("s").get("x").is_none());
        assert_eq!(fields.get("l").expect("is there").string_or_text(), r#"[1, {"x":2}]"#);
    }

    #[test]
    fn a_lone_surrogate_loses_one_character_and_no_field() {
        let fields = Node::parse(r#"{"\ud83d":1,"text":"ok \ud83d!"}"#).expect("is JSON").fields();
        let text = fields.string("text").expect("is a string");
        assert!(text.starts_with("ok \u{fffd}") && text.ends_with('!'), "{text}");
    }

    #[test]
    fn cut_text_is_an_error() {
        for text in ["", "{", r#"{"a":"#, "[1,", "\"a", "{}x"] {
            assert!(Node::parse(text).is_err(), "{text}");
        }
    }
}
