//! The server: Chat Completions over keep-alive connections, on 127.0.0.1, with a delay and with faults on demand. It
//! is a process of its own, of one thread, and ends with its standard input.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::faults::{Fault, Script};
use crate::{Result, answer, http};

/// Connections that may wait to be taken: enough for every concurrency measured here to connect at once.
const BACKLOG: u32 = 4096;

/// What the server has seen since it was last reset.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Stats {
    /// Requests.
    pub(crate) requests: usize,
    /// Whole answers with status 200.
    pub(crate) answered: usize,
    /// Requests whose body had been answered before.
    pub(crate) again: usize,
    /// Most requests in flight at once.
    pub(crate) peak: usize,
    /// Different bodies.
    pub(crate) bodies: usize,
    /// The hashes of the different bodies, added up: equal sums mean equal bodies.
    pub(crate) sum: u64,
}

#[derive(Default)]
struct State {
    stats: Stats,
    in_flight: usize,
    /// By the hash of a body: how often it came, and whether it was answered.
    bodies: HashMap<u64, (u32, bool)>,
}

#[derive(Clone)]
struct Shared {
    state: Rc<RefCell<State>>,
    delay: Duration,
    script: Script,
}

/// Serves until standard input ends; the first line of standard output is the port.
pub(crate) fn serve(delay: Duration, script: Script) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shared = Shared { state: Rc::default(), delay, script };
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let socket = TcpSocket::new_v4()?;
        socket.bind("127.0.0.1:0".parse()?)?;
        let listener = socket.listen(BACKLOG)?;
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{}", listener.local_addr()?.port())?;
        stdout.flush()?;
        let parent = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        tokio::select! {
            taken = take(&listener, &shared) => taken,
            _ = parent => Ok(()),
        }
    })
}

async fn take(listener: &TcpListener, shared: &Shared) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let shared = shared.clone();
        // A connection that breaks is the client's affair: it shows in the counts.
        tokio::task::spawn_local(async move { drop(connection(stream, &shared).await) });
    }
}

async fn connection(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    let mut buffer = Vec::with_capacity(1 << 14);
    let mut answer = Vec::with_capacity(1 << 10);
    loop {
        let message = loop {
            match http::message(&buffer) {
                Some(message) => break message,
                None if stream.read_buf(&mut buffer).await? == 0 => return Ok(()),
                None => {}
            }
        };
        answer.clear();
        let (head, body) = (&buffer[..message.body], &buffer[message.body..message.end]);
        if http::path(head).ends_with("/chat/completions") {
            let hash = hash(body);
            let fault = shared.state.borrow_mut().begin(hash, shared.script);
            if !shared.delay.is_zero() {
                tokio::time::sleep(shared.delay).await;
            }
            // A client that was killed meanwhile gets no answer.
            let gone = stream.try_read(&mut [0]).is_ok();
            shared.state.borrow_mut().end(hash, fault.is_none() && !gone);
            if gone {
                return Ok(());
            }
            match fault {
                None => answer::right(body, hash, &mut answer),
                Some(Fault::Reset) => return Ok(stream.set_zero_linger()?),
                Some(Fault::Cut) => {
                    answer::right(body, hash, &mut answer);
                    answer.truncate(answer.len() - 40);
                    return Ok(stream.write_all(&answer).await?);
                }
                Some(fault) => answer::fault(fault, &mut answer),
            }
        } else {
            let stats = shared.control(http::path(head)).await;
            answer::whole("200 OK", "", &serde_json::to_vec(&stats)?, &mut answer);
        }
        stream.write_all(&answer).await?;
        buffer.drain(..message.end);
    }
}

impl State {
    fn begin(&mut self, hash: u64, script: Script) -> Option<Fault> {
        self.in_flight += 1;
        let stats = &mut self.stats;
        stats.requests += 1;
        stats.peak = stats.peak.max(self.in_flight);
        let (times, answered) = self.bodies.entry(hash).or_insert((0, false));
        if *times == 0 {
            stats.bodies += 1;
            stats.sum = stats.sum.wrapping_add(hash);
        }
        *times += 1;
        stats.again += usize::from(*answered);
        script.draw(hash, *times)
    }

    fn end(&mut self, hash: u64, answered: bool) {
        self.in_flight -= 1;
        if answered {
            self.stats.answered += 1;
            if let Some((_, answered)) = self.bodies.get_mut(&hash) {
                *answered = true;
            }
        }
    }
}

impl Shared {
    /// `/stats`; `/reset` forgets them afterwards; `/answered/N` waits until so many were answered.
    async fn control(&self, path: &str) -> Stats {
        let enough = path.strip_prefix("/answered/").and_then(|count| count.parse().ok()).unwrap_or(0);
        while self.state.borrow().stats.answered < enough {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let stats = self.state.borrow().stats;
        if path == "/reset" {
            *self.state.borrow_mut() = State::default();
        }
        stats
    }
}

/// A hash of a body, fast rather than strong.
fn hash(body: &[u8]) -> u64 {
    let (chunks, rest) = body.as_chunks::<8>();
    let tail = rest.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
    let words = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).chain([tail, body.len() as u64]);
    let mixed = words.fold(0_u64, |bits, word| (bits.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95));
    crate::dataset::mix(mixed)
}
