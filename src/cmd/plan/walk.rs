//! The walk through the cases: every request is encoded, looked up and counted, none is sent.

use std::collections::HashSet;

use super::super::CommandError;
use super::super::translations::Translations;
use crate::dataset::tokens;
use crate::domain::{Case, Tool, Usd};
use crate::forecast::{Call, Observed, Requests};
use crate::replay::{Held, Plan, Planned, Survey};
use crate::score::{Configured, looks_at_calls};
use crate::store::Key;

/// What was found on the way. It holds no text.
pub(super) struct Walked {
    /// By case, then by arm.
    places: Vec<Place>,
    /// Whether a trial's answer must be bought, by case, arm and repeat.
    to_buy: Vec<bool>,
    pub(super) arms: Vec<ArmWalked>,
    pub(super) cases: Vec<CaseWalked>,
    /// Cases whose arms are asked again with the results of their calls.
    pub(super) closed_loops: usize,
    /// The answers that production gave.
    pub(super) recorded: Observed,
    repeats: usize,
}

/// A case in an arm.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// Whether it is sent at all.
    pub(super) is_sent: bool,
    /// Input tokens as counted here.
    pub(super) counted: u64,
    /// Input tokens as the provider counted them for a stored answer.
    pub(super) billed: Option<u64>,
    /// The calls that a trial likely makes, and the tokens that the results of earlier ones add to all of them together.
    pub(super) steps: u64,
    pub(super) results: u64,
    /// The most that one of its trials can cost.
    pub(super) worst_case: Option<Usd>,
    /// How many of its answers must be bought.
    pub(super) to_buy: usize,
}

/// What was found for an arm.
#[derive(Debug, Default)]
pub(super) struct ArmWalked {
    pub(super) requests: Requests,
    /// The calls that buying likely takes.
    pub(super) calls: usize,
    /// What the stored answers cost; `None` once the cost of one is unknown.
    pub(super) saved: Option<Usd>,
    pub(super) damaged: usize,
    pub(super) observed: Observed,
    pub(super) images_to_buy: u64,
    pub(super) with_searches: usize,
}

/// What a case is good for.
#[derive(Debug, Clone, Copy)]
pub(super) struct CaseWalked {
    /// Whether a scorer has something to say of it.
    pub(super) is_judged: bool,
    /// Whether it counts in the tool-call failure rate.
    pub(super) involves_tools: bool,
    /// Whether a scorer looks at its tool calls.
    pub(super) has_judged_tools: bool,
}

/// Walks through all cases, arms and repeats.
pub(super) fn walk(
    survey: &Survey<'_>,
    repeats: u32,
    translations: &Translations,
    scorers: &[Configured],
) -> Result<Walked, CommandError> {
    let (cases, arms) = (survey.dataset.entries.len(), survey.arms.len());
    let mut walked = Walked {
        places: Vec::with_capacity(cases * arms),
        to_buy: Vec::with_capacity(cases * arms * repeats as usize),
        arms: (0..arms).map(|_| ArmWalked { saved: Some(Usd::ZERO), ..ArmWalked::default() }).collect(),
        cases: Vec::with_capacity(cases),
        closed_loops: 0,
        recorded: Observed::default(),
        repeats: repeats as usize,
    };
    let mut bought = HashSet::new();
    for index in 0..cases {
        let case = survey.dataset.read(index).map_err(|problem| vec![problem])?;
        walked.cases.push(judged(&case, scorers));
        walked.closed_loops += usize::from(case.is_closed_loop());
        walked.add_recorded(&case);
        let input = tokens::input(&case);
        let (steps, results) = steps(&case, survey.max_steps);
        for arm in 0..arms {
            let of = |repeat| Planned { case: index, arm, repeat };
            let mut place = Place { counted: input.tokens, steps, results, ..Place::default() };
            for repeat in 0..repeats {
                let is_sent = translations.is_sent(of(repeat));
                let to_buy = is_sent && walked.add(survey, of(repeat), (&case, &mut place, &mut bought))?;
                walked.to_buy.push(to_buy);
            }
            let found = &mut walked.arms[arm];
            found.images_to_buy += input.images * place.to_buy as u64;
            found.calls += place.to_buy * usize::try_from(steps).unwrap_or(usize::MAX);
            if case.tools.contains(&Tool::WebSearch) {
                found.with_searches += place.to_buy;
            }
            walked.places.push(place);
        }
    }
    Ok(walked)
}

