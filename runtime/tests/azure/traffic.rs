//! Names that fail over by a profile of Traffic Manager, applied to the server, and read back with Microsoft's SDK.

use serde_json::{Value, json};

use super::arm::{Arm, GROUP, SUBSCRIPTION};
use crate::support::{Ran, Standin, aws_environment, root};

pub(crate) const API: &str = "2022-04-01";
/// The profile, below the resource group.
pub(crate) const PROFILE: &str = "/providers/Microsoft.Network/trafficManagerProfiles/acme-shop";

/// A shop at three sites on Azure.
pub(crate) fn shop() -> String {
    let place = format!("subscription: {SUBSCRIPTION}, resource-group: {GROUP}");
    format!(
        "kind: estate\nname: acme\nsites:\n  amsterdam: {{ azure: westeurope, {place} }}\n  dublin: {{ azure: northeurope, {place} }}\n  \
         boydton: {{ azure: eastus, {place} }}\n---\nkind: service\nname: shop\nprimary: amsterdam\nstandby: [dublin, boydton]\n\
         objectives: {{ rto: undecided }}\ntraffic:\n  web:\n    traffic-manager: acme-shop\n    \
         probe: {{ https: /healthz, every: 10s, failures: 3 }}\n    endpoints:\n      amsterdam: nl.acme.example\n      \
         dublin: ie.acme.example\n      boydton: us.acme.example\n"
    )
}

/// The same with another service, which has a profile of its own.
pub(crate) fn with_other() -> String {
    let shop = shop();
    let (estate, service) = shop.split_once("---\n").unwrap();
    format!("{estate}---\n{service}---\n{}", other(service))
}

/// Only that one.
pub(crate) fn only_other() -> String {
    let shop = shop();
    let (estate, service) = shop.split_once("---\n").unwrap();
    format!("{estate}---\n{}", other(service))
}

fn other(service: &str) -> String {
    service.replace("name: shop", "name: other").replace("acme-shop", "acme-other")
}

fn world() -> Arm {
    let arm = Arm::start();
    arm.bench.write("policies/all.yaml", &shop());
    arm
}

pub(crate) fn applied() -> Arm {
    let arm = world();
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    arm
}

/// What the SDK reads of the profile's endpoints: name, target, priority and status, by priority.
fn endpoints(seen: &Value) -> Vec<(String, String, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = seen["acme-shop"]["properties"]["endpoints"].as_array().unwrap().iter();
    let mut all: Vec<_> = all
        .map(|one| {
            let of = &one["properties"];
            let priority = of["priority"].as_u64().unwrap();
            (text(&one["name"]), text(&of["target"]), priority, text(&of["endpointStatus"]))
        })
        .collect();
    all.sort_by_key(|(_, _, priority, _)| *priority);
    all
}

fn words(ran: &Ran) -> String {
    let said = format!("{} {}", ran.stdout, ran.stderr);
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn microsofts_sdk_can_do_everything_with_traffic_manager_on_the_server() {
    let arm = Arm::start();
    arm.sdk("exercise-traffic");
    let (faults, count) = arm.mapped();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 15, "{count}");
}

#[test]
fn applied_profile_matches_what_microsofts_sdk_reads() {
    let arm = applied();
    let seen = arm.sdk("read-traffic");
    let properties = &seen["acme-shop"]["properties"];
    assert_eq!(seen["acme-shop"]["tags"]["holdfast:service"], "shop");
    assert_eq!(properties["trafficRoutingMethod"], "Priority");
    assert_eq!(properties["dnsConfig"]["fqdn"], "acme-shop.trafficmanager.net");
    let monitor = &properties["monitorConfig"];
    for (name, value) in [
        ("protocol", json!("HTTPS")),
        ("port", json!(443)),
        ("path", json!("/healthz")),
        ("intervalInSeconds", json!(10)),
        ("timeoutInSeconds", json!(9)),
        ("toleratedNumberOfFailures", json!(2)),
        ("expectedStatusCodeRanges", json!([{"min": 200, "max": 399}])),
    ] {
        assert_eq!(monitor[name], value, "{name}");
    }
    let on = |site: &str, target: &str, priority: u64| {
        (site.to_owned(), target.to_owned(), priority, "Enabled".to_owned())
    };
    let wanted = [
        on("amsterdam", "nl.acme.example", 1),
        on("dublin", "ie.acme.example", 2),
        on("boydton", "us.acme.example", 3),
    ];
    assert_eq!(endpoints(&seen), wanted);
    // All endpoints in one request: a standby is never alone in the profile.
    let writes = arm.requests().into_iter().filter(|one| one["method"] == "PUT");
    let counts: Vec<usize> =
        writes.filter_map(|one| Some(one["body"]["properties"]["endpoints"].as_array()?.len())).collect();
    assert_eq!(counts, [0, 3]);
}

