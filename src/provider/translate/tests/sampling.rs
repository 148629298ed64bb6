//! Temperature, stop sequences, penalties, seed, several answers.

use serde_json::{Value, json};

use super::Row;
use crate::domain::Request;

fn temperature(request: &mut Request, temperature: f64, effort: Option<&str>) {
    request.sampling.temperature = Some(temperature);
    request.sampling.reasoning_effort = effort.map(str::to_owned);
}

fn top_p(request: &mut Request, top_p: f64, effort: Option<&str>) {
    request.sampling.top_p = Some(top_p);
    request.sampling.reasoning_effort = effort.map(str::to_owned);
}

fn top_k(request: &mut Request, effort: &str) {
    request.sampling.top_k = Some(20);
    request.sampling.reasoning_effort = Some(effort.to_owned());
}

fn extra(request: &mut Request, name: &str, value: Value) {
    request.sampling.extra.insert(name.to_owned(), value);
}

fn stop(request: &mut Request, stop: &[&str]) {
    request.sampling.stop = stop.iter().map(|&text| text.to_owned()).collect();
}

pub(super) const ROWS: &[Row] = &[
    Row {
        code: "temperature_with_reasoning",
        param: "temperature",
        target: "openai-chat",
        model: "gpt-5-mini",
        breaks: |request| temperature(request, 0.2, None),
        keeps: |request| temperature(request, 1.0, None),
        says: " always reasons, and takes no `temperature` but 1",
    },
    Row {
        code: "temperature_with_reasoning",
        param: "temperature",
        target: "openai-responses",
        model: "gpt-5-nano-2025-08-07",
        breaks: |request| temperature(request, 0.0, Some("none")),
        keeps: |request| request.sampling.reasoning_effort = Some("none".to_owned()),
        says: " always reasons, and takes no `temperature` but 1",
    },
    Row {
        code: "temperature_with_reasoning",
        param: "temperature",
        target: "openai-chat",
        model: "gpt-5.4-mini",
        breaks: |request| temperature(request, 0.2, Some("low")),
        keeps: |request| temperature(request, 0.2, None),
        says: " reasons with effort `low`, and then takes no `temperature` but 1",
    },
    Row {
        code: "temperature_with_reasoning",
        param: "temperature",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| temperature(request, 0.2, Some("high")),
        keeps: |request| temperature(request, 0.2, Some("none")),
        says: " reasons with effort `high`, and then takes no `temperature` but 1",
    },
    Row {
        code: "temperature_range",
        param: "temperature",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| temperature(request, 1.01, None),
        keeps: |request| temperature(request, 1.0, None),
        says: " takes a `temperature` from 0 to 1, and it is 1.01",
    },
    Row {
        code: "temperature_range",
        param: "temperature",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| temperature(request, -0.1, None),
        keeps: |request| temperature(request, 2.0, None),
        says: " takes a `temperature` from 0 to 2, and it is -0.1",
    },
    Row {
        code: "temperature_and_top_p",
        param: "top_p",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| {
            temperature(request, 0.5, None);
            top_p(request, 0.9, None);
        },
        keeps: |request| top_p(request, 0.9, None),
        says: " takes no `top_p` beside `temperature`",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "top_p",
        target: "openai-responses",
        model: "gpt-5.4",
        breaks: |request| top_p(request, 0.5, Some("high")),
        keeps: |request| top_p(request, 0.5, Some("none")),
        says: " reasons with effort `high`, and then takes no `top_p` but 1",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "top_p",
        target: "anthropic",
        model: "claude-new",
        breaks: |request| top_p(request, 0.94, Some("low")),
        keeps: |request| top_p(request, 0.95, Some("low")),
        says: " reasons with effort `low`, and then takes no `top_p` but from 0.95 to 1",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "top_p",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| top_p(request, 1.01, Some("low")),
        keeps: |request| top_p(request, 0.5, Some("none")),
        says: " reasons with effort `low`, and then takes no `top_p` but from 0.95 to 1",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "top_p",
        target: "openai-chat",
        model: "gpt-5-mini",
        breaks: |request| top_p(request, 0.99, None),
        keeps: |request| top_p(request, 1.0, None),
        says: " always reasons, and takes no `top_p` but 1",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "logprobs",
        target: "openai-chat",
        model: "gpt-5-nano",
        breaks: |request| extra(request, "logprobs", json!(true)),
        keeps: |request| extra(request, "logprobs", json!(false)),
        says: " always reasons, and gives no `logprobs`",
    },
    Row {
        code: "top_p_with_reasoning",
        param: "logprobs",
        target: "openai-chat",
        model: "gpt-5.4-nano",
        breaks: |request| {
            extra(request, "top_logprobs", json!(2));
            request.sampling.reasoning_effort = Some("low".to_owned());
        },
        keeps: |request| extra(request, "top_logprobs", json!(2)),
        says: " reasons with effort `low`, and then gives no `top_logprobs`",
    },
    Row {
        code: "top_k_unsupported",
        param: "top_k",
        target: "openai-chat",
        model: "gpt-6",
        breaks: |request| request.sampling.top_k = Some(20),
        keeps: |request| top_p(request, 0.5, None),
        says: " is asked through OpenAI's Chat Completions API, which has no `top_k`",
    },
    Row {
        code: "top_k_with_reasoning",
        param: "top_k",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| top_k(request, "high"),
        keeps: |request| top_k(request, "none"),
        says: " reasons with effort `high`, and then takes no `top_k`",
    },
    Row {
        code: "min_p_unsupported",
        param: "min_p",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| request.sampling.min_p = Some(0.1),
        keeps: |request| request.sampling.top_k = Some(64),
        says: " is asked through Gemini's API, which has no `min_p`",
    },
    Row {
        code: "stop_unsupported",
        param: "stop",
        target: "openai-chat",
        model: "gpt-5.4-nano",
        breaks: |request| stop(request, &["END"]),
        keeps: |request| stop(request, &[]),
        says: " takes no `stop`",
    },
    Row {
        code: "stop_unsupported",
        param: "stop",
        target: "openai-responses",
        model: "gpt-6",
        breaks: |request| stop(request, &["END"]),
        keeps: |request| stop(request, &[]),
        says: " is asked through OpenAI's Responses API, which has no `stop`",
    },
    Row {
        code: "stop_limit",
        param: "stop",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| stop(request, &["a", "b", "c", "d", "e", "f"]),
        keeps: |request| stop(request, &["a", "b", "c", "d", "e"]),
        says: " is asked through Gemini's API, which takes at most 5 sequences in `stop`, and there are 6",
    },
    Row {
        code: "stop_limit",
        param: "stop",
        target: "openai-chat",
        model: "gpt-4.1",
        breaks: |request| stop(request, &["a", "b", "c", "d", "e"]),
        keeps: |request| stop(request, &["a", "b", "c", "d"]),
        says: " is asked through OpenAI's Chat Completions API, which takes at most 4 sequences in `stop`, and there are 5",
    },
    Row {
        code: "stop_whitespace",
        param: "stop",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| stop(request, &["END", "\n "]),
        keeps: |request| stop(request, &["END", "\n."]),
        says: " is asked through Anthropic's Messages API, which has no sequence \"\\n \" of whitespace alone in `stop`",
    },
    Row {
        code: "penalty_unsupported",
        param: "frequency_penalty",
        target: "openai-chat",
        model: "gpt-5.4",
        breaks: |request| request.sampling.frequency_penalty = Some(0.5),
        keeps: |request| request.sampling.presence_penalty = Some(0.5),
        says: " takes no `frequency_penalty`",
    },
    Row {
        code: "penalty_unsupported",
        param: "presence_penalty",
        target: "anthropic",
        model: "claude-new",
        breaks: |request| request.sampling.presence_penalty = Some(0.5),
        keeps: |request| request.sampling.frequency_penalty = Some(0.5),
        says: " is asked through Anthropic's Messages API, which has no `presence_penalty`",
    },
    Row {
        code: "penalty_unsupported",
        param: "logit_bias",
        target: "openai-chat",
        model: "gpt-5-mini",
        breaks: |request| extra(request, "logit_bias", json!({ "50256": -100 })),
        keeps: |request| extra(request, "logit_bias", Value::Null),
        says: " takes no `logit_bias`",
    },
    Row {
        code: "seed_unsupported",
        param: "seed",
        target: "openai-responses",
        model: "gpt-5.4-mini",
        breaks: |request| request.sampling.seed = Some(0),
        keeps: |_| {},
        says: " is asked through OpenAI's Responses API, which has no `seed`",
    },
    Row {
        code: "n_unsupported",
        param: "n",
        target: "anthropic",
        model: "claude-haiku-4-5",
        breaks: |request| request.sampling.n = Some(2),
        keeps: |request| request.sampling.n = Some(1),
        says: " is asked through Anthropic's Messages API, which has no `n`, and it is 2",
    },
    Row {
        code: "n_range",
        param: "n",
        target: "gemini",
        model: "gemini-3.1-flash-lite",
        breaks: |request| request.sampling.n = Some(9),
        keeps: |request| request.sampling.n = Some(8),
        says: " is asked through Gemini's API, which gives at most 8 answers a call, and `n` is 9",
    },
    Row {
        code: "n_range",
        param: "n",
        target: "openai-compat",
        model: "llama",
        breaks: |request| request.sampling.n = Some(0),
        keeps: |request| request.sampling.n = Some(1000),
        says: " cannot be asked for no answer at all: `n` is 0",
    },
];
