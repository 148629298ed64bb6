//! Server-sent events: bytes in pieces of any size become the data of events, however a server ends its lines.

/// Takes the stream apart. What a piece leaves unfinished waits for the next.
#[derive(Debug, Default)]
pub(super) struct Sse {
    /// The line that has begun, without its end.
    line: Vec<u8>,
    /// The data lines of the event that has begun, joined by LF; `None` before the first.
    data: Option<Vec<u8>>,
    /// Whether the last line ended with CR, so that an LF right after it ends nothing.
    after_cr: bool,
    /// Whether a line was seen yet: the first may carry a byte order mark.
    begun: bool,
}

impl Sse {
    /// Takes the next bytes, and hands the data of each event that they complete to `on_event`.
    pub(super) fn push(&mut self, bytes: &[u8], on_event: &mut impl FnMut(&str)) {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(&rest[..end]);
            let was_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if was_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            self.end_line(on_event);
        }
        self.line.extend_from_slice(rest);
    }

    /// The connection ended. An event without its closing blank line counts: some servers leave it out after the last.
    pub(super) fn end(&mut self, on_event: &mut impl FnMut(&str)) {
        self.end_line(on_event);
        self.dispatch(on_event);
    }

    fn end_line(&mut self, on_event: &mut impl FnMut(&str)) {
        let mut line = std::mem::take(&mut self.line);
        if !self.begun {
            self.begun = true;
            if line.starts_with(b"\xef\xbb\xbf") {
                line.drain(..3);
            }
        }
        if line.is_empty() {
            self.dispatch(on_event);
        } else if let Some(value) = line.strip_prefix(b"data:") {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
        }
        // Comments and the fields `event`, `id` and `retry` say nothing that the data does not say.
        line.clear();
        self.line = line;
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(&str)) {
        if let Some(data) = self.data.take() {
            on_event(&String::from_utf8_lossy(&data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &[u8], size: usize) -> Vec<String> {
        let (mut sse, mut found) = (Sse::default(), Vec::new());
        for piece in text.chunks(size.max(1)) {
            sse.push(piece, &mut |data| found.push(data.to_owned()));
        }
        sse.end(&mut |data| found.push(data.to_owned()));
        found
    }

    #[test]
    fn events_are_the_same_in_pieces_of_every_size() {
        let rows: [(&str, &[&str]); 9] = [
            ("data: a\n\ndata: b\n\n", &["a", "b"]),
            ("data:a\r\n\r\ndata:b\r\n\r\n", &["a", "b"]),
            ("data: a\r\rdata:  b\r\r", &["a", " b"]),
            ("data: a\ndata: b\r\ndata:\rdata: c\n\n", &["a\nb\n\nc"]),
            (": ping\n\nevent: x\nid: 1\nretry: 5\ndata: {\"é\":\"😀\"}\n\n", &["{\"é\":\"😀\"}"]),
            ("data: [DONE]", &["[DONE]"]),
            ("data: a\n", &["a"]),
            ("\u{feff}data: a\n\n\n\ndatum: b\n\n", &["a"]),
            ("", &[]),
        ];
        for (text, expected) in rows {
            for size in [1, 2, 3, 7, usize::MAX] {
                assert_eq!(events(text.as_bytes(), size.min(text.len())), expected, "{text:?} by {size}");
            }
        }
    }
}
