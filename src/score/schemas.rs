//! Compiled JSON Schemas, kept so that the repeats of a case do not compile its schemas again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use super::clip::clip;

/// How many compiled schemas are kept. When that many are, all are dropped: cases come case by case, so an old schema
/// is rarely wanted again.
const KEPT: usize = 256;

/// Compiled schemas by the schema's value.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    compiled: Mutex<HashMap<Value, Arc<Compiled>>>,
}

/// A validator, or why the schema gives none.
pub(super) type Compiled = Result<Validator, String>;

impl Schemas {
    /// The validator of a schema.
    pub(super) fn get(&self, schema: &Value) -> Arc<Compiled> {
        if let Some(compiled) = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(schema) {
            return Arc::clone(compiled);
        }
        let new = Arc::new(compile(schema));
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(schema.clone(), Arc::clone(&new));
        new
    }
}

/// Compiles a schema, offline: a reference to another document is an error. Without `$schema` it is read as draft
/// 2020-12.
///
/// # Errors
/// Why the schema cannot be used.
pub(super) fn compile(schema: &Value) -> Compiled {
    jsonschema::options().offline().build(schema).map_err(|error| clip(&error.to_string()).into_owned())
}

/// The first way in which a value breaks the schema: where, and what. The value itself is not quoted.
pub(super) fn violation(validator: &Validator, value: &Value) -> Option<String> {
    let error = validator.validate(value).err()?;
    let path = error.instance_path().as_str();
    let path = if path.is_empty() { "the whole" } else { path };
    Some(format!("{}: {}", clip(path), clip(&error.masked().to_string())))
}

/// The first way in which one of some members of an object breaks the object's schema.
pub(super) fn violation_of(validator: &Validator, object: &Value, members: &[&str]) -> Option<String> {
    let inside = |path: &str| {
        let member = path.split('/').nth(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
        member.is_some_and(|member| members.contains(&member.as_str()))
    };
    let error = validator.iter_errors(object).find(|error| inside(error.instance_path().as_str()))?;
    Some(format!("{}: {}", clip(error.instance_path().as_str()), clip(&error.masked().to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_is_compiled_once_and_the_number_kept_is_bounded() {
        let schemas = Schemas::default();
        let first = schemas.get(&json!({"type": "object"}));
        assert!(Arc::ptr_eq(&first, &schemas.get(&json!({"type": "object"}))));
        for minimum in 0..=KEPT {
            assert!(schemas.get(&json!({"minimum": minimum})).is_ok());
        }
        assert!(schemas.compiled.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn a_remote_reference_and_an_invalid_schema_are_errors() {
        for schema in [json!({"$ref": "https://example.com/s.json"}), json!({"type": "dict"}), json!(5)] {
            assert!(compile(&schema).is_err(), "{schema}");
        }
        assert!(compile(&json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}})).is_ok());
    }

    #[test]
    fn a_violation_names_the_place_and_not_the_value() {
        let validator = compile(&json!({"properties": {"a": {"items": {"minimum": 3}}}})).unwrap();
        let found = violation(&validator, &json!({"a": [3, 2]}));
        assert_eq!(found.as_deref(), Some("/a/1: value is less than the minimum of 3"));
        assert_eq!(violation(&validator, &json!({"a": [3]})), None);
    }
}
