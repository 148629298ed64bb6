//! The tokens of one of many trials, in a third of the room that they take in full.

use super::Usage;

/// How many counts a [`Usage`] holds.
const COUNTS: usize = 11;

/// Stands where a count was not reported.
const NOT_REPORTED: u32 = u32::MAX;

/// A [`Usage`] to be kept: the same counts, whatever they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// The counts in the order of [`counts`], all of them below [`NOT_REPORTED`].
    Small([u32; COUNTS]),
    /// A count is larger than any answer has tokens.
    Large(Box<Usage>),
}

impl From<Usage> for Counts {
    fn from(usage: Usage) -> Self {
        let mut small = [NOT_REPORTED; COUNTS];
        for (kept, count) in small.iter_mut().zip(counts(&usage)) {
            let Some(count) = count else { continue };
            match u32::try_from(count) {
                Ok(count) if count != NOT_REPORTED => *kept = count,
                _ => return Self(Kept::Large(Box::new(usage))),
            }
        }
        Self(Kept::Small(small))
    }
}

impl Counts {
    /// The counts in full.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match &self.0 {
            Kept::Small(small) => {
                usage(small.map(|count| if count == NOT_REPORTED { None } else { Some(u64::from(count)) }))
            }
            Kept::Large(usage) => **usage,
        }
    }
}

/// The counts of a usage one after the other.
fn counts(usage: &Usage) -> [Option<u64>; COUNTS] {
    let Usage {
        input_tokens,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens,
        input_audio_tokens,
        output_audio_tokens,
        web_search_requests,
    } = *usage;
    [
        input_tokens,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens,
        input_audio_tokens,
        output_audio_tokens,
        web_search_requests,
    ]
}

/// The usage that these are the [`counts`] of.
#[expect(clippy::similar_names, reason = "the names of the fields")]
fn usage(counts: [Option<u64>; COUNTS]) -> Usage {
    let [
        input_tokens,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens,
        input_audio_tokens,
        output_audio_tokens,
        web_search_requests,
    ] = counts;
    Usage {
        input_tokens,
        uncached_input_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
        cache_write_other_tokens,
        output_tokens,
        reasoning_tokens,
        input_audio_tokens,
        output_audio_tokens,
        web_search_requests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_reported_in_every_place_however_large() {
        let most = u64::from(NOT_REPORTED);
        for (place, count) in (0..COUNTS).flat_map(|place| [0, 7, most - 1, most, u64::MAX].map(|count| (place, count)))
        {
            let mut reported = [None; COUNTS];
            reported[place] = Some(count);
            reported[(place + 1) % COUNTS] = Some(3);
            let usage = usage(reported);
            assert_eq!(Counts::from(usage).usage(), usage);
            assert_eq!(counts(&usage), reported);
        }
        assert_eq!(Counts::from(Usage::default()).usage(), Usage::default());
    }

    #[test]
    fn they_take_a_third_of_the_room() {
        assert!(3 * size_of::<Option<Counts>>() <= size_of::<Option<Usage>>());
    }
}
