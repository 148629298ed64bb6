//! Whether a candidate may have a slice: one test a slice, adjusted for the slices of its tag, and what to do.

use super::advice::{Advice, Mix, Routing, ShrunkDifference, SliceRouting, TagRouting};
use super::grid::{Grid, TagValue};
use super::rates::{ACCURACY, Paired};
use super::scope::Scope;
use crate::stats::adjust::benjamini_hochberg;
use crate::stats::mix::{self, Sliced};
use crate::stats::paired::Difference;
use crate::stats::power::{Goal, Precision, more_cases_score};
use crate::stats::routing::{Route, is_rankable, route};
use crate::stats::shrinkage::{Seen, Shrinkage, shrink};
use crate::stats::tango::{self, Discordant};
use crate::stats::verdict::{Class, classify};

/// Pairs that a slice must have for any advice.
const FEWEST_PAIRS: usize = 20;

/// The chance of deciding that "about so many more cases" is worked out for.
const POWER: f64 = 0.8;

/// More cases than this in all are not a sensible plan.
const MOST_CASES: usize = 10_000;

/// A slice in which nothing was seen.
const NOTHING: Discordant = Discordant { baseline_only: 0.0, candidate_only: 0.0, n: 0.0 };

/// The slices of the tags whose values hold every case, two values at least.
pub(super) fn partitions<'a>(grid: &'a Grid<'_>, slice_by: &'a [String]) -> Vec<Vec<TagValue<'a>>> {
    let whole = |slices: &Vec<TagValue<'_>>| {
        slices.len() > 1 && slices.iter().map(|slice| slice.cases.len()).sum::<usize>() == grid.cases.len()
    };
    slice_by.iter().map(|tag| grid.slices(tag)).filter(whole).collect()
}

/// The advice on every slice of these tags; `None` without any.
pub(super) fn routing(
    scope: Scope<'_>,
    candidate: usize,
    tags: &[Vec<TagValue<'_>>],
    margin: Option<f64>,
) -> Option<Routing> {
    let tags: Vec<_> = tags.iter().filter_map(|slices| tag_routing(scope, candidate, slices, margin)).collect();
    (!tags.is_empty()).then_some(Routing { margin, tags })
}

/// The pairs of one slice, and what they show.
pub(super) struct Evidence {
    pairs: usize,
    missing: usize,
    /// The difference if every missing score counted against the candidate.
    worst_case: Option<f64>,
    difference: Option<Difference>,
}

impl Evidence {
    /// What the cases of `scope` show.
    pub(super) fn of(scope: Scope<'_>, candidate: usize) -> Self {
        let (Paired { cases, missing, worst_case, .. }, difference) = ACCURACY.evidence(scope, candidate);
        Self { pairs: cases.len(), missing, worst_case, difference }
    }

    fn discordant(&self) -> Option<Discordant> {
        self.difference.and_then(|difference| difference.discordant)
    }

    /// What a shrunken estimate starts from.
    fn seen(&self) -> Option<Seen> {
        let Difference { estimate, variance, .. } = self.difference?;
        Some(Seen { estimate: estimate.value, variance: variance? / (number(self.pairs) + 2.0) })
    }
}

/// One test a slice, adjusted for their number.
pub(super) fn tests(slices: &[Evidence], margin: f64, confidence: f64) -> Vec<Route> {
    let slices: Vec<Discordant> = slices.iter().map(|slice| slice.discordant().unwrap_or(NOTHING)).collect();
    route(&slices, margin, confidence)
}

/// What to do with each slice. Its interval must clear the margin too: with clusters, repeats or weights it is Student's
/// and asks for more than the normal test.
pub(super) fn advice(slices: &[Evidence], margin: f64, confidence: f64) -> Vec<Advice> {
    // Enough for the strictest step of Holm's.
    let strict = 1.0 - (1.0 - confidence) / number(slices.len().max(1));
    let goal = Goal { margin, precision: Precision { confidence: strict, power: POWER } };
    let routes = tests(slices, margin, confidence);
    slices.iter().zip(routes).map(|(slice, route)| advise(slice, route, goal)).collect()
}

fn advise(slice: &Evidence, route: Route, goal: Goal) -> Advice {
    if slice.pairs < FEWEST_PAIRS {
        return Advice::TooFew { needed: FEWEST_PAIRS };
    }
    let more_cases = || {
        let more = slice.discordant().and_then(|seen| more_cases_score(seen, slice.pairs, goal, MOST_CASES).more());
        Advice::MoreCases { about: more.map(|more| more.max(1) as u64) }
    };
    let Some((estimate, interval)) =
        slice.difference.map(|difference| (difference.estimate, difference.estimate.interval))
    else {
        return more_cases();
    };
    let clears = |interval| matches!(classify(interval, goal.margin).class, Class::Better | Class::NotWorse);
    let at_worst = slice.worst_case.and_then(|worst| Some(interval?.shifted(worst - estimate.value)));
    match classify(interval, goal.margin).class {
        Class::Worse => Advice::Stay,
        Class::Better | Class::NotWorse if route.to_candidate => {
            if slice.missing == 0 || clears(at_worst) {
                Advice::Move
            } else {
                Advice::MissingDecide { missing: slice.missing }
            }
        }
        Class::Better | Class::NotWorse | Class::Inconclusive => more_cases(),
    }
}

fn tag_routing(scope: Scope<'_>, candidate: usize, slices: &[TagValue<'_>], margin: Option<f64>) -> Option<TagRouting> {
    let tag = slices.first()?.tag.to_owned();
    let evidence: Vec<Evidence> =
        slices.iter().map(|slice| Evidence::of(scope.within(&slice.cases), candidate)).collect();
    let routes = margin.map(|margin| tests(&evidence, margin, scope.confidence));
    let advice = margin.map(|margin| advice(&evidence, margin, scope.confidence));
    let (shrinkage, mut shrunk) = shrunk(&evidence);
    let mut q = q_values(&evidence);
    let routings = slices.iter().zip(&evidence).enumerate().map(|(index, (slice, evidence))| {
        let route = evidence.discordant().and(routes.as_ref()).map(|routes| routes[index]);
        SliceRouting {
            value: slice.value.to_owned(),
            pairs: evidence.pairs,
            shrunk: shrunk[index].take(),
            p: route.map(|route| route.p),
            adjusted: route.map(|route| route.adjusted),
            q: q[index].take(),
            advice: advice.as_ref().map(|advice| advice[index]),
        }
    });
    Some(TagRouting {
        tag,
        slices: routings.collect(),
        between: shrinkage.as_ref().map(|shrinkage| shrinkage.between),
        between_p: shrinkage.and_then(|shrinkage| shrinkage.q_p),
        mix: mix_of(scope, candidate, slices, margin),
    })
}

