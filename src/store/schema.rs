//! The tables of the store and their versions: made, or brought up to date, when a store is opened.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use super::error::is_corrupt;

/// The version of the file's format, kept in SQLite's `user_version`.
pub(super) const FORMAT: i64 = 2;
/// Marks the file as a store, in SQLite's `application_id`: "cuto" in ASCII.
const APPLICATION_ID: i64 = 0x6375_746f;

/// The answers as format 1 knew them.
const ANSWERS: &str = "
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        recording TEXT NOT NULL,
        bought_at INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        body BLOB NOT NULL
    );";

/// What format 2 added: what was asked, beside an answer, and the ledger of calls. Times are in milliseconds since 1970,
/// money is in whole pico-dollars and NULL where it is unknown.
const LEDGER: &str = "
    ALTER TABLE answers ADD COLUMN fields BLOB;
    CREATE TABLE calls (
        key BLOB NOT NULL,
        run TEXT NOT NULL,
        pid INTEGER NOT NULL,
        machine TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sent', 'done', 'failed', 'uncertain')),
        sent INTEGER NOT NULL,
        open INTEGER NOT NULL,
        uncertain INTEGER NOT NULL,
        worst_case_pico INTEGER,
        uncertain_pico INTEGER,
        cost_pico INTEGER,
        lease_until INTEGER NOT NULL,
        sent_at INTEGER NOT NULL,
        settled_at INTEGER,
        PRIMARY KEY (key, run)
    );
    CREATE INDEX calls_sent ON calls (key) WHERE state = 'sent';
    CREATE INDEX calls_by_run ON calls (run);";

/// Makes the tables, or brings an older store up to date, in one transaction.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let database = |source| StoreError::Database { path: path.to_owned(), source };
    let found = marks(connection).map_err(|source| {
        if is_corrupt(&source) {
            StoreError::Format { path: path.to_owned(), why: source.to_string() }
        } else {
            database(source)
        }
    })?;
    steps(found, path)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(database)?;
    if found.is_current() {
        return Ok(());
    }
    connection.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL").map_err(database)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
    // Another process may have been faster.
    let steps = steps(marks(&transaction).map_err(database)?, path)?;
    take(transaction, steps).map_err(database)
}

fn take(transaction: Transaction<'_>, steps: &[&str]) -> rusqlite::Result<()> {
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}"))?;
    transaction.commit()
}

/// What tells whether a file is a store.
#[derive(Clone, Copy)]
struct Marks {
    application: i64,
    version: i64,
    tables: i64,
}

impl Marks {
    fn is_current(self) -> bool {
        (self.application, self.version) == (APPLICATION_ID, FORMAT)
    }
}

fn marks(connection: &Connection) -> rusqlite::Result<Marks> {
    // All in one statement: another process may be making the store at this moment.
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
               FROM pragma_application_id, pragma_user_version";
    connection
        .query_row(sql, [], |row| Ok(Marks { application: row.get(0)?, version: row.get(1)?, tables: row.get(2)? }))
}

/// What is to be done to a file that was found like this.
fn steps(found: Marks, path: &Path) -> Result<&'static [&'static str], StoreError> {
    let format = |why: String| Err(StoreError::Format { path: path.to_owned(), why });
    match (found.application, found.version) {
        (APPLICATION_ID, FORMAT) => Ok(&[]),
        (APPLICATION_ID, 1) => Ok(&[LEDGER]),
        (APPLICATION_ID, other) => format(format!("its format is {other}, this version knows {FORMAT}")),
        (0, 0) if found.tables == 0 => Ok(&[ANSWERS, LEDGER]),
        _ => format("it is another program's database".to_owned()),
    }
}
