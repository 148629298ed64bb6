//! A line as a tree that is made in one pass: the texts of conversations are read, all else stays as it was written.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, also those that stand twice.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// A value of a line.
#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    /// As it was written.
    Raw(&'a RawValue),
    /// A text, read.
    Text(Cow<'a, str>),
    /// A list, opened.
    List(Vec<Node<'a>>),
    /// An object, opened.
    Object(Members<'a>),
}

/// Opens a line: its members, and within them whatever a conversation is made of. `None` where it is no object, or where
/// something that is opened is no text, list, object or `null`, which no good line has there.
pub(super) fn open(line: &[u8]) -> Option<Members<'_>> {
    let text = std::str::from_utf8(line).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let node = Open.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    match node {
        Node::Object(members) => Some(members),
        Node::Raw(_) | Node::Text(_) | Node::List(_) => None,
    }
}

/// Whether the member of this name is opened. What costs time is what is long: everything else may stay as it is.
fn is_opened(name: &str) -> bool {
    matches!(
        name,
        "content"
            | "detail"
            | "function"
            | "id"
            | "image_url"
            | "messages"
            | "name"
            | "recorded"
            | "result"
            | "role"
            | "text"
            | "tool_call_id"
            | "tool_calls"
            | "tool_results"
            | "type"
            | "url"
    )
}

/// Opens a value.
struct Open;

impl<'de> DeserializeSeed<'de> for Open {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Open {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list, an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Node::Raw(RawValue::NULL))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Self)? {
            elements.push(element);
        }
        Ok(Node::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            let value = if is_opened(&name) { map.next_value_seed(Self)? } else { Node::Raw(map.next_value()?) };
            members.push((name, value));
        }
        Ok(Node::Object(members))
    }
}

/// Reads the name of a member, without a copy where it holds no escape.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The members of an object in their order, also those that stand twice, each as it was written.
pub(super) struct Written<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Written<'a> {
    pub(super) fn into_members(self) -> Members<'a> {
        self.0.into_iter().map(|(name, raw)| (name, Node::Raw(raw))).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key_seed(Name)? {
                    members.push((name, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(InOrder).map(Self)
    }
}
