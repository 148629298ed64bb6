//! What a store holds, and what its calls have cost.

use rusqlite::Row;

use super::entry::{COLUMNS, Entry, State};
use super::ledger::Spent;
use super::schema::FORMAT;
use super::{Store, StoreError};

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// The version of the file's format.
    pub format: i64,
    /// Answers.
    pub answers: u64,
    /// Bytes of all answers as they are kept, compressed.
    pub bytes: u64,
    /// When the oldest was bought, in milliseconds since 1970 (UTC).
    pub oldest: Option<i64>,
    /// When the newest was bought.
    pub newest: Option<i64>,
    /// The recordings with the number of their answers, by name.
    pub recordings: Vec<(String, u64)>,
    /// The rows of the ledger, one a key and run, that stand like this.
    pub calls: Calls,
    /// What the calls of all runs have cost.
    pub spent: Spent,
}

/// How many rows of the ledger stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Out, or left behind by a process that was killed.
    pub open: u64,
    /// Answered.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Lost sight of.
    pub uncertain: u64,
}

impl Store {
    /// What the store holds.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        self.with(|connection| {
            let mut calls = Calls::default();
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM calls"))?;
            let mut entries = statement.query_map([], Entry::read)?;
            let spent = entries.try_fold(Spent::ZERO, |spent, entry| {
                let entry = entry?;
                *match entry.state {
                    State::Sent => &mut calls.open,
                    State::Done => &mut calls.done,
                    State::Failed => &mut calls.failed,
                    State::Uncertain => &mut calls.uncertain,
                } += 1;
                Ok::<_, rusqlite::Error>(spent.plus(&entry))
            })?;
            let sql =
                "SELECT name, count(*) FROM answers JOIN names ON names.id = recording GROUP BY name ORDER BY name";
            let mut statement = connection.prepare(sql)?;
            let recordings =
                statement.query_map([], |row| Ok((row.get(0)?, count(row, 1)?)))?.collect::<Result<_, _>>()?;
            let totals = "SELECT count(*), coalesce(sum(length(body)), 0), min(bought_at), max(bought_at) FROM answers";
            connection.query_row(totals, [], |row| {
                Ok(Stats {
                    format: FORMAT,
                    answers: count(row, 0)?,
                    bytes: count(row, 1)?,
                    oldest: row.get(2)?,
                    newest: row.get(3)?,
                    recordings,
                    calls,
                    spent,
                })
            })
        })
    }
}

/// A column that counts something, hence is never negative.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}
