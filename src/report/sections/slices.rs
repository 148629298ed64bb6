//! Accuracy within each slice: where to look, not what to decide by.

use super::cells;
use crate::report::block::{Block, Cell, Row, Table};
use crate::report::view::number::count;
use crate::report::view::{CandidateView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let sliced = || view.candidates.iter().filter(|candidate| !candidate.slices.is_empty());
    if sliced().next().is_none() {
        return Vec::new();
    }
    let mut blocks: Vec<_> = sliced().map(|candidate| Block::Table(table(view, candidate))).collect();
    blocks.push(Block::Note(
        "Slices are exploratory: their intervals are not corrected for how many there are, so among twenty slices one \
         difference is expected to look real by chance. Slices of few pairs are grey and say so."
            .to_owned(),
    ));
    blocks
}

fn table(view: &View<'_>, candidate: &CandidateView) -> Table {
    let mut table = Table::new(
        format!(
            "Accuracy by slice, {} against {}, with {} intervals",
            candidate.name, candidate.baseline, view.confidence
        ),
        &[
            ("Slice", false),
            ("Pairs", true),
            (&candidate.baseline, true),
            (&candidate.name, true),
            ("Difference", true),
        ],
    );
    for slice in &candidate.slices {
        let pairs = Cell::plain(count(slice.change.pairs));
        table.rows.push(Row {
            cells: vec![
                Cell::plain(&slice.name),
                if slice.few { pairs.detail("few cases") } else { pairs },
                cells::reading(&slice.change.baseline),
                cells::reading(&slice.change.candidate),
                cells::reading(&slice.change.contrast),
            ],
            faint: slice.few,
        });
    }
    table
}
