//! What an arm's requests have in common, checked and put together once.

use std::sync::OnceLock;

use crate::provider::HttpRequest;

/// The URL and the headers of an arm's requests, which are mostly the same for all of them: read and checked once.
#[derive(Debug, Default)]
pub struct Head(OnceLock<Kept>);

#[derive(Debug)]
struct Kept {
    url: String,
    headers: Vec<(String, String)>,
    head: reqwest::Request,
}

impl Head {
    /// A copy of what was kept, where it is that of this request.
    pub(super) fn of(&self, request: &HttpRequest) -> Option<reqwest::Request> {
        let kept = self.0.get().filter(|kept| kept.url == request.url && kept.headers == request.headers)?;
        kept.head.try_clone()
    }

    /// Keeps the first one.
    pub(super) fn keep(&self, request: &HttpRequest, head: reqwest::Request) -> reqwest::Request {
        if let Some(copy) = head.try_clone() {
            let (url, headers) = (request.url.clone(), request.headers.clone());
            self.0.get_or_init(|| Kept { url, headers, head: copy });
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_given_to_the_requests_that_it_fits() {
        let request = |url: &str, header: &str| HttpRequest {
            url: url.to_owned(),
            headers: vec![("x-beta".to_owned(), header.to_owned())],
            body: Vec::new(),
        };
        let first = request("http://127.0.0.1:9/v1", "1");
        let mut built = reqwest::Request::new(reqwest::Method::POST, first.url.parse().expect("is a URL"));
        built.headers_mut().insert("x-beta", reqwest::header::HeaderValue::from_static("1"));
        let head = Head::default();
        assert!(head.of(&first).is_none());
        assert_eq!(head.keep(&first, built).url().as_str(), first.url);
        let copy = head.of(&first).expect("is kept");
        assert_eq!((copy.method().as_str(), copy.headers()["x-beta"].as_bytes()), ("POST", &b"1"[..]));
        assert!(head.of(&request("http://127.0.0.1:9/v2", "1")).is_none());
        assert!(head.of(&request("http://127.0.0.1:9/v1", "2")).is_none());
    }
}
