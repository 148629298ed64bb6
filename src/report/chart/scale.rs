//! From numbers to places: straight and logarithmic scales with round ticks.

/// A scale between two places on the canvas.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    left: f64,
    right: f64,
    log: bool,
    /// Where ticks stand, in the numbers' own unit.
    pub ticks: Vec<f64>,
}

/// At most this many steps between ticks.
const STEPS: f64 = 6.0;

impl Scale {
    /// A straight scale that holds every number, from tick to tick where that leaves the marks room.
    pub(super) fn straight(numbers: &[f64], (left, right): (f64, f64)) -> Self {
        let (low, high) = range(numbers).unwrap_or((0.0, 1.0));
        let span = if high > low { high - low } else { high.abs().max(1e-3) };
        let step = round_step(span / STEPS);
        // What starts at zero stays there.
        let first = if low >= 0.0 { (low / step).floor() } else { (low / step - 0.2).floor() };
        let last = (high / step + 0.2).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of ticks")]
        let count = (last - first).round() as u32;
        let ticks = (0..=count).map(|index| (first + f64::from(index)) * step).collect();
        Self { from: first * step, to: last * step, left, right, log: false, ticks }
    }

    /// A logarithmic scale for ratios that holds every number and 1; numbers are positive.
    pub(super) fn ratios(numbers: &[f64], (left, right): (f64, f64)) -> Self {
        let positive: Vec<f64> = numbers.iter().copied().filter(|number| *number > 0.0).chain([1.0]).collect();
        let (low, high) = range(&positive).unwrap_or((1.0, 1.0));
        let pad = ((high / low).ln() * 0.06).max(0.08);
        let (from, to) = (low.ln() - pad, high.ln() + pad);
        let mut scale = Self { from, to, left, right, log: true, ticks: Vec::new() };
        scale.ticks = ratio_ticks(&scale);
        scale
    }

    /// The place of a number, held within the scale.
    pub(super) fn x(&self, number: f64) -> f64 {
        let number = if self.log { number.max(f64::MIN_POSITIVE).ln() } else { number };
        let share = (number - self.from) / (self.to - self.from);
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }
}

fn range(numbers: &[f64]) -> Option<(f64, f64)> {
    let low = numbers.iter().copied().reduce(f64::min)?;
    let high = numbers.iter().copied().reduce(f64::max)?;
    Some((low, high))
}

/// The next step of 1, 2 or 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * power >= least * (1.0 - 1e-9)).unwrap_or(10.0);
    step * power
}

/// Round ratios, the round ones first, each at least a label's width from the others.
fn ratio_ticks(scale: &Scale) -> Vec<f64> {
    const ROUND: &[&[f64]] = &[
        &[1.0],
        &[0.1, 10.0, 100.0, 0.01],
        &[0.5, 2.0, 5.0, 0.2, 20.0, 50.0, 0.05, 0.02],
        &[0.25, 3.0, 4.0, 0.75, 1.5],
        &[0.9, 1.1, 1.25, 0.8, 1.2],
    ];
    const LABEL: f64 = 46.0;
    let mut ticks: Vec<f64> = Vec::new();
    for ratio in ROUND.iter().copied().flatten().copied() {
        let inside = (scale.from..=scale.to).contains(&ratio.ln());
        if inside && ticks.iter().all(|tick| (scale.x(*tick) - scale.x(ratio)).abs() >= LABEL) {
            ticks.push(ratio);
        }
    }
    ticks.sort_by(f64::total_cmp);
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_scale_has_round_ticks_around_every_number() {
        let scale = Scale::straight(&[-9.0, 0.0, 11.0], (0.0, 100.0));
        assert_eq!(scale.ticks, [-10.0, -5.0, 0.0, 5.0, 10.0, 15.0]);
        assert!((scale.x(-10.0) - 0.0).abs() < 1e-9 && (scale.x(15.0) - 100.0).abs() < 1e-9);
        let costs = Scale::straight(&[0.0, 0.003_11], (0.0, 100.0));
        assert!(costs.x(0.0).abs() < 1e-9, "{costs:?}");
        let single = Scale::straight(&[0.0], (0.0, 100.0));
        assert!(single.ticks.len() >= 2, "{single:?}");
    }

    #[test]
    fn a_ratio_scale_is_symmetric_and_its_labels_stand_apart() {
        let scale = Scale::ratios(&[0.5, 2.0], (0.0, 300.0));
        assert!((scale.x(1.0) - 150.0).abs() < 1e-9);
        for numbers in [&[0.97, 1.04][..], &[0.02, 60.0], &[1.0], &[0.3, 4.2]] {
            let scale = Scale::ratios(numbers, (0.0, 300.0));
            assert!(scale.ticks.contains(&1.0), "{numbers:?}");
            assert!(scale.ticks.windows(2).all(|pair| scale.x(pair[1]) - scale.x(pair[0]) >= 46.0), "{scale:?}");
        }
    }
}
