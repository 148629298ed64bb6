//! What a failed call means: one table for every protocol. A protocol reads the facts from its own error body.

use std::str::FromStr;

use rust_decimal::Decimal;

use crate::domain::{Failure, FailureKind};

use super::http::{Headers, HttpResponse};
use super::json::Node;

/// Most characters of a body that is no error object which a message quotes.
const QUOTED_CHARS: usize = 300;

/// What an error body says.
#[derive(Debug, Default)]
pub(super) struct ErrorFacts {
    /// The code to record, verbatim.
    pub(super) code: Option<String>,
    /// Every other machine-readable word of the body, such as the error's type.
    pub(super) words: Vec<String>,
    /// The words for people.
    pub(super) message: Option<String>,
    /// The wait that the body asks for, in milliseconds; a wait in the headers goes before it.
    pub(super) retry_after_ms: Option<u64>,
}

/// How a failure is recognised.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// The code, or another word of the body, is this.
    Word(&'static str),
    /// The code, or another word of the body, contains this.
    WordPart(&'static str),
    /// The message contains this, whatever the case.
    Text(&'static str),
    /// The status lies between these, both included.
    Status(u16, u16),
}

use FailureKind as Kind;
use Sign::{Status, Text, Word, WordPart};

/// The first row whose sign is seen decides. Words that say more than the status stand above it; words that only
/// repeat it stand below, for errors inside a 200.
const RULES: &[(Sign, FailureKind)] = &[
    (Word("insufficient_quota"), Kind::QuotaExceeded),
    (Word("billing_error"), Kind::QuotaExceeded),
    (WordPart("PerDay"), Kind::QuotaExceeded),
    (Text("api usage limits"), Kind::QuotaExceeded),
    (Text("credit balance is too low"), Kind::QuotaExceeded),
    (Status(402, 402), Kind::QuotaExceeded),
    (Word("API_KEY_INVALID"), Kind::Auth),
    (Word("invalid_api_key"), Kind::Auth),
    // Gemini sends it with 400 for a country that it does not serve and for an account without billing.
    (Word("FAILED_PRECONDITION"), Kind::Permission),
    (Status(401, 401), Kind::Auth),
    (Status(407, 407), Kind::Auth),
    (Status(403, 403), Kind::Permission),
    // A redirect or a refused method means that the base URL is wrong: no model caused that.
    (Status(300, 399), Kind::NotFound),
    (Status(404, 405), Kind::NotFound),
    // OpenAI has been seen to say so with 400; counted as a rejected request it would count against the model.
    (Word("model_not_found"), Kind::NotFound),
    (Status(410, 410), Kind::NotFound),
    (Status(413, 413), Kind::PayloadTooLarge),
    (Status(429, 429), Kind::RateLimit),
    (Word("context_length_exceeded"), Kind::ContextLength),
    (Word("exceed_context_size_error"), Kind::ContextLength),
    (Text("prompt is too long"), Kind::ContextLength),
    (Text("maximum context length"), Kind::ContextLength),
    (Text("exceeds the maximum number of tokens allowed"), Kind::ContextLength),
    (Word("content_policy_violation"), Kind::ContentPolicy),
    // The Responses API names the policy: `bio_policy`, `image_content_policy_violation` and others.
    (WordPart("_policy"), Kind::ContentPolicy),
    (Word("content_filter"), Kind::ContentPolicy),
    (Word("invalid_prompt"), Kind::ContentPolicy),
    (Word("overloaded_error"), Kind::Overloaded),
    (Word("unavailable_error"), Kind::Overloaded),
    (Word("UNAVAILABLE"), Kind::Overloaded),
    (Status(503, 503), Kind::Overloaded),
    (Status(529, 529), Kind::Overloaded),
    (Word("timeout_error"), Kind::Timeout),
    (Word("DEADLINE_EXCEEDED"), Kind::Timeout),
    (Word("vector_store_timeout"), Kind::Timeout),
    (Status(408, 408), Kind::Timeout),
    (Status(504, 504), Kind::Timeout),
    (Status(500, 599), Kind::ServerError),
    (Status(400, 499), Kind::InvalidRequest),
    (Word("authentication_error"), Kind::Auth),
    (Word("UNAUTHENTICATED"), Kind::Auth),
    (Word("permission_error"), Kind::Permission),
    (Word("PERMISSION_DENIED"), Kind::Permission),
    (Word("not_found_error"), Kind::NotFound),
    (Word("NOT_FOUND"), Kind::NotFound),
    (Word("request_too_large"), Kind::PayloadTooLarge),
    (Word("rate_limit_exceeded"), Kind::RateLimit),
    (Word("rate_limit_error"), Kind::RateLimit),
    (Word("RESOURCE_EXHAUSTED"), Kind::RateLimit),
    (Word("invalid_request_error"), Kind::InvalidRequest),
    (Word("INVALID_ARGUMENT"), Kind::InvalidRequest),
    // The words of the Responses API for an image that it cannot take, such as `image_too_large`.
    (WordPart("image"), Kind::InvalidRequest),
];

/// The failure of an error answer.
pub(super) fn failure(response: &HttpResponse<'_>, facts: ErrorFacts) -> Failure {
    let kind = classify(response.status, &facts);
    let retry_after_ms = retry_after_ms(response.headers).or(facts.retry_after_ms);
    let retryable = match response.headers.get("x-should-retry") {
        Some("true") => true,
        Some("false") => false,
        _ => helps_to_retry(kind),
    };
    Failure {
        kind,
        status: Some(response.status),
        code: facts.code,
        message: facts.message.filter(|message| !message.trim().is_empty()).unwrap_or_else(|| quote(response)),
        retryable,
        retry_after_ms,
        request_id: request_id(response.headers),
    }
}

/// The failure of an answer that claims success but cannot be read: it was cut, or is not what was asked for.
pub(super) fn unreadable(response: &HttpResponse<'_>, why: &str) -> Failure {
    Failure {
        kind: FailureKind::StreamError,
        status: Some(response.status),
        code: None,
        message: format!("{why}: {}", quote(response)),
        retryable: true,
        retry_after_ms: None,
        request_id: request_id(response.headers),
    }
}

/// The JSON of an answer that claims success.
pub(super) fn whole<'t>(response: &HttpResponse<'_>, text: &'t str) -> Result<Node<'t>, Failure> {
    Node::parse(text).map_err(|reason| unreadable(response, &format!("the answer is not whole JSON ({reason})")))
}

/// The failure of a stream that ended without its end mark.
pub(super) fn cut(head: &HttpResponse<'_>, why: &str) -> Failure {
    Failure {
        kind: FailureKind::StreamError,
        status: Some(head.status),
        code: None,
        message: why.to_owned(),
        retryable: true,
        retry_after_ms: None,
        request_id: request_id(head.headers),
    }
}

/// The provider's id of the request, from the headers.
pub(super) fn request_id(headers: &Headers) -> Option<String> {
    ["x-request-id", "request-id"].iter().find_map(|name| headers.get(name)).map(str::to_owned)
}

/// The text of `Retry-After` where it is no number of seconds: a date, mostly. What it means in milliseconds depends on
/// the clock, so a failure leaves it out and the transport, which has a clock, reads it here.
#[must_use]
pub fn retry_after_text(headers: &Headers) -> Option<&str> {
    if headers.get("retry-after-ms").and_then(|text| milliseconds(text, 1)).is_some() {
        return None;
    }
    headers.get("retry-after").filter(|text| milliseconds(text, 1000).is_none())
}

/// The wait that the headers ask for: milliseconds before seconds.
fn retry_after_ms(headers: &Headers) -> Option<u64> {
    headers
        .get("retry-after-ms")
        .and_then(|text| milliseconds(text, 1))
        .or_else(|| headers.get("retry-after").and_then(|text| milliseconds(text, 1000)))
}

/// A decimal number in units of so many milliseconds, rounded up so that we never come back too early.
pub(super) fn milliseconds(text: &str, unit: u64) -> Option<u64> {
    let amount = Decimal::from_str(text.trim()).ok()?;
    amount.checked_mul(unit.into())?.ceil().try_into().ok()
}

fn classify(status: u16, facts: &ErrorFacts) -> FailureKind {
    let words = || facts.code.iter().chain(&facts.words);
    let text = facts.message.as_deref().unwrap_or_default().to_ascii_lowercase();
    // Gateways put the true status into the code of an error that they send with 200.
    let status = match status {
        200..=299 => words().find_map(|word| word.parse().ok()).unwrap_or(status),
        _ => status,
    };
    let seen = |sign: &Sign| match *sign {
        Word(expected) => words().any(|word| word == expected),
        WordPart(part) => words().any(|word| word.contains(part)),
        Text(part) => text.contains(part),
        Status(from, to) => (from..=to).contains(&status),
    };
    RULES.iter().find(|(sign, _)| seen(sign)).map_or(FailureKind::ServerError, |(_, kind)| *kind)
}

fn helps_to_retry(kind: FailureKind) -> bool {
    match kind {
        Kind::RateLimit | Kind::Overloaded | Kind::ServerError | Kind::Timeout | Kind::StreamError => true,
        Kind::QuotaExceeded
        | Kind::Auth
        | Kind::Permission
        | Kind::NotFound
        | Kind::ContextLength
        | Kind::ContentPolicy
        | Kind::PayloadTooLarge
        | Kind::InvalidRequest
        | Kind::Expired
        | Kind::Network
        | Kind::Unreachable
        | Kind::TooLarge
        | Kind::OverBudget => false,
    }
}

/// The status, and the beginning of the body on one line.
fn quote(response: &HttpResponse<'_>) -> String {
    // Whitespace may shrink, so look at more bytes than characters are quoted; a character takes at most four.
    let beginning = &response.body[..response.body.len().min(16 * QUOTED_CHARS)];
    let line = String::from_utf8_lossy(beginning).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return format!("HTTP {} with an empty body", response.status);
    }
    match line.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("HTTP {}: {}…", response.status, &line[..end]),
        None => format!("HTTP {}: {line}", response.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = &'static [(&'static str, &'static str)];

    fn fail(status: u16, headers: &[(&str, &str)], facts: ErrorFacts) -> Failure {
        let headers: Headers = headers.iter().copied().collect();
        failure(&HttpResponse { status, headers: &headers, body: b"" }, facts)
    }

    fn word(word: &str) -> ErrorFacts {
        ErrorFacts { words: vec![word.to_owned()], ..ErrorFacts::default() }
    }

    #[test]
    fn every_word_and_text_decides_an_error_inside_a_200() {
        for (sign, kind) in RULES {
            let facts = match sign {
                Word(text) | WordPart(text) => word(text),
                Text(text) => ErrorFacts { message: Some(text.to_ascii_uppercase()), ..ErrorFacts::default() },
                Status(..) => continue,
            };
            assert_eq!(fail(200, &[], facts).kind, *kind, "{sign:?}");
        }
        assert_eq!(fail(200, &[], word("who knows")).kind, Kind::ServerError);
    }

    #[test]
    fn the_status_decides_where_no_word_says_more() {
        let rows = [
            (302, Kind::NotFound, false),
            (400, Kind::InvalidRequest, false),
            (401, Kind::Auth, false),
            (402, Kind::QuotaExceeded, false),
            (403, Kind::Permission, false),
            (404, Kind::NotFound, false),
            (405, Kind::NotFound, false),
            (408, Kind::Timeout, true),
            (409, Kind::InvalidRequest, false),
            (413, Kind::PayloadTooLarge, false),
            (422, Kind::InvalidRequest, false),
            (429, Kind::RateLimit, true),
            (500, Kind::ServerError, true),
            (502, Kind::ServerError, true),
            (503, Kind::Overloaded, true),
            (504, Kind::Timeout, true),
            (529, Kind::Overloaded, true),
        ];
        for (status, kind, retryable) in rows {
            let failure = fail(status, &[], word("tokens"));
            assert_eq!((failure.kind, failure.retryable, failure.status), (kind, retryable, Some(status)), "{status}");
        }
        assert_eq!(fail(500, &[], word("overloaded_error")).kind, Kind::Overloaded);
        assert_eq!(fail(429, &[], word("insufficient_quota")).kind, Kind::QuotaExceeded);
        assert_eq!(fail(200, &[], word("429")).kind, Kind::RateLimit);
    }

    #[test]
    fn headers_say_when_and_whether_to_retry() {
        let rows: &[(Pairs, bool, Option<u64>)] = &[
            (&[], true, None),
            (&[("Retry-After", "20")], true, Some(20_000)),
            (&[("retry-after", "0.856559356")], true, Some(857)),
            (&[("retry-after-ms", "690"), ("retry-after", "1")], true, Some(690)),
            (&[("retry-after", "120")], true, Some(120_000)),
            (&[("retry-after", "120.0001")], true, Some(120_001)),
            (&[("x-should-retry", "false")], false, None),
            (&[("retry-after", "-1")], true, None),
            (&[("retry-after", "Fri, 20 Nov 2026 10:00:00 GMT")], true, None),
        ];
        for (headers, retryable, delay) in rows {
            let failure = fail(503, headers, ErrorFacts::default());
            assert_eq!((failure.retryable, failure.retry_after_ms), (*retryable, *delay), "{headers:?}");
        }
        assert!(fail(400, &[("x-should-retry", "true")], ErrorFacts::default()).retryable);
    }

    #[test]
    fn a_date_is_left_to_who_has_a_clock() {
        const DATE: &str = "Fri, 20 Nov 2026 10:00:00 GMT";
        let rows: [(Pairs, Option<&str>); 4] = [
            (&[("retry-after", DATE)], Some(DATE)),
            (&[("retry-after", "20")], None),
            (&[("retry-after-ms", "5"), ("retry-after", DATE)], None),
            (&[], None),
        ];
        for (headers, expected) in rows {
            let headers: Headers = headers.iter().copied().collect();
            assert_eq!(retry_after_text(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_body_that_is_no_error_object_is_quoted_on_one_line() {
        let headers = Headers::default();
        let long = "é".repeat(QUOTED_CHARS + 1);
        let cut = format!("HTTP 502: {}…", "é".repeat(QUOTED_CHARS));
        for (body, expected) in [
            ("<html>\r\n  502 Bad Gateway</html>", "HTTP 502: <html> 502 Bad Gateway</html>"),
            (" ", "HTTP 502 with an empty body"),
            (long.as_str(), cut.as_str()),
        ] {
            let response = HttpResponse { status: 502, headers: &headers, body: body.as_bytes() };
            assert_eq!(failure(&response, ErrorFacts::default()).message, expected);
        }
    }
}
