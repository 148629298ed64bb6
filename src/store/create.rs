//! A new store appears whole: no other process meets one that is half made.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::sqlite::connect;
use super::{StoreError, schema};
use crate::private;

/// How many this process has begun: each has a name of its own.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// Makes a store and its folder where there is none, for their owner alone; SQLite gives its log the same mode.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    let refused = |source| StoreError::Folder { path: path.to_owned(), source };
    if path.try_exists().map_err(refused)? {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::create_folder(folder).map_err(refused)?;
    }
    let part = part(path);
    let made = make(&part, path).and_then(|()| publish(&part, path).map_err(refused));
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => made.and(Err(refused(error))),
        _ => made,
    }
}

/// Where the store stands until it is whole.
fn part(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.part", std::process::id(), BEGUN.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

fn make(part: &Path, path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => private::create_file(part).map(drop),
    }
    .map_err(|source| StoreError::Folder { path: path.to_owned(), source })?;
    // Closing it moves its log into the file.
    connect(part).and_then(|mut connection| schema::prepare(&mut connection, path))
}

/// Gives the store its name, unless another process was faster.
fn publish(part: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(part, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // A file system without links.
        Err(_) if !path.exists() => fs::rename(part, path),
        other => other,
    }
}
