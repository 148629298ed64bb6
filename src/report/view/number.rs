//! The only place where a number becomes text: units, digits, signs.
//!
//! Inside a number, its unit and its interval stand no-break spaces. Formats for plain text turn them into spaces.

use crate::compare::{Contrast, MetricRow, Unit};
use crate::domain::Usd;
use crate::stats::Estimate;

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Style {
    /// A share of 1, in percent.
    Share,
    /// A difference of shares, in percentage points, always signed.
    Points,
    /// US dollars.
    Usd,
    /// A difference in US dollars, always signed.
    UsdChange,
    /// Candidate ÷ baseline.
    Ratio,
    /// How often: attempts, calls.
    Factor,
    /// Milliseconds, in seconds from 1 s on.
    Milliseconds,
    /// Tokens.
    Tokens,
    /// Tokens in a second.
    TokensPerSecond,
}

/// An estimate as text, with the numbers behind it for a chart.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Number {
    pub text: String,
    /// In square brackets; says so when there is none.
    pub interval: String,
    pub n: usize,
    pub method: &'static str,
    pub value: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// What stands for a limit that the cases cannot say.
const UNKNOWN_LIMIT: &str = "unknown";

impl Style {
    /// How a metric's own values are written.
    pub(in crate::report) fn of_value(row: &MetricRow) -> Self {
        match row.unit {
            Unit::Share => Self::Share,
            Unit::Usd => Self::Usd,
            Unit::Milliseconds => Self::Milliseconds,
            Unit::Tokens => Self::Tokens,
            Unit::TokensPerSecond => Self::TokensPerSecond,
        }
    }

    /// How two arms of a metric are set against each other. Only shares are compared by difference.
    pub(in crate::report) fn of_contrast(row: &MetricRow) -> Self {
        match row.contrast {
            Contrast::Difference => Self::Points,
            Contrast::Ratio => Self::Ratio,
        }
    }

    /// A single number with its unit.
    pub(in crate::report) fn write(self, value: f64) -> String {
        self.with_unit(value, self.digits(&[value], None))
    }

    /// Decimals for numbers that are shown together: one for shares and points, two for ratios, and up to two more
    /// where a number would otherwise look equal to a limit, to no change or to the end of the scale.
    fn digits(self, values: &[f64], limit: Option<f64>) -> usize {
        let (base, scale, marks): (usize, f64, &[f64]) = match self {
            Self::Share => (1, 100.0, &[0.0, 1.0]),
            Self::Points => (1, 100.0, &[0.0]),
            Self::Ratio | Self::Factor => (2, 1.0, &[0.0, 1.0]),
            Self::Usd | Self::UsdChange | Self::Milliseconds | Self::Tokens | Self::TokensPerSecond => return 0,
        };
        let blurred = |digits: usize| {
            let text = |value: f64| signed(&format!("{:.digits$}", value * scale), false);
            let near = |value: f64, mark: f64| (value - mark).abs() > 1e-9 && text(value) == text(mark);
            values.iter().any(|value| marks.iter().chain(&limit).any(|mark| near(*value, *mark)))
        };
        (base..base + 2).find(|digits| !blurred(*digits)).unwrap_or(base + 2)
    }

    fn with_unit(self, value: f64, digits: usize) -> String {
        match self {
            Self::Share => format!("{}%", self.bare(value, digits)),
            Self::Points => format!("{}\u{a0}pp", self.bare(value, digits)),
            Self::Ratio => format!("×{}", self.bare(value, digits)),
            Self::Usd => dollars(value),
            Self::UsdChange => plus(value, dollars(value)),
            Self::Milliseconds | Self::Tokens | Self::Factor => self.bare(value, digits),
            Self::TokensPerSecond => format!("{}\u{a0}tok/s", self.bare(value, digits)),
        }
    }

    /// As it stands inside an interval: without the unit, where the value before it has one.
    fn bare(self, value: f64, digits: usize) -> String {
        match self {
            Self::Share => signed(&format!("{:.digits$}", value * 100.0), false),
            Self::Points => signed(&format!("{:.digits$}", value * 100.0), true),
            Self::Ratio | Self::Factor => signed(&format!("{value:.digits$}"), false),
            Self::Usd => dollars(value).replacen('$', "", 1),
            Self::UsdChange => plus(value, dollars(value).replacen('$', "", 1)),
            Self::Milliseconds => milliseconds(value),
            Self::Tokens | Self::TokensPerSecond => tokens(value),
        }
    }
}

