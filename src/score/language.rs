//! The scorer `language`: the answer is in a language.

use serde::Deserialize;
use serde_json::{Map, Value};
use whatlang::Lang;

use crate::domain::{Case, Response};

use super::{Built, Judgement, OptionError, Scorer, options};

pub(super) const OPTIONS: &[&str] = &["is"];

/// The language of the first [`MOST`] characters, by their trigrams and script. An answer that is too short or too mixed to
/// be told is left to other scorers; one without a letter is in no language. `is` is a code of ISO 639: two letters where
/// the language has one, else three.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    is: String,
}

#[derive(Debug)]
struct Language {
    is: Lang,
}

/// So many characters tell a language.
const MOST: usize = 5_000;

/// Languages by their code of two letters.
const CODES: &[(&str, Lang)] = &[
    ("af", Lang::Afr),
    ("am", Lang::Amh),
    ("ar", Lang::Ara),
    ("az", Lang::Aze),
    ("be", Lang::Bel),
    ("bg", Lang::Bul),
    ("bn", Lang::Ben),
    ("ca", Lang::Cat),
    ("cs", Lang::Ces),
    ("da", Lang::Dan),
    ("de", Lang::Deu),
    ("el", Lang::Ell),
    ("en", Lang::Eng),
    ("eo", Lang::Epo),
    ("es", Lang::Spa),
    ("et", Lang::Est),
    ("fa", Lang::Pes),
    ("fi", Lang::Fin),
    ("fr", Lang::Fra),
    ("gu", Lang::Guj),
    ("he", Lang::Heb),
    ("hi", Lang::Hin),
    ("hr", Lang::Hrv),
    ("hu", Lang::Hun),
    ("hy", Lang::Hye),
    ("id", Lang::Ind),
    ("it", Lang::Ita),
    ("ja", Lang::Jpn),
    ("jv", Lang::Jav),
    ("ka", Lang::Kat),
    ("km", Lang::Khm),
    ("kn", Lang::Kan),
    ("ko", Lang::Kor),
    ("la", Lang::Lat),
    ("lt", Lang::Lit),
    ("lv", Lang::Lav),
    ("mk", Lang::Mkd),
    ("ml", Lang::Mal),
    ("mr", Lang::Mar),
    ("my", Lang::Mya),
    ("nb", Lang::Nob),
    ("ne", Lang::Nep),
    ("nl", Lang::Nld),
    ("or", Lang::Ori),
    ("pa", Lang::Pan),
    ("pl", Lang::Pol),
    ("pt", Lang::Por),
    ("ro", Lang::Ron),
    ("ru", Lang::Rus),
    ("si", Lang::Sin),
    ("sk", Lang::Slk),
    ("sl", Lang::Slv),
    ("sn", Lang::Sna),
    ("sr", Lang::Srp),
    ("sv", Lang::Swe),
    ("ta", Lang::Tam),
    ("te", Lang::Tel),
    ("th", Lang::Tha),
    ("tk", Lang::Tuk),
    ("tl", Lang::Tgl),
    ("tr", Lang::Tur),
    ("uk", Lang::Ukr),
    ("ur", Lang::Urd),
    ("uz", Lang::Uzb),
    ("vi", Lang::Vie),
    ("yi", Lang::Yid),
    ("zh", Lang::Cmn),
    ("zu", Lang::Zul),
];

pub(super) fn build(given: Map<String, Value>) -> Built {
    let Options { is } = options::parse::<Options>(given)?;
    let short = CODES.iter().find(|(code, _)| *code == is).map(|(_, language)| *language);
    if let Some(is) = short.or_else(|| Lang::from_code(&is)) {
        return Ok(Box::new(Language { is }));
    }
    let message = format!("{} is no language that can be told", Value::from(is));
    Err(vec![OptionError::of("is", message, "give a code of ISO 639 such as \"en\", \"de\" or \"ja\"")])
}

/// The code of a language, two letters where it has one.
fn code(language: Lang) -> &'static str {
    CODES.iter().find(|(_, one)| *one == language).map_or(language.code(), |(code, _)| code)
}

impl Scorer for Language {
    fn applies(&self, _case: &Case) -> bool {
        true
    }

    fn score(&self, _case: &Case, response: &Response) -> Judgement {
        let opening: String = response.text.chars().take(MOST).collect();
        if !opening.chars().any(char::is_alphabetic) {
            return Judgement::fail(format!("found no text, expected {}", code(self.is)));
        }
        match whatlang::detect(&opening) {
            Some(found) if !found.is_reliable() => Judgement::abstain(),
            None => Judgement::abstain(),
            Some(found) if found.lang() == self.is => Judgement::pass(),
            Some(found) => Judgement::fail(format!("found {}, expected {}", code(found.lang()), code(self.is))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{case, option_errors, outcome, text, why};
    use super::*;
    use crate::domain::{Expected, Outcome, UnscoredReason};
    use proptest::prelude::*;
    use serde_json::json;

    const GERMAN: &str = "Die Bestellung wurde gestern verschickt und sollte morgen bei Ihnen ankommen. Falls nicht, \
                          schreiben Sie uns bitte noch einmal.";

    #[test]
    fn the_language_is_told_where_it_can_be() {
        let case = case(Expected::Unlabelled);
        let of = |is: &str, answer: &str| outcome("language", json!({"is": is}), &case, &text(answer));
        assert_eq!(of("de", GERMAN), Outcome::Pass);
        assert_eq!(of("deu", GERMAN), Outcome::Pass);
        assert_eq!(of("ja", "ご注文は昨日発送されました。明日には届く予定です。"), Outcome::Pass);
        assert_eq!(why("language", json!({"is": "en"}), &case, &text(GERMAN)), "found de, expected en");
        assert_eq!(of("en", "42"), Outcome::Fail(None));
        assert_eq!(of("en", "ok la"), Outcome::Unscored(UnscoredReason::NoScorer));
        for is in ["", "klingon", "xx"] {
            assert_eq!(option_errors("language", json!({"is": is}))[0].option.as_deref(), Some("is"));
        }
    }

    #[test]
    fn every_code_is_of_another_language() {
        for (index, (code, language)) in CODES.iter().enumerate() {
            assert!(CODES[..index].iter().all(|(one, other)| one < code && other != language), "{code}");
            assert_eq!(super::code(*language), *code);
        }
        assert_eq!(CODES.len(), Lang::all().iter().filter(|language| super::code(**language).len() == 2).count());
    }

    proptest! {
        #[test]
        fn at_most_one_language_passes(answer in "\\PC{0,60}") {
            let case = case(Expected::Unlabelled);
            let passes = ["en", "de", "fr", "es"].into_iter().filter(|is| {
                outcome("language", json!({"is": is}), &case, &text(&answer)) == Outcome::Pass
            });
            prop_assert!(passes.count() <= 1);
        }
    }
}
