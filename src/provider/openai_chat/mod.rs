//! Chat Completions, as OpenAI and the servers compatible with it speak it.

mod decode;
mod encode;

pub(super) use decode::decode;
pub(super) use encode::encode;
