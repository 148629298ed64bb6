//! The command line: what may be said, and the help that teaches it.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::dataset::{IMPORTERS, Importer};

/// Where the response store is, unless said otherwise.
pub const DEFAULT_STORE: &str = ".cutover/store.sqlite";
/// Where runs are kept, unless said otherwise.
pub const DEFAULT_RESULTS: &str = "results";

/// Should your workload move to another model? Replays your own requests against both, pairs the answers, and says
/// pass, fail or inconclusive, with what a successful answer really costs.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "First time here? `cutover demo` runs everything on recorded answers: no key, no network."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub color: ColorChoice,
    /// One JSON document on stdout instead of text.
    #[arg(long, global = true)]
    pub json: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline on recorded answers of three real models; no key, no network.
    Demo(DemoArgs),
    /// Make a dataset of a log: each recorded answer becomes a case, with what came before it as the prompt.
    #[command(
        after_help = "Later turns are teacher-forced: every arm is asked on the recorded history, not on its own.\n\
        A recorded call is what its case expects. A recorded text is one wording of many: its case is unlabelled, unless \
        `--expect-text` says otherwise."
    )]
    Import(ImportLogArgs),
    /// Say what a run would buy, cost and take, and what it could decide; sends nothing, needs no key.
    #[command(after_help = "Exit code 0 when a run could start, 2 when it would refuse.\n\
        Answers in the store make it exact: they tell how many tokens the models count and write, and how fast they are.")]
    Plan(PlanArgs),
    /// Replay the cases of a suite against its arms, score, compare, and write a report.
    #[command(after_help = "Stopped or killed? The same command goes on, and buys nothing twice.\n\
        Exit code 0 whatever the verdict; `cutover gate` turns the verdict into an exit code.")]
    Run(RunArgs),
    /// Score the answers of a stored run anew, by the suite and the dataset as they are now; buys and sends nothing.
    #[command(
        after_help = "Every case must still ask what it asked: exit code 9 where a request has changed, since its \
        answers answer another one.\nA crash half way leaves the run as it was."
    )]
    Rescore(RescoreArgs),
    /// Say of answers that differ which are right, blinded; the labels are kept in the dataset, and the run is rescored.
    #[command(after_help = LABEL_HELP)]
    Label(LabelArgs),
    /// Write the report of a stored run again.
    Report(StoredArgs),
    /// Judge a stored run, offline: exit 0 pass, 3 fail, 4 inconclusive, 5 no data.
    Gate(GateArgs),
    /// Run, report and judge in one, for a pipeline: the verdict is the exit code, as of `cutover gate`.
    #[command(
        after_help = "Where a key that answers must be bought with is not set, stored answers alone decide, as with \
        `--mode replay`.\nUnder GitHub Actions the verdict becomes annotations and a step summary."
    )]
    Ci(CiArgs),
    /// Pin data, models, prices, scorers and margins of a finished run in a file that `--locked` compares with.
    Lock(LockArgs),
    /// Show one case of a stored run, all arms side by side.
    Show(ShowArgs),
    /// Say which keys are set (never their values), and whether suite, dataset, store and models are reachable.
    #[command(after_help = "Exit code 2 when a key of the suite is not set, 8 when a model did not answer.")]
    Doctor(DoctorArgs),
    /// Look into the store of answers.
    #[command(subcommand)]
    Cache(CacheCommand),
}

/// What `cutover doctor` takes.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The suite's TOML file; the built-in endpoints when left out.
    pub suite: Option<PathBuf>,
    /// Make one tiny call of every arm: it costs a few tokens.
    #[arg(long, requires = "suite")]
    pub online: bool,
    /// The store of answers.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STORE)]
    pub store: PathBuf,
}

/// What `cutover demo` takes.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder for the run.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub out: PathBuf,
}

/// What `cutover import` takes.
#[derive(Debug, Args)]
pub struct ImportLogArgs {
    /// The log, one JSON object a line; `-` is stdin.
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// What the log holds.
    #[arg(long, value_name = "FORMAT", value_parser = importer())]
    pub from: &'static Importer,
    /// The dataset to write, whole or not at all; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Expect the recorded text of an answer without calls, word for word.
    #[arg(long)]
    pub expect_text: bool,
    /// Make one case of each conversation, whose calls are answered from the recording; with `--expect-text` its last
    /// text is expected, else its calls.
    #[arg(long)]
    pub closed_loop: bool,
    /// Replace the dataset if it is there already.
    #[arg(long)]
    pub force: bool,
}

