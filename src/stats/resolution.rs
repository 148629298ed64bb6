//! What the cases at hand could have shown, and how many more would decide, for limits of every kind. Guides for the
//! reader of an open question; no verdict reads them.

use super::estimate::{Estimate, Interval};
use super::power::{Goal, Precision, sample_size_score};
use super::special::{normal_critical, normal_quantile};
use super::sum::count;
use super::tango::Discordant;

/// The smallest margin that so many effective pairs pass, with the chance asked for, when they go on disagreeing as
/// often as they do and the true difference is zero: Nam's (1997) sample size turned round, so that it agrees with
/// [`super::power::more_cases_score`] where the large-sample formula is optimistic. `None` when not even a margin of 1
/// can be shown.
#[must_use]
pub fn margin(seen: Discordant, precision: Precision) -> Option<f64> {
    let even = seen.balanced();
    let expected = Discordant {
        baseline_only: even.baseline_only + 0.5,
        candidate_only: even.candidate_only + 0.5,
        n: even.n + 1.0,
    };
    let shows = |margin: f64| {
        let size = sample_size_score(expected, Goal { margin, precision });
        size.is_some_and(|size| count(size.cases) <= seen.n)
    };
    let (mut low, mut high) = (0.0, 1.0);
    if !shows(high) {
        return None;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if shows(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// The smallest true gain that so many effective pairs show to be one, with the chance asked for, when they go on
/// disagreeing as often as they do (large-sample formula, as [`super::power::resolvable`] has it).
#[must_use]
pub fn gain(seen: Discordant, precision: Precision) -> f64 {
    let critical = normal_critical(precision.confidence) + normal_quantile(precision.power);
    let discordance = (seen.baseline_only + seen.candidate_only + 1.0) / (seen.n + 1.0);
    critical * (discordance / (seen.n + critical * critical)).sqrt()
}

/// About how many more cases would put Wilson's interval of a share on one side of `limit`, if the share is what was
/// seen: the sample size of the one-sample score test, whose inversion that interval is. The cases that one independent
/// case is worth are read off the interval that was seen. `None` without an interval, when the share sits on the limit,
/// or when more than `most` cases would be needed in all.
#[must_use]
pub fn more_cases_share(seen: &Estimate, limit: f64, precision: Precision, most: usize) -> Option<usize> {
    let effective = effective_cases(seen)?;
    // Half a case each way, so that none seen so far does not mean none ever.
    let share = (seen.value * effective + 0.5) / (effective + 1.0);
    let spread = normal_critical(precision.confidence) * (limit * (1.0 - limit)).max(0.0).sqrt()
        + normal_quantile(precision.power) * (share * (1.0 - share)).sqrt();
    let needed = (spread / (share - limit)).powi(2) * count(seen.n) / effective;
    more(needed, seen.n, most)
}

/// Independent pass/fail cases that would give a Wilson interval as wide as this one.
fn effective_cases(seen: &Estimate) -> Option<f64> {
    let interval = seen.interval?;
    let half = (interval.high? - interval.low?) / 2.0;
    // half²(1 + k)² = p(1 − p)k + k²/4, solved for k = z²/n.
    let (a, b, c) = (0.25 - half * half, seen.value * (1.0 - seen.value) - 2.0 * half * half, half * half);
    let k = ((b * b + 4.0 * a * c).sqrt() - b) / (2.0 * a);
    let critical = normal_critical(interval.confidence);
    Some(critical * critical / k).filter(|n| n.is_finite() && *n > 0.0)
}

/// About how many more cases would put the interval of a positive quantity (dollars, seconds, a ratio) on one side of
/// `limit`, if the quantity is what was seen: on the log scale the side that faces the limit shrinks with √n. `None`
/// when that side is open, when the quantity sits on the limit, or when more than `most` cases would be needed in all.
#[must_use]
pub fn more_cases_scale(seen: &Estimate, limit: f64, precision: Precision, most: usize) -> Option<usize> {
    let gap = (limit / seen.value).ln();
    let reach = if gap > 0.0 { reach_up(seen)? } else { reach_down(seen)? };
    let needed = count(seen.n) * (reach * with_power(precision) / gap).powi(2);
    more(needed, seen.n, most)
}

/// The same cases around another value: the interval moves along on the log scale. `None` where an end is open.
#[must_use]
pub fn moved(seen: &Estimate, value: f64) -> Option<Estimate> {
    let (up, down) = (reach_up(seen)?, reach_down(seen)?);
    let confidence = seen.interval?.confidence;
    let interval = Some(Interval::bounded(value * (-down).exp(), value * up.exp(), confidence));
    Some(Estimate { value, interval, ..*seen })
}

/// The smallest ratio above 1 that so many cases show not to be reached, if the true ratio is 1.
#[must_use]
pub fn ratio_above(seen: &Estimate, precision: Precision) -> Option<f64> {
    reach_up(seen).map(|reach| (reach * with_power(precision)).exp())
}

/// The largest ratio below 1 that so many cases show to be below 1.
#[must_use]
pub fn ratio_below(seen: &Estimate, precision: Precision) -> Option<f64> {
    reach_up(seen).map(|reach| (-reach * with_power(precision)).exp())
}

/// How much further than its interval a difference must lie to show with the chance asked for.
fn with_power(precision: Precision) -> f64 {
    1.0 + normal_quantile(precision.power) / normal_critical(precision.confidence)
}

fn reach_up(seen: &Estimate) -> Option<f64> {
    Some((seen.high()? / seen.value).ln()).filter(|reach| reach.is_finite())
}

fn reach_down(seen: &Estimate) -> Option<f64> {
    Some((seen.value / seen.low()?).ln()).filter(|reach| reach.is_finite())
}

fn more(needed: f64, cases: usize, most: usize) -> Option<usize> {
    let all = (needed - 1e-9).ceil().max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 1 and at most `most`")]
    let all = (all <= count(most)).then_some(all as usize)?;
    Some(all.saturating_sub(cases))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::power::more_cases_score;
    use crate::stats::proportion::{effective_rate, wilson};
    use crate::stats::{PerCase, Scores};

    const PRECISION: Precision = Precision { confidence: 0.95, power: 0.8 };

    #[test]
    fn the_margin_is_the_one_at_which_no_more_cases_are_needed() {
        for (disagreements, n) in [(0.0, 100.0), (4.0, 200.0), (30.0, 300.0)] {
            let half = disagreements / 2.0;
            let seen = Discordant { baseline_only: half, candidate_only: half, n };
            let margin = margin(seen, PRECISION).expect("can be shown");
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number")]
            let more =
                |margin| more_cases_score(seen, n as usize, Goal { margin, precision: PRECISION }, 10_000).more();
            assert_eq!(more(margin), Some(0), "{disagreements} {n}");
            assert!(more(margin * 0.99) > Some(0), "{disagreements} {n}");
        }
    }

    #[test]
    fn a_gain_is_that_of_the_planner() {
        let seen = Discordant { baseline_only: 10.0, candidate_only: 9.0, n: 199.0 };
        let planned = crate::stats::power::resolvable(199, 0.1, PRECISION).expect("has pairs").gain;
        assert!((gain(seen, PRECISION) - planned).abs() < 1e-12);
    }

    #[test]
    fn less_than_one_pair_shows_no_margin_at_all() {
        let seen = Discordant { baseline_only: 0.0, candidate_only: 0.0, n: 0.5 };
        assert_eq!(margin(seen, PRECISION), None);
    }

    #[test]
    fn the_effective_cases_are_read_off_the_interval() {
        for (passed, n) in [(0, 40), (20, 40), (37, 40), (40, 40)] {
            let seen = wilson(passed, n, 0.95).expect("has cases");
            let found = effective_cases(&seen).expect("has an interval");
            assert!((found - count(n)).abs() < 1e-6, "{passed} of {n}: {found}");
        }
        let scores: Vec<f64> = (0..60_u32).map(|case| f64::from(case % 3) / 2.0).collect();
        let rate = effective_rate(PerCase::independent(&scores), Scores::Graded, 0.95).expect("has cases");
        let found = effective_cases(&rate.estimate).expect("has an interval");
        // Student's critical value instead of the normal one is part of it.
        let expected = rate.effective_n.expect("has an interval") * (1.959_964_f64 / 2.000_995).powi(2);
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
    }

    #[test]
    fn cases_for_a_share_are_those_of_the_score_test() {
        // By hand: p0 = 0.9, p1 = (95 + 0.5)/101: ((1.96·0.3 + 0.8416·0.2278)/0.0455)² = 292.7.
        let seen = wilson(95, 100, 0.95).expect("has cases");
        assert_eq!(more_cases_share(&seen, 0.9, PRECISION, 10_000), Some(193));
        let on_it = Estimate { value: 95.5 / 101.0, ..seen };
        assert_eq!(more_cases_share(&seen, on_it.value, PRECISION, 10_000), None);
        assert_eq!(more_cases_share(&Estimate { interval: None, ..seen }, 0.9, PRECISION, 10_000), None);
    }

    #[test]
    fn twice_as_close_needs_four_times_the_cases() {
        let seen = Estimate { value: 1.0, interval: Some(Interval::bounded(0.8, 1.25, 0.95)), method: "", n: 100 };
        let all = |limit: f64| more_cases_scale(&seen, limit, PRECISION, 100_000).map(|more| more + 100);
        // By hand: 100·(ln 1.25·2.8016/1.95996/ln 1.1)² = 1119.9, and ln 1.1 = 2·ln √1.1.
        assert_eq!((all(1.1), all(1.1_f64.sqrt())), (Some(1120), Some(4480)));
        assert_eq!(all(1.0 / 1.1), Some(1120));
        assert_eq!(more_cases_scale(&seen, 1.1, PRECISION, 1000), None);
        let open = Estimate { interval: Some(Interval { low: Some(0.8), high: None, confidence: 0.95 }), ..seen };
        assert_eq!(more_cases_scale(&open, 1.1, PRECISION, 100_000), None);
        let above = ratio_above(&seen, PRECISION).expect("is closed");
        assert_eq!(more_cases_scale(&seen, above, PRECISION, 1000), Some(0));
        assert!((above * ratio_below(&seen, PRECISION).expect("is closed") - 1.0).abs() < 1e-12);
        let twice = moved(&seen, 2.0).expect("is closed");
        assert!(
            ((twice.low().unwrap_or(0.0) - 1.6).abs() < 1e-12) && (twice.high().unwrap_or(0.0) - 2.5).abs() < 1e-12
        );
    }
}
