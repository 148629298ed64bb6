//! Where a case says that an image is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fields::{Field, clipped};
use super::line::BadLine;
use crate::domain::ImageSource;

/// Media types of images that some provider takes.
const MEDIA_TYPES: &[&str] =
    &["image/bmp", "image/gif", "image/heic", "image/heif", "image/jpeg", "image/png", "image/tiff", "image/webp"];

const ACCEPTED: &str = "write `https://…`, `http://…` or `gs://…`, `data:image/png;base64,…` (or bmp, gif, heic, heif, \
                        jpeg, tiff, webp), or `file:NAME` for a file in the dataset's folder or below it";

pub(super) fn image_source(field: Field<'_>) -> Result<ImageSource, BadLine> {
    let place = field.place.clone();
    let url = field.text()?;
    let wrong = |why: String| BadLine { message: format!("`{place}` {why}"), help: Some(ACCEPTED.to_owned()) };
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(wrong(format!("is \"{}\", which is no URL", clipped(&url))));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "file" => Ok(ImageSource::File(rest.to_owned())),
        "data" => inline(rest).map_err(wrong),
        "http" | "https" | "gs" if has_host(rest) => Ok(ImageSource::Url(url)),
        _ => Err(wrong(format!("is \"{}\", which is no URL of an image", clipped(&url)))),
    }
}

/// What follows `data:`, as an image that is sent inside the request.
fn inline(rest: &str) -> Result<ImageSource, String> {
    let Some((media_type, data)) =
        rest.split_once(',').and_then(|(head, data)| Some((head.strip_suffix(";base64")?, data)))
    else {
        return Err("begins with `data:`, but goes on without `;base64,`".to_owned());
    };
    let media_type = media_type.to_ascii_lowercase();
    if !MEDIA_TYPES.contains(&media_type.as_str()) {
        return Err(format!("holds data of the type `{}`, which is no type of an image taken", clipped(&media_type)));
    }
    match STANDARD.decode(data) {
        Ok(bytes) if bytes.is_empty() => Err("holds no data".to_owned()),
        Ok(_) => Ok(ImageSource::Base64 { media_type, data: data.to_owned() }),
        Err(error) => Err(format!("holds base64 that cannot be decoded: {error}")),
    }
}

fn has_host(rest: &str) -> bool {
    let unlike = |letter: char| letter.is_whitespace() || letter.is_control();
    rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')) && !rest.contains(unlike)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<ImageSource, BadLine> {
        let text = serde_json::to_string(url).expect("is JSON");
        image_source(Field::at("url", serde_json::from_str(&text).expect("is JSON")))
    }

    #[test]
    fn urls_inline_data_and_files_are_told_apart() {
        let url = |url: &str| ImageSource::Url(url.to_owned());
        let inline =
            |media_type: &str| ImageSource::Base64 { media_type: media_type.to_owned(), data: "AAAA".to_owned() };
        let rows = [
            ("https://a.example/b.png?c=d:e", url("https://a.example/b.png?c=d:e")),
            ("http://a.example", url("http://a.example")),
            ("gs://bucket/a.png", url("gs://bucket/a.png")),
            ("data:image/png;base64,AAAA", inline("image/png")),
            ("data:image/HEIC;base64,AAAA", inline("image/heic")),
            ("file:a/b.png", ImageSource::File("a/b.png".to_owned())),
        ];
        for (given, expected) in rows {
            assert_eq!(read(given), Ok(expected));
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_is_taken() {
        let rows = [
            ("a.png", "is \"a.png\", which is no URL"),
            ("ftp://a.example/b.png", "is \"ftp://a.example/b.png\", which is no URL of an image"),
            ("https:///b.png", "is \"https:///b.png\", which is no URL of an image"),
            ("https://", "is \"https://\", which is no URL of an image"),
            ("https://a b", "is \"https://a b\", which is no URL of an image"),
            ("javascript://a", "is \"javascript://a\", which is no URL of an image"),
            ("data:image/png,AAAA", "begins with `data:`, but goes on without `;base64,`"),
            ("data:image/jpg;base64,AAAA", "holds data of the type `image/jpg`, which is no type of an image taken"),
            ("data:text/html;base64,AAAA", "holds data of the type `text/html`, which is no type of an image taken"),
            ("data:image/png;base64,", "holds no data"),
            ("data:image/png;base64,A*AA", "holds base64 that cannot be decoded: Invalid symbol 42, offset 1."),
        ];
        for (given, expected) in rows {
            let bad = read(given).expect_err("is refused");
            assert_eq!((bad.message, bad.help.as_deref()), (format!("`url` {expected}"), Some(ACCEPTED)));
        }
    }
}
