//! A model that thinks for 200 ms: how near a run comes to the time that the requests themselves take.

use std::time::Duration;

use super::{Beside, Extent, expect, medians, number, wall};
use crate::Result;
use crate::cutover::Folder;
use crate::faults::Script;
use crate::host::Host;
use crate::table::{Row, s, seconds};

const DELAY: Duration = Duration::from_millis(200);
/// Concurrency, the most times the raw wall, the least efficiency.
const GOALS: [(usize, f64, f64); 2] = [(64, 1.03, 0.95), (256, 1.06, 0.85)];

pub(super) fn measure(extent: &Extent) -> Result<Vec<Row>> {
    let folder = Folder::new(extent.few)?;
    let host = Host::start(DELAY, Script::None)?;
    let mut rows = Vec::new();
    for (concurrency, most, least) in GOALS {
        let rounds = (0..extent.rounds).map(|_| round(&folder, &host, concurrency)).collect::<Result<Vec<_>>>()?;
        let [raw, cutover, ratio] = medians(&rounds, wall);
        let ideal = number(folder.requests().div_ceil(concurrency)) * s(DELAY);
        let efficiency = ideal / cutover;
        let name = format!("{} × 2, 200 ms, c={concurrency}: wall", extent.few);
        let wanted = format!("≥ {:.0} %", least * 1e2);
        rows.push(Row::new(3, name).ratio([raw, cutover].map(seconds), ratio, most));
        let shown = format!("{:.0} %", efficiency * 1e2);
        rows.push(Row::new(3, "efficiency").value(shown, wanted, efficiency >= least));
    }
    Ok(rows)
}

fn round(folder: &Folder, host: &Host, concurrency: usize) -> Result<Beside> {
    let runs = folder.runs(host.port, concurrency)?;
    let before = host.raw(folder, concurrency)?;
    host.reset()?;
    let cutover = runs.run("results")?;
    let seen = host.reset()?;
    let after = host.raw(folder, concurrency)?;
    host.reset()?;
    expect("requests, and most in flight", &(seen.requests, seen.peak), &(folder.requests(), concurrency))?;
    Ok(Beside { raw: [before, after], cutover })
}