/// The estimates drawn towards their common mean, one place a slice; nothing with fewer than two to compare.
fn shrunk(slices: &[Evidence]) -> (Option<Shrinkage>, Vec<Option<ShrunkDifference>>) {
    let seen: Vec<Option<Seen>> = slices.iter().map(Evidence::seen).collect();
    let known: Vec<Seen> = seen.iter().flatten().copied().collect();
    let shrinkage = if known.len() > 1 { shrink(&known) } else { None };
    let mut drawn = shrinkage.iter().flat_map(|shrinkage| &shrinkage.slices);
    let place = |seen: &Option<Seen>| {
        seen.and_then(|_| drawn.next())
            .map(|one| ShrunkDifference { value: one.estimate, standard_deviation: one.standard_deviation })
    };
    let places = seen.iter().map(place).collect();
    (shrinkage, places)
}

/// The q-value of "no difference" for each slice that can be ranked.
fn q_values(slices: &[Evidence]) -> Vec<Option<f64>> {
    let p = |slice: &Evidence| {
        let test = tango::test(slice.discordant().filter(|seen| is_rankable(*seen))?, 0.0);
        Some((2.0 * test.p_greater.min(test.p_less)).min(1.0))
    };
    let p: Vec<Option<f64>> = slices.iter().map(p).collect();
    let known: Vec<f64> = p.iter().flatten().copied().collect();
    let mut q = benjamini_hochberg(&known).into_iter();
    p.into_iter().map(|p| p.and_then(|_| q.next())).collect()
}

/// How much of the answer is the mix of slices, where the sample's is not production's.
fn mix_of(scope: Scope<'_>, candidate: usize, slices: &[TagValue<'_>], margin: Option<f64>) -> Option<Mix> {
    if !scope.is_weighted() {
        return None;
    }
    let (mut places, mut differences, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for slice in slices {
        let pairs = ACCURACY.paired(scope.within(&slice.cases), candidate);
        if !pairs.cases.is_empty() {
            let place = u32::try_from(shares.len()).ok()?;
            places.extend(pairs.cases.iter().map(|_| place));
            differences.extend(pairs.differences);
            shares.push(crate::stats::sum(pairs.cases.iter().map(|&case| scope.grid.weights[case])));
        }
    }
    let mixes = mix::mixes(Sliced { slices: &places, differences: &differences }, &shares)?;
    let turns = margin.is_some_and(|margin| mixes.turns_at(margin));
    let mix::Mixes { sampled, by_slice, production, largest_gap } = mixes;
    Some(Mix { sampled, by_slice, production, largest_gap, turns })
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
fn number(count: usize) -> f64 {
    count as f64
}