impl Number {
    /// `limit` is what the numbers will be read against: they get the digits to be told from it.
    pub(in crate::report) fn new(estimate: &Estimate, style: Style, limit: Option<f64>) -> Self {
        let (low, high) = (estimate.low(), estimate.high());
        let shown: Vec<f64> = [Some(estimate.value), low, high].into_iter().flatten().collect();
        let digits = style.digits(&shown, limit);
        let end = |end: Option<f64>| end.map_or_else(|| UNKNOWN_LIMIT.to_owned(), |value| style.bare(value, digits));
        let interval = match estimate.interval {
            Some(_) if low.is_some() || high.is_some() => format!("[{},\u{a0}{}]", end(low), end(high)),
            Some(_) => "[too few pairs]".to_owned(),
            None => "[interval unknown]".to_owned(),
        };
        Self {
            text: style.with_unit(estimate.value, digits),
            interval,
            n: estimate.n,
            method: estimate.method,
            value: estimate.value,
            low,
            high,
        }
    }

    /// A bound, which has no interval of its own, from so many cases.
    pub(in crate::report) fn bound(value: f64, style: Style, n: usize) -> Self {
        let (text, interval) = (style.write(value), "(a bound)".to_owned());
        Self { text, interval, n, method: "Wilson", value, low: None, high: None }
    }

    /// Value and interval in one line.
    pub(in crate::report) fn whole(&self) -> String {
        format!("{} {}", self.text, self.interval)
    }
}

/// A count with thousands separated.
pub(in crate::report) fn count(count: usize) -> String {
    thousands(&count.to_string())
}

/// Cases as they weigh, which need not be whole.
pub(in crate::report) fn amount(cases: f64) -> String {
    if (cases - cases.round()).abs() < 0.05 { format!("{cases:.0}") } else { format!("{cases:.1}") }
}

/// A count of tokens with thousands separated.
pub(in crate::report) fn count_u64(count: u64) -> String {
    thousands(&count.to_string())
}

/// A count and its noun.
pub(in crate::report) fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// An amount of money.
pub(in crate::report) fn usd(amount: Usd) -> String {
    dollars(amount.dollars())
}

/// A margin: percentage points without trailing zeros and without sign.
pub(in crate::report) fn margin(share: f64) -> String {
    format!("{}\u{a0}pp", trimmed(&format!("{:.4}", share * 100.0)))
}

/// A limit of a ratio.
pub(in crate::report) fn ratio_limit(ratio: f64) -> String {
    let text = format!("{ratio:.4}");
    let short = trimmed(&text);
    if short.split('.').nth(1).is_some_and(|decimals| decimals.len() > 2) {
        format!("×{short}")
    } else {
        format!("×{ratio:.2}")
    }
}

/// A limit of a metric's own value, as the suite states it, without trailing zeros.
pub(in crate::report) fn absolute_limit(row: &MetricRow, limit: f64) -> String {
    match row.unit {
        Unit::Share => format!("{}%", trimmed(&format!("{:.4}", limit * 100.0))),
        Unit::Usd => format!("${limit}"),
        Unit::Milliseconds if limit < 1000.0 => format!("{limit}\u{a0}ms"),
        Unit::Milliseconds => format!("{}\u{a0}s", limit / 1000.0),
        Unit::Tokens | Unit::TokensPerSecond => thousands(&limit.to_string()),
    }
}

/// A confidence such as 95%.
pub(in crate::report) fn percent(share: f64) -> String {
    format!("{}%", trimmed(&format!("{:.2}", share * 100.0)))
}

