use super::*;

const CREATE: &str = "route53:CreateHealthCheck";

fn limits(settings: &[&str]) -> Limits {
    let settings: Vec<Setting> = settings.iter().map(|text| Setting::parse(text).unwrap()).collect();
    Limits::default().with(&settings)
}

#[test]
fn limits_are_parsed_and_override_the_defaults() {
    let limit = |settings: &[&str], name: &str| limits(settings).0.get(name).copied();
    assert_eq!(limit(&[], "route53"), Some(Rate { rate: 10.0, burst: 50.0 }));
    assert_eq!(limit(&["route53=5"], "route53"), Some(Rate { rate: 5.0, burst: 50.0 }));
    assert_eq!(limit(&["route53=5/7"], "route53"), Some(Rate { rate: 5.0, burst: 7.0 }));
    assert_eq!(limit(&["s3:CreateBucket=2"], "s3:CreateBucket"), Some(Rate { rate: 2.0, burst: 2.0 }));
    assert_eq!(limit(&["route53=none"], "route53"), None);
    assert_eq!(limits(&["none"]), Limits::none());
    // The last setting wins.
    assert_eq!(limit(&["none", "iam=1"], "iam"), Some(Rate { rate: 1.0, burst: 1.0 }));
}

#[test]
fn invalid_limits_are_refused() {
    for text in ["", "route53", "route53=", "route53=0", "route53=-1", "route53=NaN", "route53=inf"] {
        assert!(Setting::parse(text).is_err(), "{text}");
    }
    for text in ["route53=1/0", "route53=1/", "route53=1/2/3", "route53=1e9"] {
        assert!(Setting::parse(text).is_err(), "{text}");
    }
}

#[test]
fn operation_draws_on_its_own_and_its_services_limit() {
    let now = Instant::now();
    let mut buckets = Buckets::new(&limits(&["route53=10/10"]), now);
    let cost = Cost::from([(CREATE, 1), ("route53:ChangeTagsForResource", 1)]);
    for _ in 0..5 {
        assert!(buckets.short(&cost, now).is_empty());
        buckets.take(&cost, now);
    }
    let short = buckets.short(&cost, now);
    assert_eq!(short, [("route53", now + Duration::from_millis(200))], "45 more would pass the other");
    assert!(buckets.short(&cost, now + Duration::from_millis(200)).is_empty());
    assert!(buckets.short(&Cost::from([("s3:CreateBucket", 1)]), now).is_empty());
}

#[test]
fn cost_above_the_burst_waits_for_a_full_bucket_and_leaves_a_debt() {
    let now = Instant::now();
    let mut buckets = Buckets::new(&limits(&["route53=1/2"]), now);
    let cost = Cost::from([("route53:GetChange", 5)]);
    assert!(buckets.short(&cost, now).is_empty());
    buckets.take(&cost, now);
    let short = buckets.short(&Cost::from([("route53:GetChange", 1)]), now);
    assert_eq!(short, [("route53", now + Duration::from_secs(4))]);
}

/// The help of `--limit` prints these names.
#[test]
fn every_declared_rate_is_a_default_and_can_be_limited() {
    let defaults = Limits::default().to_string();
    for provider in PROVIDERS {
        let calls = provider.all_calls();
        let calls = calls.iter().filter_map(|call| Some((call.operation, call.rate?)));
        for (name, rate) in provider.rates.iter().copied().chain(calls) {
            assert!(defaults.contains(&format!("{name}={}/{}", rate.rate, rate.burst)), "{name}: {defaults}");
            assert!(limitable().contains(&name), "{name}");
        }
    }
    assert!(limitable().contains(&"s3:DeleteBucket"), "a delete is counted as what it is");
}
