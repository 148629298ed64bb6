//! The store in one SQLite file: write-ahead log, several processes at once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::body::{Loose, unpack};
use super::entry::Settled;
use super::writer::{Write, Writer};
use super::{Call, Claim, Fields, Key, Settle, Settlement, StoreError, create, process, schema};
use crate::domain::Exchange;

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_mins(1);
/// KiB of the file that a connection keeps in memory: keys come in no order, so that any page may be next.
const CACHE: u32 = 4096;
/// Pages in the log after which the thread that writes moves them into the file itself, and the log begins anew. Most were
/// moved beside it by then; without a pause between two writes it grows so far.
const LOG: u32 = 32_000;

/// An open store. A thread with a connection of its own writes in groups; reads, and the rare writes that concern the
/// store as a whole, go through another.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
    writer: Option<Writer>,
}

/// An answer to keep.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its key.
    pub key: Key,
    /// The answer.
    pub exchange: &'a Exchange,
    /// What was asked, for `cache why-miss`.
    pub fields: Option<&'a Fields>,
}

impl Store {
    /// Opens a store for reading and writing; makes it and its folder when they are not there, for their owner alone.
    /// A store of an older format is brought up to date.
    ///
    /// # Errors
    /// The folder cannot be made, or the file cannot be used or is no store.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create::create(path)?;
        Self::from_connection(connect(path)?, path)
    }

    /// A store whose writer has this connection.
    pub(super) fn from_connection(mut writer: Connection, path: &Path) -> Result<Self, StoreError> {
        schema::prepare(&mut writer, path)?;
        let reader = connect(path)?;
        let tune = format!("PRAGMA cache_size = -{CACHE}; PRAGMA wal_autocheckpoint = {LOG}");
        for connection in [&writer, &reader] {
            let database = |source| StoreError::Database { path: path.to_owned(), source };
            connection.execute_batch(&tune).map_err(database)?;
        }
        let connection = Mutex::new(reader);
        let writer = Some(Writer::start(writer, path.to_owned(), process::machine()));
        Ok(Self { path: path.to_owned(), connection, writer })
    }

    /// The answer of a key, of any recording or of one alone.
    ///
    /// # Errors
    /// The file cannot be read, or the entry does not match its hash.
    pub fn get(&self, key: &Key, recording: Option<&str>) -> Result<Option<Exchange>, StoreError> {
        let found = self.with(|connection| find(connection, key, recording))?;
        found.map(|packed| packed.unpack(key)).transpose()
    }

    /// The answers of many keys, each as [`Store::get`] gives it, of any recording: together they are read far faster
    /// than one by one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get_all(&self, keys: &[Key]) -> Result<Vec<Result<Option<Exchange>, StoreError>>, StoreError> {
        let found: Vec<_> = self.with(|connection| {
            let reading = connection.transaction()?;
            keys.iter().map(|key| find(&reading, key, None)).collect()
        })?;
        // Other threads may read meanwhile.
        Ok(keys.iter().zip(found).map(|(key, found)| found.map(|found| found.unpack(key)).transpose()).collect())
    }

    /// Whether there is an answer for a key.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn contains(&self, key: &Key) -> Result<bool, StoreError> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM answers WHERE id = (SELECT id FROM keys WHERE key = ?1)")?
                .exists(params![key.0])
        })
    }

    /// What was asked for an answer, where that was kept.
    ///
    /// # Errors
    /// The file cannot be read, or what is kept cannot be understood.
    pub fn fields(&self, key: &Key) -> Result<Option<Fields>, StoreError> {
        let found: Option<Option<Vec<u8>>> = self.with(|connection| {
            connection
                .prepare_cached("SELECT fields FROM answers WHERE id = (SELECT id FROM keys WHERE key = ?1)")?
                .query_row(params![key.0], |row| row.get(0))
                .optional()
        })?;
        let damaged = |why| StoreError::Damaged { key: key.to_string(), why };
        found.flatten().map(|fields| Fields::decode(&fields).map_err(damaged)).transpose()
    }

    /// Saves an answer in place of any older one of the same key. `saved` is called once it is on disk, from another
    /// thread; what comes close together shares a transaction.
    pub fn put(&self, answer: Answer<'_>, saved: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let Answer { key, exchange, fields } = answer;
        match Loose::new(&key, exchange, fields) {
            Ok(answer) => self.write(Write::Put { key, answer, told: Box::new(saved) }),
            Err(error) => saved(Err(error)),
        }
    }

    /// Claims the right to send a call. `decided` is called once the claim is on disk, from another thread.
    ///
    /// A claim whose lease is over, or whose process is dead, is void: its calls count as uncertain. A run's own claim
    /// is renewed by the process that holds it, once for every attempt.
    pub fn claim(&self, call: Call, decided: impl FnOnce(Result<Claim, StoreError>) + Send + 'static) {
        self.write(Write::Claim { call, told: Box::new(decided) });
    }

    /// Settles the open calls of a run for a key, late ones too: an answer is kept in any case. `saved` is called once
    /// all of it is on disk, from another thread.
    pub fn settle(&self, settle: Settle<'_>, saved: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        let Settle { key, run, now_ms, settlement } = settle;
        let (settled, answer) = match settlement {
            Settlement::Done { exchange, fields, cost } => match Loose::new(&key, exchange, fields) {
                Ok(answer) => (Settled::Done(cost), Some(answer)),
                Err(error) => return saved(Err(error)),
            },
            Settlement::Failed { cost } => (Settled::Failed(cost), None),
            Settlement::Uncertain => (Settled::Uncertain, None),
        };
        self.write(Write::Settle { key, run: run.to_owned(), now_ms, settled, answer, told: Box::new(saved) });
    }

    /// Every key, in ascending order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT key FROM answers JOIN keys USING (id) ORDER BY key")?;
            statement.query_map([], |row| row.get(0).map(Key))?.collect()
        })
    }

    fn write(&self, write: Write) {
        // Only dropping the store takes the writer away.
        if let Some(writer) = &self.writer {
            writer.send(write);
        }
    }

    /// Does something with the connection that is not the writer's.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut connection).map_err(|source| StoreError::Database { path: self.path.clone(), source })
    }

    /// The bytes that the store takes on disk, with its log.
    pub(super) fn size(&self) -> u64 {
        let log = self.path.with_file_name({
            let mut name = self.path.file_name().unwrap_or_default().to_owned();
            name.push("-wal");
            name
        });
        [&self.path, &log].into_iter().filter_map(|path| path.metadata().ok()).map(|found| found.len()).sum()
    }
}

