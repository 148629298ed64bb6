//! The thread that writes: whatever has gathered goes into one transaction. A claim is granted no sooner than the answers
//! before it are saved, so that a kill loses no more than what is in flight.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior, params};

use super::body::{Loose, Packed};
use super::calls;
use super::entry::Settled;
use super::error::again;
use super::log::Log;
use super::memory::Memory;
use super::{Call, Claim, Key, StoreError, name};

/// Writes in one transaction at most.
const GROUP: usize = 256;

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

/// Writes what is handed over until every sender is gone. After a write that failed no claim is granted any more; what was
/// bought before may still be saved.
fn write_groups(mut connection: Connection, writes: &Receiver<Write>, path: &Path, machine: String) {
    let mut memory = Memory::new(machine);
    let mut log = Log::new(path.to_owned());
    let mut failed: Option<rusqlite::Error> = None;
    let tell = |write: Write<Packed>, error: &rusqlite::Error| {
        write.tell(Err(StoreError::Database { path: path.to_owned(), source: again(error) }));
    };
    while let Ok(first) = writes.recv() {
        let group = std::iter::once(first).chain(writes.try_iter().take(GROUP - 1));
        let mut group: Vec<Write<Packed>> = group.filter_map(Write::pack).collect();
        if let Some(error) = &failed {
            // On a full disk a claim may fit where the answers before it did not: nothing more is to be sent for.
            group.extract_if(.., |write| matches!(write, Write::Claim { .. })).for_each(|claim| tell(claim, error));
        }
        match write_group(&mut connection, &group, &mut memory) {
            Ok(applied) => {
                log.add(group.len());
                group.into_iter().zip(applied).for_each(|(write, applied)| write.tell(Ok(applied)));
            }
            Err(error) => {
                memory.forget();
                for write in group {
                    tell(write, &error);
                }
                failed.get_or_insert(error);
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
