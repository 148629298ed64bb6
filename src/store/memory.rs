//! What the thread that writes remembers of the tables, so that it need not read them again: as long as nobody else
//! writes.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rusqlite::Connection;

use super::calls::Placed;
use super::{Key, name};

/// Open calls that are remembered at most: more than are ever in flight.
const OPEN: usize = 4096;

/// What is known of the tables.
#[derive(Debug)]
pub(super) struct Memory {
    machine: String,
    /// What SQLite calls the version of the data: it changes with what others write.
    version: Option<i64>,
    names: HashMap<String, i64, FixedState>,
    open: HashMap<(Key, i64), Placed, FixedState>,
}

/// A run and the machine that this process works on, by number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) run: i64,
    pub(super) machine: i64,
    /// Whether the machine can be told from others.
    pub(super) is_known: bool,
}

impl Memory {
    pub(super) fn new(machine: String) -> Self {
        Self { machine, version: None, names: HashMap::default(), open: HashMap::default() }
    }

    /// Begins a transaction that nobody else writes in. What another connection has written before may concern anything.
    pub(super) fn begin(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let version = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version != Some(version) {
            self.forget();
            self.version = Some(version);
        }
        Ok(())
    }

    /// Forgets everything: what was written was taken back.
    pub(super) fn forget(&mut self) {
        self.version = None;
        self.names.clear();
        self.open.clear();
    }

    /// The number of a name, a new one where it has none.
    pub(super) fn name(&mut self, connection: &Connection, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let id = name::find_or_add(connection, name)?;
        self.names.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Where a run is worked on by this process.
    pub(super) fn place(&mut self, connection: &Connection, run: &str) -> rusqlite::Result<Place> {
        let run = self.name(connection, run)?;
        let is_known = !self.machine.is_empty();
        let machine = match self.names.get(&self.machine) {
            Some(id) => *id,
            None => self.name(connection, &self.machine.clone())?,
        };
        Ok(Place { run, machine, is_known })
    }

    /// Remembers the open calls of a run for a key.
    pub(super) fn keep(&mut self, key: Key, placed: Placed) {
        if self.open.len() >= OPEN {
            self.open.clear();
        }
        self.open.insert((key, placed.run), placed);
    }

    /// The open calls of a run for a key, as far as they are remembered. They are forgotten: they are about to change.
    pub(super) fn take(&mut self, key: Key, run: i64) -> Option<Placed> {
        self.open.remove(&(key, run))
    }

    /// Forgets the open calls of every run.
    pub(super) fn forget_open(&mut self) {
        self.open.clear();
    }
}
