//! The manual pages: there is one for each command, with the same content as `--help`.

use crate::support::Bench;

/// Every command and its subcommands, as `--help` lists them: `""`, `plan`, `journal log`.
fn commands(bench: &Bench<'_>, words: &str) -> Vec<String> {
    let help = bench.run(&format!("{words} --help")).expect(0).stdout;
    let listed = help.split("\nCommands:\n").nth(1).map_or("", |rest| rest.split("\n\n").next().unwrap());
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help");
    let below = names.flat_map(|name| commands(bench, format!("{words} {name}").trim()));
    std::iter::once(words.to_owned()).chain(below).collect()
}

/// Text as roff writes it.
fn roff(text: &str) -> String {
    text.replace('-', "\\-")
}

#[test]
fn every_command_has_a_page_with_the_name_usage_and_options_of_its_help() {
    let bench = Bench::local();
    let commands = commands(&bench, "");
    for known in ["", "plan", "apply", "journal", "journal verify", "man"] {
        assert!(commands.iter().any(|command| command == known), "{known} is not in {commands:?}");
    }
    for words in &commands {
        let help = bench.run(&format!("{words} --help")).expect(0).stdout;
        let page = bench.run(&format!("man {words}")).expect(0).stdout;
        let name = format!("holdfast {words}").trim().replace(' ', "-");
        assert!(page.contains(&format!("\n.TH {name} 1  \"holdfast ")), "{page}");
        let about = help.lines().next().unwrap().trim_end_matches('.');
        assert!(page.contains(&roff(&format!("\n.SH NAME\n{name} - {about}"))), "{about}\n{page}");
        let command = format!("holdfast {words}");
        assert!(page.contains(&format!("\n.SH SYNOPSIS\n\\fB{}\\fR ", roff(command.trim()))), "{page}");
        let flags = help.split(|c: char| c.is_whitespace() || ",[=`".contains(c));
        for flag in flags.filter(|word| word.starts_with("--") && word.len() > 2) {
            let flag = flag.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
            assert!(page.contains(&roff(flag)), "{words} {flag}\n{page}");
        }
        for part in ["\n.SH DESCRIPTION\n", "\n.SH OPTIONS\n", "\n.SH \"EXIT STATUS\"\n"] {
            assert!(page.contains(part), "{words}: {part}\n{page}");
        }
    }
}

#[test]
fn all_pages_are_written_into_a_new_folder() {
    let bench = Bench::local();
    for _ in ["new", "replaced"] {
        let wrote = bench.run("man --out share/man1").expect(0).stdout;
        assert_eq!(wrote.lines().count(), commands(&bench, "").len());
    }
    assert_eq!(bench.read("share/man1/holdfast.1"), bench.run("man").expect(0).stdout);
    assert_eq!(
        bench.read("share/man1/holdfast-journal-log.1"),
        bench.run("man journal log").expect(0).stdout
    );
}

#[test]
fn manual_page_does_not_depend_on_the_environment() {
    let bench = Bench::local();
    let mut command = bench.command(&["man", "plan"]);
    let output = command.env("HOLDFAST_CLOUD", "local:elsewhere.json").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), bench.run("man plan").expect(0).stdout);
}

#[test]
fn unknown_command_is_wrong_usage_and_suggests_the_nearest() {
    let refused = Bench::local().run("man aply").expect(64);
    assert_eq!(refused.stdout, "");
    assert!(
        refused.stderr.contains("there is no command `aply`: did you mean `apply`?"),
        "{}",
        refused.stderr
    );
}
