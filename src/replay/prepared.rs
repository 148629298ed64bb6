//! A request ready to be looked up or sent: encoded, hashed, and bounded in what it can use.

use std::cell::OnceCell;

use super::{Arm, Live, Planned, ReplayError, Source};
use crate::dataset::Dataset;
use crate::domain::{Asked, Case, ImageSource, Message, Tool};
use crate::provider::HttpRequest;
use crate::store::{Fields, Key, KeyFields};

/// More than any provider counts for one image: the patches of the largest picture, times the dearest multiplier.
const IMAGE_TOKENS: u64 = 32_768;

/// More than providers put into the prompt for what one search finds.
const SEARCH_TOKENS: u64 = 65_536;

/// A request ready to be looked up or sent.
pub(super) struct Prepared<'a> {
    pub(super) planned: Planned,
    pub(super) live: &'a Live,
    pub(super) request: HttpRequest,
    pub(super) key: Key,
    pub(super) bound: Bound,
    fields: OnceCell<Option<Fields>>,
}

impl Prepared<'_> {
    /// What is kept beside an answer for `cutover cache why-miss`.
    pub(super) fn fields(&self) -> Option<&Fields> {
        self.fields.get_or_init(|| fields(self).ok()).as_ref()
    }
}

/// The most that a call can use, but for its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) input_tokens: u64,
    /// Searches by the provider's own tools.
    pub(super) searches: u64,
}

pub(super) fn read(dataset: &Dataset, planned: Planned) -> Result<Case, ReplayError> {
    dataset.read(planned.case).map_err(|problem| ReplayError::Dataset(Box::new(problem)))
}

/// Whether sending a case means to read image files.
pub(super) fn has_files(case: &Case) -> bool {
    case.messages.iter().flat_map(Message::images).any(|source| matches!(source, ImageSource::File(_)))
}

/// The request of a trial; `None` for an arm that asks nobody.
pub(super) fn of_trial<'a>(
    dataset: &Dataset,
    arms: &'a [Arm],
    planned: Planned,
) -> Result<Option<Prepared<'a>>, ReplayError> {
    let Source::Live(live) = &arms[planned.arm].source else { return Ok(None) };
    of_case(dataset, live, planned, &read(dataset, planned)?).map(Some)
}

pub(super) fn of_case<'a>(
    dataset: &Dataset,
    live: &'a Live,
    planned: Planned,
    case: &Case,
) -> Result<Prepared<'a>, ReplayError> {
    let messages = dataset.to_send(planned.case, case).map_err(|problem| ReplayError::Dataset(Box::new(problem)))?;
    let neutral = live.request(case, &messages);
    let request = (live.endpoint.protocol.encode)(neutral, &live.endpoint);
    let no_key = |source| ReplayError::Key { case: case.id.clone(), source };
    let key = key_fields(live, &request, planned.repeat).key().map_err(no_key)?;
    let bound = bound(neutral, request.body.len() as u64, live.max_searches);
    Ok(Prepared { planned, live, request, key, bound, fields: OnceCell::new() })
}

/// Every byte of a request's text is at most one token, and every image at most [`IMAGE_TOKENS`], however many bytes
/// it has. What a search finds is input too.
fn bound(request: Asked<'_>, body: u64, max_searches: Option<u64>) -> Bound {
    let images = request.images().map(|source| match source {
        ImageSource::Base64 { data, .. } => data.len() as u64,
        ImageSource::Url(_) | ImageSource::File(_) => 0,
    });
    let (count, bytes) = images.fold((0_u64, 0_u64), |(count, bytes), image| (count + 1, bytes + image));
    let searches = if request.tools.contains(&Tool::WebSearch) { max_searches.unwrap_or(0) } else { 0 };
    let found = searches.saturating_mul(SEARCH_TOKENS);
    let input_tokens = body.saturating_sub(bytes).saturating_add(count * IMAGE_TOKENS).saturating_add(found);
    Bound { input_tokens, searches }
}

/// What `cutover cache why-miss` compares: the fields that enter the key.
pub(super) fn fields(prepared: &Prepared<'_>) -> Result<Fields, serde_json::Error> {
    key_fields(prepared.live, &prepared.request, prepared.planned.repeat).flat()
}

fn key_fields<'a>(live: &'a Live, request: &'a HttpRequest, repeat: u32) -> KeyFields<'a> {
    let (host, path) = host_and_path(&request.url);
    let (protocol, headers, salt) = (live.endpoint.protocol.name, &request.headers[..], live.salt.as_deref());
    KeyFields { protocol, host, path, headers, body: &request.body, salt, repeat }
}

/// Splits `https://host:port/path?query` after its host and port.
pub(super) fn host_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_splits_after_host_and_port() {
        let rows = [
            ("https://api.openai.com/v1/chat/completions", ("api.openai.com", "/v1/chat/completions")),
            ("http://127.0.0.1:8080/v1/x?alt=sse", ("127.0.0.1:8080", "/v1/x?alt=sse")),
            ("http://127.0.0.1:8080", ("127.0.0.1:8080", "")),
        ];
        for (url, parts) in rows {
            assert_eq!(host_and_path(url), parts);
        }
    }
}
