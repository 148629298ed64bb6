//! What it comes to, as the page says it.

use super::snapshots::assert_snapshot;
use crate::report::View;
use crate::report::block::{Block, Cell};
use crate::report::fixture::{self, economics};
use crate::report::format::{html, terminal};
use crate::report::sections::SECTIONS;

/// The page's section, without tags.
fn section(run: &fixture::Fixture) -> String {
    let page = html::render(&View::new(&run.input())).expect("a page");
    let from = page.find("id=\"economics\"").expect("the section");
    let part = &page[from..];
    let part = &part[..part.find("</section>").unwrap_or(part.len())];
    let mut text = String::new();
    let mut inside = true;
    for letter in part.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
}

/// Every block as lines, folded or not.
fn lines(blocks: &[Block<'_>], out: &mut Vec<String>) {
    let whole =
        |cell: &Cell| format!("{} {}", cell.text, cell.detail.as_deref().unwrap_or_default()).trim_end().to_owned();
    for block in blocks {
        match block {
            Block::Paragraph(text) | Block::Note(text) => out.push(text.clone()),
            Block::Details { summary, blocks, .. } => {
                out.push(format!("\n> {summary}"));
                lines(blocks, out);
            }
            Block::Table(table) => {
                out.push(format!("\n{}", table.caption));
                out.push(table.columns.iter().map(|column| &*column.title).collect::<Vec<_>>().join(" | "));
                let rows = table.rows.iter().map(|row| row.cells.iter().map(whole).collect::<Vec<_>>().join(" | "));
                out.extend(rows);
            }
            _ => panic!("the section holds no other block"),
        }
    }
}

#[test]
fn snapshot_of_the_section() {
    let section = SECTIONS.iter().find(|section| section.id == "economics").expect("is there");
    let mut plain = fixture::single();
    plain.results.comparisons[0].economics = economics::plain();
    for (name, run) in [("economics.txt", fixture::usual()), ("economics-unstated.txt", plain)] {
        let mut found = Vec::new();
        lines(&(section.build)(&View::new(&run.input())), &mut found);
        assert_snapshot(name, &(found.join("\n").replace('\u{a0}', " ") + "\n"));
    }
}

#[test]
fn what_is_assumed_and_what_is_modelled_says_so() {
    let text = section(&fixture::usual());
    for part in [
        "failures at assumed costs",
        "A month of 250,000 requests (assumed)",
        "80.0% of the input from the cache (assumed)",
        "If attempts are independent (modelled, at best)",
        "If a case that fails once always fails (modelled, at worst)",
        "A pipeline of 5 steps (modelled",
        "In batches",
        "unknown: no batch price",
        "Tool faults, $0.100 each",
        "local: unknown, because too few cases have a score and a known cost in both arms.",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn what_nobody_stated_has_no_row() {
    let mut run = fixture::single();
    run.results.comparisons[0].economics = economics::plain();
    let text = section(&run);
    for part in ["assumed)", "at assumed costs", "A month", "A pipeline", "Failures, at most", "earn back"] {
        assert!(!text.contains(part), "{part} is in\n{text}");
    }
    assert!(text.contains("Where a success costs the same in both arms"), "{text}");
}

#[test]
fn a_ratio_to_a_baseline_that_never_succeeds_is_words() {
    let mut run = fixture::single();
    run.results.comparisons[0].economics = economics::hopeless();
    let text = section(&run);
    assert!(text.contains("the baseline never succeeds") && text.contains("Without success: at least"), "{text}");
    assert!(!text.contains("×0.00"), "{text}");
    let view = View::new(&run.input());
    let warning = "baseline, against mini: 0 successes only, too few for the usual interval of cost per success; a \
                   success costs at least $";
    assert!(view.warnings.iter().any(|one| one.starts_with(warning)), "{:?}", view.warnings);
    // The metric of the comparison says the same in place of a ratio of 0.
    let change =
        run.results.comparisons[0].changes.iter_mut().find(|change| change.metric.row().name == "cost_per_success");
    let change = change.expect("is compared");
    change.baseline = None;
    let zero = change.contrast.map(|contrast| crate::stats::Estimate { value: 0.0, interval: None, ..contrast });
    change.contrast = zero;
    let text = terminal::render(&View::new(&run.input()), 200, false);
    assert_eq!(text.matches("  the baseline never succeeds").count(), 2, "{text}");
    assert!(!text.contains("×0.00"), "{text}");
}
