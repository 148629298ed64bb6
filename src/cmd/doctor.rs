//! `cutover doctor`: what is there and what is missing, before a run finds out; secrets are never shown.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::CommandError;
use super::keys::{Arms, variable, variables};
use super::run::open;
use super::translations::Translations;
use crate::cli::DoctorArgs;
use crate::domain::{Case, Content, Message, Role, Sampling};
use crate::exit::Exit;
use crate::provider::ENDPOINTS;
use crate::replay::{Arm, Called, Live, Transport};
use crate::report::format::case::inert;
use crate::report::format::json::document;
use crate::store::Store;
use crate::suite::{ArmSpec, RECORDED, Suite};
use crate::terminal::Terminal;

/// Tokens that the answer to a tiny call may have: the fewest that every provider takes.
const TINY: u64 = 16;

/// What was found.
#[derive(Debug, Serialize)]
struct Findings {
    suite: Option<SuiteFindings>,
    store: StoreFindings,
    endpoints: Vec<EndpointFindings>,
    arms: Vec<ArmFindings>,
    /// The models that judge, by the names of the judges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    judges: Vec<ArmFindings>,
}

#[derive(Debug, Serialize)]
struct SuiteFindings {
    path: String,
    cases: usize,
    arms: usize,
}

#[derive(Debug, Serialize)]
struct StoreFindings {
    path: String,
    /// `None` when there is no store yet.
    answers: Option<u64>,
}

#[derive(Debug, Serialize)]
struct EndpointFindings {
    name: &'static str,
    protocol: &'static str,
    base_url: &'static str,
    variables: Vec<VariableFindings>,
}

#[derive(Debug, Serialize)]
struct VariableFindings {
    name: String,
    set: bool,
}

#[derive(Debug, Serialize)]
struct ArmFindings {
    name: String,
    model: String,
    endpoint: String,
    base_url: Option<String>,
    variables: Vec<VariableFindings>,
    priced: bool,
    /// The day on which the provider switches the model off.
    shutdown: Option<String>,
    /// What came of a tiny call, when one was made.
    online: Option<Online>,
}

#[derive(Debug, Serialize)]
struct Online {
    answered: bool,
    /// What answered, or why nothing did.
    what: String,
    latency_ms: u64,
}

pub(super) fn doctor(args: &DoctorArgs, terminal: &Terminal) -> Result<Exit, CommandError> {
    let store = store(&args.store)?;
    let mut findings = Findings { suite: None, store, endpoints: Vec::new(), arms: Vec::new(), judges: Vec::new() };
    let mut refused = Ok(());
    match &args.suite {
        None => findings.endpoints = ENDPOINTS.iter().map(endpoint).collect(),
        Some(path) => {
            let suite = Suite::load(path)?;
            let dataset = open(&suite)?;
            let (cases, arms) = (dataset.entries.len(), suite.arms.len());
            findings.suite = Some(SuiteFindings { path: path.display().to_string(), cases, arms });
            let arms = Arms::from_environment(&suite).arms;
            let (asks, judges) = (suite.judges.iter().map(|spec| &spec.asks), Arms::of_judges(&suite).arms);
            findings.arms = self::arms(&suite, (suite.arms.iter(), &arms), args.online)?;
            findings.judges = self::arms(&suite, (asks, &judges), args.online)?;
            refused = Translations::check(&dataset, &arms, suite.replay.budget.is_some())?.refuse(&dataset, &arms);
        }
    }
    let text = if terminal.json { document(&findings)? } else { describe(&findings) };
    terminal.print(&text)?;
    refused.map(|()| findings.exit())
}

impl Findings {
    /// A call that was refused says more than a variable that is not set.
    fn exit(&self) -> Exit {
        let refused = |arm: &ArmFindings| arm.online.as_ref().is_some_and(|online| !online.answered);
        let lacking = |arm: &ArmFindings| arm.variables.iter().any(|variable| !variable.set);
        let all = || self.arms.iter().chain(&self.judges);
        if all().any(refused) {
            Exit::Refused
        } else if all().any(lacking) {
            Exit::Usage
        } else {
            Exit::Done
        }
    }
}

fn store(path: &Path) -> Result<StoreFindings, CommandError> {
    let answers = if path.exists() { Some(Store::open(path)?.stats()?.answers) } else { None };
    Ok(StoreFindings { path: path.display().to_string(), answers })
}

fn endpoint(row: &'static crate::provider::BuiltinEndpoint) -> EndpointFindings {
    let variables = row.api_key_env.into_iter().map(found).collect();
    EndpointFindings { name: row.name, protocol: row.protocol.name, base_url: row.base_url, variables }
}

fn found(name: &str) -> VariableFindings {
    VariableFindings { name: name.to_owned(), set: variable(name).is_some() }
}