#[test]
fn standbys_swap_in_one_request_and_every_request_fits_the_mappers() {
    let arm = applied();
    arm.bench.write("policies/all.yaml", &shop().replace("[dublin, boydton]", "[boydton, dublin]"));
    let before = arm.writes();
    arm.run("apply policies --yes").expect(0);
    assert_eq!(arm.writes(), before + 1);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let order: Vec<String> = endpoints(&arm.sdk("read-traffic")).into_iter().map(|one| one.0).collect();
    assert_eq!(order, ["amsterdam", "boydton", "dublin"]);
    arm.run("apply policies --yes --evacuate amsterdam").expect(0);
    assert_eq!(endpoints(&arm.sdk("read-traffic"))[0].3, "Disabled");
    arm.run("apply policies --yes --return").expect(0);
    // A connection has no path, headers or status codes.
    arm.bench.write("policies/all.yaml", &shop().replace("https: /healthz", "tcp: 443"));
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    // The name goes with its profile, and another one stays.
    arm.bench.write("policies/all.yaml", &with_other());
    arm.run("apply policies --yes").expect(0);
    arm.bench.write("policies/all.yaml", &only_other());
    arm.run("apply policies --yes --allow teardown:shop").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let seen = arm.sdk("read-traffic");
    assert_eq!(seen.as_object().unwrap().keys().collect::<Vec<_>>(), ["acme-other"]);
    let (faults, count) = arm.mapped();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count >= 6, "{count}");
}

#[test]
fn drift_of_a_profile_is_found_and_undone_and_what_is_not_managed_stays() {
    let arm = applied();
    let drift = json!({"tags": {"holdfast:estate": "acme", "holdfast:service": "shop", "holdfast:traffic": "web", "team": "web"}, "properties": {
        "trafficViewEnrollmentStatus": "Enabled",
        "monitorConfig": {
            "expectedStatusCodeRanges": [{"min": 200, "max": 599}], "customHeaders": [{"name": "Host", "value": "other"}],
        },
    }});
    arm.other("PATCH", PROFILE, API, &drift);
    let off = json!({"properties": {"endpointStatus": "Disabled", "weight": 7}});
    arm.other("PATCH", &format!("{PROFILE}/externalEndpoints/dublin"), API, &off);
    let trial = json!({"properties": {"target": "trial.acme.example", "priority": 9}});
    arm.other("PUT", &format!("{PROFILE}/externalEndpoints/trial"), API, &trial);
    let plan = words(&arm.run("plan policies --detailed-exitcode").expect(2));
    for part in [
        "200-599 → 200-399",
        "headers",
        "Disabled → Enabled",
        "the endpoint `trial` (`trial.acme.example`, priority 9), which no policy declares",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let seen = arm.sdk("read-traffic");
    let profile = &seen["acme-shop"];
    assert_eq!(profile["tags"]["team"], "web");
    assert_eq!(profile["properties"]["trafficViewEnrollmentStatus"], "Enabled");
    assert_eq!(profile["properties"]["monitorConfig"]["customHeaders"], json!([]));
    let all = profile["properties"]["endpoints"].as_array().unwrap().iter();
    let weights: Vec<u64> = all.map(|one| one["properties"]["weight"].as_u64().unwrap()).collect();
    assert!(weights.contains(&7), "{weights:?}");
    assert_eq!(endpoints(&seen).len(), 4, "what no policy declares stays");
}

#[test]
fn somebody_who_writes_at_the_same_time_is_found() {
    let arm = applied();
    arm.bench.write("policies/all.yaml", &shop().replace("ie.acme.example", "ie2.acme.example"));
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}{PROFILE}/externalEndpoints/dublin?api-version={API}"
    );
    let other =
        json!({"method": "PATCH", "path": path, "body": {"properties": {"target": "evil.acme.example"}}});
    arm.faults(&json!([{"line": "PUT .*/trafficManagerProfiles/acme-shop", "do": "meddle", "times": 1, "with": other}]));
    let failed = words(&arm.run("apply policies --yes").expect(1));
    assert!(failed.contains("its `target` is not what was just written"), "{failed}");
}