fn judged(case: &Case, scorers: &[Configured]) -> CaseWalked {
    let heard = |scorer: &&Configured| scorer.applies(case);
    CaseWalked {
        is_judged: scorers.iter().any(|scorer| heard(&scorer)),
        involves_tools: case.involves_tools(),
        has_judged_tools: case.involves_tools()
            && scorers.iter().filter(heard).any(|scorer| looks_at_calls(scorer.kind)),
    }
}

/// How many calls a trial of a case likely makes, and what the results of earlier ones add to their input: as the
/// recording had it, where a call is answered at a time.
fn steps(case: &Case, max_steps: u32) -> (u64, u64) {
    let Some(results) = &case.tool_results else { return (1, 0) };
    let steps = u64::from(max_steps).min(1 + results.len() as u64);
    let each: u64 = results.iter().map(|result| tokens::count(&result.result)).sum();
    // Half of the steps come after a result, on average.
    (steps, each * steps / 2)
}

impl Walked {
    /// A case in an arm.
    pub(super) fn place(&self, case: usize, arm: usize) -> &Place {
        &self.places[case * self.arms.len() + arm]
    }

    /// The cases of an arm, in order.
    pub(super) fn places(&self, arm: usize) -> impl Iterator<Item = &Place> {
        self.places.iter().skip(arm).step_by(self.arms.len())
    }

    /// What the calls to buy cost, in the order of the plan.
    pub(super) fn calls<'a>(
        &'a self,
        plan: &'a Plan,
        expected: &'a dyn Fn(usize, &Place) -> Option<Usd>,
    ) -> impl Iterator<Item = Call> + 'a {
        let to_buy = |planned: &&Planned| {
            let place = planned.case * self.arms.len() + planned.arm;
            self.to_buy[place * self.repeats + planned.repeat as usize]
        };
        plan.trials.iter().filter(to_buy).map(|planned| {
            let place = self.place(planned.case, planned.arm);
            Call { expected: expected(planned.arm, place), worst_case: place.worst_case }
        })
    }

    /// Looks at a trial that is sent. Whether its answer must be bought.
    fn add(
        &mut self,
        survey: &Survey<'_>,
        planned: Planned,
        (case, place, bought): (&Case, &mut Place, &mut HashSet<Key>),
    ) -> Result<bool, CommandError> {
        let Some(surveyed) = survey.trial(planned, case)? else { return Ok(false) };
        let arm = &mut self.arms[planned.arm];
        arm.requests.planned += 1;
        (place.is_sent, place.worst_case) = (true, surveyed.worst_case);
        match surveyed.held {
            Held::Answer { usage, latency_ms, cost } => {
                arm.requests.stored += 1;
                arm.saved = arm.saved.zip(cost).map(|(saved, cost)| saved.plus(cost));
                arm.observed.add(usage.as_ref(), Some(place.counted), Some(latency_ms));
                place.billed = place.billed.or(usage.and_then(|usage| usage.input_tokens));
                return Ok(false);
            }
            Held::Conversation { answers, cost } => {
                arm.requests.stored += 1;
                arm.saved = arm.saved.zip(cost).map(|(saved, cost)| saved.plus(cost));
                let first = answers.first().and_then(|(usage, _)| usage.as_ref()?.input_tokens);
                place.billed = place.billed.or(first);
                for (step, (usage, latency_ms)) in answers.iter().enumerate() {
                    let counted = (step == 0).then_some(place.counted);
                    arm.observed.add(usage.as_ref(), counted, Some(*latency_ms));
                }
                return Ok(false);
            }
            Held::Damaged => arm.damaged += 1,
            Held::Missing => {}
        }
        // Closed loops that begin alike go on as their answers and recordings do.
        let is_first = case.is_closed_loop() || bought.insert(surveyed.key);
        if is_first {
            arm.requests.to_buy += 1;
            place.to_buy += 1;
        } else {
            arm.requests.equal += 1;
        }
        Ok(is_first)
    }

    fn add_recorded(&mut self, case: &Case) {
        let Some(recorded) = &case.recorded else { return };
        let Ok(response) = &recorded.result else { return };
        let reported = recorded.usage.and_then(|usage| usage.output_tokens);
        self.recorded.add_output(reported.unwrap_or_else(|| tokens::output(response)));
    }
}
