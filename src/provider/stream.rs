//! A streamed answer, put together as it arrives. What is one event is decided here; what an event means, by the
//! protocol's [`Assembly`].

use std::fmt;

use super::sse::Sse;
use super::{Broken, HttpResponse, Protocol};
use crate::domain::Reply;

/// What a protocol makes of the events of one answer.
pub trait Assembly: fmt::Debug + Send {
    /// Takes the data of the next event, and says what it brought.
    fn event(&mut self, data: &str) -> Heard;

    /// The whole answer, once no more events come. `head` holds status and headers; its body is empty.
    ///
    /// # Errors
    /// The stream carried an error, or ended before its end mark; what had arrived is kept beside the failure.
    fn finish(self: Box<Self>, head: &HttpResponse<'_>) -> Result<Reply, Broken>;
}

/// What an event brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Output that a user would see: text or words of refusal that are not empty, or the beginning of a tool call.
    pub visible: bool,
    /// Reasoning that is not empty.
    pub reasoning: bool,
    /// The protocol's end mark: nothing that follows matters.
    pub done: bool,
}

/// An answer that is arriving.
#[derive(Debug)]
pub struct Stream {
    sse: Sse,
    assembly: Box<dyn Assembly>,
    marks: Marks,
}

/// Which events came, counted from 0 among the events with data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// How many events came.
    pub events: usize,
    /// The first with visible output: it ends the wait for the first token.
    pub first_token: Option<usize>,
    /// The first with reasoning.
    pub first_reasoning: Option<usize>,
    /// Whether the end mark came.
    pub done: bool,
}

impl Stream {
    /// An answer of which nothing has arrived yet.
    #[must_use]
    pub fn new(protocol: &Protocol) -> Self {
        Self { sse: Sse::default(), assembly: (protocol.assemble)(), marks: Marks::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let Self { sse, assembly, marks } = self;
        sse.push(bytes, &mut |data| hear(assembly.as_mut(), marks, data));
    }

    /// What has arrived so far.
    #[must_use]
    pub fn marks(&self) -> Marks {
        self.marks
    }

    /// The connection ended: the whole answer, or why there is none.
    ///
    /// # Errors
    /// As [`Assembly::finish`].
    pub fn finish(mut self, head: &HttpResponse<'_>) -> (Marks, Result<Reply, Broken>) {
        let Self { sse, assembly, marks } = &mut self;
        sse.end(&mut |data| hear(assembly.as_mut(), marks, data));
        (self.marks, self.assembly.finish(head))
    }
}

/// Events after the end mark are not looked at: the answer is whole.
fn hear(assembly: &mut dyn Assembly, marks: &mut Marks, data: &str) {
    if marks.done {
        return;
    }
    let heard = assembly.event(data);
    if heard.visible {
        marks.first_token.get_or_insert(marks.events);
    }
    if heard.reasoning {
        marks.first_reasoning.get_or_insert(marks.events);
    }
    marks.done = heard.done;
    marks.events += 1;
}
