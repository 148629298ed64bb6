//! A closed loop: the calls of an answer are answered from the case's recording, and the arm is asked again, until an
//! answer makes no call or the loop is ended. Every step is an ordinary request.

use std::sync::Arc;

use super::ahead::{Ready, Seen};
use super::prepared::{self, Bound, Prepared};
use super::tools::{Signature, Tools};
use super::total::Total;
use super::{Arm, Done, Job, Live, Mode, Planned, ReplayError, Retry, Stored, buy};
use crate::dataset::Dataset;
use crate::domain::{
    Case, Content, Exchange, FinishReason, Message, Response, Role, ToolCall, ToolChoice, ToolFault, ToolResult, Usd,
};
use crate::store::{Store, StoreError};

/// The same calls so often in a row are a loop.
const LOOP: usize = 3;
/// More tokens than surround a message of an answer or of a result, with the ids of calls.
const AROUND: u64 = 256;

/// Why a closed loop was ended although the model makes further calls: a fail that the model caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The fault.
    pub fault: ToolFault,
    /// What was found.
    pub why: String,
}

/// A conversation that goes on.
struct Conversation<'a> {
    /// The case, with the messages so far.
    asked: Case,
    tools: Tools<'a>,
    max_steps: u32,
    /// Answers so far.
    answers: u32,
    /// The calls of the last answer, and how often in a row they were made.
    last: (Vec<Signature>, usize),
}

/// What comes after an answer.
enum Next {
    /// The arm is asked again.
    Ask,
    /// The conversation is over, ended or not.
    Over(Option<Ended>),
}

impl<'a> Conversation<'a> {
    fn new(case: &'a Case, max_steps: u32) -> Self {
        let tools = Tools::new(case.tool_results.as_deref().unwrap_or_default());
        Self { asked: case.clone(), tools, max_steps, answers: 0, last: (Vec::new(), 0) }
    }

    /// Takes an answer: appends it and the results of its calls, unless it is the last one.
    fn take(&mut self, response: &Response) -> Next {
        self.answers += 1;
        if response.tool_calls.is_empty() || is_spoiled(response) {
            return Next::Over(None);
        }
        let results = match self.results(&response.tool_calls) {
            Ok(results) => results,
            Err(ended) => return Next::Over(Some(ended)),
        };
        if self.answers >= self.max_steps {
            let why = format!("{} answers, and the last one still makes calls", self.answers);
            return Next::Over(Some(Ended { fault: ToolFault::TooManySteps, why }));
        }
        let said = (!response.text.is_empty()).then(|| Content::Text(response.text.clone()));
        let blank = Message {
            role: Role::Assistant,
            content: said,
            name: None,
            tool_calls: response.tool_calls.clone(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        };
        let answered = response.tool_calls.iter().zip(results).map(|(call, result)| Message {
            role: Role::Tool,
            content: Some(Content::Text(result.result.clone())),
            tool_calls: Vec::new(),
            tool_call_id: call.id.clone(),
            is_error: result.is_error,
            ..blank.clone()
        });
        self.asked.messages.extend(std::iter::once(blank.clone()).chain(answered));
        // A call that was demanded was made: demanded of every answer, no conversation would end.
        if let Some(ToolChoice::Required | ToolChoice::Named(_)) = self.asked.tool_choice {
            self.asked.tool_choice = Some(ToolChoice::Auto);
        }
        Next::Ask
    }

    /// The results of an answer's calls, in their order.
    fn results(&mut self, calls: &[ToolCall]) -> Result<Vec<&'a ToolResult>, Ended> {
        let mut results = Vec::with_capacity(calls.len());
        let mut made: Vec<Signature> = Vec::with_capacity(calls.len());
        let mut is_news = false;
        for call in calls {
            let Some(answer) = self.tools.answer(call) else {
                let why = format!("{}({}) is not on record", shown(&call.name), shown(call.arguments.text()));
                return Err(Ended { fault: ToolFault::UnmatchedCall, why });
            };
            // What brings something new is no loop, however often the recording has it.
            is_news |= answer.is_new;
            let times = 1 + made.iter().filter(|other| **other == answer.signature).count();
            if times >= LOOP && !answer.is_new {
                return Err(looped(call, times, "in one answer"));
            }
            results.push(answer.result);
            made.push(answer.signature);
        }
        made.sort_unstable();
        let times = if made == self.last.0 { self.last.1 + 1 } else { 1 };
        self.last = (made, times);
        match calls.first().filter(|_| times >= LOOP && !is_news) {
            Some(call) => Err(looped(call, times, "in a row")),
            None => Ok(results),
        }
    }
}

fn looped(call: &ToolCall, times: usize, how: &str) -> Ended {
    let why = format!("{}({}) {times} times {how}", shown(&call.name), shown(call.arguments.text()));
    Ended { fault: ToolFault::Looped, why }
}

