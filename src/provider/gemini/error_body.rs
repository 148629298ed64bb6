//! Gemini's error objects: Google's status word, and what its details say about keys, quotas and waiting.

use crate::domain::Failure;
use crate::provider::HttpResponse;
use crate::provider::error::{self, ErrorFacts};
use crate::provider::json::{Fields, Node};

/// The failure that an answer with an error status means, whatever its body holds.
pub(super) fn failure(response: &HttpResponse<'_>) -> Failure {
    let text = String::from_utf8_lossy(response.body);
    let facts = Node::parse(&text).ok().and_then(facts).unwrap_or_default();
    error::failure(response, facts)
}

/// What an error says: `{"error": {..}}`, sometimes in a list of one, or `{"error": "text"}` by a proxy. `None` where
/// there is no error.
pub(super) fn facts(body: Node<'_>) -> Option<ErrorFacts> {
    let body = body.elements().first().copied().unwrap_or(body);
    let error = body.fields().get("error").filter(|node| !matches!(node.text(), "{}" | "\"\"" | "false"))?;
    let fields = error.fields();
    let details: Vec<_> = fields.elements("details").into_iter().map(Node::fields).collect();
    let status = fields.non_empty("status");
    let number = fields.get("code").map(Node::string_or_text);
    Some(ErrorFacts {
        message: fields.non_empty("message").or_else(|| error.string()),
        // The number repeats the HTTP status, and stands for it inside a 200.
        words: number.iter().cloned().chain(details.iter().flat_map(words)).collect(),
        code: status.or(number),
        retry_after_ms: details.iter().find_map(retry_delay_ms),
    })
}

/// The reason of an `ErrorInfo`, the ids of the quotas of a `QuotaFailure`.
fn words(detail: &Fields<'_>) -> Vec<String> {
    let quotas = detail.elements("violations").into_iter().filter_map(|violation| violation.fields().string("quotaId"));
    detail.string("reason").into_iter().chain(quotas).collect()
}

/// The wait of a `RetryInfo`, in seconds with an `s` behind them.
fn retry_delay_ms(detail: &Fields<'_>) -> Option<u64> {
    error::milliseconds(detail.string("retryDelay")?.strip_suffix('s')?, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;
    use crate::provider::Headers;

    fn fail(status: u16, body: &str) -> Failure {
        failure(&HttpResponse { status, headers: &Headers::default(), body: body.as_bytes() })
    }

    #[test]
    fn every_shape_of_an_error_body_gives_its_code_and_message() {
        let rows = [
            (r#"{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}"#, Some("INVALID_ARGUMENT"), "m"),
            (r#"[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]"#, Some("INVALID_ARGUMENT"), "m"),
            (r#"{"error":{"code":400,"message":"m","status":""}}"#, Some("400"), "m"),
            (r#"{"error":{"message":"m"}}"#, None, "m"),
            (r#"{"error":"m"}"#, None, "m"),
            (r#"{"error":{}}"#, None, r#"HTTP 400: {"error":{}}"#),
            ("[]", None, "HTTP 400: []"),
            ("<html>", None, "HTTP 400: <html>"),
            ("", None, "HTTP 400 with an empty body"),
        ];
        for (body, code, message) in rows {
            let failure = fail(400, body);
            assert_eq!((failure.code.as_deref(), failure.message.as_str()), (code, message), "{body}");
            assert_eq!(failure.kind, FailureKind::InvalidRequest, "{body}");
        }
    }

    #[test]
    fn details_tell_a_used_up_quota_from_a_moments_rush_and_how_long_to_wait() {
        let quota = |ids: &[&str]| {
            let violations: Vec<_> = ids.iter().map(|id| format!(r#"{{"quotaId":"{id}"}}"#)).collect();
            format!(r#"{{"violations":[{}]}}"#, violations.join(","))
        };
        let wait = |delay: &str| format!(r#"{{"retryDelay":{delay}}}"#);
        let minute = quota(&["GenerateRequestsPerMinutePerProjectPerModel"]);
        let day = quota(&["TokensPerModelPerMinute-FreeTier", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"]);
        let rows = [
            (vec![minute.clone(), wait("\"10.689924287s\"")], FailureKind::RateLimit, true, Some(10_690)),
            (vec![wait("\"22s\""), day], FailureKind::QuotaExceeded, false, Some(22_000)),
            (vec![minute.clone(), wait("\"3600s\"")], FailureKind::RateLimit, true, Some(3_600_000)),
            (vec![minute.clone(), wait("\"soon\"")], FailureKind::RateLimit, true, None),
            (vec![minute.clone(), wait("\"-1s\"")], FailureKind::RateLimit, true, None),
            (vec![minute, wait("22")], FailureKind::RateLimit, true, None),
            (vec!["7".to_owned()], FailureKind::RateLimit, true, None),
        ];
        for (details, kind, retryable, delay) in rows {
            let body = format!(
                r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{}]}}}}"#,
                details.join(",")
            );
            let failure = fail(429, &body);
            assert_eq!((failure.kind, failure.retryable, failure.retry_after_ms), (kind, retryable, delay), "{body}");
        }
    }

    #[test]
    fn a_wrong_key_and_a_closed_account_are_no_fault_of_the_request() {
        let rows = [
            (400, "INVALID_ARGUMENT", "API_KEY_INVALID", FailureKind::Auth),
            (400, "INVALID_ARGUMENT", "BAD_FIELD", FailureKind::InvalidRequest),
            (400, "FAILED_PRECONDITION", "", FailureKind::Permission),
            (200, "INTERNAL", "", FailureKind::ServerError),
        ];
        for (status, word, reason, kind) in rows {
            let body = format!(r#"{{"error":{{"status":"{word}","details":[{{"reason":"{reason}"}}]}}}}"#);
            assert_eq!(fail(status, &body).kind, kind, "{body}");
        }
        assert_eq!(fail(200, r#"{"error":{"code":500,"status":"INTERNAL"}}"#).kind, FailureKind::ServerError);
        assert_eq!(fail(200, r#"{"error":{"code":404}}"#).kind, FailureKind::NotFound);
    }
}
