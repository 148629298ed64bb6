//! `[baseline]` and `[candidates.NAME]`: which models are compared, with which settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::endpoints::{self, Place};
use super::judges::{self, JudgeSpec};
use super::prices::{self, Prices};
use super::reader::{Problems, Table, json, json_table};
use super::settings::ReplaySettings;
use crate::domain::Sampling;
use crate::pricing::Price;
use crate::problem::did_you_mean;
use crate::provider::Endpoint;
use crate::run_dir::PriceInfo;

/// An arm as a suite states it; only the secrets themselves are missing.
#[derive(Debug)]
pub struct ArmSpec {
    /// `baseline`, or the candidate's name.
    pub name: String,
    /// Where its answers come from.
    pub source: SourceSpec,
    /// The price with where it comes from; `None` is unknown.
    pub price: Option<(Price, PriceInfo)>,
    /// What a reader should know of the arm.
    pub note: Option<String>,
}

/// Where the answers of an arm come from, as a suite states it.
#[derive(Debug)]
pub enum SourceSpec {
    /// A model that is asked.
    Live(Box<LiveSpec>),
    /// What production answered at the time, as the dataset holds it.
    Recorded,
}

/// A model that is asked.
#[derive(Debug)]
pub struct LiveSpec {
    /// Where the model is.
    pub endpoint: Endpoint,
    /// The environment variable that holds the key; `None` when the endpoint needs none.
    pub api_key_env: Option<String>,
    /// Further headers, with the environment variables that hold their values.
    pub header_env: Vec<(String, String)>,
    /// The provider's model string.
    pub model: String,
    /// Limits and sampling.
    pub sampling: Sampling,
    /// Gives equal arms answers of their own.
    pub salt: Option<String>,
}

/// The `model` of an arm whose answers were recorded in production.
pub const RECORDED: &str = "recorded";

impl ArmSpec {
    /// The model that is asked, when one is.
    #[must_use]
    pub fn live(&self) -> Option<&LiveSpec> {
        match &self.source {
            SourceSpec::Live(live) => Some(live),
            SourceSpec::Recorded => None,
        }
    }

    /// The provider's model string, or the word for recorded answers.
    #[must_use]
    pub fn model(&self) -> &str {
        self.live().map_or(RECORDED, |live| &live.model)
    }
}

/// Body fields that `extra` may not set.
const RESERVED: &[&str] = &[
    "candidateCount",
    "contents",
    "frequency_penalty",
    "input",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "messages",
    "min_p",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "serviceTier",
    "service_tier",
    "stop",
    "stop_sequences",
    "stream",
    "stream_options",
    "system",
    "systemInstruction",
    "temperature",
    "toolConfig",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "web_search_options",
];

/// The baseline's name.
pub(super) const BASELINE: &str = "baseline";

/// The arms and, since they refer to the same endpoints and prices, the judges.
pub(super) fn read(
    root: &Table<'_>,
    replay: Option<&ReplaySettings>,
    problems: &Problems<'_>,
) -> Option<(Vec<ArmSpec>, Vec<JudgeSpec>)> {
    let places = endpoints::read(root, problems);
    let prices = prices::read(root, problems);
    let context = Context { places: &places, prices: &prices, replay, problems };
    let baseline = root.table(BASELINE, "[baseline]");
    if baseline.is_none() && root.get(BASELINE).is_none() {
        root.missing("[baseline]", "name the model in use today: `[baseline]` with `model = \"openai/gpt-5-mini\"`");
    }
    let baseline = baseline.and_then(|table| context.arm(BASELINE.to_owned(), table));
    let candidates = candidates(root, &context, problems);
    let judges = judges::read(root, &context, problems);
    prices.finish(problems);
    let mut arms = vec![baseline?];
    arms.extend(candidates?);
    refuse_twins(&arms, root);
    Some((arms, judges?))
}

/// Arms whose requests are equal would share their answers, which looks like a perfect agreement of two models.
fn refuse_twins(arms: &[ArmSpec], root: &Table<'_>) {
    let asks = |arm: &ArmSpec| {
        arm.live().map(|LiveSpec { endpoint, model, sampling, salt, .. }| {
            let Endpoint { protocol, base_url, dialect, headers, .. } = endpoint;
            let place = (protocol.name, base_url.clone(), *dialect, headers.clone());
            (place, model.clone(), format!("{sampling:?}"), salt.clone())
        })
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

/// What arms refer to.
pub(super) struct Context<'a> {
    places: &'a BTreeMap<String, Option<Place>>,
    prices: &'a Prices,
    replay: Option<&'a ReplaySettings>,
    problems: &'a Problems<'a>,
}

impl Context<'_> {
    pub(super) fn arm(&self, name: String, table: Table<'_>) -> Option<ArmSpec> {
        let note = table.text("note").map(|found| found.value.to_owned());
        if table.get("model").and_then(|model| model.get_ref().as_str()) == Some(RECORDED) {
            return self.recorded(name, note, table);
        }
        let model = self.model(&table);
        let sampling = self.sampling(&table);
        let salt = table.text("salt").map(|found| found.value.to_owned());
        let (span, label) = (table.span.clone(), table.name.clone());
        table.finish(&[]);
        let (place, model) = model?;
        let id = format!("{}/{model}", place.endpoint.name);
        let price = self.prices.of(&id);
        if self.replay.is_some_and(|replay| replay.budget.is_some()) {
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
        let Place { endpoint, api_key_env, header_env } = place;
        let live = LiveSpec { endpoint, api_key_env, header_env, model, sampling, salt };
        Some(ArmSpec { name, source: SourceSpec::Live(Box::new(live)), price, note })
    }

    /// The arm whose answers the dataset holds. What they cost then is what their tokens cost at the price of the model
    /// that gave them, which the suite may name.
    fn recorded(&self, name: String, note: Option<String>, table: Table<'_>) -> Option<ArmSpec> {
        let span = table.span.clone();
        let priced_as = table.text("priced_as");
        let price = match &priced_as {
            None => self.prices.of(RECORDED),
            Some(id) => self.prices.of(id.value).or_else(|| {
                let help = format!("write ENDPOINT/MODEL as in an arm's `model`, or add `[prices.\"{}\"]`", id.value);
                table.problem(&id.range(), format!("`priced_as`: `{}` has no price", id.value), Some(help));
                None
            }),
        };
        table.finish(&[]);
        if name != BASELINE {
            let help = "a candidate is what production may move to: name its model".to_owned();
            self.problems.add(&span, format!("`{name}` cannot be `{RECORDED}`: only the baseline can"), Some(help));
            return None;
        }
        Some(ArmSpec { name, source: SourceSpec::Recorded, price, note })
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
}
