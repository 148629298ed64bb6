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

/// One request whose parts are borrowed: a protocol needs to look at them only.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The provider's model string.
    pub model: &'a str,
    /// The conversation, oldest first.
    pub messages: &'a [Message],
    /// Tools offered.
    pub tools: &'a [Tool],
    /// How the model may choose among them.
    pub tool_choice: Option<&'a ToolChoice>,
    /// Whether several calls in one turn are allowed.
    pub parallel_tool_calls: Option<bool>,
    /// Structured output asked for.
    pub response_format: Option<&'a ResponseFormat>,
    /// Limits and sampling.
    pub sampling: &'a Sampling,
    /// Whether the answer is to arrive piece by piece.
    pub stream: bool,
}

impl<'a> From<&'a Request> for Asked<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            model: &request.model,
            messages: &request.messages,
            tools: &request.tools,
            tool_choice: request.tool_choice.as_ref(),
            parallel_tool_calls: request.parallel_tool_calls,
            response_format: request.response_format.as_ref(),
            sampling: &request.sampling,
            stream: request.stream,
        }
    }
}

impl<'a> Asked<'a> {
    /// Where the images of the conversation are.
    pub fn images(self) -> impl Iterator<Item = &'a ImageSource> {
        self.messages.iter().flat_map(Message::images)
    }

    /// Bytes of the texts and the images of the conversation.
    #[must_use]
    pub fn length(self) -> usize {
        let of_part = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Image { source: ImageSource::Base64 { data, .. }, .. } => data.len(),
            Part::Image { .. } => 0,
        };
        let of_message = |message: &Message| match &message.content {
            Some(Content::Text(text)) => text.len(),
            Some(Content::Parts(parts)) => parts.iter().map(of_part).sum(),
            None => 0,
        };
        self.messages.iter().map(of_message).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_conversation_is_that_of_its_texts_and_pictures() {
        let image = |source| Part::Image { source, detail: None };
        let inline = ImageSource::Base64 { media_type: "image/png".to_owned(), data: "QQ==".to_owned() };
        let parts = vec![Part::Text("ab".to_owned()), image(inline), image(ImageSource::Url("https://x".to_owned()))];
        let contents = [Some(Content::Text("abc".to_owned())), Some(Content::Parts(parts)), None];
        let messages = contents.map(|content| Message {
            role: Role::User,
            content,
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        });
        let request = Request {
            model: "m".to_owned(),
            messages: messages.to_vec(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            sampling: Sampling::default(),
            stream: false,
        };
        assert_eq!(Asked::from(&request).length(), 9);
    }
}
