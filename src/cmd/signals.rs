//! SIGINT and SIGTERM while a replay runs.

use crate::exit::Exit;
use crate::replay::StopReason;

/// Listens for the signals that end a run.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Waits for the next one. An error of the listener counts as an interrupt: better to stop than not to hear one.
    pub(super) async fn next(&mut self) -> StopReason {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => StopReason::Interrupted,
            _ = self.terminate.recv() => StopReason::Terminated,
        }
        #[cfg(not(unix))]
        {
            drop(tokio::signal::ctrl_c().await);
            StopReason::Interrupted
        }
    }
}

/// The exit code of a signal.
pub(super) fn exit(reason: &StopReason) -> Exit {
    if *reason == StopReason::Terminated { Exit::Terminated } else { Exit::Interrupted }
}
