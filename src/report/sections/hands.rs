//! Which cases changed hands: those the candidate lost, and those it gained.

use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::{count, plural};
use crate::report::view::{CandidateView, View};

/// Ids shown at once; the rest is folded away.
const FIRST: usize = 5;
/// Ids shown at all; `cutover show` and the trials file have the rest.
const MOST: usize = 200;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    view.candidates.iter().flat_map(candidate).collect()
}

fn candidate(candidate: &CandidateView) -> Vec<Block<'_>> {
    let sums = candidate.quadrants;
    let mut table = Table::new(
        format!("{} against {}: {}", candidate.name, candidate.baseline, plural(candidate.pairs, "pair", "pairs")),
        &[("", false), ("Candidate passes", true), ("Candidate fails", true)],
    );
    let cell = |cases: usize, what: &str| Cell::plain(count(cases)).detail(what);
    table.push(vec![
        Cell::plain("Baseline passes"),
        cell(sums.both_pass, "both pass"),
        cell(sums.lost, "lost: the baseline did better"),
    ]);
    table.push(vec![
        Cell::plain("Baseline fails"),
        cell(sums.gained, "gained: the candidate did better"),
        cell(sums.both_fail, "neither passes every trial"),
    ]);
    let mut blocks = vec![Block::Table(table)];
    ids(&mut blocks, &format!("Lost by {}, worst first", candidate.name), &candidate.lost);
    if !candidate.gained.is_empty() {
        let mut inside = Vec::new();
        ids(&mut inside, "Best first", &candidate.gained);
        let summary = format!("Gained by {} ({})", candidate.name, count(candidate.gained.len()));
        blocks.push(Block::Details { summary, open: false, blocks: inside });
    }
    blocks
}

/// The first ids in the open, the others folded away.
fn ids(blocks: &mut Vec<Block<'_>>, title: &str, ids: &[String]) {
    if ids.is_empty() {
        return;
    }
    let list = |ids: &[String]| Block::List(ids.iter().map(|id| Cell::code(format!("cutover show {id}"))).collect());
    let (first, rest) = ids.split_at(ids.len().min(FIRST));
    let shown = if rest.is_empty() {
        format!("{title} ({}):", count(ids.len()))
    } else {
        format!("{title} (first {} of {}):", count(first.len()), count(ids.len()))
    };
    blocks.push(Block::Paragraph(shown));
    blocks.push(list(first));
    if !rest.is_empty() {
        let some = &rest[..rest.len().min(MOST)];
        let mut inside = vec![list(some)];
        if some.len() < rest.len() {
            let left = plural(rest.len() - some.len(), "case is", "cases are");
            inside.push(Block::Note(format!("{left} not listed here; trials.parquet has them all.")));
        }
        blocks.push(Block::Details { summary: format!("{} more", count(rest.len())), open: false, blocks: inside });
    }
}
