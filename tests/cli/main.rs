//! The binary as a user meets it: files in, whole outputs and exit codes out.

mod suite;
mod support;
