//! What comes of a budget when calls cost what is expected of them.

use serde::Serialize;

use crate::domain::Usd;

/// What one call costs; `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// What it likely costs.
    pub expected: Option<Usd>,
    /// The most that it can cost: reserved before it is sent.
    pub worst_case: Option<Usd>,
}

/// What comes of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What may be spent.
    pub cap: Usd,
    /// How far it goes.
    #[serde(flatten)]
    pub reach: Reach,
}

/// How far a budget goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reach")]
pub enum Reach {
    /// Even if every call costs the most that it can.
    WorstCaseFits,
    /// If calls cost what is expected, though not if all of them cost the most that they can.
    ExpectedFits,
    /// It ends before all is bought.
    StopsAfter {
        /// Calls that are made before.
        calls: usize,
        /// The most that the next one can cost.
        next: Usd,
    },
    /// A call of unknown cost stands before the end.
    Unknown,
}

impl Budget {
    /// Spends a budget on calls in the order in which they begin. A call is sent when its worst case fits into what is
    /// left once the calls before it have cost what is expected of them.
    #[must_use]
    pub fn spend(cap: Usd, calls: impl Iterator<Item = Call>) -> Self {
        let (mut spent, mut worst_cases) = (Usd::ZERO, Usd::ZERO);
        for (index, call) in calls.enumerate() {
            let Some(worst_case) = call.worst_case else { return Self { cap, reach: Reach::Unknown } };
            if spent.plus(worst_case) > cap {
                return Self { cap, reach: Reach::StopsAfter { calls: index, next: worst_case } };
            }
            let Some(expected) = call.expected else { return Self { cap, reach: Reach::Unknown } };
            spent = spent.plus(expected);
            worst_cases = worst_cases.plus(worst_case);
        }
        let reach = if worst_cases <= cap { Reach::WorstCaseFits } else { Reach::ExpectedFits };
        Self { cap, reach }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(cap: i64, calls: &[(i64, i64)]) -> Reach {
        let usd = Usd::from_pico;
        let call =
            |&(expected, worst): &(i64, i64)| Call { expected: Some(usd(expected)), worst_case: Some(usd(worst)) };
        Budget::spend(usd(cap), calls.iter().map(call)).reach
    }

    #[test]
    fn a_call_is_sent_while_its_worst_case_fits_beside_what_was_spent() {
        let next = Usd::from_pico(10);
        assert_eq!(reach(30, &[(2, 10); 3]), Reach::WorstCaseFits);
        assert_eq!(reach(29, &[(2, 10); 3]), Reach::ExpectedFits);
        assert_eq!(reach(14, &[(2, 10); 3]), Reach::ExpectedFits);
        assert_eq!(reach(13, &[(2, 10); 3]), Reach::StopsAfter { calls: 2, next });
        assert_eq!(reach(9, &[(2, 10); 3]), Reach::StopsAfter { calls: 0, next });
        assert_eq!(reach(0, &[]), Reach::WorstCaseFits);
    }

    #[test]
    fn an_unknown_cost_leaves_the_end_open() {
        let usd = Usd::from_pico;
        let unknown = Call { expected: None, worst_case: Some(usd(1)) };
        assert_eq!(Budget::spend(usd(5), [unknown].into_iter()).reach, Reach::Unknown);
        let boundless = Call { expected: Some(usd(1)), worst_case: None };
        assert_eq!(Budget::spend(usd(5), [boundless].into_iter()).reach, Reach::Unknown);
    }
}