impl Drop for Store {
    /// Waits until everything handed over is on disk.
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.close();
        }
    }
}

/// An answer as the file has it.
struct Stored {
    body: Vec<u8>,
    sha256: Vec<u8>,
}

impl Stored {
    fn unpack(&self, key: &Key) -> Result<Exchange, StoreError> {
        unpack(&self.body, &self.sha256).map_err(|why| StoreError::Damaged { key: key.to_string(), why })
    }
}

/// The answer of a key.
fn find(connection: &Connection, key: &Key, recording: Option<&str>) -> rusqlite::Result<Option<Stored>> {
    let read = |row: &Row<'_>| {
        let blob = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob()?.to_vec());
        Ok(Stored { body: blob(0)?, sha256: blob(1)? })
    };
    // No join, and no parameter that may be NULL: SQLite would plan again for every key.
    let found = match recording {
        None => connection
            .prepare_cached("SELECT body, sha256 FROM answers WHERE id = (SELECT id FROM keys WHERE key = ?1)")?
            .query_row(params![key.0], read),
        Some(recording) => connection
            .prepare_cached(
                "SELECT body, sha256 FROM answers WHERE id = (SELECT id FROM keys WHERE key = ?1)
                 AND recording = (SELECT id FROM names WHERE name = ?2)",
            )?
            .query_row(params![key.0, recording], read),
    };
    found.optional()
}

/// A connection to a file that is there.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    };
    open().map_err(|source| StoreError::Database { path: path.to_owned(), source })
}
