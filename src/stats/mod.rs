//! Pure numerics on slices of f64: estimates with intervals, paired differences, ratios, quantiles, planning.
//!
//! Cases are the sampling unit: callers average the trials of a case first and pass one value a case, sorted by case,
//! with a [`Design`] where cases are not independent or were not drawn with equal chances. Undefined is `None`, never 0
//! or NaN. A difference is candidate − baseline, and every `confidence` is two-sided. Nothing here imports another module
//! of the crate.

mod cluster;
mod design;
mod effective;
mod estimate;
#[cfg(test)]
mod properties;
mod sum;

pub mod adjust;
pub mod bootstrap;
pub mod confseq;
pub mod crossfit;
pub mod eprocess;
pub mod events;
pub mod fieller;
pub mod latency;
pub mod mcnemar;
pub mod mean;
pub mod mix;
pub mod newcombe;
pub mod paired;
pub mod pairing;
pub mod power;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod repeats;
pub mod routing;
pub mod sequential;
pub mod shrinkage;
pub mod special;
pub mod tango;
pub mod verdict;

pub use cluster::PerCase;
pub use design::Design;
pub use effective::Scores;
pub use estimate::{Estimate, Interval};
pub use sum::{Sum, sum};
