//! Where a protocol is spoken: base URL, dialect, where the key goes. The key itself is never here.

use super::{OPENAI_CHAT, Protocol};

/// A server that speaks a protocol.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The name that a suite uses.
    pub name: String,
    /// What it speaks.
    pub protocol: &'static Protocol,
    /// For example `https://api.openai.com/v1`.
    pub base_url: String,
    /// How it departs from the protocol's first home.
    pub dialect: Dialect,
    /// Further headers that change the meaning of a request, hence part of its key. Never the API key.
    pub headers: Vec<(String, String)>,
}

/// How a server departs from the protocol's first home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The vendor's own API.
    Native,
    /// A compatible server: it knows the older field names and roles only.
    Compatible,
}

/// Where the API key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key alone, in the header of this name.
    Header(&'static str),
}

/// An endpoint that needs no configuration but a key.
#[derive(Debug)]
pub struct BuiltinEndpoint {
    /// The name that a suite uses.
    pub name: &'static str,
    /// What it speaks.
    pub protocol: &'static Protocol,
    /// Where it is.
    pub base_url: &'static str,
    /// The environment variable that holds the key.
    pub api_key_env: &'static str,
}

/// Every built-in endpoint.
pub const ENDPOINTS: &[BuiltinEndpoint] = &[BuiltinEndpoint {
    name: "openai",
    protocol: &OPENAI_CHAT,
    base_url: "https://api.openai.com/v1",
    api_key_env: "OPENAI_API_KEY",
}];

/// The built-in endpoint of this name.
#[must_use]
pub fn builtin_endpoint(name: &str) -> Option<&'static BuiltinEndpoint> {
    ENDPOINTS.iter().find(|row| row.name == name)
}

impl BuiltinEndpoint {
    /// The endpoint of this row.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            name: self.name.to_owned(),
            protocol: self.protocol,
            base_url: self.base_url.to_owned(),
            dialect: Dialect::Native,
            headers: Vec::new(),
        }
    }
}

impl Endpoint {
    /// The URL of a path under the base URL, which may end with a slash or not.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::PROTOCOLS;

    #[test]
    fn every_row_is_found_and_speaks_a_listed_protocol() {
        for row in ENDPOINTS {
            let found = builtin_endpoint(row.name).expect("has a row");
            assert_eq!(found.base_url, row.base_url, "{} is named twice", row.name);
            assert!(PROTOCOLS.iter().any(|protocol| protocol.name == row.protocol.name), "{}", row.name);
            assert!(row.base_url.starts_with("https://"), "{}", row.name);
            assert_eq!(row.endpoint().dialect, Dialect::Native);
        }
        assert!(builtin_endpoint("nowhere").is_none());
    }

    #[test]
    fn a_path_follows_the_base_url_after_one_slash() {
        let mut endpoint = ENDPOINTS[0].endpoint();
        for (base_url, expected) in [
            ("https://api.fireworks.ai/inference/v1", "https://api.fireworks.ai/inference/v1/chat/completions"),
            ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1/chat/completions"),
        ] {
            endpoint.base_url = base_url.to_owned();
            assert_eq!(endpoint.url("/chat/completions"), expected);
        }
    }
}
