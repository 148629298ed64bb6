//! A row of the ledger, and what claiming and settling do to it. The arithmetic stands here, not in SQL.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::process::is_dead;
use super::{Call, Claim, Key};
use crate::domain::Usd;

/// Where the calls of a run for a key stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// One is out: it may be billed at any moment.
    Sent,
    /// Answered; the answer was saved in the same transaction.
    Done,
    /// Failed, and what it cost is known or counted as uncertain.
    Failed,
    /// One was lost sight of: it may have been billed.
    Uncertain,
}

/// Every state with its name in the file.
const STATES: &[(State, &str)] =
    &[(State::Sent, "sent"), (State::Done, "done"), (State::Failed, "failed"), (State::Uncertain, "uncertain")];

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(STATES[*self as usize].1.into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        let row = STATES.iter().find(|row| row.1 == name);
        row.map(|row| row.0).ok_or_else(|| FromSqlError::Other(format!("`{name}` is no state of a call").into()))
    }
}

/// How a settlement changes a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Settled {
    Done(Option<Usd>),
    Failed(Option<Usd>),
    Uncertain,
}

/// The calls of a run for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) pid: u32,
    /// Where the process id means something.
    machine: String,
    pub(super) state: State,
    /// Calls that left so far.
    sent: u32,
    /// Of these, the ones that nothing is known of yet. A row that was voided keeps them: a process that was only
    /// frozen may still settle them.
    pub(super) open: u32,
    /// Of these, the ones that may have been billed, nobody knows how much.
    uncertain: u32,
    /// The most that an open call may cost; `None` is unknown.
    pub(super) worst_case: Option<Usd>,
    /// The most that the uncertain ones may have cost in all; `None` is unknown.
    uncertain_worst: Option<Usd>,
    /// What is known to be billed in all; `None` is nothing yet, or an answer whose cost is unknown.
    pub(super) cost: Option<Usd>,
    /// In milliseconds since 1970.
    lease_until: i64,
    pub(super) sent_at: i64,
    settled_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "pid, machine, state, sent, open, uncertain, worst_case_pico, uncertain_pico, cost_pico, lease_until, sent_at, \
         settled_at"
    };
}

/// The columns in the order in which [`Entry::read`] takes them.
pub(super) const COLUMNS: &str = columns!();

