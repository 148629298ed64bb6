//! Pure translation between neutral requests and the wire formats of providers: no I/O, no clock, no retry, no arm.
//!
//! A protocol is one folder or file with `encode` and `decode`, and one row in [`PROTOCOLS`]. Failures are data that
//! [`error`] classifies by one table for all protocols.

mod arguments;
mod call_ids;
mod endpoint;
pub mod error;
mod http;
mod json;
mod openai;
mod openai_chat;

use crate::domain::{Failure, Reply, Request};

pub use endpoint::{Auth, BuiltinEndpoint, Dialect, ENDPOINTS, Endpoint, builtin_endpoint};
pub use http::{Headers, HttpRequest, HttpResponse};

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
    pub encode: fn(&Request, &Endpoint) -> HttpRequest,
    /// What a whole (not streamed) answer says. Any bytes and any status give a reply or a failure, never a panic.
    pub decode: fn(&HttpResponse<'_>) -> Result<Reply, Failure>,
}

/// Chat Completions, as OpenAI and the servers compatible with it speak it.
const OPENAI_CHAT: Protocol = Protocol {
    name: "openai-chat",
    doc: "Chat Completions (`/chat/completions`): OpenAI, vLLM, llama.cpp, Ollama, Together, Fireworks and others",
    auth: Auth::Bearer,
    encode: openai_chat::encode,
    decode: openai_chat::decode,
};

/// Every protocol.
pub const PROTOCOLS: &[Protocol] = &[OPENAI_CHAT];

/// The protocol of this name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_name() {
        for row in PROTOCOLS {
            assert_eq!(protocol(row.name).expect("has a row").doc, row.doc, "{} is named twice", row.name);
            assert!(!row.doc.is_empty(), "{} has no doc line", row.name);
        }
        assert!(protocol("carrier-pigeon").is_none());
    }
}
