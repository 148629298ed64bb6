//! The command: parse, run, print what went wrong, return the exit code.

use std::process::ExitCode;

use clap::Parser as _;
use cutover::cli::Cli;
use cutover::cmd;
use cutover::terminal::Terminal;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = Terminal::new(cli.color, cli.json);
    match cmd::dispatch(&cli.command, &terminal) {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal.error(&error);
            error.exit.into()
        }
    }
}
