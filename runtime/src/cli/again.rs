//! The flags of a command line that the next command needs too.

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Flags of `plan` that say which plan it is, and that a plan does not say itself. Those that it says (what is allowed, targeted,
/// evacuated) and those that say only how it is shown are not here.
const OF_THE_PLAN: [&str; 9] =
    ["cloud", "journal", "trust", "runner_key", "as_of", "compare_data", "base", "author", "key"];
/// Those that an apply of the saved plan needs too.
const OF_THE_RUNNER: [&str; 2] = ["trust", "runner_key"];

/// Flags, each as one word: `--cloud=local`.
#[derive(Debug, Clone, Default)]
pub(super) struct Again {
    /// For the same plan.
    pub(super) plan: Vec<String>,
    /// For its apply.
    pub(super) runner: Vec<String>,
}

impl Again {
    /// Those that were given as flags. What the environment says holds for the next command as it is.
    pub(super) fn of(given: &ArgMatches) -> Self {
        let flags = |ids: &[&str]| ids.iter().filter_map(|id| flag(given, id)).collect();
        Self { plan: flags(&OF_THE_PLAN), runner: flags(&OF_THE_RUNNER) }
    }
}

fn flag(given: &ArgMatches, id: &str) -> Option<String> {
    if given.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    let name = id.replace('_', "-");
    let values: Vec<String> = given
        .get_raw(id)?
        .filter(|_| id != "compare_data")
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    Some(match values.last() {
        None => format!("--{name}"),
        Some(value) => format!("--{name}={value}"),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::Cli;
    use super::*;

    /// What is in the plan, or only says how it is shown and judged.
    const NOT_NEEDED: [&str; 18] = [
        "paths",
        "out",
        "format",
        "summary",
        "details",
        "comment",
        "allow",
        "target",
        "evacuate",
        "prepare",
        "return_to",
        "drift",
        "fail_on",
        "detailed_exitcode",
        "color",
        "quiet",
        "verbose",
        "help",
    ];

    #[test]
    fn every_flag_of_plan_is_known_to_be_needed_again_or_not() {
        let mut cli = Cli::command();
        cli.build();
        let plan = cli.find_subcommand("plan").unwrap();
        for argument in plan.get_arguments() {
            let id = argument.get_id().as_str();
            assert!(OF_THE_PLAN.contains(&id) != NOT_NEEDED.contains(&id), "{id}");
            if OF_THE_PLAN.contains(&id) {
                assert_eq!(argument.get_long().map(|long| long.replace('-', "_")).as_deref(), Some(id));
            }
        }
    }

    #[test]
    fn flags_that_were_given_are_repeated() {
        let words = [
            "holdfast",
            "--cloud",
            "local:my cloud.json",
            "plan",
            "policies",
            "--as-of=2026-11-30",
            "--key",
            "k.pub",
            "--trust",
            "anchor.yaml",
            "--allow",
            "many",
        ];
        let given = Cli::command().try_get_matches_from(words).unwrap();
        let again = Again::of(given.subcommand_matches("plan").unwrap());
        assert_eq!(
            again.plan,
            ["--cloud=local:my cloud.json", "--trust=anchor.yaml", "--as-of=2026-11-30", "--key=k.pub"]
        );
        assert_eq!(again.runner, ["--trust=anchor.yaml"]);
    }
}
