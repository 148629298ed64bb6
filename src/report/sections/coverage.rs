//! Where every planned trial went, and what the missing ones could change.

use crate::report::block::{Block, Cell, Table};
use crate::report::view::View;

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let lines = view.arms.iter().map(|arm| Cell::plain(format!("{}: {}", arm.name, arm.accounting.line)));
    let mut blocks = vec![Block::List(lines.collect())];
    blocks.push(Block::List(view.candidates.iter().map(|candidate| Cell::plain(&candidate.coverage)).collect()));
    blocks.extend(view.rule_of_three.clone().map(Block::Note));
    let calls = view.arms.iter().map(|arm| Cell::plain(format!("{}: {}", arm.name, arm.accounting.calls)));
    let mut inside = vec![Block::List(calls.collect())];
    let mut failures = Table::new(
        "Calls without an answer, by class, those that the model caused among them",
        &[("Arm", false), ("Class", false), ("Trials", true)],
    );
    for arm in &view.arms {
        for (kind, trials) in &arm.failures {
            failures.push(vec![Cell::plain(&arm.name), Cell::code(*kind), Cell::plain(trials)]);
        }
    }
    if !failures.rows.is_empty() {
        inside.push(Block::Table(failures));
    }
    blocks.push(Block::Details { summary: "Calls and their failures".to_owned(), open: false, blocks: inside });
    blocks
}
