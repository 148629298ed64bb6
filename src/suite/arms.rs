//! `[baseline]`, `[candidates.NAME]`, `[endpoints.NAME]` and `[prices."ENDPOINT/MODEL"]`: which models, where, at what price.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr as _;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::reader::{Problems, Table, json, json_table, list};
use super::settings::ReplaySettings;
use crate::domain::Sampling;
use crate::pricing::{Price, PriceTable, TokenPrice};
use crate::problem::{did_you_mean, suggestion};
use crate::provider::{Dialect, ENDPOINTS, Endpoint, PROTOCOLS, Protocol, protocol};
use crate::run_dir::PriceInfo;

/// An arm as a suite states it; only the key itself is missing.
#[derive(Debug)]
pub struct ArmSpec {
    /// `baseline`, or the candidate's name.
    pub name: String,
    /// Where the model is.
    pub endpoint: Endpoint,
    /// The environment variable that holds the key; `None` when the endpoint needs none.
    pub api_key_env: Option<String>,
    /// The provider's model string.
    pub model: String,
    /// Limits and sampling.
    pub sampling: Sampling,
    /// Gives equal arms answers of their own.
    pub salt: Option<String>,
    /// The price with where it comes from; `None` is unknown.
    pub price: Option<(Price, PriceInfo)>,
    /// What a reader should know of the arm.
    pub note: Option<String>,
}

/// Body fields that `extra` may not set.
const RESERVED: &[&str] = &[
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "messages",
    "model",
    "n",
    "response_format",
    "service_tier",
    "stream",
    "tool_choice",
    "tools",
];

/// The baseline's name.
pub(super) const BASELINE: &str = "baseline";

#[derive(Clone)]
struct Place {
    endpoint: Endpoint,
    api_key_env: Option<String>,
}

pub(super) fn read(root: &Table<'_>, replay: Option<&ReplaySettings>, problems: &Problems<'_>) -> Option<Vec<ArmSpec>> {
    let places = places(root, problems);
    let prices = prices(root, problems);
    let context = Context { places: &places, prices: &prices, replay, problems };
    let baseline = root.table(BASELINE, "[baseline]");
    if baseline.is_none() && root.get(BASELINE).is_none() {
        root.missing("[baseline]", "name the model in use today: `[baseline]` with `model = \"openai/gpt-5-mini\"`");
    }
    let baseline = baseline.and_then(|table| context.arm(BASELINE.to_owned(), table));
    let candidates = candidates(root, &context, problems);
    for (key, span, used) in prices.iter().map(|(key, price)| (key, &price.span, price.used.get())) {
        if !used {
            let message = format!("the price of `{key}` belongs to no arm");
            problems.add(span, message, Some("a price is named ENDPOINT/MODEL, as the arm's `model`".to_owned()));
        }
    }
    let mut arms = vec![baseline?];
    arms.extend(candidates?);
    refuse_twins(&arms, root);
    Some(arms)
}

/// Arms whose requests are equal would share their answers, which looks like a perfect agreement of two models.
fn refuse_twins(arms: &[ArmSpec], root: &Table<'_>) {
    let asks = |arm: &ArmSpec| {
        (arm.endpoint.base_url.clone(), arm.model.clone(), format!("{:?}", arm.sampling), arm.salt.clone())
    };
    for (index, arm) in arms.iter().enumerate() {
        if let Some(twin) = arms[..index].iter().find(|twin| asks(twin) == asks(arm)) {
            let message =
                format!("`{}` sends the very requests of `{}`, so both would share one answer", arm.name, twin.name);
            let help = "for an A/A run give each arm a `salt` of its own: `salt = \"a\"`".to_owned();
            let place = root.get("candidates").map_or(0..0, Spanned::span);
            root.problem(&place, message, Some(help));
        }
    }
}

fn candidates(root: &Table<'_>, context: &Context<'_>, problems: &Problems<'_>) -> Option<Vec<ArmSpec>> {
    let help = "name the model to move to: `[candidates.mini]` with `model = \"openai/gpt-5.4-mini\"`";
    let Some(table) = root.table("candidates", "[candidates]") else {
        if root.get("candidates").is_none() {
            root.missing("[candidates.NAME]", help);
        }
        return None;
    };
    let mut arms = Vec::new();
    for (name, span, value) in table.entries() {
        let label = format!("[candidates.{name}]");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name == BASELINE || name.is_empty() || !name.chars().all(plain) {
            let message = format!("`{name}` cannot be the name of a candidate");
            let help = format!("use letters, digits, `-`, `_` and `.`, and not `{BASELINE}`");
            problems.add(&span, message, Some(help));
        }
        arms.push(problems.table(label, value).and_then(|table| context.arm(name.to_owned(), table)));
    }
    if arms.is_empty() {
        table.missing("NAME", help);
    }
    arms.into_iter().collect()
}