/// A day and time from milliseconds since 1970; out of range it says so.
pub(in crate::report) fn time(milliseconds: i64) -> String {
    chrono::DateTime::from_timestamp_millis(milliseconds)
        .map_or_else(|| "unknown".to_owned(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// Three significant digits below a dollar, cents above.
fn dollars(value: f64) -> String {
    let size = value.abs();
    let digits = significant(size, 3).max(2);
    let amount = thousands(&format!("{size:.digits$}"));
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    if size == 0.0 { "$0".to_owned() } else { format!("{sign}${amount}") }
}

/// What is above zero, with a plus.
fn plus(value: f64, text: String) -> String {
    if value > 0.0 { format!("+{text}") } else { text }
}

fn milliseconds(value: f64) -> String {
    if value < 999.5 {
        format!("{value:.0}\u{a0}ms")
    } else {
        let seconds = value / 1000.0;
        let digits = significant(seconds, 3).min(2);
        format!("{}\u{a0}s", thousands(&format!("{seconds:.digits$}")))
    }
}

fn tokens(value: f64) -> String {
    let digits = usize::from(value < 99.95);
    thousands(&format!("{value:.digits$}"))
}

/// Decimals that show this many significant digits, none for a number that needs none, twelve at most.
fn significant(value: f64, digits: i32) -> usize {
    if value <= 0.0 {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the exponent of a finite f64 is within ±324")]
    let exponent = value.log10().floor() as i32;
    usize::try_from((digits - 1 - exponent).clamp(0, 12)).unwrap_or(0)
}

/// A true minus sign, a plus where asked, and no sign on what rounds to zero.
fn signed(text: &str, plus: bool) -> String {
    let body = text.trim_start_matches('-');
    let zero = body.chars().all(|c| c == '0' || c == '.');
    match text.starts_with('-') {
        true if !zero => format!("\u{2212}{body}"),
        false if !zero && plus => format!("+{body}"),
        true | false => body.to_owned(),
    }
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Commas between groups of three digits of the whole part.
fn thousands(text: &str) -> String {
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::with_capacity(text.len() + whole.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;

    #[test]
    fn a_number_is_written_with_its_unit_and_sensible_digits() {
        let rows = [
            (Style::Share, 0.912, "91.2%"),
            (Style::Share, 0.0, "0.0%"),
            (Style::Share, 0.0004, "0.04%"),
            (Style::Share, 0.9996, "99.96%"),
            (Style::Share, 1.0, "100.0%"),
            (Style::Points, -0.041, "−4.1 pp"),
            (Style::Points, 0.024, "+2.4 pp"),
            (Style::Points, 0.0, "0.0 pp"),
            (Style::Points, -0.0003, "−0.03 pp"),
            (Style::Ratio, 1.423, "×1.42"),
            (Style::Ratio, 1.003, "×1.003"),
            (Style::Usd, 0.000_123_4, "$0.000123"),
            (Style::Usd, 0.0031, "$0.00310"),
            (Style::Usd, 0.9999, "$1.000"),
            (Style::Usd, 1234.5, "$1,234.50"),
            (Style::Usd, 0.0, "$0"),
            (Style::UsdChange, 0.0031, "+$0.00310"),
            (Style::UsdChange, -12.0, "−$12.00"),
            (Style::UsdChange, 0.0, "$0"),
            (Style::Factor, 1.25, "1.25"),
            (Style::Milliseconds, 812.4, "812 ms"),
            (Style::Milliseconds, 999.9, "1.00 s"),
            (Style::Milliseconds, 1240.0, "1.24 s"),
            (Style::Milliseconds, 132_000.0, "132 s"),
            (Style::Tokens, 8.34, "8.3"),
            (Style::Tokens, 1234.4, "1,234"),
            (Style::TokensPerSecond, 61.25, "61.2 tok/s"),
        ];
        for (style, value, expected) in rows {
            assert_eq!(style.write(value).replace('\u{a0}', " "), expected, "{style:?} {value}");
        }
    }

    #[test]
    fn an_interval_gets_the_digits_that_tell_it_from_the_limit() {
        let estimate = |low, high| Estimate {
            value: 0.0,
            interval: Some(Interval { low, high, confidence: 0.95 }),
            method: "score",
            n: 10,
        };
        let rows = [
            (estimate(Some(-0.0203), Some(0.01)), Some(-0.02), "[−2.03, +1.00]"),
            (estimate(Some(-0.0203), Some(0.01)), None, "[−2.0, +1.0]"),
            (estimate(None, Some(0.01)), None, "[unknown, +1.0]"),
            (Estimate { interval: None, ..estimate(None, None) }, None, "[interval unknown]"),
        ];
        for (estimate, limit, expected) in rows {
            let interval = Number::new(&estimate, Style::Points, limit).interval;
            assert_eq!(interval.replace('\u{a0}', " "), expected);
        }
    }

    #[test]
    fn limits_drop_the_digits_that_say_nothing() {
        assert_eq!(margin(0.02), "2\u{a0}pp");
        assert_eq!(margin(0.005), "0.5\u{a0}pp");
        assert_eq!(ratio_limit(1.2), "×1.20");
        assert_eq!(ratio_limit(1.125), "×1.125");
        assert_eq!(percent(0.95), "95%");
        assert_eq!(percent(0.999), "99.9%");
    }

    #[test]
    fn counts_and_times_read_as_usual() {
        assert_eq!(count(4_800), "4,800");
        assert_eq!(count(999), "999");
        assert_eq!(count_u64(12_345_678), "12,345,678");
        assert_eq!(plural(1, "pair", "pairs"), "1 pair");
        assert_eq!(time(0), "1970-01-01 00:00 UTC");
    }
}
