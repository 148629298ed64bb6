//! Chat Completions, as OpenAI and the servers compatible with it speak it.

mod answer;
mod assemble;
mod body;
mod calls;
mod choice;
mod decode;
mod encode;
#[cfg(test)]
mod stream_properties;
#[cfg(test)]
mod stream_tests;
mod usage;

pub(super) use assemble::assemble;
pub(super) use decode::decode;
pub(super) use encode::encode;