/// Both write the whole profile.
#[test]
fn endpoint_that_goes_and_its_profile_that_changes_do_not_undo_each_other() {
    let arm = applied();
    let less =
        shop().replace("[dublin, boydton]", "[dublin]").replace("      boydton: us.acme.example\n", "");
    arm.bench.write("policies/all.yaml", &less.replace("every: 10s", "every: 30s"));
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let seen = arm.sdk("read-traffic");
    let names: Vec<String> = endpoints(&seen).into_iter().map(|one| one.0).collect();
    assert_eq!(names, ["amsterdam", "dublin"]);
    assert_eq!(seen["acme-shop"]["properties"]["monitorConfig"]["intervalInSeconds"], 30);
}

#[test]
fn endpoint_that_somebody_puts_back_is_not_told_as_removed() {
    let arm = applied();
    let less =
        shop().replace("[dublin, boydton]", "[dublin]").replace("      boydton: us.acme.example\n", "");
    arm.bench.write("policies/all.yaml", &less);
    let path = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}{PROFILE}/externalEndpoints/boydton?api-version={API}"
    );
    let back = json!({"target": "us.acme.example", "priority": 3});
    let other = json!({"method": "PUT", "path": path, "body": {"properties": back}});
    arm.faults(&json!([{"line": "PUT .*/trafficManagerProfiles/acme-shop", "do": "meddle", "times": 1, "with": other}]));
    let failed = words(&arm.run("apply policies --yes").expect(1));
    assert!(failed.contains("`boydton` is still there after it was taken away"), "{failed}");
}

#[test]
fn profile_is_looked_at_anew_before_each_attempt_to_write_it() {
    for (does, is_repeated) in [("lose", false), ("refuse", true), ("throttle", true)] {
        let arm = world();
        let line = "PUT .*/trafficManagerProfiles/acme-shop";
        arm.faults(&json!([{"line": line, "do": does, "each": true, "times": 1}]));
        arm.run("apply policies --yes").expect(0);
        arm.faults(&json!([]));
        arm.run("plan policies --detailed-exitcode").expect(0);
        assert_eq!(endpoints(&arm.sdk("read-traffic")).len(), 3, "{does}");
        let all = arm.requests();
        let is_profile = |one: &&Value| one["path"].as_str().unwrap().contains("/trafficManagerProfiles/");
        let methods: Vec<&str> =
            all.iter().filter(is_profile).map(|one| one["method"].as_str().unwrap()).collect();
        let writes = methods.iter().filter(|method| **method == "PUT").count();
        // The profile and its endpoints, once each or twice each. What a lost answer did is found, and not done again.
        assert_eq!(writes, if is_repeated { 4 } else { 2 }, "{does}: {methods:?}");
        assert!(!methods.windows(2).any(|two| two == ["PUT", "PUT"]), "{does}: {methods:?}");
    }
}

