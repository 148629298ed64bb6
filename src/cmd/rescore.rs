//! `cutover rescore`: the answers of a stored run, judged by the suite and the dataset as they are now. Nothing is bought,
//! no key is read and no socket opened.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::changes::Changes;
use super::judged::Judged;
use super::keys::Arms;
use super::{CommandError, allowed, examples, judged, judging, manifest, record};
use crate::cli::RescoreArgs;
use crate::dataset::{self, Dataset};
use crate::domain::Case;
use crate::exit::Exit;
use crate::replay::{Planned, Retry, Survey, now_ms};
use crate::report::{self, View};
use crate::run_dir::{self, Anew, Example, Finished, Kept, Manifest, Rejudged, RescoredInfo, SuiteInfo};
use crate::score;
use crate::suite::{JudgeSpec, Suite};
use crate::terminal::Terminal;

/// How many cases a message names.
const NAMED: usize = 10;

pub(super) fn rescore(args: &RescoreArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let Rescored { run, judged, examples, changes } = Stored::open(args)?.rescored(terminal)?;
    judged::print(&run, &View::new(&judged.input(&run, &examples)), terminal)?;
    changes.tell(terminal)?;
    Ok(Exit::Done)
}

/// A finished run with its suite and its dataset as they are now.
pub(super) struct Stored {
    pub(super) run: Finished,
    pub(super) suite: Suite,
    /// Every case of the dataset, drawn or not.
    pub(super) dataset: Dataset,
    arms: Arms,
    places: HashMap<Arc<str>, usize>,
}

/// A run that was judged anew.
pub(super) struct Rescored {
    pub(super) run: Finished,
    pub(super) judged: Judged,
    pub(super) examples: Vec<Example>,
    pub(super) changes: Changes,
}

/// A case of the run as the dataset has it now.
pub(super) enum Found<'a> {
    /// It asks what it asked.
    Same(&'a Case),
    /// It asks something else.
    Changed,
    /// It is not there.
    Gone,
}

impl Stored {
    /// Opens a run, its suite and its dataset.
    pub(super) fn open(args: &RescoreArgs) -> Result<Self, CommandError> {
        let run = run_dir::find(&args.stored.results, args.stored.run.as_deref())?;
        let path = args.suite.as_deref().unwrap_or_else(|| Path::new(&run.manifest.suite.path));
        let suite = Suite::load(path)?;
        allowed::programs(&suite, args.allow_exec)?;
        refuse_other_trials(&suite, &run)?;
        let dataset = dataset::open(&suite.dataset.path)?;
        let arms = Arms::from_environment(&suite);
        let places = dataset.entries.iter().enumerate().map(|(place, entry)| (Arc::clone(&entry.id), place)).collect();
        Ok(Self { run, suite, dataset, arms, places })
    }

    /// A case of the dataset by its id.
    pub(super) fn case(&self, id: &str) -> Result<Option<Case>, CommandError> {
        let case = self.places.get(id).map(|&place| self.dataset.read(place)).transpose();
        Ok(case.map_err(|problem| vec![problem])?)
    }

