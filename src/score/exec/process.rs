//! A running program that judges answers: lines in, lines out, and an end to it and to all that it started.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The longest line that a program may say.
const LONGEST_LINE: u64 = 1 << 20;
/// Bytes of its complaints that are kept, the last ones.
const COMPLAINTS: usize = 400;
/// How long its last complaints are waited for after its end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often it is looked whether it has ended, meanwhile.
const GLANCES: u32 = 200;
/// What a program gets to see of the environment: enough to start, and never a key.
const ENVIRONMENT: &[&str] = &["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT"];

/// The groups of the programs that run: what ends the process at once ends them first.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Why there is no judgement.
#[derive(Debug)]
pub(super) enum Bad {
    /// The program could not be started.
    Start(String, io::Error),
    /// It ended, or closed its output, before it said anything; how, and what it complained of.
    Ended(String),
    /// It said nothing in time.
    Slow(Duration),
    /// It said more than a line may hold.
    Long,
    /// It said something else.
    Nonsense { said: String, why: String },
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(program, error) => write!(f, "`{program}` cannot be started: {error}"),
            Self::Ended(how) => write!(f, "the program ended without a judgement: {how}"),
            Self::Slow(timeout) => write!(f, "the program said nothing within {} s", timeout.as_secs_f64()),
            Self::Long => write!(f, "the program said more than 1 MiB in one line"),
            Self::Nonsense { said, why } => write!(f, "the program said {said:?}, which is no judgement: {why}"),
        }
    }
}

/// A running program.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    questions: Sender<String>,
    answers: Receiver<Heard>,
    complaints: Receiver<String>,
}

/// What the program's output brought.
#[derive(Debug)]
enum Heard {
    Line(String),
    Long,
    End,
}

impl Process {
    /// Starts a program in a folder, in a group of its own.
    pub(super) fn start(command: &[String], folder: &Path) -> Result<Self, Bad> {
        let name = command.first().map_or("", String::as_str);
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let known = ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut program = Command::new(name);
        program.args(command.iter().skip(1)).current_dir(folder).env_clear().envs(known);
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut program, 0);
        let mut child = program.spawn().map_err(|error| Bad::Start(name.to_owned(), error))?;
        running().insert(child.id());
        let (questions, asked) = channel();
        let (says, answers) = channel();
        let (last, complaints) = channel();
        if let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            // A program that does not read must not stop whoever asks, nor one that complains without end.
            std::thread::spawn(move || write_all(input, &asked));
            std::thread::spawn(move || read_lines(output, &says));
            std::thread::spawn(move || drop(last.send(last_of(errors))));
        }
        Ok(Self { child, questions, answers, complaints })
    }

    /// Asks one question, a line, and waits for the line that answers it.
    pub(super) fn ask(&mut self, question: &str, timeout: Duration) -> Result<String, Bad> {
        // Where nobody reads any more, the output has ended too.
        drop(self.questions.send(format!("{question}\n")));
        match self.answers.recv_timeout(timeout) {
            Ok(Heard::Line(line)) => Ok(line),
            Ok(Heard::Long) => Err(Bad::Long),
            Ok(Heard::End) | Err(RecvTimeoutError::Disconnected) => Err(Bad::Ended(self.last_words())),
            Err(RecvTimeoutError::Timeout) => Err(Bad::Slow(timeout)),
        }
    }

    /// How it ended, and what it complained of at the end.
    fn last_words(&mut self) -> String {
        // A program that closed its output is about to end by itself: its own status says more than ours.
        for _ in 0..GLANCES {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(LAST_WORDS / GLANCES);
        }
        let status = self.end().map_or_else(|error| error.to_string(), |status| status.to_string());
        let complaints = self.complaints.recv_timeout(LAST_WORDS).unwrap_or_default();
        match complaints.trim() {
            "" => status,
            complaints => format!("{status}: {complaints}"),
        }
    }

    /// Ends the program and everything in its group; gives back how it had ended where it had.
    fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        let ended = self.child.try_wait()?;
        if running().remove(&self.child.id()) {
            kill(self.child.id());
        }
        ended.map_or_else(|| self.child.wait(), Ok)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // There is nobody left to tell.
        drop(self.end());
    }
}

/// Ends every program that runs, and all that it started: for an end of this process that runs no destructors.
pub fn end_programs() {
    for group in std::mem::take(&mut *running()) {
        kill(group);
    }
}

fn running() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a group of processes.
fn kill(group: u32) {
    #[cfg(unix)]
    if let Some(pid) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        // Who is gone needs no end.
        _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = group;
}

fn write_all(mut input: ChildStdin, questions: &Receiver<String>) {
    while let Ok(question) = questions.recv() {
        if input.write_all(question.as_bytes()).and_then(|()| input.flush()).is_err() {
            break;
        }
    }
}

fn read_lines(output: impl Read, says: &Sender<Heard>) {
    let mut reader = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        let heard = match reader.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => Heard::End,
            Ok(_) if line.len() as u64 > LONGEST_LINE => Heard::Long,
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => Heard::Line(String::from_utf8_lossy(&line).trim().to_owned()),
        };
        let goes_on = matches!(heard, Heard::Line(_));
        if says.send(heard).is_err() || !goes_on {
            break;
        }
    }
}

/// The last bytes of a stream, as text.
fn last_of(mut stream: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(COMPLAINTS);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
