//! What each known model takes: data, in `models.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::provider::{Dialect, Endpoint};

use super::target::Feature;

/// What one model takes, or several alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    names: Vec<String>,
    protocols: Vec<String>,
    /// Words for reasoning effort; empty when they are those of the protocol.
    #[serde(default)]
    pub(super) efforts: Vec<String>,
    /// The effort that holds when a request is silent.
    pub(super) default_effort: String,
    /// The most that an answer may have, and its limit when a request is silent.
    pub(super) max_output_tokens: u64,
    /// From and to.
    pub(super) temperature: [f64; 2],
    lacks: Vec<Feature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Models {
    models: Vec<Model>,
}

/// The model of this name, dated or not, at the vendor's own endpoint. A compatible server may serve another under the
/// same name.
pub(super) fn find(endpoint: &Endpoint, name: &str) -> Option<&'static Model> {
    static MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
        toml::from_str::<Models>(include_str!("models.toml")).expect("the built-in models are valid").models
    });
    if endpoint.dialect != Dialect::Native {
        return None;
    }
    let spoken = |model: &&Model| model.protocols.iter().any(|protocol| protocol == endpoint.protocol.name);
    let named = |model: &&Model| model.names.iter().any(|known| is_of(name, known));
    MODELS.iter().filter(spoken).find(named)
}

/// Whether a model string is this name, or this name with `-YYYY-MM-DD` or `-YYYYMMDD` behind it.
fn is_of(model: &str, name: &str) -> bool {
    model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_date))
}

fn is_date(text: &str) -> bool {
    let dash = |index| text.len() == 10 && matches!(index, 4 | 7);
    let fits = |(index, byte): (usize, u8)| if dash(index) { byte == b'-' } else { byte.is_ascii_digit() };
    matches!(text.len(), 8 | 10) && text.bytes().enumerate().all(fits)
}

impl Model {
    pub(super) fn lacks(&self, feature: Feature) -> bool {
        self.lacks.contains(&feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::translate::tests::endpoint;

    #[test]
    fn a_model_is_known_by_its_name_with_or_without_a_date() {
        for (target, model, known) in [
            ("openai-chat", "gpt-5.4", true),
            ("openai-chat", "gpt-5.4-mini", true),
            ("openai-responses", "gpt-5.4-nano-2026-03-05", true),
            ("openai-chat", "gpt-5-mini-2025-08-07", true),
            ("openai-responses", "gpt-5-nano", true),
            ("anthropic", "claude-haiku-4-5", true),
            ("anthropic", "claude-haiku-4-5-20251001", true),
            ("gemini", "gemini-3.1-flash-lite", true),
            ("openai-compat", "gpt-5.4", false),
            ("anthropic", "gpt-5.4", false),
            ("openai-chat", "gpt-5.4-pro", false),
            ("openai-chat", "gpt-5-mini-latest", false),
            ("openai-chat", "gpt-5-mini-2025-08-0x", false),
            ("openai-chat", "gpt-5-mini-2025808-07", false),
            ("openai-chat", "gpt-5-mini2025-08-07", false),
            ("openai-chat", "gpt-5-mini-é025-08-07", false),
            ("openai-chat", "", false),
        ] {
            assert_eq!(find(&endpoint(target), model).is_some(), known, "{target} {model}");
        }
    }

    #[test]
    fn the_default_effort_is_one_that_may_be_asked_for() {
        for (target, model) in [
            ("openai-chat", "gpt-5.4-mini"),
            ("openai-chat", "gpt-5.4-nano"),
            ("openai-chat", "gpt-5-mini"),
            ("anthropic", "claude-haiku-4-5"),
            ("gemini", "gemini-3.1-flash-lite"),
        ] {
            let endpoint = endpoint(target);
            let model = find(&endpoint, model).expect("is known");
            let own = model.efforts.contains(&model.default_effort);
            assert!(
                own || crate::provider::translate::target::find(&endpoint).efforts.contains(&&*model.default_effort)
            );
        }
    }
}
