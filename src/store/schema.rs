//! The tables of the store and their versions: made, or brought up to date, when a store is opened.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use super::error::is_corrupt;

/// The version of the file's format, kept in SQLite's `user_version`.
pub(super) const FORMAT: i64 = 3;
/// Marks the file as a store, in SQLite's `application_id`: "cuto" in ASCII.
const APPLICATION_ID: i64 = 0x6375_746f;

/// What format 2 added to the answers of format 1: what was asked, and the ledger of calls.
const LEDGER: &str = "
    ALTER TABLE answers ADD COLUMN fields BLOB;
    CREATE TABLE calls (
        key BLOB NOT NULL,
        run TEXT NOT NULL,
        pid INTEGER NOT NULL,
        machine TEXT NOT NULL,
        state TEXT NOT NULL,
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
    );";

/// Puts the tables of format 2 out of the way.
const ASIDE: &str = "
    DROP INDEX IF EXISTS calls_sent;
    DROP INDEX IF EXISTS calls_by_run;
    ALTER TABLE answers RENAME TO old_answers;
    ALTER TABLE calls RENAME TO old_calls;";

/// The tables. A key comes in no order, so that each new one means writing another page of an index: there is one such
/// index, and everything else goes by the number that it gives, at the end of its table. Names are those of runs,
/// recordings and machines. Times are in milliseconds since 1970, money is in whole pico-dollars and NULL where it is
/// unknown.
const TABLES: &str = "
    CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE keys (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
    CREATE TABLE answers (
        id INTEGER PRIMARY KEY,
        recording INTEGER NOT NULL,
        bought_at INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        body BLOB NOT NULL,
        fields BLOB
    );
    CREATE TABLE calls (
        key INTEGER NOT NULL,
        run INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        machine INTEGER NOT NULL,
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
    ) WITHOUT ROWID;
    CREATE INDEX calls_by_run ON calls (run);";

/// Fills the tables from those of format 2.
const FILL: &str = "
    INSERT INTO names (name)
        SELECT recording FROM old_answers UNION SELECT run FROM old_calls UNION SELECT machine FROM old_calls;
    INSERT INTO keys (id, key) SELECT id, key FROM old_answers ORDER BY id;
    INSERT OR IGNORE INTO keys (key) SELECT key FROM old_calls ORDER BY rowid;
    INSERT INTO answers (id, recording, bought_at, sha256, body, fields)
        SELECT id, (SELECT id FROM names WHERE name = recording), bought_at, sha256, body, fields
        FROM old_answers ORDER BY id;
    INSERT INTO calls (key, run, pid, machine, state, sent, open, uncertain, worst_case_pico, uncertain_pico, cost_pico,
                       lease_until, sent_at, settled_at)
        SELECT (SELECT id FROM keys WHERE keys.key = old_calls.key), (SELECT id FROM names WHERE name = run), pid,
               (SELECT id FROM names WHERE name = machine), state, sent, open, uncertain, worst_case_pico,
               uncertain_pico, cost_pico, lease_until, sent_at, settled_at
        FROM old_calls;
    DROP TABLE old_answers;
    DROP TABLE old_calls;";

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
    connection.execute_batch("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL").map_err(database)?;
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
        (APPLICATION_ID, 1) => Ok(&[LEDGER, ASIDE, TABLES, FILL]),
        (APPLICATION_ID, 2) => Ok(&[ASIDE, TABLES, FILL]),
        (APPLICATION_ID, other) => format(format!("its format is {other}, this version knows {FORMAT}")),
        (0, 0) if found.tables == 0 => Ok(&[TABLES]),
        _ => format("it is another program's database".to_owned()),
    }
}
