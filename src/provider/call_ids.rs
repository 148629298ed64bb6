//! Ids by which tool calls and their results find each other, where a recorded conversation lacks some.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use crate::domain::{Message, ToolCall};

/// Hands out ids in the order of the conversation: a call without one becomes `call_N`, counted over the whole
/// conversation and past the ids that it holds; a result without one answers the oldest call without an id that has no
/// answer yet, else the oldest call of all.
#[derive(Debug)]
pub(super) struct CallIds<'a> {
    given: BTreeSet<&'a str>,
    calls: usize,
    unanswered: VecDeque<Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// The ids of a conversation.
    pub(super) fn new(messages: &'a [Message]) -> Self {
        let calls = messages.iter().flat_map(|message| &message.tool_calls);
        let given = calls.filter_map(|call| call.id.as_deref()).collect();
        Self { given, calls: 0, unanswered: VecDeque::new() }
    }

    /// The id of the next call.
    pub(super) fn of_call(&mut self, call: &'a ToolCall) -> Cow<'a, str> {
        let id = match call.id.as_deref() {
            Some(id) if !id.is_empty() => Cow::Borrowed(id),
            _ => Cow::Owned(self.made()),
        };
        self.calls += 1;
        self.unanswered.push_back(id.clone());
        id
    }

    fn made(&mut self) -> String {
        loop {
            let id = format!("call_{}", self.calls);
            if !self.given.contains(id.as_str()) {
                return id;
            }
            self.calls += 1;
        }
    }

    /// The id of the call that the next tool message answers; `None` when there is none to answer.
    pub(super) fn of_result(&mut self, message: &'a Message) -> Option<Cow<'a, str>> {
        match message.tool_call_id.as_deref() {
            Some(id) if !id.is_empty() => {
                if let Some(index) = self.unanswered.iter().position(|open| open == id) {
                    self.unanswered.remove(index);
                }
                Some(Cow::Borrowed(id))
            }
            _ => {
                let made = self.unanswered.iter().position(|open| matches!(open, Cow::Owned(_)));
                self.unanswered.remove(made.unwrap_or(0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Arguments, Role};

    fn call(id: Option<&str>) -> ToolCall {
        ToolCall { id: id.map(str::to_owned), name: "f".to_owned(), arguments: Arguments::Object("{}".to_owned()) }
    }

    fn result(id: Option<&str>) -> Message {
        Message {
            role: Role::Tool,
            content: None,
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: id.map(str::to_owned),
            is_error: None,
            thought_signature: None,
        }
    }

    #[test]
    fn missing_ids_pair_by_position_and_given_ones_stay() {
        let (a, b, c) = (call(None), call(Some("x")), call(Some("")));
        let (by_id, first, second, orphan) = (result(Some("x")), result(None), result(None), result(Some("")));
        let turn = Message { role: Role::Assistant, tool_calls: vec![a.clone(), b.clone(), c.clone()], ..result(None) };
        let messages = [turn];
        let mut ids = CallIds::new(&messages);
        assert_eq!([ids.of_call(&a), ids.of_call(&b), ids.of_call(&c)], ["call_0", "x", "call_2"]);
        assert_eq!(ids.of_result(&by_id).as_deref(), Some("x"));
        assert_eq!(ids.of_result(&first).as_deref(), Some("call_0"));
        assert_eq!(ids.of_result(&second).as_deref(), Some("call_2"));
        assert_eq!(ids.of_result(&orphan), None);
    }

    #[test]
    fn made_ids_avoid_given_ones_and_results_without_ids_belong_to_calls_without() {
        let (a, b) = (call(Some("call_1")), call(None));
        let messages = [Message { role: Role::Assistant, tool_calls: vec![a, b], ..result(None) }];
        let (unnamed, named) = (result(None), result(Some("call_1")));
        let mut ids = CallIds::new(&messages);
        let made: Vec<_> = messages[0].tool_calls.iter().map(|call| ids.of_call(call)).collect();
        assert_eq!(made, ["call_1", "call_2"]);
        assert_eq!(ids.of_result(&unnamed).as_deref(), Some("call_2"));
        assert_eq!(ids.of_result(&named).as_deref(), Some("call_1"));
    }
}
