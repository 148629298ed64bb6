//! The exit codes: stable, documented, and used nowhere else.

use std::process::ExitCode;

use crate::gate::Decision;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; or the gate passed.
    Done,
    /// An unexpected fault.
    Fault,
    /// A usage or suite error; nothing was sent.
    Usage,
    /// The gate: fail.
    Fail,
    /// The gate: inconclusive.
    Inconclusive,
    /// The gate: no data.
    NoData,
    /// Stopped by the budget; what was bought is kept.
    Stopped,
    /// An answer is not in the store, and the network was not allowed.
    Miss,
    /// The provider refused or cannot be reached: key, model, quota, address.
    Refused,
    /// A damaged entry, or something that differs from its lock.
    Integrity,
    /// Another process holds the run.
    Locked,
    /// SIGINT; what was bought is kept.
    Interrupted,
    /// SIGTERM; what was bought is kept.
    Terminated,
}

/// Every ending with its code and meaning, as the README lists them.
pub const EXITS: &[(Exit, u8, &str)] = &[
    (Exit::Done, 0, "done; or the gate passed"),
    (Exit::Fault, 1, "unexpected fault"),
    (Exit::Usage, 2, "usage or suite error; nothing was sent"),
    (Exit::Fail, 3, "the gate: fail"),
    (Exit::Inconclusive, 4, "the gate: inconclusive"),
    (Exit::NoData, 5, "the gate: no data"),
    (Exit::Stopped, 6, "stopped by the budget; what was bought is kept"),
    (Exit::Miss, 7, "an answer is not in the store, and the network was not allowed"),
    (Exit::Refused, 8, "the provider refused or cannot be reached: key, model, quota, address"),
    (Exit::Integrity, 9, "a damaged entry in the store, or something that differs from the lock or the run"),
    (Exit::Locked, 10, "another process holds the run"),
    (Exit::Interrupted, 130, "interrupted; what was bought is kept, the same command goes on"),
    (Exit::Terminated, 143, "terminated; what was bought is kept, the same command goes on"),
];

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        EXITS[self as usize].1
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl From<Decision> for Exit {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Pass => Self::Done,
            Decision::Fail => Self::Fail,
            Decision::Inconclusive => Self::Inconclusive,
            Decision::NoData => Self::NoData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_finds_its_own_row_and_no_code_stands_twice() {
        for (index, (exit, code, _)) in EXITS.iter().enumerate() {
            assert_eq!((*exit as usize, exit.code()), (index, *code));
        }
        let codes: std::collections::BTreeSet<_> = EXITS.iter().map(|row| row.1).collect();
        assert_eq!(codes.len(), EXITS.len());
    }
}
