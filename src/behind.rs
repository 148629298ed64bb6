//! Work that follows writes a few times a second, on a thread of its own, so that no writer waits for a disk.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two pieces of work.
const INTERVAL: Duration = Duration::from_millis(200);

/// A thread that works after something was written.
#[derive(Debug)]
pub struct Behind {
    /// Gone when the thread is to end.
    senders: Option<(SyncSender<()>, Sender<()>)>,
    thread: Option<JoinHandle<()>>,
    failed: Arc<Mutex<Option<io::Error>>>,
}

impl Behind {
    /// Begins a thread that does this work.
    pub fn new(work: impl FnMut() -> io::Result<()> + Send + 'static) -> Self {
        let (written, writes) = sync_channel(1);
        let (end, ends) = channel();
        let failed = Arc::new(Mutex::new(None));
        let thread = std::thread::spawn({
            let failed = Arc::clone(&failed);
            move || follow(work, &writes, &ends, &failed)
        });
        Self { senders: Some((written, end)), thread: Some(thread), failed }
    }

    /// Says that something was written.
    ///
    /// # Errors
    /// What went wrong when the work was done before.
    pub fn written(&self) -> io::Result<()> {
        if let Some((written, _)) = &self.senders {
            // A full channel means that work is due already.
            _ = written.try_send(());
        }
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// Begins the last piece of work: nothing more will be written.
    pub fn end(&mut self) {
        self.senders = None;
    }
}

fn follow(
    mut work: impl FnMut() -> io::Result<()>,
    writes: &Receiver<()>,
    ends: &Receiver<()>,
    failed: &Mutex<Option<io::Error>>,
) {
    let mut work = || {
        if let Err(error) = work() {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    };
    while writes.recv().is_ok() {
        work();
        if ends.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    // What was written since is announced here, if there is any.
    if writes.try_recv().is_ok() {
        work();
    }
}

impl Drop for Behind {
    /// Waits for the last piece of work.
    fn drop(&mut self) {
        self.end();
        if let Some(thread) = self.thread.take() {
            // It has nothing left to tell.
            drop(thread.join());
        }
    }
}
