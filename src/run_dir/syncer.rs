//! Brings what was written to the disk itself, a few times a second: a power cut then loses little, and no answer waits
//! for a disk.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two syncs.
const INTERVAL: Duration = Duration::from_millis(200);

/// A thread that syncs a file after it was written.
#[derive(Debug)]
pub(super) struct Syncer {
    /// Gone when the thread is to end.
    senders: Option<(SyncSender<()>, Sender<()>)>,
    thread: Option<JoinHandle<()>>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Syncer {
    pub(super) fn new(file: File) -> Self {
        let (written, writes) = sync_channel(1);
        let (end, ends) = channel();
        let failed = Arc::new(Mutex::new(None));
        let thread = std::thread::spawn({
            let failed = Arc::clone(&failed);
            move || sync_all(&file, &writes, &ends, &failed)
        });
        Self { senders: Some((written, end)), thread: Some(thread), failed }
    }

    /// Says that the file was written. Gives back why an earlier sync failed.
    pub(super) fn written(&self) -> io::Result<()> {
        if let Some((written, _)) = &self.senders {
            // A full channel means that a sync is due already.
            _ = written.try_send(());
        }
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Begins the last sync: nothing more will be written.
    pub(super) fn end(&mut self) {
        self.senders = None;
    }
}

fn sync_all(file: &File, writes: &Receiver<()>, ends: &Receiver<()>, failed: &Mutex<Option<io::Error>>) {
    let sync = || {
        if let Err(error) = file.sync_data() {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    };
    while writes.recv().is_ok() {
        sync();
        if ends.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    // What was written since the last sync is announced here, if there is any.
    if writes.try_recv().is_ok() {
        sync();
    }
}

impl Drop for Syncer {
    /// Waits for the last sync.
    fn drop(&mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            // It has nothing left to tell.
            drop(thread.join());
        }
    }
}
