//! The command line itself: help, version, mistakes, and readers that go away.

use clap::CommandFactory as _;
use cutover::cli::Cli;

use crate::support::{Answer, Server, Workspace};

/// Every command, with its path on the command line.
fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    found.push((path.to_owned(), command.clone()));
    for inner in command.get_subcommands() {
        commands(inner, &format!("{path} {}", inner.get_name()), found);
    }
}

#[test]
fn the_help_of_every_command_names_all_it_takes() {
    let mut all = Vec::new();
    let mut root = Cli::command();
    root.build();
    commands(&root, "", &mut all);
    assert_eq!(all.len(), 20);
    let workspace = Workspace::new();
    for (path, command) in all {
        let outcome = workspace.cutover(&format!("{path} --help"));
        outcome.exit(0).stderr("");
        let lines: Vec<&str> = outcome.stdout.lines().map(str::trim_start).collect();
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let shown = argument.get_long().map_or_else(
                || format!("{}", argument.get_value_names().expect("a name")[0]),
                |long| format!("--{long}"),
            );
            assert!(lines.iter().any(|line| line.contains(&shown)), "`{path} --help` lacks {shown}");
            assert!(argument.get_help().is_some(), "{path} {shown} has no help");
            let takes_value = argument.get_action().takes_values();
            for default in argument.get_default_values().iter().filter(|_| takes_value) {
                let default = format!("[default: {}]", default.to_string_lossy());
                assert!(lines.contains(&default.as_str()), "`{path} --help` lacks {default}");
            }
        }
        for inner in command.get_subcommands() {
            assert!(lines.iter().any(|line| line.starts_with(inner.get_name())), "{path} {}", inner.get_name());
        }
    }
}

#[test]
fn the_version_is_that_of_the_crate() {
    Workspace::new().cutover("--version").exit(0).stderr("").stdout(concat!(
        "cutover ",
        env!("CARGO_PKG_VERSION"),
        "\n"
    ));
}

#[test]
fn a_mistake_on_the_command_line_is_answered_with_what_was_meant() {
    let workspace = Workspace::new();
    let rows = [
        (
            "run suite.toml --mod replay",
            "error: unexpected argument '--mod' found\n\n  tip: a similar argument exists: '--mode'\n\n\
             Usage: cutover run --mode <MODE> <SUITE>\n\nFor more information, try '--help'.\n",
        ),
        (
            "run suite.toml --mode replai",
            "error: invalid value 'replai' for '--mode <MODE>'\n  [possible values: auto, replay, record]\n\n  \
             tip: a similar value exists: 'replay'\n\nFor more information, try '--help'.\n",
        ),
        (
            "docter suite.toml",
            "error: unrecognized subcommand 'docter'\n\n  tip: a similar subcommand exists: 'doctor'\n\n\
             Usage: cutover [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n",
        ),
        (
            "run",
            "error: the following required arguments were not provided:\n  <SUITE>\n\n\
             Usage: cutover run <SUITE>\n\nFor more information, try '--help'.\n",
        ),
    ];
    for (arguments, message) in rows {
        workspace.cutover(arguments).exit(2).stdout("").stderr(message);
    }
}

#[test]
fn without_arguments_there_is_help() {
    let workspace = Workspace::new();
    let help = workspace.cutover("-h");
    workspace.cutover("").exit(2).stdout("").stderr(&help.stdout);
    assert!(help.stdout.contains("\nUsage: cutover [OPTIONS] <COMMAND>\n"), "{}", help.stdout);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let server = Server::start(|seen, _| Answer::number(seen, true));
    let workspace = Workspace::new().numbers(40, server.port());
    workspace.unread("run suite.toml").exit(0).stderr("baseline 40/40 hits 0  $0.0048\nnew 40/40 hits 0  $0.0144\n");
    for (arguments, notes) in [("show n000", ""), ("cache stats", ""), ("cache export", "")] {
        workspace.unread(arguments).exit(0).stderr(notes);
    }
    workspace.unread("gate").exit(5).stderr("");
}

#[test]
fn colour_is_there_when_it_is_asked_for() {
    let workspace = Workspace::new();
    let outcome = workspace.cutover("gate --color always");
    outcome.exit(2);
    assert!(outcome.stderr.starts_with("\u{1b}[1;31merror\u{1b}[0m: there is no run "), "{}", outcome.stderr);
    let outcome = workspace.cutover("gate --color auto");
    assert!(outcome.stderr.starts_with("error: there is no run "), "{}", outcome.stderr);
}
