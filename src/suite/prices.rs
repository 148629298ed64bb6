//! `[prices."ENDPOINT/MODEL"]`: what the suite states of prices, before the built-in table is asked.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr as _;

use super::reader::{Problems, Table};
use crate::pricing::{Price, PriceTable, TokenPrice};
use crate::run_dir::PriceInfo;

/// Prices that the suite states, by ENDPOINT/MODEL; the other models have those of the built-in table.
pub(super) struct Prices(BTreeMap<String, Stated>);

struct Stated {
    price: Option<(Price, PriceInfo)>,
    span: Range<usize>,
    used: Cell<bool>,
}

impl Prices {
    /// The price of a model, with where it comes from.
    pub(super) fn of(&self, id: &str) -> Option<(Price, PriceInfo)> {
        if let Some(stated) = self.0.get(id) {
            stated.used.set(true);
            return stated.price.clone();
        }
        let (endpoint, model) = id.split_once('/')?;
        let table = PriceTable::builtin();
        let price = table.price(endpoint, model)?.clone();
        let rates = &price.tiers.standard;
        let info = PriceInfo {
            input: rates.input.to_string(),
            cached_input: rates.cached_input.as_ref().map(ToString::to_string),
            output: rates.output.to_string(),
            source: Some(price.source.clone()),
            as_of: Some(table.as_of.clone()),
            assumed: false,
        };
        Some((price, info))
    }

    /// Reports the prices that no arm asked for.
    pub(super) fn finish(&self, problems: &Problems<'_>) {
        for (id, stated) in self.0.iter().filter(|(_, stated)| !stated.used.get()) {
            let help = "a price is named ENDPOINT/MODEL, as the arm's `model`".to_owned();
            problems.add(&stated.span, format!("the price of `{id}` belongs to no arm"), Some(help));
        }
    }
}

/// Reads the prices that the suite states.
pub(super) fn read(root: &Table<'_>, problems: &Problems<'_>) -> Prices {
    let Some(table) = root.table("prices", "[prices]") else { return Prices(BTreeMap::new()) };
    let mut prices = BTreeMap::new();
    for (name, span, value) in table.entries() {
        let label = format!("[prices.\"{name}\"]");
        let price = problems.table(label, value).and_then(price);
        prices.insert(name.to_owned(), Stated { price, span, used: Cell::new(false) });
    }
    Prices(prices)
}

fn price(table: Table<'_>) -> Option<(Price, PriceInfo)> {
    let read = |key| {
        let found = table.decimal(key)?;
        let price = TokenPrice::from_str(&found.value);
        if let Err(error) = &price {
            let help = "prices are USD per million tokens".to_owned();
            table.problem(&found.range(), format!("`{key}` is {}: {error}", found.value), Some(help));
        }
        price.ok()
    };
    let (input, cached_input, output) = (read("input"), read("cached_input"), read("output"));
    for key in ["input", "output"] {
        if table.get(key).is_none() {
            table.missing(key, "prices are USD per million tokens: `input = 0.20`, `output = 1.25`");
        }
    }
    let source = table.text("source").map(|found| found.value.to_owned());
    table.finish(&[]);
    let (input, output) = (input?, output?);
    let info = PriceInfo {
        input: input.to_string(),
        cached_input: cached_input.as_ref().map(ToString::to_string),
        output: output.to_string(),
        source,
        as_of: None,
        assumed: true,
    };
    Some((Price::custom(input, cached_input, output), info))
}
