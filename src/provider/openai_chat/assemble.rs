//! A streamed Chat Completions answer, put together from its chunks.

use crate::domain::Reply;
use crate::provider::json::{Fields, Node};
use crate::provider::{Assembly, Broken, Heard, HttpResponse, error, openai};

use super::answer::Answer;

/// An answer of which nothing has arrived yet.
pub(in crate::provider) fn assemble() -> Box<dyn Assembly> {
    Box::new(Chunks::default())
}

#[derive(Debug, Default)]
struct Chunks {
    answer: Answer,
    break_off: Option<BreakOff>,
    /// Whether `[DONE]` came. Some servers leave it out: then the finish reasons say that the answer is whole.
    done: bool,
}

/// Why nothing more of the choices is taken.
#[derive(Debug)]
enum BreakOff {
    /// This event is an error.
    Error(String),
    /// An event is not whole JSON.
    Unreadable,
}

impl Assembly for Chunks {
    fn event(&mut self, data: &str) -> Heard {
        let data = data.trim();
        if data == "[DONE]" {
            self.done = true;
            return Heard { done: true, ..Heard::default() };
        }
        if data.is_empty() {
            return Heard::default();
        }
        let Ok(event) = Node::parse(data) else {
            self.break_off.get_or_insert(BreakOff::Unreadable);
            return Heard::default();
        };
        if openai::is_error(event) {
            if !matches!(self.break_off, Some(BreakOff::Error(_))) {
                self.break_off = Some(BreakOff::Error(data.to_owned()));
            }
            return Heard::default();
        }
        let chunk = event.fields();
        // Usage counts even then: it is billed.
        self.answer.take_facts(&chunk);
        if self.break_off.is_some() { Heard::default() } else { self.take_choices(&chunk) }
    }

    fn finish(self: Box<Self>, head: &HttpResponse<'_>) -> Result<Reply, Broken> {
        let Self { answer, break_off, done } = *self;
        let failure = match break_off {
            Some(BreakOff::Error(event)) => openai::failure(&HttpResponse { body: event.as_bytes(), ..*head }),
            Some(BreakOff::Unreadable) if !answer.has_ended() => {
                error::cut(head, "an event of the stream is not whole JSON")
            }
            None if !answer.has_ended() && !done => error::cut(head, "the stream ended before the answer did"),
            Some(BreakOff::Unreadable) | None => {
                let reply = answer.into_reply(head.headers);
                return reply.ok_or_else(|| error::cut(head, "the stream held no choice").into());
            }
        };
        Err(Broken { failure, partial: answer.into_partial(head.headers).map(Box::new) })
    }
}

impl Chunks {
    fn take_choices(&mut self, chunk: &Fields<'_>) -> Heard {
        let mut heard = Heard::default();
        if !["choices", "usage"].iter().any(|name| chunk.has(name)) {
            let kind = chunk.non_empty("type").or_else(|| chunk.non_empty("object"));
            self.answer.warnings.unknown("an event", kind.as_deref());
        }
        let choices = chunk.elements("choices").into_iter().filter(|node| node.is_object());
        for (position, fields) in (0..).zip(choices.map(Node::fields)) {
            let (choice, warnings) = self.answer.choice(fields.count("index").unwrap_or(position));
            let before = choice.extent();
            match (fields.get("delta"), fields.get("message")) {
                (Some(delta), _) => choice.take_delta(&delta.fields(), warnings),
                (None, Some(message)) => choice.take_message(&message.fields(), warnings),
                (None, None) => {}
            }
            choice.take_end(&fields);
            let after = choice.extent();
            heard.visible |= after.visible > before.visible;
            heard.reasoning |= after.reasoning > before.reasoning;
        }
        heard
    }
}
