//! Money in whole pico-dollars, so that sums are exact and independent of order.

use std::fmt;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// An amount of US dollars in whole pico-dollars (1e-12 USD).
///
/// The cheapest token price with six decimals per million tokens is one pico-dollar, so the cost of a call is exact.
/// The range is ± 9.2 million dollars; arithmetic saturates there rather than wrap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub struct Usd(AboveLeast);

/// The distance from `i64::MIN`, which no amount is: one that may be unknown takes no more room than one that is known.
type AboveLeast = NonZeroU64;

impl Usd {
    /// No money.
    pub const ZERO: Self = Self::from_pico(0);

    /// From whole pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: i64) -> Self {
        match AboveLeast::new(pico.abs_diff(i64::MIN)) {
            Some(distance) => Self(distance),
            None => Self(AboveLeast::MIN),
        }
    }

    /// In whole pico-dollars.
    #[must_use]
    pub const fn pico(self) -> i64 {
        i64::MIN.saturating_add_unsigned(self.0.get())
    }

    /// In dollars, for statistics and display only.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "above 2^53 pico-dollars (9,007 USD) a display digit may round")]
    pub fn dollars(self) -> f64 {
        self.pico() as f64 / 1e12
    }

    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self::from_pico(self.pico().saturating_add(other.pico()))
    }

    /// The difference, saturating.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self::from_pico(self.pico().saturating_sub(other.pico()))
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Usd").field(&self.pico()).finish()
    }
}

impl Default for Usd {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<i64> for Usd {
    fn from(pico: i64) -> Self {
        Self::from_pico(pico)
    }
}

impl From<Usd> for i64 {
    fn from(usd: Usd) -> Self {
        usd.pico()
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_they_were_made_from_in_their_order_and_end_at_the_range() {
        let amounts = [i64::MIN + 1, -5, -1, 0, 1, 7, i64::MAX];
        let kept = amounts.map(Usd::from_pico);
        assert_eq!(kept.map(Usd::pico), amounts);
        assert!(kept.is_sorted() && kept[3] == Usd::ZERO && Usd::default() == Usd::ZERO);
        assert_eq!([kept[0], Usd::from_pico(i64::MIN)].map(|least| least.minus(kept[5])), [kept[0]; 2]);
        assert_eq!((kept[6].plus(kept[4]), kept[1].plus(kept[5])), (kept[6], Usd::from_pico(2)));
        assert_eq!(serde_json::to_string(&kept[..4]).ok().as_deref(), Some("[-9223372036854775807,-5,-1,0]"));
        assert_eq!(serde_json::from_str::<Usd>("-5").ok(), Some(kept[1]));
    }

    #[test]
    fn an_unknown_amount_takes_no_more_room() {
        assert_eq!(size_of::<Option<Usd>>(), size_of::<Usd>());
    }
}
