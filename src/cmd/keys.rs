//! API keys, read from the environment and bound to the endpoint they were read for.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use super::CommandError;
use crate::cmd::error::Message;
use crate::exit::Exit;
use crate::replay::{Arm, Secret};
use crate::suite::ArmSpec;

/// The arms of a suite with their keys, and the variables that are not set.
pub(super) struct Arms {
    pub(super) arms: Vec<Arm>,
    /// For every arm, the variable that should hold its key and does not.
    unset: Vec<Option<String>>,
}

impl Arms {
    /// Takes each arm's key from the environment.
    pub(super) fn from_environment(specs: &[ArmSpec]) -> Self {
        let (arms, unset) = specs
            .iter()
            .map(|spec| {
                let key =
                    spec.api_key_env.as_deref().and_then(|name| std::env::var(name).ok()).filter(|key| !key.is_empty());
                let unset = spec.api_key_env.clone().filter(|_| key.is_none());
                (arm(spec, key.map(Secret::new)), unset)
            })
            .unzip();
        Self { arms, unset }
    }

    /// Refuses to begin when an arm that must call its provider has no key.
    pub(super) fn require(&self, calling: &BTreeSet<usize>) -> Result<(), CommandError> {
        let unset: BTreeSet<&str> = calling.iter().filter_map(|&arm| self.unset[arm].as_deref()).collect();
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

    /// Whether every arm has what it needs to call its provider.
    pub(super) fn complete(&self) -> bool {
        self.unset.iter().all(Option::is_none)
    }
}

fn arm(spec: &ArmSpec, secret: Option<Secret>) -> Arm {
    Arm {
        name: spec.name.as_str().into(),
        endpoint: spec.endpoint.clone(),
        model: spec.model.clone(),
        sampling: spec.sampling.clone(),
        salt: spec.salt.clone(),
        secret,
        price: spec.price.as_ref().map(|(price, _)| price.clone()),
        answered: AtomicBool::new(false),
    }
}
