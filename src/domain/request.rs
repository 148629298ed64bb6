//! What is sent to a model, in neutral form: a protocol turns it into bytes.

use serde_json::{Map, Value};

use super::{JsonText, Tool, ToolCall, ToolChoice};

/// One request, before a protocol encodes it. All of it ends up in the body, hence in the key of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The provider's model string.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// Tools offered.
    pub tools: Vec<Tool>,
    /// How the model may choose among them.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several calls in one turn are allowed.
    pub parallel_tool_calls: Option<bool>,
    /// Structured output asked for.
    pub response_format: Option<ResponseFormat>,
    /// Limits and sampling.
    pub sampling: Sampling,
    /// Whether the answer is to arrive piece by piece.
    pub stream: bool,
}

impl Request {
    /// Where the images of the conversation are.
    pub fn images(&self) -> impl Iterator<Item = &ImageSource> {
        self.messages.iter().flat_map(Message::images)
    }
}

impl Message {
    /// Where its images are.
    pub fn images(&self) -> impl Iterator<Item = &ImageSource> {
        let parts = match &self.content {
            Some(Content::Parts(parts)) => parts.as_slice(),
            Some(Content::Text(_)) | None => &[],
        };
        parts.iter().filter_map(|part| match part {
            Part::Image { source, .. } => Some(source),
            Part::Text(_) => None,
        })
    }
}

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Instructions of the application.
    System,
    /// Instructions of the application, as newer models name them.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

impl Role {
    /// The name that datasets use, as Chat Completions does.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; `None` for an assistant turn that only calls tools.
    pub content: Option<Content>,
    /// The speaker's name, where the conversation has one.
    pub name: Option<String>,
    /// Calls that an assistant turn made.
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool message answers.
    pub tool_call_id: Option<String>,
    /// Whether a tool message reports an error.
    pub is_error: Option<bool>,
    /// Gemini's signature of the reasoning behind an assistant turn's calls; no other provider takes it.
    pub thought_signature: Option<String>,
}

/// Content of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Text and images in order.
    Parts(Vec<Part>),
}

/// One part of a message's content.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// An image.
    Image {
        /// Where its bytes are.
        source: ImageSource,
        /// The resolution asked for, in the provider's words.
        detail: Option<String>,
    },
}

/// Where an image's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// The provider fetches it.
    Url(String),
    /// Sent inside the request.
    Base64 {
        /// For example `image/png`.
        media_type: String,
        /// The bytes in standard base64.
        data: String,
    },
    /// A file beside the dataset, by its path from there. It is read when the request is sent: no protocol meets one.
    File(String),
}

/// Structured output that a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ResponseFormat {
    /// Plain text, asked for explicitly.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// The schema's name.
        name: String,
        /// The schema.
        schema: JsonText,
        /// Whether the provider must enforce it while decoding.
        strict: Option<bool>,
    },
}

/// Limits and sampling of a request. What is `None` is not sent: the provider's default holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Most tokens the answer may have, reasoning included.
    pub max_output_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Sampling among the k likeliest tokens.
    pub top_k: Option<u64>,
    /// Sampling among tokens at least this likely, relative to the likeliest.
    pub min_p: Option<f64>,
    /// Penalty on frequent tokens.
    pub frequency_penalty: Option<f64>,
    /// Penalty on tokens already present.
    pub presence_penalty: Option<f64>,
    /// Seed of the provider's sampler, best effort.
    pub seed: Option<i64>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// How many answers one call brings.
    pub n: Option<u64>,
    /// How much the model reasons, in the provider's words.
    pub reasoning_effort: Option<String>,
    /// Further body fields, passed on untouched.
    pub extra: Map<String, Value>,
}
