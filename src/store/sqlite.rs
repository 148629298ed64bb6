//! The store in one SQLite file: write-ahead log, several processes at once, one thread that writes in groups.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::{Key, StoreError};
use crate::domain::Exchange;

/// The version of the file's format, kept in SQLite's `user_version`.
const FORMAT: i64 = 1;
/// Marks the file as a store, in SQLite's `application_id`: "cuto" in ASCII.
const APPLICATION_ID: i64 = 0x6375_746f;
/// Answers in one transaction at most.
const GROUP: usize = 256;
/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);
/// zstd's level: the default, fast and small enough.
const COMPRESSION: i32 = 3;
/// The largest answer taken from disk, in bytes: a guard against damaged length fields.
const MAX_BODY: usize = 256 << 20;

/// Called once an answer is on disk, or cannot be saved.
type Saved = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

struct Put {
    key: Key,
    row: Row,
    saved: Saved,
}

struct Row {
    recording: String,
    bought_at: i64,
    sha256: [u8; 32],
    body: Vec<u8>,
}

/// An open store. Reads go through one connection, writes through a thread with another.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    reader: Mutex<Connection>,
    writer: Option<(Sender<Put>, JoinHandle<()>)>,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
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
}

impl Store {
    /// Opens a store for reading and writing; makes it and its folder when they are not there.
    ///
    /// # Errors
    /// The folder cannot be made, or the file is no store that this version can read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: path.to_owned(), source })?;
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        create(&connection, path)?;
        let (sender, receiver) = channel();
        let owned = path.to_owned();
        let thread = std::thread::spawn(move || write_groups(connection, &receiver, &owned));
        let reader = Mutex::new(connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?);
        Ok(Self { path: path.to_owned(), reader, writer: Some((sender, thread)) })
    }

    /// The answer of a key, of any recording or of one alone.
    ///
    /// # Errors
    /// The file cannot be read, or the entry does not match its hash.
    pub fn get(&self, key: &Key, recording: Option<&str>) -> Result<Option<Exchange>, StoreError> {
        let found: Option<(Vec<u8>, Vec<u8>)> = {
            let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            reader
                .prepare_cached("SELECT body, sha256 FROM answers WHERE key = ?1 AND (?2 IS NULL OR recording = ?2)")
                .and_then(|mut statement| {
                    statement.query_row(params![key.0, recording], |row| Ok((row.get(0)?, row.get(1)?))).optional()
                })
                .map_err(|source| self.database(source))?
        };
        found.map(|(body, sha256)| unpack(key, &body, &sha256)).transpose()
    }

    /// Whether there is an answer for a key.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn contains(&self, key: &Key) -> Result<bool, StoreError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader
            .prepare_cached("SELECT 1 FROM answers WHERE key = ?1")
            .and_then(|mut statement| statement.exists(params![key.0]))
            .map_err(|source| self.database(source))
    }

    /// Saves an answer in place of any older one of the same key. `saved` is called once it is on disk, from another
    /// thread; answers that come close together share a transaction.
    pub fn put(&self, key: Key, exchange: &Exchange, saved: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let row = match pack(&key, exchange) {
            Ok(row) => row,
            Err(error) => return saved(Err(error)),
        };
        let put = Put { key, row, saved: Box::new(saved) };
        let sent = match &self.writer {
            Some((sender, _)) => sender.send(put).map_err(|error| error.0),
            None => Err(put),
        };
        if let Err(put) = sent {
            (put.saved)(Err(StoreError::Closed));
        }
    }

    /// What the store holds.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let totals = "SELECT count(*), coalesce(sum(length(body)), 0), min(bought_at), max(bought_at) FROM answers";
        reader
            .query_row(totals, [], |row| {
                Ok(Stats {
                    answers: count(row, 0)?,
                    bytes: count(row, 1)?,
                    oldest: row.get(2)?,
                    newest: row.get(3)?,
                    recordings: Vec::new(),
                })
            })
            .and_then(|stats| {
                let mut statement =
                    reader.prepare("SELECT recording, count(*) FROM answers GROUP BY recording ORDER BY recording")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, count(row, 1)?)))?;
                Ok(Stats { recordings: rows.collect::<Result<_, _>>()?, ..stats })
            })
            .map_err(|source| self.database(source))
    }

    /// Every key, in ascending order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>, StoreError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader
            .prepare("SELECT key FROM answers ORDER BY key")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0).map(Key))?.collect())
            .map_err(|source| self.database(source))
    }

    fn database(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database { path: self.path.clone(), source }
    }
}