/// Every endpoint by its name: the built-in ones and the suite's own.
fn places(root: &Table<'_>, problems: &Problems<'_>) -> BTreeMap<String, Option<Place>> {
    let mut places: BTreeMap<String, Option<Place>> = ENDPOINTS
        .iter()
        .map(|row| {
            let place = Place { endpoint: row.endpoint(), api_key_env: Some(row.api_key_env.to_owned()) };
            (row.name.to_owned(), Some(place))
        })
        .collect();
    let Some(table) = root.table("endpoints", "[endpoints]") else { return places };
    for (name, span, value) in table.entries() {
        let label = format!("[endpoints.{name}]");
        if name.contains('/') || name.is_empty() {
            let help = "an arm's `model` is split at its first slash: ENDPOINT/MODEL".to_owned();
            problems.add(&span, format!("the endpoint `{name}` has a slash in its name"), Some(help));
        }
        let place = problems.table(label, value).and_then(|table| place(name, table));
        places.insert(name.to_owned(), place);
    }
    places
}

fn place(name: &str, table: Table<'_>) -> Option<Place> {
    let spoken = spoken(&table);
    let base_url = table.text("base_url");
    match &base_url {
        Some(found) => {
            if let Err((message, help)) = check_url(found.value) {
                table.problem(&found.range(), message, Some(help.to_owned()));
            }
        }
        None if table.get("base_url").is_none() => {
            table.missing("base_url", "for example `base_url = \"http://127.0.0.1:8080/v1\"`");
        }
        None => {}
    }
    let api_key_env = table.text("api_key_env").map(|found| found.value.to_owned());
    table.finish(&[]);
    let endpoint = Endpoint {
        name: name.to_owned(),
        protocol: spoken?,
        base_url: base_url?.value.trim_end_matches('/').to_owned(),
        dialect: Dialect::Compatible,
        headers: Vec::new(),
    };
    Some(Place { endpoint, api_key_env })
}

fn spoken(table: &Table<'_>) -> Option<&'static Protocol> {
    let names: Vec<&str> = PROTOCOLS.iter().map(|row| row.name).collect();
    let all = || format!("the protocols are {}", list(&names));
    let Some(found) = table.text("protocol") else {
        if table.get("protocol").is_none() {
            table.missing("protocol", &all());
        }
        return None;
    };
    let spoken = protocol(found.value);
    if spoken.is_none() {
        let help = suggestion(found.value, names.iter().copied(), all);
        table.problem(&found.range(), format!("unknown protocol `{}`", found.value), Some(help));
    }
    spoken
}

/// A base URL that a key may be sent to: https, or http to this machine.
fn check_url(url: &str) -> Result<(), (String, &'static str)> {
    let bad = |why: &str, help| Err((format!("`base_url` is \"{url}\", {why}"), help));
    let Ok(parsed) = reqwest::Url::parse(url) else {
        return bad("which is no URL", "write it with its scheme: `https://host/v1`");
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return bad("which holds a user or password", "put the key in a variable and name that as `api_key_env`");
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return bad("which has a query or fragment", "the protocol appends its own path to the base URL");
    }
    let loopback = match parsed.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => bad("but http goes to this machine only", "use https: prompts and keys would travel in the open"),
        _ => bad("but must begin with https:// or http://", "write it with its scheme: `https://host/v1`"),
    }
}

struct SuitePrice {
    price: Option<(Price, PriceInfo)>,
    span: Range<usize>,
    used: std::cell::Cell<bool>,
}

/// Prices that the suite states, by ENDPOINT/MODEL.
fn prices(root: &Table<'_>, problems: &Problems<'_>) -> BTreeMap<String, SuitePrice> {
    let Some(table) = root.table("prices", "[prices]") else { return BTreeMap::new() };
    let mut prices = BTreeMap::new();
    for (name, span, value) in table.entries() {
        let label = format!("[prices.\"{name}\"]");
        let price = problems.table(label, value).and_then(price);
        prices.insert(name.to_owned(), SuitePrice { price, span, used: false.into() });
    }
    prices
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

/// What arms refer to.
struct Context<'a> {
    places: &'a BTreeMap<String, Option<Place>>,
    prices: &'a BTreeMap<String, SuitePrice>,
    replay: Option<&'a ReplaySettings>,
    problems: &'a Problems<'a>,
}

