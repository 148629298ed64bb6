//! HTTP: one pooled client, deadlines, and every way in which a call can break turned into a failure.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Arm, Live, Secret, Secrets, now_ms};
use crate::domain::{Failure, FailureKind, FinishReason, Reply};
use crate::provider::error::retry_after_text;
use crate::provider::quota::{self, Until};
use crate::provider::{Auth, Broken, Headers, HttpRequest, HttpResponse, Marks, Stream};

/// The largest answer taken, in bytes, decompressed.
const LARGEST_BODY: usize = 16 << 20;

/// How long the phases of a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect.
    pub connect: Duration,
    /// From sending to the first byte of the answer; `None` leaves it to the whole.
    pub first_byte: Option<Duration>,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// From sending to the last byte.
    pub total: Duration,
}

/// A client that sends requests.
#[derive(Debug)]
pub struct Transport {
    client: reqwest::Client,
    /// For servers on this machine or its own network: no proxy may see what goes to them.
    direct: reqwest::Client,
    timeouts: Timeouts,
}

/// What came of one call.
#[derive(Debug)]
pub struct Called {
    /// The answer, or why there is none.
    pub result: Result<Reply, Failure>,
    /// From sending to the end, in milliseconds.
    pub latency_ms: u64,
    /// From sending to the first visible output, in milliseconds; streams only.
    pub first_token_ms: Option<u64>,
    /// From sending to the first reasoning shown, in milliseconds; streams only.
    pub first_reasoning_ms: Option<u64>,
    /// Whether the provider says that little of a limit is left.
    pub scarce: bool,
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct TransportError(#[from] reqwest::Error);

/// What is noted while an answer arrives, whatever comes of it.
#[derive(Debug)]
struct Noted {
    begun: Instant,
    scarce: bool,
    token: Option<Duration>,
    reasoning: Option<Duration>,
}

impl Transport {
    /// Makes a client for these arms.
    ///
    /// # Errors
    /// TLS cannot be set up, for want of root certificates for example.
    pub fn new(timeouts: Timeouts, arms: &[Arm]) -> Result<Self, TransportError> {
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
        // It never meets a certificate, and to read those of the system takes longer than many a run.
        let direct = builder().no_proxy().tls_certs_only([]).build()?;
        let is_secure = |live: &Live| !live.endpoint.base_url.starts_with("http://");
        let any_secure = arms.iter().filter_map(Arm::live).any(is_secure);
        let client = if any_secure { builder().build()? } else { direct.clone() };
        Ok(Self { client, direct, timeouts })
    }

    /// The longest that a call can take.
    pub(super) fn longest_call(&self) -> Duration {
        self.timeouts.connect + self.timeouts.total
    }

    /// Makes one call and reads the whole answer, whatever it is.
    pub async fn call(&self, live: &Live, request: &HttpRequest) -> Called {
        let mut noted = Noted { begun: Instant::now(), scarce: false, token: None, reasoning: None };
        let result = self.answer(live, request, &mut noted).await;
        let in_milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Called {
            result: live.secrets.all().fold(result, |result, secret| secret.scrub(result)),
            latency_ms: in_milliseconds(noted.begun.elapsed()),
            first_token_ms: noted.token.map(in_milliseconds),
            first_reasoning_ms: noted.reasoning.map(in_milliseconds),
            scarce: noted.scarce,
        }
    }

    async fn answer(&self, live: &Live, request: &HttpRequest, noted: &mut Noted) -> Result<Reply, Failure> {
        let protocol = live.endpoint.protocol;
        let mut response = self.send(live, request).await?;
        let status = response.status().as_u16();
        let headers: Headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
            .collect();
        noted.scarce = quota::is_scarce(&headers);
        if let Some(failure) = odd_encoding(status, &headers) {
            return Err(failure);
        }
        let mut stream = (live.stream && is_stream(status, &headers)).then(|| Stream::new(protocol));
        let (mut body, mut length) = (Vec::new(), 0);
        let cut = loop {
            let chunk = match timeout(self.timeouts.idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break None,
                Ok(Err(error)) => break Some(self.failure(&error, FailureKind::StreamError)),
                Err(_) => break Some(late("the answer went silent for", self.timeouts.idle)),
            };
            length += chunk.len();
            if length > LARGEST_BODY {
                let message = format!("the answer is larger than {} MiB", LARGEST_BODY >> 20);
                return Err(Failure::local(FailureKind::TooLarge, message, false));
            }
            match &mut stream {
                None => body.extend_from_slice(&chunk),
                Some(stream) => {
                    stream.push(&chunk);
                    noted.note(stream.marks());
                    if stream.marks().done {
                        break None;
                    }
                }
            }
        };
        let decoded = match (stream, cut) {
            (None, Some(failure)) => return Err(failure),
            (None, None) => {
                // Before it is read: a quoted beginning of it could end in the middle of a key.
                let body = live.secrets.all().fold(body, |body, secret| secret.scrub_bytes(body));
                (protocol.decode)(&HttpResponse { status, headers: &headers, body: &body })
            }
            (Some(stream), cut) => {
                let (marks, decoded) = stream.finish(&HttpResponse { status, headers: &headers, body: b"" });
                noted.note(marks);
                decoded.map_err(|broken| because(broken, cut))
            }
        };
        let whole = decoded.and_then(|reply| ended_well(reply, status));
        whole.map_err(|broken| with_wait(with_partial(broken), &headers))
    }

    async fn send(&self, live: &Live, request: &HttpRequest) -> Result<reqwest::Response, Failure> {
        // Plain http goes to this machine, or to one that the suite allows by name.
        let client = if request.url.starts_with("http://") { &self.direct } else { &self.client };
        let mut head = match live.head.of(request) {
            Some(head) => head,
            None => live.head.keep(request, self.head(client, live, request)?),
        };
        *head.body_mut() = Some(request.body.clone().into());
        let sent = client.execute(head);
        let sent = match self.timeouts.first_byte {
            None => sent.await,
            Some(within) => timeout(within, sent).await.map_err(|_| late("no byte of an answer within", within))?,
        };
        sent.map_err(|error| self.failure(&error, FailureKind::Network))
    }

    /// A request but for its body.
    fn head(&self, client: &reqwest::Client, live: &Live, request: &HttpRequest) -> Result<reqwest::Request, Failure> {
        let secrets = &live.secrets;
        let mut builder = client.post(&request.url).header("content-type", "application/json");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        for (name, secret) in &secrets.headers {
            builder = builder.header(name, sensitive(secret.reveal())?);
        }
        builder = match (live.endpoint.protocol.auth, &secrets.key) {
            (_, None) => builder,
            (Auth::Bearer, Some(key)) => {
                builder.header("authorization", sensitive(&format!("Bearer {}", key.reveal()))?)
            }
            (Auth::Header(name), Some(key)) => builder.header(name, sensitive(key.reveal())?),
        };
        builder.build().map_err(|error| self.failure(&error, FailureKind::Network))
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
            return late("no whole answer within", self.timeouts.total);
        }
        if is_untrusted(error) {
            // It will be the same certificate the next time.
            let message = format!("{}; nothing was sent", causes(error));
            return Failure::local(FailureKind::Unreachable, message, false);
        }
        let kind = if error.is_connect() { FailureKind::Unreachable } else { otherwise };
        Failure::local(kind, causes(error), true)
    }
}

impl Secrets {
    fn all(&self) -> impl Iterator<Item = &Secret> {
        self.key.iter().chain(self.headers.iter().map(|(_, secret)| secret))
    }
}

impl Noted {
    fn note(&mut self, marks: Marks) {
        if marks.first_token.is_some() {
            self.token.get_or_insert_with(|| self.begun.elapsed());
        }
        if marks.first_reasoning.is_some() {
            self.reasoning.get_or_insert_with(|| self.begun.elapsed());
        }
    }
}

/// Whether an answer to a request for a stream is one: errors come whole, and some servers answer whole in any case.
fn is_stream(status: u16, headers: &Headers) -> bool {
    let whole = headers.get("content-type").is_some_and(|kind| kind.trim_start().starts_with("application/json"));
    (200..=299).contains(&status) && !whole
}

/// An answer that is compressed otherwise than was offered, or twice: nobody can say how large it is. Of one with an
/// error status the status says enough.
fn odd_encoding(status: u16, headers: &Headers) -> Option<Failure> {
    let encoding = headers.get("content-encoding").map(str::trim)?;
    // The client takes the header away from what it has decoded.
    if !(200..=299).contains(&status) || encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return None;
    }
    let message = format!("the answer is encoded as `{encoding:.40}`, which was not asked for");
    Some(Failure { status: Some(status), ..Failure::local(FailureKind::StreamError, message, false) })
}

