//! Gemini's protocol, `generateContent`: the model is in the path, and a streamed answer is the same object in pieces.

mod answer;
mod assemble;
mod contents;
mod decode;
mod encode;
mod error_body;
mod usage;

pub(super) use assemble::assemble;
pub(super) use decode::decode;
pub(super) use encode::encode;
