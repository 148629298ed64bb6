//! How often a candidate's tool calls differ from the baseline's, right or wrong.

use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::{count, plural};
use crate::report::view::{CandidateView, DivergenceView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    let mut compared = false;
    for candidate in &view.candidates {
        let Some(divergence) = &candidate.divergence else { continue };
        compared |= !divergence.kinds.is_empty();
        blocks.push(if divergence.kinds.is_empty() {
            Block::Note(format!(
                "No case with tools has an answer of both {} and {}.",
                candidate.baseline, candidate.name
            ))
        } else {
            Block::Table(table(candidate, divergence))
        });
    }
    if compared {
        let note = "A description, no verdict: other calls may be as right. A pair is two answers to the same case and \
                    repeat, counted once whatever it weighs; the order of calls and of keys does not count, and 5 is \
                    5.0. Lost: only the baseline passes; gained: only the candidate does.";
        blocks.push(Block::Note(note.to_owned()));
    }
    blocks
}

fn table(candidate: &CandidateView, divergence: &DivergenceView) -> Table {
    let missing = match divergence.unanswered {
        0 => String::new(),
        missing => format!("; {} without both answers left out", count(missing)),
    };
    let pairs = plural(divergence.pairs, "pair", "pairs");
    let mut table = Table::new(
        format!("Tool calls of {} against {}: {pairs}{missing}", candidate.name, candidate.baseline),
        &[
            ("Calls", false),
            ("Pairs", true),
            ("Both pass", true),
            ("Lost", true),
            ("Gained", true),
            ("Both fail", true),
            ("Unscored", true),
        ],
    );
    for kind in &divergence.kinds {
        let mut cells = vec![Cell::plain(kind.label), Cell::plain(&kind.pairs).detail(&kind.share)];
        cells.extend(kind.outcomes.iter().map(Cell::plain));
        table.push(cells);
    }
    table
}
