//! A server on 127.0.0.1 that records what it is asked and answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn model(&self) -> &str {
        self.body["model"].as_str().expect("a model")
    }

    /// The text of the last message.
    pub(crate) fn prompt(&self) -> &str {
        self.body["messages"]
            .as_array()
            .and_then(|all| all.last())
            .and_then(|one| one["content"].as_str())
            .expect("a prompt")
    }

    /// The number that the prompt asks for.
    pub(crate) fn number(&self) -> usize {
        self.prompt().rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    }
}

/// A test that waits longer than this for a request has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often to see whether a process has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// What to answer.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status with headers and a body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// These bytes, then the connection ends.
    Raw(Vec<u8>),
    /// Nothing, until the client goes away.
    Silence,
    /// These bytes, then nothing, until the client goes away.
    Stall(Vec<u8>),
    /// These bytes, then a space now and then, until the client goes away.
    Drip(Vec<u8>),
    /// These bytes, then the end of what is sent, while what comes is still read.
    HalfClosed(Vec<u8>),
    /// These bytes, then zeros without end, until the client goes away.
    Flood(Vec<u8>),
}

impl Answer {
    /// A whole answer with this text.
    pub(crate) fn text(text: &str) -> Self {
        Self::message(&json!({"role": "assistant", "content": text}), "stop")
    }

    /// The number that was asked for, or something else.
    pub(crate) fn number(seen: &Seen, right: bool) -> Self {
        if right { Self::text(&seen.number().to_string()) } else { Self::text("wrong") }
    }

    /// A whole answer with one tool call.
    pub(crate) fn call(name: &str, arguments: &str) -> Self {
        let call = json!({"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}});
        Self::message(&json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
    }

    pub(crate) fn message(message: &Value, finish: &str) -> Self {
        let usage = json!({"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110});
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        let body =
            json!({"id": "x", "object": "chat.completion", "model": "served", "choices": [choice], "usage": usage});
        Self::Http(200, Vec::new(), body.to_string())
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": "x", "param": null, "code": code}});
        Self::Http(status, Vec::new(), body.to_string())
    }
}

/// Every request so far, and the news of one more.
#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Seen>>,
    grown: Condvar,
}

/// Holds answers back: at first all of them.
#[derive(Default)]
pub(crate) struct Hold {
    released: Mutex<usize>,
    raised: Condvar,
}

impl Hold {
    /// Lets the answers to this many requests go, counted from the first.
    pub(crate) fn release(&self, count: usize) {
        *self.released.lock().expect("is not poisoned") = count;
        self.raised.notify_all();
    }

    /// Waits for the answer to the request that came after `before` others.
    pub(crate) fn wait(&self, before: usize) {
        let released = self.released.lock().expect("is not poisoned");
        drop(self.raised.wait_while(released, |released| before >= *released).expect("is not poisoned"));
    }
}

/// A running server; it ends when this is dropped.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Log>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server; `answer` gets every request and how many came before it.
    pub(crate) fn start(answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Log::default());
        let ends = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (seen, ends, answer) = (Arc::clone(&seen), Arc::clone(&ends), Arc::new(answer));
            move || {
                for stream in listener.incoming() {
                    if ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                    std::thread::spawn(move || serve(stream.expect("a connection"), &seen, &*answer));
                }
            }
        });
        Self { port, seen, ends, thread: Some(thread) }
    }

    /// Starts a server whose answers wait until they are let go.
    pub(crate) fn held(hold: &Arc<Hold>, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let hold = Arc::clone(hold);
        Self::start(move |seen, before| {
            hold.wait(before);
            answer(seen)
        })
    }

    /// Starts a server that answers each prompt in its own way.
    pub(crate) fn by_prompt(answers: Vec<(&'static str, Answer)>) -> Self {
        Self::start(move |seen, _| {
            answers
                .iter()
                .find(|(prompt, _)| *prompt == seen.prompt())
                .map(|row| row.1.clone())
                .expect("a known prompt")
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.requests.lock().expect("is not poisoned").clone()
    }

    /// Waits until this many requests have arrived in all, or until whoever asks has ended.
    pub(crate) fn wait_for_or(&self, count: usize, mut ended: impl FnMut() -> bool) {
        let mut requests = self.seen.requests.lock().expect("is not poisoned");
        while requests.len() < count && !ended() {
            requests = self.seen.grown.wait_timeout(requests, GLANCE).expect("is not poisoned").0;
        }
    }

    /// Waits until this many requests have arrived in all.
    pub(crate) fn wait_for(&self, count: usize) {
        let requests = self.seen.requests.lock().expect("is not poisoned");
        let (requests, waited) = self
            .seen
            .grown
            .wait_timeout_while(requests, PATIENCE, |requests| requests.len() < count)
            .expect("is not poisoned");
        assert!(!waited.timed_out(), "{} of {count} requests came", requests.len());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("ends");
        }
    }
}

fn serve(stream: TcpStream, seen: &Log, answer: &(dyn Fn(&Seen, usize) -> Answer + Send + Sync)) {
    let mut writer = stream.try_clone().expect("a second handle");
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let before = {
            let mut requests = seen.requests.lock().expect("is not poisoned");
            requests.push(request.clone());
            seen.grown.notify_all();
            requests.len() - 1
        };
        let written = match answer(&request, before) {
            Answer::Http(status, headers, body) => {
                let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let length = body.len();
                write!(
                    writer,
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
                )
            }
            Answer::Raw(bytes) => {
                drop(writer.write_all(&bytes));
                return;
            }
            Answer::Silence => {
                drop(reader.read(&mut [0]));
                return;
            }
            Answer::Stall(bytes) => {
                drop(writer.write_all(&bytes));
                drop(reader.read(&mut [0]));
                return;
            }
            Answer::HalfClosed(bytes) => {
                drop(writer.write_all(&bytes));
                drop(writer.shutdown(Shutdown::Write));
                drop(reader.read(&mut [0]));
                return;
            }
            Answer::Flood(bytes) => {
                drop(writer.write_all(&bytes));
                while writer.write_all(&[b'0'; 1 << 13]).is_ok() {}
                return;
            }
            Answer::Drip(bytes) => {
                drop(writer.write_all(&bytes));
                // The client's silence is the pause between two bytes.
                drop(writer.set_read_timeout(Some(Duration::from_millis(50))));
                while writer.write_all(b" ").is_ok() && reader.read(&mut [0]).is_err() {}
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

/// The next request of a connection.
pub(crate) fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { path, headers, body: serde_json::from_slice(&body).expect("a JSON body") })
}
