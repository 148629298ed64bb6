//! cutover: paired A/B evaluation of a model migration on your own traffic.

pub mod compare;
pub mod dataset;
pub mod domain;
pub mod gate;
pub mod pricing;
pub mod problem;
pub mod provider;
pub mod replay;
pub mod run_dir;
pub mod score;
pub mod stats;
pub mod store;
pub mod table;
