//! Secrets, read from the environment and bound to the endpoint they were read for.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::CommandError;
use crate::cmd::error::Message;
use crate::exit::Exit;
use crate::replay::{Arm, Head, Live, Secret, Secrets, Source};
use crate::suite::{ArmSpec, LiveSpec, ReplaySettings, SourceSpec, Suite};

/// The arms of a suite with their secrets, and the variables that are not set.
pub(super) struct Arms {
    pub(super) arms: Vec<Arm>,
    /// For every arm, the variables that should hold a secret of its endpoint and do not.
    unset: Vec<Vec<String>>,
}

impl Arms {
    /// Takes each arm's secrets from the environment.
    pub(super) fn from_environment(suite: &Suite) -> Self {
        let (arms, unset) = suite.arms.iter().map(|spec| arm(spec, &suite.replay)).unzip();
        Self { arms, unset }
    }

    /// Takes the secrets of each judge's endpoint from the environment.
    pub(super) fn of_judges(suite: &Suite) -> Self {
        let (arms, unset) = suite.judges.iter().map(|spec| arm(&spec.asks, &suite.replay)).unzip();
        Self { arms, unset }
    }

    /// Refuses to begin when an arm that must call its provider lacks a secret.
    pub(super) fn require(&self, calling: &BTreeSet<usize>) -> Result<(), CommandError> {
        let unset = self.unset(calling.iter().copied());
        if unset.is_empty() {
            return Ok(());
        }
        let problems = unset
            .into_iter()
            .map(|name| Message::Other {
                message: format!("the environment variable {name} is not set, and answers must be bought with its key"),
                help: Some(format!("`export {name}=...`, or `--mode replay` to use stored answers alone")),
            })
            .collect();
        Err(CommandError { exit: Exit::Usage, problems })
    }

    /// The variables that these arms lack, by name.
    pub(super) fn unset(&self, arms: impl IntoIterator<Item = usize>) -> Vec<&str> {
        let unset: BTreeSet<&str> = arms.into_iter().flat_map(|arm| &self.unset[arm]).map(String::as_str).collect();
        unset.into_iter().collect()
    }

    /// Whether every arm has what it needs to call its provider.
    pub(super) fn complete(&self) -> bool {
        self.unset.iter().all(Vec::is_empty)
    }

    /// The arms that ask a model, by their places.
    pub(super) fn live(&self) -> BTreeSet<usize> {
        (0..self.arms.len()).filter(|&arm| self.arms[arm].live().is_some()).collect()
    }
}

/// The value of a variable, unless it is unset or blank. Blanks and newlines around it are no part of a secret: they come
/// from the file or the form that it was copied from.
pub(super) fn variable(name: &str) -> Option<Secret> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| Secret::new(value.to_owned()))
}

/// The variables that an endpoint takes secrets from.
pub(super) fn variables(live: &LiveSpec) -> impl Iterator<Item = &str> {
    let headers = live.header_env.iter().map(|(_, variable)| variable.as_str());
    live.api_key_env.as_deref().into_iter().chain(headers)
}

fn arm(spec: &ArmSpec, replay: &ReplaySettings) -> (Arm, Vec<String>) {
    let (source, unset) = match &spec.source {
        SourceSpec::Recorded => (Source::Recorded, Vec::new()),
        SourceSpec::Live(live) => {
            let unset = variables(live).filter(|name| variable(name).is_none()).map(str::to_owned).collect();
            (Source::Live(Box::new(with_secrets(live, replay))), unset)
        }
    };
    let price = spec.price.as_ref().map(|(price, _)| price.clone());
    (Arm { name: spec.name.as_str().into(), source, price }, unset)
}

fn with_secrets(spec: &LiveSpec, replay: &ReplaySettings) -> Live {
    let headers = spec.header_env.iter().filter_map(|(name, from)| Some((name.clone(), variable(from)?))).collect();
    Live {
        endpoint: spec.endpoint.clone(),
        model: spec.model.clone(),
        sampling: spec.sampling.clone(),
        stream: replay.stream,
        max_searches: replay.max_searches,
        salt: spec.salt.clone(),
        secrets: Secrets { key: spec.api_key_env.as_deref().and_then(variable), headers },
        head: Head::default(),
        answered: AtomicBool::new(false),
        rejected: AtomicU32::new(0),
    }
}
