//! A folder of its own, in which the binary runs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder of its own.
pub struct Workspace {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("is made");
        std::fs::write(path, text).expect("is written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("is read")
    }

    /// `count` cases that ask for their own number, and a suite that sends them to a server on this port.
    pub fn numbers(self, count: usize, port: u16) -> Self {
        let cases: String = (0..count)
            .map(|number| {
                let tag = if number % 2 == 0 { "even" } else { "odd" };
                format!(
                    "{{\"id\":\"n{number:03}\",\"messages\":[{{\"role\":\"user\",\"content\":\"number {number}\"}}],\
                     \"expected\":{{\"text\":\"{number}\"}},\"tags\":{{\"kind\":\"{tag}\"}}}}\n"
                )
            })
            .collect();
        self.file("cases.jsonl", &cases).file("suite.toml", &suite(port, ""))
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
    pub fn cutover(&self, arguments: &str) -> Outcome {
        self.cutover_with(arguments, &[])
    }

    pub fn cutover_with(&self, arguments: &str, environment: &[(&str, &str)]) -> Outcome {
        Outcome::of(self.command(arguments).envs(environment.iter().copied()).spawn().expect("starts"))
    }

    /// Starts the binary and leaves it running.
    pub fn start(&self, arguments: &str) -> Child {
        self.command(arguments).spawn().expect("starts")
    }

    /// The folder of the only run.
    pub fn run_dir(&self) -> PathBuf {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    pub fn runs(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("results")).into_iter().flatten();
        let mut runs: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        runs.sort();
        runs
    }

    /// `summary.json` of the only run.
    pub fn summary(&self) -> serde_json::Value {
        let text = std::fs::read(self.run_dir().join("summary.json")).expect("a summary");
        serde_json::from_slice(&text).expect("is JSON")
    }

    /// Every file below the folder.
    pub fn files(&self) -> Vec<PathBuf> {
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
    pub fn of(child: Child) -> Self {
        let output = child.wait_with_output().expect("ends");
        let text = |bytes| String::from_utf8(bytes).expect("is UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn exit(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn stderr(&self, text: &str) -> &Self {
        assert_eq!(self.stderr, text);
        self
    }
}

/// A suite of two arms on one server; `more` is put at its end.
pub fn suite(port: u16, more: &str) -> String {
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
