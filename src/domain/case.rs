//! One recorded request and what a right answer to it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{
    Content, ExpectedAction, Function, Label, Message, Pattern, Recorded, ResponseFormat, Role, Tool, ToolChoice,
    ToolResult,
};

/// One line of a dataset: a request as production sent it, and what is expected of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Unique within the dataset.
    pub id: String,
    /// The conversation so far, oldest first; never empty.
    pub messages: Vec<Message>,
    /// Tools offered to the model; empty when the request offered none.
    pub tools: Vec<Tool>,
    /// How the model may choose among the tools; `None` leaves it to the provider's default.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several calls in one turn are allowed; `None` leaves it to the provider's default.
    pub parallel_tool_calls: Option<bool>,
    /// Structured output that the request asked for.
    pub response_format: Option<ResponseFormat>,
    /// What a right answer is.
    pub expected: Expected,
    /// Free labels, by which the results are sliced; cases of one dataset share equal ones.
    pub tags: Arc<BTreeMap<String, String>>,
    /// How many production requests this case stands for, relative to the others; positive and finite.
    pub weight: f64,
    /// Cases that share a cluster (one conversation, one user) are not independent of each other.
    pub cluster: Option<String>,
    /// What production answered at the time.
    pub recorded: Option<Box<Recorded>>,
    /// What answers the calls that an arm makes: the case is then a closed loop, asked again and again until an answer
    /// makes no call. `None` is one request.
    pub tool_results: Option<Vec<ToolResult>>,
    /// Where the case comes from, in words for the reader.
    pub origin: Option<String>,
    /// What people said of answers to it.
    pub labels: Vec<Label>,
}

impl Case {
    /// A case that is nothing but messages, and stands for one request.
    #[must_use]
    pub fn new(id: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            id: id.into(),
            messages,
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            expected: Expected::Unlabelled,
            tags: Arc::default(),
            weight: 1.0,
            cluster: None,
            recorded: None,
            tool_results: None,
            origin: None,
            labels: Vec::new(),
        }
    }

    /// The functions among the tools offered.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.tools.iter().filter_map(Tool::function)
    }

    /// Whether an arm is asked again with the results of its calls.
    #[must_use]
    pub fn is_closed_loop(&self) -> bool {
        self.tool_results.is_some()
    }

    /// The roles of its messages, oldest first, where its request is nothing but texts, each of which says something;
    /// `None` where it holds anything else.
    #[must_use]
    pub fn roles_of_texts(&self) -> Option<Vec<Role>> {
        // What enters a request is named here: whoever adds to it decides whether it is still nothing but texts.
        let Self { messages, tools, tool_choice, parallel_tool_calls, response_format, .. } = self;
        let is_bare =
            tools.is_empty() && tool_choice.is_none() && parallel_tool_calls.is_none() && response_format.is_none();
        is_bare.then(|| messages.iter().map(role_of_text).collect())?
    }

    /// Whether the tool-call failure rate counts this case: it offers functions, or expects calls or actions. What the
    /// provider's own tools do otherwise is no call that anybody could check.
    #[must_use]
    pub fn involves_tools(&self) -> bool {
        self.functions().next().is_some() || matches!(self.expected, Expected::ToolCalls(_) | Expected::Actions(_))
    }
}

/// The role of a message that is nothing but a text which says something.
fn role_of_text(message: &Message) -> Option<Role> {
    let Message { role, content, name, tool_calls, tool_call_id, is_error, thought_signature } = message;
    let says = matches!(content, Some(Content::Text(text)) if !text.trim().is_empty());
    let marked = name.is_some() || tool_call_id.is_some() || is_error.is_some() || thought_signature.is_some();
    (says && tool_calls.is_empty() && !marked).then_some(*role)
}

/// What a right answer to a case is.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// This text.
    Text(String),
    /// Any of these texts; never empty.
    AnyOf(Vec<String>),
    /// This number.
    Number(f64),
    /// This JSON value.
    Json(Value),
    /// These calls and no others, or only tools that must not be called.
    ToolCalls(ExpectedCalls),
    /// These actions on a screen and no others, in this order; never empty.
    Actions(Vec<ExpectedAction>),
    /// Ids in the order of their relevance: how relevant each is, 0 where an id is not listed. Some is above 0.
    Ranking(BTreeMap<String, f64>),
    /// An answer without any tool call.
    NoToolCall,
    /// Nobody has said yet.
    Unlabelled,
}

/// The calls of a right answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExpectedCalls {
    /// These and no others; empty when the case only forbids tools, and then a right answer may call any other.
    pub calls: Vec<ExpectedCall>,
    /// Whether the calls must come in this order, whatever the scorer's own option says.
    pub fixed_order: bool,
    /// Tools that a right answer does not call.
    pub forbidden: Vec<String>,
}

impl From<Vec<ExpectedCall>> for ExpectedCalls {
    fn from(calls: Vec<ExpectedCall>) -> Self {
        Self { calls, ..Self::default() }
    }
}

/// One call that a right answer makes.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedCall {
    /// The tool's name.
    pub name: String,
    /// What each argument must be. An argument that is not listed must not be sent.
    pub arguments: BTreeMap<String, ExpectedArgument>,
}

/// The values that are right for one argument.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedArgument {
    /// The values themselves.
    pub accept: Accept,
    /// Whether leaving the argument out is right too.
    pub optional: bool,
}

/// Which values of an argument are right.
#[derive(Debug, Clone, PartialEq)]
pub enum Accept {
    /// Any of these, whatever the tool's schema says; never empty.
    AnyOf(Vec<Value>),
    /// A string that the pattern matches as a whole and the tool's schema allows.
    Pattern(Pattern),
    /// Any value that the tool's schema allows.
    Any,
}

#[cfg(test)]
mod tests {
    use super::super::{Arguments, Part, ToolCall};
    use super::*;

    #[test]
    fn texts_alone_are_told_by_their_roles_and_anything_else_is_not() {
        let message = Message {
            role: Role::User,
            content: Some(Content::Text("Q".to_owned())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        };
        let call = ToolCall { id: None, name: "f".to_owned(), arguments: Arguments::Object("{}".to_owned()) };
        let case = Case::new("a", vec![Message { role: Role::System, ..message.clone() }, message.clone()]);
        assert_eq!(case.roles_of_texts(), Some(vec![Role::System, Role::User]));
        for more in [
            Case { tools: vec![Tool::WebSearch], ..case.clone() },
            Case { tool_choice: Some(ToolChoice::Auto), ..case.clone() },
            Case { parallel_tool_calls: Some(true), ..case.clone() },
            Case { response_format: Some(ResponseFormat::Text), ..case.clone() },
        ] {
            assert_eq!(more.roles_of_texts(), None, "{more:?}");
        }
        for other in [
            Message { content: None, ..message.clone() },
            Message { content: Some(Content::Text(" \u{a0}".to_owned())), ..message.clone() },
            Message { content: Some(Content::Parts(vec![Part::Text("Q".to_owned())])), ..message.clone() },
            Message { name: Some(String::new()), ..message.clone() },
            Message { tool_calls: vec![call], ..message.clone() },
            Message { tool_call_id: Some(String::new()), ..message.clone() },
            Message { is_error: Some(false), ..message.clone() },
            Message { thought_signature: Some(String::new()), ..message },
        ] {
            let more = Case { messages: [&case.messages[..], &[other]].concat(), ..case.clone() };
            assert_eq!(more.roles_of_texts(), None, "{more:?}");
        }
    }
}
