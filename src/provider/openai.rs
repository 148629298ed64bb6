//! The error bodies of OpenAI's protocols and of the servers that imitate them.

use crate::domain::Failure;

use super::error::{self, ErrorFacts};
use super::http::HttpResponse;
use super::json::{Fields, Node};

/// The failure that an answer with an error status means, whatever its body holds.
pub(super) fn failure(response: &HttpResponse<'_>) -> Failure {
    let text = String::from_utf8_lossy(response.body);
    let facts = Node::parse(&text).map(read).unwrap_or_default();
    error::failure(response, facts)
}

/// The error inside an answer that claims success, if there is one.
pub(super) fn error_in(response: &HttpResponse<'_>, body: &Fields<'_>) -> Option<Failure> {
    error_node(body).map(|node| error::failure(response, of_error(node)))
}

/// Whether an event of a stream is an error, in any shape that an error body has: [`failure`] reads it.
pub(super) fn is_error(event: Node<'_>) -> bool {
    let body = event.elements().first().copied().unwrap_or(event);
    let fields = body.fields();
    let flat = || fields.get("detail").is_some() || fields.string("message").or_else(|| body.string()).is_some();
    error_node(&fields).is_some() || (!fields.has("choices") && flat())
}

fn error_node<'a>(body: &Fields<'a>) -> Option<Node<'a>> {
    body.get("error").filter(|node| !matches!(node.text(), "{}" | "\"\"" | "false"))
}

/// Shapes seen: `{"error": {..}}`, `{"error": "text"}`, the same in a list of one, flat `{"message", "type", "code"}`
/// (old vLLM), `{"detail": ..}` (servers built on `FastAPI`).
fn read(body: Node<'_>) -> ErrorFacts {
    let body = body.elements().first().copied().unwrap_or(body);
    let fields = body.fields();
    match (fields.get("error"), fields.get("detail")) {
        (Some(node), _) => of_error(node),
        (None, Some(detail)) => {
            let message = Some(detail.string_or_text()).filter(|text| !text.is_empty());
            ErrorFacts { message, ..ErrorFacts::default() }
        }
        (None, None) => of_error(body),
    }
}

fn of_error(node: Node<'_>) -> ErrorFacts {
    let fields = node.fields();
    ErrorFacts {
        // vLLM and llama.cpp send the status as a number here.
        code: fields.get("code").map(Node::string_or_text),
        words: fields.string("type").into_iter().collect(),
        message: fields.non_empty("message").or_else(|| node.string().filter(|text| !text.is_empty())),
        retry_after_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;
    use crate::provider::Headers;

    #[test]
    fn every_shape_of_an_error_body_gives_its_code_and_message() {
        let rows = [
            (r#"{"error":{"message":"m","type":"t","code":"c"}}"#, Some("c"), "m"),
            (r#"{"error":{"message":"m","code":400}}"#, Some("400"), "m"),
            (r#"{"error":"m"}"#, None, "m"),
            (r#"[{"error":{"message":"m","code":null}}]"#, None, "m"),
            (r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#, Some("400"), "m"),
            (r#"{"detail":"m"}"#, None, "m"),
            (r#"{"detail":[{"msg":"m"}]}"#, None, r#"[{"msg":"m"}]"#),
            (r#""m""#, None, "m"),
            (r#"{"error":""}"#, None, r#"HTTP 400: {"error":""}"#),
            (r#"{"detail":""}"#, None, r#"HTTP 400: {"detail":""}"#),
            ("m", None, "HTTP 400: m"),
            ("", None, "HTTP 400 with an empty body"),
        ];
        let headers: Headers = [("x-request-id", "req_1")].into_iter().collect();
        for (body, code, message) in rows {
            let failure = failure(&HttpResponse { status: 400, headers: &headers, body: body.as_bytes() });
            assert_eq!((failure.code.as_deref(), failure.message.as_str()), (code, message), "{body}");
            assert_eq!(failure.kind, FailureKind::InvalidRequest, "{body}");
            assert_eq!(failure.request_id.as_deref(), Some("req_1"));
        }
    }
}
