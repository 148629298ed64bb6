//! What each arm will use, cost and take, from what the walk found.

use super::super::CommandError;
use super::walk::{ArmWalked, Place, Walked};
use crate::domain::Usd;
use crate::forecast::{ArmForecast, Basis, Context, Cost, Learned, Observed};
use crate::pricing::{Limits, LongContext, PriceTable, Tier};
use crate::provider::Dialect;
use crate::replay::{Arm, Live, Planned, Survey, asked};
use crate::store::{Fields, StoreError};
use crate::suite::RECORDED;

/// How many of the newest answers are looked at for those of a model.
const NEWEST: usize = 1_000;
/// What tells that two requests ask the same model at the same place.
const SAME_MODEL: &[&str] = &["host", "path", "body.model"];
/// How the names of the models begin whose own vocabulary the tokens are counted by.
const OWN_VOCABULARY: &[&str] = &["gpt-4.1", "gpt-4o", "gpt-5", "o1", "o3", "o4-mini"];

/// What is known of how an arm answers.
pub(super) struct Habits<'a> {
    arm: &'a Arm,
    observed: &'a Observed,
    output: Learned,
    latency: Learned,
}

impl<'a> Habits<'a> {
    /// What the stored answers of the arm tell, else those of its model, else the recorded ones, else its limit.
    pub(super) fn learn(index: usize, walked: &'a Walked, survey: &Survey<'a>) -> Result<Self, CommandError> {
        let (arm, observed) = (&survey.arms[index], &walked.arms[index].observed);
        let own = |answers| Basis::OwnAnswers { answers };
        let (mut output, mut latency) = (observed.output_tokens(own), observed.latency_ms(own));
        if output.is_none() || latency.is_none() {
            let model = of_the_model(index, walked, survey)?;
            let same = |answers| Basis::SameModel { answers };
            output = output.or_else(|| model.output_tokens(same));
            latency = latency.or_else(|| model.latency_ms(same));
        }
        let recorded = || walked.recorded.output_tokens(|answers| Basis::Recorded { answers });
        let limit = || Learned::limit(arm.live().and_then(|live| live.sampling.max_output_tokens));
        Ok(Self {
            arm,
            observed,
            output: output.or_else(recorded).unwrap_or_else(limit),
            latency: latency.unwrap_or(Learned::UNKNOWN),
        })
    }

    /// Input tokens of a request: as billed, else as counted and scaled.
    fn input(&self, place: &Place) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "tokens of one request stay far below 2^53")]
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and `as` saturates")]
        let scaled = || (place.counted as f64 * self.observed.ratio().unwrap_or(1.0)).round() as u64;
        place.billed.unwrap_or_else(scaled)
    }

    /// Input tokens of a trial: every step of a closed loop has the first request in it, the answers and the results.
    fn input_of_trial(&self, place: &Place) -> u64 {
        let answers = self.output.tokens().unwrap_or(0) * (place.steps * (place.steps.saturating_sub(1)) / 2);
        self.input(place) * place.steps + answers + place.results
    }

    /// What one trial likely costs; `None` is unknown.
    pub(super) fn expected(&self, place: &Place) -> Option<Usd> {
        let usage = self.observed.usage(self.input_of_trial(place), self.output.tokens()? * place.steps);
        self.arm.price.as_ref()?.cost(&usage, Tier::Standard)
    }

    /// Everything that is known of the arm before the run.
    pub(super) fn forecast(&self, index: usize, walked: &Walked) -> ArmForecast {
        let ArmWalked { requests, saved, damaged, images_to_buy, with_searches, .. } = walked.arms[index];
        let live = self.arm.live();
        let to_buy = || walked.places(index).filter(|place| place.to_buy > 0);
        let sum = |of: &dyn Fn(&Place) -> Option<Usd>| {
            to_buy().flat_map(|place| std::iter::repeat_n(place, place.to_buy)).map(of).sum::<Option<Usd>>()
        };
        let input_ratio = self.observed.ratio();
        ArmForecast {
            arm: self.arm.name.to_string(),
            model: live.map_or(RECORDED, |live| &live.model).to_owned(),
            recorded: live.is_none(),
            requests,
            cost: Cost {
                expected: sum(&|place| self.expected(place)),
                worst_case: sum(&|place| place.worst_case),
                saved,
            },
            input_tokens: to_buy().map(|place| self.input_of_trial(place) * place.to_buy as u64).sum(),
            vocabulary_is_its_own: live.is_some_and(has_the_vocabulary),
            input_ratio,
            // What was billed for the stored answers holds their images.
            uncounted_images: if input_ratio.is_none() { images_to_buy } else { 0 },
            with_searches,
            output_tokens: self.output,
            latency_ms: self.latency,
            context: live.map(|live| self.context(live, index, walked)),
            damaged,
        }
    }

    /// Milliseconds of a call.
    pub(super) fn latency_ms(&self) -> Option<f64> {
        self.latency.value
    }

    fn context(&self, live: &Live, index: usize, walked: &Walked) -> Context {
        let (limits, long) = limits(self.arm, live);
        let mut context = Context::new(&limits, long);
        for place in walked.places(index).filter(|place| place.is_sent) {
            context.add(self.input(place), live.sampling.max_output_tokens);
        }
        context
    }
}

/// What the model can take. A suite that states a price of its own says nothing of the window: the table may.
fn limits<'a>(arm: &'a Arm, live: &Live) -> (Limits, Option<&'a LongContext>) {
    let stated = arm.price.as_ref();
    let known = |limits: &Limits| limits.context.is_some() || limits.max_input.is_some();
    let listed = || PriceTable::builtin().price(&live.endpoint.name, &live.model).map(|price| price.limits);
    let limits = stated.map(|price| price.limits).filter(known).or_else(listed).unwrap_or_default();
    (limits, stated.and_then(|price| price.long_context.as_ref()))
}

fn has_the_vocabulary(live: &Live) -> bool {
    live.endpoint.dialect == Dialect::Native
        && live.endpoint.protocol.name.starts_with("openai")
        && OWN_VOCABULARY.iter().any(|name| live.model.starts_with(name))
}

/// The newest stored answers of an arm's model, whatever they were asked.
fn of_the_model(index: usize, walked: &Walked, survey: &Survey<'_>) -> Result<Observed, CommandError> {
    let mut observed = Observed::default();
    let first = walked.places(index).position(|place| place.is_sent);
    let Some((store, case)) = survey.store.zip(first) else { return Ok(observed) };
    let Some((_, wanted)) = asked(survey.dataset, survey.arms, Planned { case, arm: index, repeat: 0 })? else {
        return Ok(observed);
    };
    let same = |fields: &Fields| SAME_MODEL.iter().all(|path| fields.get(path) == wanted.get(path));
    for (key, _) in store.newest(NEWEST)?.into_iter().filter(|(_, fields)| same(fields)) {
        match store.get(&key, None) {
            Ok(Some(exchange)) => observed.add(exchange.reply.usage.as_ref(), None, Some(exchange.latency_ms)),
            // Gone since, or damaged: the others tell enough.
            Ok(None) | Err(StoreError::Damaged { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(observed)
}
