//! How often a candidate's tool calls differ from the baseline's, right or wrong: a description, never a verdict.

use serde::Serialize;

use super::grid::BASELINE;
use super::rates::score;
use super::scope::Scope;
use crate::domain::{CallDigest, Trial};

/// The tool calls of a candidate against the baseline's, over the cases that involve tools. Every pair of answers counts
/// once, whatever its case weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// Answers of both arms to the same case and repeat.
    pub pairs: usize,
    /// Planned pairs where an answer is missing: they are in no row.
    pub unanswered: usize,
    /// The pairs by how their calls differ, one row a kind in the order of [`DivergenceKind`].
    pub kinds: Vec<DivergenceRow>,
}

/// The pairs whose calls differ in one way, by how they were scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DivergenceRow {
    /// How the calls differ.
    pub kind: DivergenceKind,
    /// Both answers pass.
    pub both_pass: usize,
    /// Only the baseline's passes.
    pub lost: usize,
    /// Only the candidate's passes.
    pub gained: usize,
    /// Both fail.
    pub both_fail: usize,
    /// At least one of them has no score.
    pub unscored: usize,
}

/// How the calls of two answers differ. The order of calls and of keys does not count, and 5 is 5.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DivergenceKind {
    /// Neither makes a call.
    NoCalls,
    /// The same calls.
    SameCalls,
    /// The same tools, called with other arguments.
    OtherArguments,
    /// As many calls, but of other tools.
    OtherTools,
    /// Another number of calls.
    OtherCount,
    /// The baseline makes calls, the candidate none.
    OnlyBaseline,
    /// The candidate makes calls, the baseline none.
    OnlyCandidate,
}

/// Every kind, the least difference first.
const KINDS: &[DivergenceKind] = &[
    DivergenceKind::NoCalls,
    DivergenceKind::SameCalls,
    DivergenceKind::OtherArguments,
    DivergenceKind::OtherTools,
    DivergenceKind::OtherCount,
    DivergenceKind::OnlyBaseline,
    DivergenceKind::OnlyCandidate,
];

impl DivergenceKind {
    fn of(baseline: &CallDigest, candidate: &CallDigest) -> Self {
        match (baseline.count, candidate.count) {
            (0, 0) => Self::NoCalls,
            (_, 0) => Self::OnlyBaseline,
            (0, _) => Self::OnlyCandidate,
            (one, other) if one != other => Self::OtherCount,
            _ if baseline.names != candidate.names => Self::OtherTools,
            _ if baseline.arguments != candidate.arguments => Self::OtherArguments,
            _ => Self::SameCalls,
        }
    }
}

impl DivergenceRow {
    /// A kind without pairs yet.
    #[must_use]
    pub const fn empty(kind: DivergenceKind) -> Self {
        Self { kind, both_pass: 0, lost: 0, gained: 0, both_fail: 0, unscored: 0 }
    }

    /// Pairs of this kind.
    #[must_use]
    pub const fn pairs(&self) -> usize {
        self.both_pass + self.lost + self.gained + self.both_fail + self.unscored
    }

    fn count(&mut self, baseline: &Trial, candidate: &Trial) {
        let passes = |trial| score(trial).map(|score| score > 0.5);
        let place = match (passes(baseline), passes(candidate)) {
            (Some(true), Some(true)) => &mut self.both_pass,
            (Some(true), Some(false)) => &mut self.lost,
            (Some(false), Some(true)) => &mut self.gained,
            (Some(false), Some(false)) => &mut self.both_fail,
            (None, _) | (_, None) => &mut self.unscored,
        };
        *place += 1;
    }
}

/// How the calls diverge; `None` where no case involves tools.
pub(super) fn divergence(scope: Scope<'_>, candidate: usize) -> Option<Divergence> {
    let mut kinds: Vec<DivergenceRow> = KINDS.iter().copied().map(DivergenceRow::empty).collect();
    let (mut planned, mut pairs) = (0, 0);
    let grid = scope.grid;
    for &case in scope.cases.iter().filter(|&&case| grid.cases[case].involves_tools) {
        for (one, other) in grid.trials(case, BASELINE).iter().zip(grid.trials(case, candidate)) {
            planned += 1;
            let (Some(one), Some(other)) = (one, other) else { continue };
            let (Some(baseline), Some(candidate)) = (&one.tool_calls, &other.tool_calls) else { continue };
            pairs += 1;
            let kind = DivergenceKind::of(baseline, candidate);
            if let Some(row) = kinds.iter_mut().find(|row| row.kind == kind) {
                row.count(one, other);
            }
        }
    }
    (planned > 0).then_some(Divergence { pairs, unanswered: planned - pairs, kinds })
}
