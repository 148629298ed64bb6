//! Rules on the format of the answer and on JSON schemas.

use crate::domain::{JsonText, ResponseFormat, Tool};

use super::target::{Feature, Wire};
use super::{Context, Finding, Rule, strict, subset};

pub(super) const RULES: &[Rule] = &[
    Rule::refused("json_object_unsupported", "response_format", json_object_unsupported),
    Rule::refused("schema_not_strict", "response_format", answer_schema_not_strict),
    Rule::refused("schema_not_strict", "tools", tool_schema_not_strict),
    Rule::lossy("schema_keywords", "response_format", answer_schema_keywords),
    Rule::lossy("schema_keywords", "tools", tool_schema_keywords),
];

fn json_object_unsupported(context: &Context<'_>) -> Option<Finding> {
    if context.request.response_format != Some(&ResponseFormat::JsonObject) {
        return None;
    }
    let message = context.lacking(Feature::JsonObject, "`response_format` of any JSON object")?;
    Some(Finding::new(message, "give `response_format` a schema: type `json_schema`"))
}

/// The schema of the answer with its name, and whether it must be enforced.
fn answer_schema<'a>(context: &Context<'a>) -> Option<(&'a str, &'a JsonText, bool)> {
    match context.request.response_format? {
        ResponseFormat::Text | ResponseFormat::JsonObject => None,
        ResponseFormat::JsonSchema { name, schema, strict } => Some((name, schema, *strict == Some(true))),
    }
}

/// As [`answer_schema`], of every function with a schema.
fn tool_schemas<'a>(context: &Context<'a>) -> impl Iterator<Item = (&'a str, &'a JsonText, bool)> {
    context.request.tools.iter().filter_map(Tool::function).filter_map(|function| {
        let schema = function.parameters.as_ref()?;
        Some((function.name.as_str(), schema, function.strict == Some(true)))
    })
}

fn answer_schema_not_strict(context: &Context<'_>) -> Option<Finding> {
    answer_schema(context).and_then(|row| not_strict(context, row))
}

fn tool_schema_not_strict(context: &Context<'_>) -> Option<Finding> {
    tool_schemas(context).find_map(|row| not_strict(context, row))
}

fn not_strict(context: &Context<'_>, (name, schema, strict): (&str, &JsonText, bool)) -> Option<Finding> {
    if !strict || !context.native || !matches!(context.target.wire, Wire::Chat | Wire::Responses) {
        return None;
    }
    let violation = strict::violation(schema)?;
    let message = format!("{} takes no such schema with `strict`: `{name}` {violation}", context.through());
    let help = "change the schema, or leave `strict` out: every object needs `additionalProperties: false` and all of its \
                properties in `required`";
    Some(Finding::new(message, help))
}

fn answer_schema_keywords(context: &Context<'_>) -> Option<Finding> {
    answer_schema(context).and_then(|(name, schema, _)| outside_subset(context, name, schema))
}

/// Anthropic takes any schema of a function that need not be enforced: it is told to the model as it is.
fn tool_schema_keywords(context: &Context<'_>) -> Option<Finding> {
    let enforced = |(_, _, strict): &(&str, &JsonText, bool)| *strict || context.target.wire != Wire::Anthropic;
    tool_schemas(context).filter(enforced).find_map(|(name, schema, _)| outside_subset(context, name, schema))
}

fn outside_subset(context: &Context<'_>, name: &str, schema: &JsonText) -> Option<Finding> {
    let outside = match context.target.wire {
        Wire::Anthropic => subset::outside_anthropic(schema),
        Wire::Gemini => subset::outside_gemini(schema),
        Wire::Chat | Wire::Compatible | Wire::Responses => None,
    }?;
    let message = format!("{} does not enforce all of the schema `{name}`: {outside}", context.through());
    Some(Finding::new(message, "the provider may ignore or refuse what it does not know: leave it out of the schema"))
}
