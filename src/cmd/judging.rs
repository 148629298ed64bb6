//! The judges of a run: asked about every answer once all are there, by the same replay, in a folder and a budget line of
//! their own; what they say is joined to the trials when the run is finished.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::Value;

use super::buying::{self, Bought};
use super::keys::Arms;
use super::manifest::arm_info;
use super::run::{Inputs, forsake, misses};
use super::{CommandError, signals};
use crate::dataset::{self, Dataset};
use crate::domain::{Case, FailureKind, Outcome, UnscoredReason, Usd};
use crate::replay::{Mode, Plan, Planned, missing};
use crate::run_dir::{JudgeInfo, Manifest, Record, RunDir, RunDirError};
use crate::suite::{JudgeSpec, LiveSpec};
use crate::terminal::Terminal;

/// What the judges are asked, a line a question.
const QUESTIONS: &str = "judge.jsonl";

/// The name under which the calls of a run's judges are paid for.
pub(super) fn recording(run: &str) -> String {
    format!("{run}-judges")
}

/// What the judges said of a run's answers.
pub(super) struct Judging<'a> {
    specs: &'a [JudgeSpec],
    arms: &'a [crate::suite::ArmSpec],
    run: RunDir,
    dataset: Dataset,
    plan: Plan,
}

/// The judges with their secrets. One that lacks a secret is told before anything is spent; where the mode may be chosen,
/// stored answers alone decide then.
pub(super) fn keys(inputs: &mut Inputs<'_>, is_chosen: bool, terminal: &Terminal) -> Result<Arms, CommandError> {
    let judges = Arms::of_judges(inputs.suite);
    if inputs.mode != Mode::Replay && !judges.complete() {
        let live = judges.live();
        if is_chosen {
            judges.require(&live)?;
        }
        let unset = judges.unset(live).join(" and ");
        terminal.note(&format!("{unset}: not set, so stored answers alone decide, as with `--mode replay`"));
        inputs.mode = Mode::Replay;
    }
    for spec in &inputs.suite.judges {
        for arm in also_arms(spec, &inputs.suite.arms) {
            terminal.note(&format!(
                "the judge `{}` is the model of `{arm}`: it may prefer its own answers",
                spec.judge.name
            ));
        }
    }
    Ok(judges)
}

/// Asks the judges about every answer; `None` where there is nothing to ask.
pub(super) fn judge<'a>(
    inputs: &Inputs<'a>,
    run: &RunDir,
    judges: &Arms,
    terminal: &Terminal,
) -> Result<Option<Judging<'a>>, CommandError> {
    let specs = &inputs.suite.judges;
    if specs.is_empty() {
        return Ok(None);
    }
    let path = run.path.join(QUESTIONS);
    let trials = questions(inputs, run, &path)?;
    if trials.is_empty() {
        return Ok(None);
    }
    let dataset = dataset::open(&path)?;
    let plan = Plan { trials };
    let inputs_of_judges = Inputs {
        dataset: &dataset,
        scorers: &[],
        arms: judges,
        plan: &plan,
        order: None,
        // A run and its judges share one budget.
        confirms: Some(&run.manifest.run),
        ..*inputs
    };
    if inputs.mode == Mode::Replay {
        let lacking = missing(&dataset, &judges.arms, inputs.store, &plan.trials)?;
        if !lacking.is_empty() {
            return Err(misses(lacking, &Inputs { confirms: None, ..inputs_of_judges }));
        }
    }
    let manifest = Manifest { run: recording(&run.manifest.run), ..run.manifest.clone() };
    let folder = run.path.join(&manifest.run);
    let goes_on = folder.join("manifest.json").is_file();
    let mut kept = if goes_on { RunDir::resume(&folder)? } else { RunDir::create(&run.path, &manifest)? };
    if goes_on && inputs.mode != Mode::Replay {
        forsake(inputs.store, &kept, terminal)?;
    }
    let Bought { ended, .. } = buying::buy(&inputs_of_judges, &mut kept, goes_on, terminal)?;
    if let Some(reason) = ended {
        return Err(buying::stopped(&reason, &kept, plan.trials.len()));
    }
    signals::end_at_the_next()?;
    Ok(Some(Judging { specs, arms: &inputs.suite.arms, run: kept, dataset, plan }))
}