/// Reads the name of a format of logs.
fn importer() -> impl TypedValueParser<Value = &'static Importer> {
    let names = IMPORTERS.iter().map(|row| PossibleValue::new(row.name).help(row.about));
    PossibleValuesParser::new(names)
        .try_map(|name| IMPORTERS.iter().find(|row| row.name == name).ok_or("no such format of logs"))
}

/// What `cutover plan` takes.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The suite's TOML file.
    pub suite: PathBuf,
    /// What to do when an arm cannot express a case's request, or a recorded answer is missing.
    #[arg(long, value_enum, default_value_t = OnUntranslatable::Refuse, value_name = "WHAT")]
    pub on_untranslatable: OnUntranslatable,
    /// The store of answers.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STORE)]
    pub store: PathBuf,
    /// Folder in which runs are kept: an earlier one tells how often the arms disagree.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub results: PathBuf,
}

/// What `cutover run` takes.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The suite's TOML file.
    pub suite: PathBuf,
    /// Where answers may come from.
    #[arg(long, value_enum, default_value_t = ModeChoice::Auto)]
    pub mode: ModeChoice,
    /// What to do when an arm cannot express a case's request, or a recorded answer is missing.
    #[arg(long, value_enum, default_value_t = OnUntranslatable::Refuse, value_name = "WHAT")]
    pub on_untranslatable: OnUntranslatable,
    /// The store of answers.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STORE)]
    pub store: PathBuf,
    /// Keep answers in the run's folder alone, and take none from elsewhere: no store is made or opened, and every answer
    /// is bought, equal ones too.
    #[arg(long, conflicts_with = "store")]
    pub no_store: bool,
    /// Folder for the run.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub out: PathBuf,
    /// Let scorers of the kind `exec` run their programs.
    #[arg(long)]
    pub allow_exec: bool,
}

/// What to do with a case that an arm cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnUntranslatable {
    /// Send nothing at all, and say which cases and why.
    Refuse,
    /// Go on without those cases, and count them as not sent.
    Exclude,
}

/// How `cutover label` picks what it asks, and how it is answered.
const LABEL_HELP: &str = "\
    Asked are the answers of the baseline and a candidate to the same case and repeat that differ (in text, tool calls \
    or refusal) and that the scorers do not decide alike: first those where one of them is unscored, then those where \
    one passes and the other fails. Each is one line: a key and Enter.\n\n\
    1 or l  the left answer alone is right      2 or r  the right answer alone is right\n\
    b       both are right                      n       neither is right\n\
    s       skip                                u       undo the last one\n\
    a       show the whole conversation         ?       help\n\
    q       quit\n\n\
    A label decides on that very answer, whoever gave it, over every scorer; of several people the most decide, a tie \
    is unscored. An answer that was refused, cut or filtered fails all the same.";

/// What `cutover rescore` takes.
#[derive(Debug, Args)]
pub struct RescoreArgs {
    /// Which run.
    #[command(flatten)]
    pub stored: StoredArgs,
    /// The suite's TOML file; the one that the run was made with, as it is now, when left out.
    #[arg(long, value_name = "FILE")]
    pub suite: Option<PathBuf>,
    /// Let scorers of the kind `exec` run their programs.
    #[arg(long)]
    pub allow_exec: bool,
}

/// What `cutover label` takes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("instead").args(["html", "import", "promote"]))]
pub struct LabelArgs {
    /// Which run, and how it is rescored.
    #[command(flatten)]
    pub rescore: RescoreArgs,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Ask for at most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Leave the run as it is; `cutover rescore` takes the labels in later.
    #[arg(long)]
    pub no_rescore: bool,
    /// Write a page to label in a browser instead; it sends nothing, and saves a file for `--import`.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Take the labels of such a file into the dataset instead.
    #[arg(long, value_name = "FILE")]
    pub import: Option<PathBuf>,
    /// Make the answers that people agree are right the expected ones instead.
    #[arg(long)]
    pub promote: bool,
    /// Replace what is expected already.
    #[arg(long, requires = "promote")]
    pub force: bool,
}

/// Where answers may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeChoice {
    /// From the store; what is missing is bought.
    Auto,
    /// From the store alone; no socket is opened, a miss is exit 7.
    Replay,
    /// Everything is bought anew; a stopped recording goes on where it was.
    Record,
}

/// Which stored run.
#[derive(Debug, Args)]
pub struct StoredArgs {
    /// The run's name or folder; the newest finished one when left out.
    pub run: Option<String>,
    /// Folder in which runs are kept.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub results: PathBuf,
}

/// What `cutover gate` takes.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// Which run.
    #[command(flatten)]
    pub stored: StoredArgs,
    /// How the verdict becomes an exit code.
    #[command(flatten)]
    pub verdict: VerdictArgs,
}

