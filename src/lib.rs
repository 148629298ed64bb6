//! cutover: paired A/B evaluation of a model migration on your own traffic.
//!
//! A run reads like [`cmd`]'s `run.rs`: load the suite, draw the cases, plan the trials, replay them, record and score
//! each, compare, judge, report. `report` and `gate` begin with a stored run and share everything from comparing on.
//!
//! # Code map
//!
//! A module imports only from the rows below its own, or its own folder; a test holds the code to this table.
//!
//! ```text
//! 5  main · cmd · cli · terminal · exit          know everything, are known by nobody
//! 4  suite                        report         names → values │ values → text
//! 3  gate        replay           run_dir        judge │ call │ keep
//! 2  compare  score  store  dataset  forecast
//! 1  provider  pricing
//! 0  domain  stats  table  problem  private  behind  input   import nothing of the crate
//! ```
//!
//! # Invariants
//!
//! - Below row 4 nothing knows the suite: each module takes a small options struct of its own.
//! - `stats` knows doubles and slices only. `compare` makes numbers, `report` rounds them once; no section computes.
//! - A scorer sees a case and a response, and a response names no model: scoring is blind by type.
//! - A protocol sees a request, an endpoint and bytes: no arm, store, clock, retry or socket. Those exist once, in `replay`.
//! - The gate reads comparisons and rules, never an output format.
//! - No state means "0 because unknown": an outcome has `Unscored`, a cost is an `Option`, an estimate cannot be built
//!   from nothing.
//! - Time, randomness and environment enter only in `cmd`, `terminal` and `replay`; the same run folder gives the same bytes.
//! - Adding a protocol, a scorer, a report section or a chart is one new file and one row in a table.

pub mod behind;
pub mod domain;
pub mod input;
pub mod private;
pub mod problem;
pub mod stats;
pub mod table;

pub mod pricing;
pub mod provider;

pub mod compare;
pub mod dataset;
pub mod forecast;
pub mod score;
pub mod store;

pub mod gate;
pub mod replay;
pub mod run_dir;

pub mod report;
pub mod suite;

pub mod cli;
pub mod cmd;
pub mod exit;
pub mod terminal;
