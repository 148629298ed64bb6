//! The populations that are sampled: by discordance, by how it falls on the strata, by trials and clusters.

use crate::population::{Population, Stratum};

/// A population, and how many cases of it are drawn.
pub(crate) struct Scenario {
    pub(crate) draw: &'static str,
    pattern: &'static str,
    discordance: f64,
    pub(crate) cases: usize,
    pub(crate) population: Population,
}

impl Scenario {
    pub(crate) fn name(&self) -> String {
        let Self { draw, pattern, discordance, cases, .. } = self;
        format!("{draw}, {}: {pattern}, {:.0} % of {cases}", self.kind(), 100.0 * discordance)
    }

    /// What a case is.
    pub(crate) fn kind(&self) -> String {
        match (self.population.trials, self.population.cluster) {
            (1, 1) => "one trial".to_owned(),
            (trials, 1) => format!("{trials} trials"),
            (_, cluster) => format!("clusters of {cluster}, {:.0} %", 100.0 * self.population.alike),
        }
    }
}

/// Trials, cases of a cluster, and how many of these are alike.
const KINDS: &[(u32, usize, f64)] = &[(1, 1, 0.0), (3, 1, 0.0), (1, 4, 0.3), (1, 10, 0.7)];
/// Cases, and the share of them in which the arms disagree.
const SIZES: &[(usize, f64)] = &[(100, 0.02), (100, 0.1), (300, 0.05), (500, 0.02), (500, 0.2)];

/// Shares of the population and of the sample: rare strata drawn as often as the common one, and a draw so skewed that
/// one case in five stands for nearly all of the population.
const DRAWS: &[(&str, &[(f64, f64)])] = &[
    ("equal weights", &[(1.0, 1.0)]),
    ("rare oversampled", &[(0.80, 0.34), (0.17, 0.33), (0.03, 0.33)]),
    ("very skewed", &[(0.95, 0.20), (0.05, 0.80)]),
];

/// Where the disagreements are.
struct Pattern {
    name: &'static str,
    /// Discordance in the most common stratum and in the others, as multiples of the overall one.
    times: [f64; 2],
    /// The share of it that are losses.
    losses: [f64; 2],
}

const PATTERNS: &[Pattern] = &[
    Pattern { name: "even", times: [1.0, 1.0], losses: [0.5, 0.5] },
    Pattern { name: "losses", times: [1.0, 1.0], losses: [1.0, 1.0] },
    Pattern { name: "common loses", times: [1.0, 0.0], losses: [1.0, 1.0] },
    Pattern { name: "rare loses", times: [0.2, 3.0], losses: [1.0, 1.0] },
    Pattern { name: "rare loses, common wins", times: [1.0, 2.0], losses: [0.0, 1.0] },
];

/// Every scenario.
pub(crate) fn all() -> Vec<Scenario> {
    let mut all = Vec::new();
    for &(draw, shares) in DRAWS {
        // Without strata there is nothing to tell the later patterns apart.
        for pattern in PATTERNS.iter().take(if shares.len() == 1 { 2 } else { PATTERNS.len() }) {
            for &(cases, discordance) in SIZES {
                for &(trials, cluster, alike) in KINDS {
                    let strata = strata(shares, pattern, discordance);
                    let population = Population { strata, trials, cluster, alike };
                    all.push(Scenario { draw, pattern: pattern.name, discordance, cases, population });
                }
            }
        }
    }
    all
}

fn strata(shares: &[(f64, f64)], pattern: &Pattern, discordance: f64) -> Vec<Stratum> {
    let stratum = |(place, &(share, drawn)): (usize, &(f64, f64))| {
        let kind = place.min(1);
        let discordant = pattern.times[kind] * discordance;
        let lost = discordant * pattern.losses[kind];
        Stratum { share, drawn, lost, won: discordant - lost }
    };
    shares.iter().enumerate().map(stratum).collect()
}
