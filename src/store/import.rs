//! Answers from an export: plain or compressed, each checked against its hash, none larger than an answer can be.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::channel;

use super::body::hash;
use super::export::Line;
use super::{Answer, Key, Store, StoreError};
use crate::domain::Exchange;
use crate::problem::Problem;

/// How a zstd file begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Answers that may wait to be written.
const WAITING: usize = 256;

/// How large what is imported may be.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// The longest line, in bytes.
    pub(super) line: usize,
    /// How many times its size a compressed file may inflate to.
    pub(super) ratio: u64,
    /// And this many bytes in any case: a small file of equal answers compresses well.
    pub(super) slack: u64,
}

/// An answer from a provider has 16 MiB at most, which JSON's escapes may blow up.
const LIMITS: Limits = Limits { line: 128 << 20, ratio: 200, slack: 16 << 20 };

/// What an import found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportCount {
    /// Answers that the store did not have, or had only damaged.
    pub added: usize,
    /// Answers that it had, which stay as they are.
    pub present: usize,
}

/// Adds the answers of an export to a store, whether it is compressed or not. What the store already has stays.
///
/// # Errors
/// A line that is no answer, does not match its hash or is too large (nothing of it or after it is added), or the store
/// cannot be written.
pub fn import(store: &Store, file: impl Read, path: &Path) -> Result<ImportCount, ImportError> {
    import_within(LIMITS, store, file, path)
}

pub(super) fn import_within(
    limits: Limits,
    store: &Store,
    mut file: impl Read,
    path: &Path,
) -> Result<ImportCount, ImportError> {
    let unreadable = |error: io::Error| problem(path, None, format!("cannot be read: {error}"));
    let mut start = Vec::new();
    file.by_ref().take(ZSTD.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    let is_compressed = start == ZSTD;
    let whole = BufReader::new(io::Cursor::new(start).chain(file));
    if is_compressed {
        let decoder = zstd::Decoder::with_buffer(Counted { inner: whole, count: 0 }).map_err(unreadable)?;
        import_lines(limits, store, BufReader::new(Inflated { decoder, count: 0, limits }), path)
    } else {
        import_lines(limits, store, whole, path)
    }
}

fn import_lines(
    limits: Limits,
    store: &Store,
    mut lines: impl BufRead,
    path: &Path,
) -> Result<ImportCount, ImportError> {
    let (sender, receiver) = channel();
    let mut count = ImportCount { added: 0, present: 0 };
    let (mut line, mut number, mut waiting) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        number += 1;
        let bad = |message: String| problem(path, Some(number), message);
        let most = limits.line as u64 + 1;
        let read = lines.by_ref().take(most).read_until(b'\n', &mut line);
        if read.map_err(|error| bad(format!("cannot be read: {error}")))? == 0 {
            break;
        }
        if line.len() > limits.line {
            return Err(bad(format!("has more than {} bytes, which no answer has", limits.line)));
        }
        let Line { key, sha256, exchange, fields } =
            serde_json::from_slice(&line).map_err(|error| bad(format!("not a stored answer: {error}")))?;
        let key = Key::from_hex(&key).ok_or_else(|| bad(format!("`{key}` is not a key of 64 hex digits")))?;
        if sha256.is_some_and(|sha256| sha256 != hex::encode(hash(exchange.get().as_bytes()))) {
            return Err(bad(format!("the answer {key} does not match its `sha256`")));
        }
        let exchange: Exchange =
            serde_json::from_str(exchange.get()).map_err(|error| bad(format!("not a stored answer: {error}")))?;
        if is_sound(store, &key)? {
            count.present += 1;
            continue;
        }
        count.added += 1;
        let sender = sender.clone();
        // The receiver lives until every put has answered.
        store.put(Answer { key, exchange: &exchange, fields: fields.as_ref() }, move |saved| drop(sender.send(saved)));
        waiting += 1;
        if waiting > WAITING {
            waiting -= 1;
            receiver.recv().unwrap_or(Err(StoreError::Closed))?;
        }
    }
    drop(sender);
    receiver.iter().collect::<Result<(), _>>()?;
    Ok(count)
}

/// Whether the store has this answer, undamaged.
fn is_sound(store: &Store, key: &Key) -> Result<bool, StoreError> {
    match store.get(key, None) {
        Err(StoreError::Damaged { .. }) => Ok(false),
        other => other.map(|exchange| exchange.is_some()),
    }
}

fn problem(path: &Path, line: Option<usize>, message: String) -> ImportError {
    let problem = match line {
        Some(line) => Problem::at(path, line, message),
        None => Problem::of_file(path, message),
    };
    ImportError::Line(Box::new(problem))
}

/// Counts what was taken from a compressed file.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.count += read as u64;
        Ok(read)
    }
}

/// What a compressed file inflates to, as long as that is in proportion.
struct Inflated<R: BufRead> {
    decoder: zstd::Decoder<'static, Counted<R>>,
    count: u64,
    limits: Limits,
}

impl<R: BufRead> Read for Inflated<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(into)?;
        self.count += read as u64;
        let most = self.decoder.get_ref().count.saturating_mul(self.limits.ratio).saturating_add(self.limits.slack);
        if self.count > most {
            let ratio = self.limits.ratio;
            return Err(io::Error::other(format!(
                "it inflates to more than {ratio} times its size, as no export does"
            )));
        }
        Ok(read)
    }
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line is no answer.
    #[error("{0}")]
    Line(Box<Problem>),
}
