//! The settings that hold for a call: what the request states, else the default of model or protocol.

use std::fmt;

use crate::domain::Sampling;
use crate::provider::{Endpoint, thinking};

use super::model::{self, Model};
use super::target::{self, Target, Wire};

/// What holds where a known model's request states no temperature.
const DEFAULT_TEMPERATURE: f64 = 1.0;

/// The settings by which arms differ although neither states them. `None` is not known: the provider decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// How much the model reasons, in the words of requests.
    pub reasoning_effort: Option<Setting<String>>,
    /// Most tokens the answer may have, reasoning included.
    pub max_output_tokens: Option<Setting<u64>>,
    /// Sampling temperature.
    pub temperature: Option<Setting<f64>>,
}

/// A setting that holds, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<T> {
    /// What holds.
    pub value: T,
    /// Who decided it.
    pub source: Source,
}

/// Who decided a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The request states it.
    Stated,
    /// The request states another that the target cannot express, or only by another measure; this is the nearest.
    Nearest,
    /// The request is silent, and the model has this default.
    Model,
    /// The request is silent, and the protocol demands a value.
    Filled,
}

impl Source {
    /// Why the value holds, in words, where the request does not state it.
    #[must_use]
    pub fn why(self) -> Option<&'static str> {
        match self {
            Self::Stated => None,
            Self::Nearest => Some("the nearest that can be sent"),
            Self::Model => Some("the model's default"),
            Self::Filled => Some("filled in: the protocol demands one"),
        }
    }
}

impl<T> Setting<T> {
    /// A setting that the request states.
    fn stated(value: T) -> Self {
        Self { value, source: Source::Stated }
    }
}

impl Resolved {
    /// What holds although no request states it, by name, with the reason.
    #[must_use]
    pub fn unstated(&self) -> Vec<(&'static str, String, &'static str)> {
        fn row<T: fmt::Display>(
            name: &'static str,
            setting: Option<&Setting<T>>,
        ) -> Option<(&'static str, String, &'static str)> {
            let setting = setting?;
            Some((name, setting.value.to_string(), setting.source.why()?))
        }
        let rows = [
            row("reasoning_effort", self.reasoning_effort.as_ref()),
            row("max_output_tokens", self.max_output_tokens.as_ref()),
            row("temperature", self.temperature.as_ref()),
        ];
        rows.into_iter().flatten().collect()
    }
}

/// The settings that hold for a model at an endpoint.
#[must_use]
pub fn resolve(sampling: &Sampling, endpoint: &Endpoint, model: &str) -> Resolved {
    let (target, model) = (target::find(endpoint), model::find(endpoint, model));
    let default = |value| Setting { value, source: Source::Model };
    Resolved {
        reasoning_effort: effort(sampling, target, model),
        max_output_tokens: match (sampling.max_output_tokens, target.wire, model) {
            (Some(stated), ..) => Some(Setting::stated(stated)),
            (None, Wire::Anthropic, _) => {
                Some(Setting { value: thinking::max_output_tokens(sampling), source: Source::Filled })
            }
            (None, _, model) => model.map(|model| default(model.max_output_tokens)),
        },
        temperature: match (sampling.temperature, model) {
            (Some(stated), _) => Some(Setting::stated(stated)),
            (None, Some(_)) => Some(Setting { value: DEFAULT_TEMPERATURE, source: Source::Model }),
            (None, None) => None,
        },
    }
}

fn effort(sampling: &Sampling, target: &Target, model: Option<&Model>) -> Option<Setting<String>> {
    let Some(stated) = sampling.reasoning_effort.as_deref() else {
        return model.map(|model| Setting { value: model.default_effort.clone(), source: Source::Model });
    };
    match target.nearest_effort {
        Some([asked, sent]) if asked == stated => Some(Setting { value: sent.to_owned(), source: Source::Nearest }),
        _ if target.wire == Wire::Anthropic && thinking::budget(stated).is_some() => {
            Some(Setting { value: stated.to_owned(), source: Source::Nearest })
        }
        _ => Some(Setting::stated(stated.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::translate::tests::endpoint;

    fn shown<T: fmt::Display>(setting: Option<&Setting<T>>) -> String {
        let Some(setting) = setting else { return "not known".to_owned() };
        setting.source.why().map_or_else(|| setting.value.to_string(), |why| format!("{} ({why})", setting.value))
    }

    #[test]
    fn what_a_request_leaves_open_is_the_models_or_the_protocols() {
        let effort = |effort: &str| Sampling { reasoning_effort: Some(effort.to_owned()), ..Sampling::default() };
        let silent = Sampling::default;
        let limit = Sampling { max_output_tokens: Some(5), temperature: Some(0.25), ..Sampling::default() };
        let (model, filled) = ("(the model's default)", "(filled in: the protocol demands one)");
        for (sampling, target, name, expected) in [
            (
                silent(),
                "openai-chat",
                "gpt-5-mini",
                [&format!("medium {model}"), &format!("128000 {model}"), &format!("1 {model}")],
            ),
            (
                silent(),
                "openai-chat",
                "gpt-5.4-mini",
                [&format!("none {model}"), &format!("128000 {model}"), &format!("1 {model}")],
            ),
            (
                effort("low"),
                "openai-responses",
                "gpt-5.4",
                [&"low".to_owned(), &format!("128000 {model}"), &format!("1 {model}")],
            ),
            (limit, "openai-chat", "gpt-5-nano", [&format!("medium {model}"), &"5".to_owned(), &"0.25".to_owned()]),
            (
                silent(),
                "anthropic",
                "claude-haiku-4-5",
                [&format!("none {model}"), &format!("4096 {filled}"), &format!("1 {model}")],
            ),
            (
                effort("high"),
                "anthropic",
                "claude-new",
                [&"high (the nearest that can be sent)".to_owned(), &format!("8192 {filled}"), &"not known".to_owned()],
            ),
            (
                effort("none"),
                "anthropic",
                "claude-haiku-4-5",
                [&"none".to_owned(), &format!("4096 {filled}"), &format!("1 {model}")],
            ),
            (
                effort("none"),
                "gemini",
                "gemini-3.1-flash-lite",
                [
                    &"minimal (the nearest that can be sent)".to_owned(),
                    &format!("65536 {model}"),
                    &format!("1 {model}"),
                ],
            ),
            (
                silent(),
                "openai-compat",
                "gpt-5-mini",
                [&"not known".to_owned(), &"not known".to_owned(), &"not known".to_owned()],
            ),
        ] {
            let found = resolve(&sampling, &endpoint(target), name);
            let found = [
                shown(found.reasoning_effort.as_ref()),
                shown(found.max_output_tokens.as_ref()),
                shown(found.temperature.as_ref()),
            ];
            assert_eq!(found.each_ref(), expected, "{target} {name}");
        }
    }

    #[test]
    fn only_what_no_request_states_is_listed() {
        let sampling = Sampling { temperature: Some(0.5), ..Sampling::default() };
        let found = resolve(&sampling, &endpoint("openai-chat"), "gpt-5-mini").unstated();
        let why = "the model's default";
        assert_eq!(
            found,
            [("reasoning_effort", "medium".to_owned(), why), ("max_output_tokens", "128000".to_owned(), why)]
        );
        assert!(resolve(&Sampling::default(), &endpoint("openai-compat"), "gpt-5-mini").unstated().is_empty());
    }
}
