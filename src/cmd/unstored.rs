//! A run that keeps no store: what it cannot be asked for, and what it cannot know.

use super::CommandError;
use crate::cli::ModeChoice;
use crate::exit::Exit;
use crate::suite::Suite;
use crate::terminal::Terminal;

/// Refuses what rests on a store, before anything is made or sent.
pub(super) fn refuse(suite: &Suite, mode: ModeChoice) -> Result<(), CommandError> {
    let refusal = |message, help| Err(CommandError::with_help(Exit::Usage, message, help));
    match mode {
        ModeChoice::Replay => {
            return refusal(
                "`--mode replay` takes every answer from the store, and `--no-store` has none",
                "leave one of them out",
            );
        }
        ModeChoice::Record => {
            return refusal(
                "`--mode record` keeps every answer in the store, and `--no-store` has none",
                "leave `--mode record` out: without a store every answer is bought anew",
            );
        }
        ModeChoice::Auto => {}
    }
    if suite.replay.budget.is_some() {
        return refusal(
            "`budget_usd` holds also after a kill, because the store has every call on record before it is sent, and \
             `--no-store` has none",
            "name a store for this run alone with `--store FILE` instead, or take `budget_usd` out of [replay]",
        );
    }
    Ok(())
}

/// Says of a run that goes on what nobody can count.
pub(super) fn tell(terminal: &Terminal) {
    terminal.note(
        "this run keeps no store: what was on the way when it was stopped or killed may have been billed, nobody knows \
         how much, and is asked again",
    );
}
