//! Resolvers that answer from a script, and a clock that only moves when everybody waits.

use std::sync::Mutex;

use async_trait::async_trait;
use holdfast_compiler::policy::RecordType;

use super::*;
use crate::drill::outside::Endpoint;

const HOME: &str = "198.51.100.10";
const AWAY: &str = "192.0.2.10";

/// What a resolver answers from a second on, values separated by commas; nothing is silence.
struct Script {
    began: Instant,
    answers: Vec<(u64, Option<&'static str>)>,
    asked: Mutex<u64>,
}

#[async_trait]
impl Ask for Script {
    async fn ask(&self, record: &str, _: RecordType) -> Result<Vec<String>, String> {
        *self.asked.lock().unwrap() += 1;
        if record.starts_with("lb-") {
            return Ok(vec![if record == "lb-oregon.example" { HOME } else { AWAY }.to_owned()]);
        }
        let second = self.began.elapsed().as_secs();
        let (_, said) = self.answers.iter().rev().find(|(from, _)| *from <= second).unwrap();
        match said {
            Some("") => Ok(Vec::new()),
            Some(said) => Ok(said.split(", ").map(str::to_owned).collect()),
            None => Err("no answer within 6 s".to_owned()),
        }
    }
}

fn watch_of(value: [&str; 2], is_alias: bool, scripts: &[&[(u64, Option<&'static str>)]]) -> Watch {
    let endpoint =
        |site: &str, value: &str| Endpoint { site: site.to_owned(), value: value.to_owned(), is_alias };
    let place = Place {
        service: "pay".to_owned(),
        record: "api.acme.example".to_owned(),
        kind: RecordType::A,
        home: "oregon".to_owned(),
        away: "virginia".to_owned(),
        ttl: 60,
        endpoints: vec![endpoint("oregon", value[0]), endpoint("virginia", value[1])],
    };
    let began = Instant::now();
    let resolver = |(nth, answers): (usize, &&[(u64, Option<&'static str>)])| {
        let script = Script { began, answers: answers.to_vec(), asked: Mutex::default() };
        (format!("r{nth}:53"), Arc::new(script) as Arc<dyn Ask>)
    };
    Watch::new(vec![place], scripts.iter().enumerate().map(resolver).collect())
}

fn watch(scripts: &[&[(u64, Option<&'static str>)]]) -> Watch {
    watch_of([HOME, AWAY], false, scripts)
}

#[tokio::test(start_paused = true)]
async fn rto_ends_when_the_last_resolver_answers_with_the_standby() {
    let mut watch = watch(&[&[(0, Some(HOME)), (10, Some(AWAY))], &[(0, Some(HOME)), (47, Some(AWAY))]]);
    watch.during(tokio::time::sleep(Duration::from_secs(5))).await;
    watch.order();
    assert_eq!(watch.astray(Way::Home), []);
    watch.settle(Way::Away).await;
    let rto = watch.rto("pay").unwrap();
    assert!((42..=44).contains(&rto), "from second 5 to second 47, asked every two seconds: {rto}");
    let asked = watch.asked();
    assert_eq!(asked[1].heard.len(), 2, "only what changes is kept: {asked:?}");
    assert!(asked[1].heard[0].after < 0 && asked[1].heard[0].site.as_deref() == Some("oregon"));
    assert_eq!(asked[1].heard[1].after.cast_unsigned().div_ceil(1000), rto);
    assert_eq!(watch.rto("web").unwrap_err(), "no resolver was asked for it");
}

#[tokio::test(start_paused = true)]
async fn resolver_that_goes_back_counts_from_when_it_stays() {
    let mut watch = watch(&[&[(0, Some(AWAY)), (20, Some(HOME)), (30, Some(AWAY))]]);
    watch.order();
    watch.settle(Way::Away).await;
    assert_eq!(watch.rto("pay"), Ok(0));
    watch.during(tokio::time::sleep(Duration::from_secs(60))).await;
    assert!((30..=32).contains(&watch.rto("pay").unwrap()), "{:?}", watch.rto("pay"));
    assert_eq!(watch.asked()[0].heard.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn resolver_that_keeps_the_old_answer_is_awaited_for_the_ttl_and_a_minute_and_named() {
    let mut watch = watch(&[&[(0, Some(AWAY))], &[(0, Some(HOME))]]);
    watch.order();
    let began = Instant::now();
    watch.settle(Way::Away).await;
    assert!((120..=122).contains(&began.elapsed().as_secs()));
    let said = "`r1:53` answers `api.acme.example` with 198.51.100.10 (oregon), and not with virginia";
    assert_eq!(watch.rto("pay").unwrap_err(), said);
    assert_eq!(watch.astray(Way::Home).len(), 1, "the other resolver is not at home");
}

#[tokio::test(start_paused = true)]
async fn silence_is_unknown_at_the_end_and_no_change_in_between() {
    let mut between = watch(&[&[(0, Some(AWAY)), (10, None), (14, Some(AWAY))]]);
    between.order();
    between.during(tokio::time::sleep(Duration::from_secs(20))).await;
    assert_eq!(between.rto("pay"), Ok(0));
    assert_eq!(between.stayed("pay"), "as every answer until the return did; 2 questions had none");
    // Silence before the standby answers is a part of the time that is measured.
    let mut before = watch(&[&[(0, Some(HOME)), (4, None), (8, Some(AWAY))]]);
    before.order();
    before.during(tokio::time::sleep(Duration::from_secs(20))).await;
    assert_eq!(before.stayed("pay"), "as it did until the return");
    assert_eq!(before.asked()[0].silent, 2);
    assert!(between.silences()[0].starts_with("r0:53 gave no answer for api.acme.example to 2 of "));
    let mut end = watch(&[&[(0, Some(AWAY)), (10, None)]]);
    end.order();
    end.during(tokio::time::sleep(Duration::from_secs(20))).await;
    assert!(end.rto("pay").unwrap_err().contains("with nothing: no answer within 6 s"));
    let mut gone = watch(&[&[(0, Some(""))]]);
    gone.look().await;
    assert!(gone.astray(Way::Home)[0].1.contains("that there is no such record"));
    let mut foreign = watch(&[&[(0, Some("203.0.113.9"))]]);
    foreign.look().await;
    assert!(foreign.astray(Way::Home)[0].1.contains("203.0.113.9, which is no endpoint of the policies"));
}

#[tokio::test(start_paused = true)]
async fn answer_with_more_than_the_endpoint_of_the_standby_is_not_that_of_the_standby() {
    let mut more = watch(&[&[(0, Some("192.0.2.10, 203.0.113.9"))]]);
    more.order();
    more.look().await;
    assert!(more.rto("pay").unwrap_err().contains("with 192.0.2.10, 203.0.113.9, "), "{:?}", more.rto("pay"));
    // Of the addresses of an alias's target an answer can hold some that another does not.
    let target = ["lb-oregon.example", "lb-virginia.example"];
    let mut alias = watch_of(target, true, &[&[(0, Some("192.0.2.10, 203.0.113.9"))]]);
    alias.order();
    alias.look().await;
    assert_eq!(alias.rto("pay"), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn answer_of_an_alias_is_compared_with_that_of_its_target() {
    let mut watch = watch_of(["lb-oregon.example", "lb-virginia.example"], true, &[&[(0, Some(AWAY))]]);
    watch.look().await;
    assert_eq!(watch.astray(Way::Away), []);
    assert!(watch.astray(Way::Home)[0].1.contains("192.0.2.10 (virginia), and not with oregon"));
}

#[tokio::test(start_paused = true)]
async fn answers_that_change_all_the_time_are_counted_and_not_kept() {
    let script: Vec<(u64, Option<&'static str>)> =
        (0..400).map(|second| (second, Some(if second % 4 < 2 { HOME } else { AWAY }))).collect();
    let mut watch = watch(&[&script]);
    watch.during(tokio::time::sleep(Duration::from_secs(400))).await;
    let asked = watch.asked();
    assert_eq!(asked[0].heard.len(), MOST_HEARD);
    assert!(asked[0].more > 0 && asked[0].heard.len() as u64 + asked[0].more <= asked[0].times, "{asked:?}");
}
