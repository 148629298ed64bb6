//! A folder with a suite and cases, the binary, and a server on this machine that answers as it is told.

mod server;
mod workspace;

pub use server::{Answer, Seen, Server};
pub use workspace::{Outcome, Workspace, suite};
