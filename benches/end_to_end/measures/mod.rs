//! The measures, by what they need: each gives rows of the table.

mod latency;
mod recovery;
mod scale;
mod start;
mod throughput;

use crate::Result;
use crate::process::Took;
use crate::table::{Row, median, s};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Rounds; every figure is the median of them.
    pub(crate) rounds: usize,
    /// Cases where the client is the limit.
    pub(crate) cases: usize,
    /// Cases where the server is.
    pub(crate) few: usize,
    /// Cases where the size is the subject; `None` leaves that out.
    pub(crate) many: Option<usize>,
}

/// Measures something, and gives rows of the table.
type Measure = fn(&Extent) -> Result<Vec<Row>>;

/// Every measure, with the goals that it is about.
pub(crate) const MEASURES: &[(&[usize], Measure)] = &[
    (&[6], start::measure),
    (&[1, 2, 4, 5, 7, 10], throughput::measure),
    (&[3], latency::measure),
    (&[8], recovery::faults),
    (&[9], recovery::kill),
    (&[7, 11], scale::measure),
];

/// What the raw load generator took before and after cutover, on average: the machine may have changed in between.
struct Beside {
    raw: [Took; 2],
    cutover: Took,
}

impl Beside {
    fn raw(&self, of: fn(&Took) -> f64) -> f64 {
        f64::midpoint(of(&self.raw[0]), of(&self.raw[1]))
    }

    fn ratio(&self, of: fn(&Took) -> f64) -> f64 {
        of(&self.cutover) / self.raw(of)
    }
}

fn wall(took: &Took) -> f64 {
    s(took.wall)
}

fn cpu(took: &Took) -> f64 {
    s(took.cpu)
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes here are far below 2^53")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes here are far below 2^53")]
fn peak(took: &Took) -> f64 {
    took.peak as f64
}

/// The medians of the raw load generator's figure, of cutover's, and of the ratio in each round.
fn medians(rounds: &[Beside], of: fn(&Took) -> f64) -> [f64; 3] {
    [
        median(rounds.iter().map(|round| round.raw(of))),
        median(rounds.iter().map(|round| of(&round.cutover))),
        median(rounds.iter().map(|round| round.ratio(of))),
    ]
}

/// Fails when the counts of a run are not as they should be: its time would mean nothing.
fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<()> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?} instead of {wanted:?}").into()) }
}
