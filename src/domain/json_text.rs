//! JSON as it was written: keys in their order, every digit of every number.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON value that is passed on as it was written, such as a tool's schema: a model may answer otherwise when the keys
/// of a schema come in another order.
#[derive(Debug, Clone)]
pub struct JsonText {
    text: Box<RawValue>,
    value: OnceLock<Value>,
}

impl JsonText {
    /// Takes the one JSON value of a text.
    ///
    /// # Errors
    /// The text is not one whole JSON value.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get()
    }

    /// The value, for looking into it; a number that fits no machine number loses digits here.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| serde_json::from_str(self.text.get()).unwrap_or_default())
    }
}

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        // A `Value` always has a text.
        let text = RawValue::from_string(value.to_string()).unwrap_or_default();
        Self { text, value: value.into() }
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: Deserialize::deserialize(deserializer)?, value: OnceLock::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_to_the_last_digit_and_the_order_of_keys() {
        let written = r#"{"z":1.50,"a":12345678901234567890123}"#;
        let text = JsonText::parse(written).expect("is JSON");
        assert_eq!((text.text(), serde_json::to_string(&text).expect("serializes").as_str()), (written, written));
        assert_eq!(text.value()["z"], 1.5);
        assert!(JsonText::parse("{").is_err() && JsonText::parse("{} {}").is_err());
        assert_eq!(JsonText::from(serde_json::json!({"a": 1})).text(), r#"{"a":1}"#);
    }
}
