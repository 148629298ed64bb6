//! How far a replay is: a bar an arm on a terminal, a line every 30 seconds elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;
use crate::domain::Usd;
use crate::report::format::case::inert;

/// How often the bars are drawn in a second.
const DRAWN: u8 = 10;
/// Between two calls of [`Progress::tick`].
pub const TICK: Duration = Duration::from_millis(1000 / DRAWN as u64);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// The progress of a replay, drawn on stderr.
#[derive(Debug)]
pub struct Progress {
    terminal: Terminal,
    bars: MultiProgress,
    arms: Vec<ArmProgress>,
    begun: Instant,
    last_line: Instant,
}

#[derive(Debug)]
struct ArmProgress {
    name: String,
    bar: ProgressBar,
    total: usize,
    done: usize,
    hits: usize,
    failures: usize,
    retries: usize,
    spend: Usd,
    spend_unknown: bool,
}

/// What one finished trial adds.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The arm's place among the arms.
    pub arm: usize,
    /// Whether the answer came from the store.
    pub from_store: bool,
    /// Whether the call failed.
    pub failed: bool,
    /// What was paid now; `None` is unknown.
    pub spend: Option<Usd>,
}

impl Progress {
    /// Begins to draw; each arm has a name and a number of trials to do.
    #[must_use]
    pub fn new(terminal: Terminal, arms: &[(String, usize)]) -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN));
        let width = arms.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let arms = arms
            .iter()
            .map(|(name, total)| {
                let bar = bars.add(ProgressBar::new(*total as u64).with_style(style.clone()));
                bar.set_prefix(format!("{name:width$}"));
                ArmProgress {
                    name: name.clone(),
                    bar,
                    total: *total,
                    done: 0,
                    hits: 0,
                    failures: 0,
                    retries: 0,
                    spend: Usd::ZERO,
                    spend_unknown: false,
                }
            })
            .collect();
        let now = Instant::now();
        Self { terminal, bars, arms, begun: now, last_line: now }
    }

    /// Counts a finished trial. It is drawn at the next tick.
    pub fn step(&mut self, step: Step) {
        let arm = &mut self.arms[step.arm];
        arm.done += 1;
        arm.hits += usize::from(step.from_store);
        arm.failures += usize::from(step.failed);
        match step.spend {
            Some(spend) => arm.spend = arm.spend.plus(spend),
            None => arm.spend_unknown = true,
        }
    }

    /// Counts a call that is asked again.
    pub fn retry(&mut self, arm: usize) {
        self.arms[arm].retries += 1;
    }

    /// Draws what has changed, or writes the lines that are due where there is no terminal.
    pub fn tick(&mut self) {
        if !self.bars.is_hidden() {
            self.arms.iter().for_each(|arm| arm.draw(self.begun.elapsed()));
        } else if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            for arm in &self.arms {
                self.terminal.note(&arm.line(self.begun.elapsed()));
            }
        }
    }

    /// A message above the bars.
    pub fn note(&self, text: &str) {
        if self.bars.is_hidden() {
            self.terminal.note(text);
        } else {
            // What cannot be drawn on stderr cannot be said there either.
            drop(self.bars.println(inert(text)));
        }
    }

    /// Ends the drawing; the last state stays.
    pub fn finish(&self) {
        for arm in &self.arms {
            if self.bars.is_hidden() {
                self.terminal.note(&arm.line(self.begun.elapsed()));
            } else {
                arm.draw(self.begun.elapsed());
                arm.bar.abandon();
            }
        }
    }
}

impl ArmProgress {
    fn draw(&self, elapsed: Duration) {
        self.bar.set_position(self.done as u64);
        self.bar.set_message(self.facts(elapsed));
    }

    fn line(&self, elapsed: Duration) -> String {
        format!("{} {}/{} {}", self.name, self.done, self.total, self.facts(elapsed))
    }

    /// Hits, rate, time left, spend, retries, failures.
    fn facts(&self, elapsed: Duration) -> String {
        let mut facts = vec![format!("hits {}", self.hits)];
        #[expect(clippy::cast_precision_loss, reason = "a rate for reading")]
        let rate = self.done as f64 / elapsed.as_secs_f64().max(1e-3);
        if self.done < self.total && rate > 0.0 {
            #[expect(clippy::cast_precision_loss, reason = "an estimate for reading")]
            let left = Duration::try_from_secs_f64((self.total - self.done) as f64 / rate).unwrap_or(Duration::MAX);
            facts.push(format!("{rate:.1}/s"));
            facts.push(format!("ETA {}:{:02}", left.as_secs() / 60, left.as_secs() % 60));
        }
        facts.push(if self.spend_unknown {
            "spend unknown".to_owned()
        } else {
            format!("${:.4}", self.spend.dollars())
        });
        if self.retries > 0 {
            facts.push(format!("retries {}", self.retries));
        }
        if self.failures > 0 {
            facts.push(format!("failures {}", self.failures));
        }
        facts.join("  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_done_hits_rate_time_left_spend_and_failures() {
        let arm = ArmProgress {
            name: "mini".into(),
            bar: ProgressBar::hidden(),
            total: 200,
            done: 50,
            hits: 10,
            failures: 2,
            retries: 3,
            spend: Usd::from_pico(12_300_000_000),
            spend_unknown: false,
        };
        assert_eq!(
            arm.line(Duration::from_secs(100)),
            "mini 50/200 hits 10  0.5/s  ETA 5:00  $0.0123  retries 3  failures 2"
        );
        let unknown = ArmProgress { done: 200, failures: 0, retries: 0, spend_unknown: true, ..arm };
        assert_eq!(unknown.line(Duration::from_secs(100)), "mini 200/200 hits 10  spend unknown");
    }
}
