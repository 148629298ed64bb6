//! The questions, one pair after another: a line from whoever labels answers each.

use std::sync::mpsc::{Receiver, channel};

use super::journal::{Given, Journal};
use super::pairs::{Pair, Survey, seen};
use super::say;
use crate::cli::LabelArgs;
use crate::cmd::rescore::Stored;
use crate::cmd::{CommandError, examples, signals};
use crate::domain::{Case, Label, LabelOutcome, Role};
use crate::replay::StopReason;
use crate::report::format::pair;
use crate::terminal::Terminal;

const HELP: &str = "1 or l  the left answer alone is right    2 or r  the right answer alone is right\n\
                    b       both are right                    n       neither is right\n\
                    s       skip                              u       undo the last one\n\
                    a       show the whole conversation       q       quit; what was said is kept";
const PROMPT: &str = "which is right? [1 2 b n, s u a q, ?]";

/// What to ask, and whom.
pub(super) struct Questions<'a> {
    pub(super) survey: &'a Survey,
    pub(super) args: &'a LabelArgs,
    pub(super) terminal: &'a Terminal,
}

/// How the questions ended.
pub(super) struct Asked {
    /// By which signal, where by one.
    pub(super) ended: Option<StopReason>,
}

/// What comes from outside.
enum Heard {
    Line(String),
    End,
    Signal(StopReason),
}

/// What a line says.
enum Said {
    Judged([LabelOutcome; 2]),
    Skip,
    Undo,
    All,
    Quit,
    Help,
}

fn said(line: &str) -> Said {
    use LabelOutcome::{Fail, Pass};
    match line.trim() {
        "1" | "l" => Said::Judged([Pass, Fail]),
        "2" | "r" => Said::Judged([Fail, Pass]),
        "b" => Said::Judged([Pass, Pass]),
        "n" => Said::Judged([Fail, Fail]),
        "s" => Said::Skip,
        "u" => Said::Undo,
        "a" => Said::All,
        "q" => Said::Quit,
        _ => Said::Help,
    }
}

/// Asks for every pair that is open, up to the limit.
pub(super) fn ask(
    stored: &Stored,
    Questions { survey, args, terminal }: &Questions<'_>,
    journal: &mut Journal,
) -> Result<Asked, CommandError> {
    let pairs = &survey.open[..survey.open.len().min(args.limit.unwrap_or(usize::MAX))];
    if pairs.is_empty() {
        return Ok(Asked { ended: None });
    }
    let coming = listen()?;
    // The places of what was judged, for taking it back.
    let mut judged: Vec<usize> = Vec::new();
    let mut place = 0;
    'pairs: while let Some(pair) = pairs.get(place) {
        let case = stored.case(&pair.case)?;
        let head = format!("{} of {}  {}", place + 1, pairs.len(), pair.case);
        let question = case.as_ref().map(last_of_user).unwrap_or_default();
        let answers = [answer(stored, pair.rows[0])?, answer(stored, pair.rows[1])?];
        let answers = answers.each_ref().map(String::as_str);
        say(terminal, &format!("\n{}", pair::render(&head, &question, answers, terminal.width)))?;
        loop {
            say(terminal, PROMPT)?;
            let line = match coming.recv() {
                Ok(Heard::Line(line)) => line,
                Ok(Heard::Signal(reason)) => return Ok(Asked { ended: Some(reason) }),
                Ok(Heard::End) | Err(_) => break 'pairs,
            };
            match said(&line) {
                Said::Judged(outcomes) => {
                    journal.give(&[given(pair, outcomes, args.by.as_deref())])?;
                    judged.push(place);
                    place += 1;
                    continue 'pairs;
                }
                Said::Skip => {
                    place += 1;
                    continue 'pairs;
                }
                Said::Undo => {
                    if let Some(last) = judged.pop() {
                        journal.undo()?;
                        place = last;
                        continue 'pairs;
                    }
                    say(terminal, "there is nothing to undo")?;
                }
                Said::All => {
                    let all = case.as_ref().map(examples::prompt).unwrap_or_default();
                    say(terminal, &format!("\n{}", pair::render(&head, &all, answers, terminal.width)))?;
                }
                Said::Quit => break 'pairs,
                Said::Help => say(terminal, HELP)?,
            }
        }
    }
    Ok(Asked { ended: None })
}

/// Lines and signals, whichever comes first.
fn listen() -> Result<Receiver<Heard>, CommandError> {
    let (sender, heard) = channel();
    let signal = sender.clone();
    // Where nobody listens any more, nothing is to be told.
    signals::forward(move |reason| drop(signal.send(Heard::Signal(reason))))?;
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(Heard::Line(line)).is_err() {
                return;
            }
        }
        drop(sender.send(Heard::End));
    });
    Ok(heard)
}

fn given(pair: &Pair, outcomes: [LabelOutcome; 2], by: Option<&str>) -> Given {
    let labels = pair.answers.iter().zip(outcomes);
    let labels = labels.map(|(answer, outcome)| Label { answer: answer.clone(), outcome, by: by.map(str::to_owned) });
    Given { case: pair.case.clone(), labels: labels.collect() }
}

/// What a person sees of the answer in a row.
pub(super) fn answer(stored: &Stored, row: usize) -> Result<String, CommandError> {
    Ok(seen(&stored.run.kept_at(row)?))
}

/// What the person said last; the whole conversation where nobody did.
pub(super) fn last_of_user(case: &Case) -> String {
    let last = case.messages.iter().rfind(|message| message.role == Role::User);
    last.map_or_else(|| examples::prompt(case), examples::content)
}
