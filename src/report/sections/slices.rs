//! Accuracy within each slice, which slices may move, and which arm for which slice.

use super::cells;
use crate::report::block::{Block, Cell, Row, Table};
use crate::report::view::number::{count, percent};
use crate::report::view::{CandidateView, PolicyView, Reading, RoutingView, View};

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
    let routed: Vec<(&CandidateView, &RoutingView)> =
        sliced().filter_map(|candidate| Some((candidate, candidate.routing.as_ref()?))).collect();
    for (candidate, routing) in &routed {
        blocks.push(Block::Table(routes(candidate, routing)));
        blocks.extend(alike(candidate, routing).map(Block::Note));
    }
    if let Some((_, routing)) = routed.first() {
        blocks.push(Block::Note(how(view, routing)));
    }
    blocks.extend(policies(view));
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

/// Whether each slice may move; without a margin, what of it can be said.
fn routes(candidate: &CandidateView, routing: &RoutingView) -> Table {
    let advised = routing.margin.is_some();
    let all = [("Slice", false), ("Shrunk", true), ("p (Holm)", true), ("q", true), ("Advice", false)];
    let columns: &[_] = if advised { &all } else { &[all[0], all[1], all[3]] };
    let caption = format!("Which slices may move from {} to {}", candidate.baseline, candidate.name);
    let mut table = Table::new(caption, columns);
    let known = |text: &Option<String>| text.as_ref().map_or_else(|| Cell::empty("—"), Cell::plain);
    for slice in &routing.slices {
        let shrunk = slice.shrunk.as_ref();
        let mut cells = vec![
            Cell::plain(&slice.name),
            shrunk.map_or_else(|| Cell::empty("—"), |[value, deviation]| Cell::plain(value).detail(deviation)),
        ];
        if advised {
            cells.extend([known(&slice.p), known(&slice.q), known(&slice.advice)]);
        } else {
            cells.push(known(&slice.q));
        }
        table.rows.push(Row { cells, faint: slice.few });
    }
    table
}

fn alike(candidate: &CandidateView, routing: &RoutingView) -> Option<String> {
    (!routing.alike.is_empty()).then(|| {
        format!(
            "{}: no evidence that slices differ by {}; what differs there is what chance brings.",
            candidate.name,
            routing.alike.join(", ")
        )
    })
}

/// How the advice comes about, or why there is none.
fn how(view: &View<'_>, routing: &RoutingView) -> String {
    let shown = "Shrunk: the difference drawn towards the common mean of its tag, with its standard deviation. q (Benjamini \
                 and Hochberg), of \"no difference\": where to look first, no ground to decide on; slices of few pairs or \
                 disagreements have none.";
    match &routing.margin {
        None => format!(
            "{shown} No advice: the gate has no `non_inferior` rule on accuracy over all cases, which says how much may \
             be lost."
        ),
        Some(margin) => format!(
            "{shown} p: the chance of such results when the candidate is worse in the slice by {margin} or more (one-sided, \
             normal, at the effective sample), adjusted for the slices of the tag (Holm). A slice moves when that is below \
             {} and its own interval, Student's where cases are clustered, clears the margin too. Tags are given before the run; the adjustment holds within a tag and a candidate, so choose the tag \
             before looking.",
            percent((1.0 - view.input.gate.confidence) / 2.0)
        ),
    }
}

/// One table a tag by which something moves, what that is worth, and the other tags in one line.
fn policies<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let (moving, still): (Vec<_>, Vec<_>) = view.policies.iter().partition(|policy| policy.moves);
    let mut blocks = Vec::new();
    for policy in moving {
        blocks.push(Block::Table(choices(policy)));
        blocks.push(Block::Paragraph(policy.worth.clone()));
    }
    if !still.is_empty() {
        let tags: Vec<&str> = still.iter().map(|policy| policy.tag.as_str()).collect();
        blocks.push(Block::Note(format!(
            "By {} no slice moves to a cheaper arm: none is shown to be both cheaper and not worse by more than the margin.",
            tags.join(", ")
        )));
    }
    blocks
}

fn choices(policy: &PolicyView) -> Table {
    let mut table = Table::new(
        format!("Which arm for which {}: the cheapest by success of those that may have the slice", policy.tag),
        &[
            ("Slice", false),
            ("Arm", false),
            ("Accuracy difference", true),
            ("Cost per success", true),
            ("Ratio to baseline", true),
        ],
    );
    let or_dash = |reading: &Option<Reading>| reading.as_ref().map_or_else(|| Cell::empty("—"), cells::reading);
    for choice in &policy.choices {
        table.push(vec![
            Cell::plain(&choice.name),
            Cell::plain(&choice.arm),
            or_dash(&choice.accuracy),
            cells::reading(&choice.cost_per_success),
            or_dash(&choice.cost_ratio),
        ]);
    }
    table
}