/// An answer that the provider itself ended as an error, in a 200, is no answer: it is not kept, and asked again.
fn ended_well(reply: Reply, status: u16) -> Result<Reply, Broken> {
    if reply.response.finish_reason != FinishReason::Error {
        return Ok(reply);
    }
    let why = reply.response.finish_raw.as_deref().unwrap_or("error");
    let message = format!("the provider ended the answer with `{why}`");
    let request_id = reply.request_id.clone();
    let failure = Failure::local(FailureKind::ServerError, message, true);
    Err(Broken { failure: Failure { status: Some(status), request_id, ..failure }, partial: Some(Box::new(reply)) })
}

/// A stream that broke off: the transport knows why better than the protocol, which saw it end only.
fn because(broken: Broken, cut: Option<Failure>) -> Broken {
    match cut {
        Some(cut) if broken.failure.kind == FailureKind::StreamError => {
            let Failure { status, request_id, .. } = broken.failure;
            Broken { failure: Failure { status, request_id, ..cut }, ..broken }
        }
        Some(_) | None => broken,
    }
}

/// The failure, with how much had arrived.
fn with_partial(Broken { failure, partial }: Broken) -> Failure {
    let Some(partial) = partial else { return failure };
    let (text, calls) = (partial.response.text.chars().count(), partial.response.tool_calls.len());
    let message = format!("{} (after {text} characters of text and {calls} tool calls)", failure.message);
    Failure { message, ..failure }
}

