//! A dated table of prices in TOML, and the one that comes with the program.

use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use crate::problem::Problem;

use super::TokenPrice;
use super::amount::{self, AmountError};
use super::price::{Limits, LongContext, Price, Rates, Tiers};

/// Prices of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    /// The day on which they were read, as `YYYY-MM-DD`.
    pub as_of: String,
    /// One row a model and set of endpoints, in the order of the file.
    pub prices: Vec<Price>,
}

const BUILTIN: &str = include_str!("prices.toml");

impl PriceTable {
    /// The table that comes with the program.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static TABLE: LazyLock<PriceTable> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
            PriceTable::parse(BUILTIN, Path::new("prices.toml")).expect("the built-in prices are valid")
        });
        &TABLE
    }

    /// A table from its text. `file` only names it in problems, all of which are reported at once.
    ///
    /// # Errors
    /// Text that is not TOML, unknown or missing keys, amounts that are not exact, dates that are none, models priced
    /// twice at one endpoint.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { text, file, problems: Vec::new() };
        let raw: RawTable = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(error) => {
                let problem = match error.span() {
                    Some(span) => Problem::at(file, reader.line(span.start), error.message()),
                    None => Problem::of_file(file, error.message()),
                };
                return Err(vec![problem]);
            }
        };
        let as_of = reader.date(&raw.as_of);
        let mut prices: Vec<Price> = Vec::with_capacity(raw.models.len());
        for row in &raw.models {
            let price = reader.price(row);
            for endpoint in &row.endpoints {
                if price_exactly(&prices, endpoint, row.model.get_ref()).is_some() {
                    reader.problem(&row.model, &format!("`{endpoint}/{}` has a price already", row.model.get_ref()));
                }
            }
            prices.extend(price);
        }
        match as_of {
            Some(as_of) if reader.problems.is_empty() => Ok(Self { as_of, prices }),
            _ => Err(reader.problems),
        }
    }

    /// The price of a model at an endpoint. A dated model string (`gpt-5-mini-2025-08-07`, `claude-haiku-4-5-20251001`)
    /// that has no row of its own has the price of the string without its date.
    #[must_use]
    pub fn price(&self, endpoint: &str, model: &str) -> Option<&Price> {
        price_exactly(&self.prices, endpoint, model)
            .or_else(|| price_exactly(&self.prices, endpoint, without_date(model)?))
    }
}

fn price_exactly<'a>(prices: &'a [Price], endpoint: &str, model: &str) -> Option<&'a Price> {
    prices.iter().find(|price| price.model == model && price.endpoints.iter().any(|name| name == endpoint))
}

/// The model string before `-YYYY-MM-DD` or `-YYYYMMDD`.
fn without_date(model: &str) -> Option<&str> {
    [11, 9].into_iter().find_map(|length| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(length)?)?;
        let date = date.strip_prefix('-')?;
        let dated = is_date(date) || date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        dated.then_some(name)
    })
}