impl Context<'_> {
    fn arm(&self, name: String, table: Table<'_>) -> Option<ArmSpec> {
        let model = self.model(&table);
        let sampling = self.sampling(&table);
        let salt = table.text("salt").map(|found| found.value.to_owned());
        let note = table.text("note").map(|found| found.value.to_owned());
        let span = table.span.clone();
        let label = table.name.clone();
        table.finish(&[]);
        let (place, model) = model?;
        let price = self.price(&place.endpoint.name, &model);
        if self.replay.is_some_and(|replay| replay.budget.is_some()) {
            let id = format!("{}/{model}", place.endpoint.name);
            if price.is_none() {
                let help = format!("add `[prices.\"{id}\"]` with `input` and `output` in USD per million tokens");
                self.problems.add(&span, format!("`{id}` has no price, and a budget needs one"), Some(help));
            }
            if sampling.max_output_tokens.is_none() {
                let help = "set `max_output_tokens` in [replay] or in the arm: it bounds the worst case of a call";
                self.problems.add(
                    &span,
                    format!("{label} has no `max_output_tokens`, and a budget needs it"),
                    Some(help.to_owned()),
                );
            }
        }
        let Place { endpoint, api_key_env } = place;
        Some(ArmSpec { name, endpoint, api_key_env, model, sampling, salt, price, note })
    }

    fn model(&self, table: &Table<'_>) -> Option<(Place, String)> {
        let example = "for example `model = \"openai/gpt-5-mini\"`: the endpoint, a slash, the model";
        let Some(found) = table.text("model") else {
            if table.get("model").is_none() {
                table.missing("model", example);
            }
            return None;
        };
        let Some((endpoint, model)) = found.value.split_once('/').filter(|(_, model)| !model.is_empty()) else {
            table.problem(
                &found.range(),
                format!("`model` is \"{}\", without an endpoint", found.value),
                Some(example.to_owned()),
            );
            return None;
        };
        let Some(place) = self.places.get(endpoint) else {
            let known = self.places.keys().map(String::as_str);
            let help = did_you_mean(endpoint, known).map_or_else(
                || format!("add `[endpoints.{endpoint}]` with `protocol` and `base_url`"),
                |near| format!("did you mean `{near}/{model}`?"),
            );
            table.problem(&found.range(), format!("there is no endpoint `{endpoint}`"), Some(help));
            return None;
        };
        // An endpoint that has problems of its own was reported already.
        place.clone().map(|place| (place, model.to_owned()))
    }

    fn sampling(&self, table: &Table<'_>) -> Sampling {
        let number = |key, wanted, allowed| table.number(key, wanted, allowed).map(|found| found.value);
        let share: fn(f64) -> bool = |number| (0.0..=1.0).contains(&number);
        let penalty: fn(f64) -> bool = |number| (-2.0..=2.0).contains(&number);
        let count = |key| table.integer(key, 1..i64::MAX).map(|found| found.value.unsigned_abs());
        Sampling {
            max_output_tokens: count("max_output_tokens").or(self.replay.and_then(|replay| replay.max_output_tokens)),
            temperature: number("temperature", "a number from 0 to 2", |number| (0.0..=2.0).contains(&number)),
            top_p: number("top_p", "a number from 0 to 1", share),
            top_k: count("top_k"),
            min_p: number("min_p", "a number from 0 to 1", share),
            frequency_penalty: number("frequency_penalty", "a number from -2 to 2", penalty),
            presence_penalty: number("presence_penalty", "a number from -2 to 2", penalty),
            seed: table.integer("seed", i64::MIN..i64::MAX).map(|found| found.value),
            stop: table.texts("stop").map(|found| found.value).unwrap_or_default(),
            n: None,
            reasoning_effort: table.text("reasoning_effort").map(|found| found.value.to_owned()),
            extra: table.get("extra").map(|value| self.extra(value)).unwrap_or_default(),
        }
    }

    /// Further fields of the body. Those that have a key of their own, or would change what a call may cost, are refused.
    fn extra(&self, value: &Spanned<DeValue<'_>>) -> Map<String, Value> {
        let Some(fields) = self.problems.table("`extra`".to_owned(), value) else { return Map::new() };
        for (name, span, value) in fields.entries() {
            if RESERVED.contains(&name) {
                let help = "`extra` is for fields that a suite has no key for".to_owned();
                self.problems.add(&span, format!("`extra` may not set `{name}`"), Some(help));
            }
            if json(value.get_ref()).is_null() {
                self.problems.add(&span, format!("`{name}` in `extra` has no form in JSON"), None);
            }
        }
        value.get_ref().as_table().map(json_table).unwrap_or_default()
    }

    fn price(&self, endpoint: &str, model: &str) -> Option<(Price, PriceInfo)> {
        if let Some(stated) = self.prices.get(&format!("{endpoint}/{model}")) {
            stated.used.set(true);
            return stated.price.clone();
        }
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
}
