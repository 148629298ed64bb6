//! The binary as a user meets it: files in, whole outputs and exit codes out.

mod architecture;
mod demo;
mod faults;
mod gate;
mod help;
mod replay;
mod resume;
mod run;
mod secrets;
mod stored;
mod suite;
mod support;
