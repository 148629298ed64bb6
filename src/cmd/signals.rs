//! SIGINT and SIGTERM while a replay runs.

use crate::exit::Exit;
use crate::replay::StopReason;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

/// Listens for the signals that end a run. It listens without a break: what arrives between two calls of `next` is
/// heard by the later one.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: ctrl_c()?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> StopReason {
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

/// Ends the process at the next signal: while a report is written nothing is in flight that could be lost, and every
/// file is replaced whole.
pub(super) fn end_at_the_next() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if let Ok(mut signals) = Signals::listen() {
                let reason = signals.next().await;
                #[expect(clippy::exit, reason = "the user asked for it, and there is nothing to finish")]
                std::process::exit(exit(&reason).code().into());
            }
        });
    });
    Ok(())
}

/// The exit code of a signal.
pub(super) fn exit(reason: &StopReason) -> Exit {
    if *reason == StopReason::Terminated { Exit::Terminated } else { Exit::Interrupted }
}
