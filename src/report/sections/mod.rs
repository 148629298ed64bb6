//! The report's sections, in reading order: one file and one row each.

mod classes;
mod coverage;
mod divergence;
mod economics;
mod examples;
mod forest;
mod hands;
mod headline;
mod judges;
mod latency;
mod money;
mod provenance;
mod repeats;
mod slices;
mod tool_faults;
mod translation;
mod verdict;
mod warnings;

use super::block::Block;
use super::view::View;

/// A part of the report.
pub(super) struct Section {
    /// Its anchor on the page.
    pub id: &'static str,
    pub title: &'static str,
    /// Arranges what the view says; no block, no section.
    pub build: for<'v> fn(&'v View<'_>) -> Vec<Block<'v>>,
    /// The place it has in the terminal.
    pub terminal: Place,
    /// The place it has in the summary.
    pub summary: Place,
}

/// The place a section has in a format that cannot hold everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Shown,
    /// Behind a line to click; dropped first where the text would grow too long.
    Folded,
    /// Left to the page.
    Absent,
}

use Place::{Absent, Folded, Shown};

/// Every section, in reading order.
pub(super) const SECTIONS: &[Section] = &[
    Section { id: "verdict", title: "Verdict", build: verdict::build, terminal: Shown, summary: Shown },
    Section { id: "headline", title: "Headline figures", build: headline::build, terminal: Shown, summary: Shown },
    Section { id: "forest", title: "Differences", build: forest::build, terminal: Absent, summary: Absent },
    Section { id: "money", title: "What a success costs", build: money::build, terminal: Shown, summary: Folded },
    Section { id: "economics", title: "What it comes to", build: economics::build, terminal: Shown, summary: Folded },
    Section { id: "hands", title: "What changed hands", build: hands::build, terminal: Absent, summary: Shown },
    Section { id: "tool-faults", title: "Tool faults", build: tool_faults::build, terminal: Absent, summary: Folded },
    Section { id: "divergence", title: "Other calls", build: divergence::build, terminal: Shown, summary: Folded },
    Section { id: "classes", title: "Classes", build: classes::build, terminal: Shown, summary: Folded },
    Section { id: "slices", title: "Slices", build: slices::build, terminal: Absent, summary: Folded },
    Section { id: "repeats", title: "Repeats", build: repeats::build, terminal: Absent, summary: Folded },
    Section { id: "judges", title: "Judges and people", build: judges::build, terminal: Shown, summary: Folded },
    Section { id: "examples", title: "Cases side by side", build: examples::build, terminal: Absent, summary: Absent },
    Section { id: "latency", title: "Latency", build: latency::build, terminal: Absent, summary: Folded },
    Section {
        id: "coverage",
        title: "Where every trial went",
        build: coverage::build,
        terminal: Shown,
        summary: Folded,
    },
    Section {
        id: "translation",
        title: "What each arm was asked",
        build: translation::build,
        terminal: Absent,
        summary: Folded,
    },
    Section { id: "warnings", title: "Warnings", build: warnings::build, terminal: Shown, summary: Shown },
    Section {
        id: "provenance",
        title: "How these numbers came about",
        build: provenance::build,
        terminal: Absent,
        summary: Folded,
    },
];

/// Cells that several sections share.
mod cells {
    use crate::report::block::{Cell, Look};
    use crate::report::view::{Reading, mark};

    /// A value with its interval, or the word for their absence.
    pub(super) fn reading(reading: &Reading) -> Cell {
        match reading {
            Reading::Known(number) => Cell::plain(&number.text).detail(&number.interval),
            Reading::Absent(word) => Cell::absent(*word),
        }
    }

    /// An answer of the gate.
    pub(super) fn decision(decision: crate::gate::Decision) -> Cell {
        Cell { look: Look::Decision(decision), ..Cell::plain(mark(decision)) }
    }
}

#[cfg(test)]
mod tests {
    use super::SECTIONS;

    #[test]
    fn every_file_of_the_folder_is_a_row_and_every_row_a_file() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/sections");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .filter(|name| name != "mod.rs")
            .collect();
        let mut rows: Vec<_> = SECTIONS.iter().map(|row| format!("{}.rs", row.id.replace('-', "_"))).collect();
        files.sort();
        rows.sort();
        assert_eq!(files, rows);
    }
}
