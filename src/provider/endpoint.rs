//! Where a protocol is spoken: base URL, dialect, where the key goes. The key itself is never here.

use super::{ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, Protocol};

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

/// Every dialect with its name as a suite spells it.
pub const DIALECTS: &[(Dialect, &str)] = &[(Dialect::Native, "native"), (Dialect::Compatible, "compatible")];

impl Dialect {
    /// The name that a suite uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        DIALECTS[self as usize].1
    }
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
    /// The environment variable that holds the key; `None` for servers that want none.
    pub api_key_env: Option<&'static str>,
    /// How it departs from the protocol's first home.
    pub dialect: Dialect,
}

/// Every built-in endpoint: the vendors' own first, then hosts of open models, then servers on this machine.
pub const ENDPOINTS: &[BuiltinEndpoint] = &[
    vendor("openai", &OPENAI_CHAT, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    vendor("openai-responses", &OPENAI_RESPONSES, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    vendor("anthropic", &ANTHROPIC, "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    vendor("gemini", &GEMINI, "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY"),
    host("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
    host("fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    host("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    host("together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    local("llamacpp", "http://127.0.0.1:8080/v1"),
    local("ollama", "http://127.0.0.1:11434/v1"),
    local("vllm", "http://127.0.0.1:8000/v1"),
];

const fn vendor(
    name: &'static str,
    protocol: &'static Protocol,
    base_url: &'static str,
    api_key_env: &'static str,
) -> BuiltinEndpoint {
    BuiltinEndpoint { name, protocol, base_url, api_key_env: Some(api_key_env), dialect: Dialect::Native }
}

const fn host(name: &'static str, base_url: &'static str, api_key_env: &'static str) -> BuiltinEndpoint {
    let api_key_env = Some(api_key_env);
    BuiltinEndpoint { name, protocol: &OPENAI_CHAT, base_url, api_key_env, dialect: Dialect::Compatible }
}

const fn local(name: &'static str, base_url: &'static str) -> BuiltinEndpoint {
    BuiltinEndpoint { name, protocol: &OPENAI_CHAT, base_url, api_key_env: None, dialect: Dialect::Compatible }
}

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
            dialect: self.dialect,
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
            let on_this_machine = row.base_url.starts_with("http://127.0.0.1:");
            assert!(row.base_url.starts_with("https://") || on_this_machine, "{}", row.name);
            assert_eq!(row.api_key_env.is_none(), on_this_machine, "{}", row.name);
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
