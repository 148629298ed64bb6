//! Why tool calls were wrong, arm by arm.

use std::collections::BTreeMap;

use crate::domain::FaultLevel;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::{count, plural};
use crate::report::view::{ArmView, View};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    if view.arms.iter().all(|arm| arm.tool_trials == 0) {
        return vec![Block::Note("No case of this run offers tools or expects a call.".to_owned())];
    }
    let mut blocks = vec![Block::Figure("tool-faults")];
    let table = table(&view.arms);
    if table.rows.is_empty() {
        blocks.push(Block::Note("No arm made a tool fault.".to_owned()));
    } else {
        blocks.push(Block::Table(table));
    }
    let lines = view.arms.iter().map(|arm| {
        let calls = count(arm.tool_trials_with_calls);
        let trials = plural(arm.tool_trials, "answered trial", "answered trials");
        Cell::plain(format!("{}: {calls} of {trials} with tools made at least one call", arm.name))
    });
    blocks.push(Block::List(lines.collect()));
    blocks
}

/// A level stands before its faults, with their sum: a trial has one fault.
fn heading(level: FaultLevel) -> Cell {
    Cell::plain(match level {
        FaultLevel::Call => "Calls: whether, how often, in which order",
        FaultLevel::Tool => "Tools: which one",
        FaultLevel::Arguments => "Arguments: with what",
    })
}

fn table(arms: &[ArmView]) -> Table {
    let names: Vec<_> =
        std::iter::once(("Fault", false)).chain(arms.iter().map(|arm| (arm.name.as_str(), true))).collect();
    let mut table = Table::new("Trials by the first tool fault that applies", &names);
    let mut faults: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, arm) in arms.iter().enumerate() {
        for (fault, trials) in &arm.faults {
            faults.entry(*fault).or_insert_with(|| vec![0; arms.len()])[index] = *trials;
        }
    }
    let row = |name: Cell, trials: &[usize]| {
        let counts = trials.iter().zip(arms).map(|(trials, arm)| {
            if arm.tool_trials == 0 { Cell::absent("no data") } else { Cell::plain(count(*trials)) }
        });
        std::iter::once(name).chain(counts).collect()
    };
    let mut level = None;
    for (fault, trials) in &faults {
        if level != Some(fault.level()) {
            level = Some(fault.level());
            let of_level = || faults.iter().filter(|(other, _)| other.level() == fault.level());
            let sums: Vec<usize> = (0..arms.len()).map(|arm| of_level().map(|(_, trials)| trials[arm]).sum()).collect();
            table.push(row(heading(fault.level()), &sums));
        }
        table.push(row(Cell::code(fault.name()), trials));
    }
    if !table.rows.is_empty() {
        let all = arms.iter().map(|arm| Cell::plain(count(arm.tool_trials)));
        table.push(std::iter::once(Cell::plain("of answered trials with tools")).chain(all).collect());
    }
    table
}
