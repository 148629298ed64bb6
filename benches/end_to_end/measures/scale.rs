//! Ten times as many cases: time a case, and memory.

use std::time::Duration;

use super::{Extent, expect, number, peak, wall};
use crate::Result;
use crate::cutover::Folder;
use crate::faults::Script;
use crate::host::Host;
use crate::process::Took;
use crate::table::{Row, mebibytes, median, s};

const CONCURRENCY: usize = 64;

pub(super) fn measure(extent: &Extent) -> Result<Vec<Row>> {
    let Some(many) = extent.many else { return Ok(Vec::new()) };
    let folders = [Folder::new(extent.cases)?, Folder::new(many)?];
    let host = Host::start(Duration::ZERO, Script::None)?;
    let mut rounds = Vec::new();
    for _ in 0..extent.rounds.min(3) {
        let [few, many] = &folders;
        rounds.push([run(few, &host)?, run(many, &host)?]);
    }
    let [few, more] = [0, 1].map(|index| {
        let folder: &Folder = &folders[index];
        let of = |of: fn(&Took) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        (of(wall) * 1e6 / number(folder.cases), of(peak))
    });
    let ratio = |index: usize| {
        let per_case = |round: &[Took; 2], at: usize| wall(&round[at]) / number(folders[at].cases);
        let peaks = |round: &[Took; 2], at: usize| peak(&round[at]);
        median(rounds.iter().map(|round| {
            if index == 0 { per_case(round, 1) / per_case(round, 0) } else { peaks(round, 1) / peaks(round, 0) }
        }))
    };
    let size = format!("{many} × 2, against {} × 2", extent.cases);
    let microseconds = |value: f64| format!("{value:.0} µs");
    Ok(vec![
        Row::new(7, format!("{size}: peak memory")).ratio([few.1, more.1].map(mebibytes), ratio(1), 3.0),
        Row::new(11, format!("{size}: wall a case")).ratio([few.0, more.0].map(microseconds), ratio(0), 1.5),
    ])
}

fn run(folder: &Folder, host: &Host) -> Result<Took> {
    let runs = folder.runs(host.port, CONCURRENCY)?;
    let took = runs.run("results")?;
    let seen = host.reset()?;
    expect("requests", &(seen.requests, seen.again), &(folder.requests(), 0))?;
    eprintln!("{} cases: {:.2} s, {}", folder.cases, s(took.wall), mebibytes(peak(&took)));
    Ok(took)
}
