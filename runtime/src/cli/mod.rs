//! The command line. One command, one file; its doc comment is its help text.

mod again;
mod apply;
mod approve;
mod approved;
mod audit;
mod author;
mod bcp;
mod changes;
mod compare_data;
mod completions;
mod consents;
mod document;
mod drill;
mod events;
mod execution;
pub mod exit;
mod explain;
mod export;
mod failure;
mod fmt;
mod front;
mod graph;
mod import;
mod init;
mod journal;
mod journal_view;
mod judge;
mod lines;
mod man;
mod objectives;
mod output;
mod plan;
mod plan_format;
mod posture;
mod progress;
mod rehearse;
mod remarks;
mod report;
mod restore;
mod schema;
mod screen;
mod sheet;
mod show;
mod signals;
mod standing;
mod status;
mod validate;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use holdfast_compiler::units::Date;

use crate::estate::Selection;
use failure::Failure;
use output::Terminal;

/// Disaster-recovery policies as code: validate, plan, apply.
///
/// Teams declare in YAML which services must survive the loss of a cloud region and how fast they must recover.
/// Holdfast checks that the objectives can be met, shows how the live cloud differs, and applies the changes.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, max_term_width = 100, arg_required_else_help = true)]
#[command(styles = clap::builder::Styles::plain())]
#[command(after_help = exit::in_words())]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The flags of every command.
#[derive(Debug, Args)]
struct Global {
    /// The cloud: `aws`, or the embedded cloud as `local` or `local:FILE`. Defaults to `aws`.
    #[arg(long, global = true, env = "HOLDFAST_CLOUD", value_name = "CLOUD")]
    cloud: Option<String>,
    /// The journal: a folder, or a place in S3 that teams share. Defaults to the journal that the estate names, or
    /// else to `.holdfast/journal` beside the policies.
    #[arg(long, global = true, env = "HOLDFAST_JOURNAL", value_name = "DIR|s3://BUCKET/PREFIX")]
    journal: Option<crate::journal::Place>,
    /// The trust anchor: a file that the owner of this runner controls. It says which estates and accounts the runner
    /// may change, which journal it trusts, and which approvals it requires at least. An empty value is an error; it
    /// never means "no rule".
    #[arg(long, global = true, env = "HOLDFAST_TRUST", value_name = "FILE")]
    trust: Option<OsString>,
    /// Sign each run in the journal with this SSH key: a private key, the `.pub` file of a key in ssh-agent, or (in
    /// the variable only) the text of a private key.
    #[arg(long, global = true, env = "HOLDFAST_RUNNER_KEY", hide_env_values = true, value_name = "FILE")]
    runner_key: Option<crate::approval::SigningKey>,
    /// When to use colours. Respects `NO_COLOR`.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Print results and errors only.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Print more detail; give it twice for the AWS SDK's log.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Global {
    /// What flags and environment select.
    fn selection(&self) -> Selection {
        Selection {
            cloud: self.cloud.clone(),
            journal: self.journal.clone(),
            trust: self.trust.clone().map(PathBuf::from),
            runner_key: self.runner_key.clone(),
        }
    }
}

/// Parses a date on the command line.
fn date(text: &str) -> Result<Date, String> {
    let date = if text == "today" { today() } else { Date::parse(text) };
    date.ok_or_else(|| "not a date: write it like 2026-11-23, or `today`".to_owned())
}

/// Today, in UTC. The compiler has no clock: it gets a date like any other.
fn today() -> Option<Date> {
    Date::parse(jiff::Timestamp::now().to_string().get(..10)?)
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Fmt(fmt::Fmt),
    Validate(validate::Validate),
    Objectives(objectives::Objectives),
    Rehearse(rehearse::Rehearse),
    Plan(plan::Plan),
    Status(status::Status),
    Report(report::Report),
    Bcp(bcp::Bcp),
    Audit(audit::Audit),
    Changes(changes::Changes),
    Show(show::Show),
    Approve(approve::Approve),
    Apply(apply::Apply),
    Restore(restore::Restore),
    Drill(drill::Drill),
    Journal(journal::Journal),
    Import(import::Import),
    Graph(graph::Graph),
    Export(export::Export),
    Schema(schema::Schema),
    Explain(explain::Explain),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Run the command line, and return the exit code of the process.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    output::mask_panics();
    let parsed = Cli::command().try_get_matches_from(arguments);
    let parsed = parsed.and_then(|given| Ok((Cli::from_arg_matches(&given)?, given)));
    let (cli, given) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            Terminal::new(Color::Never, false, 0).usage(&error);
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::DONE });
        }
    };
    let terminal = Terminal::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    log(cli.global.verbose);
    let result = match cli.command {
        Command::Init(command) => command.run(&terminal),
        Command::Fmt(command) => command.run(&terminal),
        Command::Validate(command) => command.run(&terminal),
        Command::Objectives(command) => command.run(&terminal),
        Command::Rehearse(command) => command.run(&terminal),
        Command::Plan(command) => {
            let again = given.subcommand_matches("plan").map(again::Again::of).unwrap_or_default();
            block(|| command.run(&cli.global, again, &terminal))
        }
        Command::Status(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Report(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Bcp(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Audit(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Changes(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Show(command) => command.run(&cli.global, &terminal),
        Command::Approve(command) => command.run(&cli.global, &terminal),
        Command::Apply(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Restore(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Drill(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Journal(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Import(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Graph(command) => command.run(&terminal),
        Command::Export(command) => block(|| command.run(&cli.global, &terminal)),
        Command::Schema(command) => command.run(&terminal),
        Command::Explain(command) => command.run(&terminal),
        Command::Completions(command) => command.run(&terminal),
        Command::Man(command) => command.run(&terminal),
    };
    // A result that is not where the user wants it is none.
    let result = result.and_then(|code| match terminal.unwritten() {
        Some(error) => Err(Failure::message(format!("cannot write the result to stdout: {error}"))),
        None => Ok(code),
    });
    ExitCode::from(match result {
        Ok(code) => code,
        Err(failure) => failure.report(&terminal),
    })
}

/// Run a command to its end. It is on the heap: all commands beside each other, with what each keeps while it waits, are too much for a stack.
fn block<F: Future<Output = Result<u8, Failure>>>(command: impl FnOnce() -> F) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build();
    let runtime = runtime.map_err(|error| Failure::message(format!("cannot start the runtime: {error}")))?;
    runtime.block_on(Box::pin(command()))
}

/// Set up the SDK's log if `--verbose` asks for it. It goes to stderr and holds no credentials at these levels.
fn log(verbose: u8) {
    let level = match verbose {
        0 | 1 => return,
        2 => "warn,holdfast=info,aws_smithy_runtime=debug,aws_config=debug",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::new(level);
    let subscriber = tracing_subscriber::fmt().with_writer(|| output::Log).with_ansi(false);
    let subscriber = subscriber.with_env_filter(filter);
    // This fails only in tests, which run `main` several times.
    let _ = subscriber.try_init();
}
