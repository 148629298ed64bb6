//! A tool's JSON Schema, read for the types of its arguments.
//!
//! Only what says types is read (`type`, `nullable`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, local `$ref`, and the
//! way down through `properties`, `additionalProperties`, `items`, `prefixItems`). The rest is for full validation.

use serde::Deserialize;
use serde_json::{Map, Value};

/// References followed from one place, so that a circle of them ends.
const HOPS: usize = 16;

/// Steps of one check, and places it is inside of at once: a schema that branches into itself must not multiply or
/// nest without end. What is left unchecked counts as right here and is left to full validation.
const STEPS: u32 = 10_000;
const DEPTH: u32 = 256;

/// The types that JSON Schema knows. Any other word in `type` says nothing.
const TYPES: &[&str] = &["null", "boolean", "integer", "number", "string", "array", "object"];

/// Which numbers are integers, the option `numbers`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Numbers {
    /// By their value, as in JSON Schema: 5.0 is one.
    #[default]
    ByValue,
    /// As they are written: 5.0 is none. So reads the Berkeley Function Calling Leaderboard, and so do typed callers.
    AsWritten,
}

/// A place in a schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    root: &'a Value,
    schema: &'a Value,
    numbers: Numbers,
}

/// A value of another type than the schema says.
#[derive(Debug, PartialEq)]
pub(super) struct Mismatch<'v> {
    /// Where inside the argument, for example `.items[0]`; empty for the argument itself.
    pub(super) path: String,
    /// What stands there.
    pub(super) found: &'v Value,
    /// The types that the schema allows there.
    pub(super) wanted: Vec<&'static str>,
}

