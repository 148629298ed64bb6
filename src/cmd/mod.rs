//! One file a command; the only code that prints, reads the environment or the clock.

mod allowed;
mod buying;
mod cache;
mod changes;
mod ci;
mod demo;
mod doctor;
mod early;
mod error;
mod examples;
mod gate;
mod import;
mod judged;
mod judging;
mod keys;
mod label;
mod lock;
mod manifest;
mod plan;
mod preferring;
mod record;
mod report;
mod rescore;
mod run;
mod show;
mod signals;
mod translations;
mod unstored;

pub use error::CommandError;

use crate::cli::Command;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Runs a command.
///
/// # Errors
/// Whatever ends the command early, with the exit code it means.
pub fn dispatch(command: &Command, terminal: &Terminal) -> Result<Exit, CommandError> {
    // Prompts, answers and reports: whatever this process makes, its user alone may read.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match command {
        Command::Demo(args) => demo::demo(args, terminal),
        Command::Import(args) => import::import(args, terminal),
        Command::Plan(args) => plan::plan(args, terminal),
        Command::Run(args) => run::run(args, terminal),
        Command::Rescore(args) => rescore::rescore(args, terminal),
        Command::Label(args) => label::label(args, terminal),
        Command::Report(args) => report::report(args, terminal),
        Command::Gate(args) => gate::gate(args, terminal),
        Command::Ci(args) => ci::ci(args, terminal),
        Command::Lock(args) => lock::lock(args, terminal),
        Command::Show(args) => show::show(args, terminal),
        Command::Doctor(args) => doctor::doctor(args, terminal),
        Command::Cache(command) => cache::cache(command, terminal),
    }
}
