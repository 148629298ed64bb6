//! What ends a command early: the problems to print and the exit code they mean.

use std::fmt;

use crate::exit::Exit;
use crate::problem::Problem;
use crate::replay::{ReplayError, TransportError};
use crate::report::WriteError;
use crate::run_dir::RunDirError;
use crate::store::{ExportError, ImportError, StoreError};

/// Why a command ended early.
#[derive(Debug)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    /// What to print: at least one message.
    pub problems: Vec<Message>,
}

/// One thing that went wrong: in a file of the user's, or elsewhere.
#[derive(Debug)]
pub enum Message {
    /// In a file of the user's.
    Problem(Problem),
    /// Elsewhere, with what to do next where something can be said.
    Other {
        /// What happened.
        message: String,
        /// What to do next.
        help: Option<String>,
    },
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Other { message, help: None } => f.write_str(message),
            Self::Other { message, help: Some(help) } => write!(f, "{message}\n  help: {help}"),
        }
    }
}

impl CommandError {
    /// One message, with what to do next.
    pub(super) fn with_help(exit: Exit, message: impl Into<String>, help: impl Into<String>) -> Self {
        let message = Message::Other { message: message.into(), help: Some(help.into()) };
        Self { exit, problems: vec![message] }
    }

    fn plain(exit: Exit, message: &impl ToString) -> Self {
        Self { exit, problems: vec![Message::Other { message: message.to_string(), help: None }] }
    }
}

impl From<Vec<Problem>> for CommandError {
    fn from(problems: Vec<Problem>) -> Self {
        Self { exit: Exit::Usage, problems: problems.into_iter().map(Message::Problem).collect() }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Damaged { .. } => Self::with_help(
                Exit::Integrity,
                error.to_string(),
                "run with `--mode auto` to buy it anew, or import the answers again",
            ),
            StoreError::Database { .. } if error.is_corrupt() => Self::with_help(
                Exit::Integrity,
                error.to_string(),
                "`cutover cache verify` says what is damaged, `--repair` removes it",
            ),
            StoreError::Database { .. }
            | StoreError::Folder { .. }
            | StoreError::Format { .. }
            | StoreError::Unclaimed { .. }
            | StoreError::Closed => Self::plain(Exit::Fault, &error),
        }
    }
}

impl From<ReplayError> for CommandError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) => error.into(),
            ReplayError::Dataset(problem) => vec![*problem].into(),
            ReplayError::Key { .. } => Self::plain(Exit::Fault, &error),
            ReplayError::Miss { .. } => Self::with_help(
                Exit::Miss,
                format!("{error}, and `--mode replay` opens no socket"),
                "run once with `--mode auto` to buy it, or import recorded answers with `cutover cache import FILE`",
            ),
        }
    }
}

impl From<RunDirError> for CommandError {
    fn from(error: RunDirError) -> Self {
        match &error {
            RunDirError::Locked { .. } => Self::with_help(
                Exit::Locked,
                error.to_string(),
                "wait for it to end, or choose another folder with `--out`",
            ),
            RunDirError::NoRun { .. } => {
                Self::with_help(Exit::Usage, error.to_string(), "`cutover run SUITE` or `cutover demo` makes one")
            }
            RunDirError::Damaged { .. } => Self::plain(Exit::Integrity, &error),
            RunDirError::Io { .. } | RunDirError::Table { .. } => Self::plain(Exit::Fault, &error),
        }
    }
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::Line(problem) => vec![*problem].into(),
        }
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Output(_) | ExportError::File { .. } => Self::plain(Exit::Fault, &error),
        }
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> Self {
        Self::plain(Exit::Fault, &error)
    }
}

impl From<TransportError> for CommandError {
    fn from(error: TransportError) -> Self {
        Self::plain(Exit::Fault, &error)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::plain(Exit::Fault, &error)
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::plain(Exit::Fault, &error)
    }
}