/// The JSON Schema type of a value. A number is an integer when it is written as one, or too large to be anything else.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) => {
            // serde_json reads integers beyond 64 bits as floats.
            let beyond_64_bits = || number.as_f64().is_some_and(|float| float.abs() >= 1.844_674_407_370_955_2e19);
            if number.is_i64() || number.is_u64() || beyond_64_bits() { "integer" } else { "number" }
        }
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl<'a> Node<'a> {
    /// The top of a schema.
    pub(super) fn root(schema: &'a Value, numbers: Numbers) -> Self {
        Self { root: schema, schema, numbers }.resolved()
    }

    fn at(self, schema: &'a Value) -> Self {
        Self { schema, ..self }.resolved()
    }

    /// Follows local references; an unknown or endless one says nothing of types.
    fn resolved(self) -> Self {
        let mut schema = self.schema;
        for _ in 0..HOPS {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Self { schema, ..self } };
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            let Some(target) = target else { return Self { schema: &Value::Null, ..self } };
            schema = target;
        }
        Self { schema: &Value::Null, ..self }
    }

    fn map(self, key: &str) -> Option<&'a Map<String, Value>> {
        self.schema.get(key).and_then(Value::as_object)
    }

    fn list(self, key: &str) -> &'a [Value] {
        self.schema.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The arguments that must be there.
    pub(super) fn required(self) -> impl Iterator<Item = &'a str> {
        self.list("required").iter().filter_map(Value::as_str)
    }

    /// Whether the schema knows the property, or says that further ones are welcome. An object schema that lists
    /// properties closes the list unless it says otherwise: a tool is not called with arguments it never declared.
    pub(super) fn declares(self, name: &str) -> bool {
        let open = match self.schema.get("additionalProperties") {
            Some(further) => *further != Value::Bool(false),
            None => self.map("properties").is_none() && self.list("allOf").is_empty(),
        };
        let patterns = self.map("patternProperties").is_some_and(|patterns| !patterns.is_empty());
        open || patterns || self.property(name).is_some()
    }

    /// The schema of a property, where it is declared.
    pub(super) fn property(self, name: &str) -> Option<Self> {
        let own = self.map("properties").and_then(|properties| properties.get(name));
        own.map(|schema| self.at(schema)).or_else(|| {
            let parts = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|key| self.list(key));
            parts.filter_map(|part| self.at(part).map("properties")?.get(name)).map(|schema| self.at(schema)).next()
        })
    }

    /// The schema of a member of an object: the property's, else that of further properties.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        let further = || self.schema.get("additionalProperties").filter(|further| further.is_object());
        self.property(name).or_else(|| further().map(|schema| self.at(schema)))
    }

    /// The schema of an item of an array.
    pub(super) fn item(self, index: usize) -> Option<Self> {
        let tuple = self.list("prefixItems").get(index).or_else(|| self.list("items").get(index));
        tuple.or_else(|| self.schema.get("items").filter(|items| items.is_object())).map(|schema| self.at(schema))
    }

    /// The types it names itself, not counting its branches; empty when it names none that JSON Schema knows.
    fn own_types(self) -> Vec<&'static str> {
        let known = |name: &Value| TYPES.iter().copied().find(|known| name == known);
        let mut types: Vec<&str> = match self.schema.get("type") {
            Some(Value::Array(several)) => several.iter().filter_map(known).collect(),
            Some(one) => known(one).into_iter().collect(),
            None => self.list("enum").iter().chain(self.schema.get("const")).map(type_of).collect(),
        };
        if !types.is_empty() && self.schema.get("nullable") == Some(&Value::Bool(true)) {
            types.push("null");
        }
        types.sort_unstable();
        types.dedup();
        types
    }

    /// Whether it says anything of types.
    pub(super) fn is_typed(self) -> bool {
        let branches = ["anyOf", "oneOf", "allOf"].into_iter().any(|key| !self.list(key).is_empty());
        branches || !self.own_types().is_empty()
    }

    /// Whether a value has a type it allows, all the way down.
    pub(super) fn admits(self, value: &Value) -> bool {
        self.mismatch(value).is_none()
    }

    /// The first place where a value has a type that the schema does not allow.
    pub(super) fn mismatch(self, value: &Value) -> Option<Mismatch<'_>> {
        self.walk(value, &mut Walk { path: String::new(), steps: STEPS, depth: DEPTH })
    }

    fn walk<'v>(self, value: &'v Value, walk: &mut Walk) -> Option<Mismatch<'v>> {
        walk.steps = walk.steps.checked_sub(1)?;
        walk.depth = walk.depth.checked_sub(1)?;
        let mismatch = self.mismatch_here(value, &walk.path).or_else(|| self.mismatch_below(value, walk));
        walk.depth += 1;
        mismatch
    }

    fn mismatch_here<'v>(self, value: &'v Value, path: &str) -> Option<Mismatch<'v>> {
        let types = self.own_types();
        let found = type_of(value);
        let by_value = self.numbers == Numbers::ByValue;
        let whole = || by_value && value.as_f64().is_some_and(|number| number.fract() == 0.0);
        let fits = |wanted: &&str| match *wanted {
            "number" => found == "number" || found == "integer",
            "integer" => found == "integer" || (found == "number" && whole()),
            other => other == found,
        };
        let wrong = !types.is_empty() && !types.iter().any(fits);
        wrong.then(|| Mismatch { path: path.to_owned(), found: value, wanted: types })
    }

    fn mismatch_below<'v>(self, value: &'v Value, walk: &mut Walk) -> Option<Mismatch<'v>> {
        let mut mismatch = self.list("allOf").iter().find_map(|part| self.at(part).walk(value, walk));
        for key in ["anyOf", "oneOf"] {
            mismatch = mismatch.or_else(|| self.in_branches(self.list(key), value, walk));
        }
        mismatch.or_else(|| self.in_children(value, walk))
    }

    /// The mismatch of the branch that comes furthest, when no branch takes the value; branches that stop at the value
    /// itself are summed up.
    fn in_branches<'v>(self, branches: &'a [Value], value: &'v Value, walk: &mut Walk) -> Option<Mismatch<'v>> {
        let mut mismatches = Vec::with_capacity(branches.len());
        for branch in branches {
            mismatches.push(self.at(branch).walk(value, walk)?);
        }
        let is_here = |mismatch: &Mismatch<'v>| mismatch.path == walk.path;
        let here = mismatches.iter().filter(|one| is_here(one)).flat_map(|one| one.wanted.iter().copied()).collect();
        let longer =
            |one: Mismatch<'v>, other: Mismatch<'v>| if other.path.len() > one.path.len() { other } else { one };
        let furthest = mismatches.into_iter().reduce(longer)?;
        Some(if is_here(&furthest) { Mismatch { wanted: here, ..furthest } } else { furthest })
    }

    fn in_children<'v>(self, value: &'v Value, walk: &mut Walk) -> Option<Mismatch<'v>> {
        match value {
            Value::Object(members) => members.iter().find_map(|(name, member)| {
                let node = self.member(name)?;
                walk.inside(&format!(".{name}"), |walk| node.walk(member, walk))
            }),
            Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                let node = self.item(index)?;
                walk.inside(&format!("[{index}]"), |walk| node.walk(item, walk))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
}

/// Where a check stands, and how much further it may go.
struct Walk {
    path: String,
    steps: u32,
    depth: u32,
}

