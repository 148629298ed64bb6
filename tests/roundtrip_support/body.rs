//! A sent body as exact JSON: own fields are taken one by one, what nobody takes is a further field.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use cutover::domain::{Arguments, Content, ImageSource, JsonText, Message, Part, Role};

/// The top level of a body.
pub(super) struct Body<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Body<'a> {
    /// Reads a body in which no field stands twice.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("body: {error}"))
    }

    /// Takes an own field that may be absent, but is never `null`.
    pub(super) fn take<T: Deserialize<'a>>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.remove(name).map(|raw| serde_json::from_str(raw.get()));
        value.transpose().map_err(|error| format!("{name}: {error}"))
    }

    /// Takes an own field that must be there.
    pub(super) fn need<T: Deserialize<'a>>(&mut self, name: &str) -> Result<T, String> {
        self.take(name)?.ok_or_else(|| format!("{name}: missing"))
    }

    /// Takes a number with all its digits.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<f64>, String> {
        Ok(self.take::<Exact>(name)?.map(|number| number.0))
    }

    /// The names of the fields that nobody took.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The text of a field that nobody took.
    pub(super) fn raw(&self, name: &str) -> &'a str {
        self.0[name].get()
    }

    /// The fields that nobody took.
    pub(super) fn rest(self) -> Result<Map<String, Value>, String> {
        let value = |raw: &RawValue| serde_json::from_str(raw.get()).map_err(|error| error.to_string());
        self.0.into_iter().map(|(name, raw)| Ok((name, value(raw)?))).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = access.next_entry::<String, &RawValue>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("{name} stands twice")));
                    }
                    fields.insert(name, value);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Once).map(Self)
    }
}

/// A number whose text is read by Rust itself: `serde_json` alone may miss the last digit.
pub(super) struct Exact(pub(super) f64);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer)?.get().parse().map(Self).map_err(D::Error::custom)
    }
}

/// A field that may be absent, but is never `null`: for `#[serde(default, deserialize_with = "present")]`.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A message that says nothing yet.
pub(super) fn blank(role: Role) -> Message {
    Message {
        role,
        content: None,
        name: None,
        tool_calls: Vec::new(),
        tool_call_id: None,
        is_error: None,
        thought_signature: None,
    }
}

/// Parts as content, where the wire does not tell plain text from a single text part.
pub(super) fn content(parts: Vec<Part>) -> Option<Content> {
    match <[Part; 1]>::try_from(parts) {
        Ok([Part::Text(text)]) => Some(Content::Text(text)),
        Ok(single) => Some(Content::Parts(single.into())),
        Err(parts) => (!parts.is_empty()).then_some(Content::Parts(parts)),
    }
}

/// Arguments that the wire holds as a string.
pub(super) fn arguments(text: String) -> Arguments {
    if is_object(&text) { Arguments::Object(text) } else { Arguments::Malformed(text) }
}

/// Whether a text is a whole JSON object.
pub(super) fn is_object(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get().starts_with('{'))
}

/// An image whose bytes may stand in a data URL.
pub(super) fn image(url: String) -> ImageSource {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => ImageSource::Url(url),
    }
}

/// The schema of a tool, where the wire demands one even of a function that takes no arguments.
pub(super) fn parameters(schema: JsonText) -> Option<JsonText> {
    let fields = schema.value().as_object();
    let takes_nothing = fields.is_some_and(|fields| {
        fields.get("type") == Some(&"object".into())
            && fields
                .iter()
                .all(|(key, value)| key == "type" || (key == "properties" && *value == serde_json::json!({})))
    });
    (!takes_nothing).then_some(schema)
}
