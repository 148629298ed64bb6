//! stdout for results, stderr for progress and errors: colour, width, bars on a terminal and lines elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

use crate::cli::ColorChoice;
use crate::cmd::CommandError;
use crate::report::format::case::inert;

mod progress;

pub use progress::{Progress, Step, TICK};

/// Width of text that goes to no terminal.
const DEFAULT_WIDTH: usize = 120;

/// How and where to print.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Whether stdout takes colour.
    pub color: bool,
    /// Whether stderr takes colour.
    error_color: bool,
    /// Whether the result is one JSON document.
    pub json: bool,
    /// Columns of stdout.
    pub width: usize,
}

impl Terminal {
    /// Looks at the terminal and the environment.
    #[must_use]
    pub fn new(color: ColorChoice, json: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colored = |is_terminal: bool| match color {
            ColorChoice::Auto => is_terminal && !plain,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        let width = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0.into());
        let (stdout, stderr) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { color: colored(stdout), error_color: colored(stderr), json, width }
    }

    /// Prints a result. A reader that went away is no error: it has seen what it wanted.
    ///
    /// # Errors
    /// stdout cannot be written for another reason.
    pub fn print(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// A line about what is going on, on stderr.
    pub fn note(&self, text: &str) {
        // A closed stderr must not end the work.
        drop(writeln!(io::stderr().lock(), "{}", inert(text)));
    }

    /// Lines that a CI service reads as commands, on stderr: whoever makes them has made their text inert.
    pub fn commands(&self, lines: &str) {
        drop(write!(io::stderr().lock(), "{lines}"));
    }

    /// What went wrong, on stderr.
    pub fn error(&self, error: &CommandError) {
        for problem in &error.problems {
            let label = if self.error_color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
            let text = inert(&format!("error: {problem}"));
            drop(writeln!(io::stderr().lock(), "{label}{}", text.strip_prefix("error").unwrap_or(&text)));
        }
        if error.problems.len() > 1 {
            self.note(&format!("{} errors", error.problems.len()));
        }
    }
}
