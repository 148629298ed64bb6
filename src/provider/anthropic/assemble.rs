//! A streamed Messages answer, put together event by event.

use crate::domain::Reply;
use crate::provider::json::Node;
use crate::provider::{Assembly, Broken, Heard, HttpResponse, error};

use super::answer::Answer;
use super::failure;

/// An answer of which nothing has arrived yet.
pub(in crate::provider) fn assemble() -> Box<dyn Assembly> {
    Box::<Streamed>::default()
}

/// What the events so far have brought.
#[derive(Debug, Default)]
struct Streamed {
    answer: Answer,
    /// Whether the message began.
    begun: bool,
    /// Whether counts came after those of the beginning, whose output is provisional.
    counted: bool,
    end: Option<End>,
}

/// Why nothing more is looked at.
#[derive(Debug)]
enum End {
    /// The end mark came.
    Whole,
    /// This event was an error.
    Error(String),
    /// What came cannot be part of an answer, for this reason.
    Cut(&'static str),
}

impl Assembly for Streamed {
    fn event(&mut self, data: &str) -> Heard {
        if self.end.is_some() {
            return Heard::default();
        }
        let Ok(event) = Node::parse(data) else { return self.cut("an event of the stream is not JSON") };
        let event = event.fields();
        match (event.string("type").unwrap_or_default().as_str(), self.begun) {
            ("ping", _) | ("content_block_stop", true) => {}
            ("error", _) => self.end = Some(End::Error(data.to_owned())),
            ("message_start", false) => {
                self.begun = true;
                self.answer.read(&event.object("message"));
            }
            ("content_block_start", true) => {
                return self.answer.begin(event.count("index"), &event.object("content_block"));
            }
            ("content_block_delta", true) => match self.answer.grow(event.count("index"), &event.object("delta")) {
                Some(heard) => return heard,
                None => return self.cut("a piece of the stream belongs to no block of it"),
            },
            ("message_delta", true) => {
                let usage = event.object("usage");
                self.counted |= usage.count("output_tokens").is_some();
                self.answer.stop(&event.object("delta"));
                self.answer.count(&usage);
            }
            ("message_stop", true) => {
                self.end = Some(End::Whole);
                return Heard { done: true, ..Heard::default() };
            }
            ("message_start", true) => return self.cut("a second message begins in the stream"),
            (
                "content_block_start" | "content_block_delta" | "content_block_stop" | "message_delta" | "message_stop",
                _,
            ) => {
                return self.cut("the stream does not begin with message_start");
            }
            (other, _) => self.answer.warn("stream event", other),
        }
        Heard::default()
    }

    fn finish(self: Box<Self>, head: &HttpResponse<'_>) -> Result<Reply, Broken> {
        let Self { mut answer, begun, counted, end } = *self;
        let failure = match end {
            Some(End::Whole) => {
                if !counted {
                    answer.forget_output();
                }
                return Ok(answer.reply(head.headers));
            }
            Some(End::Error(event)) => failure::of_body(&HttpResponse { body: event.as_bytes(), ..*head }),
            Some(End::Cut(why)) => error::cut(head, why),
            None => error::cut(head, "the stream ended before message_stop"),
        };
        Err(Broken { failure, partial: begun.then(|| Box::new(answer.partial(head.headers))) })
    }
}

impl Streamed {
    fn cut(&mut self, why: &'static str) -> Heard {
        self.end = Some(End::Cut(why));
        Heard::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Arguments, FailureKind, FinishReason, Usage};
    use crate::provider::{Headers, anthropic};

