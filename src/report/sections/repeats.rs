//! What repeating every case shows: luck and reliability, flaky cases, and whether repeats or cases are worth buying.

use super::cells;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::count;
use crate::report::view::{ArmView, CandidateView, PassView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    for candidate in &view.candidates {
        let Some(repeats) = &candidate.repeats else { continue };
        blocks.push(Block::Table(rates(view, candidate, &repeats.rates)));
        blocks.extend(repeats.noise.iter().cloned().map(Block::Paragraph));
    }
    if blocks.is_empty() {
        return blocks;
    }
    let note = "pass@k: one of k trials of a case passes, which is luck; pass^k: all of them pass, which is \
                reliability. A case with fewer than k scored trials is left out, and is no failure. The split of the \
                noise counts every case once.";
    blocks.push(Block::Note(note.to_owned()));
    blocks.push(Block::Table(flaky(view)));
    blocks.extend(view.arms.iter().filter_map(most_flaky));
    blocks
}

fn rates(view: &View<'_>, candidate: &CandidateView, rates: &[PassView]) -> Table {
    let mut table = Table::new(
        format!("Repeats, {} against {}, with {} intervals", candidate.name, candidate.baseline, view.confidence),
        &[("Rate", false), (&candidate.baseline, true), (&candidate.name, true), ("Difference", true), ("Pairs", true)],
    );
    for rate in rates {
        table.push(vec![
            Cell::plain(&rate.name),
            cells::reading(&rate.baseline),
            cells::reading(&rate.candidate),
            cells::reading(&rate.difference),
            Cell::plain(&rate.pairs),
        ]);
    }
    table
}

fn flaky(view: &View<'_>) -> Table {
    let mut table = Table::new(
        "Flaky cases: some of their trials pass, some fail",
        &[("Arm", false), ("Repeated", true), ("Always pass", true), ("Always fail", true), ("Flaky", true)],
    );
    for arm in &view.arms {
        if let Some(repeats) = &arm.repeats {
            let counts = repeats.counts.iter().map(Cell::plain);
            table.push(std::iter::once(Cell::plain(&arm.name)).chain(counts).collect());
        }
    }
    table
}

fn most_flaky(arm: &ArmView) -> Option<Block<'_>> {
    let cases = &arm.repeats.as_ref()?.most_flaky;
    let line = |(case, passed): &(String, String)| Cell::code(format!("cutover show {case}")).detail(passed);
    (!cases.is_empty()).then(|| Block::Details {
        summary: format!("The most flaky cases of {} (first {})", arm.name, count(cases.len())),
        open: false,
        blocks: vec![Block::List(cases.iter().map(line).collect())],
    })
}
