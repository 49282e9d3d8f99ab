//! For which copies on Azure a time is promised: within one continent, and for one destination of a storage account.

use holdfast_compiler::compile::{Options, compile};
use holdfast_compiler::source::Sources;

/// The findings of a service whose data is in Amsterdam.
fn findings(data: &str) -> Vec<(String, String)> {
    let site = |name: &str, region: &str| {
        let place = "subscription: 11111111-2222-3333-4444-555555555555, resource-group: acme";
        format!("  {name}: {{ azure: {region}, {place} }}\n")
    };
    let sites = [
        site("amsterdam", "westeurope"),
        site("dublin", "northeurope"),
        site("london", "uksouth"),
        site("boydton", "eastus"),
    ]
    .concat();
    let policy = format!(
        "kind: estate\nname: acme\nsites:\n{sites}---\nkind: service\nname: files\nprimary: amsterdam\n\
         objectives: {{ rto: undecided }}\ndata:\n{data}"
    );
    let mut sources = Sources::default();
    sources.add("acme.yaml", policy);
    let found = match compile(&sources, Options::default()) {
        Err(findings) => findings,
        Ok(compiled) => compiled.warnings,
    };
    found.into_iter().map(|finding| (finding.code.to_string(), finding.message)).collect()
}

fn set(name: &str, account: &str, to: &str) -> String {
    format!(
        "  {name}:\n    container: {{ account: {account}, name: {name} }}\n    backups: [{{ strategy: real-time, to: [{to}] }}]\n"
    )
}

/// The data sets without a limit of what they can lose.
fn unlimited(data: &str) -> Vec<String> {
    let all = findings(data);
    // W0804: the policy leaves the RTO undecided.
    assert!(all.iter().all(|(code, _)| ["E0801", "W0804"].contains(&code.as_str())), "{all:?}");
    let missed = all.iter().filter(|(code, _)| code == "E0801");
    missed.filter_map(|(_, message)| message.split('`').nth(1).map(str::to_owned)).collect()
}

#[test]
fn copy_in_the_same_continent_has_the_promise() {
    assert_eq!(unlimited(&set("docs", "acmedocs", "dublin")), Vec::<String>::new());
    // Whatever stands before it.
    assert_eq!(unlimited(&set("docs", "acmedocs", "boydton, dublin")), Vec::<String>::new());
}

#[test]
fn copy_to_another_continent_has_none() {
    assert_eq!(unlimited(&set("docs", "acmedocs", "boydton")), ["docs"]);
}

#[test]
fn second_destination_of_an_account_has_none() {
    let (one, other) = (set("docs", "acmedocs", "dublin"), set("scans", "acmedocs", "london"));
    assert_eq!(unlimited(&format!("{one}{other}")), ["scans"]);
    // To the same destination, or from another account, it has.
    let (beside, apart) = (set("scans", "acmedocs", "dublin"), set("scans", "acmescans", "london"));
    assert_eq!(unlimited(&format!("{one}{beside}")), Vec::<String>::new());
    assert_eq!(unlimited(&format!("{one}{apart}")), Vec::<String>::new());
}