impl Drop for Store {
    /// Waits until everything handed over is on disk.
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.writer.take() {
            drop(sender);
            // A panic of the writer was already reported to every waiting caller as `Closed`.
            drop(thread.join());
        }
    }
}

/// A column that counts something, hence is never negative.
fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = || {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    };
    open().map_err(|source| StoreError::Database { path: path.to_owned(), source })
}

fn create(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let database = |source| StoreError::Database { path: path.to_owned(), source };
    let format = |why: String| StoreError::Format { path: path.to_owned(), why };
    // Both in one statement: another process may be making the store at this moment.
    let marks = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version";
    let (application, version): (i64, i64) = connection
        .query_row(marks, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|source| format(source.to_string()))?;
    match (application, version) {
        (APPLICATION_ID, FORMAT) => {}
        (APPLICATION_ID, other) => return Err(format(format!("its format is {other}, this version knows {FORMAT}"))),
        (0, 0) => {}
        _ => return Err(format("it is another program's database".to_owned())),
    }
    connection
        .execute_batch(&format!(
            "PRAGMA page_size = 8192;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = NORMAL;
             BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS answers (
                 id INTEGER PRIMARY KEY,
                 key BLOB NOT NULL UNIQUE,
                 recording TEXT NOT NULL,
                 bought_at INTEGER NOT NULL,
                 sha256 BLOB NOT NULL,
                 body BLOB NOT NULL
             );
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {FORMAT};
             COMMIT;"
        ))
        .map_err(database)
}

/// Saves what is handed over until every sender is gone: whatever has gathered goes into one transaction.
fn write_groups(mut connection: Connection, puts: &Receiver<Put>, path: &Path) {
    while let Ok(first) = puts.recv() {
        let group: Vec<Put> = std::iter::once(first).chain(puts.try_iter().take(GROUP - 1)).collect();
        let written = write_group(&mut connection, &group);
        for put in group {
            // SQLite's error cannot be cloned: every caller gets one that says the same.
            (put.saved)(written.as_ref().copied().map_err(|source| StoreError::Database {
                path: path.to_owned(),
                source: rusqlite::Error::ToSqlConversionFailure(source.to_string().into()),
            }));
        }
    }
}

fn write_group(connection: &mut Connection, group: &[Put]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut statement = transaction.prepare_cached(
            "INSERT INTO answers (key, recording, bought_at, sha256, body) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE SET recording = ?2, bought_at = ?3, sha256 = ?4, body = ?5",
        )?;
        for Put { key, row, .. } in group {
            statement.execute(params![key.0, row.recording, row.bought_at, row.sha256, row.body])?;
        }
    }
    transaction.commit()
}

fn pack(key: &Key, exchange: &Exchange) -> Result<Row, StoreError> {
    let damaged = |why: String| StoreError::Damaged { key: key.to_string(), why };
    let json = serde_json::to_vec(exchange).map_err(|error| damaged(error.to_string()))?;
    let body = zstd::bulk::compress(&json, COMPRESSION).map_err(|error| damaged(error.to_string()))?;
    Ok(Row {
        recording: exchange.recording.clone(),
        bought_at: exchange.bought_at,
        sha256: Sha256::digest(&json).into(),
        body,
    })
}

fn unpack(key: &Key, body: &[u8], sha256: &[u8]) -> Result<Exchange, StoreError> {
    let damaged = |why: String| StoreError::Damaged { key: key.to_string(), why };
    let json = zstd::bulk::Decompressor::new()
        .and_then(|mut decompressor| {
            let capacity = zstd::bulk::Decompressor::upper_bound(body).unwrap_or(MAX_BODY).min(MAX_BODY);
            decompressor.decompress(body, capacity)
        })
        .map_err(|error| damaged(error.to_string()))?;
    if Sha256::digest(&json)[..] != *sha256 {
        return Err(damaged("its hash does not match".to_owned()));
    }
    serde_json::from_slice(&json).map_err(|error| damaged(error.to_string()))
}
