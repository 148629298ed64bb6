//! The report for a terminal: the verdict first, then the figures, within the width that is there.

use std::fmt::Write;

use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, Table as TextTable};

use super::escape;
use crate::gate::Decision;
use crate::report::block::{Block, Cell, Look, Row, Table};
use crate::report::sections::{Place, SECTIONS};
use crate::report::view::{Strip, View, mark, mark_of_rule};

/// Narrower than this no table can be read; lines then run over.
const NARROWEST: usize = 40;

/// The report as lines of at most `width` columns, ending in a newline.
#[must_use]
pub fn render(view: &View<'_>, width: usize, color: bool) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    line(&mut out, &format!("{} · run {} · {}", view.suite, view.run, view.date), width, 0);
    for section in SECTIONS.iter().filter(|section| section.terminal != Place::Absent) {
        let blocks = (section.build)(view);
        if !blocks.is_empty() {
            gap(&mut out);
        }
        for block in &blocks {
            show(&mut out, block, width);
        }
    }
    let out = out.replace(escape::NO_BREAK, " ");
    if color { coloured(&out) } else { out }
}

/// The verdicts alone, one line a rule, as `cutover gate` prints them.
#[must_use]
pub fn render_verdicts(view: &View<'_>, width: usize, color: bool) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    for strip in &view.verdicts {
        line(&mut out, &format!("{}  {}  ({})", mark(strip.decision), strip.candidate, strip.models), width, 2);
        for (decision, sentence) in &strip.findings {
            line(&mut out, &format!("  {}  {sentence}", mark_of_rule(*decision)), width, 4);
        }
    }
    let out = out.replace(escape::NO_BREAK, " ");
    if color { coloured(&out) } else { out }
}

/// Sections of blocks, an empty line between them, as lines of at most `width` columns.
pub(super) fn blocks(sections: &[Vec<Block<'_>>], width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        gap(&mut out);
        for block in section {
            show(&mut out, block, width);
        }
    }
    out.replace(escape::NO_BREAK, " ")
}

/// Details and figures are left to the page.
fn show(out: &mut String, block: &Block<'_>, width: usize) {
    match block {
        Block::Paragraph(text) | Block::Note(text) => line(out, text, width, 0),
        Block::Warning(text) => line(out, &format!("warning: {text}"), width, 2),
        Block::Verdict(strip) => verdict(out, strip, width),
        Block::Table(block) => table(out, block, width),
        Block::Facts(facts) => facts.iter().for_each(|(name, value)| line(out, &format!("{name}: {value}"), width, 2)),
        Block::List(cells) => cells.iter().for_each(|cell| line(out, &whole(cell, " "), width, 2)),
        Block::SideBySide(example) => line(out, &format!("cutover show {}", example.case), width, 0),
        Block::Figure(_) | Block::Details { .. } => {}
    }
}

/// An empty line, unless there is one.
fn gap(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn verdict(out: &mut String, strip: &Strip, width: usize) {
    gap(out);
    line(out, &format!("{}  {}  ({})", mark(strip.decision), strip.candidate, strip.models), width, 2);
    for sentence in &strip.sentences {
        line(out, &format!("  {sentence}"), width, 4);
    }
    let rule = strip.rule.as_ref().map_or_else(|| "no rule decides".to_owned(), |rule| format!("decided by: {rule}"));
    line(out, &format!("  {rule} · {}", strip.pairs), width, 2);
}

/// A table: one line a row where the width allows it, else the details below their values, else one paragraph a row.
fn table(out: &mut String, table: &Table, width: usize) {
    gap(out);
    line(out, &table.caption, width, 0);
    let fits = |lines: &Vec<String>| lines.iter().all(|line| line.chars().count() <= width);
    match [" ", "\n"].into_iter().map(|detail| grid(table, detail)).find(fits) {
        Some(lines) => {
            for line in lines {
                out.push_str(&line);
                out.push('\n');
            }
        }
        None => table.rows.iter().for_each(|row| line(out, &paragraph(table, row), width, 2)),
    }
}

/// A table in columns; `before_detail` stands between a value and its detail.
fn grid(table: &Table, before_detail: &str) -> Vec<String> {
    let mut text = TextTable::new();
    text.load_style(comfy_table::presets::NOTHING);
    text.set_content_arrangement(ContentArrangement::Disabled);
    text.set_header(table.columns.iter().map(|column| escape::terminal(&column.title).into_owned()));
    for row in &table.rows {
        text.add_row(row.cells.iter().map(|cell| TableCell::new(whole(cell, before_detail))));
    }
    for (column, described) in text.column_iter_mut().zip(&table.columns) {
        column.set_padding((0, 2));
        if described.numeric {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// A row on its own: every value with its column's title.
fn paragraph(table: &Table, row: &Row) -> String {
    let mut cells = row.cells.iter().zip(&table.columns);
    let name = cells.next().map(|(cell, _)| whole(cell, " ")).unwrap_or_default();
    let cells = cells.filter(|(cell, _)| cell.look != Look::Empty);
    let values = cells.map(|(cell, column)| match cell.look {
        Look::Decision(_) => whole(cell, " ").replace(' ', "\u{a0}"),
        Look::Plain | Look::Code | Look::Absent | Look::Empty => {
            format!("{} {}", escape::terminal(&column.title).to_lowercase(), whole(cell, " "))
        }
    });
    format!("{name}: {}", values.collect::<Vec<_>>().join(" · "))
}

/// A cell's value and detail.
fn whole(cell: &Cell, before_detail: &str) -> String {
    let text = escape::terminal(&cell.text);
    match &cell.detail {
        None => text.into_owned(),
        Some(detail) => format!("{text}{before_detail}{}", escape::terminal(detail)),
    }
}

/// One paragraph, broken at spaces; lines after the first are indented.
fn line(out: &mut String, text: &str, width: usize, indent: usize) {
    let text = escape::terminal(text);
    let lead = text.len() - text.trim_start_matches(' ').len();
    let mut used = lead;
    out.push_str(&text[..lead]);
    for (index, piece) in text[lead..].split(' ').enumerate() {
        let length = piece.chars().count();
        if index > 0 && used + 1 + length > width {
            let _ = write!(out, "\n{:indent$}", "");
            used = indent;
        } else if index > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(piece);
        used += length;
    }
    out.push('\n');
}

/// The decisions in colour. Every sequence of the output stems from here: the text holds no control character.
fn coloured(text: &str) -> String {
    [Decision::Pass, Decision::Fail, Decision::Inconclusive, Decision::NoData].into_iter().fold(
        text.to_owned(),
        |text, decision| {
            let code = match decision {
                Decision::Pass => 32,
                Decision::Fail => 31,
                Decision::Inconclusive => 33,
                Decision::NoData => 36,
            };
            text.replace(mark(decision), &format!("\u{1b}[1;{code}m{}\u{1b}[0m", mark(decision)))
        },
    )
}
