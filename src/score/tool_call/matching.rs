//! Which made call is meant for which expected one, when the order is free.

use crate::domain::ToolFault;

use super::Fault;

/// How far a pair of calls is from a match, as a cost to be least in sum. The wrong tool outweighs any number of wrong
/// arguments, so calls are compared with calls of the same tool as far as there are any; then fewer faults come before
/// more, and faults checked late before those checked early.
fn cost(faults: &[Fault]) -> i64 {
    let one = |fault: &Fault| match fault.kind {
        ToolFault::UnknownTool | ToolFault::WrongTool => 1_000_000_000,
        late => 1_000 + (ToolFault::SchemaViolation as i64 - late as i64),
    };
    faults.iter().map(one).sum()
}

/// The assignment of least cost: for each made call, the expected one it is meant for. `table[made][expected]` holds
/// the faults of each pair and is square. Made calls in another order get the same partners: they are sorted by their
/// faults first, and calls with equal faults are interchangeable.
pub(super) fn best(table: &[Vec<Vec<Fault>>]) -> Vec<usize> {
    let in_order = (0..table.len()).collect::<Vec<_>>();
    if in_order.iter().all(|position| table[*position][*position].is_empty()) {
        return in_order;
    }
    let mut sorted = in_order;
    sorted.sort_by(|one, other| table[*one].cmp(&table[*other]));
    let costs: Vec<Vec<i64>> =
        sorted.iter().map(|made| table[*made].iter().map(|faults| cost(faults)).collect()).collect();
    let mut assigned = vec![0; table.len()];
    for (row, expected) in least_cost(&costs).into_iter().enumerate() {
        assigned[sorted[row]] = expected;
    }
    assigned
}

/// The column of each row in the assignment of least total cost, by the Hungarian method with potentials, in O(n³).
/// (Kuhn 1955; Jonker and Volgenant 1987 for the shortest-path form used here.)
fn least_cost(costs: &[Vec<i64>]) -> Vec<usize> {
    let n = costs.len();
    let (mut row_potential, mut column_potential) = (vec![0_i64; n], vec![0_i64; n + 1]);
    // The row assigned to each column; column n is where the row being placed starts.
    let mut row_of: Vec<Option<usize>> = vec![None; n + 1];
    for placed in 0..n {
        row_of[n] = Some(placed);
        let mut column = n;
        let mut distance = vec![i64::MAX; n];
        let mut before = vec![n; n];
        let mut visited = vec![false; n + 1];
        while let Some(row) = row_of[column] {
            visited[column] = true;
            let mut nearest = (i64::MAX, n);
            for next in (0..n).filter(|next| !visited[*next]) {
                let reduced = costs[row][next] - row_potential[row] - column_potential[next];
                if reduced < distance[next] {
                    distance[next] = reduced;
                    before[next] = column;
                }
                nearest = nearest.min((distance[next], next));
            }
            let (step, next) = nearest;
            for visited_column in (0..=n).filter(|column| visited[*column]) {
                if let Some(row) = row_of[visited_column] {
                    row_potential[row] += step;
                }
                column_potential[visited_column] -= step;
            }
            for unvisited in (0..n).filter(|column| !visited[*column]) {
                distance[unvisited] -= step;
            }
            column = next;
        }
        while column != n {
            row_of[column] = row_of[before[column]];
            column = before[column];
        }
    }
    let mut column_of = vec![0; n];
    for (column, row) in row_of[..n].iter().enumerate() {
        if let Some(row) = row {
            column_of[*row] = column;
        }
    }
    column_of
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn least_by_trying(costs: &[Vec<i64>], row: usize, used: &mut Vec<bool>) -> i64 {
        if row == costs.len() {
            return 0;
        }
        let mut least = i64::MAX;
        for column in 0..costs.len() {
            if !used[column] {
                used[column] = true;
                least = least.min(costs[row][column] + least_by_trying(costs, row + 1, used));
                used[column] = false;
            }
        }
        least
    }

    fn squares() -> impl Strategy<Value = Vec<Vec<i64>>> {
        let square = |n| proptest::collection::vec(proptest::collection::vec(0_i64..20, n), n);
        (1_usize..6).prop_flat_map(square)
    }

    proptest! {
        #[test]
        fn no_permutation_costs_less(costs in squares()) {
            let assigned = least_cost(&costs);
            let mut columns = assigned.clone();
            columns.sort_unstable();
            prop_assert_eq!(columns, (0..costs.len()).collect::<Vec<_>>());
            let total: i64 = assigned.iter().enumerate().map(|(row, column)| costs[row][*column]).sum();
            prop_assert_eq!(total, least_by_trying(&costs, 0, &mut vec![false; costs.len()]));
        }
    }

    fn fault(kind: ToolFault, why: &str) -> Vec<Fault> {
        vec![Fault { kind, why: why.into() }]
    }

    #[test]
    fn a_wrong_tool_outweighs_many_wrong_arguments() {
        let tool = || fault(ToolFault::WrongTool, "");
        let arguments = || (0..5).flat_map(|_| fault(ToolFault::WrongValue, "")).collect::<Vec<_>>();
        assert_eq!(best(&[vec![tool(), arguments()], vec![arguments(), tool()]]), [1, 0]);
    }

    #[test]
    fn of_equally_many_faults_the_later_ones_are_taken() {
        let (missing, value) = (|| fault(ToolFault::Missing, ""), || fault(ToolFault::WrongValue, ""));
        assert_eq!(best(&[vec![missing(), value()], vec![value(), value()]]), [1, 0]);
        assert_eq!(best(&[vec![value(), value()], vec![value(), missing()]]), [1, 0]);
    }

    #[test]
    fn partners_do_not_depend_on_the_order_of_calls() {
        let value = |why| fault(ToolFault::WrongValue, why);
        let (one, other) = (vec![value("a"), value("b")], vec![value("c"), value("d")]);
        let forward = best(&[one.clone(), other.clone()]);
        let backward = best(&[other, one]);
        assert_eq!(forward, [backward[1], backward[0]]);
    }
}
