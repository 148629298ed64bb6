//! The words of the product as plain data: cases, requests, responses, usage, money, scores, trials.
//!
//! Public fields, no I/O, no async, no clap. Nothing here imports another module of the crate.

mod action;
mod auto_tags;
mod call_digest;
mod case;
mod chord;
mod counts;
mod escapes;
mod exchange;
mod failure;
mod grade;
mod json_text;
mod label;
mod measured;
mod millis;
mod money;
mod pattern;
mod recorded;
mod remarks;
mod request;
mod response;
mod score;
mod tool;
mod trial;
mod usage;

pub use action::{
    ACTIONS, ActionKind, ActionRow, BUTTONS, Button, DIRECTIONS, Direction, ExpectedAction, Place, Target,
};
pub use auto_tags::{AUTO_PREFIX, auto_rank, auto_tags};
pub use call_digest::CallDigest;
pub use case::{Accept, Case, Expected, ExpectedArgument, ExpectedCall, ExpectedCalls};
pub use chord::Chord;
pub use counts::Counts;
pub use escapes::next_escaped;
pub use exchange::{Attempt, Exchange, Reply};
pub use failure::{FAILURE_KINDS, Failure, FailureKind};
pub use grade::Grade;
pub use json_text::JsonText;
pub use label::{Agreed, Label, LabelOutcome, answer_digest, labels_of, majority};
pub use measured::{Labels, Measured};
pub use millis::Millis;
pub use money::Usd;
pub use pattern::Pattern;
pub use recorded::Recorded;
pub use remarks::{Opinion, Preference, Remarks};
pub use request::{Asked, Content, ImageSource, Message, Part, Request, ResponseFormat, Role, Sampling};
pub use response::{FINISH_REASONS, FinishReason, Response};
pub use score::{Outcome, Score, UNSCORED_REASONS, UnscoredReason};
pub use tool::{
    Arguments, Display, FaultLevel, Function, TOOL_FAULTS, Tool, ToolCall, ToolChoice, ToolFault, ToolResult,
};
pub use trial::{Trial, TrialKey};
pub use usage::Usage;
