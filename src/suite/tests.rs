//! What a suite assumes of production: read, and refused with a line and a way out.

use std::path::Path;

use super::Suite;
use crate::compare::CostModel;

/// A suite with this `[cost]`, whose table begins on line 10.
fn parse(cost: &str) -> Result<Suite, Vec<String>> {
    let text = format!(
        r#"name = "s"
[dataset]
path = "cases.jsonl"
[baseline]
model = "openai/gpt-5-mini"
[candidates.mini]
model = "openai/gpt-5.4-mini"
[[scorers]]
kind = "exact"
{cost}"#
    );
    Suite::parse(Path::new("s.toml"), text).map_err(|problems| {
        let shown = |line: usize, message: &str, help: Option<&str>| match help {
            Some(help) => format!("{line}: {message} ({help})"),
            None => format!("{line}: {message}"),
        };
        problems.iter().map(|one| shown(one.line.unwrap_or(0), &one.message, one.help.as_deref())).collect()
    })
}

fn costs(cost: &str) -> CostModel {
    parse(cost).expect("is valid").costs
}

#[test]
fn what_production_costs_is_read() {
    assert_eq!(costs(""), CostModel::default());
    let found = costs(
        "[cost]\nmax_attempts = 5\nreview_usd = 0.5\nmonthly_requests = 2_000_000\npipeline_steps = 4\n\
         cached_share = 0.6\nfixed_usd = 1200\n[cost.failures]\nrefused = 0\ntool_call = 2.5\n",
    );
    assert_eq!(found.max_attempts.get(), 5);
    assert_eq!(found.failure_usd, Some([0.5, 2.5, 0.0, 0.5, 0.5, 0.5]));
    assert_eq!((found.monthly_requests, found.pipeline_steps), (Some(2e6), Some(4)));
    assert_eq!((found.cached_share, found.fixed_usd), (Some(0.6), Some(1200.0)));
    let by_class =
        "[cost.failures]\nwrong_answer = 1\ntool_call = 2\nrefused = 3\ncut = 4\nfiltered = 5\nrejected = 6\n";
    assert_eq!(costs(by_class).failure_usd, Some([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    assert_eq!(costs("[cost]\nmax_attempts = 1\n").failure_usd, None);
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    let amount = "must be an amount of dollars, 0 or more";
    let rows = [
        ("max_attempts = 0", "11: `max_attempts` is 0, but must be a whole number from 1 to 20".to_owned()),
        ("max_attempts = 21", "11: `max_attempts` is 21, but must be a whole number from 1 to 20".to_owned()),
        ("pipeline_steps = 1001", "11: `pipeline_steps` is 1001, but must be a whole number from 1 to 1000".to_owned()),
        ("cached_share = 80", "11: `cached_share` is 80, but must be a number from 0 to 1".to_owned()),
        ("monthly_requests = 0", "11: `monthly_requests` is 0, but must be a number above 0".to_owned()),
        ("review_usd = -1", format!("11: `review_usd` is -1, but {amount}")),
        ("fixed_usd = inf", format!("11: `fixed_usd` is inf, but {amount}")),
        ("review_usd = 1\nfailures = { cut = \"1\" }", format!("12: `cut` is \"1\", but {amount}")),
        (
            "monthly = 1",
            "11: unknown key `monthly` in [cost] ([cost] may hold `cached_share`, `failures`, `fixed_usd`, \
                         `max_attempts`, `monthly_requests`, `pipeline_steps`, `review_usd`)"
                .to_owned(),
        ),
        (
            "review_usd = 1\n[cost.failures]\nrefusal = 1",
            "13: unknown key `refusal` in [cost.failures] (did you mean \
                         `refused`?)"
                .to_owned(),
        ),
    ];
    for (cost, problem) in rows {
        assert_eq!(parse(&format!("[cost]\n{cost}\n")).err(), Some(vec![problem]), "{cost}");
    }
    let silent = parse("[cost]\n[cost.failures]\ncut = 1\nwrong_answer = 1\nrejected = 0\n").expect_err("is silent");
    let help = "[cost.failures] says nothing of `tool_call`, `refused`, `filtered`: state what any other failure costs, 0 \
                if nothing";
    assert_eq!(silent, [format!("10: [cost] lacks `review_usd` ({help})")]);
    assert_eq!(parse("cost = 1\n").err().map(|problems| problems.len()), Some(1));
}

#[test]
fn other_assumptions_ask_for_no_other_trials() {
    let plain = parse("").expect("is valid").plan_fields;
    assert_eq!(parse("[cost]\nreview_usd = 1\n").expect("is valid").plan_fields, plain);
}
