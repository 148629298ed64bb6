//! How long answers took, where that can be compared.

use super::cells;
use crate::compare::Metric;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::View;
use crate::report::view::number::count;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut table = Table::new(
        format!("Latency of each arm, with {} intervals", view.confidence),
        &[("Arm", false), ("p50", true), ("p95", true), ("Live calls", true)],
    );
    for arm in &view.arms {
        let calls = arm.latency.iter().find_map(|reading| reading.known());
        table.push(vec![
            Cell::plain(&arm.name),
            cells::reading(&arm.latency[0]),
            cells::reading(&arm.latency[1]),
            calls.map_or_else(|| Cell::absent("no data"), |number| Cell::plain(count(number.n))),
        ]);
    }
    let mut ratios = Table::new(
        format!("Latency, candidate ÷ baseline, with {} intervals", view.confidence),
        &[("Candidate", false), ("p50", true), ("p95", true), ("Pairs", true)],
    );
    for candidate in &view.candidates {
        let of = |metric| candidate.change(metric);
        let Some((p50, p95)) = of(Metric::LatencyP50).zip(of(Metric::LatencyP95)) else { continue };
        ratios.push(vec![
            Cell::plain(&candidate.name),
            cells::reading(&p50.contrast),
            cells::reading(&p95.contrast),
            Cell::plain(count(p50.pairs.min(p95.pairs))),
        ]);
    }
    let note = "Live calls of one recording only: answers bought at another time met another load. The time is that \
                of the attempt that succeeded, without our own queue.";
    vec![Block::Table(table), Block::Table(ratios), Block::Note(note.to_owned())]
}
