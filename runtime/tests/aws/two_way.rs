//! A site is evacuated, its standby is written to, and users return: nothing is lost. The stand-in copies new objects by the rules it has.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Bench, Standin};

const POLICY: &str = "
kind: estate
name: acme
sites: { virginia: { aws: us-east-1 }, oregon: { aws: us-west-2 } }
defaults: { assumptions: { keep-alive: { value: 5m, because: the load balancers keep connections for 300 s } } }
---
kind: service
name: pay
primary: virginia
standby: [oregon]
data:
  ledger:
    bucket: acme-two-way
    two-way: true
    backups: [{ strategy: real-time, to: [oregon] }]
traffic:
  api:
    zone: acme.example
    record: api.acme.example
    ttl: 60s
    probe: { https: /healthz, every: 10s, failures: 3 }
    endpoints: { virginia: 192.0.2.10, oregon: 198.51.100.10 }
";

const HOME: &str = "acme-two-way";
const STANDBY: &str = "acme-two-way-us-west-2";

fn keys(standin: &Standin, bucket: &str, region: &str) -> BTreeSet<String> {
    let list = standin.aws(&format!("s3api list-objects-v2 --bucket {bucket} --region {region}"));
    let objects = list["Contents"].as_array().cloned().unwrap_or_default();
    objects.iter().map(|object| object["Key"].as_str().unwrap().to_owned()).collect()
}

fn destinations(standin: &Standin, bucket: &str, region: &str) -> Vec<Value> {
    let found = standin.aws(&format!("s3api get-bucket-replication --bucket {bucket} --region {region}"));
    let rules = found["ReplicationConfiguration"]["Rules"].as_array().unwrap().clone();
    rules.into_iter().map(|rule| rule["Destination"]["Bucket"].clone()).collect()
}

#[test]
fn what_is_written_at_the_standby_during_an_evacuation_is_at_home_after_the_return() {
    let standin = Standin::start();
    standin.reset();
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    for nth in 0..100 {
        bench.write(&format!("standby/{nth:03}"), &format!("written at the standby, {nth}"));
    }
    bench.write("before", "written at home before");
    let file = |name: &str| bench.folder.path().join(name).display().to_string();
    standin.try_aws(&["s3", "cp", "--only-show-errors", &file("before"), &format!("s3://{HOME}/before")]);
    bench.run("apply policies --yes --evacuate virginia").expect(0);
    let put = ["s3", "cp", "--only-show-errors", "--recursive", "--region", "us-west-2"];
    let to = format!("s3://{STANDBY}/");
    let (code, _, err) = standin.try_aws(&[put.as_slice(), &[&file("standby"), &to]].concat());
    assert_eq!(code, 0, "{err}");

    // Nobody goes home unasked, and nothing is claimed that was not measured: the stand-in has no figures.
    let refused = bench.run("apply policies --yes --return").expect(4).stderr;
    assert!(refused.contains("E0764"), "{refused}");
    assert!(refused.contains("nothing is measured of the rule that copies it back"), "{refused}");
    bench.run("apply policies --yes --return --allow return:pay.ledger").expect(0);

    let expected: BTreeSet<String> =
        (0..100).map(|nth| format!("{nth:03}")).chain(["before".to_owned()]).collect();
    assert_eq!(keys(&standin, HOME, "us-east-1"), expected);
    assert_eq!(keys(&standin, STANDBY, "us-west-2"), expected);
    assert_eq!(bench.pending(), []);
    assert_eq!(destinations(&standin, HOME, "us-east-1"), [format!("arn:aws:s3:::{STANDBY}")]);
    assert_eq!(destinations(&standin, STANDBY, "us-west-2"), [format!("arn:aws:s3:::{HOME}")]);
    // What is written at home is copied on, and nothing goes in a circle: one version of each.
    let versions = standin.aws(&format!("s3api list-object-versions --bucket {HOME} --region us-east-1"));
    assert_eq!(versions["Versions"].as_array().unwrap().len(), expected.len());
}