impl Entry {
    /// Reads the columns of [`COLUMNS`], which must stand first.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let usd = |column| row.get::<_, Option<i64>>(column).map(|pico| pico.map(Usd::from_pico));
        Ok(Self {
            pid: row.get(0)?,
            machine: row.get(1)?,
            state: row.get(2)?,
            sent: row.get(3)?,
            open: row.get(4)?,
            uncertain: row.get(5)?,
            worst_case: usd(6)?,
            uncertain_worst: usd(7)?,
            cost: usd(8)?,
            lease_until: row.get(9)?,
            sent_at: row.get(10)?,
            settled_at: row.get(11)?,
        })
    }

    pub(super) fn load(connection: &Connection, key: &Key, run: &str) -> rusqlite::Result<Option<Self>> {
        Self::load_with_id(connection, key, run).map(|found| found.map(|(entry, _)| entry))
    }

    fn load_with_id(connection: &Connection, key: &Key, run: &str) -> rusqlite::Result<Option<(Self, i64)>> {
        connection
            .prepare_cached(concat!("SELECT ", columns!(), ", rowid FROM calls WHERE key = ?1 AND run = ?2"))?
            .query_row(params![key.0, run], |row| Ok((Self::read(row)?, row.get(12)?)))
            .optional()
    }

    /// Saves a row: a new one, or in place of the one with this id.
    fn save(&self, connection: &Connection, (key, run): (&Key, &str), id: Option<i64>) -> rusqlite::Result<()> {
        let pico = |usd: Option<Usd>| usd.map(Usd::pico);
        let sql = match id {
            None => {
                concat!(
                    "INSERT INTO calls (",
                    columns!(),
                    ", key, run) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
                )
            }
            Some(_) => {
                "UPDATE calls SET pid = ?1, machine = ?2, state = ?3, sent = ?4, open = ?5, uncertain = ?6,
                 worst_case_pico = ?7, uncertain_pico = ?8, cost_pico = ?9, lease_until = ?10, sent_at = ?11,
                 settled_at = ?12 WHERE rowid = ?13"
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let columns = params![
            self.pid,
            self.machine,
            self.state,
            self.sent,
            self.open,
            self.uncertain,
            pico(self.worst_case),
            pico(self.uncertain_worst),
            pico(self.cost),
            self.lease_until,
            self.sent_at,
            self.settled_at,
        ];
        let place: &[&dyn ToSql] = match &id {
            None => &[&key.0, &run],
            Some(id) => &[id],
        };
        statement.execute(&[columns, place].concat()[..]).map(drop)
    }

    fn new(call: &Call, machine: &str) -> Self {
        Self {
            pid: call.pid,
            machine: machine.to_owned(),
            state: State::Sent,
            sent: 0,
            open: 0,
            uncertain: 0,
            worst_case: None,
            uncertain_worst: Some(Usd::ZERO),
            cost: None,
            lease_until: 0,
            sent_at: 0,
            settled_at: None,
        }
    }

    /// Calls of which nobody knows whether they were billed, or how much, with the most that they may have cost in all.
    pub(super) fn uncertain(&self) -> (u64, Option<Usd>) {
        let lost = if self.state == State::Uncertain { self.open } else { 0 };
        (u64::from(self.uncertain) + u64::from(lost), plus(self.uncertain_worst, self.worst_of(lost)))
    }

    fn worst_of(&self, calls: u32) -> Option<Usd> {
        (0..calls).map(|_| self.worst_case).sum()
    }

    /// Counts the open calls as uncertain.
    fn give_up(&mut self) {
        self.uncertain_worst = plus(self.uncertain_worst, self.worst_of(self.open));
        self.uncertain = self.uncertain.saturating_add(self.open);
        self.open = 0;
    }

    fn send(&mut self, call: &Call, machine: &str) {
        if self.state != State::Sent {
            self.give_up();
        }
        self.worst_case = match self.open {
            0 => call.worst_case,
            _ => self.worst_case.zip(call.worst_case).map(|(one, other)| one.max(other)),
        };
        machine.clone_into(&mut self.machine);
        self.pid = call.pid;
        self.state = State::Sent;
        self.sent = self.sent.saturating_add(1);
        self.open += 1;
        self.lease_until = call.now_ms.saturating_add(call.lease_ms);
        self.sent_at = call.now_ms;
        self.settled_at = None;
    }

    fn settle(&mut self, settled: Settled, now_ms: i64) {
        let (state, cost) = match settled {
            Settled::Done(cost) => (State::Done, cost),
            Settled::Failed(cost) => (State::Failed, cost),
            Settled::Uncertain => (State::Uncertain, None),
        };
        match cost {
            Some(cost) => {
                self.cost = Some(self.cost.map_or(cost, |before| before.plus(cost)));
                self.open = 0;
            }
            None => self.give_up(),
        }
        if let (Settled::Done(None), Some(before)) = (settled, self.cost) {
            // What this answer cost in all is no longer known: all of it counts at its worst.
            self.uncertain_worst = plus(self.uncertain_worst, Some(before));
            self.cost = None;
        }
        self.state = state;
        self.settled_at = Some(now_ms);
    }
}

fn plus(one: Option<Usd>, other: Option<Usd>) -> Option<Usd> {
    one.zip(other).map(|(one, other)| one.plus(other))
}

/// Claims the right to send a call, within a transaction that nobody else writes in.
pub(super) fn claim(connection: &Connection, call: &Call, machine: &str) -> rusqlite::Result<Claim> {
    let mut rows = of_key(connection, &call.key)?;
    let own = rows.iter().position(|row| row.run == call.run);
    let is_retry = own.is_some_and(|own| {
        let own = &rows[own].entry;
        own.state == State::Sent && own.pid == call.pid && own.machine == machine
    });
    if !is_retry {
        if !call.anew && is_answered(connection, &call.key)? {
            return Ok(Claim::Answered);
        }
        let mut sent = rows.iter_mut().map(|row| &mut row.entry).filter(|entry| entry.state == State::Sent).peekable();
        let is_open = sent.peek().is_some();
        for entry in sent {
            if entry.is_held(call, machine) {
                return Ok(Claim::Taken { pid: entry.pid, until_ms: entry.lease_until });
            }
            entry.state = State::Uncertain;
            entry.settled_at = Some(call.now_ms);
        }
        if is_open {
            connection
                .prepare_cached("UPDATE calls SET state = ?2, settled_at = ?3 WHERE key = ?1 AND state = 'sent'")?
                .execute(params![call.key.0, State::Uncertain, call.now_ms])?;
        }
    }
    let (mut own, id) = match own {
        Some(own) => {
            let Found { entry, id, .. } = rows.swap_remove(own);
            (entry, Some(id))
        }
        None => (Entry::new(call, machine), None),
    };
    own.send(call, machine);
    own.save(connection, (&call.key, &call.run), id)?;
    Ok(Claim::Mine)
}

/// A row as it was found.
struct Found {
    entry: Entry,
    run: String,
    id: i64,
}

/// The rows of every run for a key.
fn of_key(connection: &Connection, key: &Key) -> rusqlite::Result<Vec<Found>> {
    let sql = concat!("SELECT ", columns!(), ", run, rowid FROM calls WHERE key = ?1");
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &Row<'_>| Ok(Found { entry: Entry::read(row)?, run: row.get(12)?, id: row.get(13)? });
    statement.query_map(params![key.0], read)?.collect()
}

fn is_answered(connection: &Connection, key: &Key) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM answers WHERE key = ?1")?.exists(params![key.0])
}

