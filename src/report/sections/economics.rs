//! What it comes to: with retries, failures, pipelines and volume, and where both arms come to the same.

use super::cells;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::{AnswerRow, ArmsTable, EconomicsView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks: Vec<_> = view.economics.iter().map(|one| Block::Paragraph(one.summary.clone())).collect();
    blocks.extend(view.economics.iter().filter_map(|one| details(view, one)));
    blocks
}

/// Everything that the sentences rest on; the page alone has room for it.
fn details<'v>(view: &View<'_>, one: &EconomicsView) -> Option<Block<'v>> {
    let (caption, rows) = one.break_even.as_ref()?;
    let mut blocks: Vec<Block<'v>> = one.tables.iter().map(|table| Block::Table(arms(view, one, table))).collect();
    blocks.extend(one.retries.clone().map(Block::Paragraph));
    blocks.push(Block::Table(break_even(view, one, caption, rows)));
    blocks.extend(one.notes.iter().map(|note| Block::Note((*note).to_owned())));
    let summary = format!("{} against {}: the figures behind this", one.candidate, one.baseline);
    Some(Block::Details { summary, open: true, blocks })
}

fn arms(view: &View<'_>, one: &EconomicsView, of: &ArmsTable) -> Table {
    let columns = [("", false), (&one.baseline, true), (&one.candidate, true), (of.contrast, true)];
    let mut table = Table::new(format!("{}, with {} intervals", of.caption, view.confidence), &columns);
    for row in &of.rows {
        table.push(vec![
            Cell::plain(&row.label),
            cells::reading(&row.baseline),
            cells::reading(&row.candidate),
            row.contrast.as_ref().map_or_else(|| Cell::empty("—"), cells::reading),
        ]);
    }
    table
}

fn break_even(view: &View<'_>, one: &EconomicsView, caption: &str, rows: &[AnswerRow]) -> Table {
    let baseline = format!("{} now", one.baseline);
    let candidate = format!("{} now", one.candidate);
    let columns = [("", false), (&*baseline, true), (&*candidate, true), ("Needed", true), ("Feasible", false)];
    let mut table = Table::new(format!("{caption}, with {} intervals", view.confidence), &columns);
    for row in rows {
        let now = |reading: &Option<_>| reading.as_ref().map_or_else(|| Cell::empty("—"), cells::reading);
        table.push(vec![
            Cell::plain(row.label),
            now(&row.baseline),
            now(&row.candidate),
            cells::reading(&row.needed),
            Cell::plain(row.feasible),
        ]);
    }
    table
}
