//! Tool calls of one choice, whole or in pieces.

use crate::domain::ToolCall;
use crate::provider::arguments;
use crate::provider::json::{Fields, Node};

use super::answer::Warnings;

/// The calls in the model's order.
#[derive(Debug, Default)]
pub(super) struct Calls {
    made: Vec<Call>,
    /// The one call of `function_call`, the field that `tool_calls` replaced.
    deprecated: Option<Call>,
}

#[derive(Debug, Default)]
struct Call {
    /// The number under which its pieces come.
    index: u64,
    id: Option<String>,
    kind: Option<String>,
    /// Whether a function or a custom tool was described, whatever the type says.
    described: bool,
    name: String,
    arguments: String,
}

impl Calls {
    /// Takes the calls of a whole message: each element is a call of its own.
    pub(super) fn take_whole(&mut self, message: &Fields<'_>, warnings: &mut Warnings) {
        for call in objects(message, warnings) {
            self.made.push(Call::default());
            self.add(self.made.len() - 1, &call, warnings);
        }
        self.take_deprecated(message);
    }

    /// Takes the pieces that a delta brings.
    pub(super) fn take_pieces(&mut self, delta: &Fields<'_>, warnings: &mut Warnings) {
        for (position, piece) in (0..).zip(objects(delta, warnings)) {
            let at = self.place(position, &piece);
            self.add(at, &piece, warnings);
        }
        self.take_deprecated(delta);
    }

    /// How many calls have begun.
    pub(super) fn begun(&self) -> usize {
        self.made.iter().filter(|call| call.is_known()).count() + usize::from(self.deprecated.is_some())
    }

    /// The calls as the neutral answer has them. What is of an unknown type is not there.
    pub(super) fn into_tool_calls(self) -> Vec<ToolCall> {
        let deprecated = if self.made.is_empty() { self.deprecated } else { None };
        self.made.into_iter().filter(Call::is_known).chain(deprecated).map(Call::into_tool_call).collect()
    }

    /// The call that a piece belongs to, begun if need be. Most servers number the calls. Some number none: then the
    /// position in the list counts. Some number all of them 0: then a new id begins a new call, and without ids a call
    /// is over once its arguments are a whole object, since more text could only break it.
    fn place(&mut self, position: u64, piece: &Fields<'_>) -> usize {
        let given = piece.count("index");
        let index = given.unwrap_or(position);
        let id = piece.get("id").map(Node::string_or_text).filter(|id| !id.is_empty());
        let by_id = id
            .is_some()
            .then(|| self.made.iter().rposition(|call| call.id == id && (given.is_none() || call.index == index)));
        let latest = by_id.flatten().or_else(|| self.made.iter().rposition(|call| call.index == index));
        let before = match latest {
            Some(at) if self.made[at].goes_on(id.as_deref(), piece) => return at,
            // A number that is used again tells nothing of the order.
            Some(_) => None,
            None => given.and_then(|index| self.made.iter().position(|call| call.index > index)),
        };
        let at = before.unwrap_or(self.made.len());
        self.made.insert(at, Call { index, ..Call::default() });
        at
    }

    fn add(&mut self, at: usize, piece: &Fields<'_>, warnings: &mut Warnings) {
        let call = &mut self.made[at];
        if let Some(id) = piece.get("id").map(Node::string_or_text)
            && call.id.as_ref().is_none_or(String::is_empty)
        {
            call.id = Some(id);
        }
        if let Some(kind) = piece.non_empty("type") {
            if !is_known(&kind) {
                warnings.unknown("a tool call", Some(&kind));
            }
            call.kind = Some(kind);
        }
        if let Some((description, arguments)) = description(piece) {
            call.described = true;
            call.describe(&description, arguments);
        }
    }

    fn take_deprecated(&mut self, message: &Fields<'_>) {
        if let Some(call) = message.get("function_call").filter(|node| node.is_object()) {
            self.deprecated.get_or_insert_default().describe(&call.fields(), "arguments");
        }
    }
}

impl Call {
    /// Whether a piece under the same number continues this call.
    fn goes_on(&self, id: Option<&str>, piece: &Fields<'_>) -> bool {
        let other_id = match (self.id.as_deref(), id) {
            (Some(own), Some(given)) => !own.is_empty() && own != given,
            _ => false,
        };
        let begins = description(piece).is_some_and(|(description, arguments)| {
            let text = description.get(arguments).map(Node::string_or_text);
            description.non_empty("name").is_some() && text.is_some_and(|text| !text.trim().is_empty())
        });
        let is_over = || Node::parse(&self.arguments).is_ok_and(Node::is_object);
        !(other_id || begins && is_over())
    }

    /// Takes name and arguments. A name that comes again with every piece is still one name.
    fn describe(&mut self, description: &Fields<'_>, arguments: &str) {
        if let Some(name) = description.string("name").filter(|name| *name != self.name) {
            self.name.push_str(&name);
        }
        if let Some(text) = description.get(arguments).map(Node::string_or_text) {
            self.arguments.push_str(&text);
        }
    }

    fn is_known(&self) -> bool {
        self.described || self.kind.as_deref().is_none_or(is_known)
    }

    fn into_tool_call(self) -> ToolCall {
        // A call without a name is a call of no tool that was offered, and stays one.
        ToolCall { id: self.id, name: self.name, arguments: arguments::of_text(self.arguments) }
    }
}

