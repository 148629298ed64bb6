//! An answer as it is kept: JSON, compressed, with the hash of what was compressed.

use std::cell::RefCell;

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use super::typical::TYPICAL;
use super::{Fields, Key, StoreError};
use crate::domain::Exchange;

/// zstd's level: the default, fast and small enough.
const COMPRESSION: i32 = 3;
/// The largest answer taken from disk, in bytes: a guard against damaged length fields.
const MAX_BODY: usize = 256 << 20;

/// The columns of an answer beside its key, not compressed yet: that is left to the thread that writes.
pub(super) struct Loose {
    recording: String,
    bought_at: i64,
    json: Vec<u8>,
    fields: Option<Vec<u8>>,
}

/// The columns of an answer beside its key.
pub(super) struct Packed {
    pub(super) recording: String,
    pub(super) bought_at: i64,
    pub(super) sha256: [u8; 32],
    pub(super) body: Vec<u8>,
    pub(super) fields: Option<Vec<u8>>,
}

/// What a text that is compressed resembles, which helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Like {
    /// Nothing in particular.
    Any,
    /// The fields of a request.
    Fields,
}

impl Loose {
    pub(super) fn new(key: &Key, exchange: &Exchange, fields: Option<&Fields>) -> Result<Self, StoreError> {
        let damaged = |error: serde_json::Error| StoreError::Damaged { key: key.to_string(), why: error.to_string() };
        Ok(Self {
            recording: exchange.recording.clone(),
            bought_at: exchange.bought_at,
            json: serde_json::to_vec(exchange).map_err(damaged)?,
            fields: fields.map(serde_json::to_vec).transpose().map_err(damaged)?,
        })
    }

    pub(super) fn pack(self, key: &Key) -> Result<Packed, StoreError> {
        let damaged = |why: String| StoreError::Damaged { key: key.to_string(), why };
        let Self { recording, bought_at, json, fields } = self;
        Ok(Packed {
            recording,
            bought_at,
            sha256: hash(&json),
            body: deflate(&json, Like::Any).map_err(damaged)?,
            fields: fields.map(|fields| deflate(&fields, Like::Fields)).transpose().map_err(damaged)?,
        })
    }
}

/// The exchange of a stored body; an error says how the damage was noticed.
pub(super) fn unpack(body: &[u8], sha256: &[u8]) -> Result<Exchange, String> {
    let json = inflate(body, Like::Any, MAX_BODY)?;
    if hash(&json)[..] != *sha256 {
        return Err("its hash does not match".to_owned());
    }
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Like {
    fn dictionary(self) -> &'static [u8] {
        match self {
            Self::Any => &[],
            Self::Fields => TYPICAL,
        }
    }
}

/// What a thread compresses and inflates with, by what the texts resemble: to set one up takes far longer than a small
/// text does.
struct Tools {
    compressors: [Option<Compressor<'static>>; 2],
    decompressors: [Option<Decompressor<'static>>; 2],
}

thread_local! {
    static TOOLS: RefCell<Tools> =
        const { RefCell::new(Tools { compressors: [None, None], decompressors: [None, None] }) };
}

/// The tool in a place, set up at its first use.
fn tool<T>(place: &mut Option<T>, set_up: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<&mut T> {
    match place {
        Some(tool) => Ok(tool),
        None => Ok(place.insert(set_up()?)),
    }
}

/// Compresses a text.
pub(super) fn deflate(bytes: &[u8], like: Like) -> Result<Vec<u8>, String> {
    let deflated = TOOLS.with_borrow_mut(|tools| {
        let set_up = || Compressor::with_dictionary(COMPRESSION, like.dictionary());
        tool(&mut tools.compressors[like as usize], set_up)?.compress(bytes)
    });
    deflated.map_err(|error| error.to_string())
}

/// What was compressed; at most so many bytes of it.
pub(super) fn inflate(bytes: &[u8], like: Like, most: usize) -> Result<Vec<u8>, String> {
    let inflated = TOOLS.with_borrow_mut(|tools| {
        // The frame says how long its content is, in bytes that may be damaged: it is a bound, never trusted beyond `most`.
        let stated = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
        let capacity = stated.and_then(|size| usize::try_from(size).ok()).unwrap_or(most).min(most);
        let set_up = || Decompressor::with_dictionary(like.dictionary());
        tool(&mut tools.decompressors[like as usize], set_up)?.decompress(bytes, capacity)
    });
    inflated.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A damaged text must not spoil what the thread inflates after it.
    #[test]
    fn tools_serve_again_after_texts_of_every_kind_and_after_an_error() {
        let text = br#"{"body.messages[0].role":"\"user\"","repeat":"0"}"#;
        for like in [Like::Any, Like::Fields, Like::Any, Like::Fields] {
            let deflated = deflate(text, like).expect("compresses");
            assert_eq!(inflate(&deflated, like, 100).expect("inflates"), text);
            assert!(inflate(&deflated[..deflated.len() - 2], like, 100).is_err());
            assert!(inflate(&deflated, like, text.len() - 1).is_err());
            assert_eq!(inflate(&deflated, like, 100).expect("inflates"), text);
        }
        let alone = deflate(text, Like::Any).expect("compresses");
        assert!(deflate(text, Like::Fields).expect("compresses").len() < alone.len());
    }
}
