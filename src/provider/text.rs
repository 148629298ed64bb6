//! How the texts of a conversation are written into a body: as JSON strings, passed over many bytes at a time. They are
//! most of what is sent.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::domain::next_escaped;

/// Writes a body. Bytes in it are the UTF-8 of a text.
struct Body;

impl Formatter for Body {
    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, text: &[u8]) -> io::Result<()> {
        out.write_all(b"\"")?;
        let mut rest = text;
        while let Some(place) = next_escaped(rest) {
            let (plain, escaped) = rest.split_at(place);
            out.write_all(plain)?;
            let (byte, after) = escaped.split_at(1);
            write_escape(byte[0], out)?;
            rest = after;
        }
        out.write_all(rest)?;
        out.write_all(b"\"")
    }
}

fn write_escape<W: ?Sized + Write>(byte: u8, out: &mut W) -> io::Result<()> {
    match byte {
        b'"' => out.write_all(b"\\\""),
        b'\\' => out.write_all(b"\\\\"),
        b'\n' => out.write_all(b"\\n"),
        b'\r' => out.write_all(b"\\r"),
        b'\t' => out.write_all(b"\\t"),
        0x08 => out.write_all(b"\\b"),
        0x0c => out.write_all(b"\\f"),
        _ => write!(out, "\\u{byte:04x}"),
    }
}

/// Gives a text to [`write`], the one place where bytes are a text: for `serialize_with`.
pub(super) fn write_string<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(text.as_bytes())
}

/// Appends a body.
pub(super) fn write(fields: &impl Serialize, body: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    fields.serialize(&mut serde_json::Serializer::with_formatter(body, Body))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    struct Said<'a>(#[serde(serialize_with = "write_string")] &'a str);

    fn written(fields: &impl Serialize) -> String {
        let mut body = Vec::new();
        write(fields, &mut body).expect("is written");
        String::from_utf8(body).expect("is text")
    }

    #[test]
    fn every_character_is_written_as_the_serializer_does() {
        let all: String = (0..=0x2ff_u32).filter_map(char::from_u32).collect();
        assert_eq!(written(&Said(&all)), serde_json::to_string(&all).expect("is JSON"));
    }

    proptest! {
        #[test]
        fn a_text_is_written_as_the_serializer_does(text in prop_oneof![".{0,40}", "[a\"\\\\\n\u{1}é]{0,40}"]) {
            prop_assert_eq!(written(&Said(&text)), serde_json::to_string(&text).expect("is JSON"));
            let more = (1.5, "x", [None::<bool>], std::collections::BTreeMap::from([("k", &text)]));
            prop_assert_eq!(written(&more), serde_json::to_string(&more).expect("is JSON"));
        }
    }
}
