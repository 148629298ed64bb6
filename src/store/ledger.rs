//! The ledger of calls: on record before they are sent, so that nobody else asks the same, and settled after.

use rusqlite::{TransactionBehavior, params};

use super::entry::{COLUMNS, Entry, State};
use super::{Fields, Key, Store, StoreError};
use crate::domain::{Exchange, Usd};

/// A call about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The key of the answer it will bring.
    pub key: Key,
    /// The run that pays for it.
    pub run: String,
    /// The process that sends it.
    pub pid: u32,
    /// The most that this one call may cost; `None` is unknown.
    pub worst_case: Option<Usd>,
    /// Now, in milliseconds since 1970 (UTC).
    pub now_ms: i64,
    /// How long the claim holds; longer than a call can take.
    pub lease_ms: i64,
    /// Whether to ask even though the store has an answer: it is damaged, or everything is bought anew.
    pub anew: bool,
}

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The call is on record as sent: send it, then settle it.
    Mine,
    /// The store has an answer by now: look it up again.
    Answered,
    /// Another process is asking the same.
    Taken {
        /// Its id.
        pid: u32,
        /// When its claim ends, in milliseconds since 1970 (UTC).
        until_ms: i64,
    },
}

/// The end of the open calls of a run for a key: of all that it claimed since the last end.
#[derive(Debug, Clone, Copy)]
pub struct Settle<'a> {
    /// The key.
    pub key: Key,
    /// The run that claimed them.
    pub run: &'a str,
    /// Now, in milliseconds since 1970 (UTC).
    pub now_ms: i64,
    /// How they ended.
    pub settlement: Settlement<'a>,
}

/// How open calls ended. A cost is that of all of them; one that is unknown counts at their worst case.
#[derive(Debug, Clone, Copy)]
pub enum Settlement<'a> {
    /// The last one was answered: answer and settlement are saved together or not at all.
    Done {
        /// The answer.
        exchange: &'a Exchange,
        /// What was asked, for `cache why-miss`.
        fields: Option<&'a Fields>,
        /// What they were billed.
        cost: Option<Usd>,
    },
    /// None was answered, and none will be.
    Failed {
        /// What they were billed: nothing, when the provider refused them.
        cost: Option<Usd>,
    },
    /// They may have been billed, nobody knows how much.
    Uncertain,
}

/// Calls that are on record as sent, and not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCall {
    /// The key.
    pub key: Key,
    /// The process that sent them.
    pub pid: u32,
    /// How many.
    pub calls: u32,
    /// The most that one of them may cost; `None` is unknown.
    pub worst_case: Option<Usd>,
    /// When the last one was sent, in milliseconds since 1970 (UTC).
    pub sent_at: i64,
}

/// What calls have cost. Calls that are out at this moment are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// What is known.
    pub known: Usd,
    /// Calls beyond that which may have been billed, nobody knows how much.
    pub uncertain_calls: u64,
    /// The most that they may have cost in all; `None` when it is unknown of one.
    pub uncertain: Option<Usd>,
}

impl Spent {
    /// Nothing.
    pub(super) const ZERO: Self = Self { known: Usd::ZERO, uncertain_calls: 0, uncertain: Some(Usd::ZERO) };

    pub(super) fn plus(self, entry: &Entry) -> Self {
        let (calls, worst) = entry.uncertain();
        Self {
            known: self.known.plus(entry.cost.unwrap_or(Usd::ZERO)),
            uncertain_calls: self.uncertain_calls + calls,
            uncertain: self.uncertain.zip(worst).map(|(one, other)| one.plus(other)),
        }
    }
}

impl Store {
    /// The calls of a run that are on record as sent, and not settled: by a process that is at work, or was killed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_calls(&self, run: &str) -> Result<Vec<OpenCall>, StoreError> {
        self.with(|connection| open_calls(connection, run))
    }

    /// Counts every open call of a run as uncertain, and gives back which these were. For a run that goes on, when its
    /// lock proves that the process that sent them is gone.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn forsake(&self, run: &str, now_ms: i64) -> Result<Vec<OpenCall>, StoreError> {
        self.with(|connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let open = open_calls(&transaction, run)?;
            let sql = "UPDATE calls SET state = ?2, settled_at = ?3
                       WHERE run = (SELECT id FROM names WHERE name = ?1) AND state = 'sent'";
            transaction.execute(sql, params![run, State::Uncertain, now_ms])?;
            transaction.commit()?;
            Ok(open)
        })
    }

    /// What a run has spent in all, over every process that worked on it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn spent(&self, run: &str) -> Result<Spent, StoreError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM calls WHERE run = (SELECT id FROM names WHERE name = ?1)");
            let mut statement = connection.prepare(&sql)?;
            let mut entries = statement.query_map([run], Entry::read)?;
            entries.try_fold(Spent::ZERO, |spent, entry| Ok(spent.plus(&entry?)))
        })
    }

    /// What a run has paid for the answer that the store holds: nothing when it did not ask itself, `None` when that is
    /// unknown. It is the spend of a trial whose answer was bought before its run was killed. Calls that were lost on
    /// the way are in [`Store::spent`] alone.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn cost_of(&self, key: &Key, run: &str) -> Result<Option<Usd>, StoreError> {
        self.with(|connection| {
            let entry = Entry::load(connection, key, run)?;
            Ok(entry.map_or(Some(Usd::ZERO), |entry| match entry.state {
                State::Done => entry.cost,
                State::Sent | State::Failed | State::Uncertain => Some(entry.cost.unwrap_or(Usd::ZERO)),
            }))
        })
    }
}

fn open_calls(connection: &rusqlite::Connection, run: &str) -> rusqlite::Result<Vec<OpenCall>> {
    let sql = format!(
        "SELECT {COLUMNS}, keys.key AS asked FROM calls JOIN keys ON keys.id = calls.key
         WHERE run = (SELECT id FROM names WHERE name = ?1) AND state = 'sent' ORDER BY asked"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([run], |row| {
        let Entry { pid, open, worst_case, sent_at, .. } = Entry::read(row)?;
        Ok(OpenCall { key: Key(row.get("asked")?), pid, calls: open, worst_case, sent_at })
    })?;
    rows.collect()
}