    /// The cases of the run, read one after another.
    pub(super) fn cases(&self) -> Cases<'_> {
        Cases { stored: self, last: None }
    }

    /// Judges every answer anew, and puts the run that this makes in the place of the old one.
    pub(super) fn rescored(self, terminal: &Terminal) -> Result<Rescored, CommandError> {
        let mut anew = self.run.anew(self.manifest()?)?;
        match self.make(&mut anew, terminal) {
            Ok((judged, examples, changes)) => Ok(Rescored { run: anew.replace()?, judged, examples, changes }),
            Err(error) => {
                anew.forget();
                Err(error)
            }
        }
    }

    fn make(&self, anew: &mut Anew, terminal: &Terminal) -> Result<(Judged, Vec<Example>, Changes), CommandError> {
        let mut cases = self.cases();
        let mut changes = Changes::new(self.run.manifest.arms.iter().map(|arm| arm.name.clone()));
        let mut differ: Vec<String> = Vec::new();
        let said = self.judges_that_stand(terminal);
        anew.judge(|kept| {
            let case = match cases.of(&kept)? {
                Found::Same(case) => case,
                found => {
                    let how = if matches!(found, Found::Gone) { "is gone" } else { "asks something else" };
                    let how = format!("`{}` {how}", kept.case);
                    if differ.last() != Some(&how) {
                        differ.push(how);
                    }
                    return Ok::<_, CommandError>(None);
                }
            };
            let Some(response) = &kept.response else {
                changes.without_answer();
                return Ok(None);
            };
            let (scores, outcome) = record::anew((case, response), &kept.scores, &self.suite.scorers, &said);
            changes.add(&kept, outcome, &scores);
            Ok(Some(Rejudged {
                outcome,
                tool_calls_judged: score::judged_calls(&scores, &self.suite.scorers),
                scores,
                involves_tools: case.involves_tools(),
                tags: Arc::clone(&case.tags),
            }))
        })?;
        refuse_other_cases(&differ, &self.run)?;
        if let Some(rescored) = &mut anew.run.manifest.rescored {
            rescored.changed = changes.outcomes();
        }
        if self.run.manifest.stopped_early.is_some() {
            terminal.note(
                "the run stopped early, by the scores that its answers had then: the cases beyond its stop stay unknown",
            );
        }
        let judged = judged::judge(&anew.run)?;
        let examples = examples::collect(&self.dataset, &judged.results, |wanted| {
            anew.run.answers(&|case| wanted.contains(case))
        })?;
        anew.run.save_examples(&examples)?;
        report::write(&anew.run.path, &View::new(&judged.input(&anew.run, &examples)))?;
        Ok((judged, examples, changes))
    }

    /// The scores of judges that stand as they are, pointwise and pairwise: of those that were asked what the suite asks
    /// now. Others would have to be asked anew, which a rescoring never does.
    fn judges_that_stand(&self, terminal: &Terminal) -> [Vec<String>; 2] {
        let was_asked = |spec: &JudgeSpec| {
            let rubric = judging::rubric_sha256(spec);
            let mut then = self.run.manifest.judges.iter();
            then.any(|info| info.asks.name == spec.judge.name && info.rubric_sha256 == rubric)
        };
        let (stand, new): (Vec<_>, Vec<_>) = self.suite.judges.iter().partition(|spec| was_asked(spec));
        for spec in new {
            terminal.note(&format!(
                "the judge `{}` was not asked this, and a rescoring asks nobody: `cutover run` asks it",
                spec.judge.name
            ));
        }
        let (pairwise, pointwise): (Vec<_>, Vec<_>) = stand.into_iter().partition(|spec| spec.judge.pairwise);
        [pointwise, pairwise].map(|specs| specs.into_iter().map(|spec| spec.judge.scorer()).collect())
    }

    /// What the run is made from now.
    fn manifest(&self) -> Result<Manifest, CommandError> {
        let Self { run, suite, dataset, .. } = self;
        let mut new = run.manifest.clone();
        let old = Suite::parse(Path::new(&new.suite.path), new.suite.text.clone())?;
        // The manifest does not say whether cases that cannot be sent were left out, but its hash does.
        let hash = |suite, dataset, exclude| manifest::plan_hash(suite, dataset, exclude, new.first_repeat);
        let exclude = hash(&old, &new.dataset.sha256, true) == new.plan_hash;
        new.plan_hash = hash(suite, &dataset.sha256, exclude);
        new.suite = SuiteInfo {
            name: suite.name.clone(),
            description: suite.description.clone(),
            path: suite.path.display().to_string(),
            text: suite.text.clone(),
        };
        new.dataset.sha256.clone_from(&dataset.sha256);
        new.dataset.path.clone_from(&suite.dataset.shown);
        new.dataset.cases = dataset.total;
        new.scorers = manifest::scorers(suite);
        let ruled = suite.gate.rules.iter().filter_map(|rule| rule.slice.as_ref().map(|(tag, _)| tag.clone()));
        new.slice_by.extend(ruled);
        new.slice_by.sort_unstable();
        new.slice_by.dedup();
        new.rescored = Some(RescoredInfo {
            at: now_ms(),
            cutover_version: env!("CARGO_PKG_VERSION").to_owned(),
            suite_sha256: hex::encode(Sha256::digest(&suite.text)),
            dataset_sha256: dataset.sha256.clone(),
            changed: 0,
        });
        Ok(new)
    }
}

/// The cases of a run, the last one read in memory: its trials stand together.
pub(super) struct Cases<'a> {
    stored: &'a Stored,
    last: Option<(usize, Case)>,
}

