//! What a run would take and could decide, as `cutover plan` prints it.

use super::terminal;
use crate::forecast::{
    ArmForecast, Basis, Budget, Cases, ClosedLoops, Context, Forecast, JudgeForecast, Learned, NoData, Outlook, Reach,
    Requests, RuleForecast,
};
use crate::report::block::{Block, Cell, Table};
use crate::report::view::number::{Style, count, count_u64, margin, percent, plural, ratio_limit, usd};

/// The forecast as lines of at most `width` columns, ending in a newline. `translations` are the lines of a run on what
/// it sends otherwise or not at all.
#[must_use]
pub fn render(forecast: &Forecast, translations: &[String], width: usize) -> String {
    let mut sections =
        vec![head(forecast), requests(forecast), cost(forecast), vec![time(forecast)], context(forecast)];
    let groups = forecast.rules.chunk_by(|a, b| RuleForecast { candidate: b.candidate.clone(), ..a.clone() } == *b);
    sections.extend(groups.map(rule));
    if forecast.rules.is_empty() {
        sections.push(vec![Block::Paragraph("no rule asks for a margin: nothing can be said of power".to_owned())]);
    }
    sections.push(translations.iter().cloned().map(Block::Paragraph).collect());
    let stops = forecast.would_stop.iter();
    sections.push(stops.map(|why| Block::Warning(format!("a run would stop: {why}"))).collect());
    terminal::blocks(&sections, width)
}

fn head(forecast: &Forecast) -> Vec<Block<'static>> {
    let Cases { path, total, used, drawn_by, strata, clusters } = &forecast.cases;
    let arms = plural(forecast.arms.len(), "arm", "arms");
    let repeats = plural(forecast.repeats as usize, "repeat", "repeats");
    let cases = if used == total {
        format!("all {} of {path}", plural(*used, "case", "cases"))
    } else if drawn_by.is_empty() {
        format!("{} of {} cases drawn from {path}", count(*used), count(*total))
    } else {
        format!("{} of {} cases drawn from {path} by {}", count(*used), count(*total), drawn_by.join(" × "))
    };
    let clusters =
        clusters.map_or_else(String::new, |clusters| format!(", in {}", plural(clusters, "cluster", "clusters")));
    let strata = strata.iter().take(MOST_STRATA).map(|stratum| {
        let values = stratum.values.iter().map(|value| value.as_deref().unwrap_or("none"));
        let values = values.collect::<Vec<_>>().join(" × ");
        format!("{values} {} of {}", count(stratum.drawn), count(stratum.total))
    });
    let mut strata = strata.collect::<Vec<_>>().join(", ");
    if let Some(more) = forecast.cases.strata.len().checked_sub(MOST_STRATA).filter(|more| *more > 0) {
        strata.push_str(", and ");
        strata.push_str(&plural(more, "stratum more", "strata more"));
    }
    let mut lines =
        vec![format!("plan of {} · {arms}, {repeats} · nothing is sent", forecast.suite), format!("{cases}{clusters}")];
    if !strata.is_empty() {
        lines.push(format!("drawn: {strata}"));
    }
    lines.into_iter().map(Block::Paragraph).collect()
}

/// More strata than this are counted, not named.
const MOST_STRATA: usize = 12;

fn requests(forecast: &Forecast) -> Vec<Block<'static>> {
    let columns = [
        ("Requests", false),
        ("Model", false),
        ("Planned", true),
        ("In the store", true),
        ("Equal to another", true),
        ("To buy", true),
    ];
    let mut table = Table::new("What is asked", &columns);
    let numbers = |requests: Requests| {
        let Requests { planned, stored, equal, to_buy } = requests;
        [planned, stored, equal, to_buy].map(|number| Cell::plain(count(number)))
    };
    for arm in &forecast.arms {
        let name = [Cell::plain(&arm.arm), Cell::plain(&arm.model)];
        let rest = if arm.recorded { [(); 4].map(|()| Cell::empty("–")) } else { numbers(arm.requests) };
        table.push(name.into_iter().chain(rest).collect());
    }
    table.push([Cell::plain("all"), Cell::empty("")].into_iter().chain(numbers(forecast.requests)).collect());
    let damaged = forecast.arms.iter().filter(|arm| arm.damaged > 0).map(|arm| {
        let answers = plural(arm.damaged, "stored answer", "stored answers");
        Block::Warning(format!("{answers} of `{}` cannot be read any more, and would be bought anew", arm.arm))
    });
    let closed_loops = forecast.closed_loops.map(|ClosedLoops { cases, max_steps }| {
        let (cases, used) = (plural(cases, "case", "cases"), count(forecast.cases.used));
        let steps = plural(max_steps as usize, "request", "requests");
        Block::Note(format!(
            "closed loops: {cases} of {used}, up to {steps} a trial, which the worst case counts; expected are as many as \
             results are on record, and one more"
        ))
    });
    std::iter::once(Block::Table(table)).chain(closed_loops).chain(damaged).collect()
}

