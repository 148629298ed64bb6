//! An answer as it is kept: JSON, compressed, with the hash of what was compressed.

use std::cell::RefCell;

use sha2::{Digest, Sha256};
use zstd::bulk::{Compressor, Decompressor};

use super::{Fields, Key, StoreError, typical};
use crate::domain::Exchange;

/// zstd's level: the default, fast and small enough.
const COMPRESSION: i32 = 3;
/// And that of a short text: what its dictionary does not know is hardly worth the time that a code for it takes.
const QUICK: i32 = -2;
/// The longest text that counts as short, in bytes.
const SHORT: usize = 2048;
/// Most answers have fewer bytes.
const USUAL: usize = 1024;
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
    /// An answer.
    Answer,
    /// The fields of a request.
    Fields,
}

impl Loose {
    pub(super) fn new(key: &Key, exchange: &Exchange, fields: Option<&Fields>) -> Result<Self, StoreError> {
        let damaged = |error: serde_json::Error| StoreError::Damaged { key: key.to_string(), why: error.to_string() };
        Ok(Self {
            recording: exchange.recording.clone(),
            bought_at: exchange.bought_at,
            json: json(exchange).map_err(damaged)?,
            fields: fields.map(json).transpose().map_err(damaged)?,
        })
    }

    pub(super) fn pack(self, key: &Key) -> Result<Packed, StoreError> {
        let damaged = |why: String| StoreError::Damaged { key: key.to_string(), why };
        let Self { recording, bought_at, json, fields } = self;
        Ok(Packed {
            recording,
            bought_at,
            sha256: hash(&json),
            body: deflate(&json, Like::Answer).map_err(damaged)?,
            fields: fields.map(|fields| deflate(&fields, Like::Fields)).transpose().map_err(damaged)?,
        })
    }
}

/// JSON, in a buffer that most answers fit in: it need not grow.
fn json(value: &impl serde::Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut json, value)?;
    Ok(json)
}

/// The exchange of a stored body; an error says how the damage was noticed.
pub(super) fn unpack(body: &[u8], sha256: &[u8]) -> Result<Exchange, String> {
    let json = inflate(body, Like::Answer, MAX_BODY)?;
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
            Self::Answer => typical::ANSWER,
            Self::Fields => typical::FIELDS,
        }
    }
}

/// What a thread compresses and inflates with, by what the texts resemble: to set one up takes far longer than a small
/// text does.
struct Tools {
    quick: [Option<Compressor<'static>>; 2],
    compressors: [Option<Compressor<'static>>; 2],
    decompressors: [Option<Decompressor<'static>>; 2],
}

thread_local! {
    static TOOLS: RefCell<Tools> =
        const { RefCell::new(Tools { quick: [None, None], compressors: [None, None], decompressors: [None, None] }) };
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
        let (place, level) = match like {
            Like::Answer | Like::Fields if bytes.len() <= SHORT => (&mut tools.quick[like as usize], QUICK),
            Like::Answer | Like::Fields => (&mut tools.compressors[like as usize], COMPRESSION),
        };
        tool(place, || Compressor::with_dictionary(level, like.dictionary()))?.compress(bytes)
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
    use super::super::tests::exchange;
    use super::*;
    use crate::domain::Usage;

    /// A damaged text must not spoil what the thread inflates after it.
    #[test]
    fn tools_serve_again_after_texts_of_every_kind_and_after_an_error() {
        let text = br#"{"body.messages[0].role":"\"user\"","repeat":"0"}"#;
        for like in [Like::Answer, Like::Fields, Like::Answer, Like::Fields] {
            let deflated = deflate(text, like).expect("compresses");
            assert_eq!(inflate(&deflated, like, 100).expect("inflates"), text);
            assert!(inflate(&deflated[..deflated.len() - 2], like, 100).is_err());
            assert!(inflate(&deflated, like, text.len() - 1).is_err());
            assert_eq!(inflate(&deflated, like, 100).expect("inflates"), text);
        }
        let alone = deflate(text, Like::Answer).expect("compresses");
        assert!(deflate(text, Like::Fields).expect("compresses").len() < alone.len());
    }

    #[test]
    fn an_answer_takes_little_more_room_than_its_own_words() {
        let words = "The order 1881 left the warehouse yesterday.";
        let mut exchange = exchange(words, "suite-20261127T143548Z-739b02");
        exchange.reply.usage = Some(Usage { input_tokens: Some(412), output_tokens: Some(11), ..Usage::default() });
        let json = json(&exchange).expect("is JSON");
        assert!(json.len() > 550 && json.len() < SHORT, "{}", json.len());
        let body = deflate(&json, Like::Answer).expect("compresses");
        assert!(body.len() < 160, "{} bytes", body.len());
        assert_eq!(unpack(&body, &hash(&json)), Ok(exchange));
    }

    #[test]
    fn a_long_answer_is_compressed_with_more_care() {
        // Words in no order: there is little to find but that few letters make them up.
        let words: String = (0..400_u32).map(|number| hex::encode(&hash(&number.to_le_bytes())[..8]) + " ").collect();
        let body = deflate(words.as_bytes(), Like::Answer).expect("compresses");
        assert!(body.len() * 10 < words.len() * 7, "{} of {}", body.len(), words.len());
        assert_eq!(inflate(&body, Like::Answer, MAX_BODY).as_deref(), Ok(words.as_bytes()));
        // Short texts are left as they are.
        let short = &words.as_bytes()[..SHORT];
        assert!(deflate(short, Like::Answer).expect("compresses").len() * 10 > SHORT * 9);
    }

    #[test]
    fn an_answer_that_was_kept_without_a_dictionary_is_read_with_one() {
        for words in ["short".to_owned(), "long ".repeat(1000)] {
            let exchange = exchange(&words, "r");
            let json = json(&exchange).expect("is JSON");
            let body = zstd::bulk::compress(&json, 3).expect("compresses");
            assert_eq!(unpack(&body, &hash(&json)), Ok(exchange));
        }
    }
}
