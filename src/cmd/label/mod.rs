//! `cutover label`: people judge the answers on which the arms differ, blinded; the labels are kept in the dataset, and
//! the run is rescored.

mod ask;
mod fold;
mod import;
mod journal;
mod page;
mod pairs;
mod promote;

use super::rescore::{Rescored, Stored};
use super::{CommandError, gate as verdicts, signals};
use crate::cli::LabelArgs;
use crate::exit::Exit;
use crate::report::View;
use crate::terminal::Terminal;
use ask::{Asked, Questions};
use journal::Journal;
use pairs::Survey;

pub(super) fn label(args: &LabelArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let stored = Stored::open(&args.rescore)?;
    let path = stored.dataset.path.clone();
    let mut journal = Journal::open(&path)?;
    let left = journal.fold(&path)?;
    // What an earlier session left behind is in the dataset now.
    let stored = if left > 0 { Stored::open(&args.rescore)? } else { stored };
    if args.promote {
        return promote::promote(&stored, args.force, terminal);
    }
    if let Some(file) = &args.import {
        let given = import::read(&stored, file, args.by.as_deref())?;
        journal.give(&given)?;
        let labels = journal.fold(&path)?;
        say(terminal, &format!("{} from {} are in {}", labels_text(labels), file.display(), path.display()))?;
        return conclude(args, labels + left, terminal);
    }
    let survey = Survey::new(&stored, args.by.as_deref())?;
    say(terminal, &survey.text())?;
    if let Some(file) = &args.html {
        page::write(&stored, &survey, file, args)?;
        say(terminal, &format!("{}", file.display()))?;
        return Ok(Exit::Done);
    }
    let Asked { ended } = ask::ask(&stored, &Questions { survey: &survey, args, terminal }, &mut journal)?;
    let labels = journal.fold(&path)?;
    if labels > 0 {
        say(terminal, &format!("{} are in {}", labels_text(labels), path.display()))?;
    }
    if let Some(reason) = ended {
        return Ok(signals::exit(&reason));
    }
    conclude(args, labels + left, terminal)
}

/// Rescores the run where there are new labels, and prints the verdict.
fn conclude(args: &LabelArgs, labels: usize, terminal: &Terminal) -> Result<Exit, CommandError> {
    if labels == 0 || args.no_rescore {
        return Ok(Exit::Done);
    }
    let Rescored { run, judged, examples, changes } = Stored::open(&args.rescore)?.rescored(terminal)?;
    changes.tell(terminal)?;
    if !terminal.json {
        terminal.print("\n")?;
    }
    verdicts::print(&View::new(&judged.input(&run, &examples)), terminal)?;
    Ok(Exit::Done)
}

/// Says something on the way to the result: beside it where that is one document.
fn say(terminal: &Terminal, text: &str) -> Result<(), CommandError> {
    if terminal.json {
        terminal.note(text);
    } else {
        terminal.print(&format!("{text}\n"))?;
    }
    Ok(())
}

fn labels_text(count: usize) -> String {
    format!("{count} {}", if count == 1 { "label" } else { "labels" })
}
