//! How long answers took, to the first token and to the last, where that can be compared.

use super::cells;
use crate::compare::Metric;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::count;
use crate::report::view::{Reading, View};

/// Times of the whole answer, with their columns.
const WHOLE: [(Metric, &str); 4] = [
    (Metric::LatencyTypical, "Typical case"),
    (Metric::LatencyP50, "p50"),
    (Metric::LatencyP95, "p95"),
    (Metric::LatencyP99, "p99"),
];

/// What only streams tell, with its columns.
const STREAMED: [(Metric, &str); 3] = [
    (Metric::FirstTokenP50, "First token p50"),
    (Metric::FirstTokenP95, "First token p95"),
    (Metric::TokensPerSecond, "Tokens per second"),
];

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = vec![Block::Table(arms(view)), Block::Table(ratios(view, &WHOLE))];
    if view.arms.iter().flat_map(|arm| &arm.latency.streamed).any(|reading| reading.known().is_some()) {
        blocks.extend([Block::Table(streams(view)), Block::Table(ratios(view, &STREAMED))]);
    }
    let note = "Live calls of one recording only: answers bought at another time met another load. The time is that \
                of the attempt that succeeded, without our own queue; a call that was given up counts as slower than \
                any other. The typical case is the median of the cases' own ratios, not the ratio of the medians. An \
                end that so few calls cannot tell is unknown: it may lie beyond the slowest answer seen.";
    blocks.push(Block::Note(note.to_owned()));
    blocks
}

fn arms(view: &View<'_>) -> Table {
    let mut table = Table::new(
        format!("Latency of each arm, with {} intervals", view.confidence),
        &[
            ("Arm", false),
            ("p50", true),
            ("p95", true),
            ("p99", true),
            ("Slowest answer", true),
            ("Timed out", true),
            ("Live calls", true),
        ],
    );
    for arm in &view.arms {
        let latency = &arm.latency;
        let mut cells = vec![Cell::plain(&arm.name)];
        cells.extend(latency.quantiles.iter().map(cells::reading));
        cells.extend([Cell::plain(&latency.slowest), Cell::plain(&latency.timed_out), calls(&latency.quantiles)]);
        table.push(cells);
    }
    table
}

fn streams(view: &View<'_>) -> Table {
    let mut columns = vec![("Arm", false)];
    columns.extend(STREAMED.iter().map(|(_, label)| (*label, true)));
    columns.push(("Streamed calls", true));
    let mut table = Table::new(format!("Streams of each arm, with {} intervals", view.confidence), &columns);
    for arm in &view.arms {
        let mut cells = vec![Cell::plain(&arm.name)];
        cells.extend(arm.latency.streamed.iter().map(cells::reading));
        cells.push(calls(&arm.latency.streamed));
        table.push(cells);
    }
    table
}

/// The calls behind the first number there is.
fn calls(readings: &[Reading]) -> Cell {
    let known = readings.iter().find_map(Reading::known);
    known.map_or_else(|| Cell::absent("no data"), |number| Cell::plain(count(number.n)))
}

fn ratios(view: &View<'_>, of: &[(Metric, &str)]) -> Table {
    let mut columns = vec![("Candidate", false)];
    columns.extend(of.iter().map(|(_, label)| (*label, true)));
    columns.push(("Pairs", true));
    let mut table = Table::new(format!("Candidate ÷ baseline, with {} intervals", view.confidence), &columns);
    for candidate in &view.candidates {
        let changes: Vec<_> = of.iter().map(|(metric, _)| candidate.change(*metric)).collect();
        let mut cells = vec![Cell::plain(&candidate.name)];
        cells.extend(
            changes.iter().map(|change| {
                change.map_or_else(|| Cell::absent("no data"), |change| cells::reading(&change.contrast))
            }),
        );
        let pairs = changes.iter().flatten().map(|change| change.pairs).max();
        cells.push(Cell::plain(count(pairs.unwrap_or(0))));
        table.push(cells);
    }
    table
}