fn cost(forecast: &Forecast) -> Vec<Block<'static>> {
    let columns = [
        ("Cost", false),
        ("Input tokens", true),
        ("Output an answer", true),
        ("Expected", true),
        ("Worst case", true),
        ("Saved by the store", true),
    ];
    let mut table = Table::new("What the answers to buy cost", &columns);
    let asked: Vec<&ArmForecast> = forecast.arms.iter().filter(|arm| !arm.recorded).collect();
    for arm in &asked {
        let output = arm.output_tokens.value.map(|tokens| Style::Tokens.write(tokens));
        let (input, output) = if arm.requests.to_buy == 0 {
            (Cell::empty("–"), Cell::empty("–"))
        } else {
            (Cell::plain(count_u64(arm.input_tokens)), known(output))
        };
        let money = [arm.cost.expected, arm.cost.worst_case, arm.cost.saved].map(|amount| known(amount.map(usd)));
        table.push([Cell::plain(&arm.arm), input, output].into_iter().chain(money).collect());
    }
    let money =
        [forecast.cost.expected, forecast.cost.worst_case, forecast.cost.saved].map(|usd| known(usd.map(self::usd)));
    table.push([Cell::plain("all"), Cell::empty(""), Cell::empty("")].into_iter().chain(money).collect());
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for arm in asked.iter().filter(|arm| arm.requests.to_buy > 0) {
        let note = basis(arm);
        match notes.iter_mut().find(|(other, _)| *other == note) {
            Some((_, arms)) => arms.push(&arm.arm),
            None => notes.push((note, vec![&arm.arm])),
        }
    }
    let notes = notes.into_iter().map(|(note, arms)| Block::Note(format!("{}: {note}", arms.join(", "))));
    let budget = forecast.budget.map(|budget| Block::Paragraph(self::budget(budget, forecast.requests.to_buy)));
    let judges = forecast.judges.iter().map(judge);
    std::iter::once(Block::Table(table)).chain(notes).chain(judges).chain(budget).collect()
}

/// What a judge adds to it.
fn judge(judge: &JudgeForecast) -> Block<'static> {
    let cost = judge.cost.map_or_else(|| "an unknown sum".to_owned(), |cost| format!("about {} at most", usd(cost)));
    let questions = plural(judge.questions, "question", "questions");
    Block::Paragraph(format!("judge {} ({}): up to {questions}, for {cost}, besides", judge.judge, judge.model))
}

/// What the tokens of an arm are known from.
fn basis(arm: &ArmForecast) -> String {
    let counted = if arm.vocabulary_is_its_own {
        "input counted with o200k, the vocabulary of its model"
    } else {
        "input estimated with o200k, which is not known to be the vocabulary of its model"
    };
    let scaled = arm
        .input_ratio
        .map_or_else(String::new, |ratio| format!(", {} as stored answers were billed", Style::Ratio.write(ratio)));
    let images = match arm.uncounted_images {
        0 => String::new(),
        images => format!(
            ", without what {} in it take",
            plural(usize::try_from(images).unwrap_or(usize::MAX), "image", "images")
        ),
    };
    let output = match arm.output_tokens.basis {
        Basis::Limit => "no earlier answer to learn from, so output is all of `max_output_tokens`".to_owned(),
        Basis::Unknown => "output is unknown: no earlier answer to learn from, no `max_output_tokens`".to_owned(),
        basis => format!("output is the mean of {}", learned_from(basis)),
    };
    let searches = match arm.with_searches {
        0 => String::new(),
        cases => format!("; searches are not in it: {} may search", plural(cases, "request", "requests")),
    };
    let price = match (arm.cost.expected, arm.output_tokens.value) {
        (None, Some(_)) => "; a price is unknown",
        _ => "",
    };
    format!("{counted}{scaled}{images}; {output}{searches}{price}")
}

fn learned_from(basis: Basis) -> String {
    match basis {
        Basis::OwnAnswers { answers } => plural(answers, "stored answer of its own", "stored answers of its own"),
        Basis::SameModel { answers } => {
            plural(answers, "other stored answer of its model", "other stored answers of its model")
        }
        Basis::Recorded { answers } => plural(answers, "recorded answer", "recorded answers"),
        Basis::Limit | Basis::Unknown => "no earlier answer".to_owned(),
    }
}

