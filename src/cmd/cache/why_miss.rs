//! `cutover cache why-miss`: why the store has no answer to a case, by the stored request that comes nearest.

use std::fmt::Write as _;

use super::{CommandError, existing};
use crate::cli::WhyMissArgs;
use crate::cmd::keys::Arms;
use crate::cmd::run::open;
use crate::exit::Exit;
use crate::problem::suggestion;
use crate::replay::{Planned, Survey, asked};
use crate::report::format::case::inert;
use crate::report::format::json::document;
use crate::store::{Difference, Nearest};
use crate::suite::Suite;
use crate::terminal::Terminal;

/// What the store says of one arm's request.
#[derive(Debug, serde::Serialize)]
struct Finding {
    arm: String,
    repeat: u32,
    /// The first step of a closed loop that is not stored, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    key: String,
    stored: bool,
    /// The nearest stored request, when this one is not stored.
    nearest: Option<Neighbour>,
}

#[derive(Debug, serde::Serialize)]
struct Neighbour {
    recording: String,
    differs: Vec<Difference>,
}

pub(super) fn why_miss(args: &WhyMissArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let store = existing(&args.cache.store)?;
    let suite = Suite::load(&args.suite)?;
    let dataset = open(&suite)?;
    let arms = Arms::from_environment(&suite).arms;
    let Some(case) = dataset.entries.iter().position(|entry| *entry.id == *args.case) else {
        let ids = dataset.entries.iter().map(|entry| &*entry.id);
        let help = suggestion(&args.case, ids, || "the dataset's lines hold the ids".to_owned());
        return Err(CommandError::with_help(Exit::Usage, format!("there is no case `{}`", args.case), help));
    };
    let survey = Survey {
        dataset: &dataset,
        arms: &arms,
        store: Some(&store),
        retry: suite.replay.retry,
        max_steps: suite.replay.max_steps,
    };
    let mut findings = Vec::new();
    for (arm, repeat) in (0..arms.len()).flat_map(|arm| (0..suite.replay.repeats).map(move |repeat| (arm, repeat))) {
        let planned = Planned { case, arm, repeat };
        let (step, key, fields) = match survey.missing_step(planned)? {
            Some((step, key, fields)) => (Some(step), key, fields),
            None => match asked(&dataset, &arms, planned)? {
                Some((key, fields)) => (None, key, fields),
                None => continue,
            },
        };
        let stored = store.contains(&key)?;
        let nearest = if stored { None } else { store.nearest(&[fields])?.pop().flatten() };
        let nearest = nearest.map(|Nearest { recording, differs, .. }| Neighbour { recording, differs });
        findings.push(Finding { arm: arms[arm].name.to_string(), repeat, step, key: key.to_string(), stored, nearest });
    }
    let text = if terminal.json { document(&findings)? } else { inert(&describe(&findings)) + "\n" };
    terminal.print(&text)?;
    Ok(Exit::Done)
}

fn describe(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { arm, repeat, step, stored, nearest, .. } in findings {
        let step = step.map_or_else(String::new, |step| format!(", step {step}"));
        // Writing to a string cannot fail.
        let _ = match (stored, nearest) {
            (true, _) => writeln!(text, "{arm}, repeat {repeat}: stored"),
            (false, None) => writeln!(text, "{arm}, repeat {repeat}{step}: not stored, and the store keeps no request"),
            (false, Some(nearest)) => writeln!(
                text,
                "{arm}, repeat {repeat}{step}: not stored; the nearest request, of {}, differs in",
                nearest.recording
            ),
        };
        for Difference { path, stored, asked } in nearest.iter().flat_map(|nearest| &nearest.differs) {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let _ = writeln!(text, "  {path}: stored {}, asked {}", shown(stored), shown(asked));
        }
    }
    text
}
