//! The server as the benchmark sees it: a process that is started, asked and ended.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::cutover::Folder;
use crate::faults::Script;
use crate::process::{Took, command, measure};
use crate::server::Stats;
use crate::{RAW, Result, SERVE, dataset, oha};

/// A running server; it ends when this is dropped.
pub(crate) struct Host {
    pub(crate) port: u16,
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Host {
    /// Starts a server.
    pub(crate) fn start(delay: Duration, script: Script) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([SERVE, &delay.as_millis().to_string(), script.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("the server has no output")?).read_line(&mut line)?;
        Ok(Self { port: line.trim().parse()?, child, stdin })
    }

    /// Sends as many requests as every case of a folder makes, with oha where it is installed: it draws its bodies from
    /// those of the cases.
    pub(crate) fn raw(&self, folder: &Folder, concurrency: usize) -> Result<Took> {
        let bodies = (folder.path(), dataset::BODIES);
        oha::send(self.port, bodies, folder.requests(), concurrency).unwrap_or_else(|| self.every(folder, concurrency))
    }

    /// Sends every case of a folder once to both models, with the generator of this benchmark.
    pub(crate) fn every(&self, folder: &Folder, concurrency: usize) -> Result<Took> {
        let mut raw = command(std::env::current_exe()?, folder.path())?;
        raw.args([RAW, &self.port.to_string(), dataset::CASES, &concurrency.to_string()]);
        measure(raw, folder.path())
    }

    /// What was seen since the last reset, which this one is.
    pub(crate) fn reset(&self) -> Result<Stats> {
        self.ask("/reset")
    }

    /// Waits until so many requests were answered.
    pub(crate) fn wait(&self, answered: usize) -> Result<Stats> {
        self.ask(&format!("/answered/{answered}"))
    }

    fn ask(&self, path: &str) -> Result<Stats> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_mins(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n")?;
        let mut answer = Vec::new();
        let message = loop {
            if let Some(message) = crate::http::message(&answer) {
                break message;
            }
            let mut chunk = [0; 1024];
            match stream.read(&mut chunk)? {
                0 => return Err("the server closed the connection".into()),
                length => answer.extend_from_slice(&chunk[..length]),
            }
        };
        Ok(serde_json::from_slice(&answer[message.body..message.end])?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The server ends with its standard input; how it ended changes no measure.
        drop(self.stdin.take());
        drop(self.child.wait());
    }
}
