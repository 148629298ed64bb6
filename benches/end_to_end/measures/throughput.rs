//! No latency: what a run costs beside the requests themselves, and what the store costs and saves.

use super::{Beside, Extent, cpu, expect, medians, number, peak, wall};
use crate::Result;
use crate::cutover::Folder;
use crate::faults::Script;
use crate::host::Host;
use crate::process::Took;
use crate::table::{Row, mebibytes, median, megabytes, milliseconds, s, seconds};

const CONCURRENCY: usize = 64;
const MIB: f64 = 1_048_576.0;

/// One round: a first run, the same without a store, the first again from its store, and the report alone.
struct Round {
    first: Beside,
    unstored: Took,
    stored: Beside,
    report: Took,
    html: f64,
    json: f64,
}

pub(super) fn measure(extent: &Extent) -> Result<Vec<Row>> {
    let folder = Folder::new(extent.cases)?;
    let host = Host::start(std::time::Duration::ZERO, Script::None)?;
    host.every(&folder, CONCURRENCY)?;
    let every = host.reset()?;
    let rounds = (0..extent.rounds).map(|_| round(&folder, &host, every.sum)).collect::<Result<Vec<_>>>()?;
    let report: Vec<Took> = rounds.iter().map(|round| round.report).collect();
    let [html, json] = [|round: &Round| round.html, |round: &Round| round.json].map(|of| median(rounds.iter().map(of)));
    let against_first = median(rounds.iter().map(|round| wall(&round.stored.cutover) / wall(&round.first.cutover)));
    let unstored = median(rounds.iter().map(|round| wall(&round.unstored)));
    let against_unstored = median(rounds.iter().map(|round| wall(&round.first.cutover) / wall(&round.unstored)));
    let (first, stored): (Vec<_>, Vec<_>) = rounds.into_iter().map(|round| (round.first, round.stored)).unzip();

    let size = format!("{} × 2", extent.cases);
    let of_first = medians(&first, wall);
    let per_request = medians(&first, cpu).map(|cpu| cpu * 1e3 / number(folder.requests()));
    let ratio_of_cpu = medians(&first, cpu)[2];
    let of_stored = medians(&stored, wall);
    let of_report = |of: fn(&Took) -> f64| median(report.iter().map(of));
    let (report_wall, report_peak) = (of_report(wall), of_report(peak));
    let (most, most_stored) = (medians(&first, peak)[1], medians(&stored, peak)[1]);
    let pair = |values: [f64; 3], show: fn(f64) -> String| [show(values[0]), show(values[1])];
    Ok(vec![
        Row::new(1, format!("{size}, no latency: wall")).ratio(pair(of_first, seconds), of_first[2], 4.0),
        Row::new(2, "the same: CPU a request").ratio(pair(per_request, milliseconds), ratio_of_cpu, 5.0),
        Row::new(4, format!("{size}, all stored: wall")).ratio(pair(of_stored, seconds), of_stored[2], 1.0),
        Row::new(4, "against its first run").ratio([of_first[1], of_stored[1]].map(seconds), against_first, 0.5),
        // A round ends in an error otherwise.
        Row::new(4, "requests").value("0", "0", true),
        Row::new(5, "a first run, against one without a store").ratio(
            [unstored, of_first[1]].map(seconds),
            against_unstored,
            1.25,
        ),
        Row::new(7, format!("{size}: peak memory")).value(mebibytes(most), "≤ 80 MiB", most <= 80.0 * MIB),
        Row::new(7, "all stored").value(mebibytes(most_stored), "≤ 80 MiB", most_stored <= 80.0 * MIB),
        Row::new(10, format!("{size}: report.html")).value(megabytes(html), "≤ 3 MB", html <= 3e6),
        Row::new(10, "summary.json").value(megabytes(json), "≤ 10 MB", json <= 1e7),
        Row::new(10, "cutover report: wall").value(seconds(report_wall), "≤ 1 s", report_wall <= 1.0),
        Row::new(10, "cutover report: peak").value(mebibytes(report_peak), "≤ 100 MiB", report_peak <= 100.0 * MIB),
    ])
}

/// Fails too where the bodies that cutover sends are not those of the cases, which add up to this.
fn round(folder: &Folder, host: &Host, bodies: u64) -> Result<Round> {
    let requests = folder.requests();
    let runs = folder.runs(host.port, CONCURRENCY)?;
    let before = host.raw(folder, CONCURRENCY)?;
    let of_raw = host.reset()?;
    let first = runs.run("first")?;
    let of_first = host.reset()?;
    let unstored = runs.run_unstored("unstored")?;
    let of_unstored = host.reset()?;
    let stored = runs.run("stored")?;
    let of_stored = host.reset()?;
    let after = host.raw(folder, CONCURRENCY)?;
    host.reset()?;
    expect("raw requests", &of_raw.requests, &requests)?;
    expect("requests of a first run", &(of_first.requests, of_first.again), &(requests, 0))?;
    expect("its bodies", &of_first.sum, &bodies)?;
    expect("requests without a store", &(of_unstored.requests, of_unstored.again), &(requests, 0))?;
    expect("their bodies", &of_unstored.sum, &bodies)?;
    expect("outcomes without a store", &runs.outcomes("unstored")?, &runs.outcomes("first")?)?;
    expect("requests of a stored run", &of_stored.requests, &0)?;
    expect("outcomes of a stored run", &runs.outcomes("stored")?, &runs.outcomes("first")?)?;
    let report = runs.report("first")?;
    let [html, json] = ["report.html", "summary.json"].map(|file| runs.size("first", file));
    let size = |bytes: u64| usize::try_from(bytes).map(number);
    eprintln!(
        "round: raw {:.2} s, first {:.2} s, without a store {:.2} s, stored {:.2} s, raw {:.2} s",
        s(before.wall),
        s(first.wall),
        s(unstored.wall),
        s(stored.wall),
        s(after.wall)
    );
    Ok(Round {
        first: Beside { raw: [before, after], cutover: first },
        unstored,
        stored: Beside { raw: [before, after], cutover: stored },
        report,
        html: size(html?)?,
        json: size(json?)?,
    })
}
