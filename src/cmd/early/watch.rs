//! What the answers so far decide: looks at the longest finished prefix of the cases in their order, so that it does not
//! matter in which order answers come in.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cmd::CommandError;
use crate::cmd::run::Inputs;
use crate::compare::{Metric, Sequence, counts, success};
use crate::dataset::Entry;
use crate::domain::Trial;
use crate::gate::{Gate, Rule};
use crate::replay::Planned;
use crate::run_dir::RunDir;
use crate::stats::pairing::CaseScores;
use crate::stats::verdict::Class;

/// The metrics that can be read after every case: their differences lie between −1 and 1.
const SHARES: [Metric; 2] = [Metric::Accuracy, Metric::ToolCallFailureRate];

/// What is watched.
#[derive(Clone, Copy)]
struct Watched<'a> {
    entries: &'a [Entry],
    /// The places of the cases in the order of looking; the cases of a cluster stand together.
    order: &'a [usize],
    arms: usize,
    gate: &'a Gate,
}

/// Answers that wait for their turn, and what those before them say.
pub(in crate::cmd) struct Watch<'a> {
    watched: Watched<'a>,
    repeats: Range<u32>,
    /// The place of every case in the order.
    ranks: Vec<usize>,
    /// Cases that are not whole, or come after one that is not, by their place in the order.
    waiting: BTreeMap<usize, Answers>,
    /// Cases that were taken.
    taken: usize,
    /// The cases of the last cluster, as long as it is not whole.
    cluster: Vec<Answers>,
    /// The questions of every candidate.
    candidates: Vec<Vec<Question<'a>>>,
    stopped_at: Option<usize>,
}

/// The scores of one case.
struct Answers {
    case: usize,
    involves_tools: bool,
    /// Trials that are not in.
    left: usize,
    /// Of each share, the successes by arm and repeat.
    successes: [Vec<Option<f64>>; SHARES.len()],
}

/// One rule that is asked of one candidate.
struct Question<'a> {
    rule: &'a Rule,
    margin: f64,
    share: usize,
    sequence: Sequence,
}

impl<'a> Watch<'a> {
    /// Goes on after what a run has already; calls that are asked again are waited for.
    pub(in crate::cmd) fn go_on(inputs: &Inputs<'a>, order: &'a [usize], run: &RunDir) -> Result<Self, CommandError> {
        let (entries, arms) = (&inputs.dataset.entries, &inputs.arms.arms);
        let watched = Watched { entries, order, arms: arms.len(), gate: &inputs.suite.gate };
        let mut watch = Self::new(watched, inputs.repeats());
        for &case in order {
            for (arm, name) in arms.iter().map(|arm| &arm.name).enumerate() {
                for repeat in inputs.repeats() {
                    if !run.is_done(&entries[case].id, name, repeat) {
                        continue;
                    }
                    if let Some(record) = run.record(&entries[case].id, name, repeat)? {
                        watch.add(Planned { case, arm, repeat }, &record.trial());
                    }
                }
            }
        }
        Ok(watch)
    }

