//! Files that a user names, opened only when they are files: to open a pipe waits until somebody writes.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a file that is read more than once, or whose end must come.
///
/// # Errors
/// It is a pipe, a socket or a device, or the system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = path.metadata()?.file_type();
    // Of a folder the system says best that it is one.
    if kind.is_file() || kind.is_dir() {
        File::open(path)
    } else {
        Err(io::Error::other("it is a pipe, a socket or a device, and no file"))
    }
}

/// The text of a file.
///
/// # Errors
/// As [`open`], or it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}
