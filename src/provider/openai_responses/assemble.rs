//! A streamed Responses answer. Its last event repeats the whole response and is the truth; the pieces before it say
//! what had arrived when the last event never comes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::Reply;
use crate::provider::json::{Fields, Node};
use crate::provider::{Assembly, Broken, Heard, HttpResponse, arguments, error, openai};

use super::decode;
use super::output::{Output, append, warn};

const NOTHING: Heard = Heard { visible: false, reasoning: false, done: false };
const VISIBLE: Heard = Heard { visible: true, ..NOTHING };
const REASONING: Heard = Heard { reasoning: true, ..NOTHING };
const DONE: Heard = Heard { done: true, ..NOTHING };

/// An event that adds to a text of an item.
struct Delta {
    event: &'static str,
    text: fn(&mut Piece) -> &mut String,
    heard: Heard,
}

const DELTAS: &[Delta] = &[
    Delta { event: "response.output_text.delta", text: |piece| &mut piece.text, heard: VISIBLE },
    Delta { event: "response.refusal.delta", text: |piece| &mut piece.refusal, heard: VISIBLE },
    Delta { event: "response.reasoning_summary_text.delta", text: |piece| &mut piece.reasoning, heard: REASONING },
    Delta { event: "response.reasoning_text.delta", text: |piece| &mut piece.reasoning, heard: REASONING },
    // The item that was added before made the call visible already.
    Delta { event: "response.function_call_arguments.delta", text: |piece| &mut piece.arguments, heard: NOTHING },
    Delta { event: "response.custom_tool_call_input.delta", text: |piece| &mut piece.arguments, heard: NOTHING },
];

/// How the names of events begin that only repeat what others bring, or tell of the progress of built-in tools.
const SILENT: &[&str] = &[
    "response.content_part.",
    "response.output_text.",
    "response.refusal.",
    "response.reasoning_",
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
    "response.web_search_call.",
    "response.file_search_call.",
    "keepalive",
];

/// An answer of which nothing has arrived yet.
pub(in crate::provider) fn assemble() -> Box<dyn Assembly> {
    Box::new(Pieces::default())
}

/// What has arrived.
#[derive(Debug, Default)]
struct Pieces {
    /// The newest object of the response, as JSON text: without output and usage until the end.
    response: Option<String>,
    /// Whether that object is the last event's.
    ended: bool,
    /// The output items by their place.
    items: BTreeMap<u64, Piece>,
    /// The event that told of an error.
    error: Option<String>,
    /// Why nothing could be read from some event on.
    damage: Option<String>,
    warnings: Vec<String>,
}

/// One output item as far as it came.
#[derive(Debug, Default)]
struct Piece {
    /// The item as JSON text: first without its texts, at last with all of them.
    item: Option<String>,
    /// Whether that is all of it.
    whole: bool,
    text: String,
    refusal: String,
    reasoning: String,
    arguments: String,
}

impl Assembly for Pieces {
    fn event(&mut self, data: &str) -> Heard {
        if self.damage.is_some() {
            return NOTHING;
        }
        match Node::parse(data) {
            Ok(event) => self.hear(event),
            Err(reason) => {
                self.damage = Some(format!("an event of the stream is not whole JSON ({reason})"));
                NOTHING
            }
        }
    }

    fn finish(self: Box<Self>, head: &HttpResponse<'_>) -> Result<Reply, Broken> {
        let text = self.response.as_deref().unwrap_or_default();
        let body = Node::parse(text).map(Node::fields).unwrap_or_default();
        let items = if self.ended { body.elements("output") } else { Vec::new() };
        // Some servers leave the items out of the last event.
        let mut output = if items.is_empty() { self.output() } else { Output::of(&items) };
        for warning in &self.warnings {
            warn(&mut output.warnings, warning.clone());
        }
        let failure = match &self.error {
            Some(event) => openai::failure(&HttpResponse { body: event.as_bytes(), ..*head }),
            None if self.ended => {
                return decode::answer(&HttpResponse { body: text.as_bytes(), ..*head }, &body, output);
            }
            None => error::cut(head, self.damage.as_deref().unwrap_or("the stream ended before its last event")),
        };
        let seen = self.response.is_some() || !self.items.is_empty();
        Err(Broken { failure, partial: seen.then(|| Box::new(decode::partial(head, &body, output))) })
    }
}

impl Pieces {
    fn hear(&mut self, event: Node<'_>) -> Heard {
        let fields = event.fields();
        let kind = fields.string("type").unwrap_or_default();
        if let Some(delta) = DELTAS.iter().find(|row| row.event == kind) {
            return self.add(delta, &fields);
        }
        match kind.as_str() {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.response = fields.get("response").map(|response| response.text().to_owned());
            }
            "response.output_item.added" => return self.put(&fields, false),
            "response.output_item.done" => return self.put(&fields, true),
            "response.completed" | "response.incomplete" | "response.failed" => return self.end(&fields),
            "error" => self.error = Some(event.text().to_owned()),
            // A gateway that knows nothing of the protocol.
            "" if fields.get("error").is_some() => self.error = Some(event.text().to_owned()),
            known if SILENT.iter().any(|beginning| known.starts_with(beginning)) => {}
            other => warn(&mut self.warnings, format!("an event of the unknown type `{other}` was not read")),
        }
        NOTHING
    }

    fn add(&mut self, delta: &Delta, event: &Fields<'_>) -> Heard {
        let Some(more) = event.non_empty("delta") else { return NOTHING };
        if let Some(piece) = self.piece(event) {
            (delta.text)(piece).push_str(&more);
        }
        delta.heard
    }

    fn put(&mut self, event: &Fields<'_>, whole: bool) -> Heard {
        let Some(item) = event.get("item") else { return NOTHING };
        if let Some(piece) = self.piece(event) {
            piece.item = Some(item.text().to_owned());
            piece.whole = whole;
        }
        let Output { text, refusal, tool_calls, reasoning_text, .. } = Output::of(&[item]);
        Heard {
            visible: !text.is_empty() || refusal.is_some() || !tool_calls.is_empty(),
            reasoning: reasoning_text.is_some(),
            done: false,
        }
    }

    fn end(&mut self, event: &Fields<'_>) -> Heard {
        let Some(response) = event.get("response").filter(|response| response.is_object()) else {
            self.damage = Some("the last event of the stream holds no response".to_owned());
            return NOTHING;
        };
        self.response = Some(response.text().to_owned());
        self.ended = true;
        DONE
    }

    /// The item that an event belongs to.
    fn piece(&mut self, event: &Fields<'_>) -> Option<&mut Piece> {
        let Some(index) = event.count("output_index") else {
            warn(&mut self.warnings, "an event without `output_index` was not read".to_owned());
            return None;
        };
        Some(self.items.entry(index).or_default())
    }

    /// What the items say as far as they came.
    fn output(&self) -> Output {
        let mut output = Output::default();
        for piece in self.items.values() {
            let calls = output.tool_calls.len();
            if let Some(item) = piece.item.as_deref().and_then(|text| Node::parse(text).ok()) {
                output.add(item);
            }
            if piece.whole {
                continue;
            }
            output.text.push_str(&piece.text);
            append(&mut output.refusal, Some(piece.refusal.clone()));
            append(&mut output.reasoning_text, Some(piece.reasoning.clone()));
            if let Some(call) = output.tool_calls.get_mut(calls).filter(|_| !piece.arguments.is_empty()) {
                let quoted = Value::from(piece.arguments.as_str()).to_string();
                call.arguments = arguments::read(Node::parse(&quoted).ok());
            }
        }
        output
    }
}
