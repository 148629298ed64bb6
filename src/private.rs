//! Files and folders that their owner alone may read: answers and prompts may be anybody's mail. How to read a place of
//! a file.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Makes a folder and what is missing above it, for their owner alone. One that is there stays as it is.
///
/// # Errors
/// The system refuses.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Makes a new file for its owner alone. It follows no link: what is there already, a link too, is an error.
///
/// # Errors
/// Something is there already, or the system refuses.
pub fn create_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.read(true).write(true).create_new(true).open(path)
}

/// Fills a buffer from a place of a file, whatever other threads read there.
///
/// # Errors
/// The system refuses, or the file ends before.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset);
    #[cfg(not(unix))]
    {
        use std::io::{Read as _, Seek as _, SeekFrom};

        // A handle of its own would share the place of the other: one reader at a time.
        static READING: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _reading = READING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut file = file;
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(buffer))
    }
}

/// Writes a file whole or not at all, for its owner alone: a reader sees the old bytes or the new ones, and a link is
/// replaced, not followed.
///
/// # Errors
/// What `write` says, or the system refuses; the file is then as it was.
pub fn replace<T, E: From<io::Error>>(path: &Path, write: impl FnOnce(&File) -> Result<T, E>) -> Result<T, E> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let file = create_file(&part)?;
    let written = write(&file).and_then(|value| {
        file.sync_all()?;
        fs::rename(&part, path)?;
        Ok(value)
    });
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(&part));
    }
    written
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_place_of_a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        fs::write(&path, "0123456789").expect("writes");
        let file = File::open(&path).expect("opens");
        let read = |offset| {
            let mut buffer = [0; 3];
            read_at(&file, &mut buffer, offset).map(|()| buffer)
        };
        assert_eq!((read(5).expect("reads"), read(0).expect("reads")), (*b"567", *b"012"));
        assert_eq!(read(8).expect_err("ends").kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_file_is_replaced_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        // What a crash left behind is no hindrance.
        fs::write(folder.path().join("a.part"), "torn").expect("writes");
        let count = replace(&path, |mut file| file.write_all(b"old").map(|()| 3));
        assert_eq!((count.expect("writes"), fs::read(&path).expect("reads")), (3, b"old".to_vec()));
        let failed: io::Result<()> = replace(&path, |mut file| {
            file.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.expect_err("fails").to_string(), "no more");
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("reads").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_its_owners_alone_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().expect("a folder");
        let mode =
            |name: &str| fs::symlink_metadata(folder.path().join(name)).expect("is there").permissions().mode() & 0o777;
        create_folder(&folder.path().join("deep/er")).expect("is made");
        create_file(&folder.path().join("deep/a")).expect("is made");
        assert_eq!([mode("deep"), mode("deep/er"), mode("deep/a")], [0o700, 0o700, 0o600]);
        fs::write(folder.path().join("victim"), "untouched").expect("writes");
        symlink(folder.path().join("victim"), folder.path().join("link")).expect("links");
        assert_eq!(create_file(&folder.path().join("link")).expect_err("is refused").kind(), ErrorKind::AlreadyExists);
        replace(&folder.path().join("link"), |mut file| file.write_all(b"new")).expect("is replaced");
        assert_eq!(fs::read(folder.path().join("victim")).expect("reads"), b"untouched");
        assert_eq!((fs::read(folder.path().join("link")).expect("reads"), mode("link")), (b"new".to_vec(), 0o600));
    }
}
