//! The folder of a run, `results/<run>/`: create, append, resume, open.

mod manifest;

pub use manifest::{ArmInfo, DatasetInfo, Manifest, PriceInfo, SCHEMA_VERSION, SuiteInfo};
