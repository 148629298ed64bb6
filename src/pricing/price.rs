//! The price of one model at one endpoint, what a usage costs at it, and the most that a call can cost.

use crate::domain::{Usage, Usd};

use super::TokenPrice;

/// How a request is served and billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// As sent, without asking for another tier.
    Standard,
    /// Through the provider's batch API.
    Batch,
    /// Faster and dearer.
    Priority,
    /// Slower and cheaper.
    Flex,
}

/// Every tier with its name as files and reports spell it.
pub const TIERS: &[(Tier, &str)] =
    &[(Tier::Standard, "standard"), (Tier::Batch, "batch"), (Tier::Priority, "priority"), (Tier::Flex, "flex")];

/// The providers' words for how they served a request: `service_tier` of OpenAI and Anthropic, `trafficType` of Gemini.
const SERVED: &[(&str, Tier)] = &[
    ("default", Tier::Standard),
    ("standard", Tier::Standard),
    ("auto", Tier::Standard),
    ("on_demand", Tier::Standard),
    ("batch", Tier::Batch),
    ("priority", Tier::Priority),
    ("flex", Tier::Flex),
];

/// The price of one model, and what else its provider publishes beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Names of the endpoints where it holds.
    pub endpoints: Vec<String>,
    /// The model string without a date.
    pub model: String,
    /// Where the price comes from.
    pub source: String,
    /// What the model can take and give.
    pub limits: Limits,
    /// The day on which the provider switches the model off, as `YYYY-MM-DD`.
    pub shutdown: Option<String>,
    /// Prices by tier.
    pub tiers: Tiers,
    /// Prices of long requests, where they differ.
    pub long_context: Option<LongContext>,
    /// One search by the provider's own web search.
    pub web_search: Option<Usd>,
}

/// Limits of a model in tokens; `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Input and output together.
    pub context: Option<u64>,
    /// Input alone, where it is limited apart.
    pub max_input: Option<u64>,
    /// Output, reasoning included.
    pub max_output: Option<u64>,
}

/// Prices by tier; `None` where the provider offers none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    /// See [`Tier::Standard`].
    pub standard: Rates,
    /// See [`Tier::Batch`].
    pub batch: Option<Rates>,
    /// See [`Tier::Priority`].
    pub priority: Option<Rates>,
    /// See [`Tier::Flex`].
    pub flex: Option<Rates>,
}

/// Prices that hold for the whole of a request when its input is longer than a bound. Providers publish them for the
/// standard tier only; what a long request costs in another tier is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongContext {
    /// The bound: they hold above it, not at it.
    pub above_input_tokens: u64,
    /// The prices in the standard tier.
    pub standard: Rates,
}

/// Prices by class of token; `None` where the provider publishes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Input that no cache helped with.
    pub input: TokenPrice,
    /// Input read from the cache.
    pub cached_input: Option<TokenPrice>,
    /// Input written to the cache for 5 minutes, or for a time that was not said.
    pub cache_write_5m: Option<TokenPrice>,
    /// Input written to the cache for 1 hour.
    pub cache_write_1h: Option<TokenPrice>,
    /// Audio input that no cache helped with.
    pub input_audio: Option<TokenPrice>,
    /// Audio input read from the cache.
    pub cached_input_audio: Option<TokenPrice>,
    /// Output, reasoning included.
    pub output: TokenPrice,
}

impl Tier {
    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        TIERS[self as usize].1
    }

    /// The tier in which a provider says that it served a request; one that says nothing served it as sent. `None` for a
    /// word that is not known: its price is not known either.
    #[must_use]
    pub fn served(word: Option<&str>) -> Option<Self> {
        let Some(word) = word else { return Some(Self::Standard) };
        SERVED.iter().find(|row| row.0.eq_ignore_ascii_case(word)).map(|row| row.1)
    }

    /// The tier of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TIERS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

