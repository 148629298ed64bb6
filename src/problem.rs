//! What is wrong with a user's input: where, what was found, what to do next.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem in a file that the user wrote. A suite or a dataset reports all of its problems at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: PathBuf,
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What was found: a lowercase fragment without a full stop.
    pub message: String,
    /// What to do next, where something can be said.
    pub help: Option<String>,
}

impl Problem {
    /// A problem of a file as a whole.
    #[must_use]
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, message: message.into(), help: None }
    }

    /// A problem at a line, from 1.
    #[must_use]
    pub fn at(file: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::of_file(file, message) }
    }

    /// The same problem, with what to do next.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// What is close enough to `found` among `allowed` to be what was meant.
#[must_use]
pub fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    allowed
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(found, name), name.len().abs_diff(found.len()), name))
        .filter(|(distance, _, name)| *distance <= 1.max(name.len() / 3))
        .min()
        .map(|(_, _, name)| name)
}

/// The help for a name that is not among the allowed ones: the near one, else what `otherwise` says.
#[must_use]
pub fn suggestion<'a>(
    found: &str,
    allowed: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    did_you_mean(found, allowed).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_place_message_and_help() {
        let problem = Problem::at(Path::new("suites/a.toml"), 3, "unknown key `modle`").help("did you mean `model`?");
        assert_eq!(problem.to_string(), "suites/a.toml:3: unknown key `modle`\n  help: did you mean `model`?");
    }

    #[test]
    fn a_suggestion_is_near_or_absent() {
        assert_eq!(did_you_mean("modle", ["model", "mode"]), Some("model"));
        assert_eq!(did_you_mean("frobnicate", ["model", "mode"]), None);
    }
}
