//! Where both arms come to the same, in words.

use super::change::Reading;
use super::economics::{known, missing_word};
use super::number::{Number, Style};
use crate::compare::{BreakEvenAnswer, BreakEvenRow, Economics, Quantity, Target};
use crate::stats::breakeven::{Feasibility, Obstacle};

/// One quantity of the candidate.
#[derive(Debug, Clone)]
pub(in crate::report) struct AnswerRow {
    pub label: &'static str,
    /// The baseline now, where it has such a quantity.
    pub baseline: Option<Reading>,
    /// The candidate now.
    pub candidate: Option<Reading>,
    /// What the candidate needs.
    pub needed: Reading,
    /// Whether it can have that.
    pub feasible: &'static str,
}

/// What is to be equal, and a row a quantity.
pub(super) fn answers(economics: &Economics) -> (String, Vec<AnswerRow>) {
    let target = match economics.break_even.target {
        Target::TotalPerTrial => "a trial with its failures comes to the same",
        Target::CostPerSuccess => "a success costs the same",
    };
    let rows = economics.break_even.rows.iter().map(answer).collect();
    (format!("Where {target} in both arms, one quantity of the candidate at a time"), rows)
}

fn answer(row: &BreakEvenRow) -> AnswerRow {
    let (label, style) = of_quantity(row.quantity);
    let now = |estimate: Option<_>| estimate.map(|estimate| known(Some(&estimate), style, "unknown"));
    let (needed, feasible) = match &row.answer {
        BreakEvenAnswer::Unknown(missing) => (Reading::Absent(missing_word(*missing)), "unknown"),
        BreakEvenAnswer::Found { value, feasibility } => {
            let needed = match value {
                Some(value) if value.value < 0.0 => Reading::Absent(below_nothing(row.quantity)),
                Some(value) => Reading::Known(Number::new(value, style, None)),
                None => Reading::Absent("no value does it"),
            };
            (needed, feasible(*feasibility))
        }
    };
    AnswerRow { label, baseline: now(row.baseline), candidate: now(row.candidate), needed, feasible }
}

fn of_quantity(quantity: Quantity) -> (&'static str, Style) {
    match quantity {
        Quantity::ErrorRate => ("Failures, at most", Style::Share),
        Quantity::SuccessRate => ("Success rate for equal cost per success, at least", Style::Share),
        Quantity::CachedShare => ("Input from the prompt cache, at least", Style::Share),
        Quantity::InputTokens => ("Input tokens of a call, at most", Style::Tokens),
        Quantity::OutputTokens => ("Output tokens of a call, at most", Style::Tokens),
        Quantity::CallsPerTask => ("Calls for each of the baseline's, at most", Style::Factor),
        Quantity::Prices => ("All its prices, at most", Style::Ratio),
        Quantity::Volume => ("Requests that earn back the assumed fixed cost", Style::Tokens),
    }
}

/// A value below nothing: how far the candidate is beyond what there can be.
fn below_nothing(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::CachedShare => "none needed",
        Quantity::ErrorRate
        | Quantity::SuccessRate
        | Quantity::InputTokens
        | Quantity::OutputTokens
        | Quantity::CallsPerTask
        | Quantity::Prices
        | Quantity::Volume => "less than nothing",
    }
}

fn feasible(feasibility: Feasibility) -> &'static str {
    match feasibility {
        Feasibility::AlreadyBetter => "reached already",
        Feasibility::Feasible => "possible",
        Feasibility::Impossible(Obstacle::BelowLeast) => "impossible: below the least there is",
        Feasibility::Impossible(Obstacle::AboveMost) => "impossible: above 100%",
        Feasibility::Impossible(Obstacle::NoInfluence) => "impossible: it does not change the cost",
        Feasibility::Impossible(Obstacle::FreeBaseline) => "impossible: the baseline costs nothing",
        Feasibility::Impossible(Obstacle::NoSaving) => "never: the candidate saves nothing",
    }
}

/// What retries alone ask of the candidate, where it does not give that yet.
pub(super) fn success_sentence(economics: &Economics) -> Option<String> {
    let row = economics.break_even.rows.iter().find(|row| row.quantity == Quantity::SuccessRate)?;
    let BreakEvenAnswer::Found { value: Some(value), feasibility } = &row.answer else { return None };
    let needed = Number::new(value, Style::Share, None).whole();
    let now = Style::Share.write(row.candidate?.value);
    match feasibility {
        Feasibility::AlreadyBetter => None,
        Feasibility::Feasible => {
            Some(format!("For retries alone to repay it, {needed} of its trials would have to succeed; {now} do."))
        }
        Feasibility::Impossible(_) => Some(format!(
            "Retries alone never repay it: {needed} of its trials would have to succeed, which is impossible."
        )),
    }
}
