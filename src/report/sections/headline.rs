//! The figures a decision rests on: each arm, the difference, the limit, the answer.

use super::cells;
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::count;
use crate::report::view::rule;
use crate::report::view::{CandidateView, ChangeView, View, mark_of_rule};

pub(super) fn build<'v>(view: &'v View<'_>) -> Vec<Block<'v>> {
    let mut blocks = Vec::new();
    for candidate in &view.candidates {
        blocks.push(Block::Table(table(view, candidate)));
        blocks.extend(absences(candidate).into_iter().map(Block::Note));
        if let Some(effective) = &candidate.effective {
            blocks.push(Block::Note(effective.clone()));
            let summary = "As drawn: every case counted once".to_owned();
            blocks.push(Block::Details { summary, open: false, blocks: vec![Block::Table(as_drawn(view, candidate))] });
        }
    }
    let sentences: Vec<Cell> = view
        .verdicts
        .iter()
        .flat_map(|strip| {
            let line = |(decision, sentence): &(_, String)| {
                format!("{} {}: {sentence}", mark_of_rule(*decision), strip.candidate)
            };
            strip.findings.iter().map(line)
        })
        .map(Cell::plain)
        .collect();
    if !sentences.is_empty() {
        let summary = "What every rule found".to_owned();
        blocks.push(Block::Details { summary, open: false, blocks: vec![Block::List(sentences)] });
    }
    let mut methods: Vec<Block<'_>> = vec![Block::Facts(view.methods.clone())];
    let p_values: Vec<Cell> = view.candidates.iter().flat_map(p_values).map(Cell::plain).collect();
    if !p_values.is_empty() {
        methods.push(Block::Paragraph("For readers who ask for them, p-values; no rule reads them:".to_owned()));
        methods.push(Block::List(p_values));
    }
    blocks.push(Block::Details { summary: "How the intervals were made".to_owned(), open: false, blocks: methods });
    blocks
}

fn table(view: &View<'_>, candidate: &CandidateView) -> Table {
    let mut table = Table::new(
        format!(
            "{} against {}, over the pairs, with {} intervals",
            candidate.name, candidate.baseline, view.confidence
        ),
        &[
            ("Metric", false),
            (&candidate.baseline, true),
            (&candidate.name, true),
            ("Change", true),
            ("Pairs", true),
            ("Limit", true),
            ("Answer", false),
        ],
    );
    for change in shown(candidate) {
        table.push(vec![
            Cell { detail: of(change), ..Cell::plain(change.label) },
            cells::reading(&change.baseline),
            cells::reading(&change.candidate),
            cells::reading(&change.contrast),
            Cell::plain(count(change.pairs)),
            change.limit.as_ref().map_or_else(|| Cell::empty("no rule"), |limit| Cell::plain(&limit.text)),
            change.decision.map_or_else(|| Cell::empty(unjudged(change)), cells::decision),
        ]);
    }
    table
}

/// The same figures without weights: they speak of the draw.
fn as_drawn(view: &View<'_>, candidate: &CandidateView) -> Table {
    let mut table = Table::new(
        format!("{} against {}, unweighted, with {} intervals", candidate.name, candidate.baseline, view.confidence),
        &[("Metric", false), (&candidate.baseline, true), (&candidate.name, true), ("Change", true)],
    );
    for change in shown(candidate) {
        let Some(plain) = &change.unweighted else { continue };
        let mut cells = vec![Cell { detail: change.slice.clone(), ..Cell::plain(change.label) }];
        cells.extend(plain.iter().map(cells::reading));
        table.push(cells);
    }
    table
}

/// Which cases a row is about, where it is not all pairs.
fn of(change: &ChangeView) -> Option<String> {
    match (&change.slice, change.alone) {
        (slice, false) => slice.clone(),
        (None, true) => Some("alone".to_owned()),
        (Some(slice), true) => Some(format!("{slice}, alone")),
    }
}

fn unjudged(change: &ChangeView) -> &'static str {
    if change.limit.as_ref().is_some_and(|limit| limit.off) { "off" } else { "—" }
}

/// Details stand elsewhere, unless a rule reads them.
fn shown(candidate: &CandidateView) -> impl Iterator<Item = &ChangeView> {
    candidate.changes.iter().filter(|change| change.decides())
}

/// One sentence a reason, with the metrics it explains.
fn absences(candidate: &CandidateView) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for change in shown(candidate) {
        let Some(reason) = change.absent else { continue };
        let label = rule::lower(change.label);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, labels)) if labels.contains(&label) => {}
            Some((_, labels)) => labels.push(label),
            None => reasons.push((reason, vec![label])),
        }
    }
    let sentence = |(reason, labels): (&str, Vec<String>)| {
        format!("{}, no change of {}: {reason}.", candidate.name, labels.join(" and "))
    };
    reasons.into_iter().map(sentence).collect()
}

fn p_values(candidate: &CandidateView) -> impl Iterator<Item = String> {
    let line = |change: &ChangeView| {
        let p = change.p_value.as_ref()?;
        let slice = change.slice.as_ref().map_or_else(String::new, |slice| format!(" in {slice}"));
        Some(format!("{}, {}{slice}: McNemar's mid-p, {p}", candidate.name, rule::lower(change.label)))
    };
    candidate.changes.iter().filter_map(line)
}
