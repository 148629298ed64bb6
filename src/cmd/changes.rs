//! What another judgement of the same answers changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::CommandError;
use crate::domain::{Outcome, Score};
use crate::run_dir::Kept;
use crate::terminal::Terminal;

/// How many changes are told one by one.
const TOLD: usize = 10;

/// What changed.
#[derive(Debug)]
pub(super) struct Changes {
    trials: usize,
    without_answer: usize,
    /// Outcomes that changed, by arm, in the order of the arms.
    arms: Vec<(String, usize)>,
    /// Judgements that changed, came or went, by scorer.
    scorers: BTreeMap<String, usize>,
    first: Vec<String>,
}

impl Changes {
    pub(super) fn new(arms: impl Iterator<Item = String>) -> Self {
        Self {
            trials: 0,
            without_answer: 0,
            arms: arms.map(|arm| (arm, 0)).collect(),
            scorers: BTreeMap::new(),
            first: Vec::new(),
        }
    }

    /// Counts a trial that has no answer to judge: it stays as it is.
    pub(super) fn without_answer(&mut self) {
        self.without_answer += 1;
    }

    /// Counts a trial that was judged anew.
    pub(super) fn add(&mut self, kept: &Kept, outcome: Outcome, scores: &[Score]) {
        self.trials += 1;
        for (name, changed) in by_scorer(&kept.scores, scores) {
            *self.scorers.entry(name).or_default() += changed;
        }
        if kept.outcome == outcome {
            return;
        }
        if let Some((_, count)) = self.arms.iter_mut().find(|(arm, _)| *arm == kept.arm) {
            *count += 1;
        }
        if self.first.len() < TOLD {
            let repeat = if kept.repeat > 0 { format!(", repeat {}", kept.repeat) } else { String::new() };
            let (from, to) = (word(kept.outcome), word(outcome));
            self.first.push(format!("{} ({}{repeat}): {from} → {to}", kept.case, kept.arm));
        }
    }

    /// How many outcomes changed.
    pub(super) fn outcomes(&self) -> usize {
        self.arms.iter().map(|(_, count)| count).sum()
    }

    /// Says it: as part of the result, or beside it where that is one document.
    pub(super) fn tell(&self, terminal: &Terminal) -> Result<(), CommandError> {
        if terminal.json {
            terminal.note(self.text().trim_end());
        } else {
            terminal.print(&format!("\n{}", crate::report::format::case::inert(&self.text())))?;
            terminal.print("\n")?;
        }
        Ok(())
    }

    fn text(&self) -> String {
        let listed = |counts: &mut dyn Iterator<Item = (&String, &usize)>| {
            let counts = counts.filter(|(_, count)| **count > 0).map(|(name, count)| format!("{name} {count}"));
            counts.collect::<Vec<_>>().join(", ")
        };
        let changed = self.outcomes();
        let mut text = format!("rescored {}: {changed} outcomes changed", answers(self.trials));
        let arms = listed(&mut self.arms.iter().map(|(name, count)| (name, count)));
        if !arms.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(text, " ({arms})");
        }
        let scorers = listed(&mut self.scorers.iter());
        if !scorers.is_empty() {
            let _ = write!(text, "; judgements that changed: {scorers}");
        }
        if self.without_answer > 0 {
            let _ = write!(text, "; {} trials have no answer, and stay as they were", self.without_answer);
        }
        for one in &self.first {
            let _ = write!(text, "\n  {one}");
        }
        if changed > self.first.len() {
            let _ = write!(text, "\n  and {} more", changed - self.first.len());
        }
        text
    }
}

fn answers(count: usize) -> String {
    format!("{count} {}", if count == 1 { "answer" } else { "answers" })
}

/// How many judgements of each scorer changed, came or went. Several scorers of one name are told apart by their order.
fn by_scorer(old: &[Score], new: &[Score]) -> BTreeMap<String, usize> {
    let of = |scores: &[Score]| {
        let mut all: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
        for score in scores {
            all.entry(score.scorer.clone()).or_default().push(score.outcome);
        }
        all
    };
    let (old, new) = (of(old), of(new));
    let mut changed = BTreeMap::new();
    for name in old.keys().chain(new.keys()) {
        let outcomes = |all: &BTreeMap<String, Vec<Outcome>>| all.get(name).cloned().unwrap_or_default();
        let (old, new) = (outcomes(&old), outcomes(&new));
        let differ = old.iter().zip(&new).filter(|(old, new)| old != new).count() + old.len().abs_diff(new.len());
        if differ > 0 {
            changed.insert(name.clone(), differ);
        }
    }
    changed
}

fn word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Fail(None) => "fail".to_owned(),
        Outcome::Fail(Some(fault)) => format!("fail ({})", fault.name()),
        Outcome::Unscored(reason) => format!("unscored ({})", reason.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ToolFault, UnscoredReason};

    fn score(scorer: &str, outcome: Outcome) -> Score {
        Score { scorer: scorer.to_owned(), outcome, why: None, value: None, labels: None }
    }

    fn kept(case: &str, arm: &str, outcome: Outcome) -> Kept {
        Kept {
            case: case.to_owned(),
            arm: arm.to_owned(),
            repeat: u32::from(case == "b"),
            key: None,
            response: None,
            failure: None,
            outcome,
            scores: vec![score("exact", outcome)],
        }
    }

    #[test]
    fn what_changed_is_counted_by_arm_and_scorer_and_the_first_are_named() {
        let mut changes = Changes::new(["baseline", "new"].map(str::to_owned).into_iter());
        let fault = Outcome::Fail(Some(ToolFault::NotCalled));
        let unscored = Outcome::Unscored(UnscoredReason::Unlabelled);
        changes.add(&kept("a", "baseline", Outcome::Pass), Outcome::Pass, &[score("exact", Outcome::Pass)]);
        changes.add(&kept("a", "new", Outcome::Pass), fault, &[score("tool_call", fault)]);
        changes.add(
            &kept("b", "new", unscored),
            Outcome::Pass,
            &[score("exact", unscored), score("human", Outcome::Pass)],
        );
        changes.without_answer();
        assert_eq!(changes.outcomes(), 2);
        assert_eq!(
            changes.text(),
            "rescored 3 answers: 2 outcomes changed (new 2); judgements that changed: exact 1, human 1, tool_call 1; \
             1 trials have no answer, and stay as they were\n  a (new): pass → fail (not_called)\n  \
             b (new, repeat 1): unscored (unlabelled) → pass"
        );
    }
}