/// Azure reads names without regard to case, and answers with the spelling that they were made with.
#[test]
fn names_of_another_spelling_are_those_of_the_policy() {
    let arm = applied();
    let endpoint = |name: &str| format!("{PROFILE}/externalEndpoints/{name}");
    arm.other("DELETE", &endpoint("dublin"), API, &Value::Null);
    let theirs = json!({"properties": {"target": "other.acme.example", "priority": 2}});
    arm.other("PUT", &endpoint("Dublin"), API, &theirs);
    let plan = words(&arm.run("plan policies --detailed-exitcode").expect(2));
    assert!(!plan.contains("which no policy declares"), "{plan}");
    arm.run("apply policies --yes").expect(0);
    arm.run("plan policies --detailed-exitcode").expect(0);
    let targets: Vec<String> = endpoints(&arm.sdk("read-traffic")).into_iter().map(|one| one.1).collect();
    assert_eq!(targets, ["nl.acme.example", "ie.acme.example", "us.acme.example"]);
    let mut answer = arm.other("GET", PROFILE, API, &Value::Null);
    answer["name"] = json!("Acme-Shop");
    answer["properties"]["dnsConfig"]["relativeName"] = json!("Acme-Shop");
    let line = "GET .*/trafficManagerProfiles/acme-shop\\?";
    arm.faults(&json!([{"line": line, "do": "answer", "with": {"body": answer.to_string()}}]));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn profile_in_another_group_is_moved_by_a_person() {
    let arm = applied();
    let other = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/acme-eu");
    arm.group("acme-eu");
    // One site is there, whose group is the first by its name.
    arm.bench.write("policies/all.yaml", &shop().replacen(GROUP, "acme-eu", 1));
    let refused = arm.run("plan policies").expect(3);
    let said = words(&refused);
    assert!(refused.stderr.contains("E0606"), "{said}");
    assert!(
        said.contains("az resource move --ids") && said.contains("--destination-group acme-eu"),
        "{said}"
    );
    let id = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}{PROFILE}");
    arm.other("POST", "/moveResources", API, &json!({"resources": [id], "targetResourceGroup": other}));
    arm.run("plan policies --detailed-exitcode").expect(0);
}

#[test]
fn profile_of_somebody_else_is_not_taken() {
    let arm = world();
    arm.group("theirs");
    let theirs = json!({"location": "global", "properties": {
        "trafficRoutingMethod": "Priority", "dnsConfig": {"relativeName": "acme-shop", "ttl": 60},
        "monitorConfig": {"protocol": "HTTP", "port": 80, "path": "/"},
    }});
    arm.other("PUT", PROFILE, API, &theirs);
    let ids = [format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}{PROFILE}")];
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/theirs");
    arm.other("POST", "/moveResources", API, &json!({"resources": ids, "targetResourceGroup": group}));
    let failed = words(&arm.run("apply policies --yes").expect(1));
    assert!(failed.contains("unique in all of Azure"), "{failed}");
}

/// The estate of the story `mixed-clouds`, applied to the stand-in of AWS and to the server at once.
#[test]
fn estate_on_two_clouds_is_applied_and_read_back_by_both_sdks() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let arm = Arm::start();
    for name in ["estate", "payments", "archive", "shop"] {
        let path = root().join(format!("fixtures/scenarios/mixed-clouds/{name}.yaml"));
        arm.bench.write(&format!("policies/{name}.yaml"), &std::fs::read_to_string(path).unwrap());
    }
    let run = |words: &str| -> Ran {
        let mut command = arm.command(&words.split(' ').collect::<Vec<_>>());
        aws_environment(&mut command, standin.url());
        // Without a choice, the clouds are those of the policies.
        command.env_remove("HOLDFAST_CLOUD").output().unwrap().into()
    };
    run("apply policies --yes").expect(0);
    run("plan policies --detailed-exitcode").expect(0);
    // Each cloud's own tool reads its part.
    let seen = arm.sdk("read-traffic");
    let targets: Vec<String> = endpoints(&seen).into_iter().map(|one| one.1).collect();
    assert_eq!(
        targets,
        [
            "shop.us-east-1.elb.amazonaws.com",
            "shop-nl.westeurope.cloudapp.azure.com",
            "shop-ie.northeurope.cloudapp.azure.com"
        ]
    );
    assert_eq!(arm.sdk("read").as_object().unwrap().len(), 2);
    let buckets = standin.aws("s3api list-buckets");
    let names: Vec<&str> =
        buckets["Buckets"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acme-ledger", "acme-ledger-eu-west-1"]);
    let checks = standin.aws("route53 list-health-checks");
    assert_eq!(checks["HealthChecks"].as_array().unwrap().len(), 4);
    let (faults, _) = arm.mapped();
    assert!(faults.is_empty(), "{faults:#?}");
}
