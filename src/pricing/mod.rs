//! Dated prices, and what a usage costs at them: exact, in whole pico-dollars. What is not known costs `None`, not 0.

mod amount;
mod price;
mod table;

pub use amount::{AmountError, TokenPrice};
pub use price::{Limits, LongContext, Price, Rates, TIERS, Tier, Tiers};
pub use table::PriceTable;
