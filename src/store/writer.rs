//! The thread that writes: claims at once, and whatever else has gathered in one transaction.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};

use super::body::{Loose, Packed};
use super::calls;
use super::entry::Settled;
use super::error::again;
use super::log::Log;
use super::memory::Memory;
use super::{Call, Claim, Key, StoreError, name};

/// Writes that are taken up at a time at most.
const GROUP: usize = 256;
/// Settlements and answers that are written as soon as so many have gathered.
const ENOUGH: usize = 32;
/// Fewer of them wait until nothing comes for so long: a trial waits for them, and no call.
const PATIENCE: Duration = Duration::from_millis(1);
/// And while something else comes on and on, so often at most.
const TURNS: usize = 8;

/// Called once a write is on disk, or cannot be made.
pub(super) type Told<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// Something to write, and whom to tell. Answers are packed before the transaction begins that others wait for.
pub(super) enum Write<A = Loose> {
    Put { key: Key, answer: A, told: Told<()> },
    Claim { call: Call, told: Told<Claim> },
    Settle { key: Key, run: String, now_ms: i64, settled: Settled, answer: Option<A>, told: Told<()> },
}

/// What a write came to within its transaction.
enum Applied {
    Saved,
    Claimed(Claim),
    Unclaimed,
}

impl Write {
    /// The same with its answer packed. One that cannot be packed ends here.
    fn pack(self) -> Option<Write<Packed>> {
        match self {
            Self::Put { key, answer, told } => match answer.pack(&key) {
                Ok(answer) => Some(Write::Put { key, answer, told }),
                Err(error) => {
                    told(Err(error));
                    None
                }
            },
            Self::Claim { call, told } => Some(Write::Claim { call, told }),
            Self::Settle { key, run, now_ms, settled, answer, told } => {
                match answer.map(|answer| answer.pack(&key)).transpose() {
                    Ok(answer) => Some(Write::Settle { key, run, now_ms, settled, answer, told }),
                    Err(error) => {
                        told(Err(error));
                        None
                    }
                }
            }
        }
    }
}

impl Write<Packed> {
    fn apply(&self, connection: &Connection, memory: &mut Memory) -> rusqlite::Result<Applied> {
        match self {
            Self::Put { key, answer, .. } => {
                let (key, _) = name::find_or_add_key(connection, key)?;
                save(connection, memory, key, answer).map(|()| Applied::Saved)
            }
            Self::Claim { call, .. } => calls::claim(connection, memory, call).map(Applied::Claimed),
            Self::Settle { key, run, now_ms, settled, answer, .. } => {
                let open = calls::open(connection, memory, key, run)?;
                // An answer is paid for: it is kept even when the ledger knows nothing of its call.
                if let Some(answer) = answer {
                    let key = match &open {
                        Some(open) => open.key,
                        None => name::find_or_add_key(connection, key)?.0,
                    };
                    save(connection, memory, key, answer)?;
                }
                match open {
                    Some(open) => open.settle(connection, *settled, *now_ms).map(|()| Applied::Saved),
                    None => Ok(Applied::Unclaimed),
                }
            }
        }
    }
}

impl<A> Write<A> {
    fn tell(self, applied: Result<Applied, StoreError>) {
        match self {
            Self::Put { told, .. } => told(applied.map(drop)),
            Self::Claim { told, .. } => told(applied.and_then(|applied| match applied {
                Applied::Claimed(claim) => Ok(claim),
                Applied::Saved | Applied::Unclaimed => Err(StoreError::Closed),
            })),
            Self::Settle { key, run, told, .. } => told(applied.and_then(|applied| match applied {
                Applied::Saved | Applied::Claimed(_) => Ok(()),
                Applied::Unclaimed => Err(StoreError::Unclaimed { key: key.to_string(), run }),
            })),
        }
    }
}

/// Saves the answer of a key, in place of any older one.
fn save(connection: &Connection, memory: &mut Memory, key: i64, answer: &Packed) -> rusqlite::Result<()> {
    let Packed { recording, bought_at, sha256, body, fields } = answer;
    let recording = memory.name(connection, recording)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO answers (id, recording, bought_at, sha256, body, fields)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![key, recording, bought_at, sha256, body, fields])
        .map(drop)
}