impl Price {
    /// A price that the user states, for a server of their own. Without a price of its own, cached input costs what
    /// other input costs.
    #[must_use]
    pub fn custom(input: TokenPrice, cached_input: Option<TokenPrice>, output: TokenPrice) -> Self {
        let standard = Rates {
            input,
            cached_input: cached_input.or(Some(input)),
            cache_write_5m: None,
            cache_write_1h: None,
            input_audio: None,
            cached_input_audio: None,
            output,
        };
        Self {
            endpoints: Vec::new(),
            model: String::new(),
            source: "stated by the user".to_owned(),
            limits: Limits::default(),
            shutdown: None,
            tiers: Tiers { standard, batch: None, priority: None, flex: None },
            long_context: None,
            web_search: None,
        }
    }

    /// The prices of a tier for requests of ordinary length.
    #[must_use]
    pub fn rates(&self, tier: Tier) -> Option<&Rates> {
        match tier {
            Tier::Standard => Some(&self.tiers.standard),
            Tier::Batch => self.tiers.batch.as_ref(),
            Tier::Priority => self.tiers.priority.as_ref(),
            Tier::Flex => self.tiers.flex.as_ref(),
        }
    }

    /// What a usage costs in a tier, exactly: each class of tokens at its price, and web searches per call. `None`
    /// when input or output was not reported, when the parts of the input do not add up to it, when a class with
    /// tokens has no price, or when the counts leave open which price applies (audio, partly cached).
    #[must_use]
    pub fn cost(&self, usage: &Usage, tier: Tier) -> Option<Usd> {
        let input = usage.input_tokens?;
        let uncached = usage.uncached_input_tokens?;
        // A part that was not reported is absent only if the others already make up the whole: checked below.
        let cached = usage.cache_read_tokens.unwrap_or(0);
        let short_write =
            usage.cache_write_5m_tokens.unwrap_or(0).checked_add(usage.cache_write_other_tokens.unwrap_or(0))?;
        let long_write = usage.cache_write_1h_tokens.unwrap_or(0);
        let parts = [uncached, cached, short_write, long_write];
        if parts.iter().map(|&tokens| u128::from(tokens)).sum::<u128>() != u128::from(input) {
            return None;
        }
        let (audio, cached_audio) = match usage.input_audio_tokens.unwrap_or(0) {
            0 => (0, 0),
            audio if cached == 0 => (audio, 0),
            audio if audio == input => (uncached, cached),
            _ => return None,
        };
        let rates = self.rates_at(tier, input)?;
        let tokens = [
            (uncached.checked_sub(audio)?, Some(rates.input)),
            (cached - cached_audio, rates.cached_input),
            (short_write, rates.cache_write_5m),
            (long_write, rates.cache_write_1h),
            (audio, rates.input_audio),
            (cached_audio, rates.cached_input_audio),
            (usage.output_tokens?, Some(rates.output)),
            (usage.output_audio_tokens.unwrap_or(0), None),
        ];
        let tokens = tokens.map(|(count, price)| (count, price.map(TokenPrice::pico)));
        let search = self.web_search.and_then(|usd| u64::try_from(usd.pico()).ok());
        let calls = [(usage.web_search_requests.unwrap_or(0), search)];
        let pico = tokens.into_iter().chain(calls).filter(|(count, _)| *count > 0).try_fold(0_u128, |sum, row| {
            let (count, price) = row;
            sum.checked_add(u128::from(count) * u128::from(price?))
        })?;
        i64::try_from(pico).ok().map(Usd::from_pico)
    }

