//! `holdfast import`.

use std::path::{Path, PathBuf};

use clap::Args;

use holdfast_compiler::diagnostic::{codes, visible};
use holdfast_compiler::digest::{Purpose, digest};
use holdfast_compiler::graph::Graph;
use holdfast_compiler::import::{Adoption, LeftOut, Proposal, adoptions, propose};
use holdfast_compiler::lower::Target;
use holdfast_compiler::observation::{Observation, Owned, scope};
use holdfast_compiler::plan::{Consents, Context};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Date;

use super::failure::Failure;
use super::front::confirm;
use super::output::Terminal;
use super::{Global, exit, screen};
use crate::cloud::Cloud;
use crate::estate::load;
use crate::estate::{Opened, Policies, Request, Workspace};
use crate::files;
use crate::journal::{self, Claim, Entry, Event, Journal, Run, Signer, Writer};
use crate::run::runner::runner;

/// Take over what exists: adopt what policies describe, and write YAML for what no policy mentions.
///
/// Reads the whole account and changes nothing in it: what is adopted is written into the journal, so that from
/// then on Holdfast counts it as its own. Where the cloud differs from a policy, the next plan shows it.
/// Without paths, the YAML begins with a first estate.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Policy files and folders of the estate.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the YAML into this new file and adopt what it describes too. Without it the YAML goes to stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write and adopt without asking.
    #[arg(long, short)]
    yes: bool,
    /// The day for which reviews, drills, measurements and waivers are looked at, such as 2026-11-23.
    #[arg(long, value_name = "DATE", value_parser = super::date)]
    as_of: Option<Date>,
}

/// Policies that hold in an account, and what of them is there.
struct Matched {
    policies: Policies,
    graph: Graph,
    context: Context,
    owned: Vec<Owned>,
    observation: Observation,
}

impl Import {
    pub(super) async fn run(self, global: &Global, terminal: &Terminal) -> Result<u8, Failure> {
        if let Some(path) = self.out.as_ref().filter(|path| files::exists(path)) {
            let message = format!("`{}` is there already; nothing was written", path.display());
            return Err(Failure::message(message));
        }
        let place = self.place(global)?;
        let signer = global.selection().signer()?;
        place.allows_run(signer.as_ref())?;
        let journal = Journal::open(&place.journal).await?;
        place.history(&journal).await?;
        let claim = journal.claim(&runner(), None).await?;
        place.believe(claim.history())?;
        let Opened { cloud, caller, context: here } = place.open("").await?;
        let policies = self.policies(&here)?;
        let survey = cloud.survey().await?;
        let target = Target { account: here.account.clone() };
        let proposal = propose(&policies, &survey, &target)
            .map_err(|findings| Failure::invalid(findings, self.policies_again()))?;
        report(&proposal, terminal);
        let text = self.out.as_ref().map(|path| (path.as_path(), proposal.text.as_str()));
        let text = text.filter(|(_, text)| !text.is_empty());
        if self.out.is_none() {
            terminal.result(&proposal.text);
        }
        let matched = match self.extended(text)? {
            Some(sources) => Some(self.matched(sources, cloud.as_ref(), here, claim.entries()).await?),
            None => None,
        };
        let adopted: Vec<Adoption> = matched.as_ref().map(Matched::adoptions).unwrap_or_default();
        show(&adopted, text.map(|(path, _)| path), terminal);
        if text.is_none() && adopted.is_empty() {
            terminal
                .note("Nothing to adopt: all that the policies describe and that is there is Holdfast's.");
            terminal.detail(&screen::calls(&cloud.calls()));
            return Ok(exit::DONE);
        }
        if !self.yes {
            confirm(terminal, "Write and adopt this")
                .map_err(|error| Failure::refused_finding(error.finding("add `--yes`")))?;
        }
        if let Some((path, text)) = text {
            // One that appears meanwhile is not overwritten.
            files::create(path, text.as_bytes()).map_err(|error| Failure::message(error.to_string()))?;
        }
        if let Some(matched) = matched {
            matched.adopt(adopted, &claim, caller.arn, signer.as_ref()).await?;
            matched.tell(&self.again(), terminal)?;
        }
        terminal.detail(&screen::calls(&cloud.calls()));
        Ok(exit::DONE)
    }

    /// Where the journal is and which cloud it is: of the policies, or beside the file that is to be the first one.
    fn place(&self, global: &Global) -> Result<Workspace, Failure> {
        if !self.paths.is_empty() {
            return Ok(Workspace::of(&global.selection(), &Policies::load(&self.paths, self.as_of)?)?);
        }
        if global.trust.is_some() {
            let message =
                "under a trust anchor, import needs the policies of an estate that the anchor names";
            return Err(Failure::refused(
                codes::NOT_TRUSTED,
                message,
                "write the document of the estate first (`holdfast init`), and name its path",
            ));
        }
        let first = self.out.as_deref().unwrap_or(Path::new("."));
        Ok(Workspace::beside(&load::home(&first.to_string_lossy()), &global.selection())?)
    }

    /// The policies, which have to hold here before anything is added to them.
    fn policies(&self, here: &Context) -> Result<Sources, Failure> {
        if self.paths.is_empty() {
            return Ok(Sources::default());
        }
        let policies = Policies::load(&self.paths, self.as_of)?;
        Ok(policies.in_account(here)?.sources)
    }

