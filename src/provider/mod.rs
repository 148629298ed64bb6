//! Pure translation between neutral requests and the wire formats of providers: no I/O, no clock, no retry, no arm.
//!
//! A protocol is one folder or file with `encode` and `decode`, and one row in [`PROTOCOLS`]. Failures are data that
//! [`error`] classifies by one table for all protocols.

mod anthropic;
mod arguments;
mod call_ids;
mod endpoint;
pub mod error;
mod gemini;
mod http;
mod json;
mod openai;
mod openai_chat;
mod openai_responses;
mod parts;
pub mod quota;
mod sse;
mod stream;
mod text;
mod thinking;
pub mod translate;

use crate::domain::{Asked, Failure, Reply};

pub use endpoint::{Auth, BuiltinEndpoint, DIALECTS, Dialect, ENDPOINTS, Endpoint, builtin_endpoint};
pub use http::{Headers, HttpRequest, HttpResponse};
pub use stream::{Assembly, Heard, Marks, Stream};
pub use translate::{Effect, Translation};

/// A wire format.
#[derive(Debug)]
pub struct Protocol {
    /// The name, as a suite spells it.
    pub name: &'static str,
    /// What it is, in one line for the reader of help and README.
    pub doc: &'static str,
    /// Where the key goes.
    pub auth: Auth,
    /// The request as it is sent to an endpoint: the same bytes for the same request.
    pub encode: fn(Asked<'_>, &Endpoint) -> HttpRequest,
    /// What a whole (not streamed) answer says. Any bytes and any status give a reply or a failure, never a panic.
    pub decode: fn(&HttpResponse<'_>) -> Result<Reply, Broken>,
    /// What puts a streamed answer together.
    pub assemble: fn() -> Box<dyn Assembly>,
}

/// A call without a whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// Why.
    pub failure: Failure,
    /// What had arrived, where something had: never an answer, but what it used may be billed.
    pub partial: Option<Box<Reply>>,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, partial: None }
    }
}

/// Chat Completions, as OpenAI and the servers compatible with it speak it.
const OPENAI_CHAT: Protocol = Protocol {
    name: "openai-chat",
    doc: "Chat Completions (`/chat/completions`): OpenAI, vLLM, llama.cpp, Ollama, Together, Fireworks and others",
    auth: Auth::Bearer,
    encode: openai_chat::encode,
    decode: openai_chat::decode,
    assemble: openai_chat::assemble,
};

/// Responses, OpenAI's successor of Chat Completions.
const OPENAI_RESPONSES: Protocol = Protocol {
    name: "openai-responses",
    doc: "Responses (`/responses`): OpenAI, with its built-in tools and with tools while it reasons",
    auth: Auth::Bearer,
    encode: openai_responses::encode,
    decode: openai_responses::decode,
    assemble: openai_responses::assemble,
};

/// Messages, as Anthropic speaks it.
const ANTHROPIC: Protocol = Protocol {
    name: "anthropic",
    doc: "Messages (`/messages`): Anthropic",
    auth: Auth::Header("x-api-key"),
    encode: anthropic::encode,
    decode: anthropic::decode,
    assemble: anthropic::assemble,
};

/// Generate content, as Google's Gemini API speaks it.
const GEMINI: Protocol = Protocol {
    name: "gemini",
    doc: "Generate content (`:generateContent`): Google's Gemini API",
    auth: Auth::Header("x-goog-api-key"),
    encode: gemini::encode,
    decode: gemini::decode,
    assemble: gemini::assemble,
};

/// Every protocol.
pub const PROTOCOLS: &[Protocol] = &[OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC, GEMINI];

/// The protocol of this name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_name() {
        for row in PROTOCOLS {
            assert_eq!(protocol(row.name).expect("has a row").doc, row.doc, "{} is named twice", row.name);
            assert!(!row.doc.is_empty(), "{} has no doc line", row.name);
        }
        assert!(protocol("carrier-pigeon").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_with_any_status_give_a_reply_or_a_failure(status: u16, body: Vec<u8>) {
            let whole = HttpResponse { status, headers: &Headers::default(), body: &body };
            let head = HttpResponse { body: b"", ..whole };
            for protocol in PROTOCOLS {
                let mut stream = Stream::new(protocol);
                stream.push(&body);
                for answer in [(protocol.decode)(&whole), stream.finish(&head).1] {
                    prop_assert!(answer.is_ok() || answer.is_err_and(|broken| broken.failure.status == Some(status)));
                }
            }
        }
    }
}
