//! An answer as it is read, from a whole body or from the chunks of a stream: the same fields mean the same in both,
//! and one function makes the reply of either.

use crate::domain::Reply;
use crate::provider::json::{Fields, Node};
use crate::provider::{Headers, error};

use super::choice::{Choice, Said};
use super::usage;

/// What has been read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    id: Option<String>,
    model: Option<String>,
    fingerprint: Option<String>,
    service_tier: Option<String>,
    /// The last usage that was reported, as its text: the headers, which may complete it, are looked at in the end.
    usage: Option<String>,
    choices: Vec<Choice>,
    /// What was not understood.
    pub(super) warnings: Warnings,
}

/// What was met and not understood: one line for each distinct type.
#[derive(Debug, Default)]
pub(super) struct Warnings(Vec<String>);

impl Answer {
    /// Takes what stands beside the choices. In a stream it comes again and again, and the last word counts.
    pub(super) fn take_facts(&mut self, body: &Fields<'_>) {
        let fields = [
            ("id", &mut self.id),
            ("model", &mut self.model),
            ("system_fingerprint", &mut self.fingerprint),
            ("service_tier", &mut self.service_tier),
        ];
        for (name, fact) in fields {
            if let Some(text) = body.non_empty(name) {
                *fact = Some(text);
            }
        }
        if let Some(usage) = body.get("usage").filter(|node| usage::is_reported(&node.fields())) {
            self.usage = Some(usage.text().to_owned());
        }
    }

    /// The choice of this number, begun if need be, and the warnings.
    pub(super) fn choice(&mut self, index: u64) -> (&mut Choice, &mut Warnings) {
        let found = self.choices.iter().position(|choice| choice.index == index);
        let at = found.unwrap_or(self.choices.len());
        if found.is_none() {
            self.choices.push(Choice::new(index));
        }
        (&mut self.choices[at], &mut self.warnings)
    }

    /// Adds a choice, whatever its number.
    pub(super) fn add(&mut self, choice: Choice) {
        self.choices.push(choice);
    }

    /// Whether there is a choice, and the provider has said of each why it ended.
    pub(super) fn has_ended(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(Choice::has_ended)
    }

    /// The reply; `None` without a choice.
    pub(super) fn into_reply(mut self, headers: &Headers) -> Option<Reply> {
        self.choices.sort_by_key(|choice| choice.index);
        let mut said = std::mem::take(&mut self.choices).into_iter().map(Choice::into_said);
        let first = said.next()?;
        Some(self.reply(first, said, headers))
    }

    /// What there is of a reply that broke off; `None` when nothing had come.
    pub(super) fn into_partial(mut self, headers: &Headers) -> Option<Reply> {
        if self.choices.is_empty() {
            // Usage alone: it may be billed, so it is kept beside an empty answer.
            self.usage.as_ref()?;
            self.choices.push(Choice::new(0));
        }
        self.choices.sort_by_key(|choice| choice.index);
        let mut said = std::mem::take(&mut self.choices).into_iter().map(Choice::into_broken);
        let first = said.next()?;
        Some(self.reply(first, said, headers))
    }

    fn reply(self, first: Said, others: impl Iterator<Item = Said>, headers: &Headers) -> Reply {
        let usage = self.usage.as_deref().and_then(|text| Node::parse(text).ok());
        Reply {
            response: first.response,
            alternatives: others.map(|said| said.response).collect(),
            reasoning_text: first.reasoning_text,
            stop_sequence: first.stop_sequence,
            usage: usage.and_then(|node| usage::read(&node.fields(), headers)),
            model: self.model,
            request_id: error::request_id(headers).or(self.id),
            fingerprint: self.fingerprint,
            service_tier: self.service_tier,
            warnings: self.warnings.0,
        }
    }
}

impl Warnings {
    /// Notes something of a type that is not known, or that names none.
    pub(super) fn unknown(&mut self, what: &str, kind: Option<&str>) {
        let line = match kind {
            Some(kind) => format!("{what} of the unknown type {kind:?}"),
            None => format!("{what} without a type"),
        };
        if !self.0.contains(&line) {
            self.0.push(line);
        }
    }
}