impl Entry {
    /// Whether a process holds the key against this call: its lease is not over, and it is not known to be dead.
    fn is_held(&self, call: &Call, machine: &str) -> bool {
        let is_ours = !machine.is_empty() && self.machine == machine;
        self.lease_until >= call.now_ms && !(is_ours && is_dead(self.pid))
    }
}

/// Settles the open calls of a run for a key; says whether there were any.
pub(super) fn settle(
    connection: &Connection,
    (key, run): (&Key, &str),
    settled: Settled,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let found = Entry::load_with_id(connection, key, run)?;
    let Some((mut entry, id)) = found.filter(|(entry, _)| entry.open > 0) else { return Ok(false) };
    entry.settle(settled, now_ms);
    entry.save(connection, (key, run), Some(id))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_finds_its_own_row() {
        for (index, (state, name)) in STATES.iter().enumerate() {
            assert_eq!(*state as usize, index);
            assert_eq!(State::column_result(ValueRef::Text(name.as_bytes())).expect("is one"), *state);
        }
        assert!(State::column_result(ValueRef::Text(b"lost")).is_err());
    }

    fn call(worst_case: Option<i64>) -> Call {
        let worst_case = worst_case.map(Usd::from_pico);
        Call { key: Key([1; 32]), run: "r".into(), pid: 1, worst_case, now_ms: 10, lease_ms: 5, anew: false }
    }

    /// A row after these calls and settlements: how many calls are uncertain, their worst case, and the known cost.
    fn after(steps: &[(u32, Option<i64>, Settled)]) -> (u64, Option<i64>, Option<i64>) {
        let mut entry = Entry::new(&call(None), "here");
        for (calls, worst_case, settled) in steps {
            (0..*calls).for_each(|_| entry.send(&call(*worst_case), "here"));
            entry.settle(*settled, 20);
        }
        let (calls, worst) = entry.uncertain();
        (calls, worst.map(Usd::pico), entry.cost.map(Usd::pico))
    }

    #[test]
    fn what_is_not_known_counts_at_its_worst_and_never_as_nothing() {
        let usd = |pico| Some(Usd::from_pico(pico));
        let rows: &[(&[_], _)] = &[
            (&[(1, Some(9), Settled::Done(usd(4)))], (0, Some(0), Some(4))),
            (&[(2, Some(9), Settled::Done(usd(4)))], (0, Some(0), Some(4))),
            (&[(1, Some(9), Settled::Done(None))], (1, Some(9), None)),
            (&[(1, None, Settled::Done(None))], (1, None, None)),
            (&[(2, Some(9), Settled::Uncertain)], (2, Some(18), None)),
            (&[(1, Some(9), Settled::Failed(usd(0))), (1, Some(9), Settled::Done(None))], (1, Some(9), None)),
            (&[(1, Some(9), Settled::Failed(usd(3))), (1, Some(9), Settled::Done(None))], (1, Some(12), None)),
            (&[(1, Some(9), Settled::Failed(usd(3))), (1, Some(9), Settled::Done(usd(4)))], (0, Some(0), Some(7))),
            (&[(1, Some(9), Settled::Failed(None)), (1, Some(8), Settled::Done(usd(4)))], (1, Some(9), Some(4))),
            (&[(1, None, Settled::Uncertain), (1, Some(8), Settled::Done(usd(4)))], (1, None, Some(4))),
        ];
        for (steps, expected) in rows {
            assert_eq!(after(steps), *expected, "{steps:?}");
        }
    }
}
