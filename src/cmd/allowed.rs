//! Programs that a suite names run only where the user allows it: a suite may come from anybody.

use super::CommandError;
use crate::problem::Problem;
use crate::suite::Suite;

/// Refuses a suite whose scorers run programs, unless that is allowed.
pub(super) fn programs(suite: &Suite, allowed: bool) -> Result<(), CommandError> {
    let programs = suite.scorers.iter().filter_map(|scorer| scorer.scorer.program());
    let problems: Vec<Problem> = programs
        .map(|program| {
            let message = format!("this scorer runs a program of yours: {}", program.command.join(" "));
            Problem::at(&suite.path, program.line, message)
                .help("allow it with `--allow-exec`, once you know what it does")
        })
        .collect();
    if allowed || problems.is_empty() { Ok(()) } else { Err(problems.into()) }
}