/// The beginning of a text that a model wrote.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether the answer was refused, cut or broken: its calls are not carried out.
fn is_spoiled(response: &Response) -> bool {
    let is_whole =
        matches!(response.finish_reason, FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Unknown);
    !is_whole || response.refusal.is_some()
}

/// What every further step adds to the input at most, in tokens: the answer, which was so many tokens, and every result
/// on record twice, as a third time in one answer would be a loop.
fn growth(case: &Case, max_output_tokens: u64) -> u64 {
    let results = case.tool_results.iter().flatten();
    let of = |result: &ToolResult| AROUND + (result.name.len() + result.result.len()) as u64;
    let results = results.map(|result| 2 * of(result)).fold(0, u64::saturating_add);
    max_output_tokens.saturating_add(AROUND).saturating_add(results)
}

/// What a step can use at most, from what the first one can and what each one adds.
fn bound_of_step(first: Bound, growth: u64, before: u32) -> Bound {
    let grown = growth.saturating_mul(u64::from(before));
    Bound { input_tokens: first.input_tokens.saturating_add(grown), ..first }
}

/// The most that the calls of a trial can cost, every step of it made; `None` when a price or a limit is unknown.
pub(super) fn worst_case(arm: &Arm, case: &Case, first: Bound, (retry, max_steps): (Retry, u32)) -> Option<Usd> {
    if !case.is_closed_loop() {
        return buy::worst_case(arm, first, retry);
    }
    let growth = growth(case, arm.live()?.sampling.max_output_tokens?);
    (0..max_steps).map(|before| buy::worst_case(arm, bound_of_step(first, growth, before), retry)).sum()
}

/// One trial of a closed loop; `None` when it was stopped between two steps. What was bought until then is stored, where
/// there is a store.
pub(super) async fn trial<'a>(
    job: &'a Job<'_>,
    live: &'a Live,
    Ready { planned, case, request }: Ready<'a>,
) -> Result<Option<Done>, ReplayError> {
    let mut conversation = Conversation::new(&case, job.max_steps);
    let mut next = match request {
        Some(request) => request,
        None => (prepared::of_case(job.dataset, live, planned, &case)?, Seen::Unknown),
    };
    let first = next.0.bound;
    let growth = live.sampling.max_output_tokens.map(|most| growth(&case, most));
    let mut total = Total::default();
    let ended = loop {
        if job.mode == Mode::Replay {
            next = on_record(job, next, &case, conversation.answers)?;
        }
        let ready = Ready { planned, case: Arc::clone(&case), request: Some(next) };
        let Some(step) = super::request(job, ready).await? else { return Ok(None) };
        let after = match &step.result {
            Ok(reply) => conversation.take(&reply.response),
            Err(_) => Next::Over(None),
        };
        total.add(step);
        match after {
            Next::Over(ended) => break ended,
            Next::Ask => {
                let mut prepared = prepared::of_case(job.dataset, live, planned, &conversation.asked)?;
                if let Some(growth) = growth {
                    let grown = bound_of_step(first, growth, conversation.answers).input_tokens;
                    prepared.bound.input_tokens = prepared.bound.input_tokens.min(grown);
                }
                next = (prepared, Seen::Unknown);
            }
        }
    };
    Ok(total.done(ended))
}

/// Looks a step up where nothing may be bought.
fn on_record<'a>(
    job: &Job<'_>,
    (prepared, seen): (Prepared<'a>, Seen),
    case: &Case,
    before: u32,
) -> Result<(Prepared<'a>, Seen), ReplayError> {
    if matches!(seen, Seen::Answer(_)) {
        return Ok((prepared, seen));
    }
    match super::stored(job, &prepared.key)? {
        Stored::Found(exchange) => Ok((prepared, Seen::Answer(exchange))),
        Stored::Missing | Stored::Damaged => Err(ReplayError::Miss {
            case: case.id.clone(),
            arm: job.arms[prepared.planned.arm].name.to_string(),
            repeat: prepared.planned.repeat,
            step: before + 1,
        }),
    }
}

/// The steps of a trial that a store holds from the first on, and the first one that it lacks; `None` where it holds all.
pub(super) fn stored<'a>(
    (dataset, live, store): (&Dataset, &'a Live, &Store),
    planned: Planned,
    case: &Case,
    max_steps: u32,
) -> Result<(Vec<Exchange>, Option<Prepared<'a>>), ReplayError> {
    let mut conversation = Conversation::new(case, max_steps);
    let mut steps = Vec::new();
    loop {
        let prepared = prepared::of_case(dataset, live, planned, &conversation.asked)?;
        let exchange = match store.get(&prepared.key, None) {
            Ok(Some(exchange)) => exchange,
            Ok(None) | Err(StoreError::Damaged { .. }) => return Ok((steps, Some(prepared))),
            Err(error) => return Err(error.into()),
        };
        let next = conversation.take(&exchange.reply.response);
        steps.push(exchange);
        if let Next::Over(_) = next {
            return Ok((steps, None));
        }
    }
}

#[cfg(test)]
mod tests;
