//! The steps of a closed loop together: one trial, whose scorers read the last answer and the calls of all.

use super::conversation::Ended;
use super::{Done, Timing};
use crate::domain::{Reply, ToolCall, Usage, Usd};

/// What the steps so far come to.
#[derive(Default)]
pub(super) struct Total {
    /// The last step, with what it shares with those before it.
    sum: Option<Done>,
    /// The calls of the steps before the last.
    calls: Vec<ToolCall>,
}

impl Total {
    /// Adds a step. Tokens, costs and latencies are sums, unknown where one is unknown.
    pub(super) fn add(&mut self, step: Done) {
        let Some(before) = self.sum.take() else {
            self.sum = Some(step);
            return;
        };
        let Done { key, result, timing, mut attempts, from_store, single_flight, cost, spend, .. } = before;
        let (usage, warnings) = match result {
            Ok(Reply { response, usage, warnings, .. }) => {
                self.calls.extend(response.tool_calls);
                (usage, warnings)
            }
            // Nothing follows a step that failed.
            Err(_) => (None, Vec::new()),
        };
        attempts.extend(step.attempts);
        let all_stored = from_store && step.from_store;
        self.sum = Some(Done {
            // What the first step asked is what the case asks; the later ones follow from the answers.
            key,
            result: step.result.map(|reply| Reply {
                usage: usage.zip(reply.usage).map(|(one, other)| together(&one, &other)),
                warnings: warnings.into_iter().chain(reply.warnings).collect(),
                ..reply
            }),
            timing: Timing {
                latency_ms: timing.latency_ms.zip(step.timing.latency_ms).map(|(one, other)| one.saturating_add(other)),
                // Answers of different recordings met different load.
                recording: step.timing.recording.filter(|recording| Some(recording) == timing.recording.as_ref()),
                ..step.timing
            },
            attempts,
            from_store: all_stored,
            single_flight: all_stored && (single_flight || step.single_flight),
            cost: sum(cost, step.cost),
            spend: sum(spend, step.spend),
            ..step
        });
    }

    /// The trial: the last answer, with the calls of all in their order. A conversation has no one first token.
    pub(super) fn done(self, ended: Option<Ended>) -> Option<Done> {
        let Self { sum, mut calls } = self;
        let mut done = sum?;
        if let Ok(reply) = &mut done.result {
            calls.append(&mut reply.response.tool_calls);
            reply.response.tool_calls = calls;
        }
        done.timing.first_token_ms = None;
        Some(Done { ended, ..done })
    }
}

fn sum(one: Option<Usd>, other: Option<Usd>) -> Option<Usd> {
    one.zip(other).map(|(one, other)| one.plus(other))
}

/// Both counts; `None` where one is unknown.
fn together(one: &Usage, other: &Usage) -> Usage {
    let sum = |of: fn(&Usage) -> Option<u64>| of(one).zip(of(other)).map(|(one, other)| one.saturating_add(other));
    Usage {
        input_tokens: sum(|usage| usage.input_tokens),
        uncached_input_tokens: sum(|usage| usage.uncached_input_tokens),
        cache_read_tokens: sum(|usage| usage.cache_read_tokens),
        cache_write_5m_tokens: sum(|usage| usage.cache_write_5m_tokens),
        cache_write_1h_tokens: sum(|usage| usage.cache_write_1h_tokens),
        cache_write_other_tokens: sum(|usage| usage.cache_write_other_tokens),
        output_tokens: sum(|usage| usage.output_tokens),
        reasoning_tokens: sum(|usage| usage.reasoning_tokens),
        input_audio_tokens: sum(|usage| usage.input_audio_tokens),
        output_audio_tokens: sum(|usage| usage.output_audio_tokens),
        web_search_requests: sum(|usage| usage.web_search_requests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_unknown_where_one_step_does_not_tell_it() {
        let of = |input_tokens, reasoning_tokens| Usage { input_tokens, reasoning_tokens, ..Usage::default() };
        assert_eq!(together(&of(Some(3), Some(1)), &of(Some(4), None)), of(Some(7), None));
        let usd = |pico| Some(Usd::from_pico(pico));
        assert_eq!((sum(usd(3), usd(4)), sum(usd(3), None)), (usd(7), None));
    }
}