fn budget(Budget { cap, reach }: Budget, to_buy: usize) -> String {
    let how = match reach {
        Reach::WorstCaseFits => "enough, even if every call costs the most that it can".to_owned(),
        Reach::ExpectedFits => {
            "enough if calls cost what is expected, not if all of them cost the most that they can".to_owned()
        }
        Reach::StopsAfter { calls: 0, next } => format!("not enough for the first call, which may cost {}", usd(next)),
        Reach::StopsAfter { calls, .. } => format!("ends at about call {} of {}", count(calls + 1), count(to_buy)),
        Reach::Unknown => "how far it goes is unknown, as a cost is".to_owned(),
    };
    format!("budget {}: {how}", usd(cap))
}

fn time(forecast: &Forecast) -> Block<'static> {
    let buying = || forecast.arms.iter().filter(|arm| arm.requests.to_buy > 0);
    let Some(seconds) = forecast.time.seconds else {
        let unknown = buying().filter(|arm| arm.latency_ms.value.is_none()).map(|arm| format!("`{}`", arm.arm));
        let unknown = unknown.collect::<Vec<_>>().join(", ");
        return Block::Paragraph(format!("time: unknown, as the store has no earlier answer of {unknown}"));
    };
    let calls = buying().map(|arm| {
        let Learned { value, basis } = arm.latency_ms;
        let one = value.map_or_else(|| "unknown".to_owned(), |one| Style::Milliseconds.write(one));
        format!("{} {one} a call, the mean of {}", arm.arm, learned_from(basis))
    });
    let calls = calls.collect::<Vec<_>>().join("; ");
    Block::Paragraph(if calls.is_empty() {
        "time: nothing to buy".to_owned()
    } else {
        let concurrency = plural(forecast.time.concurrency, "call", "calls");
        format!("time: about {} with {concurrency} at a time ({calls})", duration(seconds))
    })
}

/// Seconds, minutes or hours.
fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1.0 => "1\u{a0}s".to_owned(),
        seconds if seconds < 120.0 => format!("{seconds:.0}\u{a0}s"),
        seconds if seconds < 7_200.0 => format!("{:.0}\u{a0}min", seconds / 60.0),
        seconds => format!("{:.1}\u{a0}h", seconds / 3_600.0),
    }
}

fn context(forecast: &Forecast) -> Vec<Block<'static>> {
    let columns = [
        ("Context", false),
        ("Window", true),
        ("Longest input", true),
        ("Fit", true),
        ("May be cut", true),
        ("Too long", true),
        ("At the price of long requests", true),
    ];
    let mut table = Table::new("How the cases fit, by their input and the output that they allow", &columns);
    for (arm, context) in forecast.arms.iter().filter_map(|arm| Some((arm, arm.context.as_ref()?))) {
        let Context { window, dearer_above, cases, fit, may_be_cut, too_long, dearer, longest, .. } = *context;
        let window = context.max_input.filter(|input| window.is_none_or(|window| *input < window)).map_or_else(
            || known(window.map(count_u64)),
            |input| known(window.map(count_u64)).detail(format!("({} input)", count_u64(input))),
        );
        let share = |number: Option<usize>| match number {
            None => known(None),
            Some(number) if number == 0 || cases == 0 => Cell::plain(count(number)),
            Some(number) => Cell::plain(count(number)).detail(format!("({})", chance(number, cases))),
        };
        let dearer = match dearer_above {
            None => Cell::empty("–"),
            Some(_) => share(dearer),
        };
        let longest = Cell::plain(count_u64(longest));
        table.push(vec![
            Cell::plain(&arm.arm),
            window,
            longest,
            share(fit),
            share(may_be_cut),
            share(too_long),
            dearer,
        ]);
    }
    if table.rows.is_empty() { Vec::new() } else { vec![Block::Table(table)] }
}

/// A share of cases.
fn chance(number: usize, cases: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of cases stay far below 2^53")]
    Style::Share.write(number as f64 / cases as f64)
}

