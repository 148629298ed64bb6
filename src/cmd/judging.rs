//! The judges of a run: asked about every answer once all are there, by the same replay, in a folder and a budget line of
//! their own; what they say is joined to the trials when the run is finished.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::buying::{self, Bought};
use super::keys::Arms;
use super::manifest::arm_info;
use super::preferring::{self, Decided};
use super::run::{Inputs, forsake, misses};
use super::{CommandError, signals};
use crate::dataset::{self, Dataset};
use crate::domain::{Case, FailureKind, Outcome, UnscoredReason, Usd};
use crate::replay::{Mode, Plan, Planned, missing};
use crate::run_dir::{JudgeInfo, Manifest, Record, RunDir, RunDirError};
use crate::score::HUMAN;
use crate::suite::{JudgeSpec, LiveSpec, Suite};
use crate::terminal::Terminal;

/// What the judges are asked, a line a question.
const QUESTIONS: &str = "judge.jsonl";

/// The name under which the calls of a run's judges are paid for.
pub(super) fn recording(run: &str) -> String {
    format!("{run}-judges")
}

/// The questions, and what was said.
struct Asked {
    run: RunDir,
    dataset: Dataset,
    plan: Plan,
}

/// What the judges said of a run's answers.
pub(super) struct Judging<'a> {
    specs: &'a [JudgeSpec],
    arms: &'a [crate::suite::ArmSpec],
    asked: Option<Asked>,
    decided: Decided,
}

/// The judges with their secrets. One that lacks a secret is told before anything is spent; where the mode may be chosen,
/// stored answers alone decide then.
pub(super) fn keys(inputs: &mut Inputs<'_>, is_chosen: bool, terminal: &Terminal) -> Result<Arms, CommandError> {
    let judges = Arms::of_judges(inputs.suite);
    if inputs.mode != Mode::Replay && !judges.complete() {
        let live = judges.live();
        if is_chosen {
            // Where every answer is stored, nothing is spent before it is known whether every verdict is too.
            let Inputs { dataset, arms, plan, shelf, .. } = inputs;
            if inputs.mode == Mode::Record || !missing(dataset, &arms.arms, shelf, &plan.trials)?.is_empty() {
                judges.require(&live)?;
            }
            also_told(inputs, terminal);
            return Ok(judges);
        }
        let unset = judges.unset(live).join(" and ");
        terminal.note(&format!("{unset}: not set, so stored answers alone decide, as with `--mode replay`"));
        inputs.mode = Mode::Replay;
    }
    also_told(inputs, terminal);
    Ok(judges)
}

/// Says where a judge is the model of an arm.
fn also_told(inputs: &Inputs<'_>, terminal: &Terminal) {
    for spec in &inputs.suite.judges {
        for arm in also_arms(spec, &inputs.suite.arms) {
            terminal.note(&format!(
                "the judge `{}` is the model of `{arm}`: it may prefer its own answers",
                spec.judge.name
            ));
        }
    }
}

/// Asks the judges about every answer; `None` where there is nothing to ask.
pub(super) fn judge<'s>(
    (suite, inputs): (&'s Suite, &Inputs<'_>),
    run: &RunDir,
    judges: &Arms,
    terminal: &Terminal,
) -> Result<Option<Judging<'s>>, CommandError> {
    let specs = &suite.judges;
    if specs.is_empty() {
        return Ok(None);
    }
    let path = run.path.join(QUESTIONS);
    let (trials, decided) = questions(inputs, run, &path)?;
    let arms = &suite.arms;
    if trials.is_empty() {
        return Ok(Some(Judging { specs, arms, asked: None, decided }));
    }
    let dataset = dataset::open(&path)?;
    let plan = Plan { trials };
    let spenders: Vec<String> = inputs.spenders.iter().chain([&run.manifest.run]).cloned().collect();
    let inputs_of_judges = Inputs {
        dataset: &dataset,
        scorers: &[],
        arms: judges,
        plan: &plan,
        order: None,
        spenders: &spenders,
        ..*inputs
    };
    if inputs.mode == Mode::Replay {
        let lacking = missing(&dataset, &judges.arms, inputs.shelf, &plan.trials)?;
        if !lacking.is_empty() {
            return Err(misses(lacking, &Inputs { confirms: None, ..inputs_of_judges }));
        }
    }
    if inputs.mode == Mode::Auto && !judges.complete() {
        let lacking = missing(&dataset, &judges.arms, inputs.shelf, &plan.trials)?;
        judges.require(&lacking.iter().map(|planned| planned.arm).collect())?;
    }
    let manifest = Manifest { run: recording(&run.manifest.run), ..run.manifest.clone() };
    let folder = run.path.join(&manifest.run);
    let goes_on = folder.join("manifest.json").is_file();
    let mut kept = if goes_on { RunDir::resume(&folder)? } else { RunDir::create(&run.path, &manifest)? };
    if let Some(store) = inputs.shelf.store().filter(|_| goes_on && inputs.mode != Mode::Replay) {
        forsake(store, &kept, terminal)?;
    }
    let Bought { ended, .. } = buying::buy(&inputs_of_judges, &mut kept, goes_on, terminal)?;
    if let Some(reason) = ended {
        return Err(buying::stopped(&reason, &kept, plan.trials.len()));
    }
    signals::end_at_the_next()?;
    Ok(Some(Judging { specs, arms, asked: Some(Asked { run: kept, dataset, plan }), decided }))
}

