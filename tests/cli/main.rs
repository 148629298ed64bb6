//! The binary as a user meets it: files in, whole outputs and exit codes out.

mod faults;
mod replay;
mod resume;
mod run;
mod suite;
mod support;
