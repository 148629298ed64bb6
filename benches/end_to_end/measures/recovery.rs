//! What goes wrong: refusals, broken answers, and a kill in the middle.

use std::time::Duration;

use super::{Extent, expect};
use crate::Result;
use crate::cutover::Folder;
use crate::faults::Script;
use crate::host::Host;
use crate::process::kill as end;
use crate::table::{Row, s, seconds};

const CONCURRENCY: usize = 64;
/// Of an answer when a run is to be killed: half way is half a second away.
const SHORT: Duration = Duration::from_millis(20);
/// What faults may cost: five times the server's `retry-after`.
const PATIENCE: f64 = 5.0;

/// Refused and broken requests are asked again, none more often than needed.
pub(super) fn faults(extent: &Extent) -> Result<Vec<Row>> {
    let folder = Folder::new(extent.few)?;
    let mut rows = Vec::new();
    let mut without = None;
    for (script, name) in [
        (Script::None, ""),
        (Script::Refusals, "5 % 429, 2 % 500"),
        (Script::Breaks, "1 % each of resets, cut and no JSON"),
    ] {
        let host = Host::start(Duration::ZERO, script)?;
        let runs = folder.runs(host.port, CONCURRENCY)?;
        let took = runs.run("results")?;
        let seen = host.reset()?;
        let outcomes = runs.outcomes("results")?;
        expect("trials", &outcomes.len(), &folder.requests())?;
        let Some((calm, right)) = &without else {
            without = Some((took, outcomes));
            continue;
        };
        // A script draws by body and attempt: no client gets every answer with fewer requests.
        let needed = seen.requests - seen.again;
        let wrong = right.iter().filter(|(trial, outcome)| outcomes.get(*trial) != Some(outcome)).count();
        let more = s(took.wall) - s(calm.wall);
        let shown = format!("≤ {PATIENCE} s");
        rows.push(Row::new(8, format!("{} × 2, {name}: requests", extent.few)).value(
            seen.requests.to_string(),
            needed.to_string(),
            seen.again == 0,
        ));
        rows.push(Row::new(8, "trials unlike without faults").value(wrong.to_string(), "0", wrong == 0));
        rows.push(Row::new(8, "wall beyond that without faults").value(seconds(more), shown, more <= PATIENCE));
    }
    Ok(rows)
}

/// A killed run goes on where it was.
pub(super) fn kill(extent: &Extent) -> Result<Vec<Row>> {
    let folder = Folder::new(extent.few)?;
    let host = Host::start(SHORT, Script::None)?;
    let whole = folder.runs(host.port, CONCURRENCY)?;
    whole.run("results")?;
    let mut again = Vec::new();
    let mut same = true;
    for _ in 0..extent.rounds {
        host.reset()?;
        let runs = folder.runs(host.port, CONCURRENCY)?;
        let child = runs.start("results")?;
        let at_kill = host.wait(folder.requests() / 2)?;
        end(child)?;
        runs.run("results")?;
        let seen = host.reset()?;
        expect("answers", &seen.bodies, &folder.requests())?;
        expect("a run that was killed half way", &(at_kill.answered < folder.requests()), &true)?;
        again.push(seen.again);
        same &= runs.summary("results")? == whole.summary("results")?;
    }
    let most = again.iter().copied().max().unwrap_or(0);
    let counts = again.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let yes = if same { "yes" } else { "no" };
    let name = format!("{} × 2, killed half way: asked again", extent.few);
    Ok(vec![
        Row::new(9, name).value(counts, format!("≤ {CONCURRENCY}"), most <= CONCURRENCY),
        Row::new(9, "summary as without a kill").value(yes, "yes", same),
    ])
}
