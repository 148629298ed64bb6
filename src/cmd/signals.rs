//! SIGINT and SIGTERM while a replay runs.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::exit::Exit;
use crate::replay::StopReason;
use crate::score::end_programs;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// How many runs are listening: as long as one does, it is the one to answer.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

/// Listens for the signals that end a run. It listens without a break: what arrives between two calls of `next` is
/// heard by the later one.
pub(super) struct Signals(Streams);

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        let streams = Streams::open()?;
        LISTENING.fetch_add(1, Ordering::SeqCst);
        Ok(Self(streams))
    }

    fn listen_on(runtime: tokio::runtime::Runtime) -> std::io::Result<Waiting> {
        let signals = runtime.block_on(async { Self::listen() })?;
        Ok(Waiting { runtime, signals })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> StopReason {
        self.0.next().await
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        LISTENING.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Streams {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
}

impl Streams {
    fn open() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: ctrl_c()?,
        })
    }

    async fn next(&mut self) -> StopReason {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => StopReason::Interrupted,
            _ = self.terminate.recv() => StopReason::Terminated,
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            StopReason::Interrupted
        }
    }
}

/// Ends the process at the next signal that no run listens for: while a report is written nothing is in flight that
/// could be lost, and every file is replaced whole.
pub(super) fn end_at_the_next() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let Ok(mut signals) = Streams::open() else { return };
            loop {
                let reason = signals.next().await;
                if LISTENING.load(Ordering::SeqCst) > 0 {
                    continue;
                }
                end_programs();
                #[expect(clippy::exit, reason = "the user asked for it, and there is nothing to finish")]
                std::process::exit(exit(&reason).code().into());
            }
        });
    });
    Ok(())
}

/// Tells of every signal from now on, on a thread of its own, to whoever waits for something else meanwhile.
pub(super) fn forward(tell: impl Fn(StopReason) + Send + 'static) -> std::io::Result<()> {
    let mut signals = Signals::listen_on(tokio::runtime::Builder::new_current_thread().enable_all().build()?)?;
    std::thread::spawn(move || {
        loop {
            tell(signals.wait());
        }
    });
    Ok(())
}

/// Signals with a runtime of their own, for code that waits for nothing else.
struct Waiting {
    runtime: tokio::runtime::Runtime,
    signals: Signals,
}

impl Waiting {
    fn wait(&mut self) -> StopReason {
        self.runtime.block_on(self.signals.next())
    }
}

/// The exit code of a signal.
pub(super) fn exit(reason: &StopReason) -> Exit {
    if *reason == StopReason::Terminated { Exit::Terminated } else { Exit::Interrupted }
}