    fn policies_again(&self) -> Sources {
        load::load(&self.paths).unwrap_or_default()
    }

    /// The policies with the new file; nothing where there are none at all.
    fn extended(&self, new: Option<(&Path, &str)>) -> Result<Option<Sources>, Failure> {
        if self.paths.is_empty() && new.is_none() {
            return Ok(None);
        }
        let mut sources = if self.paths.is_empty() { Sources::default() } else { load::load(&self.paths)? };
        if let Some((path, text)) = new {
            sources.add(path.display().to_string(), text);
        }
        Ok(Some(sources))
    }

    async fn matched(
        &self,
        sources: Sources,
        cloud: &dyn Cloud,
        here: Context,
        entries: &[Entry],
    ) -> Result<Matched, Failure> {
        let (policies, graph) = Policies::read(sources, self.as_of)?.graph(&here.account)?;
        let context = Context { estate: policies.compiled.policy.estate.to_string(), ..here };
        let owned = journal::owned(entries, &context);
        let observation = cloud.observe(&scope(&graph, &owned)).await?;
        Ok(Matched { policies, graph, context, owned, observation })
    }

    /// The paths that make up the estate from now on.
    fn again(&self) -> String {
        let paths = self.paths.iter().chain(&self.out).map(|path| path.display().to_string());
        paths.collect::<Vec<_>>().join(" ")
    }
}

impl Matched {
    fn adoptions(&self) -> Vec<Adoption> {
        adoptions(&self.graph, &self.owned, &self.observation)
    }

    /// Write down what is ours from now on, as a run that changes nothing.
    async fn adopt(
        &self,
        adopted: Vec<Adoption>,
        claim: &Claim,
        caller: String,
        signer: Option<&Signer>,
    ) -> Result<(), Failure> {
        if adopted.is_empty() {
            return Ok(());
        }
        let things: Vec<_> = adopted.iter().map(|one| (&one.address, &one.identity)).collect();
        let plan = digest(Purpose::Adoption, &things)?;
        // Nobody has to agree to that, and the rule of the last run stays.
        let rule = journal::rule(&claim.history().runs, &self.context).cloned();
        let run = Run::new(self.context.clone(), plan, 0, runner());
        let run = Run { rule, caller: Some(caller), ..run };
        let journal = Writer::begin(claim, run, signer).await?;
        for Adoption { address, identity, attributes, needs } in adopted {
            journal.append(Event::Adopted { address, identity, attributes, needs }).await?;
        }
        journal.append(Event::nothing_done()).await?;
        Ok(())
    }

    /// Say whether the cloud is what the policies say.
    fn tell(self, paths: &str, terminal: &Terminal) -> Result<(), Failure> {
        let Self { policies, graph, context, owned, observation } = self;
        let request = Request {
            context: &context,
            owned: &owned,
            observation: &observation,
            consents: &Consents::new(),
            targets: &[],
        };
        let plan = policies.plan(&graph, &request);
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => return Err(error.about(policies).into()),
        };
        let pending = plan.pending().count();
        let line = match pending {
            0 => format!("\nThe cloud is what the policies say: `holdfast plan {paths}` shows no changes."),
            1 => format!("\n1 thing differs from what the policies say: `holdfast plan {paths}` shows it."),
            _ => format!(
                "\n{pending} things differ from what the policies say: `holdfast plan {paths}` shows them."
            ),
        };
        terminal.note(&visible(&line));
        Ok(())
    }
}

/// What the YAML says that somebody has to look at, and what is not in it.
fn report(proposal: &Proposal, terminal: &Terminal) {
    let mut lines = Vec::new();
    let names = |names: &[String]| names.join(", ");
    if !proposal.services.is_empty() {
        lines.push(format!("Found, and in no policy: {}", names(&proposal.services)));
    }
    if !proposal.undecided.is_empty() {
        lines.push(format!(
            "\nWhat is there does not keep the usual objectives (RTO 4 h, RPO 1 h) of {};\n\
             the YAML says `undecided`, and `holdfast objectives` says why. For the RPO of a data set, take\n\
             `rules` and `policy` out of the `leave` lists of its replication and its role: the next plan turns\n\
             on replication time control.",
            names(&proposal.undecided)
        ));
    }
    if !proposal.guessed.is_empty() {
        lines.push(format!(
            "\nNothing in the cloud tells at which sites these answer, so they got those of their data.\n\
             Look at their `endpoints`: {}",
            names(&proposal.guessed)
        ));
    }
    if !proposal.left_out.is_empty() {
        lines.push(format!("\nLeft out ({}):", proposal.left_out.len()));
        lines.extend(proposal.left_out.iter().map(|LeftOut { what, why }| {
            // A name is one line, whoever chose it.
            format!("  {what}: {why}").replace(['\n', '\r'], " ")
        }));
    }
    for line in lines {
        terminal.note(&visible(&line));
    }
}

/// What will be written and adopted.
fn show(adopted: &[Adoption], out: Option<&Path>, terminal: &Terminal) {
    if let Some(path) = out {
        terminal.note(&visible(&format!("\nWrites {}", path.display())));
    }
    if !adopted.is_empty() {
        terminal.note(&format!("\nAdopts ({}):", adopted.len()));
        for one in adopted {
            let identity = one.identity.parts().collect::<Vec<_>>().join(" ").replace(['\n', '\r'], " ");
            terminal.note(&visible(&format!("  {}: {identity}", one.address)));
        }
    }
}
