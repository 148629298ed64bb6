//! SQLite's write-ahead log, moved into the file beside the thread that writes: to do so means to wait for the disk.

use std::path::PathBuf;

use super::sqlite::connect;
use crate::behind::Behind;

/// Writes after which the log is worth the waiting.
const MANY: usize = 512;

/// The log, as far as it has grown.
pub(super) struct Log {
    writes: usize,
    behind: Behind,
}

impl Log {
    /// The log of a store.
    pub(super) fn new(path: PathBuf) -> Self {
        let mut connection = None;
        let behind = Behind::new(move || {
            if connection.is_none() {
                connection = connect(&path).ok();
            }
            if let Some(connection) = &connection {
                // It keeps nobody waiting who writes or reads. What cannot be moved now is moved later, at the end of the
                // store at last.
                drop(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
            }
            Ok(())
        });
        Self { writes: 0, behind }
    }

    /// Counts writes that are in the log.
    pub(super) fn add(&mut self, writes: usize) {
        self.writes += writes;
        if self.writes >= MANY {
            self.writes = 0;
            // The work behind never fails.
            drop(self.behind.written());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    #[test]
    fn a_log_is_moved_once_it_is_long_while_the_store_is_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.sqlite");
        let store = Store::open(&path).expect("opens");
        let length = || path.metadata().expect("is there").len();
        let before = length();
        let more = connect(&path).expect("opens").execute_batch("CREATE TABLE more (room)");
        more.expect("stands in the log");
        for (writes, is_moved) in [(MANY - 1, false), (MANY, true)] {
            let mut log = Log::new(path.clone());
            log.add(writes);
            // This waits for the work that has begun.
            drop(log);
            assert_eq!(length() > before, is_moved, "{writes}");
        }
        drop(store);
    }
}
