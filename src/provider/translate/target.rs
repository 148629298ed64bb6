//! What each protocol has no place for, and what limits its first home sets for every model.

use serde::Deserialize;

use crate::provider::{Dialect, Endpoint};

/// Something that a protocol has no place for, or that a model refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Feature {
    Seed,
    /// `n` above 1.
    Alternatives,
    Stop,
    /// A stop sequence of whitespace alone.
    BlankStop,
    Penalties,
    LogitBias,
    TopK,
    MinP,
    /// Both settings in one request.
    TemperatureAndTopP,
    /// Temperature, `top_p` and `logprobs` other than their defaults while the model reasons.
    SamplingWhileReasoning,
    /// Function tools while the model reasons, on Chat Completions.
    ToolsWhileReasoningOnChat,
    WebSearch,
    FileSearch,
    ComputerUse,
    /// `parallel_tool_calls: false`.
    SingleToolCall,
    /// `strict` of a function.
    StrictTools,
    /// Any JSON object as the format of the answer.
    JsonObject,
    /// The role `developer` beside `system`.
    DeveloperRole,
    /// Instructions after the first other message.
    LateInstructions,
    MessageName,
    /// An image in a message of role `system` or `developer`.
    InstructiveImages,
    ImageDetail,
    /// Gemini's signature of the reasoning behind calls.
    Signatures,
    /// The mark of a tool result that reports an error.
    ErrorMark,
    /// Arguments of a recorded call that are not a JSON object.
    MalformedArguments,
    /// Calls without results, and results without calls.
    UnpairedCalls,
    /// A message without any content.
    EmptyMessages,
    /// A tool result without any content.
    EmptyResults,
    /// Content of blank text alone.
    BlankText,
}

/// A wire format with rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Compatible,
    Responses,
    Anthropic,
    Gemini,
}

/// One protocol in one dialect or in all.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) wire: Wire,
    protocol: &'static str,
    /// The dialect in which the row holds; `None` is every one.
    dialect: Option<Dialect>,
    /// What messages call it.
    pub(super) title: &'static str,
    lacks: &'static [Feature],
    /// Words for reasoning effort that the protocol knows; empty when it passes on any.
    pub(super) efforts: &'static [&'static str],
    /// An effort that the protocol cannot express, and the one that is sent in its place.
    pub(super) nearest_effort: Option<[&'static str; 2]>,
    /// Limits that hold at the vendor's own endpoint only.
    pub(super) limits: Limits,
}

/// What the vendor's own endpoint checks, whatever the model.
#[derive(Debug)]
pub(super) struct Limits {
    /// Most stop sequences.
    pub(super) stops: usize,
    /// Most answers of one call.
    pub(super) answers: u64,
    /// Least that `max_output_tokens` may be.
    pub(super) output_tokens: u64,
    /// What names of functions may be.
    pub(super) names: Option<Names>,
}

/// Names of ASCII letters, digits and some other characters.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) others: &'static str,
    pub(super) longest: usize,
}

impl Names {
    pub(super) fn allow(&self, name: &str) -> bool {
        let allowed = |character: char| character.is_ascii_alphanumeric() || self.others.contains(character);
        (1..=self.longest).contains(&name.len()) && name.chars().all(allowed)
    }
}

const NO_LIMITS: Limits = Limits { stops: usize::MAX, answers: u64::MAX, output_tokens: 0, names: None };

