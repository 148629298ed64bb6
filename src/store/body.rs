//! An answer as it is kept: JSON, compressed, with the hash of what was compressed.

use sha2::{Digest, Sha256};

use super::{Fields, Key, StoreError};
use crate::domain::Exchange;

/// zstd's level: the default, fast and small enough.
const COMPRESSION: i32 = 3;
/// The largest answer taken from disk, in bytes: a guard against damaged length fields.
const MAX_BODY: usize = 256 << 20;

/// The columns of an answer beside its key.
pub(super) struct Packed {
    pub(super) recording: String,
    pub(super) bought_at: i64,
    pub(super) sha256: [u8; 32],
    pub(super) body: Vec<u8>,
    pub(super) fields: Option<Vec<u8>>,
}

pub(super) fn pack(key: &Key, exchange: &Exchange, fields: Option<&Fields>) -> Result<Packed, StoreError> {
    let damaged = |why: String| StoreError::Damaged { key: key.to_string(), why };
    let json = serde_json::to_vec(exchange).map_err(|error| damaged(error.to_string()))?;
    Ok(Packed {
        recording: exchange.recording.clone(),
        bought_at: exchange.bought_at,
        sha256: hash(&json),
        body: deflate(&json, &[]).map_err(damaged)?,
        fields: fields.map(Fields::encode).transpose().map_err(damaged)?,
    })
}

/// The exchange of a stored body; an error says how the damage was noticed.
pub(super) fn unpack(body: &[u8], sha256: &[u8]) -> Result<Exchange, String> {
    let json = inflate(body, &[], MAX_BODY)?;
    if hash(&json)[..] != *sha256 {
        return Err("its hash does not match".to_owned());
    }
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compresses with the help of a text that what is compressed resembles; an empty one is none.
pub(super) fn deflate(bytes: &[u8], like: &[u8]) -> Result<Vec<u8>, String> {
    let deflated = zstd::bulk::Compressor::with_dictionary(COMPRESSION, like)
        .and_then(|mut compressor| compressor.compress(bytes));
    deflated.map_err(|error| error.to_string())
}

/// What was compressed with the help of this text; at most so many bytes of it.
pub(super) fn inflate(bytes: &[u8], like: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let inflated = zstd::bulk::Decompressor::with_dictionary(like).and_then(|mut decompressor| {
        // The frame says how long its content is, in bytes that may be damaged: it is a bound, never trusted beyond `most`.
        let stated = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
        let capacity = stated.and_then(|size| usize::try_from(size).ok()).unwrap_or(most).min(most);
        decompressor.decompress(bytes, capacity)
    });
    inflated.map_err(|error| error.to_string())
}