fn arms<'a>(
    suite: &Suite,
    (specs, arms): (impl Iterator<Item = &'a ArmSpec>, &[Arm]),
    online: bool,
) -> Result<Vec<ArmFindings>, CommandError> {
    let called = if online { call_all(suite, arms)? } else { arms.iter().map(|_| None).collect() };
    let findings = specs.zip(called).map(|(spec, online)| {
        let price = spec.price.as_ref().map(|(price, _)| price);
        ArmFindings {
            name: spec.name.clone(),
            model: spec.model().to_owned(),
            endpoint: spec.live().map_or(RECORDED, |live| &live.endpoint.name).to_owned(),
            base_url: spec.live().map(|live| live.endpoint.base_url.clone()),
            variables: spec.live().into_iter().flat_map(variables).map(found).collect(),
            priced: price.is_some(),
            shutdown: price.and_then(|price| price.shutdown.clone()),
            online,
        }
    });
    Ok(findings.collect())
}

/// One tiny call of every arm that asks a model.
fn call_all(suite: &Suite, arms: &[Arm]) -> Result<Vec<Option<Online>>, CommandError> {
    let transport = Transport::new(suite.replay.timeouts, arms)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let mut called = Vec::new();
        for arm in arms {
            called.push(match arm.live() {
                Some(live) => Some(call(&transport, live).await),
                None => None,
            });
        }
        called
    }))
}

async fn call(transport: &Transport, live: &Live) -> Online {
    let case = tiny_case();
    let mut request = live.request(&case, &case.messages);
    let short = Sampling { max_output_tokens: Some(TINY), ..live.sampling.clone() };
    // Reasoning may need all the room that the arm gives it.
    if live.sampling.reasoning_effort.is_none() {
        request.sampling = &short;
    }
    let sent = (live.endpoint.protocol.encode)(request, &live.endpoint);
    let Called { result, latency_ms, .. } = transport.call(live, &sent).await;
    match result {
        Ok(reply) => {
            let what = reply.model.unwrap_or_else(|| "a model that does not name itself".to_owned());
            Online { answered: true, what, latency_ms }
        }
        Err(failure) => Online { answered: false, what: failure.to_string(), latency_ms },
    }
}

fn tiny_case() -> Case {
    let content = Some(Content::Text("Reply with the word ok.".to_owned()));
    let (tool_calls, tool_call_id) = (Vec::new(), None);
    Case::new(
        "doctor",
        vec![Message {
            role: Role::User,
            content,
            name: None,
            tool_calls,
            tool_call_id,
            is_error: None,
            thought_signature: None,
        }],
    )
}

fn describe(findings: &Findings) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(suite) = &findings.suite {
        let _ = writeln!(text, "suite  {}: valid, {} cases, {} arms", suite.path, suite.cases, suite.arms);
    }
    let _ = match findings.store.answers {
        Some(answers) => writeln!(text, "store  {}: {answers} answers", findings.store.path),
        None => writeln!(text, "store  {}: not there yet, the first run makes it", findings.store.path),
    };
    text.push('\n');
    let endpoints = findings.endpoints.iter().map(|endpoint| {
        let facts = format!("{} at {}", endpoint.protocol, endpoint.base_url);
        (endpoint.name.to_owned(), facts, keys(&endpoint.variables))
    });
    let arms = findings.arms.iter().chain(&findings.judges).map(|arm| {
        let facts = match &arm.base_url {
            Some(base_url) => format!("{}/{} at {base_url}", arm.endpoint, arm.model),
            None => "the answers in the dataset".to_owned(),
        };
        let price = (!arm.priced).then(|| "price unknown".to_owned());
        let shutdown = arm.shutdown.as_ref().map(|day| format!("switched off on {day}"));
        let online = arm.online.as_ref().map(|online| {
            if online.answered {
                format!("answered: {} in {} ms", online.what, online.latency_ms)
            } else {
                format!("no answer: {}", online.what)
            }
        });
        let rest = [Some(keys(&arm.variables)), price, shutdown, online];
        (arm.name.clone(), facts, rest.into_iter().flatten().collect::<Vec<_>>().join("; "))
    });
    let rows: Vec<_> = endpoints.chain(arms).collect();
    let width = |of: fn(&(String, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (names, facts) = (width(|row| row.0.chars().count()), width(|row| row.1.chars().count()));
    for (name, fact, rest) in &rows {
        let _ = writeln!(text, "{name:names$}  {fact:facts$}  {rest}");
    }
    inert(&text) + "\n"
}

/// Whether each variable is set; never what it holds.
fn keys(variables: &[VariableFindings]) -> String {
    if variables.is_empty() {
        return "needs no key".to_owned();
    }
    let state =
        |variable: &VariableFindings| format!("{} is {}", variable.name, if variable.set { "set" } else { "not set" });
    variables.iter().map(state).collect::<Vec<_>>().join(", ")
}
