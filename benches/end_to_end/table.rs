//! The table: a row a measure, the raw load generator beside cutover.

use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table};

/// One measure.
pub(crate) struct Row {
    /// The number of its goal.
    goal: usize,
    measure: String,
    /// The other side of the ratio, where there is one.
    against: String,
    cutover: String,
    ratio: String,
    wanted: String,
    met: Option<bool>,
}

impl Row {
    /// A measure of a goal, still without figures.
    pub(crate) fn new(goal: usize, measure: impl Into<String>) -> Self {
        let none = String::new;
        Self {
            goal,
            measure: measure.into(),
            against: none(),
            cutover: none(),
            ratio: none(),
            wanted: none(),
            met: None,
        }
    }

    /// cutover against something else: a ratio that should be at most so much.
    pub(crate) fn ratio(self, [against, cutover]: [String; 2], ratio: f64, most: f64) -> Self {
        let (wanted, met) = (format!("≤ {most}"), Some(ratio <= most));
        Self { against, cutover, ratio: format!("{ratio:.2}"), wanted, met, ..self }
    }

    /// A value with nothing to set it against.
    pub(crate) fn value(self, cutover: impl Into<String>, wanted: impl Into<String>, met: bool) -> Self {
        Self { cutover: cutover.into(), wanted: wanted.into(), met: Some(met), ..self }
    }
}

/// The table as Markdown.
pub(crate) fn render(mut rows: Vec<Row>) -> String {
    rows.sort_by_key(|row| row.goal);
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["#", "measure", "against", "cutover", "ratio", "goal", "met"]);
    for row in rows {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let met = row.met.map_or("", |met| if met { "yes" } else { "NO" });
        table.add_row([
            right(row.goal.to_string()),
            Cell::new(row.measure),
            right(row.against),
            right(row.cutover),
            right(row.ratio),
            right(row.wanted),
            Cell::new(met),
        ]);
    }
    format!("{table}\n")
}

/// The middle one of some values, or the mean of the two middle ones.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(middle(values.len() / 2), middle(values.len().saturating_sub(1) / 2))
}

pub(crate) fn seconds(value: f64) -> String {
    format!("{value:.2} s")
}

pub(crate) fn milliseconds(value: f64) -> String {
    format!("{value:.3} ms")
}

pub(crate) fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{:.2} MB", bytes / 1e6)
}

/// A duration in seconds.
pub(crate) fn s(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