/// How a verdict becomes an exit code.
#[derive(Debug, Args)]
pub struct VerdictArgs {
    /// Judge by this candidate alone; by the worst of all when left out.
    #[arg(long, value_name = "NAME")]
    pub candidate: Option<String>,
    /// The mildest verdict that is not exit 0.
    #[arg(long, value_enum, default_value_t = FailOn::Inconclusive)]
    pub fail_on: FailOn,
    /// Refuse whatever differs from the suite's lock, which `cutover lock` writes: exit 9.
    #[arg(long)]
    pub locked: bool,
}

/// What `cutover ci` takes.
#[derive(Debug, Args)]
pub struct CiArgs {
    /// The suite's TOML file.
    pub suite: PathBuf,
    /// Where answers may come from; auto when left out, or replay where a key to buy them with is not set.
    #[arg(long, value_enum)]
    pub mode: Option<ModeChoice>,
    /// What to do when an arm cannot express a case's request, or a recorded answer is missing.
    #[arg(long, value_enum, default_value_t = OnUntranslatable::Refuse, value_name = "WHAT")]
    pub on_untranslatable: OnUntranslatable,
    /// The store of answers.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STORE)]
    pub store: PathBuf,
    /// Folder for the run.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub out: PathBuf,
    /// How the verdict becomes an exit code.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// After fail or inconclusive, ask every arm every case again, and let these fresh answers alone decide.
    #[arg(long)]
    pub confirm: bool,
    /// Let scorers of the kind `exec` run their programs.
    #[arg(long)]
    pub allow_exec: bool,
}

/// What `cutover lock` takes.
#[derive(Debug, Args)]
pub struct LockArgs {
    /// The suite's TOML file.
    pub suite: PathBuf,
    /// The run to pin, by name or folder; the newest finished one of the suite when left out.
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Folder in which runs are kept.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub results: PathBuf,
}

/// Which verdicts end with an exit code other than 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Fail, no data and inconclusive.
    Inconclusive,
    /// Fail and no data.
    Fail,
    /// None: the verdict is for information.
    Never,
}

/// What `cutover show` takes.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The case's id.
    pub case: String,
    /// Which run.
    #[command(flatten)]
    pub stored: StoredArgs,
}

/// The commands on the store.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// How many answers the store holds, of which recordings, from when, and what its calls have cost.
    Stats(CacheArgs),
    /// Check every answer against its hash, and the file itself: exit 0 sound, 9 damaged.
    Verify(VerifyArgs),
    /// Say why the store has no answer to a case: the field that differs from the nearest stored request.
    WhyMiss(WhyMissArgs),
    /// Remove old answers and give their room back.
    Gc(GcArgs),
    /// Write the answers as JSON Lines, to commit them beside a suite or to carry them to another machine.
    Export(ExportArgs),
    /// Add the answers of an export to the store.
    Import(ImportArgs),
}

/// Which store.
#[derive(Debug, Args)]
pub struct CacheArgs {
    /// The store of answers.
    #[arg(long, value_name = "FILE", default_value = DEFAULT_STORE)]
    pub store: PathBuf,
}

/// What `cutover cache verify` takes.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Which store.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Remove the damaged answers, so that they are bought anew.
    #[arg(long)]
    pub repair: bool,
}

/// What `cutover cache why-miss` takes.
#[derive(Debug, Args)]
pub struct WhyMissArgs {
    /// The suite's TOML file.
    pub suite: PathBuf,
    /// The case's id.
    pub case: String,
    /// Which store.
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// What `cutover cache gc` takes.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["older_than", "keep_recording"]).required(true).multiple(true))]
pub struct GcArgs {
    /// Which store.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Remove answers that were bought more than this many days ago.
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u32>,
    /// Keep the answers of these recordings; without `--older-than`, remove all others.
    #[arg(long, value_name = "RUN", num_args = 1..)]
    pub keep_recording: Vec<String>,
    /// Only say what would go.
    #[arg(long)]
    pub dry_run: bool,
    /// Folder in which runs are kept: only finished ones lose their calls in the ledger.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    pub results: PathBuf,
}

/// What `cutover cache export` takes.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Which store.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Only the answers of this recording.
    #[arg(long, value_name = "RUN")]
    pub recording: Option<String>,
    /// Write to this file, compressed when its name ends in `.zst`; to stdout when left out.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What `cutover cache import` takes.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The export, compressed or not.
    pub file: PathBuf,
    /// Which store.
    #[command(flatten)]
    pub cache: CacheArgs,
}
