//! What comparing says of moving single slices: advice for each candidate, and which arm for which slice.

use serde::Serialize;

use crate::stats::Estimate;

/// Where each slice may go, for the tags whose values hold every case of the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Routing {
    /// The largest loss of accuracy tolerated, a share; `None` where nobody said: then there is no advice.
    pub margin: Option<f64>,
    /// One entry a tag.
    pub tags: Vec<TagRouting>,
}

/// The slices of one tag. They are adjusted for each other, not for those of other tags.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TagRouting {
    /// The tag.
    pub tag: String,
    /// Variance of the difference between slices, beyond chance (`DerSimonian` & Laird 1986); 0 is no evidence that
    /// slices differ. `None` with fewer than two slices to compare.
    pub between: Option<f64>,
    /// The chance that slices are so far apart when they do not differ (Cochran's Q).
    pub between_p: Option<f64>,
    /// One entry a value of the tag.
    pub slices: Vec<SliceRouting>,
    /// The mix of slices in the sample and in production; `None` where all cases weigh the same.
    pub mix: Option<Mix>,
}

/// One slice, among those of its tag.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceRouting {
    /// The value of the tag.
    pub value: String,
    /// Cases with a usable score in both arms.
    pub pairs: usize,
    /// The difference of accuracy, drawn towards the common mean of the slices; `None` where there is none to compare.
    pub shrunk: Option<ShrunkDifference>,
    /// One-sided p of "worse by the margin or more", Tango's score test at the effective sample.
    pub p: Option<f64>,
    /// The same, adjusted for the number of slices (Holm 1979).
    pub adjusted: Option<f64>,
    /// For exploring: the q-value (Benjamini & Hochberg 1995) of "no difference" among the slices with enough cases and
    /// disagreements to be ranked; `None` for the others.
    pub q: Option<f64>,
    /// What to do; `None` without a margin.
    pub advice: Option<Advice>,
}

/// A difference of accuracy, candidate − baseline, shrunk by empirical Bayes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShrunkDifference {
    /// The difference.
    pub value: f64,
    /// Its standard deviation.
    pub standard_deviation: f64,
}

/// What to do with a slice. Where nothing is shown it stays with the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Advice {
    /// The candidate is not worse there by more than the margin, adjusted for the number of slices.
    Move,
    /// The candidate is worse there, beyond the margin.
    Stay,
    /// Neither is shown.
    MoreCases {
        /// About so many more cases decide, if the difference is what was seen; `None` is unknown or too many to plan.
        about: Option<u64>,
    },
    /// It would move, but the missing scores, counted against the candidate, say otherwise.
    MissingDecide {
        /// Cases without a pair.
        missing: usize,
    },
    /// Too few pairs to say anything.
    TooFew {
        /// Pairs asked for.
        needed: usize,
    },
}

/// The mean difference of accuracy under several mixes of the same slices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Mix {
    /// Every case weighs the same.
    pub sampled: f64,
    /// Every slice weighs the same.
    pub by_slice: f64,
    /// Slices weigh as in production.
    pub production: f64,
    /// The largest distance of a slice's share in the sample from its share in production.
    pub largest_gap: f64,
    /// Whether the mix alone turns the answer: sample and production lie on different sides of the margin.
    pub turns: bool,
}

/// Which arm for which slice of a tag: the cheapest of the baseline and the candidates that may have the slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    /// The tag.
    pub tag: String,
    /// One choice a value of the tag.
    pub choices: Vec<Choice>,
    /// What choosing so is worth; `None` where no slice moves, be it by all cases or by those outside each fold.
    pub value: Option<PolicyValue>,
}

/// The arm chosen for a slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The value of the tag.
    pub value: String,
    /// The arm.
    pub arm: String,
    /// Its accuracy − the baseline's within the slice; `None` for the baseline.
    pub accuracy: Option<Estimate>,
    /// What a success costs it there, in US dollars.
    pub cost_per_success: Option<Estimate>,
    /// That ÷ the baseline's; `None` for the baseline.
    pub cost_ratio: Option<Estimate>,
}

/// What the choices are worth against leaving every case with the baseline, cross-fitted: each case goes where the cases
/// outside its fold say. Choosing and scoring on the same cases would show a gain where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyValue {
    /// Change of accuracy.
    pub accuracy: Estimate,
    /// US dollars saved in 1,000 requests.
    pub saving: Estimate,
    /// Cases that move.
    pub moved: usize,
    /// Cases in these numbers: those with a score and a known cost wherever they go and with the baseline.
    pub cases: usize,
}
