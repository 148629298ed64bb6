//! The Responses API, OpenAI's successor of Chat Completions.

mod assemble;
mod decode;
mod encode;
mod output;
#[cfg(test)]
mod tests;

pub(super) use assemble::assemble;
pub(super) use decode::decode;
pub(super) use encode::encode;
