//! Workflow commands of GitHub Actions: one annotation a rule that does not pass, at its line of the suite.
//!
//! They are made of this program's own words, the suite's and numbers. What a model or a provider wrote is never part
//! of them.

use super::escape;
use crate::gate::{Decision, Level, Verdict};
use crate::report::View;
use crate::report::view::{sentence, word};

/// GitHub shows so many errors, and so many warnings, of one step.
const MOST: usize = 10;

/// What an annotation is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For information.
    Notice,
    /// Worth a look.
    Warning,
    /// It fails the step.
    Error,
}

/// The annotations of the verdicts, a line each. `severity` says how an answer of a rule that decides is shown; a rule
/// of level warn is never shown as more than a warning.
#[must_use]
pub fn render(view: &View<'_>, severity: &dyn Fn(Decision) -> Severity) -> String {
    let file = &view.input.manifest.suite.path;
    let all = view.input.verdicts.iter().flat_map(|verdict| of_verdict(verdict, file, severity));
    let all: Vec<(Severity, String)> = all.collect();
    let of = |wanted| all.iter().filter(move |(severity, _)| *severity == wanted).take(MOST);
    [Severity::Error, Severity::Warning, Severity::Notice]
        .into_iter()
        .flat_map(of)
        .map(|(_, line)| line.as_str())
        .collect()
}

/// One warning at the suite, such as that something is no longer as it was when it was locked.
#[must_use]
pub fn warning(view: &View<'_>, text: &str) -> String {
    command(Severity::Warning, &[("file", &view.input.manifest.suite.path), ("title", "cutover")], text)
}

fn of_verdict(verdict: &Verdict, file: &str, severity: &dyn Fn(Decision) -> Severity) -> Vec<(Severity, String)> {
    let title = |decision| format!("cutover {}: {}", verdict.candidate, word(decision));
    let decides = verdict.findings.iter().any(|finding| finding.rule.level == Level::Error);
    let without_rule = (!decides).then(|| {
        let place = [("file", file), ("title", &title(verdict.decision))];
        let severity = severity(verdict.decision);
        (
            severity,
            command(severity, &place, "The suite's gate has no rule that decides, so there is nothing to judge by."),
        )
    });
    let findings = verdict.findings.iter().filter_map(|finding| {
        let decision = finding.decision.filter(|decision| *decision != Decision::Pass)?;
        let severity = match finding.rule.level {
            Level::Error => severity(decision),
            Level::Warn => severity(decision).min(Severity::Warning),
            Level::Off => return None,
        };
        let line = finding.rule.line.to_string();
        let place = [("file", file), ("line", &line), ("title", &title(decision))];
        Some((severity, command(severity, &place, &sentence(finding))))
    });
    without_rule.into_iter().chain(findings).collect()
}

fn command(severity: Severity, properties: &[(&str, &str)], message: &str) -> String {
    let name = match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", escape::command_property(value))).collect();
    format!("::{name} {}::{}\n", properties.join(","), escape::command(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn severity(decision: Decision) -> Severity {
        if decision == Decision::Inconclusive { Severity::Warning } else { Severity::Error }
    }

    #[test]
    fn every_rule_that_does_not_pass_is_one_line_at_its_place() {
        let fixture = fixture::single();
        let found = render(&View::new(&fixture.input()), &severity);
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(
            lines[0],
            "::error file=suites/support-triage.toml,line=20,title=cutover mini%3A FAIL::Accuracy is worse beyond the \
             margin of 2 pp: −6.8 pp [−10.4, −3.5], n = 288."
        );
        let starts = ["::error file", "::error file", "::warning file", "::warning file"];
        assert!(lines.len() == starts.len() && lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)));
        // A rule of level warn that fails is a warning.
        assert!(lines[3].contains("line=23,title=cutover mini%3A FAIL::Cost per success"), "{}", lines[3]);
    }

    #[test]
    fn no_text_leaves_its_annotation_and_github_is_not_flooded() {
        let mut fixture = fixture::hostile();
        for _ in 0..6 {
            let more = fixture.verdicts.clone();
            fixture.verdicts.extend(more.into_iter().take(2));
        }
        let found = render(&View::new(&fixture.input()), &severity);
        assert!(found.lines().all(|line| line.starts_with("::error file=") || line.starts_with("::warning file=")));
        assert_eq!(found.lines().filter(|line| line.starts_with("::error")).count(), MOST);
        for line in found.lines() {
            assert!(line.matches("::").count() >= 2 && !line.contains('\r') && !line.contains('\u{1b}'), "{line}");
            let properties = line.trim_start_matches("::").split("::").next().expect("is there");
            assert_eq!(properties.matches(',').count(), 2, "{properties}");
        }
    }

    #[test]
    fn without_a_rule_that_decides_the_suite_itself_is_named() {
        let mut fixture = fixture::single();
        fixture.verdicts[0].findings.clear();
        fixture.verdicts[0].decision = Decision::NoData;
        assert_eq!(
            render(&View::new(&fixture.input()), &severity),
            "::error file=suites/support-triage.toml,title=cutover mini%3A NO-DATA::The suite's gate has no rule that \
             decides, so there is nothing to judge by.\n"
        );
    }
}
