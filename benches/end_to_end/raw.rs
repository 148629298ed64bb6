//! The limit: the same requests over as many connections, with nothing done about the answers but finding their ends. It
//! is a process of its own, of one thread.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::dataset::{self, MODELS};
use crate::{Result, http};

/// Sends every case of a file to every model, once.
pub(crate) fn send(port: u16, cases: &Path, concurrency: usize) -> Result<()> {
    let text = std::fs::read_to_string(cases)?;
    let messages: Rc<[&str]> = dataset::messages(&text).collect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\ncontent-type: application/json\r\nuser-agent: raw\r\naccept: */*\r\n\
         host: 127.0.0.1:{port}\r\ncontent-length: "
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let next = Cell::new(0);
    let all = (0..concurrency).map(|_| connection(port, &head, &messages, &next));
    runtime.block_on(futures_util::future::try_join_all(all))?;
    Ok(())
}

async fn connection(port: u16, head: &str, messages: &[&str], next: &Cell<usize>) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(1 << 12);
    let mut answer = Vec::with_capacity(1 << 12);
    loop {
        let number = next.get();
        next.set(number + 1);
        let Some(message) = messages.get(number / MODELS.len()) else { return Ok(()) };
        let model = MODELS[number % MODELS.len()];
        let parts = ["{\"model\":\"", model, "\",\"messages\":", message, "}"];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        request.clear();
        request.extend_from_slice(head.as_bytes());
        request.extend_from_slice(format!("{length}\r\n\r\n").as_bytes());
        for part in parts {
            request.extend_from_slice(part.as_bytes());
        }
        stream.write_all(&request).await?;
        answer.clear();
        while http::message(&answer).is_none() {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the server closed a connection".into());
            }
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err("the server refused a request".into());
        }
    }
}
