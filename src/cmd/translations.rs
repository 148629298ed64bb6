//! Whether every arm can be asked every case: found out before anything is sent.

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, HashMap, hash_map};
use std::ops::Range;

use super::CommandError;
use super::error::Message;
use crate::dataset::Dataset;
use crate::domain::{Case, Role, Tool};
use crate::exit::Exit;
use crate::problem::Problem;
use crate::provider::{Dialect, Effect, Translation, translate};
use crate::replay::{Arm, Planned, Source};
use crate::run_dir::TranslationInfo;
use crate::terminal::Terminal;

/// What the arms cannot be asked, or are asked otherwise.
#[derive(Debug, Default)]
pub(super) struct Translations {
    /// By arm, rule and field.
    found: BTreeMap<(usize, &'static str, &'static str), Found>,
    /// The cases and arms for which nothing is sent.
    not_sent: BTreeSet<(usize, usize)>,
}

/// What is found of a case, with the place of the arm.
type ByArm = Vec<(usize, Translation)>;

#[derive(Debug)]
struct Found {
    effect: Effect,
    cases: usize,
    /// The place of the first case.
    first: usize,
    message: String,
    help: String,
}

impl Translations {
    /// Asks every live arm's protocol about every case, and every recorded arm for its answers.
    pub(super) fn check(dataset: &Dataset, arms: &[Arm], budget: bool) -> Result<Self, CommandError> {
        let cases = dataset.entries.len();
        let part = cases.div_ceil(std::thread::available_parallelism().map_or(1, usize::from));
        std::thread::scope(|scope| {
            let begin = |first: usize| {
                scope.spawn(move || Self::check_part(dataset, arms, budget, first..cases.min(first + part)))
            };
            let parts: Vec<_> = (0..cases).step_by(part).map(begin).collect();
            let mut all = Self::default();
            for part in parts {
                all.add(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(all)
        })
    }

    /// Adds what was found in later cases.
    fn add(&mut self, later: Self) {
        self.not_sent.extend(later.not_sent);
        for (rule, found) in later.found {
            match self.found.entry(rule) {
                Entry::Vacant(entry) => {
                    entry.insert(found);
                }
                Entry::Occupied(entry) => entry.into_mut().cases += found.cases,
            }
        }
    }

    fn check_part(dataset: &Dataset, arms: &[Arm], budget: bool, places: Range<usize>) -> Result<Self, Vec<Problem>> {
        let mut all = Self::default();
        // Plain cases are checked once for all with the same roles: most of a dataset need not be read.
        let mut plain: HashMap<(&[Role], bool), ByArm> = HashMap::new();
        for place in places {
            let read = || -> Result<_, Vec<Problem>> {
                let case = dataset.read(place).map_err(|problem| vec![problem])?;
                Ok(of_case(arms, &case, budget))
            };
            let entry = &dataset.entries[place];
            match &entry.plain {
                Some(roles) => match plain.entry((&**roles, entry.is_recorded)) {
                    hash_map::Entry::Vacant(vacant) => all.add_case(arms.len(), place, vacant.insert(read()?)),
                    hash_map::Entry::Occupied(known) => all.add_case(arms.len(), place, known.get()),
                },
                None => all.add_case(arms.len(), place, &read()?),
            }
        }
        Ok(all)
    }

    /// Adds what was found of a case, by arm.
    fn add_case(&mut self, arms: usize, place: usize, found: &[(usize, Translation)]) {
        for (arm, one) in found {
            let Translation { code, param, effect, message, help } = one;
            let new =
                || Found { effect: *effect, cases: 0, first: place, message: message.clone(), help: help.clone() };
            self.found.entry((*arm, code, param)).or_insert_with(new).cases += 1;
        }
        let refused = found.iter().filter(|(_, one)| one.effect == Effect::Refused).map(|(arm, _)| *arm).collect();
        self.not_sent.extend(lost_with(&refused, arms).map(|arm| (place, arm)));
    }

    /// Whether a trial is sent.
    pub(super) fn is_sent(&self, planned: Planned) -> bool {
        !self.not_sent.contains(&(planned.case, planned.arm))
    }

    /// The cases and arms for which nothing is sent, in order.
    pub(super) fn not_sent(&self) -> &BTreeSet<(usize, usize)> {
        &self.not_sent
    }

    /// Ends the command when a case cannot be sent.
    pub(super) fn refuse(&self, dataset: &Dataset, arms: &[Arm]) -> Result<(), CommandError> {
        let refused = self.found.iter().filter(|(_, found)| found.effect == Effect::Refused);
        let problems: Vec<Message> = refused
            .map(|(&(arm, code, _), found)| {
                let Found { cases, message, help, .. } = found;
                let (of, first) = (dataset.entries.len(), &dataset.entries[found.first].id);
                let name = &arms[arm].name;
                let message =
                    format!("{cases} of {of} cases cannot be sent to `{name}`, first `{first}`: {message} [{code}]");
                let exclude = "or go on without such cases: `--on-untranslatable exclude`";
                let help = if *cases == of { help.clone() } else { format!("{help}; {exclude}") };
                Message::Other { message, help: Some(help) }
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(CommandError { exit: Exit::Usage, problems }) }
    }

    /// Ends the command when leaving out what cannot be asked leaves an arm without a case.
    pub(super) fn refuse_empty(&self, dataset: &Dataset, arms: &[Arm]) -> Result<(), CommandError> {
        let lost = |arm: usize| self.not_sent.iter().filter(|(_, lost)| *lost == arm).count();
        let empty = (0..arms.len()).filter(|&arm| lost(arm) == dataset.entries.len());
        let name = |arm: usize| format!("`{}`", arms[arm].name);
        let empty: Vec<String> = empty.map(name).collect();
        if empty.is_empty() {
            return Ok(());
        }
        let message = format!("no case is left that can be sent to {}", empty.join(", "));
        Err(CommandError::with_help(Exit::Usage, message, "run without `--on-untranslatable exclude` to see why"))
    }

    /// Says what is left out and what is asked otherwise, and of which models nothing is known.
    pub(super) fn tell(&self, dataset: &Dataset, arms: &[Arm], terminal: &Terminal) {
        for line in self.lines(dataset, arms) {
            terminal.note(&line);
        }
    }

    /// The same, a line each.
    pub(super) fn lines(&self, dataset: &Dataset, arms: &[Arm]) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, live) in arms.iter().filter_map(|arm| Some((&arm.name, arm.live()?))) {
            if live.endpoint.dialect == Dialect::Native && !translate::is_known(&live.endpoint, &live.model) {
                let model = &live.model;
                lines.push(format!("{name}: nothing is known of what `{model}` takes; its provider decides"));
            }
        }
        for (&(arm, code, _), found) in &self.found {
            let what = match found.effect {
                Effect::Refused => "not sent",
                Effect::Lossy => "sent otherwise",
            };
            let (name, of) = (&arms[arm].name, dataset.entries.len());
            lines.push(format!("{name}: {} of {of} cases {what}: {} [{code}]", found.cases, found.message));
        }
        lines
    }

    /// The same for the manifest.
    pub(super) fn info(&self, dataset: &Dataset, arms: &[Arm]) -> Vec<TranslationInfo> {
        let info = |(&(arm, code, param), found): (&(usize, &'static str, &'static str), &Found)| TranslationInfo {
            arm: arms[arm].name.to_string(),
            code: code.to_owned(),
            param: param.to_owned(),
            effect: found.effect.name().to_owned(),
            cases: found.cases,
            first: dataset.entries[found.first].id.to_string(),
            message: found.message.clone(),
        };
        self.found.iter().map(info).collect()
    }
}

/// What is found of a case, by arm.
fn of_case(arms: &[Arm], case: &Case, budget: bool) -> ByArm {
    let of_arm = |(index, arm): (usize, _)| {
        let found = of_arm(arm, case).into_iter().chain(unbounded(arm, case, budget));
        found.map(move |one| (index, one))
    };
    arms.iter().enumerate().flat_map(of_arm).collect()
}

fn of_arm(arm: &Arm, case: &Case) -> Vec<Translation> {
    match &arm.source {
        Source::Live(live) => translate::check(live.request(case, &case.messages), &live.endpoint),
        Source::Recorded if case.recorded.is_some() => Vec::new(),
        Source::Recorded => vec![Translation {
            code: "not_recorded",
            param: "recorded",
            effect: Effect::Refused,
            message: "the case holds no `recorded` answer".to_owned(),
            help: "put production's answer into `recorded`".to_owned(),
        }],
    }
}

/// A call that may search as often as the provider likes, or at an unknown price, has no worst case.
fn unbounded(arm: &Arm, case: &Case, budget: bool) -> Option<Translation> {
    let live = arm.live().filter(|_| budget)?;
    let offers = |wanted: fn(&Tool) -> bool| case.tools.iter().any(wanted);
    let web = offers(|tool| *tool == Tool::WebSearch);
    let priced = arm.price.as_ref().is_some_and(|price| price.web_search.is_some());
    let (message, help) = if offers(|tool| matches!(tool, Tool::FileSearch { .. })) || (web && !priced) {
        ("the provider's own search has no known price, and a budget needs one", "leave `budget_usd` out of [replay]")
    } else if web && live.max_searches.is_none() {
        ("the provider's own search has no bound, and a budget needs one", "set `max_searches` in [replay]")
    } else {
        return None;
    };
    Some(Translation {
        code: "searches_unbounded",
        param: "tools",
        effect: Effect::Refused,
        message: message.to_owned(),
        help: help.to_owned(),
    })
}

/// The arms that lose a case which some of them cannot be asked. A comparison needs both sides: without the baseline
/// nobody is asked, and without any candidate the baseline is not either.
fn lost_with(refused: &BTreeSet<usize>, arms: usize) -> impl Iterator<Item = usize> {
    let all = refused.contains(&0) || (1..arms).all(|arm| refused.contains(&arm));
    let refused = refused.clone();
    (0..arms).filter(move |arm| all || refused.contains(arm))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Content, Message, Request, Sampling};
    use crate::pricing::PriceTable;
    use crate::provider::{ENDPOINTS, builtin_endpoint};