impl Cases<'_> {
    /// The case of a trial. It is the same as long as the request that is made of it is, or of a recorded answer, as long
    /// as that is.
    pub(super) fn of(&mut self, kept: &Kept) -> Result<Found<'_>, CommandError> {
        let Stored { dataset, places, .. } = self.stored;
        let Some(&place) = places.get(kept.case.as_str()) else { return Ok(Found::Gone) };
        if self.last.as_ref().is_none_or(|last| last.0 != place) {
            self.last = Some((place, dataset.read(place).map_err(|problem| vec![problem])?));
        }
        let Some((_, case)) = &self.last else { return Ok(Found::Gone) };
        Ok(if self.stored.asks_the_same(kept, place, case)? { Found::Same(case) } else { Found::Changed })
    }
}

impl Stored {
    fn asks_the_same(&self, kept: &Kept, place: usize, case: &Case) -> Result<bool, CommandError> {
        let arms = &self.arms.arms;
        let Some(arm) = arms.iter().position(|arm| *arm.name == *kept.arm) else { return Ok(false) };
        let Some(key) = &kept.key else {
            // Nothing was sent, or production's own answer is at hand.
            let recorded = case.recorded.as_ref().and_then(|recorded| recorded.result.as_ref().ok());
            return Ok(match &kept.response {
                None => true,
                Some(response) => recorded.is_some_and(|recorded| {
                    (&recorded.text, &recorded.tool_calls, &recorded.refusal, recorded.finish_reason)
                        == (&response.text, &response.tool_calls, &response.refusal, response.finish_reason)
                }),
            });
        };
        let retry: Retry = self.suite.replay.retry;
        let survey =
            Survey { dataset: &self.dataset, arms, store: None, retry, max_steps: self.suite.replay.max_steps };
        let surveyed = survey.trial(Planned { case: place, arm, repeat: kept.repeat }, case)?;
        Ok(surveyed.is_some_and(|surveyed| surveyed.key.to_string() == *key))
    }
}

/// Other arms, repeats or cases are another run.
fn refuse_other_trials(suite: &Suite, run: &Finished) -> Result<(), CommandError> {
    let manifest = &run.manifest;
    let list = |names: Vec<&str>| names.join(", ");
    let draw = suite.dataset.draw.as_ref().map(|draw| (draw.seed, draw.by.clone()));
    let rows = [
        (
            "arms",
            list(manifest.arms.iter().map(|arm| arm.name.as_str()).collect()),
            list(suite.arms.iter().map(|arm| arm.name.as_str()).collect()),
        ),
        ("repeats", manifest.repeats.to_string(), suite.replay.repeats.to_string()),
        ("draw", drawn(manifest.dataset.draw_seed.map(|seed| (seed, manifest.dataset.draw_by.clone()))), drawn(draw)),
    ];
    let differ: Vec<String> = rows
        .into_iter()
        .filter(|(_, then, now)| then != now)
        .map(|(what, then, now)| format!("{what}: {then} then, {now} now"))
        .collect();
    if differ.is_empty() {
        return Ok(());
    }
    Err(CommandError::with_help(
        Exit::Usage,
        format!(
            "{} asks for other trials than the run {} has: {}",
            suite.path.display(),
            manifest.run,
            differ.join("; ")
        ),
        "`cutover run` makes a run of it, and takes every answer from the store that is there",
    ))
}

fn drawn(draw: Option<(u64, Vec<String>)>) -> String {
    match draw {
        None => "every case".to_owned(),
        Some((seed, by)) if by.is_empty() => format!("seed {seed}"),
        Some((seed, by)) => format!("seed {seed} by {}", by.join(", ")),
    }
}

/// The answers of a run are no answers to other requests.
fn refuse_other_cases(differ: &[String], run: &Finished) -> Result<(), CommandError> {
    if differ.is_empty() {
        return Ok(());
    }
    let named = differ.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = match differ.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let cases = if differ.len() == 1 { "case differs" } else { "cases differ" };
    Err(CommandError::with_help(
        Exit::Integrity,
        format!("{} {cases} from what the run {} asked: {named}{more}", differ.len(), run.manifest.run),
        "put the cases back as they were, or `cutover run` the suite: of what did not change, answers that are stored are \
         not bought again",
    ))
}
