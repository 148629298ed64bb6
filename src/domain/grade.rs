//! A grade: how right an answer is, from 0 to 1, where a scorer says more than pass or fail.

use serde::{Deserialize, Serialize};

/// A finite number from 0 to 1, so that two of them are always comparable.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Grade(f64);

impl Eq for Grade {}

impl Grade {
    /// The grade of an answer that is wrong altogether.
    pub const ZERO: Self = Self(0.0);

    /// The grade of this value; `None` where it is no number from 0 to 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Grade {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or_else(|| format!("a grade is a number from 0 to 1, found {value}"))
    }
}

impl From<Grade> for f64 {
    fn from(grade: Grade) -> Self {
        grade.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_from_0_to_1_are_grades() {
        for value in [0.0, 0.25, 1.0] {
            assert_eq!(Grade::new(value).map(Grade::value), Some(value));
        }
        for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Grade::new(value), None);
        }
        let error = serde_json::from_str::<Grade>("1.5").unwrap_err();
        assert_eq!(error.to_string(), "a grade is a number from 0 to 1, found 1.5");
    }
}
