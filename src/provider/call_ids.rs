//! Ids by which tool calls and their results find each other, where a recorded conversation lacks some.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::domain::{Message, ToolCall};

/// Hands out ids in the order of the conversation: a call without one becomes `call_N`, counted over the whole
/// conversation, and a result without one answers the oldest call that has no answer yet.
#[derive(Debug, Default)]
pub(super) struct CallIds<'a> {
    calls: usize,
    unanswered: VecDeque<Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// The id of the next call.
    pub(super) fn of_call(&mut self, call: &'a ToolCall) -> Cow<'a, str> {
        let id = match call.id.as_deref() {
            Some(id) if !id.is_empty() => Cow::Borrowed(id),
            _ => Cow::Owned(format!("call_{}", self.calls)),
        };
        self.calls += 1;
        self.unanswered.push_back(id.clone());
        id
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
            _ => self.unanswered.pop_front(),
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
        }
    }

    #[test]
    fn missing_ids_pair_by_position_and_given_ones_stay() {
        let (a, b, c) = (call(None), call(Some("x")), call(Some("")));
        let (by_id, first, second, orphan) = (result(Some("x")), result(None), result(None), result(Some("")));
        let mut ids = CallIds::default();
        assert_eq!([ids.of_call(&a), ids.of_call(&b), ids.of_call(&c)], ["call_0", "x", "call_2"]);
        assert_eq!(ids.of_result(&by_id).as_deref(), Some("x"));
        assert_eq!(ids.of_result(&first).as_deref(), Some("call_0"));
        assert_eq!(ids.of_result(&second).as_deref(), Some("call_2"));
        assert_eq!(ids.of_result(&orphan), None);
    }
}
