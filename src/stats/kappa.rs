//! Agreement of two raters, a judge and a human for example: the share they agree on, and Cohen's (1960) kappa.

use super::estimate::{Estimate, Interval};
use super::proportion::wilson;
use super::special::normal_critical;
use super::sum::{count, sum};

/// How far two raters agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Share of the cases they agree on, with Wilson's interval.
    pub observed: Estimate,
    /// The share they would agree on by chance, each with the frequencies they have.
    pub expected: f64,
    /// Kappa; `None` when chance alone makes them agree on everything.
    pub kappa: Option<Kappa>,
}

/// Agreement beyond chance: 1 when complete, 0 at chance, negative below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kappa {
    /// Kappa with its normal interval, whose limits are not clamped.
    pub estimate: Estimate,
    /// Standard error (Fleiss, Cohen & Everitt 1969).
    pub standard_error: f64,
}

/// The table of two raters' categories, numbered below `categories`: `table[i][j]` counts the cases that the first puts
/// into i and the second into j. A case with a category beyond is left out.
#[must_use]
pub fn cross_tabulate(first: &[usize], second: &[usize], categories: usize) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; categories]; categories];
    for (&row, &column) in first.iter().zip(second) {
        if let Some(cell) = table.get_mut(row).and_then(|row| row.get_mut(column)) {
            *cell += 1;
        }
    }
    table
}

/// The agreement in a square table of counts, rows of one rater and columns of the other. `None` without cases, and
/// when the table is not square.
#[must_use]
pub fn agreement(table: &[Vec<usize>], confidence: f64) -> Option<Agreement> {
    let size = table.len();
    if table.iter().any(|row| row.len() != size) {
        return None;
    }
    let all: usize = table.iter().flatten().sum();
    let diagonal = (0..size).map(|i| table[i][i]).sum();
    let observed = wilson(diagonal, all, confidence)?;
    let n = count(all);
    let rows: Vec<f64> = table.iter().map(|row| count(row.iter().sum()) / n).collect();
    let columns: Vec<f64> = (0..size).map(|j| count(table.iter().map(|row| row[j]).sum()) / n).collect();
    let expected = sum(rows.iter().zip(&columns).map(|(row, column)| row * column));
    if expected >= 1.0 {
        return Some(Agreement { observed, expected, kappa: None });
    }
    let value = (observed.value - expected) / (1.0 - expected);
    let rest = 1.0 - value;
    let cells = (0..size).flat_map(|i| (0..size).map(move |j| (i, j)));
    let spread = sum(cells.map(|(i, j)| {
        let influence = if i == j {
            (1.0 - (rows[i] + columns[i]) * rest).powi(2)
        } else {
            (rest * (columns[i] + rows[j])).powi(2)
        };
        count(table[i][j]) / n * influence
    }));
    let variance = (spread - (value - expected * rest).powi(2)) / ((1.0 - expected).powi(2) * n);
    let standard_error = variance.max(0.0).sqrt();
    let half = normal_critical(confidence) * standard_error;
    let interval = Some(Interval::bounded(value - half, value + half, confidence));
    let estimate = Estimate { value, interval, method: "Cohen's kappa, Fleiss-Cohen-Everitt", n: all };
    Some(Agreement { observed, expected, kappa: Some(Kappa { estimate, standard_error }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_corrected_for_what_chance_explains() {
        // 93 % agreement, most of it because nearly everything passes.
        let found = agreement(&[vec![90, 3], vec![4, 3]], 0.95).expect("has cases");
        assert!((found.observed.value - 0.93).abs() < 1e-12);
        let kappa = found.kappa.expect("is below chance");
        assert_eq!(format!("{:.3} {:.3}", kappa.estimate.value, kappa.standard_error), "0.424 0.179");
    }

    #[test]
    fn one_category_alone_has_no_kappa_and_no_cases_no_agreement() {
        let all_pass = agreement(&[vec![10, 0], vec![0, 0]], 0.95).expect("has cases");
        assert_eq!((all_pass.observed.value.to_bits(), all_pass.kappa), (1.0_f64.to_bits(), None));
        assert_eq!(agreement(&[vec![0, 0], vec![0, 0]], 0.95), None);
        assert_eq!(agreement(&[vec![1, 2], vec![3]], 0.95), None);
    }

    #[test]
    fn cases_are_counted_by_both_raters() {
        assert_eq!(cross_tabulate(&[0, 1, 1, 2], &[0, 0, 1, 0], 2), [[1, 0], [1, 1]]);
    }
}
