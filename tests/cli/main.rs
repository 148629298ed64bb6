//! The binary as a user meets it: files in, whole outputs and exit codes out.
#![expect(clippy::expect_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::format_collect, reason = "short texts, and easier to read")]

mod architecture;
mod cache;
mod dataset;
mod demo;
mod doctor;
mod faults;
mod gate;
mod guards;
mod help;
mod pace;
mod providers;
mod readme;
mod recorded;
mod replay;
mod resume;
mod run;
mod secrets;
mod stored;
mod suite;
mod support;
