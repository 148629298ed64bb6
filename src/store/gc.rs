//! Throwing old answers away, and giving their room back.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params_from_iter};

use super::entry::State;
use super::stats::count;
use super::{Store, StoreError, name};

/// Removes the keys and names that nothing goes by any more.
const UNUSED: &str = "
    DELETE FROM keys WHERE id NOT IN (SELECT id FROM answers) AND id NOT IN (SELECT key FROM calls);
    DELETE FROM names WHERE id NOT IN (SELECT recording FROM answers UNION SELECT run FROM calls UNION SELECT machine FROM calls);";

/// What may go: an answer that is old enough and of none of the recordings to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collect {
    /// Only what is older than this time, in milliseconds since 1970 (UTC); `None` is any age.
    pub before: Option<i64>,
    /// Recordings whose answers and calls stay.
    pub keep: BTreeSet<String>,
    /// The runs that are known to be finished: the calls of others stay in the ledger, for they may go on.
    pub finished: BTreeSet<String>,
    /// Only count.
    pub dry_run: bool,
}

/// What went, or would go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Answers.
    pub answers: u64,
    /// Rows of the ledger.
    pub calls: u64,
    /// The bytes that the file became smaller by; of a dry run the bytes of the answers.
    pub bytes: u64,
}

/// Removes what may go and makes the file smaller.
///
/// # Errors
/// The file cannot be written. Either all of it went or nothing.
pub fn collect(store: &Store, what: &Collect) -> Result<Collected, StoreError> {
    let (counted, before) = store.with(|connection| {
        empty_log(connection)?;
        let before = store.size();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let counted = remove(&transaction, what)?;
        // A transaction that is dropped has changed nothing.
        if !what.dry_run {
            transaction.commit()?;
        }
        Ok((counted, before))
    })?;
    if what.dry_run {
        return Ok(counted);
    }
    store.with(|connection| {
        connection.execute_batch("VACUUM")?;
        empty_log(connection)
    })?;
    Ok(Collected { bytes: before.saturating_sub(store.size()), ..counted })
}

fn remove(connection: &Connection, what: &Collect) -> rusqlite::Result<Collected> {
    let marks = vec!["?"; what.keep.len()].join(", ");
    let which = format!(
        "bought_at < coalesce(?, 9223372036854775807)
         AND recording NOT IN (SELECT id FROM names WHERE name IN ({marks}))"
    );
    let parameters = || {
        let before = what.before.map_or(Value::Null, Value::Integer);
        params_from_iter(std::iter::once(before).chain(what.keep.iter().cloned().map(Value::Text)))
    };
    let totals = format!("SELECT count(*), coalesce(sum(length(body)), 0) FROM answers WHERE {which}");
    let (answers, bytes) = connection.query_row(&totals, parameters(), |row| Ok((count(row, 0)?, count(row, 1)?)))?;
    connection.execute(&format!("DELETE FROM answers WHERE {which}"), parameters())?;
    let mut calls = 0;
    for run in what.finished.difference(&what.keep) {
        let Some(run) = name::find(connection, run)? else { continue };
        if may_go(connection, run, what.before)? {
            calls += connection.execute("DELETE FROM calls WHERE run = ?1", [run])? as u64;
        }
    }
    connection.execute_batch(UNUSED)?;
    Ok(Collected { answers, calls, bytes })
}

/// Whether every call of a run is settled, and that long enough ago.
fn may_go(connection: &Connection, run: i64, before: Option<i64>) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM calls WHERE run = ?1 AND (state = ?2 OR settled_at >= coalesce(?3, 9223372036854775807))";
    let staying = connection.query_row(sql, (run, State::Sent, before), |_| Ok(())).optional()?;
    Ok(staying.is_none())
}

/// Moves the log into the file, as far as no other process reads from it.
fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
