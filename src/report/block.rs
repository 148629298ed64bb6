//! What a section is made of: a closed set of blocks that every format knows how to show.
//!
//! All text in blocks is plain text, whoever wrote it. Escaping is the format's work.

use super::view::Strip;
use crate::gate::Decision;
use crate::run_dir::Example;

/// A piece of a section.
pub(super) enum Block<'a> {
    /// Running text.
    Paragraph(String),
    /// A remark on what stands above it.
    Note(String),
    /// Something the reader must know before trusting a number.
    Warning(String),
    /// The verdict on one candidate.
    Verdict(&'a Strip),
    /// A table.
    Table(Table),
    /// Names and their values.
    Facts(Vec<(String, String)>),
    /// One line an entry.
    List(Vec<Cell>),
    /// A chart, by its id in the table of charts.
    Figure(&'static str),
    /// What only the page has room for; the terminal and the summary leave it out.
    Details {
        /// What is inside, in a few words.
        summary: String,
        /// Whether the page shows it unfolded.
        open: bool,
        /// What is inside.
        blocks: Vec<Block<'a>>,
    },
    /// A case and its answers side by side. The page alone shows content.
    SideBySide(&'a Example),
}

/// A table with a caption. The first column names the row.
pub(super) struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A column of a table.
pub(super) struct Column {
    pub title: String,
    /// Whether it holds numbers, which stand flush right.
    pub numeric: bool,
}

/// A row of a table.
pub(super) struct Row {
    pub cells: Vec<Cell>,
    /// Whether it rests on too few cases to be read as the others are.
    pub faint: bool,
}

/// A cell: a value, and what belongs to it.
#[derive(Clone)]
pub(super) struct Cell {
    pub text: String,
    /// Stands right behind the value or below it: an interval, most often.
    pub detail: Option<String>,
    pub look: Look,
}

/// How a cell looks. Colour never carries a meaning alone: the text says it too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    /// Something to type or to search for, verbatim.
    Code,
    /// An answer of the gate.
    Decision(Decision),
    /// The value is not known; the text says so.
    Absent,
    /// No value belongs here; the text is a dash or a word for it.
    Empty,
}

impl Table {
    /// A table whose columns are `(title, numeric)`.
    pub(super) fn new(caption: impl Into<String>, columns: &[(&str, bool)]) -> Self {
        let column = |(title, numeric): &(&str, bool)| Column { title: (*title).to_owned(), numeric: *numeric };
        Self { caption: caption.into(), columns: columns.iter().map(column).collect(), rows: Vec::new() }
    }

    pub(super) fn push(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row { cells, faint: false });
    }
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), detail: None, look: Look::Plain }
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self { look: Look::Code, ..Self::plain(text) }
    }

    /// No value; the text says so.
    pub(super) fn absent(text: impl Into<String>) -> Self {
        Self { look: Look::Absent, ..Self::plain(text) }
    }

    /// No value belongs here; the text is a dash or a word for it.
    pub(super) fn empty(text: impl Into<String>) -> Self {
        Self { look: Look::Empty, ..Self::plain(text) }
    }

    pub(super) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
