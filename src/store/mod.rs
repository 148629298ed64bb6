//! The response store: what was asked, hashed, gives back what was answered; and the ledger of the calls that bought it.
//!
//! Only complete answers are kept, never failures. A key holds everything that changes an answer and nothing else:
//! no secret, no timeout, no concurrency. A call stands in the ledger before it is sent, so that no other process asks
//! the same, and so that a killed one leaves on record what it may have been billed for.

mod body;
mod calls;
mod canonical;
mod create;
mod entry;
mod error;
mod export;
mod fields;
mod gc;
mod import;
mod key;
mod ledger;
mod log;
mod memory;
mod name;
mod nearest;
mod newest;
mod process;
mod scan;
mod schema;
mod sqlite;
mod stats;
mod typical;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use error::StoreError;
pub use export::{ExportError, export, export_to};
pub use fields::Fields;
pub use gc::{Collect, Collected, collect};
pub use import::{ImportCount, ImportError, import};
pub use key::{Key, KeyFields};
pub use ledger::{Call, Claim, OpenCall, Settle, Settlement, Spent};
pub use nearest::{Difference, Nearest};
pub use sqlite::{Answer, Store};
pub use stats::{Calls, Stats};
pub use verify::{Damage, Health, repair, verify};
