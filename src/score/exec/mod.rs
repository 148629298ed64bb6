//! The scorer `exec`: a program of the user's own judges the answers. It is started once, gets one JSON line an answer on
//! its standard input, and says one JSON line back: `{"outcome": "pass" | "fail" | "unscored", "why": "…"}`.
//!
//! A program that ends after its answer is started anew for the next one, so that both kinds work: one that reads lines
//! until there are no more, and one that judges a single answer. A program that hangs, dies, or says something else leaves
//! the answer unscored with the reason; after [`MOST_BAD`] such answers in a row it is not started again.

mod process;
mod question;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::clip::clip;
use super::{Built, Judgement, OptionError, Program, Scorer, options};
use crate::domain::{Case, Response, UnscoredReason};
use process::{Bad, Process};

pub use process::end_programs;

pub(super) const OPTIONS: &[&str] = &["command", "timeout_s"];

/// How long an answer may take, unless the suite says otherwise.
const TIMEOUT_S: f64 = 30.0;
/// The longest that a suite may allow.
const MOST_TIMEOUT_S: f64 = 3600.0;
/// A program that fails this often in a row is given up.
const MOST_BAD: u32 = 3;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    command: Option<Vec<String>>,
    timeout_s: Option<f64>,
}

#[derive(Debug)]
struct Exec {
    command: Vec<String>,
    timeout: Duration,
    folder: PathBuf,
    line: usize,
    state: Mutex<State>,
}

/// The program, and how it has done lately.
#[derive(Debug, Default)]
struct State {
    process: Option<Process>,
    /// Answers in a row that it did not judge.
    bad: u32,
    /// Why it is not started again.
    given_up: Option<String>,
}

/// What a program says of an answer.
#[derive(Debug, Deserialize)]
struct Said {
    outcome: SaidOutcome,
    #[serde(default)]
    why: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SaidOutcome {
    Pass,
    Fail,
    Unscored,
}

pub(super) fn build(given: Map<String, Value>) -> Built {
    let Options { command, timeout_s } = options::parse(given)?;
    let mut errors = Vec::new();
    let command = command.unwrap_or_default();
    if command.first().is_none_or(|program| program.trim().is_empty()) {
        errors.push(OptionError {
            option: None,
            message: "`command` is missing or empty".to_owned(),
            help: Some(
                "name the program and its arguments, for example command = [\"python3\", \"score.py\"]".to_owned(),
            ),
        });
    }
    let seconds = timeout_s.unwrap_or(TIMEOUT_S);
    if !(seconds > 0.0 && seconds <= MOST_TIMEOUT_S) {
        let message = format!("{seconds} is no time for one answer");
        errors.push(OptionError::of("timeout_s", message, "a number of seconds above 0, and at most 3600"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Box::new(Exec {
        command,
        timeout: Duration::from_secs_f64(seconds),
        folder: PathBuf::new(),
        line: 0,
        state: Mutex::default(),
    }))
}

impl Scorer for Exec {
    fn applies(&self, _case: &Case) -> bool {
        true
    }

    fn score(&self, case: &Case, response: &Response) -> Judgement {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &state.given_up {
            return failed(format!("the program was given up: {why}"));
        }
        match self.ask(&mut state, &question::line(case, response)).and_then(|line| read(&line)) {
            Ok(judgement) => {
                state.bad = 0;
                judgement
            }
            Err(bad) => {
                // Whatever it still has to say is about this answer.
                state.process = None;
                state.bad += 1;
                let why = bad.to_string();
                if state.bad == MOST_BAD {
                    state.given_up = Some(format!("{MOST_BAD} answers in a row without a judgement, the last: {why}"));
                }
                failed(why)
            }
        }
    }

    fn place(&mut self, folder: &Path, line: usize) {
        folder.clone_into(&mut self.folder);
        self.line = line;
    }

    fn program(&self) -> Option<Program<'_>> {
        Some(Program { command: &self.command, line: self.line })
    }
}

impl Exec {
    /// Asks the program, which is started when it does not run. One that had judged an answer before and has ended since
    /// is started anew.
    fn ask(&self, state: &mut State, question: &str) -> Result<String, Bad> {
        if let Some(process) = state.process.as_mut() {
            match process.ask(question, self.timeout) {
                Err(Bad::Ended(_)) => {}
                other => return other,
            }
        }
        let process = state.process.insert(Process::start(&self.command, &self.folder)?);
        process.ask(question, self.timeout)
    }
}

/// What a line says of an answer.
fn read(line: &str) -> Result<Judgement, Bad> {
    let said: Said = serde_json::from_str(line)
        .map_err(|error| Bad::Nonsense { said: clip(line).into_owned(), why: error.to_string() })?;
    let why = said.why.map(|why| clip(&why).into_owned());
    Ok(match said.outcome {
        SaidOutcome::Pass => Judgement { why, ..Judgement::pass() },
        SaidOutcome::Fail => Judgement { why, ..Judgement::fail(String::new()) },
        SaidOutcome::Unscored => Judgement::unscored(
            UnscoredReason::ScorerFailed,
            Some(why.unwrap_or_else(|| "the program cannot say".to_owned())),
        ),
    })
}

fn failed(why: String) -> Judgement {
    Judgement::unscored(UnscoredReason::ScorerFailed, Some(why))
}

#[cfg(all(test, unix))]
mod tests;
