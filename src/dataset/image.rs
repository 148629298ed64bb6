//! Images that lie in files beside the dataset: checked and hashed when the dataset is opened, read when a request is
//! sent, and then still the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::line::BadLine;
use crate::domain::{Content, ImageSource, Message, Part};

/// The largest image file taken, in bytes: providers take no larger one.
const LARGEST: u64 = 20 << 20;
/// Bytes that are hashed at a time.
const CHUNK: usize = 64 << 10;

/// How the image formats that every provider takes begin, with their media types.
const FORMATS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// The SHA-256 of a file.
type Sha = [u8; 32];

/// The image files of a dataset.
#[derive(Debug)]
pub(super) struct Images {
    /// The dataset's folder. Only files in it, or below it, are read: a dataset from elsewhere must not make this machine
    /// send out other files.
    folder: PathBuf,
    /// What was in each file when it was checked, by the name that cases give it.
    checked: HashMap<String, Sha>,
}

impl Images {
    /// The images beside a dataset, none of them checked yet.
    pub(super) fn beside(dataset: &Path) -> Self {
        let folder = dataset.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { folder: folder.to_owned(), checked: HashMap::new() }
    }

    /// Checks that every image file of a conversation can be sent. The hashes of those that no earlier conversation had,
    /// in the order in which they appear.
    pub(super) fn check<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Result<Vec<Sha>, BadLine> {
        let mut new = Vec::new();
        for name in names {
            if self.checked.contains_key(name) {
                continue;
            }
            let sha = open(&self.folder, name).and_then(|opened| opened.sha(name)).map_err(|message| BadLine {
                message,
                help: Some(
                    "`file:NAME` is a PNG, JPEG, GIF or WebP file in the dataset's folder or below it".to_owned(),
                ),
            })?;
            self.checked.insert(name.to_owned(), sha);
            new.push(sha);
        }
        Ok(new)
    }

    /// The messages with every image file read and encoded.
    ///
    /// # Errors
    /// A file is not what it was when it was checked.
    pub(super) fn embed<'a>(&self, messages: &'a [Message]) -> Result<Cow<'a, [Message]>, String> {
        if files(messages).next().is_none() {
            return Ok(Cow::Borrowed(messages));
        }
        let mut messages = messages.to_vec();
        let parts = messages.iter_mut().filter_map(|message| match &mut message.content {
            Some(Content::Parts(parts)) => Some(parts),
            Some(Content::Text(_)) | None => None,
        });
        for part in parts.flatten() {
            if let Part::Image { source, .. } = part
                && let ImageSource::File(name) = source
            {
                *source = self.read(name)?;
            }
        }
        Ok(Cow::Owned(messages))
    }

    fn read(&self, name: &str) -> Result<ImageSource, String> {
        let Opened { file, media_type, beginning } = open(&self.folder, name)?;
        let mut bytes = beginning;
        file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| cannot_read(name, &error))?;
        if self.checked.get(name) != Some(&Sha256::digest(&bytes).into()) {
            return Err(format!("`{name}` is another one now"));
        }
        Ok(ImageSource::Base64 { media_type: media_type.to_owned(), data: STANDARD.encode(bytes) })
    }
}

/// The image files that messages name.
pub(super) fn files(messages: &[Message]) -> impl Iterator<Item = &str> {
    let parts = messages.iter().flat_map(|message| match &message.content {
        Some(Content::Parts(parts)) => parts.as_slice(),
        Some(Content::Text(_)) | None => &[],
    });
    parts.filter_map(|part| match part {
        Part::Image { source: ImageSource::File(name), .. } => Some(name.as_str()),
        Part::Image { .. } | Part::Text(_) => None,
    })
}

/// An image file of a known format, of which the beginning was read.
struct Opened {
    file: File,
    media_type: &'static str,
    beginning: Vec<u8>,
}

impl Opened {
    fn sha(self, name: &str) -> Result<Sha, String> {
        let mut hash = Sha256::new_with_prefix(&self.beginning);
        let mut rest = self.file.take(LARGEST);
        let mut chunk = vec![0; CHUNK];
        loop {
            match rest.read(&mut chunk).map_err(|error| cannot_read(name, &error))? {
                0 => return Ok(hash.finalize().into()),
                length => hash.update(&chunk[..length]),
            }
        }
    }
}

fn open(folder: &Path, name: &str) -> Result<Opened, String> {
    let cannot = |error| cannot_read(name, &error);
    let path = inside(folder, name)?;
    // Looked at before it is opened: to open a pipe waits until somebody writes.
    let metadata = path.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
        return Err(format!("the image `{name}` is {what}, and no file"));
    }
    if metadata.len() > LARGEST {
        return Err(format!("the image `{name}` is larger than {} MiB", LARGEST >> 20));
    }
    let file = File::open(path).map_err(cannot)?;
    let mut beginning = Vec::new();
    (&file).take(12).read_to_end(&mut beginning).map_err(cannot)?;
    let media_type = media_type(&beginning).ok_or_else(|| format!("`{name}` is no PNG, JPEG, GIF or WebP image"))?;
    Ok(Opened { file, media_type, beginning })
}