/// A failure with the wait that its provider asks for in another form than a number, in milliseconds: a date, or when
/// the limit that was met is free again.
fn with_wait(failure: Failure, headers: &Headers) -> Failure {
    let now = now_ms();
    let in_milliseconds = |until| match until {
        // Rounded up, so that we never come back too early.
        Until::In(wait) => u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX),
        Until::At(at) => u64::try_from(at.saturating_sub(now)).unwrap_or(0),
    };
    let asked = retry_after_text(headers).and_then(Until::parse).map(in_milliseconds).or(failure.retry_after_ms);
    let reset = || quota::resets(headers).map(in_milliseconds).max();
    let is_limit = failure.kind == FailureKind::RateLimit;
    Failure { retry_after_ms: asked.or_else(|| is_limit.then(reset).flatten()), ..failure }
}

/// A call that was given up, because something did not happen in time.
fn late(what: &str, within: Duration) -> Failure {
    Failure::local(FailureKind::Timeout, format!("{what} {} s", within.as_secs()), true)
}

fn sensitive(value: &str) -> Result<reqwest::header::HeaderValue, Failure> {
    let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| {
        Failure::local(FailureKind::Auth, "the API key holds characters that no header may hold", false)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether the server showed a certificate that is not to be trusted.
fn is_untrusted(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = found.downcast_ref() {
            return true;
        }
        // The source of an I/O error is that of what it wraps, and not what it wraps.
        let wrapped = found.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = wrapped.map_or_else(|| found.source(), |wrapped| Some(wrapped));
    }
    false
}

/// The causes of an error without its own words, which repeat the URL.
fn causes(error: &reqwest::Error) -> String {
    let causes: Vec<String> = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .map(ToString::to_string)
        .collect();
    if causes.is_empty() { "the call broke off".to_owned() } else { causes.join(": ") }
}
