//! Tools that a request offers, calls that a response makes, and why a call can be wrong.

use serde::{Deserialize, Serialize};

use super::JsonText;

/// Something that the model may use.
#[derive(Debug, Clone, PartialEq)]
pub enum Tool {
    /// A function of the application.
    Function(Function),
    /// The provider's own search of the web.
    WebSearch,
    /// The provider's own search of files kept there.
    FileSearch {
        /// Ids or names of the stores to search.
        stores: Vec<String>,
    },
    /// Mouse, keyboard and pictures of a screen; the application acts.
    ComputerUse {
        /// The screen, where the application says so.
        display: Option<Display>,
    },
}

/// The size of a screen in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Display {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// A function that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The function's name.
    pub name: String,
    /// What the function does, as the model is told.
    pub description: Option<String>,
    /// JSON Schema of the arguments; `None` when the function takes none.
    pub parameters: Option<JsonText>,
    /// Whether the provider must enforce the schema while decoding.
    pub strict: Option<bool>,
}

impl Tool {
    /// The function, if it is one.
    #[must_use]
    pub fn function(&self) -> Option<&Function> {
        match self {
            Self::Function(function) => Some(function),
            Self::WebSearch | Self::FileSearch { .. } | Self::ComputerUse { .. } => None,
        }
    }

    /// The name: a function's own, else the kind.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Function(function) => &function.name,
            Self::WebSearch => "web_search",
            Self::FileSearch { .. } => "file_search",
            Self::ComputerUse { .. } => "computer_use",
        }
    }
}

/// How the model may choose among the tools offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No call is allowed.
    None,
    /// At least one call is demanded.
    Required,
    /// A call of this tool is demanded.
    Named(String),
}

/// One call, as the model made it (or as a recorded conversation holds it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The provider's id of the call. It may repeat, be empty or be absent, so calls are told apart by position.
    pub id: Option<String>,
    /// The tool's name, as the model wrote it.
    pub name: String,
    /// The arguments, as JSON text.
    pub arguments: Arguments,
}

/// A call on record with what the tool gave back: in a closed loop it answers an arm that makes this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// The tool's name.
    pub name: String,
    /// The text of the JSON object that are the arguments.
    pub arguments: String,
    /// What the tool gave back.
    pub result: String,
    /// Whether that reports an error.
    pub is_error: Option<bool>,
}

/// Arguments of a call: kept as text, so that numbers keep every digit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arguments {
    /// The text of a JSON object.
    Object(String),
    /// Text that is not a JSON object: invalid, double-encoded or another type. Never repaired.
    Malformed(String),
}

impl Arguments {
    /// The text as the model wrote it, whatever it is.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Object(text) | Self::Malformed(text) => text,
        }
    }
}

/// Why the tool calls of an answer are wrong. The order is the order of checking: the first that applies is the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolFault {
    /// Calls were expected, none was made.
    NotCalled,
    /// Calls were expected, none was made, and the text holds what looks like one.
    CallAsText,
    /// No call was expected, one was made.
    UnexpectedCall,
    /// A call although the request forbade calls, or of a tool that the case forbids.
    ForbiddenCall,
    /// In a closed loop: a call that the recording has no answer to.
    UnmatchedCall,
    /// In a closed loop: the same calls over and over.
    Looped,
    /// In a closed loop: calls still, when the last answer that is allowed was given.
    TooManySteps,
    /// Too few or too many calls.
    WrongCount,
    /// The right calls in the wrong order, where order counts.
    WrongOrder,
    /// A tool that was not offered.
    UnknownTool,
    /// A tool that was offered, but not the expected one.
    WrongTool,
    /// Arguments that are not a JSON object.
    Malformed,
    /// Arguments, or one of them, JSON inside a JSON string.
    DoubleEncoded,
    /// A required argument is missing.
    Missing,
    /// An argument that nobody expects.
    Unexpected,
    /// A value of another type than the tool's schema says.
    WrongType,
    /// A value of the right type that is not among the expected ones.
    WrongValue,
    /// Arguments that break the tool's schema in another way.
    SchemaViolation,
}

/// What a fault is a fault of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultLevel {
    /// Whether, how often and in which order tools were called.
    Call,
    /// Which tool was called.
    Tool,
    /// What it was called with.
    Arguments,
}

/// Every fault with its name as files and reports spell it and its level, in the order of checking.
pub const TOOL_FAULTS: &[(ToolFault, &str, FaultLevel)] = &[
    (ToolFault::NotCalled, "not_called", FaultLevel::Call),
    (ToolFault::CallAsText, "call_as_text", FaultLevel::Call),
    (ToolFault::UnexpectedCall, "unexpected_call", FaultLevel::Call),
    (ToolFault::ForbiddenCall, "forbidden_call", FaultLevel::Call),
    (ToolFault::UnmatchedCall, "unmatched_call", FaultLevel::Call),
    (ToolFault::Looped, "looped", FaultLevel::Call),
    (ToolFault::TooManySteps, "too_many_steps", FaultLevel::Call),
    (ToolFault::WrongCount, "wrong_count", FaultLevel::Call),
    (ToolFault::WrongOrder, "wrong_order", FaultLevel::Call),
    (ToolFault::UnknownTool, "unknown_tool", FaultLevel::Tool),
    (ToolFault::WrongTool, "wrong_tool", FaultLevel::Tool),
    (ToolFault::Malformed, "malformed", FaultLevel::Arguments),
    (ToolFault::DoubleEncoded, "double_encoded", FaultLevel::Arguments),
    (ToolFault::Missing, "missing", FaultLevel::Arguments),
    (ToolFault::Unexpected, "unexpected", FaultLevel::Arguments),
    (ToolFault::WrongType, "wrong_type", FaultLevel::Arguments),
    (ToolFault::WrongValue, "wrong_value", FaultLevel::Arguments),
    (ToolFault::SchemaViolation, "schema_violation", FaultLevel::Arguments),
];

impl ToolFault {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        TOOL_FAULTS[self as usize].1
    }

    /// What it is a fault of.
    #[must_use]
    pub fn level(self) -> FaultLevel {
        TOOL_FAULTS[self as usize].2
    }

    /// The fault of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TOOL_FAULTS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_finds_its_own_row() {
        for (index, (fault, name, level)) in TOOL_FAULTS.iter().enumerate() {
            assert_eq!(*fault as usize, index);
            assert_eq!(fault.name(), *name);
            assert_eq!(fault.level(), *level);
            assert_eq!(serde_json::to_value(fault).expect("serializes"), *name);
            assert_eq!(ToolFault::from_name(name), Some(*fault));
        }
        assert!(TOOL_FAULTS.is_sorted_by_key(|row| row.2), "a level is checked as a whole before the next");
    }
}