    #[test]
    fn the_limits_of_models_and_those_beside_their_prices_agree() {
        for (endpoint, model) in [
            ("openai", "gpt-5.4"),
            ("openai", "gpt-5.4-mini"),
            ("openai-responses", "gpt-5.4-nano"),
            ("openai-responses", "gpt-5-mini"),
            ("openai", "gpt-5-nano"),
            ("gemini", "gemini-3.1-flash-lite"),
        ] {
            let place = builtin_endpoint(endpoint).expect("is built in").endpoint();
            let held = translate::resolve(&Sampling::default(), &place, model).max_output_tokens.expect("is known");
            let price = PriceTable::builtin().price(endpoint, model).expect("is listed");
            assert_eq!(Some(held.value), price.limits.max_output, "{model}");
        }
    }

    fn plain(role: Role, text: &str) -> Message {
        Message {
            role,
            content: Some(Content::Text(text.to_owned())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            is_error: None,
            thought_signature: None,
        }
    }

    proptest! {
        #[test]
        fn what_is_found_of_texts_follows_from_who_says_them(
            said in prop::collection::vec((0..5_usize, ".*[a-z].*", "[a-z]"), 1..6),
            effort in prop::sample::select(&[None, Some("none"), Some("high")][..]),
            limit in prop::option::of(1_u64..9000),
        ) {
            let roles = [Role::System, Role::Developer, Role::User, Role::Assistant, Role::Tool];
            let sampling = Sampling {
                reasoning_effort: effort.map(str::to_owned),
                max_output_tokens: limit,
                ..Sampling::default()
            };
            let request = |model: &str, messages| Request {
                model: model.to_owned(),
                messages,
                tools: Vec::new(),
                tool_choice: None,
                parallel_tool_calls: None,
                response_format: None,
                sampling: sampling.clone(),
                stream: false,
            };
            for endpoint in ENDPOINTS {
                for model in ["gpt-5.4-mini", "claude-haiku-4-5", "gemini-3.1-flash-lite", "other"] {
                    let found = |messages| translate::check(&request(model, messages), &endpoint.endpoint());
                    let long = found(said.iter().map(|(role, text, _)| plain(roles[*role], text)).collect());
                    let short = found(said.iter().map(|(role, _, text)| plain(roles[*role], text)).collect());
                    prop_assert_eq!(long, short, "{} {}", endpoint.name, model);
                }
            }
        }
    }

    #[test]
    fn a_case_that_cannot_be_compared_is_asked_of_nobody() {
        let rows: [(&[usize], &[usize]); 4] = [(&[], &[]), (&[2], &[2]), (&[0], &[0, 1, 2]), (&[1, 2], &[0, 1, 2])];
        for (refused, lost) in rows {
            assert_eq!(lost_with(&refused.iter().copied().collect(), 3).collect::<Vec<_>>(), lost, "{refused:?}");
        }
    }
}
