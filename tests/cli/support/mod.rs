//! A folder with a suite and cases, the binary, and a server on this machine that answers as it is told.

mod server;
pub(crate) mod speaks;
mod workspace;

pub(crate) use server::{Answer, Hold, Seen, Server, read};
pub(crate) use workspace::{Outcome, Workspace, signal, suite};