    /// The most that a call in the standard tier can cost: every byte of the input is at most one token of the dearest
    /// class, and all of the output allowed is used. Long-context prices count only if so many bytes can reach them.
    #[must_use]
    pub fn worst_case(&self, input_bytes: u64, max_output_tokens: u64) -> Usd {
        let long = self.long_context.as_ref().filter(|long| input_bytes > long.above_input_tokens);
        let rates = || std::iter::once(&self.tiers.standard).chain(long.map(|long| &long.standard));
        let input = rates().map(Rates::dearest_input).max().map_or(0, TokenPrice::pico);
        let output = rates().map(|rates| rates.output).max().map_or(0, TokenPrice::pico);
        let bound = |count: u64, price: u64| u128::from(count) * u128::from(price);
        let pico = bound(input_bytes, input).saturating_add(bound(max_output_tokens, output));
        Usd::from_pico(i64::try_from(pico).unwrap_or(i64::MAX))
    }

    /// The prices that hold for a request with so much input.
    fn rates_at(&self, tier: Tier, input_tokens: u64) -> Option<&Rates> {
        match &self.long_context {
            Some(long) if input_tokens > long.above_input_tokens => (tier == Tier::Standard).then_some(&long.standard),
            _ => self.rates(tier),
        }
    }
}