    fn new(watched: Watched<'a>, repeats: Range<u32>) -> Self {
        let mut ranks = vec![0; watched.order.len()];
        for (rank, &case) in watched.order.iter().enumerate() {
            ranks[case] = rank;
        }
        let question = |rule: &'a Rule| {
            let share = SHARES.iter().position(|share| *share == rule.metric)?;
            let gate = watched.gate;
            let sequence = Sequence::new(gate.confidence, gate.needed_pairs(rule.slice.is_some()));
            Some(Question { rule, margin: rule.early_margin()?, share, sequence })
        };
        let candidates = (1..watched.arms).map(|_| watched.gate.rules.iter().filter_map(question).collect());
        Self {
            watched,
            repeats,
            ranks,
            waiting: BTreeMap::new(),
            taken: 0,
            cluster: Vec::new(),
            candidates: candidates.collect(),
            stopped_at: None,
        }
    }

    /// After how many cases every question was decided, where that was before the last case.
    pub(in crate::cmd) fn stopped_at(&self) -> Option<usize> {
        self.stopped_at.filter(|cases| *cases < self.watched.order.len())
    }

    /// Takes a finished trial, and looks at every case that is whole with it and has no other before it that is not.
    pub(in crate::cmd) fn add(&mut self, planned: Planned, trial: &Trial) {
        let rank = self.ranks[planned.case];
        if self.stopped_at.is_some() || rank < self.taken {
            return;
        }
        let repeats = self.repeats.len();
        let trials = self.watched.arms * repeats;
        let answers = self.waiting.entry(rank).or_insert_with(|| Answers {
            case: planned.case,
            involves_tools: trial.involves_tools,
            left: trials,
            successes: [vec![None; trials], vec![None; trials]],
        });
        let place = planned.arm * repeats + (planned.repeat - self.repeats.start) as usize;
        for (successes, share) in answers.successes.iter_mut().zip(SHARES) {
            successes[place] = success(share, trial);
        }
        answers.left -= 1;
        while self.stopped_at.is_none()
            && let Some(next) = self.waiting.first_entry()
            && *next.key() == self.taken
            && next.get().left == 0
        {
            self.cluster.push(next.remove());
            self.taken += 1;
            if self.cluster_is_whole() {
                self.look();
            }
        }
    }

    /// Whether the next case belongs to another cluster than the last that was taken.
    fn cluster_is_whole(&self) -> bool {
        let Watched { entries, order, .. } = self.watched;
        let cluster = |place: usize| order.get(place).and_then(|&case| entries[case].cluster.as_deref());
        let last = cluster(self.taken - 1);
        last.is_none() || cluster(self.taken) != last
    }

    /// Takes a whole cluster into account, and stops when nothing is left to decide.
    fn look(&mut self) {
        let repeats = self.repeats.len();
        let cluster = std::mem::take(&mut self.cluster);
        for (candidate, questions) in self.candidates.iter_mut().enumerate() {
            for question in questions {
                let counted = cluster.iter().filter(|answers| question.counts(answers, self.watched.entries));
                let scores: Vec<CaseScores<'_>> = counted
                    .map(|answers| {
                        let of_arm = |arm: usize| &answers.successes[question.share][arm * repeats..][..repeats];
                        CaseScores { baseline: of_arm(0), candidate: of_arm(candidate + 1) }
                    })
                    .collect();
                question.sequence.add(&scores);
            }
        }
        let gate = self.watched.gate;
        if self.candidates.iter().all(|questions| is_decided(questions, gate)) {
            self.stopped_at = Some(self.taken);
            self.waiting.clear();
        }
    }
}

/// One rule that is broken decides; else all must be shown to hold.
fn is_decided(questions: &[Question<'_>], gate: &Gate) -> bool {
    let mut classes = questions.iter().map(|question| question.class(gate));
    classes.clone().any(|class| class == Class::Worse) || classes.all(|class| class == Class::NotWorse)
}

impl Question<'_> {
    fn counts(&self, answers: &Answers, entries: &[Entry]) -> bool {
        let tags = &entries[answers.case].tags;
        let in_slice = self.rule.slice.as_ref().is_none_or(|(tag, value)| tags.get(tag) == Some(value));
        in_slice && counts(self.rule.metric, answers.involves_tools)
    }

    /// What the gate would say at a stop.
    fn class(&self, gate: &Gate) -> Class {
        let (pairs, missing) = (self.sequence.pairs(), self.sequence.missing());
        let has_data = pairs >= gate.needed_pairs(self.rule.slice.is_some()) && gate.covers(pairs, missing);
        if has_data { self.sequence.class(self.margin) } else { Class::Inconclusive }
    }
}

#[cfg(test)]
mod tests;
