//! What the conformance fixtures do not show: odd shapes, absent fields, cut and failed streams.

mod assemble;
mod decode;
mod encode;

use crate::domain::Reply;
use crate::provider::{Broken, Headers, HttpResponse};

/// Reads a plain answer with status 200.
fn decoded(body: &str) -> Result<Reply, Broken> {
    super::decode(&HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() })
}

/// A completed response with these items, separated by commas.
fn completed(items: &str) -> String {
    format!(r#"{{"status":"completed","output":[{items}]}}"#)
}
