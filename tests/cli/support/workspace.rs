//! A folder of its own, in which the binary runs.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use wait4::Wait4 as _;

/// A folder of its own.
pub(crate) struct Workspace {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
        std::fs::write(path, text).expect("is written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("is read")
    }

    /// `count` cases that ask for their own number, and a suite that sends them to a server on this port.
    pub(crate) fn numbers(self, count: usize, port: u16) -> Self {
        self.file("suite.toml", &suite(port, "")).cases(count)
    }

    /// `count` cases that ask for their own number.
    pub(crate) fn cases(self, count: usize) -> Self {
        let cases: String = (0..count)
            .map(|number| {
                let tag = if number % 2 == 0 { "even" } else { "odd" };
                format!(
                    "{{\"id\":\"n{number:03}\",\"messages\":[{{\"role\":\"user\",\"content\":\"number {number}\"}}],\
                     \"expected\":{{\"text\":\"{number}\"}},\"tags\":{{\"kind\":\"{tag}\"}}}}\n"
                )
            })
            .collect();
        self.file("cases.jsonl", &cases)
    }

    /// Cases that ask with their own id, and what is expected of them.
    pub(crate) fn prompts<'a>(self, cases: impl Iterator<Item = (&'a str, Value)>) -> Self {
        let cases: String = cases
            .map(|(id, expected)| {
                let messages = json!([{"role": "user", "content": id}]);
                format!("{}\n", json!({"id": id, "messages": messages, "expected": expected}))
            })
            .collect();
        self.file("cases.jsonl", &cases)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the binary with these arguments, split at spaces.
    pub(crate) fn cutover(&self, arguments: &str) -> Outcome {
        self.cutover_with(arguments, &[])
    }

    pub(crate) fn cutover_with(&self, arguments: &str, environment: &[(&str, &str)]) -> Outcome {
        Outcome::of(self.command(arguments).envs(environment.iter().copied()).spawn().expect("starts"))
    }

    /// Runs the binary with these arguments and this on its standard input.
    pub(crate) fn cutover_told(&self, arguments: &str, input: &str) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("is piped");
        // A command that asks nothing may be gone already.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        Outcome::of(child)
    }

    /// Starts the binary with an open standard input.
    pub(crate) fn start_listening(&self, arguments: &str) -> Child {
        self.command(arguments).stdin(Stdio::piped()).spawn().expect("starts")
    }

    /// Runs the binary after a line of shell has set up its process, such as a limit.
    pub(crate) fn cutover_after(&self, line: &str, arguments: &str) -> Outcome {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{line}; exec {} {arguments}", env!("CARGO_BIN_EXE_cutover"))])
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Outcome::of(command.spawn().expect("starts"))
    }

    /// Runs the binary, and tells how much memory it had at most, in bytes.
    pub(crate) fn cutover_measured(&self, arguments: &str) -> (Outcome, u64) {
        let mut child = self.command(arguments).spawn().expect("starts");
        let (mut stdout, mut stderr) = (String::new(), String::new());
        child.stderr.take().expect("is piped").read_to_string(&mut stderr).expect("is read");
        child.stdout.take().expect("is piped").read_to_string(&mut stdout).expect("is read");
        let used = child.wait4().expect("ends");
        (Outcome { code: used.status.code(), stdout, stderr }, used.rusage.maxrss)
    }

    /// Runs the binary with a stdout that nobody reads any more.
    pub(crate) fn unread(&self, arguments: &str) -> Outcome {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Outcome::of(self.command(arguments).stdout(writer).spawn().expect("starts"))
    }

    /// Starts the binary and leaves it running.
    pub(crate) fn start(&self, arguments: &str) -> Child {
        self.command(arguments).spawn().expect("starts")
    }

    /// The folder of the only run.
    pub(crate) fn run_dir(&self) -> PathBuf {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("results")).into_iter().flatten();
        let mut runs: Vec<_> =
            entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
        runs.sort();
        runs
    }

    /// `summary.json` of the only run.
    pub(crate) fn summary(&self) -> Value {
        let text = std::fs::read(self.run_dir().join("summary.json")).expect("a summary");
        serde_json::from_slice(&text).expect("is JSON")
    }

    /// The lines of `trials.jsonl` of the only run, by case and arm.
    pub(crate) fn trials(&self) -> BTreeMap<(String, String), Value> {
        let text = std::fs::read_to_string(self.run_dir().join("trials.jsonl")).expect("a journal");
        let name = |trial: &Value, field: &str| trial[field].as_str().expect("a name").to_owned();
        text.lines()
            .map(|line| serde_json::from_str(line).expect("is JSON"))
            .map(|trial| ((name(&trial, "case"), name(&trial, "arm")), trial))
            .collect()
    }

    /// Every file below the folder.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { walk(&path, files) } else { files.push(path) }
            }
        }
        let mut files = Vec::new();
        walk(self.folder.path(), &mut files);
        files
    }
}

impl Outcome {
    pub(crate) fn of(child: Child) -> Self {
        let output = child.wait_with_output().expect("ends");
        let text = |bytes| String::from_utf8(bytes).expect("is UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub(crate) fn exit(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn stdout(&self, text: &str) -> &Self {
        assert_eq!(self.stdout, text);
        self
    }

    #[track_caller]
    pub(crate) fn stderr(&self, text: &str) -> &Self {
        assert_eq!(self.stderr, text);
        self
    }
}

/// Sends a signal to a process.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -s {name} {}", child.id())]).status();
    assert!(status.expect("runs").success());
}

/// A suite of two arms on one server; `more` is put at its end.
pub(crate) fn suite(port: u16, more: &str) -> String {
    format!(
        "name = \"numbers\"\n\
         [dataset]\npath = \"cases.jsonl\"\n\
         [baseline]\nmodel = \"local/old\"\n\
         [candidates.new]\nmodel = \"local/new\"\n\
         [endpoints.local]\nprotocol = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         [prices.\"local/old\"]\ninput = 1.00\noutput = 2.00\n\
         [prices.\"local/new\"]\ninput = 3.00\noutput = 6.00\n\
         [[scorers]]\nkind = \"exact\"\n\
         {more}"
    )
}
