//! Images that lie in files beside the dataset: checked when the dataset is opened, read when a request is sent.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::line::BadLine;
use crate::domain::{Content, ImageSource, Message, Part};

/// The largest image file taken, in bytes: providers take no larger one.
const LARGEST: u64 = 20 << 20;

/// How the image formats that every provider takes begin, with their media types.
const FORMATS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// Checks that every image file of a conversation can be sent. Only files in the dataset's own folder, or below it, are
/// read: a dataset from elsewhere must not make this machine send out other files.
pub(super) fn check(folder: &Path, messages: &[Message]) -> Result<(), BadLine> {
    files(messages).try_for_each(|name| open(folder, name).map(drop)).map_err(|message| BadLine {
        message,
        help: Some("`file:NAME` is a PNG, JPEG, GIF or WebP file in the dataset's folder or below it".to_owned()),
    })
}

/// The messages with every image file read and encoded.
pub(super) fn embed<'a>(folder: &Path, messages: &'a [Message]) -> Result<Cow<'a, [Message]>, String> {
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
            *source = read(folder, name)?;
        }
    }
    Ok(Cow::Owned(messages))
}

fn files(messages: &[Message]) -> impl Iterator<Item = &str> {
    let parts = messages.iter().flat_map(|message| match &message.content {
        Some(Content::Parts(parts)) => parts.as_slice(),
        Some(Content::Text(_)) | None => &[],
    });
    parts.filter_map(|part| match part {
        Part::Image { source: ImageSource::File(name), .. } => Some(name.as_str()),
        Part::Image { .. } | Part::Text(_) => None,
    })
}

fn read(folder: &Path, name: &str) -> Result<ImageSource, String> {
    let Opened { file, media_type, beginning } = open(folder, name)?;
    let mut bytes = beginning;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| format!("cannot read the image `{name}`: {error}"))?;
    Ok(ImageSource::Base64 { media_type: media_type.to_owned(), data: STANDARD.encode(bytes) })
}

/// An image file of a known format, of which the beginning was read.
struct Opened {
    file: File,
    media_type: &'static str,
    beginning: Vec<u8>,
}

fn open(folder: &Path, name: &str) -> Result<Opened, String> {
    let cannot = |error: std::io::Error| format!("cannot read the image `{name}`: {error}");
    let path = inside(folder, name)?;
    let file = File::open(path).map_err(cannot)?;
    let size = file.metadata().map_err(cannot)?.len();
    if size > LARGEST {
        return Err(format!("the image `{name}` is larger than {} MiB", LARGEST >> 20));
    }
    let mut beginning = Vec::new();
    (&file).take(12).read_to_end(&mut beginning).map_err(cannot)?;
    let media_type = media_type(&beginning).ok_or_else(|| format!("`{name}` is no PNG, JPEG, GIF or WebP image"))?;
    Ok(Opened { file, media_type, beginning })
}

fn media_type(beginning: &[u8]) -> Option<&'static str> {
    if beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    FORMATS.iter().find(|row| beginning.starts_with(row.0)).map(|row| row.1)
}

/// The file of this name, links followed, if it lies in the folder.
fn inside(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let cannot = |error: std::io::Error| format!("cannot read the image `{name}`: {error}");
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
        check(folder.path(), &messages).expect("can be sent");
        let embedded = embed(folder.path(), &messages).expect("is read");
        let Some(Content::Parts(parts)) = &embedded[0].content else { panic!("parts") };
        let expected = ImageSource::Base64 { media_type: "image/png".to_owned(), data: STANDARD.encode(PNG) };
        assert_eq!(parts[1], Part::Image { source: expected, detail: None });
        let text = vec![Message { content: Some(Content::Text("?".to_owned())), ..messages[0].clone() }];
        assert!(matches!(embed(folder.path(), &text), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn what_cannot_be_sent_is_named() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("data");
        std::fs::create_dir(&folder).expect("is made");
        std::fs::write(outer.path().join("secret"), PNG).expect("is written");
        std::fs::write(folder.join("text"), "hello").expect("is written");
        std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("link")).expect("is linked");
        let rows = [
            ("../secret", "the image `../secret` lies outside the dataset's folder"),
            ("link", "the image `link` lies outside the dataset's folder"),
            ("text", "`text` is no PNG, JPEG, GIF or WebP image"),
            ("none", "cannot read the image `none`: No such file or directory (os error 2)"),
        ];
        for (name, expected) in rows {
            assert_eq!(check(&folder, &message(name)).expect_err("is refused").message, expected);
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
