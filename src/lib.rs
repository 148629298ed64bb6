//! cutover: paired A/B evaluation of a model migration on your own traffic.

pub mod cli;
pub mod cmd;
pub mod compare;
pub mod dataset;
pub mod domain;
pub mod exit;
pub mod gate;
pub mod pricing;
pub mod problem;
pub mod provider;
pub mod replay;
pub mod report;
pub mod run_dir;
pub mod score;
pub mod stats;
pub mod store;
pub mod suite;
pub mod table;
pub mod terminal;
