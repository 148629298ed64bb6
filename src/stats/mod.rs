//! Pure numerics on slices of f64: estimates with intervals, paired differences, ratios, quantiles, planning,
//! and the arithmetic of cost: retries, pipelines, downstream cost, break-even.
//!
//! Cases are the sampling unit: callers average the trials of a case first and pass one value a case, sorted by case,
//! with a [`Design`] where cases are not independent or were not drawn with equal chances. Undefined is `None`, never 0
//! or NaN. A difference is candidate − baseline, and every `confidence` is two-sided. Nothing here imports another module
//! of the crate.

mod cluster;
#[cfg(test)]
mod cost_properties;
mod design;
mod effective;
mod estimate;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod sequential_properties;
mod sum;
#[cfg(test)]
mod weighted_properties;

pub mod adjust;
pub mod bootstrap;
pub mod breakeven;
pub mod chunking;
pub mod confseq;
pub mod crossfit;
pub mod delta;
pub mod downstream;
pub mod eprocess;
pub mod events;
pub mod failing;
pub mod fieller;
pub mod kappa;
pub mod latency;
pub mod macro_f1;
pub mod mcnemar;
pub mod mean;
pub mod mix;
pub mod newcombe;
pub mod paired;
pub mod pairing;
pub mod passk;
pub mod pipeline;
pub mod power;
pub mod ppi;
pub mod proportion;
pub mod quantile;
pub mod ratio;
pub mod repeats;
pub mod resolution;
pub mod retries;
pub mod rogan_gladen;
pub mod routing;
pub mod sequential;
pub mod shrinkage;
pub mod special;
pub mod tango;
pub mod trials;
pub mod verdict;

pub use cluster::PerCase;
pub use design::Design;
pub use effective::Scores;
pub use estimate::{Estimate, Interval};
pub use sum::{Sum, sum};
