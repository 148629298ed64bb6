//! The rows of the ledger in their table: where a claim or a settlement goes.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::entry::{Entry, Settled, State, columns};
use super::memory::{Memory, Place};
use super::{Call, Claim, Key, name};
use crate::domain::Usd;

/// The calls of a run for a key, with their place in the table.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) key: i64,
    pub(super) run: i64,
    entry: Entry,
}

impl Placed {
    /// Reads the columns of an entry, then the numbers of the key and the run.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { entry: Entry::read(row)?, key: row.get(12)?, run: row.get(13)? })
    }

    /// Adds the row, which is not there yet.
    fn add(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.write(
            connection,
            concat!(
                "INSERT INTO calls (",
                columns!(),
                ", key, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
            ),
        )
    }

    /// Writes over the row, which is there.
    fn update(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.write(
            connection,
            "UPDATE calls SET pid = ?1, machine = ?2, state = ?3, sent = ?4, open = ?5, uncertain = ?6,
             worst_case_pico = ?7, uncertain_pico = ?8, cost_pico = ?9, lease_until = ?10, sent_at = ?11,
             settled_at = ?12 WHERE key = ?13 AND run = ?14",
        )
    }

    fn write(&self, connection: &Connection, sql: &'static str) -> rusqlite::Result<()> {
        let pico = |usd: Option<Usd>| usd.map(Usd::pico);
        let Self { key, run, entry } = self;
        let row = params![
            entry.pid,
            entry.machine,
            entry.state,
            entry.sent,
            entry.open,
            entry.uncertain,
            pico(entry.worst_case),
            pico(entry.uncertain_worst),
            pico(entry.cost),
            entry.lease_until,
            entry.sent_at,
            entry.settled_at,
            key,
            run,
        ];
        match connection.prepare_cached(sql)?.execute(row)? {
            1 => Ok(()),
            // What was remembered was not so: nothing of the transaction may stay.
            rows => Err(rusqlite::Error::StatementChangedRows(rows)),
        }
    }

    /// Settles the open calls.
    pub(super) fn settle(mut self, connection: &Connection, settled: Settled, now_ms: i64) -> rusqlite::Result<()> {
        self.entry.settle(settled, now_ms);
        self.update(connection)
    }
}

/// Claims the right to send a call, within a transaction that nobody else writes in.
pub(super) fn claim(connection: &Connection, memory: &mut Memory, call: &Call) -> rusqlite::Result<Claim> {
    let place = memory.place(connection, &call.run)?;
    let retried = memory.take(call.key, place.run).filter(|own| own.entry.is_retried(call, place));
    let (mut own, is_new) = match retried {
        Some(own) => (own, false),
        None => match look(connection, memory, call, place)? {
            Ok(own) => own,
            Err(refused) => return Ok(refused),
        },
    };
    own.entry.send(call, place.machine);
    let write = if is_new { Placed::add } else { Placed::update };
    write(&own, connection)?;
    memory.keep(call.key, own);
    Ok(Claim::Mine)
}

/// The row that a claim goes to, and whether it is new; or why the claim is refused. Voids what stands in its way no
/// longer.
fn look(
    connection: &Connection,
    memory: &mut Memory,
    call: &Call,
    place: Place,
) -> rusqlite::Result<Result<(Placed, bool), Claim>> {
    let (key, is_new) = name::find_or_add_key(connection, &call.key)?;
    let new = || Placed { key, run: place.run, entry: Entry::new(call, place.machine) };
    if is_new {
        return Ok(Ok((new(), true)));
    }
    let mut rows = of_key(connection, key)?;
    let own = rows.iter().position(|row| row.run == place.run);
    if !own.is_some_and(|own| rows[own].entry.is_retried(call, place)) {
        if !call.anew && is_answered(connection, key)? {
            return Ok(Err(Claim::Answered));
        }
        let mut sent = rows.iter_mut().map(|row| &mut row.entry).filter(|entry| entry.state == State::Sent).peekable();
        let is_open = sent.peek().is_some();
        for entry in sent {
            if entry.is_held(call, place) {
                return Ok(Err(Claim::Taken { pid: entry.pid, until_ms: entry.lease_until }));
            }
            entry.state = State::Uncertain;
            entry.settled_at = Some(call.now_ms);
        }
        if is_open {
            memory.forget_open();
            connection
                .prepare_cached("UPDATE calls SET state = ?2, settled_at = ?3 WHERE key = ?1 AND state = 'sent'")?
                .execute(params![key, State::Uncertain, call.now_ms])?;
        }
    }
    Ok(Ok(own.map_or_else(|| (new(), true), |own| (rows.swap_remove(own), false))))
}

/// The rows of every run for a key.
fn of_key(connection: &Connection, key: i64) -> rusqlite::Result<Vec<Placed>> {
    let mut statement =
        connection.prepare_cached(concat!("SELECT ", columns!(), ", key, run FROM calls WHERE key = ?1"))?;
    statement.query_map([key], Placed::read)?.collect()
}

fn is_answered(connection: &Connection, key: i64) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM answers WHERE id = ?1")?.exists([key])
}

/// The row of a key for a run.
fn load(connection: &Connection, key: &Key, run: i64) -> rusqlite::Result<Option<Placed>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", key, run FROM calls WHERE key = (SELECT id FROM keys WHERE key = ?1) AND run = ?2"
    );
    connection.prepare_cached(sql)?.query_row(params![key.0, run], Placed::read).optional()
}

/// The open calls of a run for a key, about to be settled.
pub(super) fn open(
    connection: &Connection,
    memory: &mut Memory,
    key: &Key,
    run: &str,
) -> rusqlite::Result<Option<Placed>> {
    let run = memory.name(connection, run)?;
    let found = match memory.take(*key, run) {
        None => load(connection, key, run)?,
        remembered => remembered,
    };
    Ok(found.filter(|found| found.entry.open > 0))
}