impl Walk {
    /// Does something one step further down.
    fn inside<T>(&mut self, step: &str, what: impl FnOnce(&mut Self) -> T) -> T {
        let here = self.path.len();
        self.path.push_str(step);
        let done = what(self);
        self.path.truncate(here);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_those_of_the_schema() {
        let string_or_null = json!({"type": ["string", "null"]});
        let any = json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "string"}}]});
        let referred = json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}});
        let nested =
            json!({"properties": {"a": {"items": {"type": "integer"}}}, "additionalProperties": {"type": "null"}});
        let rows = [
            (json!({"type": "integer"}), json!(5), None),
            (json!({"type": "integer"}), json!(5.0), None),
            (json!({"type": "integer"}), json!(5.5), Some(("", "integer"))),
            (json!({"type": "integer"}), json!(true), Some(("", "integer"))),
            (json!({"type": "integer"}), json!("5"), Some(("", "integer"))),
            (json!({"type": "integer"}), json!(1e20), None),
            (json!({"type": "number"}), json!(5), None),
            (json!({"type": "number"}), json!(5.5), None),
            (json!({"type": "number"}), json!("5.5"), Some(("", "number"))),
            (json!({"type": "boolean"}), json!(1), Some(("", "boolean"))),
            (json!({"type": "boolean"}), json!("true"), Some(("", "boolean"))),
            (json!({"type": "string"}), json!(null), Some(("", "string"))),
            (json!({"type": "string", "nullable": true}), json!(null), None),
            (string_or_null.clone(), json!(null), None),
            (string_or_null, json!(1), Some(("", "null or string"))),
            (json!({"enum": ["a", "b"]}), json!(1), Some(("", "string"))),
            (json!({"const": 1}), json!("1"), Some(("", "integer"))),
            (any.clone(), json!(["a"]), None),
            (any.clone(), json!([1]), Some(("[0]", "string"))),
            (any, json!("a"), Some(("", "integer or array"))),
            (json!({"allOf": [{"type": "string"}]}), json!(1), Some(("", "string"))),
            (referred.clone(), json!(1.5), None),
            (referred, json!("x"), Some(("", "number"))),
            (nested.clone(), json!({"a": [1, 2], "b": null}), None),
            (nested.clone(), json!({"a": [1, "2"]}), Some((".a[1]", "integer"))),
            (nested, json!({"b": 1}), Some((".b", "null"))),
            (json!({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}), json!(["a", 1]), None),
            (json!({"items": [{"type": "string"}]}), json!([1, 1]), Some(("[0]", "string"))),
            (json!({}), json!({"a": 1}), None),
            (json!(true), json!(1), None),
        ];
        for (schema, value, expected) in rows {
            let found = Node::root(&schema, Numbers::ByValue).mismatch(&value);
            let found = found.as_ref().map(|found| (found.path.as_str(), found.wanted.join(" or ")));
            let expected = expected.map(|(path, wanted)| (path, wanted.to_owned()));
            assert_eq!(found, expected, "{schema} {value}");
        }
    }

    #[test]
    fn as_written_a_whole_float_is_no_integer_anywhere() {
        let schema = json!({"properties": {"a": {"items": {"type": "integer"}}, "b": {"type": ["integer", "null"]}}});
        for (value, expected) in [
            (json!({"a": [1, 2], "b": 1}), None),
            (json!({"a": [1, 2.0]}), Some(".a[1]")),
            (json!({"b": 1.0}), Some(".b")),
            (json!({"b": 1e20}), None),
        ] {
            let found = Node::root(&schema, Numbers::AsWritten).mismatch(&value).map(|found| found.path);
            assert_eq!(found.as_deref(), expected, "{value}");
            assert!(Node::root(&schema, Numbers::ByValue).admits(&value), "{value}");
        }
    }

    #[test]
    fn circles_end() {
        let circle = json!({"$ref": "#"});
        assert!(Node::root(&circle, Numbers::ByValue).admits(&json!(1)));
        let branching = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert!(Node::root(&branching, Numbers::ByValue).admits(&json!(1)));
    }

    #[test]
    fn a_long_list_is_checked_to_its_end_and_endless_branching_is_given_up() {
        let mut items = vec![json!(1); 1000];
        items.push(json!("x"));
        let integers = json!({"items": {"type": "integer"}});
        assert!(!Node::root(&integers, Numbers::ByValue).admits(&Value::from(items)));
        let twice = json!({"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [
            {"properties": {"n": {"$ref": "#/$defs/n"}, "end": {"type": "integer"}}},
            {"properties": {"n": {"$ref": "#/$defs/n"}, "end": {"type": "number"}}}
        ]}}});
        let nested = |depth| (0..depth).fold(json!({"end": "x"}), |inner, _| json!({"n": inner}));
        assert!(!Node::root(&twice, Numbers::ByValue).admits(&nested(4)));
        assert!(Node::root(&twice, Numbers::ByValue).admits(&nested(20)));
    }

    #[test]
    fn a_list_of_properties_is_closed_unless_it_says_otherwise() {
        let rows = [
            (json!({"properties": {"a": {}}}), "a", true),
            (json!({"properties": {"a": {}}}), "b", false),
            (json!({"properties": {}}), "b", false),
            (json!({"properties": {}, "additionalProperties": true}), "b", true),
            (json!({"properties": {}, "additionalProperties": {"type": "string"}}), "b", true),
            (json!({"additionalProperties": false}), "b", false),
            (json!({"properties": {}, "patternProperties": {"^b": {}}}), "b", true),
            (json!({"type": "object"}), "b", true),
            (json!({"allOf": [{"properties": {"a": {}}}]}), "a", true),
            (json!({"allOf": [{"properties": {"a": {}}}]}), "b", false),
        ];
        for (schema, name, expected) in rows {
            assert_eq!(Node::root(&schema, Numbers::ByValue).declares(name), expected, "{schema} {name}");
        }
    }
}
