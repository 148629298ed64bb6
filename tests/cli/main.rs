//! The binary as a user meets it: files in, whole outputs and exit codes out.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::format_collect, reason = "short texts, and easier to read")]

mod architecture;
mod bodies;
mod cache;
mod ci;
mod closed_loop;
mod computer;
mod dataset;
mod demo;
mod disk;
mod doctor;
mod early;
mod exec;
mod faults;
mod gate;
mod graded;
mod guards;
mod help;
mod import;
mod judges;
mod label;
mod lock;
mod malformed;
#[expect(dead_code, reason = "only the property tests change bytes")]
#[path = "../malformed_support/mod.rs"]
mod malformed_support;
mod pace;
mod pairwise;
mod plan;
mod providers;
mod readme;
mod recorded;
mod replay;
mod rescore;
mod resume;
mod run;
mod secrets;
mod stored;
mod suite;
mod support;
mod tls;
mod unstored;
