//! What a row of the ledger says, and what claiming and settling do to it. The arithmetic stands here, not in SQL.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::memory::Place;
use super::process::is_dead;
use super::{Call, Key};
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
    /// Where the process id means something, by number.
    pub(super) machine: i64,
    pub(super) state: State,
    /// Calls that left so far.
    pub(super) sent: u32,
    /// Of these, the ones that nothing is known of yet. A row that was voided keeps them: a process that was only
    /// frozen may still settle them.
    pub(super) open: u32,
    /// Of these, the ones that may have been billed, nobody knows how much.
    pub(super) uncertain: u32,
    /// The most that an open call may cost; `None` is unknown.
    pub(super) worst_case: Option<Usd>,
    /// The most that the uncertain ones may have cost in all; `None` is unknown.
    pub(super) uncertain_worst: Option<Usd>,
    /// What is known to be billed in all; `None` is nothing yet, or an answer whose cost is unknown.
    pub(super) cost: Option<Usd>,
    /// In milliseconds since 1970.
    pub(super) lease_until: i64,
    pub(super) sent_at: i64,
    pub(super) settled_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "pid, machine, state, sent, open, uncertain, worst_case_pico, uncertain_pico, cost_pico, lease_until, sent_at, \
         settled_at"
    };
}

pub(super) use columns;

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

    /// The calls of a run for a key.
    pub(super) fn load(connection: &Connection, key: &Key, run: &str) -> rusqlite::Result<Option<Self>> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM calls WHERE key = (SELECT id FROM keys WHERE key = ?1) AND run = (SELECT id FROM names WHERE name = ?2)"
        );
        connection.prepare_cached(sql)?.query_row(params![key.0, run], Self::read).optional()
    }

    pub(super) fn new(call: &Call, machine: i64) -> Self {
        Self {
            pid: call.pid,
            machine,
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

    pub(super) fn send(&mut self, call: &Call, machine: i64) {
        if self.state != State::Sent {
            self.give_up();
        }
        self.worst_case = match self.open {
            0 => call.worst_case,
            _ => self.worst_case.zip(call.worst_case).map(|(one, other)| one.max(other)),
        };
        self.machine = machine;
        self.pid = call.pid;
        self.state = State::Sent;
        self.sent = self.sent.saturating_add(1);
        self.open += 1;
        self.lease_until = call.now_ms.saturating_add(call.lease_ms);
        self.sent_at = call.now_ms;
        self.settled_at = None;
    }

    pub(super) fn settle(&mut self, settled: Settled, now_ms: i64) {
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

impl Entry {
    /// Whether a claim is the next attempt of the process that holds the key.
    pub(super) fn is_retried(&self, call: &Call, place: Place) -> bool {
        self.state == State::Sent && self.pid == call.pid && self.machine == place.machine
    }

    /// Whether a process holds the key against this call: its lease is not over, and it is not known to be dead.
    pub(super) fn is_held(&self, call: &Call, place: Place) -> bool {
        let is_ours = place.is_known && self.machine == place.machine;
        self.lease_until >= call.now_ms && !(is_ours && is_dead(self.pid))
    }
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
        let mut entry = Entry::new(&call(None), 1);
        for (calls, worst_case, settled) in steps {
            (0..*calls).for_each(|_| entry.send(&call(*worst_case), 1));
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