/// What a rule can decide of candidates for which it is the same.
fn rule(alike: &[RuleForecast]) -> Vec<Block<'static>> {
    let Some(rule) = alike.first() else { return Vec::new() };
    let RuleForecast { metric, slice, question, cases, min_pairs, min_coverage, clusters, outlooks, line, .. } = rule;
    let candidates = alike.iter().map(|rule| rule.candidate.as_str()).collect::<Vec<_>>().join(", ");
    let slice = slice.as_ref().map_or_else(String::new, |(tag, value)| format!(" where {tag}={value}"));
    let pairs = plural(question.pairs, "pair", "pairs");
    let asked = format!("{metric}{slice}, at most {} lost (line {line}; {candidates})", margin(question.margin));
    let no_data = rule.no_data.map(|why| match why {
        NoData::TooFewPairs => format!("{pairs} planned, {} asked for", count(*min_pairs)),
        NoData::LowCoverage => {
            let share = rule.coverage().map_or_else(|| "none".to_owned(), |share| Style::Share.write(share));
            let cases = plural(*cases, "case", "cases");
            format!("{share} of {cases} make a pair, {} asked for", percent(*min_coverage))
        }
    });
    if let Some(why) = no_data {
        return vec![Block::Warning(format!("{asked}: no data, whatever the answers: {why}"))];
    }
    let columns = [
        ("Arms disagree on", true),
        ("Resolves", true),
        ("Pass", true),
        ("Inconclusive", true),
        ("Fail", true),
        ("Pairs needed", true),
    ];
    let confidence = percent(question.confidence);
    let caption = format!("{asked}: {pairs} at {confidence} confidence, if the arms are equally good");
    let mut table = Table::new(caption, &columns);
    for outlook in outlooks {
        table.push(vec![
            Cell::plain(Style::Share.write(outlook.assumed.discordance)),
            outlook.resolves.map_or_else(|| Cell::absent("nothing"), |margin| Cell::plain(points(margin))),
            Cell::plain(likely(outlook.pass)),
            Cell::plain(likely(outlook.inconclusive)),
            Cell::plain(likely(outlook.fail)),
            outlook.pairs_needed.map_or_else(|| Cell::empty("–"), |pairs| Cell::plain(count(pairs))),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    let run = outlooks.iter().find_map(|outlook| outlook.assumed.run.as_ref());
    let share = question.effective_per_pair;
    if let Some(run) = run {
        blocks.push(Block::Note(format!(
            "as in the run {run}, in which a pair counted as {} independent ones",
            ratio(share)
        )));
    } else if share < 0.995 {
        blocks.push(Block::Note(format!("as weights differ, a pair counts as {} independent ones", ratio(share))));
    }
    if let Some(clusters) = clusters.filter(|_| run.is_none()) {
        let clusters = plural(clusters, "cluster", "clusters");
        blocks.push(Block::Note(format!(
            "the pairs are in {clusters}: they may count for less, by how much only a run can tell"
        )));
    }
    blocks.extend(beyond(outlooks, question.margin, &pairs).map(Block::Warning));
    blocks
}

/// Said when the margin is out of reach, however little the arms disagree.
fn beyond(outlooks: &[Outlook], asked: f64, pairs: &str) -> Option<String> {
    let best = outlooks.iter().min_by(|a, b| a.assumed.discordance.total_cmp(&b.assumed.discordance))?;
    let Some(resolves) = best.resolves else { return Some(format!("{pairs} resolve no margin at all")) };
    let worst = outlooks.iter().max_by(|a, b| a.assumed.discordance.total_cmp(&b.assumed.discordance))?;
    if resolves <= asked {
        return None;
    }
    let needed = match (best.pairs_needed, worst.pairs_needed) {
        (Some(few), Some(many)) if few == many => format!("about {} pairs are needed", count(rounded(few))),
        (Some(few), Some(many)) => {
            format!("about {} to {} pairs are needed", count(rounded(few)), count(rounded(many)))
        }
        _ => "equal arms never show that".to_owned(),
    };
    Some(format!("{pairs} resolve {} at best; the rule asks for {}: {needed}", points(resolves), margin(asked)))
}

/// A margin that is resolved, never shown smaller than it is.
fn points(margin: f64) -> String {
    format!("{:.1}\u{a0}pp", (margin * 1_000.0 - 1e-6).ceil() / 10.0)
}

fn ratio(share: f64) -> String {
    ratio_limit(share).replacen('×', "", 1)
}

/// A chance in whole percent, which is 0 or 100 only where it is certain.
fn likely(chance: f64) -> String {
    match chance * 100.0 {
        percent if percent > 0.0 && percent < 0.5 => "<1%".to_owned(),
        percent if (99.5..100.0).contains(&percent) => ">99%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

/// Up to two significant digits: a guide, not a promise.
fn rounded(pairs: usize) -> usize {
    let step = 10_usize.saturating_pow(pairs.checked_ilog10().unwrap_or(0).saturating_sub(1));
    pairs.div_ceil(step).saturating_mul(step)
}

fn known(text: Option<String>) -> Cell {
    text.map_or_else(|| Cell::absent("unknown"), Cell::plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_to_the_careful_side() {
        assert_eq!(points(0.0501), "5.1\u{a0}pp");
        assert_eq!(points(0.05), "5.0\u{a0}pp");
        assert_eq!([7, 99, 100, 2_043, 101_000].map(rounded), [7, 99, 100, 2_100, 110_000]);
        assert_eq!([0.0, 0.001, 0.255, 0.997, 1.0].map(likely), ["0%", "<1%", "26%", ">99%", "100%"]);
        let times = [0.2, 119.4, 600.0, 9_000.0].map(duration);
        assert_eq!(times.map(|time| time.replace('\u{a0}', " ")), ["1 s", "119 s", "10 min", "2.5 h"]);
    }
}
