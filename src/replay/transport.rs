//! HTTP: one pooled client, deadlines, and every way in which a call can break turned into a failure.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::domain::{Failure, FailureKind};
use crate::provider::error::retry_after_date;
use crate::provider::{Auth, Headers, HttpRequest};

/// The largest answer taken, in bytes.
const LARGEST_BODY: usize = 32 << 20;
/// A key shorter than this is a placeholder such as `none`, which is also a word that an answer may hold.
const SHORTEST_SECRET: usize = 12;
/// Stands where a provider repeated the key.
const REDACTED: &str = "[API key]";

/// An API key. It is sent to the host it was read for, and shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a key.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// What a provider said, without this key: some repeat it in the message of an error.
    fn scrub(&self, mut said: Vec<u8>) -> Vec<u8> {
        if self.0.len() < SHORTEST_SECRET {
            return said;
        }
        // Servers that escape slashes in JSON would write a key with slashes like this.
        let escaped = self.0.replace('/', "\\/");
        for spelling in [self.0.as_bytes(), escaped.as_bytes()] {
            while let Some(start) = said.windows(spelling.len()).position(|window| window == spelling) {
                said.splice(start..start + spelling.len(), REDACTED.bytes());
            }
        }
        said
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long the phases of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// From sending to the last byte.
    pub total: Duration,
}

/// A client that sends requests.
#[derive(Debug)]
pub struct Transport {
    client: reqwest::Client,
    /// For servers on this machine: no proxy may see what goes to them.
    direct: reqwest::Client,
    timeouts: Timeouts,
}

/// An answer as it arrived.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct TransportError(#[from] reqwest::Error);

impl Transport {
    /// Makes a client.
    ///
    /// # Errors
    /// TLS cannot be set up, for want of root certificates for example.
    pub fn new(timeouts: Timeouts) -> Result<Self, TransportError> {
        // An error means that a provider is installed already, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.total)
                .tcp_nodelay(true)
                // A key is bound to its host: a redirect could carry it elsewhere.
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .user_agent(concat!("cutover/", env!("CARGO_PKG_VERSION")))
        };
        let (client, direct) = (builder().build()?, builder().no_proxy().build()?);
        Ok(Self { client, direct, timeouts })
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub(super) async fn send(
        &self,
        request: &HttpRequest,
        auth: Auth,
        secret: Option<&Secret>,
    ) -> Result<Answer, Failure> {
        // Plain http goes to this machine only: the suite is held to that.
        let client = if request.url.starts_with("http://") { &self.direct } else { &self.client };
        let mut builder = client.post(&request.url).header("content-type", "application/json");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        builder = match (auth, secret) {
            (_, None) => builder,
            (Auth::Bearer, Some(Secret(key))) => builder.header("authorization", sensitive(&format!("Bearer {key}"))?),
            (Auth::Header(name), Some(Secret(key))) => builder.header(name, sensitive(key)?),
        };
        let sent = builder.body(request.body.clone()).send().await;
        let mut response = sent.map_err(|error| self.failure(&error, FailureKind::Network))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| self.failure(&error, FailureKind::StreamError))?
        {
            if body.len() + chunk.len() > LARGEST_BODY {
                let message = format!("the answer is larger than {} MiB", LARGEST_BODY >> 20);
                return Err(Failure::local(FailureKind::TooLarge, message, false));
            }
            body.extend_from_slice(&chunk);
        }
        if let Some(secret) = secret {
            body = secret.scrub(body);
        }
        Ok(Answer { status, headers, body })
    }

    /// A failure whose provider gave a date until which to wait, with that wait in milliseconds.
    pub(super) fn with_date(failure: Failure, headers: &Headers) -> Failure {
        let Some(until) = retry_after_date(headers).and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok())
        else {
            return failure;
        };
        let wait = SystemTime::from(until).duration_since(SystemTime::now()).unwrap_or(Duration::ZERO);
        Failure { retry_after_ms: u64::try_from(wait.as_millis()).ok(), ..failure }
    }

    /// A broken call as a failure: never with the URL, whose query could hold a key.
    fn failure(&self, error: &reqwest::Error, otherwise: FailureKind) -> Failure {
        if error.is_builder() {
            return Failure::local(FailureKind::InvalidRequest, causes(error), false);
        }
        if error.is_timeout() {
            if error.is_connect() {
                let message = format!("no connection within {} s", self.timeouts.connect.as_secs());
                return Failure::local(FailureKind::Unreachable, message, true);
            }
            let message = format!("no whole answer within {} s", self.timeouts.total.as_secs());
            return Failure::local(FailureKind::Timeout, message, true);
        }
        let kind = if error.is_connect() { FailureKind::Unreachable } else { otherwise };
        Failure::local(kind, causes(error), true)
    }
}

fn sensitive(key: &str) -> Result<reqwest::header::HeaderValue, Failure> {
    let mut value = reqwest::header::HeaderValue::from_str(key).map_err(|_| {
        Failure::local(FailureKind::Auth, "the API key holds characters that no header may hold", false)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The causes of an error without its own words, which repeat the URL.
fn causes(error: &reqwest::Error) -> String {
    let causes: Vec<String> = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    if causes.is_empty() { "the call broke off".to_owned() } else { causes.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_out_of_what_a_provider_says_however_its_slashes_are_written() {
        let rows = [
            ("sk-abc/def/123", "bad key sk-abc/def/123, sk-abc\\/def\\/123!", "bad key [API key], [API key]!"),
            ("sk-abc/def/123", "sk-abc", "sk-abc"),
            ("none", "none of them", "none of them"),
        ];
        for (key, said, expected) in rows {
            let scrubbed = Secret::new(key.to_owned()).scrub(said.as_bytes().to_vec());
            assert_eq!(String::from_utf8(scrubbed).expect("is UTF-8"), expected, "{key}");
        }
    }
}
