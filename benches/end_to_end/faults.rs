//! Faults on demand, drawn by the body and the attempt, so that every client meets the same ones.

use crate::dataset::mix;

/// How an attempt fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Status 429, to be asked again after a second.
    RateLimit,
    /// Status 500.
    ServerError,
    /// The connection is reset before any answer.
    Reset,
    /// The body ends before its content-length.
    Cut,
    /// Status 200 with a body that is no JSON.
    NotJson,
}

/// Which faults there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// None.
    None,
    /// What a server says when it will not answer now.
    Refusals,
    /// What a broken connection or proxy does.
    Breaks,
}

/// Every script with its name.
pub(crate) const SCRIPTS: &[(Script, &str)] =
    &[(Script::None, "none"), (Script::Refusals, "refusals"), (Script::Breaks, "breaks")];

/// The faults of each script, in percent of all attempts.
const RATES: &[(Script, Fault, u64)] = &[
    (Script::Refusals, Fault::RateLimit, 5),
    (Script::Refusals, Fault::ServerError, 2),
    (Script::Breaks, Fault::Reset, 1),
    (Script::Breaks, Fault::Cut, 1),
    (Script::Breaks, Fault::NotJson, 1),
];

impl Script {
    pub(crate) fn name(self) -> &'static str {
        SCRIPTS.iter().find(|row| row.0 == self).map_or("none", |row| row.1)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        SCRIPTS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The fault of an attempt (from 1) at a body, if any.
    pub(crate) fn draw(self, body: u64, attempt: u32) -> Option<Fault> {
        let drawn = mix(body ^ mix(u64::from(attempt))) % 100;
        let mut below = 0;
        RATES.iter().filter(|row| row.0 == self).find_map(|&(_, fault, percent)| {
            below += percent;
            (drawn < below).then_some(fault)
        })
    }
}