impl Rates {
    fn dearest_input(&self) -> TokenPrice {
        [self.cached_input, self.cache_write_5m, self.cache_write_1h, self.input_audio, self.cached_input_audio]
            .into_iter()
            .flatten()
            .fold(self.input, TokenPrice::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PriceTable;

    fn price(text: &str) -> TokenPrice {
        text.parse().expect("is a price")
    }

    fn builtin(endpoint: &str, model: &str) -> &'static Price {
        PriceTable::builtin().price(endpoint, model).expect("is listed")
    }

    #[test]
    fn the_tier_served_is_read_from_the_providers_word() {
        let rows = [
            (None, Some(Tier::Standard)),
            (Some("default"), Some(Tier::Standard)),
            (Some("ON_DEMAND"), Some(Tier::Standard)),
            (Some("flex"), Some(Tier::Flex)),
            (Some("scale"), None),
        ];
        for (word, tier) in rows {
            assert_eq!(Tier::served(word), tier, "{word:?}");
        }
    }

    fn usage(uncached: u64, cached: u64, output: u64) -> Usage {
        Usage {
            input_tokens: Some(uncached + cached),
            uncached_input_tokens: Some(uncached),
            cache_read_tokens: Some(cached),
            output_tokens: Some(output),
            ..Usage::default()
        }
    }

    #[test]
    fn every_tier_finds_its_own_row() {
        for (index, (tier, name)) in TIERS.iter().enumerate() {
            assert_eq!(*tier as usize, index);
            assert_eq!((tier.name(), Tier::from_name(name)), (*name, Some(*tier)));
        }
        assert_eq!(Tier::from_name("default"), None);
    }

    #[test]
    fn what_is_not_known_costs_nothing_known() {
        let scout = builtin("together", "meta-llama/Llama-4-Scout-17B-16E-Instruct");
        let known = usage(10, 0, 1);
        assert_eq!(scout.cost(&known, Tier::Standard), Some(Usd::from_pico(10 * 180_000 + 590_000)));
        let rows = [
            ("cached input without a price", usage(10, 1, 1), Tier::Standard),
            ("a tier without a price", known, Tier::Batch),
            ("no input", Usage { input_tokens: None, ..known }, Tier::Standard),
            ("no uncached input", Usage { uncached_input_tokens: None, ..known }, Tier::Standard),
            ("no output", Usage { output_tokens: None, ..known }, Tier::Standard),
            ("parts that do not add up", Usage { input_tokens: Some(11), ..known }, Tier::Standard),
            (
                "a cache write without a price",
                Usage { cache_write_1h_tokens: Some(0), ..usage(9, 1, 1) },
                Tier::Standard,
            ),
            ("audio input without a price", Usage { input_audio_tokens: Some(1), ..known }, Tier::Standard),
            ("audio output without a price", Usage { output_audio_tokens: Some(1), ..known }, Tier::Standard),
            ("a search without a price", Usage { web_search_requests: Some(1), ..known }, Tier::Standard),
            ("beyond the range of money", usage(u64::MAX, 0, 1), Tier::Standard),
            ("no usage at all", Usage::default(), Tier::Standard),
        ];
        for (why, usage, tier) in rows {
            assert_eq!(scout.cost(&usage, tier), None, "{why}");
        }
    }

    #[test]
    fn audio_has_its_price_unless_the_counts_leave_it_open() {
        let gemini = builtin("gemini", "gemini-3.1-flash-lite");
        let rows = [
            (usage(100, 0, 0), 40, Some(60 * 250_000 + 40 * 500_000)),
            (usage(60, 40, 0), 100, Some(60 * 500_000 + 40 * 50_000)),
            (usage(60, 40, 0), 40, None),
            (usage(100, 0, 0), 101, None),
        ];
        for (usage, audio, pico) in rows {
            let usage = Usage { input_audio_tokens: Some(audio), ..usage };
            assert_eq!(gemini.cost(&usage, Tier::Standard), pico.map(Usd::from_pico), "{usage:?}");
        }
    }

    #[test]
    fn a_long_request_has_its_own_price_in_the_standard_tier_only() {
        let gpt = builtin("openai", "gpt-5.4");
        let rows = [
            (272_000, Tier::Standard, Some(272_000 * 2_500_000)),
            (272_001, Tier::Standard, Some(272_001 * 5_000_000)),
            (272_000, Tier::Priority, Some(272_000 * 5_000_000)),
            (272_001, Tier::Priority, None),
        ];
        for (input, tier, pico) in rows {
            assert_eq!(gpt.cost(&usage(input, 0, 0), tier), pico.map(Usd::from_pico), "{input} {}", tier.name());
        }
    }

    #[test]
    fn photos_and_classifications_cost_what_was_published() {
        let nano = |model| builtin("openai", model);
        let cost = |price: &Price, usage, calls| price.cost(&usage, Tier::Standard).map(|usd| usd.pico() * calls);
        assert_eq!(cost(nano("gpt-5.4-nano"), usage(2751, 0, 112), 76_000), Some(52_455_200_000_000));
        assert_eq!(cost(nano("gpt-5-nano"), usage(500, 0, 0), 10_000), Some(250_000_000_000));
        assert_eq!(cost(nano("gpt-5.4-nano"), usage(500, 0, 0), 10_000), Some(1_000_000_000_000));
    }

    #[test]
    fn the_worst_case_bounds_every_cost_of_a_call() {
        let gpt = builtin("openai", "gpt-5.4");
        assert_eq!(gpt.worst_case(272_000, 10).pico(), 272_000 * 2_500_000 + 10 * 15_000_000);
        assert_eq!(gpt.worst_case(272_001, 10).pico(), 272_001 * 5_000_000 + 10 * 22_500_000);
        let haiku = builtin("anthropic", "claude-haiku-4-5");
        assert_eq!(haiku.worst_case(1_000, 10).pico(), 1_000 * 2_000_000 + 10 * 5_000_000);
        let gemini = builtin("gemini", "gemini-3.1-flash-lite");
        assert_eq!(gemini.worst_case(1_000, 0).pico(), 1_000 * 500_000);
        assert_eq!(gemini.worst_case(u64::MAX, u64::MAX).pico(), i64::MAX);
    }

    #[test]
    fn a_custom_price_bills_cached_input_in_full_unless_it_says_otherwise() {
        let plain = Price::custom(price("0.10"), None, price("0.30"));
        let discounted = Price::custom(price("0.10"), Some(price("0.05")), price("0.30"));
        let usage = usage(6, 4, 2);
        assert_eq!(plain.cost(&usage, Tier::Standard).map(Usd::pico), Some(10 * 100_000 + 2 * 300_000));
        assert_eq!(
            discounted.cost(&usage, Tier::Standard).map(Usd::pico),
            Some(6 * 100_000 + 4 * 50_000 + 2 * 300_000)
        );
    }
}