/// Writes every question in the order of the dataset, and plans it. The same answers give the same file.
fn questions(inputs: &Inputs<'_>, run: &RunDir, path: &Path) -> Result<Vec<Planned>, CommandError> {
    let temporary = path.with_extension("jsonl.tmp");
    let mut file = BufWriter::new(File::create(&temporary)?);
    let mut trials = Vec::new();
    for (place, entry) in inputs.dataset.entries.iter().enumerate() {
        let case = inputs.dataset.read(place).map_err(|problem| vec![problem])?;
        for arm in &inputs.arms.arms {
            for repeat in inputs.repeats() {
                let Some(record) = run.record(&entry.id, &arm.name, repeat)? else { continue };
                for (arm, question) in questions_on(&record, &case, &inputs.suite.judges) {
                    writeln!(file, "{question}")?;
                    // The question itself says which answer it is about: equal ones are bought once.
                    trials.push(Planned { case: trials.len(), arm, repeat: 0 });
                }
            }
        }
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary, path)?;
    Ok(trials)
}

/// What the judges are asked about one answer: which judge, and the question.
fn questions_on(record: &Record, case: &Case, specs: &[JudgeSpec]) -> Vec<(usize, Value)> {
    let Some(response) = &record.response else { return Vec::new() };
    let asked = specs.iter().enumerate().filter(|(_, spec)| spec.judge.applies(case, response));
    asked.map(|(arm, spec)| (arm, spec.judge.question(&id(&spec.judge.name, record), case, response))).collect()
}

/// The id of a question. It is never sent.
fn id(judge: &str, record: &Record) -> String {
    serde_json::json!([judge, record.case, record.arm, record.repeat]).to_string()
}

impl Judging<'_> {
    /// A trial with what the judges said of it.
    pub(super) fn join(&self, mut record: Record) -> Result<Record, RunDirError> {
        let mut is_judged = false;
        for spec in self.specs {
            let name = &spec.judge.name;
            let Some(said) = self.run.record(&id(name, &record), name, 0)? else { continue };
            record.scores.push(score(spec, &said));
            is_judged = true;
        }
        if is_judged {
            record.outcome = Outcome::of(&record.scores);
        }
        Ok(record)
    }

    /// Every judge with what became of its calls.
    pub(super) fn info(&self) -> Result<Vec<JudgeInfo>, RunDirError> {
        let of = |spec: &JudgeSpec| JudgeInfo {
            asks: arm_info(&spec.asks),
            also_arms: also_arms(spec, self.arms).into_iter().map(str::to_owned).collect(),
            asked: 0,
            from_store: 0,
            unreadable: 0,
            failed: 0,
            cost: Some(Usd::ZERO),
            spend: Some(Usd::ZERO),
        };
        let mut infos: Vec<JudgeInfo> = self.specs.iter().map(of).collect();
        let mut returned: Vec<BTreeSet<String>> = vec![BTreeSet::new(); infos.len()];
        for planned in &self.plan.trials {
            let (spec, info) = (&self.specs[planned.arm], &mut infos[planned.arm]);
            let Some(said) = self.run.record(&self.dataset.entries[planned.case].id, &spec.judge.name, 0)? else {
                continue;
            };
            let outcome = score(spec, &said).outcome;
            info.asked += 1;
            info.from_store += usize::from(said.from_store);
            info.unreadable += usize::from(outcome == Outcome::Unscored(UnscoredReason::UnreadableJudge));
            info.failed += usize::from(outcome == Outcome::Unscored(UnscoredReason::JudgeFailed));
            info.cost = info.cost.zip(said.cost).map(|(sum, cost)| sum.plus(cost));
            info.spend = info.spend.zip(said.spend).map(|(sum, spend)| sum.plus(spend));
            returned[planned.arm].extend(said.model_returned);
        }
        for (info, returned) in infos.iter_mut().zip(returned) {
            info.asks.models_returned = returned.into_iter().collect();
        }
        Ok(infos)
    }
}

/// What a judge said, or why it said nothing.
fn score(spec: &JudgeSpec, said: &Record) -> crate::domain::Score {
    match (&said.response, &said.failure) {
        (Some(response), _) => spec.judge.read(&response.text),
        (None, failure) => {
            let kind = failure.as_ref().map_or("no answer", |failure| FailureKind::name(failure.kind));
            spec.judge.failed(kind)
        }
    }
}

/// The arms that ask the model of a judge.
fn also_arms<'a>(spec: &JudgeSpec, arms: &'a [crate::suite::ArmSpec]) -> Vec<&'a str> {
    let model = |live: &LiveSpec| (live.endpoint.base_url.clone(), live.model.clone());
    let judge = spec.asks.live().map(model);
    arms.iter().filter(|arm| arm.live().map(model) == judge).map(|arm| arm.name.as_str()).collect()
}