fn is_known(kind: &str) -> bool {
    matches!(kind, "function" | "custom")
}

/// What is called, and the field that holds its arguments.
fn description<'a>(call: &Fields<'a>) -> Option<(Fields<'a>, &'static str)> {
    match (call.get("custom"), call.get("function")) {
        (Some(custom), _) => Some((custom.fields(), "input")),
        (None, Some(function)) => Some((function.fields(), "arguments")),
        (None, None) => None,
    }
}

fn objects<'a>(message: &Fields<'a>, warnings: &mut Warnings) -> Vec<Fields<'a>> {
    let (objects, others): (Vec<_>, Vec<_>) =
        message.elements("tool_calls").into_iter().partition(|node| node.is_object());
    if !others.is_empty() {
        warnings.unknown("a tool call", None);
    }
    objects.into_iter().map(Node::fields).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Arguments;

    /// What the rows are about, the lists of pieces in the order in which they come, and the calls that they make.
    type Rows<'a> = &'a [(&'a str, &'a [&'a str], Vec<ToolCall>)];

    fn check(rows: Rows<'_>) {
        for (what, lists, expected) in rows {
            let (mut calls, mut warnings) = (Calls::default(), Warnings::default());
            for list in *lists {
                let delta = format!(r#"{{"tool_calls":[{list}]}}"#);
                calls.take_pieces(&Node::parse(&delta).expect("is JSON").fields(), &mut warnings);
            }
            assert_eq!(calls.begun(), expected.len(), "{what}");
            assert_eq!(calls.into_tool_calls(), *expected, "{what}");
        }
    }

    fn call(id: Option<&str>, name: &str, arguments: &str) -> ToolCall {
        let arguments = Arguments::Object(arguments.to_owned());
        ToolCall { id: id.map(str::to_owned), name: name.to_owned(), arguments }
    }

    const X: &str = r#"{"x":1}"#;
    const Y: &str = r#"{"y":2}"#;

    #[test]
    fn numbered_pieces_find_their_call() {
        check(&[
            (
                "numbered, and mixed",
                &[
                    r#"{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}"#,
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
                    r#"{"index":1,"function":{"arguments":":2}"}},{"index":0,"function":{"arguments":":1}"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("b"), "g", Y)],
            ),
            (
                "the same id twice under two numbers",
                &[
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                    r#"{"index":1,"id":"a","function":{"name":"f","arguments":"{\"y\":2}"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("a"), "f", Y)],
            ),
            (
                "id and name with every piece",
                &[
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}"#,
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"\n"}}"#,
                ],
                vec![call(Some("a"), "f", "{\"x\":1}\n")],
            ),
            (
                "a name in pieces, an id that comes late",
                &[
                    r#"{"index":0,"id":"","function":{"name":"get_"}}"#,
                    r#"{"index":0,"id":"a","function":{"name":"it","arguments":null}}"#,
                ],
                vec![call(Some("a"), "get_it", "{}")],
            ),
            (
                "a custom tool",
                &[
                    r#"{"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"{\"x\""}}"#,
                    r#"{"index":0,"custom":{"input":":1}"}}"#,
                ],
                vec![call(Some("a"), "f", X)],
            ),
            (
                "a number beyond all memory",
                &[
                    r#"{"index":18446744073709551615,"id":"a","function":{"name":"f"}}"#,
                    r#"{"index":-1,"id":"b","function":{"name":"g"}}"#,
                ],
                vec![call(Some("a"), "f", "{}"), call(Some("b"), "g", "{}")],
            ),
        ]);
    }

    #[test]
    fn pieces_find_their_call_where_numbers_are_missing_or_wrong() {
        check(&[
            (
                "all numbered 0",
                &[
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
                    r#"{"index":0,"function":{"arguments":":1}"}}"#,
                    r#"{"index":0,"id":"b","function":{"name":"f","arguments":""}}"#,
                    r#"{"index":0,"id":"","function":{"name":"","arguments":"{\"y\":2}"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("b"), "f", Y)],
            ),
            (
                "all numbered 0, and mixed",
                &[
                    r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
                    r#"{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}"#,
                    r#"{"index":0,"id":"a","function":{"arguments":":1}"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("b"), "g", Y)],
            ),
            (
                "without numbers, in one list",
                &[
                    r#"{"id":"a","function":{"name":"f"}},{"id":"b","function":{"name":"g"}}"#,
                    r#"{"function":{"arguments":"{\"x\":1}"}},{"function":{"arguments":"{\"y\":2}"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("b"), "g", Y)],
            ),
            (
                "without numbers, lists of several lengths",
                &[
                    r#"{"id":"a","function":{"name":"f","arguments":{"x":1}}},{"id":"b","function":{"name":"g"}}"#,
                    r#"{"id":"b","function":{"arguments":"{\"y\":2}"}}"#,
                    r#"{"id":"c","function":{"name":"h"}}"#,
                ],
                vec![call(Some("a"), "f", X), call(Some("b"), "g", Y), call(Some("c"), "h", "{}")],
            ),
            (
                "without ids, each whole",
                &[
                    r#"{"index":0,"id":"","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
                    r#"{"index":0,"id":"","function":{"name":"f","arguments":"{\"y\":2}"}}"#,
                ],
                vec![call(Some(""), "f", X), call(Some(""), "f", Y)],
            ),
        ]);
    }
}
