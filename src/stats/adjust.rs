//! Adjusting p-values for their number.

/// Holm's (1979) step-down adjustment: controls the chance of any false claim. In the order of `p`.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut running: f64 = 0.0;
    for (rank, index) in ascending(p).into_iter().enumerate() {
        running = running.max((super::sum::count(p.len() - rank) * p[index]).min(1.0));
        adjusted[index] = running;
    }
    adjusted
}

/// Benjamini and Hochberg's (1995) q-values: controls the share of false claims. In the order of `p`.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![0.0; p.len()];
    let mut running: f64 = 1.0;
    for (rank, index) in ascending(p).into_iter().enumerate().rev() {
        running = running.min(p[index] * super::sum::count(p.len()) / super::sum::count(rank + 1));
        adjusted[index] = running;
    }
    adjusted
}

/// Indices from the smallest p to the largest.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}
