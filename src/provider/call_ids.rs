//! Ids by which tool calls and their results find each other, where a recorded conversation lacks some or holds some
//! that a protocol does not take.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::{Message, ToolCall};

/// Hands out ids in the order of the conversation: a call without one becomes `call_N`, counted over the whole
/// conversation and past the ids that it holds; a result without one answers the oldest call without an id that has no
/// answer yet, else the oldest call of all.
#[derive(Debug)]
pub(super) struct CallIds<'a> {
    /// The ids of calls, as they are sent.
    given: BTreeSet<Cow<'a, str>>,
    /// What is sent in place of an id that the protocol does not take.
    renamed: BTreeMap<&'a str, String>,
    calls: usize,
    /// As they were given or made.
    unanswered: VecDeque<Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// The ids of a conversation, of any characters.
    pub(super) fn new(messages: &'a [Message]) -> Self {
        Self::within(messages, |_| true)
    }

    /// The ids of a conversation where ids are made of some characters only: every other character becomes `_`, and
    /// what would be an id of the conversation then gets `_2`, `_3` and so on behind it.
    pub(super) fn within(messages: &'a [Message], allowed: fn(char) -> bool) -> Self {
        let calls = || messages.iter().flat_map(|message| &message.tool_calls).filter_map(|call| call.id.as_deref());
        let results = messages.iter().filter_map(|message| message.tool_call_id.as_deref());
        let (fit, foreign): (Vec<&str>, Vec<&str>) = calls().chain(results).partition(|id| id.chars().all(allowed));
        let mut taken: BTreeSet<String> = fit.into_iter().map(str::to_owned).collect();
        let mut renamed = BTreeMap::new();
        for id in foreign {
            renamed.entry(id).or_insert_with(|| {
                let plain: String = id.chars().map(|one| if allowed(one) { one } else { '_' }).collect();
                let mut name = plain.clone();
                for number in 2.. {
                    if taken.insert(name.clone()) {
                        break;
                    }
                    name = format!("{plain}_{number}");
                }
                name
            });
        }
        let sent = |id: &'a str| renamed.get(id).map_or(Cow::Borrowed(id), |name| Cow::Owned(name.clone()));
        let given = calls().map(sent).collect();
        Self { given, renamed, calls: 0, unanswered: VecDeque::new() }
    }

    /// The id of the next call.
    pub(super) fn of_call(&mut self, call: &'a ToolCall) -> Cow<'a, str> {
        let id = match call.id.as_deref() {
            Some(id) if !id.is_empty() => Cow::Borrowed(id),
            _ => Cow::Owned(self.made()),
        };
        self.calls += 1;
        self.unanswered.push_back(id.clone());
        self.sent(id)
    }

    fn sent(&self, id: Cow<'a, str>) -> Cow<'a, str> {
        match id {
            Cow::Borrowed(id) => self.renamed.get(id).map_or(Cow::Borrowed(id), |name| Cow::Owned(name.clone())),
            made @ Cow::Owned(_) => made,
        }
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
                Some(self.sent(Cow::Borrowed(id)))
            }
            _ => {
                let made = self.unanswered.iter().position(|open| matches!(open, Cow::Owned(_)));
                self.unanswered.remove(made.unwrap_or(0)).map(|id| self.sent(id))
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
    fn ids_of_other_characters_are_renamed_alike_and_meet_no_other_id() {
        let given = ["f.0", "f_0", "f:0", "call.4", "", "f.0", "é"];
        let turn = Message {
            role: Role::Assistant,
            tool_calls: given.iter().map(|id| call(Some(id))).collect(),
            ..result(None)
        };
        let answers =
            [result(Some("é")), result(Some("f.0")), result(None), result(Some("f_0_3")), result(Some("f:0"))];
        let messages: Vec<Message> = std::iter::once(turn).chain(answers).collect();
        let mut ids = CallIds::within(&messages, |one| one.is_ascii_alphanumeric() || one == '_');
        let sent: Vec<_> = messages[0].tool_calls.iter().map(|call| ids.of_call(call)).collect();
        assert_eq!(sent, ["f_0_2", "f_0", "f_0_4", "call_4", "call_5", "f_0_2", "_"]);
        let sent: Vec<_> = messages[1..].iter().filter_map(|message| ids.of_result(message)).collect();
        assert_eq!(sent, ["_", "f_0_2", "call_5", "f_0_3", "f_0_4"]);
        let mut any = CallIds::new(&messages);
        assert_eq!(any.of_call(&messages[0].tool_calls[0]), "f.0");
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
