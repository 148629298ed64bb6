//! Assignment: which of the columns each row is given, so that the sum is the largest.

/// The column of each row, no column twice, with the largest sum of gains (Kuhn 1955, Munkres 1957, by shortest
/// augmenting paths). With fewer columns than rows some rows have none. Rows are equally long.
pub(super) fn most(gains: &[Vec<i64>]) -> Vec<Option<usize>> {
    let (rows, columns) = (gains.len(), gains.first().map_or(0, Vec::len));
    // Columns beyond the real ones stand for "none", and gain nothing.
    let width = columns.max(rows);
    let cost = |row: usize, column: usize| gains[row].get(column).map_or(0, |gain| -gain);
    // Rows and columns from 1; 0 is where a path begins.
    let (mut of_row, mut of_column) = (vec![0_i64; rows + 1], vec![0_i64; width + 1]);
    let mut row_of = vec![0_usize; width + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let (mut least, mut before, mut used) = (vec![i64::MAX; width + 1], vec![0; width + 1], vec![false; width + 1]);
        let mut at = 0;
        while row_of[at] != 0 {
            used[at] = true;
            let (from, mut step, mut next) = (row_of[at], i64::MAX, 0);
            for column in (1..=width).filter(|&column| !used[column]) {
                let reduced = cost(from - 1, column - 1) - of_row[from] - of_column[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    before[column] = at;
                }
                if least[column] < step {
                    step = least[column];
                    next = column;
                }
            }
            for column in 0..=width {
                if used[column] {
                    of_row[row_of[column]] += step;
                    of_column[column] -= step;
                } else if least[column] < i64::MAX {
                    least[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut given = vec![None; rows];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        if row > 0 && column <= columns {
            given[row - 1] = Some(column - 1);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn best(gains: &[Vec<i64>], taken: &mut Vec<bool>) -> i64 {
        let Some((first, rest)) = gains.split_first() else { return 0 };
        let mut most = best(rest, taken);
        for column in 0..first.len() {
            if !taken[column] {
                taken[column] = true;
                most = most.max(first[column] + best(rest, taken));
                taken[column] = false;
            }
        }
        most
    }

    proptest! {
        #[test]
        fn no_other_assignment_gains_more(rows in 0_usize..5, columns in 0_usize..5, gains in proptest::collection::vec(0_i64..6, 25)) {
            let gains: Vec<Vec<i64>> = (0..rows).map(|row| gains[row * 5..row * 5 + columns].to_vec()).collect();
            let given = most(&gains);
            prop_assert_eq!(given.len(), rows);
            let mut columns_given: Vec<usize> = given.iter().flatten().copied().collect();
            let sum: i64 = given.iter().enumerate().filter_map(|(row, column)| Some(gains[row][(*column)?])).sum();
            prop_assert_eq!(sum, best(&gains, &mut vec![false; columns]));
            columns_given.sort_unstable();
            columns_given.dedup();
            prop_assert_eq!(columns_given.len(), given.iter().flatten().count());
        }
    }
}
