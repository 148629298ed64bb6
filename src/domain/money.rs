//! Money in whole pico-dollars, so that sums are exact and independent of order.

use serde::{Deserialize, Serialize};

/// An amount of US dollars in whole pico-dollars (1e-12 USD).
///
/// The cheapest token price with six decimals per million tokens is one pico-dollar, so the cost of a call is exact.
/// The range is ± 9.2 million dollars; arithmetic saturates there rather than wrap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd(i64);

impl Usd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// From whole pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: i64) -> Self {
        Self(pico)
    }

    /// In whole pico-dollars.
    #[must_use]
    pub const fn pico(self) -> i64 {
        self.0
    }

    /// In dollars, for statistics and display only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "above 2^53 pico-dollars (9,007 USD) a display digit may round")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, saturating.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}
