//! Options of a scorer: from the values that a suite holds to a struct, with every mistake named.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What is wrong with one option of a scorer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError {
    /// The option, or one item of its list as in `paths[1]`; `None` when it is about all of them together.
    pub option: Option<String>,
    /// What was found: a lowercase fragment without a full stop.
    pub message: String,
    /// What to do next, where something can be said.
    pub help: Option<String>,
}

impl OptionError {
    /// A mistake in one option.
    pub(super) fn of(option: &str, message: impl Into<String>, help: &str) -> Self {
        Self { option: Some(option.to_owned()), message: message.into(), help: Some(help.to_owned()) }
    }
}

/// Reads the options. Every field of `O` has a default, so that each option can be read alone and all mistakes are
/// found at once.
///
/// # Errors
/// One error per option that is unknown or of the wrong type.
pub(super) fn parse<O: DeserializeOwned>(given: Map<String, Value>) -> Result<O, Vec<OptionError>> {
    let error = |option: Option<&String>, error: &serde_json::Error| OptionError {
        option: option.cloned(),
        message: error.to_string(),
        help: None,
    };
    let alone = |(name, value): (&String, &Value)| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        serde_json::from_value::<O>(Value::Object(one)).err().map(|cause| error(Some(name), &cause))
    };
    let errors: Vec<OptionError> = given.iter().filter_map(alone).collect();
    if errors.is_empty() {
        serde_json::from_value(Value::Object(given)).map_err(|cause| vec![error(None, &cause)])
    } else {
        Err(errors)
    }
}
