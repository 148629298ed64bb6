//! As much of HTTP/1.1 as both ends need: where a message ends.

/// Where the parts of a whole message stand in a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message {
    /// Where the body begins.
    pub(crate) body: usize,
    /// Where the message ends.
    pub(crate) end: usize,
}

/// The first message of a buffer; `None` while a part of it has not arrived.
pub(crate) fn message(buffer: &[u8]) -> Option<Message> {
    let body = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    let length = buffer[..body].split(|byte| *byte == b'\n').find_map(content_length).unwrap_or(0);
    let end = body + length;
    (buffer.len() >= end).then_some(Message { body, end })
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// The path of a request.
pub(crate) fn path(head: &[u8]) -> &str {
    let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    std::str::from_utf8(path).unwrap_or_default()
}
