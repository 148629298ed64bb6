//! The two ends of a call as plain data: what is sent, without the key, and what came back.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Endpoint;
use super::json::Node;

/// A request as it is sent, but for the key, which the transport adds. The method is POST, the body JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The whole URL.
    pub url: String,
    /// Headers that change the meaning of the request.
    pub headers: Vec<(String, String)>,
    /// The body: JSON text, the same bytes for the same request.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// A request to a path of an endpoint. Further fields join the body after its own, and never replace one.
    pub(super) fn new(endpoint: &Endpoint, path: &str, body: &impl Serialize, extra: &Map<String, Value>) -> Self {
        // Fails only for maps whose keys are no strings, which no body has.
        let mut body = serde_json::to_vec(body).unwrap_or_default();
        join(&mut body, extra);
        Self { url: endpoint.url(path), headers: endpoint.headers.clone(), body }
    }
}

/// Puts the fields that the object lacks before its closing brace.
fn join(object: &mut Vec<u8>, extra: &Map<String, Value>) {
    if extra.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(object).into_owned();
    let Ok(own) = Node::parse(&text).map(Node::fields) else { return };
    for (name, value) in extra.iter().filter(|(name, _)| !own.has(name)) {
        object.pop();
        let comma = if object.last() == Some(&b'{') { "" } else { "," };
        object.extend_from_slice(format!("{comma}{}:{value}}}", Value::from(name.as_str())).as_bytes());
    }
}

/// An answer as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct HttpResponse<'a> {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a Headers,
    /// The whole body.
    pub body: &'a [u8],
}

/// Headers of an answer, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value under this name; case does not matter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_fields_join_after_the_bodys_own_and_replace_none() {
        let extra = serde_json::json!({"a\"": [1], "seed": 2, "top": null});
        let extra = extra.as_object().expect("is an object");
        for (body, expected) in [
            (r#"{"seed":null,"m":"x}"}"#, r#"{"seed":null,"m":"x}","a\"":[1],"top":null}"#),
            ("{}", r#"{"a\"":[1],"seed":2,"top":null}"#),
        ] {
            let mut object = body.as_bytes().to_vec();
            join(&mut object, extra);
            assert_eq!(String::from_utf8(object).expect("is text"), expected);
        }
    }

    #[test]
    fn the_first_header_of_a_name_in_any_case_wins() {
        let headers: Headers = [("X-Request-Id", "a"), ("x-request-id", "b")].into_iter().collect();
        assert_eq!(headers.get("x-REQUEST-id"), Some("a"));
        assert_eq!(headers.get("retry-after"), None);
    }
}