/// Writes every question in the order of the dataset, and plans it. The same answers give the same file.
fn questions(inputs: &Inputs<'_>, run: &RunDir, path: &Path) -> Result<(Vec<Planned>, Decided), CommandError> {
    let temporary = path.with_extension("jsonl.tmp");
    let mut file = BufWriter::new(File::create(&temporary)?);
    let (mut trials, mut decided) = (Vec::new(), Decided::new());
    for (place, entry) in inputs.dataset.entries.iter().enumerate() {
        let case = inputs.dataset.read(place).map_err(|problem| vec![problem])?;
        let mut asked = Vec::new();
        for arm in &inputs.arms.arms {
            for repeat in inputs.repeats() {
                let Some(record) = run.record(&entry.id, &arm.name, repeat)? else { continue };
                asked.extend(questions_on(&record, &case, &inputs.suite.judges));
            }
        }
        asked.extend(preferring::questions(inputs, run, &case, &mut decided)?);
        for (arm, question) in asked {
            writeln!(file, "{question}")?;
            // The question itself says which answer it is about: equal ones are bought once.
            trials.push(Planned { case: trials.len(), arm, repeat: 0 });
        }
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary, path)?;
    Ok((trials, decided))
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
        let pointwise = self.specs.iter().filter(|spec| !spec.judge.pairwise);
        for (spec, asked) in pointwise.filter_map(|spec| Some((spec, self.asked.as_ref()?))) {
            let name = &spec.judge.name;
            let Some(said) = asked.run.record(&id(name, &record), name, 0)? else { continue };
            record.scores.push(score(spec, &said));
            is_judged = true;
        }
        // What people say of this very answer stands, whatever the judges say.
        let is_labelled = record.scores.iter().any(|score| score.scorer == HUMAN);
        if is_judged && !is_labelled {
            record.outcome = Outcome::of(&record.scores);
        }
        // A preference is no pass and no fail of an answer: it comes after the outcome is made.
        for spec in self.specs.iter().filter(|spec| spec.judge.pairwise) {
            let said = self.asked.as_ref().map(|asked| &asked.run);
            record.scores.extend(preferring::preference(spec, &record, &self.decided, said)?);
        }
        Ok(record)
    }

    /// Every judge with what became of its calls.
    pub(super) fn info(&self) -> Result<Vec<JudgeInfo>, RunDirError> {
        let of = |spec: &JudgeSpec| JudgeInfo {
            rubric_sha256: rubric_sha256(spec),
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
        for (planned, asked) in
            self.asked.iter().flat_map(|asked| asked.plan.trials.iter().map(move |one| (one, asked)))
        {
            let (spec, info) = (&self.specs[planned.arm], &mut infos[planned.arm]);
            let Some(said) = asked.run.record(&asked.dataset.entries[planned.case].id, &spec.judge.name, 0)? else {
                continue;
            };
            let outcome = if spec.judge.pairwise {
                preferring::heard(spec, &said).map_or_else(|score| score.outcome, |_| Outcome::Pass)
            } else {
                score(spec, &said).outcome
            };
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
        (None, _) => failed(spec, said),
    }
}

/// Why a judge said nothing.
pub(super) fn failed(spec: &JudgeSpec, said: &Record) -> crate::domain::Score {
    let kind = said.failure.as_ref().map_or("no answer", |failure| FailureKind::name(failure.kind));
    spec.judge.failed(kind)
}

/// What a rubric is known by.
pub(super) fn rubric_sha256(spec: &JudgeSpec) -> String {
    hex::encode(Sha256::digest(&spec.judge.rubric))
}

/// The arms that ask the model of a judge.
fn also_arms<'a>(spec: &JudgeSpec, arms: &'a [crate::suite::ArmSpec]) -> Vec<&'a str> {
    let model = |live: &LiveSpec| (live.endpoint.base_url.clone(), live.model.clone());
    let judge = spec.asks.live().map(model);
    arms.iter().filter(|arm| arm.live().map(model) == judge).map(|arm| arm.name.as_str()).collect()
}
