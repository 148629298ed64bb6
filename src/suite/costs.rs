//! `[cost]`: what is assumed of production, for what it all comes to.

use std::num::NonZeroU32;

use super::reader::{Table, list};
use crate::compare::{CostModel, DEFAULT_MAX_ATTEMPTS, FAILURE_CLASSES};

/// The most attempts at a task that may be asked for.
const MOST_ATTEMPTS: i64 = 20;
/// The longest pipeline that may be asked for.
const MOST_STEPS: i64 = 1000;

pub(super) fn read(root: &Table<'_>) -> Option<CostModel> {
    let Some(table) = root.table("cost", "[cost]") else {
        return root.get("cost").is_none().then(CostModel::default);
    };
    let small = |key, most| {
        let found = table.integer(key, 1..most + 1)?;
        u32::try_from(found.value).ok()
    };
    let dollars = |key| table.number(key, "an amount of dollars, 0 or more", amount).map(|found| found.value);
    let share = table.number("cached_share", "a number from 0 to 1", |share| (0.0..=1.0).contains(&share));
    let monthly = table.number("monthly_requests", "a number above 0", |number| number > 0.0 && number.is_finite());
    let max_attempts = small("max_attempts", MOST_ATTEMPTS).and_then(NonZeroU32::new);
    let review = dollars("review_usd");
    let model = CostModel {
        max_attempts: max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS),
        failure_usd: failures(&table, review),
        monthly_requests: monthly.map(|found| found.value),
        pipeline_steps: small("pipeline_steps", MOST_STEPS),
        cached_share: share.map(|found| found.value),
        fixed_usd: dollars("fixed_usd"),
    };
    table.finish(&[]);
    Some(model)
}

fn amount(dollars: f64) -> bool {
    dollars >= 0.0 && dollars.is_finite()
}

/// What a failure costs by class: what `[cost.failures]` says, else `review`.
fn failures(table: &Table<'_>, review: Option<f64>) -> Option<[f64; FAILURE_CLASSES.len()]> {
    let stated = table.table("failures", "[cost.failures]").map(|failures| {
        let of = |(_, name)| failures.number(name, "an amount of dollars, 0 or more", amount).map(|found| found.value);
        let by_class = FAILURE_CLASSES.map(of);
        // What is wrong with a class of its own was reported.
        let silent: Vec<&str> =
            FAILURE_CLASSES.iter().map(|row| row.1).filter(|name| failures.get(name).is_none()).collect();
        if table.get("review_usd").is_none() && !silent.is_empty() {
            let help = format!(
                "[cost.failures] says nothing of {}: state what any other failure costs, 0 if nothing",
                list(&silent)
            );
            table.missing("review_usd", &help);
        }
        failures.finish(&[]);
        by_class
    });
    let by_class = stated.unwrap_or_default().map(|usd| usd.or(review));
    let all: Option<Vec<f64>> = by_class.into_iter().collect();
    all.and_then(|all| all.try_into().ok())
}
