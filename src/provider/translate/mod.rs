//! What a target cannot express: refused before anything is sent, or dropped and listed as lossy.
//!
//! One row a rule, in files by subject; what a protocol lacks is a table in `target.rs`, what a model lacks is data in
//! `models.toml`. Pure: the same request and endpoint give the same findings. A `seed` is taken where it can be sent
//! and never reported, although every provider calls it best effort.

mod conversation;
mod extra;
mod format;
mod model;
mod reasoning;
mod resolve;
mod sampling;
mod schema;
mod strict;
mod subset;
mod target;
mod tools;

#[cfg(test)]
mod tests;

use crate::domain::Asked;

use super::{Dialect, Endpoint};
use model::Model;
use target::{Feature, Target};

pub use resolve::{Resolved, Setting, Source, resolve};

/// One thing that a target cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// What kind of thing, by one word: `temperature_with_reasoning`.
    pub code: &'static str,
    /// The field of the request.
    pub param: &'static str,
    /// What becomes of the request.
    pub effect: Effect,
    /// The model, the field and the rule: a fragment without a full stop.
    pub message: String,
    /// What to do next.
    pub help: String,
}

/// What becomes of a request with something that the target cannot express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It is not sent.
    Refused,
    /// It is sent, and what was lost is listed.
    Lossy,
}

/// Every effect with its name as files and reports spell it.
pub const EFFECTS: &[(Effect, &str)] = &[(Effect::Refused, "refused"), (Effect::Lossy, "lossy")];

impl Effect {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        EFFECTS[self as usize].1
    }

    /// The effect of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        EFFECTS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// What the endpoint cannot express of a request, in the order of the rules; empty when it is sent as it is. A code
/// comes at most once a field: its message names the first place. Of a model that is not known, only what its protocol
/// lacks is found: the provider decides on the rest.
#[must_use]
pub fn check<'a>(request: impl Into<Asked<'a>>, endpoint: &Endpoint) -> Vec<Translation> {
    let context = Context::new(request.into(), endpoint);
    let found = RULES.iter().copied().flatten().filter_map(|rule| {
        let Finding { message, help } = (rule.find)(&context)?;
        Some(Translation { code: rule.code, param: rule.param, effect: rule.effect, message, help })
    });
    found.collect()
}

/// Whether anything is known of what this model takes. Of one that is not known, the provider decides.
#[must_use]
pub fn is_known(endpoint: &Endpoint, model: &str) -> bool {
    model::find(endpoint, model).is_some()
}

/// One rule. No two have the same code and field.
struct Rule {
    code: &'static str,
    param: &'static str,
    effect: Effect,
    /// The first place where the request breaks the rule.
    find: fn(&Context<'_>) -> Option<Finding>,
}

/// Every rule, by subject.
const RULES: &[&[Rule]] =
    &[reasoning::RULES, sampling::RULES, tools::RULES, conversation::RULES, format::RULES, extra::RULES];

impl Rule {
    const fn refused(code: &'static str, param: &'static str, find: fn(&Context<'_>) -> Option<Finding>) -> Self {
        Self { code, param, effect: Effect::Refused, find }
    }

    const fn lossy(code: &'static str, param: &'static str, find: fn(&Context<'_>) -> Option<Finding>) -> Self {
        Self { code, param, effect: Effect::Lossy, find }
    }
}

/// What a rule found.
struct Finding {
    message: String,
    help: String,
}

impl Finding {
    fn new(message: String, help: impl Into<String>) -> Self {
        Self { message, help: help.into() }
    }

    /// A setting that may not be set.
    fn unset(message: String, field: &str) -> Self {
        Self::new(message, format!("leave `{field}` out of the arm"))
    }
}

/// What the rules look at.
struct Context<'a> {
    request: Asked<'a>,
    target: &'static Target,
    model: Option<&'static Model>,
    /// The endpoint is the vendor's own, so that its limits are known.
    native: bool,
    resolved: Resolved,
}

impl<'a> Context<'a> {
    fn new(request: Asked<'a>, endpoint: &Endpoint) -> Self {
        Self {
            request,
            target: target::find(endpoint),
            model: model::find(endpoint, request.model),
            native: endpoint.dialect == Dialect::Native,
            resolved: resolve(request.sampling, endpoint, request.model),
        }
    }

    /// The sentence on a feature that the model or its protocol lacks; `what` names it. `None` when neither does.
    fn lacking(&self, feature: Feature, what: &str) -> Option<String> {
        if self.model.is_some_and(|model| model.lacks(feature)) {
            return Some(format!("{} takes no {what}", self.request.model));
        }
        self.target.lacks(feature).then(|| format!("{} has no {what}", self.through()))
    }

    /// The beginning of a sentence on the protocol.
    fn through(&self) -> String {
        format!("{} is asked through {}, which", self.request.model, self.target.title)
    }
}

/// The words as code, joined by commas and a last word such as `or`.
fn listed<T: AsRef<str>>(words: &[T], last: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
