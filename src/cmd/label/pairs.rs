//! The pairs of answers that somebody should look at: those that differ and that the scorers do not decide alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::cmd::CommandError;
use crate::cmd::rescore::{Found, Stored};
use crate::domain::{Label, Outcome, Response, Score, answer_digest, labels_of};
use crate::run_dir::Kept;
use crate::score::HUMAN;

/// Two answers to the same case, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) case: String,
    /// The digests of the answers, the left one first.
    pub(super) answers: [String; 2],
    /// The rows of the table where they stand.
    pub(super) rows: [usize; 2],
}

/// What there is to label in a run.
#[derive(Debug)]
pub(super) struct Survey {
    /// Those to ask for, in their order.
    pub(super) open: Vec<Pair>,
    /// Pairs of answers to one case and repeat.
    compared: usize,
    /// Those that differ.
    differ: usize,
    /// Those of them that the scorers do not decide alike, or that somebody labelled.
    undecided: usize,
    /// Those that are labelled already.
    labelled: usize,
    /// Cases that ask something else by now, or are gone.
    left_out: usize,
}

/// A pair with its place in the order: what no scorer decides comes first.
type Keyed = ((u8, [u8; 32]), Pair);

/// One answer of the case that is being looked at.
struct Answer {
    row: usize,
    digest: String,
    /// What the scorers alone say: true is pass.
    passes: Option<bool>,
}

/// The answers of one case, by arm and repeat.
#[derive(Default)]
struct Group {
    case: String,
    labels: Vec<Label>,
    answers: BTreeMap<(usize, u32), Answer>,
}

impl Survey {
    /// Looks at every answer of a run, one group of rows in memory.
    pub(super) fn new(stored: &Stored, by: Option<&str>) -> Result<Self, CommandError> {
        let run = stored.run.manifest.run.as_str();
        let arms: Vec<&str> = stored.run.manifest.arms.iter().map(|arm| arm.name.as_str()).collect();
        let mut survey = Self { open: Vec::new(), compared: 0, differ: 0, undecided: 0, labelled: 0, left_out: 0 };
        let mut keyed: Vec<Keyed> = Vec::new();
        let mut cases = stored.cases();
        let mut left_out: BTreeSet<String> = BTreeSet::new();
        let mut group = Group::default();
        stored.run.each_kept(|row, kept| {
            if kept.case != group.case {
                let done = std::mem::replace(&mut group, Group { case: kept.case.clone(), ..Group::default() });
                survey.add(&done, (run, by), &mut keyed);
            }
            let Some(arm) = arms.iter().position(|arm| *arm == kept.arm) else { return Ok(()) };
            match cases.of(&kept)? {
                Found::Same(case) => group.labels.clone_from(&case.labels),
                Found::Changed | Found::Gone => {
                    left_out.insert(kept.case);
                    return Ok(());
                }
            }
            if let Some(response) = &kept.response {
                let answer = Answer { row, digest: answer_digest(response), passes: scorers_say(&kept.scores) };
                group.answers.insert((arm, kept.repeat), answer);
            }
            Ok::<_, CommandError>(())
        })?;
        survey.add(&group, (run, by), &mut keyed);
        keyed.sort_by_key(|(key, _)| *key);
        survey.open = keyed.into_iter().map(|(_, pair)| pair).collect();
        survey.left_out = left_out.len();
        Ok(survey)
    }

    /// Adds the pairs of one case.
    fn add(&mut self, group: &Group, (run, by): (&str, Option<&str>), keyed: &mut Vec<Keyed>) {
        let is_labelled =
            |answer: &str| labels_of(&group.labels, answer).any(|label| by.is_none() || label.by.as_deref() == by);
        let mut seen: BTreeSet<[&str; 2]> = BTreeSet::new();
        for (&(_, repeat), candidate) in group.answers.range((1, 0)..) {
            let Some(baseline) = group.answers.get(&(0, repeat)) else { continue };
            self.compared += 1;
            if baseline.digest == candidate.digest {
                continue;
            }
            self.differ += 1;
            let labelled = is_labelled(&baseline.digest) && is_labelled(&candidate.digest);
            let rank = match (baseline.passes, candidate.passes) {
                (Some(one), Some(other)) if one == other => None,
                (Some(_), Some(_)) => Some(1),
                (None, _) | (_, None) => Some(0),
            };
            self.undecided += usize::from(labelled || rank.is_some());
            self.labelled += usize::from(labelled);
            let mut answers = [baseline, candidate];
            answers.sort_by(|a, b| a.digest.cmp(&b.digest));
            let (Some(rank), false) = (rank, labelled) else { continue };
            if !seen.insert(answers.each_ref().map(|answer| answer.digest.as_str())) {
                continue;
            }
            // The order and the sides are as good as random, and the same whenever the run is labelled.
            let hash = Sha256::digest(
                [run, &group.case, &answers[0].digest, &answers[1].digest]
                    .map(|part| format!("{}:{part}", part.len()))
                    .concat(),
            );
            let hash: [u8; 32] = hash.into();
            if hash[31] % 2 == 1 {
                answers.reverse();
            }
            keyed.push((
                (rank, hash),
                Pair {
                    case: group.case.clone(),
                    answers: answers.each_ref().map(|answer| answer.digest.clone()),
                    rows: answers.each_ref().map(|answer| answer.row),
                },
            ));
        }
    }

    /// How much there is.
    pub(super) fn text(&self) -> String {
        let Self { compared, differ, undecided, labelled, left_out, open } = self;
        let mut text = format!(
            "{differ} of {compared} pairs differ, and the scorers decide {} of them alike; {labelled} labelled already, {} to \
             label",
            differ - undecided,
            open.len()
        );
        if *left_out > 0 {
            let ask = if *left_out == 1 { "case asks" } else { "cases ask" };
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{left_out} {ask} something else than when the run was made, or gone, and left out");
        }
        text
    }
}

/// What the scorers of the suite say together, people aside.
fn scorers_say(scores: &[Score]) -> Option<bool> {
    let scores: Vec<Score> = scores.iter().filter(|score| score.scorer != HUMAN).cloned().collect();
    match Outcome::of(&scores) {
        Outcome::Pass => Some(true),
        Outcome::Fail(_) => Some(false),
        Outcome::Unscored(_) => None,
    }
}

/// What a person sees of an answer.
pub(super) fn seen(kept: &Kept) -> String {
    let Some(Response { text, tool_calls, refusal, .. }) = &kept.response else { return String::new() };
    let text = (!text.is_empty()).then(|| text.clone());
    let refusal = refusal.as_ref().map(|words| format!("(refused) {words}"));
    let calls = tool_calls.iter().map(|call| format!("→ {}({})", call.name, call.arguments.text()));
    let parts: Vec<String> = text.into_iter().chain(refusal).chain(calls).collect();
    if parts.is_empty() { "(an empty answer)".to_owned() } else { parts.join("\n") }
}
