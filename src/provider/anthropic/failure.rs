//! Anthropic's error bodies, and those of gateways before it.

use crate::domain::Failure;
use crate::provider::HttpResponse;
use crate::provider::error::{self, ErrorFacts};
use crate::provider::json::Node;

/// The failure that a body means, which is an error object, another shape of one, or no JSON at all.
pub(super) fn of_body(response: &HttpResponse<'_>) -> Failure {
    let text = String::from_utf8_lossy(response.body);
    let Ok(body) = Node::parse(&text) else { return error::failure(response, ErrorFacts::default()) };
    let mut failure = error::failure(response, read(body));
    if failure.request_id.is_none() {
        failure.request_id = body.fields().string("request_id");
    }
    failure
}

/// Shapes seen: `{"type": "error", "error": {"type", "message"}}`; from gateways also `{"error": {.., "code"}}`,
/// `{"error": "text"}`, `{"detail": ..}` and flat `{"message"}`.
fn read(body: Node<'_>) -> ErrorFacts {
    let fields = body.fields();
    let node = fields.get("error").or_else(|| fields.get("detail")).unwrap_or(body);
    let fields = node.fields();
    let code = fields.get("code").map(Node::string_or_text);
    let (code, words) = match fields.string("type") {
        Some(kind) => (Some(kind), code.into_iter().collect()),
        None => (code, Vec::new()),
    };
    ErrorFacts { code, words, message: fields.non_empty("message").or_else(|| node.string()), retry_after_ms: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;
    use crate::provider::Headers;

    fn failure(status: u16, headers: &Headers, body: &str) -> Failure {
        of_body(&HttpResponse { status, headers, body: body.as_bytes() })
    }

    #[test]
    fn every_shape_of_an_error_body_gives_its_code_and_message() {
        let rows = [
            (r#"{"type":"error","error":{"type":"t","message":"m"}}"#, Some("t"), "m"),
            (r#"{"error":{"message":"m","type":"t","code":"c"}}"#, Some("t"), "m"),
            (r#"{"error":{"message":"m","code":400}}"#, Some("400"), "m"),
            (r#"{"error":"m"}"#, None, "m"),
            (r#"{"detail":"m"}"#, None, "m"),
            (r#"{"message":"m"}"#, None, "m"),
            (r#""m""#, None, "m"),
            (
                r#"{"type":"error","error":{"type":"t"}}"#,
                Some("t"),
                "HTTP 400: {\"type\":\"error\",\"error\":{\"type\":\"t\"}}",
            ),
            ("error code: 400", None, "HTTP 400: error code: 400"),
            ("", None, "HTTP 400 with an empty body"),
        ];
        for (body, code, message) in rows {
            let failure = failure(400, &Headers::default(), body);
            assert_eq!((failure.code.as_deref(), failure.message.as_str()), (code, message), "{body}");
            assert_eq!(failure.kind, FailureKind::InvalidRequest, "{body}");
        }
    }

    #[test]
    fn words_and_texts_decide_what_the_status_leaves_open() {
        let limit = "You have reached your specified API usage limits. You will regain access on 2026-12-01.";
        let credit = "Your credit balance is too low to access the Anthropic API.";
        let rows = [
            (400, "invalid_request_error", limit, FailureKind::QuotaExceeded, false),
            (429, "rate_limit_error", limit, FailureKind::QuotaExceeded, false),
            (400, "invalid_request_error", credit, FailureKind::QuotaExceeded, false),
            (402, "billing_error", "m", FailureKind::QuotaExceeded, false),
            (403, "permission_error", "m", FailureKind::Permission, false),
            (404, "not_found_error", "model: claude-x", FailureKind::NotFound, false),
            (429, "rate_limit_error", "m", FailureKind::RateLimit, true),
            (500, "api_error", "m", FailureKind::ServerError, true),
            (504, "timeout_error", "m", FailureKind::Timeout, true),
            (529, "overloaded_error", "Overloaded", FailureKind::Overloaded, true),
            (200, "api_error", "Internal server error", FailureKind::ServerError, true),
        ];
        for (status, kind, message, expected, retryable) in rows {
            let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#);
            let failure = failure(status, &Headers::default(), &body);
            assert_eq!((failure.kind, failure.retryable), (expected, retryable), "{status} {kind} {message}");
        }
        let quota = r#"{"error":{"message":"m","type":"t","code":"insufficient_quota"}}"#;
        assert_eq!(failure(429, &Headers::default(), quota).kind, FailureKind::QuotaExceeded);
    }

    #[test]
    fn the_id_of_the_request_comes_from_the_header_else_from_the_body() {
        let body = r#"{"type":"error","error":{"type":"t","message":"m"},"request_id":"req_body"}"#;
        let headers: Headers = [("request-id", "req_header")].into_iter().collect();
        assert_eq!(failure(400, &headers, body).request_id.as_deref(), Some("req_header"));
        assert_eq!(failure(400, &Headers::default(), body).request_id.as_deref(), Some("req_body"));
    }
}