const TARGETS: &[Target] = &[
    Target {
        wire: Wire::Chat,
        protocol: "openai-chat",
        dialect: Some(Dialect::Native),
        title: "OpenAI's Chat Completions API",
        lacks: &[
            Feature::TopK,
            Feature::MinP,
            // The API's own words: "Image URLs are only allowed for messages with role 'user'".
            Feature::InstructiveImages,
            Feature::Signatures,
            Feature::ErrorMark,
            Feature::UnpairedCalls,
            Feature::EmptyMessages,
            Feature::EmptyResults,
        ],
        efforts: &[],
        nearest_effort: None,
        limits: Limits { stops: 4, answers: 128, output_tokens: 1, names: Some(Names { others: "_-", longest: 64 }) },
    },
    COMPATIBLE,
    Target {
        wire: Wire::Responses,
        protocol: "openai-responses",
        dialect: None,
        title: "OpenAI's Responses API",
        lacks: &[
            Feature::Seed,
            Feature::Alternatives,
            Feature::Stop,
            Feature::Penalties,
            Feature::TopK,
            Feature::MinP,
            Feature::MessageName,
            Feature::Signatures,
            Feature::ErrorMark,
            Feature::UnpairedCalls,
            Feature::EmptyMessages,
            Feature::EmptyResults,
        ],
        efforts: &[],
        nearest_effort: None,
        limits: Limits {
            // The API's own words: "integer below minimum value. Expected a value >= 16".
            output_tokens: 16,
            names: Some(Names { others: "_-", longest: 64 }),
            ..NO_LIMITS
        },
    },
    Target {
        wire: Wire::Anthropic,
        protocol: "anthropic",
        dialect: None,
        title: "Anthropic's Messages API",
        lacks: &[
            Feature::Seed,
            Feature::Alternatives,
            Feature::BlankStop,
            Feature::Penalties,
            Feature::LogitBias,
            Feature::MinP,
            Feature::FileSearch,
            Feature::JsonObject,
            Feature::DeveloperRole,
            Feature::LateInstructions,
            Feature::MessageName,
            Feature::InstructiveImages,
            Feature::ImageDetail,
            Feature::Signatures,
            Feature::MalformedArguments,
            Feature::UnpairedCalls,
            Feature::EmptyMessages,
            Feature::BlankText,
        ],
        efforts: &["none", "minimal", "low", "medium", "high"],
        nearest_effort: None,
        limits: Limits { output_tokens: 1, names: Some(Names { others: "_-", longest: 64 }), ..NO_LIMITS },
    },
    Target {
        wire: Wire::Gemini,
        protocol: "gemini",
        dialect: None,
        title: "Gemini's API",
        lacks: &[
            Feature::LogitBias,
            Feature::MinP,
            Feature::ComputerUse,
            Feature::SingleToolCall,
            Feature::StrictTools,
            Feature::DeveloperRole,
            Feature::LateInstructions,
            Feature::MessageName,
            // The API's reference on `systemInstruction`: "Currently, text only".
            Feature::InstructiveImages,
            Feature::ImageDetail,
            Feature::MalformedArguments,
            Feature::UnpairedCalls,
            Feature::EmptyMessages,
            Feature::BlankText,
        ],
        efforts: &[],
        nearest_effort: Some(["none", "minimal"]),
        limits: Limits { stops: 5, answers: 8, output_tokens: 1, names: Some(Names { others: "_.:-", longest: 128 }) },
    },
];

/// Servers that differ too much for more than this to be known of all of them.
const COMPATIBLE: Target = Target {
    wire: Wire::Compatible,
    protocol: "openai-chat",
    dialect: Some(Dialect::Compatible),
    title: "a compatible Chat Completions server",
    lacks: &[
        Feature::WebSearch,
        Feature::FileSearch,
        Feature::ComputerUse,
        Feature::DeveloperRole,
        Feature::Signatures,
        Feature::ErrorMark,
    ],
    efforts: &[],
    nearest_effort: None,
    limits: NO_LIMITS,
};

/// The row of an endpoint. A protocol without one is left to its server, as compatible ones are.
pub(super) fn find(endpoint: &Endpoint) -> &'static Target {
    let holds = |row: &&Target| {
        row.protocol == endpoint.protocol.name && row.dialect.is_none_or(|dialect| dialect == endpoint.dialect)
    };
    TARGETS.iter().find(holds).unwrap_or(&COMPATIBLE)
}

impl Target {
    pub(super) fn lacks(&self, feature: Feature) -> bool {
        self.lacks.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PROTOCOLS;

    #[test]
    fn every_protocol_has_a_row_in_both_dialects() {
        for protocol in PROTOCOLS {
            for dialect in [Dialect::Native, Dialect::Compatible] {
                let (name, base_url) = (String::new(), String::new());
                let row = find(&Endpoint { name, protocol, base_url, dialect, headers: Vec::new() });
                assert_eq!(row.protocol, protocol.name, "{dialect:?}");
                assert!(row.dialect.is_none_or(|only| only == dialect), "{} {dialect:?}", protocol.name);
            }
        }
    }

    #[test]
    fn names_are_counted_and_their_characters_looked_at() {
        let names = Names { others: "_-", longest: 3 };
        for (name, allowed) in [("a-_", true), ("", false), ("abcd", false), ("a.b", false), ("é", false), ("A1", true)]
        {
            assert_eq!(names.allow(name), allowed, "{name}");
        }
    }
}
