//! What a provider's headers say of its limits: how little is left, and when there is more.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};

use super::http::Headers;

/// The headers of one limit.
struct Limit {
    most: &'static str,
    remaining: &'static str,
    reset: &'static str,
}

const fn limit(most: &'static str, remaining: &'static str, reset: &'static str) -> Limit {
    Limit { most, remaining, reset }
}

/// Every limit that providers report: OpenAI's and those of compatible servers, Fireworks', Anthropic's.
const LIMITS: &[Limit] = &[
    limit("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    limit("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    limit("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
    limit("x-ratelimit-limit-tokens-prompt", "x-ratelimit-remaining-tokens-prompt", "x-ratelimit-reset-tokens-prompt"),
    limit(
        "x-ratelimit-limit-tokens-generated",
        "x-ratelimit-remaining-tokens-generated",
        "x-ratelimit-reset-tokens-generated",
    ),
    limit(
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    limit(
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    limit(
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    limit(
        "anthropic-ratelimit-output-tokens-limit",
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
];

/// A limit is scarce when less than one part in so many is left of it.
const PARTS: u64 = 10;

/// Whether little is left of any limit.
#[must_use]
pub fn is_scarce(headers: &Headers) -> bool {
    scarce(headers).next().is_some()
}

/// When there is more of the limits of which little is left.
pub fn resets(headers: &Headers) -> impl Iterator<Item = Until> {
    scarce(headers).filter_map(|limit| Until::parse(headers.get(limit.reset)?))
}

fn scarce(headers: &Headers) -> impl Iterator<Item = &'static Limit> {
    LIMITS.iter().filter(|limit| {
        let amount = |name| headers.get(name).and_then(whole);
        let known = amount(limit.most).zip(amount(limit.remaining));
        known.is_some_and(|(limit, remaining)| remaining.saturating_mul(PARTS) < limit)
    })
}

/// The whole number at the beginning of a text such as `100, 100;w=60`.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text[..text.bytes().take_while(u8::is_ascii_digit).count()].parse().ok()
}

/// A moment to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After so much time.
    In(Duration),
    /// At so many milliseconds since 1970 (UTC).
    At(i64),
}

/// Units of time by their names, in nanoseconds; a name stands above those that begin like it.
const UNITS: &[(&str, f64)] =
    &[("ms", 1e6), ("us", 1e3), ("µs", 1e3), ("ns", 1.0), ("d", 86_400e9), ("h", 3600e9), ("m", 60e9), ("s", 1e9)];

/// The two forms of a date in HTTP that are no date of a mail (RFC 9110, section 5.6.7). They are in UTC.
const OLD_DATES: &[&str] = &["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// A plain number of at least this is a moment in seconds since 1970, not a wait in seconds.
const EPOCH_SECONDS: f64 = 1e9;
/// A plain number of at least this is a moment in milliseconds since 1970.
const EPOCH_MILLISECONDS: f64 = 1e12;

impl Until {
    /// Reads any form that providers use: seconds, `1m30s` or `6ms`, a date of HTTP or RFC 3339, a time since 1970.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(number) = text.parse::<f64>() {
            #[expect(clippy::cast_possible_truncation, reason = "times since 1970 have no digits to lose")]
            return match number {
                _ if number >= EPOCH_MILLISECONDS => Some(Self::At(number as i64)),
                _ if number >= EPOCH_SECONDS => Some(Self::At((number * 1e3) as i64)),
                _ => Duration::try_from_secs_f64(number).ok().map(Self::In),
            };
        }
        span(text).map(Self::In).or_else(|| date(text).map(Self::At))
    }
}

/// A span of time such as `1h2m`, `6m0s`, `7.66s` or `690ms`.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (name, unit) = UNITS.iter().find(|(name, _)| rest.starts_with(name))?;
        nanoseconds += amount * unit;
        rest = &rest[name.len()..];
    }
    Duration::try_from_secs_f64(nanoseconds / 1e9).ok().filter(|_| !text.is_empty())
}

/// A date in milliseconds since 1970.
fn date(text: &str) -> Option<i64> {
    let date = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text));
    let old = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    date.ok()
        .map(|date| date.timestamp_millis())
        .or_else(|| OLD_DATES.iter().find_map(old).map(|date| date.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        pairs.iter().copied().collect()
    }

    #[test]
    fn every_limit_is_scarce_below_a_tenth() {
        for Limit { most, remaining, reset } in LIMITS {
            let of = |left| headers(&[(*most, "1000"), (*remaining, left), (*reset, "6s")]);
            let rows = [("99", true), ("0", true), ("100", false), ("1000", false), ("many", false)];
            for (left, expected) in rows {
                assert_eq!(is_scarce(&of(left)), expected, "{most} {left}");
            }
            assert_eq!(resets(&of("0")).collect::<Vec<_>>(), [Until::In(Duration::from_secs(6))], "{reset}");
            assert_eq!(resets(&of("100")).count(), 0, "{reset}");
            assert!(!is_scarce(&headers(&[(*remaining, "0")])), "{most} is unknown");
        }
        assert!(is_scarce(&headers(&[
            ("RateLimit-Limit", "1"),
            ("X-RateLimit-Limit", "100, 100;w=60"),
            ("X-RateLimit-Remaining", "9")
        ])));
    }

    #[test]
    fn a_moment_is_read_in_every_form() {
        let ms = |ms| Some(Until::In(Duration::from_millis(ms)));
        let at = Some(Until::At(784_111_777_000));
        let rows = [
            ("1", ms(1000)),
            (" 0.25 ", ms(250)),
            ("6ms", ms(6)),
            ("1s", ms(1000)),
            ("6m0s", ms(360_000)),
            ("1m30s", ms(90_000)),
            ("2m59.56s", ms(179_560)),
            ("1h2m3s", ms(3_723_000)),
            ("1d", ms(86_400_000)),
            ("500us", Some(Until::In(Duration::from_micros(500)))),
            ("500µs", Some(Until::In(Duration::from_micros(500)))),
            ("784111777", ms(784_111_777_000)),
            ("1784111777", Some(Until::At(1_784_111_777_000))),
            ("1784111777123", Some(Until::At(1_784_111_777_123))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", at),
            ("Sunday, 06-Nov-94 08:49:37 GMT", at),
            ("Sun Nov  6 08:49:37 1994", at),
            ("1994-11-06T08:49:37Z", at),
            ("", None),
            ("-1", None),
            ("nan", None),
            ("soon", None),
            ("5", ms(5000)),
            ("5 s", None),
            ("1m30", None),
            ("m", None),
        ];
        for (text, expected) in rows {
            assert_eq!(Until::parse(text), expected, "{text:?}");
        }
    }
}