/// Whether a text has the shape `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    as_of: Spanned<String>,
    models: Vec<RawPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    model: Spanned<String>,
    endpoints: Vec<String>,
    source: String,
    context: Option<u64>,
    max_input: Option<u64>,
    max_output: Option<u64>,
    shutdown: Option<Spanned<String>>,
    web_search_per_call: Option<Spanned<String>>,
    standard: RawRates,
    long_context: Option<RawLongContext>,
    batch: Option<RawRates>,
    priority: Option<RawRates>,
    flex: Option<RawRates>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLongContext {
    above_input_tokens: u64,
    standard: RawRates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRates {
    input: Spanned<String>,
    cached_input: Option<Spanned<String>>,
    cache_write_5m: Option<Spanned<String>>,
    cache_write_1h: Option<Spanned<String>>,
    input_audio: Option<Spanned<String>>,
    cached_input_audio: Option<Spanned<String>>,
    output: Spanned<String>,
}

/// Turns rows into prices and collects what is wrong with them.
struct Reader<'a> {
    text: &'a str,
    file: &'a Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    fn problem<T>(&mut self, at: &Spanned<T>, message: &str) {
        self.problems.push(Problem::at(self.file, self.line(at.span().start), message));
    }

    /// What is absent and what is wrong both read as `None`: a table with any problem is refused as a whole.
    fn price(&mut self, raw: &RawPrice) -> Option<Price> {
        let standard = self.rates(&raw.standard);
        let long_context = raw.long_context.as_ref().and_then(|long| {
            let standard = self.rates(&long.standard)?;
            Some(LongContext { above_input_tokens: long.above_input_tokens, standard })
        });
        let mut rates = |raw: &Option<RawRates>| raw.as_ref().and_then(|rates| self.rates(rates));
        let (batch, priority, flex) = (rates(&raw.batch), rates(&raw.priority), rates(&raw.flex));
        let shutdown = raw.shutdown.as_ref().and_then(|text| self.date(text));
        let web_search = raw.web_search_per_call.as_ref().and_then(|text| self.amount(text, amount::usd));
        Some(Price {
            endpoints: raw.endpoints.clone(),
            model: raw.model.get_ref().clone(),
            source: raw.source.clone(),
            limits: Limits { context: raw.context, max_input: raw.max_input, max_output: raw.max_output },
            shutdown,
            tiers: Tiers { standard: standard?, batch, priority, flex },
            long_context,
            web_search,
        })
    }

    fn rates(&mut self, raw: &RawRates) -> Option<Rates> {
        let (input, output) = (self.token_price(&raw.input), self.token_price(&raw.output));
        let mut optional = |text: &Option<Spanned<String>>| text.as_ref().and_then(|text| self.token_price(text));
        Some(Rates {
            cached_input: optional(&raw.cached_input),
            cache_write_5m: optional(&raw.cache_write_5m),
            cache_write_1h: optional(&raw.cache_write_1h),
            input_audio: optional(&raw.input_audio),
            cached_input_audio: optional(&raw.cached_input_audio),
            // Last, so that problems of the others are found too.
            input: input?,
            output: output?,
        })
    }

    fn token_price(&mut self, text: &Spanned<String>) -> Option<TokenPrice> {
        self.amount(text, FromStr::from_str)
    }

    fn amount<T>(&mut self, text: &Spanned<String>, read: fn(&str) -> Result<T, AmountError>) -> Option<T> {
        read(text.get_ref())
            .map_err(|error| self.problem(text, &format!("`{}` is no price: {error}", text.get_ref())))
            .ok()
    }

    fn date(&mut self, text: &Spanned<String>) -> Option<String> {
        if is_date(text.get_ref()) {
            return Some(text.get_ref().clone());
        }
        self.problem(text, &format!("`{}` is no date such as 2026-11-22", text.get_ref()));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let problems = PriceTable::parse(text, Path::new("p.toml")).expect_err("is not valid");
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_builtin_table_is_dated_sourced_and_complete() {
        let table = PriceTable::builtin();
        assert!(is_date(&table.as_of));
        for price in &table.prices {
            assert!(price.source.starts_with("https://"), "{} has no source", price.model);
            assert!(!price.endpoints.is_empty(), "{} has no endpoint", price.model);
        }
        for (endpoint, model) in [
            ("openai", "gpt-5.4"),
            ("openai", "gpt-5.4-mini"),
            ("openai-responses", "gpt-5.4-nano"),
            ("openai", "gpt-5-mini"),
            ("openai", "gpt-5-nano"),
            ("anthropic", "claude-haiku-4-5"),
            ("gemini", "gemini-3.1-flash-lite"),
            ("together", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
            ("fireworks", "accounts/fireworks/models/llama4-scout-instruct-basic"),
            ("deepinfra", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
            ("vertex", "meta/llama-4-scout-17b-16e-instruct-maas"),
        ] {
            assert!(table.price(endpoint, model).is_some(), "{endpoint}/{model}");
        }
    }

    #[test]
    fn a_dated_model_has_the_price_of_its_name_and_others_have_none() {
        let table = PriceTable::builtin();
        let rows = [
            ("openai", "gpt-5-mini-2025-08-07", Some("gpt-5-mini")),
            ("anthropic", "claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("openai", "gpt-5-mini", Some("gpt-5-mini")),
            ("openai", "gpt-5-mini-latest", None),
            ("openai", "gpt-5-mini-2025-08-0x", None),
            ("openai", "gpt-5-mini-é2025-08-07", None),
            ("local", "gpt-5-mini", None),
            ("openai", "", None),
        ];
        for (endpoint, model, expected) in rows {
            assert_eq!(table.price(endpoint, model).map(|price| price.model.as_str()), expected, "{endpoint}/{model}");
        }
    }

    #[test]
    fn a_dated_row_comes_before_the_name() {
        let row = |model: &str, input: &str| {
            format!(
                "[[models]]\nmodel = \"{model}\"\nendpoints = [\"e\"]\nsource = \"s\"\n\
                 standard = {{ input = \"{input}\", output = \"1\" }}\n"
            )
        };
        let text = format!("as_of = \"2026-11-22\"\n{}{}", row("m", "1"), row("m-2026-01-01", "2"));
        let table = PriceTable::parse(&text, Path::new("p.toml")).expect("is valid");
        let input = |model| table.price("e", model).map(|price| price.tiers.standard.input.to_string());
        assert_eq!(input("m-2026-01-01").as_deref(), Some("2"));
        assert_eq!(input("m-2025-01-01").as_deref(), Some("1"));
    }

    #[test]
    fn all_problems_are_reported_with_their_lines() {
        let text = r#"as_of = "November"
[[models]]
model = "m"
endpoints = ["e"]
source = "s"
web_search_per_call = "-1"
standard = { input = "1", cached_input = "0.0000001", output = "free" }
[[models]]
model = "n"
endpoints = ["e", "f"]
source = "s"
standard = { input = "1", output = "1" }
[[models]]
model = "n"
endpoints = ["f"]
source = "s"
standard = { input = "1", output = "1" }
"#;
        assert_eq!(
            messages(text),
            [
                "p.toml:1: `November` is no date such as 2026-11-22",
                "p.toml:7: `free` is no price: not a decimal number",
                "p.toml:7: `0.0000001` is no price: more than 6 decimals",
                "p.toml:6: `-1` is no price: a price cannot be negative",
                "p.toml:14: `f/n` has a price already",
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let found = messages("as_of = \"2026-11-22\"\nmodels = []\ncurrency = \"EUR\"\n");
        assert!(found[0].starts_with("p.toml:3: unknown field `currency`"), "{found:?}");
        assert!(messages("as_of = ")[0].starts_with("p.toml:1: "));
    }
}
