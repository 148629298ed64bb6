//! The Messages API, as Anthropic speaks it.

mod answer;
mod assemble;
mod counts;
mod decode;
mod encode;
mod failure;
mod turns;

pub(super) use assemble::assemble;
pub(super) use decode::decode;
pub(super) use encode::encode;