/// Without rules that were made beforehand: they are made while users stay at the standby, and go after the return.
#[test]
fn data_comes_home_before_users_do_where_nothing_was_prepared() {
    let standin = Standin::start();
    standin.zone("acme.example");
    let bench = Bench::aws(&standin);
    let one_way = POLICY.replace("    two-way: true\n", "");
    bench.write("policies/all.yaml", &one_way);
    bench.run("apply policies --yes").expect(0);
    bench.run("apply policies --yes --evacuate virginia").expect(0);
    let put = |key: &str| {
        bench.write(key, &format!("{key}, written at the standby"));
        let file = bench.folder.path().join(key).display().to_string();
        let to = format!("s3://{STANDBY}/{key}");
        let words = ["s3", "cp", "--only-show-errors", "--region", "us-west-2", &file, &to];
        assert_eq!(standin.try_aws(&words).0, 0);
    };
    put("early");
    let refused = bench.run("apply policies --yes --return").expect(4).stderr;
    assert!(refused.contains("E0764") && refused.contains("--prepare-return"), "{refused}");

    let prepared = bench.run("apply policies --yes --prepare-return").expect(0).stdout;
    assert!(prepared.contains("Prepares the return to virginia: what is there is read"), "{prepared}");
    bench.write("policies/all.yaml", POLICY);
    bench.run("apply policies --yes").expect(0);
    assert_eq!(destinations(&standin, STANDBY, "us-west-2"), [format!("arn:aws:s3:::{HOME}")]);
    // S3 takes minutes to see a new rule, so what is older is copied by a job that the next apply begins.
    bench.run("apply policies --yes").expect(0);
    let refused = bench.run("apply policies --yes --return --allow return:pay.ledger").expect(4).stderr;
    assert!(refused.contains("E0764") && refused.contains("the job `"), "{refused}");
    put("late");
    let set = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys(&standin, HOME, "us-east-1"), set(&["late"]), "the rule copies what is newer than it");
    assert_eq!(primary(&standin), "oregon", "users stay at the standby");
    let compared = bench.run("plan policies --return --compare-data").expect(0).stderr;
    assert!(compared.contains("early") && !compared.contains("late"), "{compared}");
    // The job of the stand-in copies nothing, but it ends after some looks.
    put("early");
    assert_eq!(keys(&standin, HOME, "us-east-1"), set(&["early", "late"]));
    let says = |ran: &str| ran.split_whitespace().collect::<Vec<_>>().join(" ");
    let looks = (0..5).map(|_| says(&bench.run("plan policies").expect(0).stderr)).collect::<Vec<_>>();
    let last = looks.last().unwrap();
    assert!(
        last.contains("what was written there before the rule: the job `") && last.contains("` has copied 2"),
        "{last}"
    );
    assert_eq!(bench.pending(), [], "the job is not begun again");
    bench.run("apply policies --yes --return --allow return:pay.ledger").expect(0);
    assert_eq!(primary(&standin), "virginia");
    assert_eq!(destinations(&standin, STANDBY, "us-west-2").len(), 1, "the rule outlives the return");
    bench.write("policies/all.yaml", &one_way);
    bench.run("apply policies --yes").expect(0);
    let gone = ["s3api", "get-bucket-replication", "--bucket", STANDBY, "--region", "us-west-2"];
    assert!(standin.try_aws(&gone).2.contains("ReplicationConfigurationNotFound"));
    assert_eq!(bench.pending(), []);
}

/// The site that answers first.
fn primary(standin: &Standin) -> String {
    let zone = standin.aws("route53 list-hosted-zones")["HostedZones"][0]["Id"].as_str().unwrap().to_owned();
    let records = standin.aws(&format!("route53 list-resource-record-sets --hosted-zone-id {zone}"));
    let all = records["ResourceRecordSets"].as_array().unwrap();
    let first = all.iter().find(|record| record["Failover"] == "PRIMARY").unwrap();
    first["SetIdentifier"].as_str().unwrap().to_owned()
}
