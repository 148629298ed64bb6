//! `summary.md`: what a comment on a pull request holds. It stands alone without pictures and shows no content.

use std::fmt::Write;

use super::escape;
use crate::report::block::{Block, Cell, Look, Table};
use crate::report::sections::{Place, SECTIONS};
use crate::report::view::{Strip, View, mark, word};

/// GitHub takes 65,536 characters of a comment; this leaves room for what a bot adds.
const MOST: usize = 60_000;

/// The summary, below 60,000 characters: where it would be longer, folded sections go first, the last one first.
#[must_use]
pub fn render(view: &View<'_>) -> String {
    let mut parts: Vec<(Place, String)> = vec![(Place::Shown, head(view))];
    for section in SECTIONS.iter().filter(|section| section.summary != Place::Absent) {
        let mut text = String::new();
        for block in (section.build)(view) {
            show(&mut text, &block);
        }
        let text = text.trim();
        match section.summary {
            _ if text.is_empty() => {}
            Place::Folded => {
                let folded = format!("<details>\n<summary>{}</summary>\n\n{text}\n\n</details>\n", section.title);
                parts.push((Place::Folded, folded));
            }
            Place::Shown if section.id == "verdict" => parts.push((Place::Shown, format!("{text}\n"))),
            Place::Shown | Place::Absent => {
                parts.push((Place::Shown, format!("#### {}\n\n{text}\n", section.title)));
            }
        }
    }
    fitted(parts)
}

fn fitted(mut parts: Vec<(Place, String)>) -> String {
    const LEFT_OUT: &str = "_Longer parts are left out here; report.html has them._\n";
    let length = |parts: &[(Place, String)]| parts.iter().map(|(_, text)| text.chars().count() + 1).sum::<usize>();
    let mut cut = false;
    while length(&parts) + LEFT_OUT.len() >= MOST {
        let folded = parts.iter().rposition(|(place, _)| *place == Place::Folded);
        let Some(index) = folded.or_else(|| parts.len().checked_sub(1).filter(|index| *index > 0)) else { break };
        parts.remove(index);
        cut = true;
    }
    if cut {
        parts.push((Place::Shown, LEFT_OUT.to_owned()));
    }
    parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

fn head(view: &View<'_>) -> String {
    let verdicts: Vec<_> = view.verdicts.iter().map(|strip| word(strip.decision)).collect();
    let verdicts = if verdicts.is_empty() { "no candidate".to_owned() } else { verdicts.join(", ") };
    format!(
        "### cutover: {} — {verdicts}\n\nRun {}, {}\n",
        escape::markdown(&view.suite),
        escape::markdown_code(&view.run),
        escape::markdown(&view.date)
    )
}

/// Details and figures are left to the page, and so is content.
fn show(out: &mut String, block: &Block<'_>) {
    // Writing to a String cannot fail.
    let _ = match block {
        Block::Paragraph(text) | Block::Note(text) => writeln!(out, "{}\n", escape::markdown(text)),
        Block::Warning(text) => writeln!(out, "- ⚠ {}", escape::markdown(text)),
        Block::Verdict(strip) => verdict(out, strip),
        Block::Table(block) => table(out, block),
        Block::Facts(facts) => facts
            .iter()
            .try_for_each(|(name, value)| writeln!(out, "- {}: {}", escape::markdown(name), escape::markdown(value))),
        Block::List(cells) => {
            cells.iter().try_for_each(|one| writeln!(out, "- {}", cell(one))).and_then(|()| writeln!(out))
        }
        Block::SideBySide(example) => writeln!(out, "- {}", escape::markdown_code(&example.case)),
        Block::Figure(_) | Block::Details { .. } => Ok(()),
    };
}

fn verdict(out: &mut String, strip: &Strip) -> std::fmt::Result {
    let (candidate, models) = (escape::markdown(&strip.candidate), escape::markdown(&strip.models));
    writeln!(out, "**{}** {candidate} ({models})\n", mark(strip.decision))?;
    for sentence in &strip.sentences {
        writeln!(out, "- {}", escape::markdown(sentence))?;
    }
    let rule = strip.rule.as_ref().map_or_else(|| "no rule".to_owned(), |rule| escape::markdown(rule));
    writeln!(out, "- Decided by: {rule} · {}\n", escape::markdown(&strip.pairs))
}

fn table(out: &mut String, table: &Table) -> std::fmt::Result {
    writeln!(out, "{}\n", escape::markdown(&table.caption))?;
    let titles: Vec<_> = table.columns.iter().map(|column| escape::markdown(&column.title)).collect();
    writeln!(out, "| {} |", titles.join(" | "))?;
    let rules: Vec<_> = table.columns.iter().map(|column| if column.numeric { "--:" } else { "---" }).collect();
    writeln!(out, "| {} |", rules.join(" | "))?;
    for row in &table.rows {
        let cells: Vec<_> = row.cells.iter().map(cell).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

fn cell(cell: &Cell) -> String {
    let text = match cell.look {
        Look::Code => escape::markdown_code(&cell.text),
        Look::Plain | Look::Decision(_) | Look::Absent | Look::Empty => escape::markdown(&cell.text),
    };
    cell.detail.as_ref().map_or_else(|| text.clone(), |detail| format!("{text} {}", escape::markdown(detail)))
}