    const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","model":"claude-haiku-4-5","content":[],
        "stop_reason":null,"usage":{"input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":0},"output_tokens":1,
        "service_tier":"standard"}}}"#;
    const TEXT: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    const HELLO: &str = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#;
    const END: &str = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}"#;
    const STOP: &str = r#"{"type":"message_stop"}"#;

    fn streamed(events: &[&str]) -> (Vec<Heard>, Result<Reply, Broken>) {
        let headers: Headers = [("request-id", "req_1")].into_iter().collect();
        let mut assembly = assemble();
        let heard = events.iter().map(|event| assembly.event(event)).collect();
        (heard, assembly.finish(&HttpResponse { status: 200, headers: &headers, body: b"" }))
    }

    fn reply(events: &[&str]) -> Reply {
        streamed(events).1.expect("is a reply")
    }

    fn broken(events: &[&str]) -> Broken {
        streamed(events).1.expect_err("is broken")
    }

    fn block(index: u64, block: &str) -> String {
        format!(r#"{{"type":"content_block_start","index":{index},"content_block":{block}}}"#)
    }

    fn piece(index: u64, delta: &str) -> String {
        format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#)
    }

    #[test]
    fn a_stream_means_the_same_as_the_whole_answer() {
        let whole = r#"{"id":"msg_1","model":"claude-haiku-4-5","content":[
            {"type":"thinking","thinking":"Well.","signature":"s"},{"type":"redacted_thinking","data":"d"},
            {"type":"text","text":"Hello wörld"},
            {"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}},
            {"type":"mystery","text":"no"},{"type":"tool_use","id":"x","name":"f","input":{"n": 1.50}},
            {"type":"tool_use","id":"y","name":"g","input":{}}],
            "stop_reason":"refusal","stop_sequence":"END","stop_details":{"type":"refusal","explanation":"Not this."},
            "usage":{"input_tokens":50,"cache_read_input_tokens":7,"cache_creation_input_tokens":3,
            "cache_creation":{"ephemeral_5m_input_tokens":0},"output_tokens":9,"service_tier":"standard",
            "output_tokens_details":{"thinking_tokens":4},"server_tool_use":{"web_search_requests":1}}}"#;
        let headers: Headers = [("request-id", "req_1")].into_iter().collect();
        let plain = anthropic::decode(&HttpResponse { status: 200, headers: &headers, body: whole.as_bytes() });
        let events = [
            START.to_owned(),
            block(0, r#"{"type":"thinking","thinking":"We","signature":""}"#),
            piece(0, r#"{"type":"thinking_delta","thinking":"ll."}"#),
            piece(0, r#"{"type":"signature_delta","signature":"s"}"#),
            block(1, r#"{"type":"redacted_thinking","data":"d"}"#),
            block(2, r#"{"type":"text","text":"Hel"}"#),
            piece(2, r#"{"type":"text_delta","text":"lo "}"#),
            piece(2, r#"{"type":"citations_delta","citation":{}}"#),
            block(3, r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#),
            piece(3, r#"{"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"}"#),
            block(4, r#"{"type":"mystery","text":""}"#),
            piece(4, r#"{"type":"text_delta","text":"no"}"#),
            // Blocks may overlap: a piece belongs to the block that it names.
            block(5, r#"{"type":"tool_use","id":"x","name":"f","input":{}}"#),
            piece(2, r#"{"type":"text_delta","text":"wörld"}"#),
            piece(5, r#"{"type":"input_json_delta","partial_json":"{\"n\": 1"}"#),
            block(6, r#"{"type":"tool_use","id":"y","name":"g","input":{}}"#),
            piece(5, r#"{"type":"input_json_delta","partial_json":".50}"}"#),
            piece(6, r#"{"type":"input_json_delta","partial_json":""}"#),
            r#"{"type":"content_block_stop","index":5}"#.to_owned(),
            concat!(
                r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":"END","#,
                r#""stop_details":{"type":"refusal","explanation":"Not this."}},"usage":{"input_tokens":50,"#,
                r#""cache_read_input_tokens":7,"cache_creation_input_tokens":3,"output_tokens":9,"#,
                r#""output_tokens_details":{"thinking_tokens":4},"server_tool_use":{"web_search_requests":1}}}"#,
            )
            .to_owned(),
            STOP.to_owned(),
        ];
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let found = streamed(&events).1;
        assert_eq!(found, plain);
        let usage = found.expect("is a reply").usage.expect("is reported");
        assert_eq!((usage.input_tokens, usage.cache_write_other_tokens), (Some(60), Some(3)));
    }

    #[test]
    fn only_what_a_user_would_see_ends_the_wait() {
        let heard = |visible, reasoning| Heard { visible, reasoning, done: false };
        let rows = [
            (TEXT.to_owned(), heard(false, false)),
            (block(0, r#"{"type":"text","text":"a"}"#), heard(true, false)),
            (block(0, r#"{"type":"thinking","thinking":""}"#), heard(false, false)),
            (block(0, r#"{"type":"thinking","thinking":"a"}"#), heard(false, true)),
            (block(0, r#"{"type":"tool_use","id":"x","name":"f","input":{}}"#), heard(true, false)),
            (block(0, r#"{"type":"server_tool_use","id":"x","name":"f","input":{}}"#), heard(false, false)),
        ];
        for (event, expected) in rows {
            assert_eq!(streamed(&[START, &event]).0, [Heard::default(), expected], "{event}");
        }
        let empty = piece(0, r#"{"type":"text_delta","text":""}"#);
        let done = Heard { done: true, ..Heard::default() };
        assert_eq!(
            streamed(&[START, TEXT, r#"{"type":"ping"}"#, &empty, HELLO, END, STOP]).0[2..],
            [heard(false, false), heard(false, false), heard(true, false), heard(false, false), done]
        );
    }

    #[test]
    fn a_broken_stream_is_a_failure_beside_what_had_arrived() {
        let error = r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#;
        let nowhere = piece(1, r#"{"type":"text_delta","text":"x"}"#);
        let rows: &[(&[&str], FailureKind, &str, Option<&str>)] = &[
            (&[], FailureKind::StreamError, "the stream ended before message_stop", None),
            (&[r#"{"type":"ping"}"#], FailureKind::StreamError, "the stream ended before message_stop", None),
            (&[error], FailureKind::RateLimit, "m", None),
            (&[START, TEXT, HELLO, error, END, STOP], FailureKind::RateLimit, "m", Some("Hello")),
            (
                &[START, r#"{"type":"error"}"#, STOP],
                FailureKind::ServerError,
                r#"HTTP 200: {"type":"error"}"#,
                Some(""),
            ),
            (
                &[START, TEXT, HELLO, END],
                FailureKind::StreamError,
                "the stream ended before message_stop",
                Some("Hello"),
            ),
            (
                &[START, TEXT, "{\"ty", HELLO, STOP],
                FailureKind::StreamError,
                "an event of the stream is not JSON",
                Some(""),
            ),
            (
                &[START, TEXT, &nowhere, HELLO, STOP],
                FailureKind::StreamError,
                "a piece of the stream belongs to no block of it",
                Some(""),
            ),
            (&[START, START, STOP], FailureKind::StreamError, "a second message begins in the stream", Some("")),
            (&[TEXT, START, STOP], FailureKind::StreamError, "the stream does not begin with message_start", None),
            (&[STOP], FailureKind::StreamError, "the stream does not begin with message_start", None),
        ];
        for (events, kind, message, text) in rows {
            let Broken { failure, partial } = broken(events);
            assert_eq!(
                (failure.kind, failure.message.as_str(), failure.retryable),
                (*kind, *message, true),
                "{events:?}"
            );
            assert_eq!((failure.status, failure.request_id.as_deref()), (Some(200), Some("req_1")), "{events:?}");
            assert_eq!(partial.as_ref().map(|reply| reply.response.text.as_str()), *text, "{events:?}");
            if let Some(Reply { response, .. }) = partial.as_deref() {
                assert_eq!((response.finish_reason, &response.finish_raw), (FinishReason::Error, &None), "{events:?}");
            }
        }
    }

    #[test]
    fn a_cut_call_keeps_its_text() {
        let call = block(0, r#"{"type":"tool_use","id":"x","name":"f","input":{}}"#);
        let half = piece(0, r#"{"type":"input_json_delta","partial_json":"{\"a"}"#);
        let partial = broken(&[START, &call, &half]).partial.expect("something had arrived");
        assert_eq!(partial.response.tool_calls[0].arguments, Arguments::Malformed("{\"a".to_owned()));
        let given = block(0, r#"{"type":"tool_use","id":"x","name":"f","input":{"a":1}}"#);
        let reply = reply(&[START, &given, END, STOP]);
        assert_eq!(reply.response.tool_calls[0].arguments, Arguments::Object("{\"a\":1}".to_owned()));
    }

    #[test]
    fn later_counts_replace_earlier_ones_and_a_provisional_output_is_none_of_a_whole_answer() {
        let usage = |output| Usage {
            input_tokens: Some(5),
            uncached_input_tokens: Some(5),
            cache_write_5m_tokens: Some(0),
            output_tokens: output,
            ..Usage::default()
        };
        let twice = END.replace(":9", ":4");
        assert_eq!(reply(&[START, &twice, END, STOP]).usage, Some(usage(Some(9))));
        assert_eq!(reply(&[START, STOP]).usage, Some(usage(None)));
        let without = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#;
        assert_eq!(reply(&[START, without, STOP]).usage, Some(usage(None)));
        let silent = r#"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":null}}"#;
        let ended = reply(&[START, END, silent, STOP]);
        assert_eq!((ended.response.finish_reason, ended.usage), (FinishReason::Stop, Some(usage(Some(9)))));
        assert_eq!(broken(&[START]).partial.expect("something had arrived").usage, Some(usage(Some(1))));
    }

    #[test]
    fn unknown_events_and_pieces_are_ignored_with_a_warning_each() {
        let unknown = piece(0, r#"{"type":"smell_delta","smell":"x"}"#);
        let early = r#"{"type":"weather"}"#;
        let reply = reply(&[early, START, TEXT, &unknown, &unknown, early, "[1]", HELLO, END, STOP]);
        assert_eq!(reply.response.text, "Hello");
        assert_eq!(
            reply.warnings,
            [
                r#"ignored a stream event of unknown type "weather""#,
                r#"ignored a content delta of unknown type "smell_delta""#,
                r#"ignored a stream event of unknown type """#,
            ]
        );
    }

    #[test]
    fn a_piece_without_an_index_belongs_to_the_last_block() {
        let start = r#"{"type":"content_block_start","content_block":{"type":"text","text":"a"}}"#;
        let next = r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"b"}}"#;
        assert_eq!(reply(&[START, start, start, next, END, STOP]).response.text, "aab");
    }

    proptest! {
        #[test]
        fn any_events_give_a_reply_or_a_failure(
            order in prop::collection::vec(0_usize..7, 0..12),
            garbage in ".{0,20}",
        ) {
            let known = [START, TEXT, HELLO, END, STOP, r#"{"type":"ping"}"#, garbage.as_str()];
            let events: Vec<&str> = order.iter().map(|index| known[*index]).collect();
            let (heard, answer) = streamed(&events);
            // Only the end mark makes an answer.
            prop_assert_eq!(answer.is_ok(), heard.iter().any(|heard| heard.done));
        }
    }
}
