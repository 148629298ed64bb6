//! `costs.json` and `prices.json` against the built-in price table.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use cutover::domain::{Usage, Usd};
use cutover::pricing::{Price, PriceTable, Rates, Tier, TokenPrice};

use super::{Outcome, expect};

/// An amount that a fixture spells as a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Amount(Decimal);

impl TryFrom<String> for Amount {
    type Error = rust_decimal::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Decimal::from_str_exact(&text).map(|amount| Self(amount.normalize()))
    }
}

#[derive(Deserialize)]
struct Cost {
    name: String,
    model: String,
    tier: String,
    usage: Usage,
    expected_usd: Amount,
}

#[derive(Deserialize)]
struct Prices {
    tools: BTreeMap<String, Amount>,
    models: BTreeMap<String, ModelPrices>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelPrices {
    input: Amount,
    cached: Amount,
    output: Amount,
    cache_write_5m: Option<Amount>,
    cache_write_1h: Option<Amount>,
    input_audio: Option<Amount>,
    context: u64,
    max_input: Option<u64>,
    max_output: u64,
    shutdown: Option<String>,
    long_context: Option<LongPrices>,
    batch: Option<TierPrices>,
    priority: Option<TierPrices>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LongPrices {
    above_input_tokens: u64,
    input: Amount,
    cached: Amount,
    output: Amount,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierPrices {
    input: Amount,
    cached: Amount,
    output: Amount,
    cache_write_5m: Option<Amount>,
    cache_write_1h: Option<Amount>,
}

/// Every cost of the file.
pub(crate) fn costs(text: &str) -> Result<Vec<(String, Outcome)>, String> {
    let costs: Vec<Cost> = serde_json::from_str(text).map_err(|error| format!("costs.json: {error}"))?;
    let check = |cost: &Cost| {
        let mut differences = Vec::new();
        match (price_of(&cost.model), Tier::from_name(&cost.tier)) {
            (Some(price), Some(tier)) => {
                let found = price.cost(&cost.usage, tier).map(usd);
                expect(&mut differences, "expected_usd", (&Some(cost.expected_usd), &found));
            }
            _ => differences.push(format!("no price of {} in tier {}", cost.model, cost.tier)),
        }
        Outcome::of(differences)
    };
    Ok(costs.iter().map(|cost| (cost.name.clone(), check(cost))).collect())
}

/// Every model and tool of the file.
pub(crate) fn prices(text: &str) -> Result<Vec<(String, Outcome)>, String> {
    let prices: Prices = serde_json::from_str(text).map_err(|error| format!("prices.json: {error}"))?;
    let models = prices.models.iter().map(|(model, prices)| (model.clone(), check_model(model, prices)));
    let tools = prices.tools.iter().map(|(tool, usd)| (tool.clone(), check_tool(tool, *usd)));
    Ok(models.chain(tools).collect())
}

fn check_model(model: &str, expected: &ModelPrices) -> Outcome {
    let Some(price) = price_of(model) else {
        return Outcome::failed(format!("no price of {model}"));
    };
    let mut differences = Vec::new();
    expect(&mut differences, "context", (&Some(expected.context), &price.limits.context));
    expect(&mut differences, "max_input", (&expected.max_input, &price.limits.max_input));
    expect(&mut differences, "max_output", (&Some(expected.max_output), &price.limits.max_output));
    if expected.shutdown.is_some() {
        expect(&mut differences, "shutdown", (&expected.shutdown, &price.shutdown));
    }
    let standard = TierPrices {
        input: expected.input,
        cached: expected.cached,
        output: expected.output,
        cache_write_5m: expected.cache_write_5m,
        cache_write_1h: expected.cache_write_1h,
    };
    check_rates("standard", (Some(&standard), price.rates(Tier::Standard)), &mut differences);
    check_rates("batch", (expected.batch.as_ref(), price.rates(Tier::Batch)), &mut differences);
    check_rates("priority", (expected.priority.as_ref(), price.rates(Tier::Priority)), &mut differences);
    let audio = price.tiers.standard.input_audio.map(decimal);
    expect(&mut differences, "input_audio", (&expected.input_audio, &audio));
    let long =
        expected.long_context.as_ref().map(|long| (long.above_input_tokens, long.input, long.cached, long.output));
    let found = price.long_context.as_ref().and_then(|long| {
        let rates = &long.standard;
        Some((long.above_input_tokens, decimal(rates.input), decimal(rates.cached_input?), decimal(rates.output)))
    });
    expect(&mut differences, "long_context", (&long, &found));
    Outcome::of(differences)
}

fn check_rates(tier: &str, (expected, found): (Option<&TierPrices>, Option<&Rates>), differences: &mut Vec<String>) {
    let expected = expected.map(|prices| {
        let writes = [prices.cache_write_5m, prices.cache_write_1h];
        ([Some(prices.input), Some(prices.cached), Some(prices.output)], writes)
    });
    let found = found.map(|rates| {
        let writes = [rates.cache_write_5m, rates.cache_write_1h].map(|price| price.map(decimal));
        ([Some(rates.input), rates.cached_input, Some(rates.output)].map(|price| price.map(decimal)), writes)
    });
    expect(differences, tier, (&expected, &found));
}

fn check_tool(tool: &str, expected: Amount) -> Outcome {
    let models: &[&str] = match tool {
        "openai_web_search_per_call" => &["gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5-mini", "gpt-5-nano"],
        "anthropic_web_search_per_request" => &["claude-haiku-4-5"],
        "gemini_google_search_per_query" => &["gemini-3.1-flash-lite"],
        _ => return Outcome::failed("no model is known to have this tool".to_owned()),
    };
    let mut differences = Vec::new();
    for model in models {
        let found = price_of(model).and_then(|price| price.web_search).map(usd);
        expect(&mut differences, model, (&Some(expected), &found));
    }
    Outcome::of(differences)
}

fn price_of(model: &str) -> Option<&'static Price> {
    let table = PriceTable::builtin();
    ["openai", "anthropic", "gemini"].iter().find_map(|endpoint| table.price(endpoint, model))
}

/// Dollars, exactly.
fn usd(amount: Usd) -> Amount {
    Amount(Decimal::from_i128_with_scale(amount.pico().into(), 12).normalize())
}

/// Dollars per million tokens, exactly.
fn decimal(price: TokenPrice) -> Amount {
    Amount(Decimal::from_i128_with_scale(price.pico().into(), 6).normalize())
}
