//! What the items of a Responses answer say. A plain and a streamed answer are both read here.

use crate::domain::{Arguments, ToolCall};
use crate::provider::arguments;
use crate::provider::json::{Fields, Node};

/// What the items read so far say.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The visible text of every message, joined.
    pub(super) text: String,
    /// The words of refusal, joined.
    pub(super) refusal: Option<String>,
    /// The calls that the application has to answer.
    pub(super) tool_calls: Vec<ToolCall>,
    /// What the provider shows of the reasoning, joined.
    pub(super) reasoning_text: Option<String>,
    /// Searches of the web; `None` when that tool was not used at all.
    pub(super) web_search_requests: Option<u64>,
    /// What was met and not understood, each once.
    pub(super) warnings: Vec<String>,
}

impl Output {
    /// What these items say.
    pub(super) fn of(items: &[Node<'_>]) -> Self {
        let mut output = Self::default();
        for item in items {
            output.add(*item);
        }
        output
    }

    /// Reads the next item.
    pub(super) fn add(&mut self, item: Node<'_>) {
        let item = item.fields();
        match item.string("type").unwrap_or_default().as_str() {
            "message" => self.add_message(&item),
            "function_call" => self.add_call(&item, "arguments"),
            "custom_tool_call" => self.add_call(&item, "input"),
            "computer_call" => self.tool_calls.push(computer_call(&item)),
            "reasoning" => self.add_reasoning(&item),
            "web_search_call" => self.add_search(&item),
            // The provider made it and answered it by itself.
            "file_search_call" => {}
            other => warn(&mut self.warnings, format!("an output item of the unknown type `{other}` was not read")),
        }
    }

    fn add_message(&mut self, message: &Fields<'_>) {
        let Some(content) = message.get("content") else { return };
        if let Some(text) = content.string() {
            self.text.push_str(&text);
        }
        for part in content.elements() {
            let part = part.fields();
            match part.string("type").unwrap_or_default().as_str() {
                "output_text" => self.text.extend(part.string("text")),
                "refusal" => append(&mut self.refusal, part.string("refusal")),
                other => warn(&mut self.warnings, format!("a part of the unknown type `{other}` was not read")),
            }
        }
    }

    fn add_call(&mut self, call: &Fields<'_>, arguments: &str) {
        self.tool_calls.push(ToolCall {
            id: call_id(call),
            // A call without a name is a call of no tool that was offered, and stays one.
            name: call.string("name").unwrap_or_default(),
            arguments: arguments::read(call.get(arguments)),
        });
    }

    /// The summary, or the reasoning itself where a server that runs open models shows it.
    fn add_reasoning(&mut self, item: &Fields<'_>) {
        let of = |name| item.elements(name).into_iter().filter_map(|part| part.fields().non_empty("text"));
        let summary: String = of("summary").collect();
        append(&mut self.reasoning_text, Some(if summary.is_empty() { of("content").collect() } else { summary }));
    }

    /// Opening a page and searching in it are free of charge. Older answers name no action: then every call searched.
    fn add_search(&mut self, item: &Fields<'_>) {
        let action = item.object("action").string("type");
        let searches = u64::from(action.is_none_or(|action| action == "search"));
        *self.web_search_requests.get_or_insert_default() += searches;
    }
}

/// The id that a result refers to, not the item's own.
fn call_id(call: &Fields<'_>) -> Option<String> {
    call.get("call_id").map(Node::string_or_text)
}

/// A call without name and arguments: what to do stands in `actions`, in the older API in one `action`.
fn computer_call(call: &Fields<'_>) -> ToolCall {
    let given = ["actions", "action"].into_iter().find_map(|name| call.get(name).map(|node| (name, node.text())));
    let arguments = given.map_or_else(|| "{}".to_owned(), |(name, value)| format!(r#"{{"{name}":{value}}}"#));
    ToolCall { id: call_id(call), name: "computer".to_owned(), arguments: Arguments::Object(arguments) }
}

/// Adds to a text that is absent until something is said.
pub(super) fn append(text: &mut Option<String>, more: Option<String>) {
    if let Some(more) = more.filter(|more| !more.is_empty()) {
        text.get_or_insert_default().push_str(&more);
    }
}

/// Notes a warning unless it is noted already.
pub(super) fn warn(warnings: &mut Vec<String>, warning: String) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}