/// The thread, and the way to it.
#[derive(Debug)]
pub(super) struct Writer {
    sender: Sender<Write>,
    thread: JoinHandle<()>,
}

impl Writer {
    pub(super) fn start(connection: Connection, path: PathBuf, machine: String) -> Self {
        let (sender, receiver) = channel();
        let thread = std::thread::spawn(move || write_groups(connection, &receiver, &path, machine));
        Self { sender, thread }
    }

    pub(super) fn send(&self, write: Write) {
        if let Err(unsent) = self.sender.send(write) {
            unsent.0.tell(Err(StoreError::Closed));
        }
    }

    /// Waits until everything handed over is on disk.
    pub(super) fn close(self) {
        drop(self.sender);
        // A panic of the writer was already reported to every waiting caller as `Closed`.
        drop(self.thread.join());
    }
}

/// Writes what is handed over until every sender is gone. A claim is written at once: a call waits for it. What came of
/// calls is gathered for a moment, and compressed while no claim waits.
fn write_groups(connection: Connection, writes: &Receiver<Write>, path: &Path, machine: String) {
    let mut desk =
        Desk { connection, memory: Memory::new(machine), failed: None, path, log: Log::new(path.to_owned()) };
    let mut gathered = Gathered::default();
    loop {
        let first = if gathered.writes.is_empty() {
            writes.recv().ok()
        } else {
            match writes.recv_timeout(PATIENCE) {
                Ok(write) => Some(write),
                Err(RecvTimeoutError::Timeout) => {
                    desk.write(gathered.take());
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => None,
            }
        };
        let Some(first) = first else { break };
        let coming = std::iter::once(first).chain(writes.try_iter().take(GROUP - 1));
        let (claims, rest): (Vec<_>, Vec<_>) = coming.partition(|write| matches!(write, Write::Claim { .. }));
        desk.write(claims);
        gathered.add(rest);
        if gathered.is_enough() {
            desk.write(gathered.take());
        }
    }
    desk.write(gathered.take());
}

/// What waits to be written together.
#[derive(Default)]
struct Gathered {
    writes: Vec<Write>,
    /// How often something came since the first of them.
    turns: usize,
}

impl Gathered {
    fn add(&mut self, writes: Vec<Write>) {
        self.turns += usize::from(!self.writes.is_empty());
        self.writes.extend(writes);
    }

    fn is_enough(&self) -> bool {
        self.writes.len() >= ENOUGH || self.turns >= TURNS
    }

    fn take(&mut self) -> Vec<Write> {
        self.turns = 0;
        std::mem::take(&mut self.writes)
    }
}

/// Where writes are made, and what is known of them.
struct Desk<'p> {
    connection: Connection,
    memory: Memory,
    /// The first write that failed. After it no claim is granted any more; what was bought before may still be saved.
    failed: Option<rusqlite::Error>,
    path: &'p Path,
    log: Log,
}

impl Desk<'_> {
    /// Writes a group, and tells everybody what came of it.
    fn write(&mut self, group: Vec<Write>) {
        let mut group: Vec<Write<Packed>> = group.into_iter().filter_map(Write::pack).collect();
        let tell = |write: Write<Packed>, error: &rusqlite::Error| {
            write.tell(Err(StoreError::Database { path: self.path.to_owned(), source: again(error) }));
        };
        if let Some(error) = &self.failed {
            // On a full disk a claim may fit where the answers before it did not: nothing more is to be sent for.
            group.extract_if(.., |write| matches!(write, Write::Claim { .. })).for_each(|claim| tell(claim, error));
        }
        if group.is_empty() {
            return;
        }
        match write_group(&mut self.connection, &group, &mut self.memory) {
            Ok(applied) => {
                self.log.add(group.len());
                group.into_iter().zip(applied).for_each(|(write, applied)| write.tell(Ok(applied)));
            }
            Err(error) => {
                self.memory.forget();
                for write in group {
                    tell(write, &error);
                }
                self.failed.get_or_insert(error);
            }
        }
    }
}

fn write_group(
    connection: &mut Connection,
    group: &[Write<Packed>],
    memory: &mut Memory,
) -> rusqlite::Result<Vec<Applied>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    memory.begin(&transaction)?;
    let applied = group.iter().map(|write| write.apply(&transaction, memory)).collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(applied)
}