fn cannot_read(name: &str, error: &std::io::Error) -> String {
    format!("cannot read the image `{name}`: {error}")
}

fn media_type(beginning: &[u8]) -> Option<&'static str> {
    if beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    FORMATS.iter().find(|row| beginning.starts_with(row.0)).map(|row| row.1)
}

/// The file of this name, links followed, if it lies in the folder.
fn inside(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let cannot = |error| cannot_read(name, &error);
    let path = folder.join(name).canonicalize().map_err(cannot)?;
    if path.starts_with(folder.canonicalize().map_err(cannot)?) {
        Ok(path)
    } else {
        Err(format!("the image `{name}` lies outside the dataset's folder"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n1234567890";

    fn message(name: &str) -> Vec<Message> {
        let image = Part::Image { source: ImageSource::File(name.to_owned()), detail: None };
        let content = Some(Content::Parts(vec![Part::Text("?".to_owned()), image]));
        let (tool_calls, tool_call_id) = (Vec::new(), None);
        vec![Message {
            role: Role::User,
            content,
            name: None,
            tool_calls,
            tool_call_id,
            is_error: None,
            thought_signature: None,
        }]
    }

    #[test]
    fn a_file_in_the_folder_is_embedded_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("i")).expect("is made");
        std::fs::write(folder.path().join("i/a"), PNG).expect("is written");
        let messages = message("i/a");
        let mut images = Images::beside(&folder.path().join("cases.jsonl"));
        assert_eq!(images.check(files(&messages)).expect("can be sent"), [<Sha>::from(Sha256::digest(PNG))]);
        assert!(images.check(files(&messages)).expect("can be sent").is_empty(), "is hashed once");
        let embedded = images.embed(&messages).expect("is read");
        let Some(Content::Parts(parts)) = &embedded[0].content else { panic!("parts") };
        let expected = ImageSource::Base64 { media_type: "image/png".to_owned(), data: STANDARD.encode(PNG) };
        assert_eq!(parts[1], Part::Image { source: expected, detail: None });
        let text = vec![Message { content: Some(Content::Text("?".to_owned())), ..messages[0].clone() }];
        assert!(matches!(images.embed(&text), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn a_file_that_changed_after_it_was_checked_is_not_sent() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, PNG).expect("is written");
        let messages = message("a");
        let mut images = Images::beside(&folder.path().join("cases.jsonl"));
        images.check(files(&messages)).expect("can be sent");
        let last = PNG.len() - 1;
        std::fs::write(&path, [&PNG[..last], b"!"].concat()).expect("is written");
        assert_eq!(images.embed(&messages), Err("`a` is another one now".to_owned()));
        std::fs::remove_file(&path).expect("is removed");
        let gone = "cannot read the image `a`: No such file or directory (os error 2)";
        assert_eq!(images.embed(&messages), Err(gone.to_owned()));
    }

    #[test]
    fn a_large_file_is_hashed_to_its_last_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = [PNG, &vec![7; CHUNK], b"end"].concat();
        std::fs::write(folder.path().join("a"), &bytes).expect("is written");
        let found = Images::beside(&folder.path().join("cases.jsonl")).check(["a"].into_iter()).expect("can be sent");
        assert_eq!(found, [<Sha>::from(Sha256::digest(&bytes))]);
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("data");
        std::fs::create_dir(&folder).expect("is made");
        std::fs::write(outer.path().join("secret"), PNG).expect("is written");
        std::fs::write(folder.join("text"), "hello").expect("is written");
        std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).expect("is linked");
        std::fs::create_dir(folder.join("album")).expect("is made");
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).expect("is bound");
        let rows = [
            ("album", "the image `album` is a folder, and no file"),
            ("socket", "the image `socket` is a pipe, a socket or a device, and no file"),
            ("../secret", "the image `../secret` lies outside the dataset's folder"),
            ("link", "the image `link` lies outside the dataset's folder"),
            ("text", "`text` is no PNG, JPEG, GIF or WebP image"),
            ("none", "cannot read the image `none`: No such file or directory (os error 2)"),
        ];
        for (name, expected) in rows {
            let mut images = Images::beside(&folder.join("cases.jsonl"));
            assert_eq!(images.check([name].into_iter()).expect_err("is refused").message, expected);
        }
    }

    #[test]
    fn a_format_is_told_by_how_a_file_begins() {
        let rows: [(&[u8], Option<&str>); 5] = [
            (b"RIFF1234WEBPVP8 ", Some("image/webp")),
            (b"RIFF1234WAVE", None),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"", None),
        ];
        for (beginning, expected) in rows {
            assert_eq!(media_type(beginning), expected);
        }
    }
}
