//! What calls cost, and how providers count tokens: answered by the price table's and the protocols' own code.

use cutover::domain::{Reply, Usage};
use cutover::pricing::{Limits, Price, Rates, Tier, Tiers, TokenPrice};
use cutover::provider::{Headers, HttpResponse, protocol};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::Input;
use super::{Method, method};

pub(crate) const METHODS: &[Method] = &[method("call_cost", call_cost), method("normalise_usage", normalise_usage)];

#[derive(Deserialize)]
struct Counts {
    uncached_input: Option<u64>,
    cached_input: Option<u64>,
    cache_write: Option<u64>,
    output: Option<u64>,
}

#[derive(Deserialize)]
struct Prices {
    input: f64,
    cached_input: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
    batch_multiplier: Option<f64>,
}

impl Prices {
    /// The rates of a tier. In the vectors a class without a price of its own has that of the input.
    fn rates(&self) -> Result<Rates, String> {
        let price = |dollars: f64| -> Result<TokenPrice, String> {
            let text = format!("{:.6}", dollars * self.batch_multiplier.unwrap_or(1.0));
            text.parse().map_err(|error| format!("{text}: {error}"))
        };
        let cache_write = Some(price(self.cache_write.unwrap_or(self.input))?);
        Ok(Rates {
            input: price(self.input)?,
            cached_input: Some(price(self.cached_input.unwrap_or(self.input))?),
            cache_write_5m: cache_write,
            cache_write_1h: cache_write,
            input_audio: None,
            cached_input_audio: None,
            output: price(self.output)?,
        })
    }
}

fn call_cost(input: Input<'_>) -> Result<Value, String> {
    let (counts, prices): (Counts, Prices) = (input.get("usage")?, input.get("price")?);
    let parts = [counts.cached_input, counts.cache_write].into_iter().flatten().sum::<u64>();
    let usage = Usage {
        input_tokens: counts.uncached_input.map(|uncached| uncached + parts),
        uncached_input_tokens: counts.uncached_input,
        cache_read_tokens: counts.cached_input,
        cache_write_5m_tokens: counts.cache_write,
        output_tokens: counts.output,
        ..Usage::default()
    };
    let rates = prices.rates()?;
    let price = Price {
        endpoints: Vec::new(),
        model: String::new(),
        source: String::new(),
        limits: Limits::default(),
        shutdown: None,
        tiers: Tiers { standard: rates, batch: Some(rates), priority: None, flex: None },
        long_context: None,
        web_search: None,
    };
    let tier = if prices.batch_multiplier.is_some() { Tier::Batch } else { Tier::Standard };
    Ok(json!({ "cost": price.cost(&usage, tier).map(cutover::domain::Usd::dollars) }))
}

#[derive(Deserialize)]
struct Style {
    input: String,
    reasoning: String,
}

/// Input and output are counted by conventions that do not depend on each other, so each is read by a protocol that
/// counts it that way.
fn normalise_usage(input: Input<'_>) -> Result<Value, String> {
    let (style, raw): (Style, Value) = (input.get("style")?, input.get("raw")?);
    let of_input = match style.input.as_str() {
        "includes_cached" => usage("openai-chat", &openai_chat(&raw))?,
        "excludes_cached" => usage("anthropic", &anthropic(&raw))?,
        other => return Err(format!("unknown style of input {other}")),
    };
    let of_output = match style.reasoning.as_str() {
        "included" => usage("openai-chat", &openai_chat(&raw))?,
        "separate" => usage("gemini", &gemini(&raw))?,
        other => return Err(format!("unknown style of reasoning {other}")),
    };
    // Parts above the total make the rest unknown; the vectors call it 0 and clamped.
    let uncached = of_input.uncached_input_tokens;
    Ok(json!({
        "uncached_input": uncached.unwrap_or(0),
        "cached_input": of_input.cache_read_tokens.unwrap_or(0),
        "cache_write": of_input.cache_write_other_tokens.unwrap_or(0),
        "output": of_output.output_tokens,
        "clamped": uncached.is_none(),
    }))
}

fn openai_chat(raw: &Value) -> Value {
    json!({
        "choices": [{ "message": { "role": "assistant", "content": "a" }, "finish_reason": "stop" }],
        "usage": {
            "prompt_tokens": raw["input"],
            "prompt_tokens_details": { "cached_tokens": raw["cached_input"], "cache_write_tokens": raw["cache_write"] },
            "completion_tokens": raw["output"],
            "completion_tokens_details": { "reasoning_tokens": raw["reasoning"] },
        },
    })
}

fn anthropic(raw: &Value) -> Value {
    json!({
        "content": [{ "type": "text", "text": "a" }],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": raw["input"],
            "cache_read_input_tokens": raw["cached_input"],
            "cache_creation_input_tokens": raw["cache_write"],
            "output_tokens": raw["output"],
        },
    })
}

fn gemini(raw: &Value) -> Value {
    json!({
        "candidates": [{ "content": { "parts": [{ "text": "a" }] }, "finishReason": "STOP" }],
        "usageMetadata": {
            "promptTokenCount": raw["input"],
            "candidatesTokenCount": raw["output"],
            "thoughtsTokenCount": raw["reasoning"],
        },
    })
}

/// What a protocol reads in a whole answer.
fn usage(name: &str, body: &Value) -> Result<Usage, String> {
    let protocol = protocol(name).ok_or_else(|| format!("no protocol {name}"))?;
    let body = body.to_string();
    let whole = HttpResponse { status: 200, headers: &Headers::default(), body: body.as_bytes() };
    let reply: Reply = (protocol.decode)(&whole).map_err(|broken| format!("{name}: {:?}", broken.failure))?;
    reply.usage.ok_or_else(|| format!("{name}: no usage"))
}
