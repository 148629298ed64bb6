//! Whether a store is sound: every answer against its own hash, and the file against SQLite's own checks.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, TransactionBehavior};

use super::body::unpack;
use super::error::is_corrupt;
use super::{Fields, Store, StoreError};

/// The length of a key, in bytes.
const KEY: usize = 32;

/// What a look at every entry found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Answers that were looked at.
    pub answers: u64,
    /// Those that are damaged.
    pub damaged: Vec<Damage>,
    /// What SQLite says of the file; nothing when it is sound.
    pub file: Vec<String>,
}

/// A damaged answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its place in the table.
    id: i64,
    /// Its key, in hex.
    pub key: String,
    /// The recording it belongs to, as far as that can be read.
    pub recording: Option<String>,
    /// How it was noticed.
    pub why: String,
}

impl Health {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && self.file.is_empty()
    }
}

/// Looks at every answer, one at a time, and at the file.
///
/// # Errors
/// The file cannot be read for a reason other than damage.
pub fn verify(store: &Store) -> Result<Health, StoreError> {
    store.with(|connection| {
        let mut health = Health { answers: 0, damaged: Vec::new(), file: Vec::new() };
        let checked = check_file(connection, &mut health).and_then(|()| check_answers(connection, &mut health));
        match checked {
            // What lies behind the damage cannot be reached.
            Err(error) if is_corrupt(&error) => health.file.push(error.to_string()),
            other => other?,
        }
        Ok(health)
    })
}

/// Removes the damaged answers, so that they are bought anew, and makes the indices again where the file is damaged.
///
/// # Errors
/// The file cannot be written, or is damaged beyond that.
pub fn repair(store: &Store, health: &Health) -> Result<(), StoreError> {
    store.with(|connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for damage in &health.damaged {
            transaction.execute("DELETE FROM answers WHERE id = ?1", [damage.id])?;
        }
        if !health.file.is_empty() {
            transaction.execute_batch("REINDEX")?;
        }
        transaction.commit()
    })
}

fn check_file(connection: &Connection, health: &mut Health) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        health.file.extend(Some(line?).filter(|line| line != "ok"));
    }
    Ok(())
}

fn check_answers(connection: &Connection, health: &mut Health) -> rusqlite::Result<()> {
    let sql = "SELECT answers.id, key, name, bought_at, sha256, body, fields
               FROM answers LEFT JOIN keys USING (id) LEFT JOIN names ON names.id = recording ORDER BY answers.id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        health.answers += 1;
        if let Err(why) = check(row) {
            health.damaged.push(Damage {
                id: row.get(0)?,
                key: hex::encode(bytes(row.get_ref(1)?)),
                recording: row.get_ref(2)?.as_str().ok().map(str::to_owned),
                why,
            });
        }
    }
    Ok(())
}

/// What is wrong with an answer.
fn check(row: &Row<'_>) -> Result<(), String> {
    let column = |index| row.get_ref(index).map_err(|error| error.to_string());
    if bytes(column(1)?).len() != KEY {
        return Err(format!("its key has {} bytes", bytes(column(1)?).len()));
    }
    let exchange = unpack(bytes(column(5)?), bytes(column(4)?))?;
    if column(2)?.as_str() != Ok(&exchange.recording) || column(3)?.as_i64() != Ok(exchange.bought_at) {
        return Err("its recording or its time is not that of the answer".to_owned());
    }
    match column(6)? {
        ValueRef::Null => Ok(()),
        fields => Fields::decode(bytes(fields)).map(drop).map_err(|why| format!("what was asked is damaged: {why}")),
    }
}

/// The bytes of a value that should be a blob.
fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}
