//! The two ends of a call as plain data: what is sent, without the key, and what came back.

/// A request as it is sent, but for the key, which the transport adds. The method is POST, the body JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The whole URL.
    pub url: String,
    /// Headers that change the meaning of the request.
    pub headers: Vec<(String, String)>,
    /// The body: JSON text with sorted keys, the same bytes for the same request.
    pub body: Vec<u8>,
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
    fn the_first_header_of_a_name_in_any_case_wins() {
        let headers: Headers = [("X-Request-Id", "a"), ("x-request-id", "b")].into_iter().collect();
        assert_eq!(headers.get("x-REQUEST-id"), Some("a"));
        assert_eq!(headers.get("retry-after"), None);
    }
}
