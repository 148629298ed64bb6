//! Typed reading of a vector's input.

use std::collections::BTreeMap;

use cutover::stats::Scores;
use serde::Deserialize;
use serde_json::Value;

/// The `input` of a vector.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a Value);

impl Input<'_> {
    /// The value under `key`, in any type that can be read.
    pub(crate) fn get<T: for<'de> Deserialize<'de>>(self, key: &str) -> Result<T, String> {
        T::deserialize(&self.0[key]).map_err(|error| format!("input {key}: {error}"))
    }

    /// A number.
    pub(crate) fn number(self, key: &str) -> Result<f64, String> {
        self.get(key)
    }

    /// A whole number.
    pub(crate) fn count(self, key: &str) -> Result<usize, String> {
        self.get(key)
    }

    /// A list of numbers.
    pub(crate) fn list(self, key: &str) -> Result<Vec<f64>, String> {
        self.get(key)
    }

    /// A list of numbers with gaps.
    pub(crate) fn gaps(self, key: &str) -> Result<Vec<Option<f64>>, String> {
        self.get(key)
    }

    /// The two-sided confidence.
    pub(crate) fn confidence(self) -> Result<f64, String> {
        self.number("confidence")
    }

    /// Clusters, numbered in the order of their labels.
    pub(crate) fn clusters(self) -> Result<Option<Vec<u32>>, String> {
        let Some(labels) = self.get::<Option<Vec<String>>>("clusters")? else { return Ok(None) };
        let mut ids: BTreeMap<&str, u32> = labels.iter().map(|label| (label.as_str(), 0)).collect();
        for (id, next) in ids.values_mut().zip(0..) {
            *id = next;
        }
        Ok(Some(labels.iter().map(|label| ids[label.as_str()]).collect()))
    }

    /// The kind of scores, from the cap on trials.
    pub(crate) fn scores(self) -> Result<Scores, String> {
        let trials: Option<u32> = self.get("trials_cap")?;
        Ok(trials.map_or(Scores::Graded, |trials| Scores::PassFail { trials }))
    }
}
