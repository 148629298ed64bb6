//! Blocks → bytes: one file a format, each with the only sanitiser for its kind of reader.

pub mod annotations;
pub mod case;
pub(in crate::report) mod escape;
pub mod html;
pub mod json;
pub mod label_page;
pub mod markdown;
pub mod pair;
pub mod plan;
mod tags;
pub mod terminal;
