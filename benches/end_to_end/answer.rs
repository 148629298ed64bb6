//! What the server says.

use std::io::Write as _;

use crate::dataset::{END_MARK, MARK};
use crate::faults::Fault;

/// Answers that are wrong, in percent: a comparison of two models that never err would be an easy one.
const WRONG: u64 = 10;

/// A whole answer: what the last line of the prompt asks for, or something else, by the hash of the body.
pub(crate) fn right(body: &[u8], hash: u64, out: &mut Vec<u8>) {
    let text = if hash % 100 < WRONG { b"something else".as_slice() } else { expected(body) };
    let text = String::from_utf8_lossy(text);
    let body = format!(
        "{{\"id\":\"chatcmpl-{hash:016x}\",\"object\":\"chat.completion\",\"created\":1770000000,\"model\":\"served\",\
         \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\",\"refusal\":null}},\
         \"logprobs\":null,\"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":500,\"completion_tokens\":5,\
         \"total_tokens\":505}},\"system_fingerprint\":\"fp_1\"}}"
    );
    whole("200 OK", "", body.as_bytes(), out);
}

/// What stands between the marks nearest to the end.
fn expected(body: &[u8]) -> &[u8] {
    let last = |mark: &[u8]| body.windows(mark.len()).rposition(|bytes| bytes == mark);
    match (last(MARK), last(END_MARK)) {
        (Some(begin), Some(end)) if begin < end => &body[begin + MARK.len()..end],
        _ => b"",
    }
}

/// What is said in place of an answer.
pub(crate) fn fault(fault: Fault, out: &mut Vec<u8>) {
    let error = |kind: &str| format!("{{\"error\":{{\"message\":\"no\",\"type\":\"{kind}\",\"code\":\"{kind}\"}}}}");
    match fault {
        Fault::RateLimit => {
            let body = error("rate_limit_exceeded");
            whole("429 Too Many Requests", "retry-after: 1\r\n", body.as_bytes(), out);
        }
        Fault::ServerError => whole("500 Internal Server Error", "", error("server_error").as_bytes(), out),
        Fault::Reset | Fault::Cut | Fault::NotJson => whole("200 OK", "", b"upstream connect error", out),
    }
}

/// A message with its length.
pub(crate) fn whole(status: &str, headers: &str, body: &[u8], out: &mut Vec<u8>) {
    let length = body.len();
    // Writing to memory cannot fail.
    drop(write!(
        out,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
    ));
    out.extend_from_slice(body);
}
