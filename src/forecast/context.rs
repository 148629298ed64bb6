//! Whether requests fit into a model's window, and which of them are billed at the price of long ones.

use serde::Serialize;

use crate::pricing::{Limits, LongContext};

/// How a request fits into a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// With all of the answer that it allows.
    Fits,
    /// Its answer may be cut: the window ends before the answer that it allows.
    MayBeCut,
    /// Its input alone is too long.
    TooLong,
}

/// How the requests of an arm fit into the window of its model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// The window in tokens, input and output together; `None` is unknown.
    pub window: Option<u64>,
    /// The most input, where it is limited apart.
    pub max_input: Option<u64>,
    /// Input above this is billed at another price; `None` when no such price is known.
    pub dearer_above: Option<u64>,
    /// Cases that are sent.
    pub cases: usize,
    /// Of those, cases that fit; `None` when nothing is known of the window.
    pub fit: Option<usize>,
    /// Cases whose answer may be cut.
    pub may_be_cut: Option<usize>,
    /// Cases that do not fit.
    pub too_long: Option<usize>,
    /// Cases that are billed at the price of long requests.
    pub dearer: Option<usize>,
    /// Input tokens of the longest.
    pub longest: u64,
}

/// How a request fits; `None` when nothing is known of the window. Where the request states no `max_output`, the answer
/// may use what is left.
#[must_use]
pub fn fit(limits: &Limits, input: u64, max_output: Option<u64>) -> Option<Fit> {
    if limits.context.is_none() && limits.max_input.is_none() {
        return None;
    }
    let over = |limit: Option<u64>, tokens: u64| limit.is_some_and(|limit| tokens > limit);
    Some(if over(limits.max_input, input) || over(limits.context, input.saturating_add(1)) {
        Fit::TooLong
    } else if over(limits.context, input.saturating_add(max_output.unwrap_or(1))) {
        Fit::MayBeCut
    } else {
        Fit::Fits
    })
}

impl Context {
    /// A window into which nothing has been put yet.
    #[must_use]
    pub fn new(limits: &Limits, long: Option<&LongContext>) -> Self {
        let known = (limits.context.is_some() || limits.max_input.is_some()).then_some(0);
        let dearer_above = long.map(|long| long.above_input_tokens);
        Self {
            window: limits.context,
            max_input: limits.max_input,
            dearer_above,
            fit: known,
            may_be_cut: known,
            too_long: known,
            dearer: dearer_above.map(|_| 0),
            ..Self::default()
        }
    }

    /// Counts a request with so much input.
    pub fn add(&mut self, input: u64, max_output: Option<u64>) {
        self.cases += 1;
        self.longest = self.longest.max(input);
        let limits = Limits { context: self.window, max_input: self.max_input, max_output: None };
        let place = fit(&limits, input, max_output).map(|fit| match fit {
            Fit::Fits => &mut self.fit,
            Fit::MayBeCut => &mut self.may_be_cut,
            Fit::TooLong => &mut self.too_long,
        });
        if let Some(Some(count)) = place {
            *count += 1;
        }
        if let Some(dearer) = self.dearer.as_mut().filter(|_| self.dearer_above.is_some_and(|above| input > above)) {
            *dearer += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceTable;

    #[test]
    fn a_request_fits_by_its_input_and_the_answer_it_allows() {
        let both = Limits { context: Some(100), max_input: Some(60), max_output: None };
        let window = Limits { max_input: None, ..both };
        let rows = [
            (both, 60, Some(40), Some(Fit::Fits)),
            (both, 60, Some(41), Some(Fit::MayBeCut)),
            (both, 61, Some(1), Some(Fit::TooLong)),
            (window, 99, None, Some(Fit::Fits)),
            (window, 99, Some(2), Some(Fit::MayBeCut)),
            (window, 100, None, Some(Fit::TooLong)),
            (Limits { context: None, ..both }, 60, Some(1_000), Some(Fit::Fits)),
            (Limits::default(), 1_000_000_000, Some(1), None),
        ];
        for (limits, input, output, expected) in rows {
            assert_eq!(fit(&limits, input, output), expected, "{limits:?} {input} {output:?}");
        }
    }

    #[test]
    fn requests_are_counted_where_they_belong_and_the_unknown_stays_unknown() {
        let price = PriceTable::builtin().price("openai", "gpt-5.4").expect("is listed");
        let mut context = Context::new(&price.limits, price.long_context.as_ref());
        for input in [10, 272_000, 272_001, 1_049_990, 1_050_000] {
            context.add(input, Some(1_000));
        }
        assert_eq!((context.fit, context.may_be_cut, context.too_long), (Some(3), Some(1), Some(1)));
        assert_eq!((context.cases, context.dearer, context.longest), (5, Some(3), 1_050_000));
        let mut unknown = Context::new(&Limits::default(), None);
        unknown.add(10, None);
        assert_eq!(unknown, Context { cases: 1, longest: 10, ..Context::default() });
    }
}
