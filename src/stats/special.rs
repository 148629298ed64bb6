//! Distribution functions, and the critical values made from them.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};
use statrs::function::beta::beta_reg;
use statrs::function::factorial::ln_binomial;

use super::sum::count;

/// Φ(x), the standard normal distribution function.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// Φ⁻¹(p) for p in (0, 1).
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// The quantile at p in (0, 1) of Student's t; `None` unless the degrees of freedom are positive.
#[must_use]
pub fn t_quantile(p: f64, degrees_of_freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).ok().map(|t| t.inverse_cdf(p))
}

/// The distribution function of Student's t at `x`; `None` unless the degrees of freedom are positive.
#[must_use]
pub fn t_cdf(x: f64, degrees_of_freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).ok().map(|t| t.cdf(x))
}

/// P(Bin(n, p) ≤ k) for p in [0, 1].
#[must_use]
pub fn binomial_cdf(k: usize, n: usize, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_reg(count(n - k), count(k) + 1.0, 1.0 - p) }
}

/// P(Bin(n, ½) = k): the chance of k heads in n throws of a fair coin.
#[must_use]
pub fn heads_pmf(k: usize, n: usize) -> f64 {
    if k > n { 0.0 } else { (ln_binomial(n as u64, k as u64) - count(n) * std::f64::consts::LN_2).exp() }
}

/// P(χ² > x); `None` unless the degrees of freedom are positive.
#[must_use]
pub fn chi_squared_sf(x: f64, degrees_of_freedom: f64) -> Option<f64> {
    ChiSquared::new(degrees_of_freedom).ok().map(|chi_squared| chi_squared.sf(x))
}

/// The normal critical value of a two-sided confidence: 1.96 at 0.95.
#[must_use]
pub fn normal_critical(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

/// Student's critical value of a two-sided confidence; `None` unless the degrees of freedom are positive.
#[must_use]
pub fn t_critical_at(confidence: f64, degrees_of_freedom: f64) -> Option<f64> {
    t_quantile(0.5 + confidence / 2.0, degrees_of_freedom)
}
