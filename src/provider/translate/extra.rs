//! Rules on the fields that an arm passes on untouched.

use serde_json::{Map, Value};

use super::target::Wire;
use super::{Context, Finding, Rule};

pub(super) const RULES: &[Rule] = &[Rule::refused("extra_conflicts", "extra", extra_conflicts)];

/// Where else a setting is stated.
#[derive(Clone, Copy)]
enum Key {
    /// By this key of an arm.
    Arm(&'static str),
    /// By this key of a case.
    Case(&'static str),
    /// Nowhere: it decides what a call costs or how many answers come.
    Nowhere,
}

/// Fields that state a setting, by wire and by the names on the way to them, with all that they hold.
const OWN: &[(Wire, &[&str], Key)] = &[
    (Wire::Chat, &["service_tier"], Key::Nowhere),
    (Wire::Responses, &["reasoning", "effort"], Key::Arm("reasoning_effort")),
    (Wire::Responses, &["text", "format"], Key::Case("response_format")),
    (Wire::Responses, &["service_tier"], Key::Nowhere),
    (Wire::Anthropic, &["thinking"], Key::Arm("reasoning_effort")),
    (Wire::Anthropic, &["output_config", "format"], Key::Case("response_format")),
    (Wire::Anthropic, &["service_tier"], Key::Nowhere),
    (Wire::Gemini, &["generationConfig", "maxOutputTokens"], Key::Arm("max_output_tokens")),
    (Wire::Gemini, &["generationConfig", "temperature"], Key::Arm("temperature")),
    (Wire::Gemini, &["generationConfig", "topP"], Key::Arm("top_p")),
    (Wire::Gemini, &["generationConfig", "topK"], Key::Arm("top_k")),
    (Wire::Gemini, &["generationConfig", "frequencyPenalty"], Key::Arm("frequency_penalty")),
    (Wire::Gemini, &["generationConfig", "presencePenalty"], Key::Arm("presence_penalty")),
    (Wire::Gemini, &["generationConfig", "seed"], Key::Arm("seed")),
    (Wire::Gemini, &["generationConfig", "stopSequences"], Key::Arm("stop")),
    (Wire::Gemini, &["generationConfig", "candidateCount"], Key::Nowhere),
    (Wire::Gemini, &["generationConfig", "thinkingConfig", "thinkingLevel"], Key::Arm("reasoning_effort")),
    (Wire::Gemini, &["generationConfig", "thinkingConfig", "thinkingBudget"], Key::Arm("reasoning_effort")),
    (Wire::Gemini, &["generationConfig", "responseMimeType"], Key::Case("response_format")),
    (Wire::Gemini, &["generationConfig", "responseSchema"], Key::Case("response_format")),
    (Wire::Gemini, &["generationConfig", "responseJsonSchema"], Key::Case("response_format")),
    (Wire::Gemini, &["serviceTier"], Key::Nowhere),
];

/// A setting that a passed-on field states, past the key that the rules look at.
fn extra_conflicts(context: &Context<'_>) -> Option<Finding> {
    let (wire, extra) = (context.target.wire, &context.request.sampling.extra);
    let (names, key) = OWN.iter().filter(|row| row.0 == wire).find_map(|(_, path, key)| {
        let names = stated(wire, extra, path)?;
        Some((names.join("."), if names.len() == path.len() { *key } else { Key::Nowhere }))
    })?;
    let message = format!("{} is not to be told `{names}` by the arm's `extra`", context.through());
    let help = match key {
        Key::Arm(key) => format!("use the arm's own key: `{key}`"),
        Key::Case(key) => format!("use the case's own key: `{key}`"),
        Key::Nowhere => format!("leave `{names}` out of the arm's `extra`"),
    };
    Some(Finding::new(message, help))
}

/// The names on the way to a field that is stated. They end early at one that should be an object and is none: the
/// protocol's own object would take its place.
fn stated<'a>(wire: Wire, fields: &'a Map<String, Value>, path: &[&str]) -> Option<Vec<&'a str>> {
    let (step, rest) = path.split_first()?;
    // Gemini's API reads `max_output_tokens` as it reads `maxOutputTokens`.
    let same = |name: &str| name == *step || (wire == Wire::Gemini && camel(name) == *step);
    let found = fields.iter().filter(|(name, value)| same(name) && !value.is_null());
    let mut ways = found.filter_map(|(name, value)| match value {
        Value::Object(inner) if !rest.is_empty() => {
            Some(std::iter::once(name.as_str()).chain(stated(wire, inner, rest)?).collect())
        }
        _ => Some(vec![name.as_str()]),
    });
    ways.next()
}

/// A name of words joined by underscores, as one word.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let (initial, rest) = word.split_at_checked(1).unwrap_or(("", word));
        all + &initial.to_ascii_uppercase() + rest
    })
}
