//! What a scorer measured of a trial beyond pass or fail, without any text of the answer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Grade, Score};

/// The class that an answer should name, and the one it does, of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The class of the case.
    pub expected: String,
    /// The class of the answer.
    pub found: String,
}

/// What one scorer measured of one trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The scorer's name.
    pub scorer: Arc<str>,
    /// How right the answer is.
    pub grade: Option<Grade>,
    /// The expected class and the found one.
    pub labels: Option<[Arc<str>; 2]>,
}

impl Measured {
    /// Those of some scores that say more than pass, fail or unscored; `text` shares equal names.
    pub fn of(scores: &[Score], mut text: impl FnMut(&str) -> Arc<str>) -> Box<[Self]> {
        let more = scores.iter().filter(|score| score.value.is_some() || score.labels.is_some());
        more.map(|score| Self {
            scorer: text(&score.scorer),
            grade: score.value,
            labels: score.labels.as_ref().map(|labels| [text(&labels.expected), text(&labels.found)]),
        })
        .collect()
    }
}
