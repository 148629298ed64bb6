//! Prices as decimal text, read exactly into whole pico-dollars.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::domain::Usd;

/// Decimals of a price per million tokens: the last one is one pico-dollar a token.
const TOKEN_DECIMALS: u32 = 6;
/// Decimals of an amount in dollars: the last one is one pico-dollar.
const USD_DECIMALS: u32 = 12;

/// The price of one token of a class, in whole pico-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenPrice(u64);

/// Why a text is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number such as `0.25`.
    #[error("not a decimal number")]
    NotDecimal,
    /// Below zero.
    #[error("a price cannot be negative")]
    Negative,
    /// Finer than we count.
    #[error("more than {0} decimals")]
    TooFine(u32),
    /// Beyond what we count.
    #[error("too large")]
    TooLarge,
}

impl TokenPrice {
    /// In pico-dollars a token.
    #[must_use]
    pub const fn pico(self) -> u64 {
        self.0
    }
}

/// Reads USD per million tokens, with at most six decimals.
impl FromStr for TokenPrice {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        units(text, TOKEN_DECIMALS).map(Self)
    }
}

/// Writes USD per million tokens, exactly.
impl fmt::Display for TokenPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::from_i128_with_scale(self.0.into(), TOKEN_DECIMALS).normalize().fmt(f)
    }
}

/// Reads USD, with at most twelve decimals.
pub(super) fn usd(text: &str) -> Result<Usd, AmountError> {
    let pico = units(text, USD_DECIMALS)?;
    i64::try_from(pico).map(Usd::from_pico).map_err(|_| AmountError::TooLarge)
}

/// The number in units of its last decimal allowed.
fn units(text: &str, decimals: u32) -> Result<u64, AmountError> {
    let number = Decimal::from_str_exact(text).map_err(|_| AmountError::NotDecimal)?.normalize();
    if number.is_sign_negative() && !number.is_zero() {
        return Err(AmountError::Negative);
    }
    if number.scale() > decimals {
        return Err(AmountError::TooFine(decimals));
    }
    let units = number.mantissa().checked_mul(10_i128.pow(decimals - number.scale()));
    units.and_then(|units| u64::try_from(units).ok()).ok_or(AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_exactly_or_refused() {
        let rows = [
            ("2.50", Ok(2_500_000)),
            ("0.0375", Ok(37_500)),
            ("0.000001", Ok(1)),
            ("0.0000010", Ok(1)),
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("18446744073709.551615", Ok(u64::MAX)),
            ("18446744073709.551616", Err(AmountError::TooLarge)),
            ("0.0000001", Err(AmountError::TooFine(6))),
            ("-0.1", Err(AmountError::Negative)),
            ("1e3", Err(AmountError::NotDecimal)),
            ("free", Err(AmountError::NotDecimal)),
            ("", Err(AmountError::NotDecimal)),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse::<TokenPrice>().map(TokenPrice::pico), expected, "{text}");
        }
        assert_eq!(usd("0.014"), Ok(Usd::from_pico(14_000_000_000)));
        assert_eq!(usd("0.0000000000001"), Err(AmountError::TooFine(12)));
    }

    #[test]
    fn a_price_is_written_as_it_was_read() {
        for text in ["2.5", "0.0375", "15", "0"] {
            assert_eq!(text.parse::<TokenPrice>().expect("is a price").to_string(), text);
        }
    }
}
