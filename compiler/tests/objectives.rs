//! Properties of derived objectives for any policy: a faster step never makes a recovery slower, nobody does
//! two steps at a time, and a sum equals the sum of its terms and has their lowest assurance.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_compiler::compile::{Compiled, Options, compile};
use holdfast_compiler::document::Disruption;
use holdfast_compiler::objectives::{Bound, Derivation, Deriver, Facts};
use holdfast_compiler::source::Sources;
use holdfast_compiler::units::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const ESTATE: &str = "kind: estate
name: acme
sites: { one: { aws: us-east-1 }, two: { aws: us-west-2 }, three: { aws: eu-west-1 } }
defaults: { objectives: { rto: 9999d, rpo: 9999d } }
";

/// A policy as numbers.
#[derive(Debug, Clone)]
struct Case {
    ttl: u64,
    fast: bool,
    failures: u64,
    keep_alive: u64,
    /// Who does it (nobody, or one of three), how long it takes, which earlier steps it waits for.
    steps: Vec<(Option<usize>, u64, Vec<usize>)>,
    answers: [u64; 3],
    copies: usize,
    daily: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let step = (proptest::option::of(0..3_usize), 1..7_200_u64, proptest::collection::vec(0..8_usize, 0..3));
    (
        (0..900_u64, any::<bool>(), 1..=10_u64, 0..7_200_u64),
        proptest::collection::vec(step, 0..8),
        [0..3_600_u64, 0..3_600, 0..3_600],
        (1..=2_usize, any::<bool>()),
    )
        .prop_map(|((ttl, fast, failures, keep_alive), mut steps, answers, (copies, daily))| {
            for (nth, (_, _, after)) in steps.iter_mut().enumerate() {
                after.retain(|earlier| *earlier < nth);
            }
            Case { ttl, fast, failures, keep_alive, steps, answers, copies, daily }
        })
}

impl Case {
    fn text(&self) -> [String; 3] {
        let mut service = format!(
            "kind: service
name: pay
primary: one
standby: [two]
assumptions:
  keep-alive: {{ value: {}s, because: generated }}
  backup-copy: {{ value: 2h, because: generated }}
  noticed: {{ value: 5d, because: generated }}
recovery-from:
  account-compromise:
    - {{ step: declare, does: declare, by: p0, takes: 1m }}
    - {{ step: back, does: restore data.d, takes: 1h, after: [declare] }}
data:
  d:
    bucket: acme-d
    backups:
      - {{ strategy: real-time, to: [{}] }}
",
            self.keep_alive,
            ["two", "two, three"][self.copies - 1],
        );
        if self.daily {
            service.push_str(
                "      - { strategy: daily, at: 03:00, keep: 35d, to: [three], lock: compliance }\n",
            );
        }
        let every = if self.fast { 10 } else { 30 };
        let _ = write!(
            service,
            "traffic:
  t:
    zone: a.example
    record: t.a.example
    ttl: {}s
    probe: {{ https: /, every: {every}s, failures: {} }}
    endpoints: {{ one: 192.0.2.1, two: 192.0.2.2 }}
",
            self.ttl, self.failures
        );
        if !self.steps.is_empty() {
            service.push_str("recovery:\n");
        }
        for (nth, (by, takes, after)) in self.steps.iter().enumerate() {
            let by = by.map(|person| format!(", by: p{person}")).unwrap_or_default();
            let after: Vec<String> = after.iter().map(|earlier| format!("s{earlier}")).collect();
            let _ = writeln!(
                service,
                "  - {{ step: s{nth}, takes: {takes}s{by}, after: [{}] }}",
                after.join(", ")
            );
        }
        let mut plan = "kind: continuity\nname: plan\ncontacts:\n".to_owned();
        for (nth, answers) in self.answers.iter().enumerate() {
            let _ = writeln!(
                plan,
                "  p{nth}: {{ name: P, reach: [{{ phone: '1' }}], answers-within: {answers}s }}"
            );
        }
        // Somebody else decides at once.
        plan.push_str("  chief: { name: P, reach: [{ phone: '1' }], answers-within: 1m }\nlevels:\n");
        for level in 1..=5 {
            let all = "[site-loss, corruption, account-compromise, key-loss]";
            let which = if level == 1 { format!(", disruptions: {all}") } else { String::new() };
            let _ = writeln!(
                plan,
                "  - {{ level: {level}, name: l{level}, means: x, declared-by: chief, within: 0s{which} }}"
            );
        }
        [ESTATE.to_owned(), service, plan]
    }

    fn compiled(&self, order: [usize; 3]) -> Compiled {
        let text = self.text();
        let mut sources = Sources::default();
        for nth in order {
            sources.add(format!("{nth}.yaml"), text[nth].as_str());
        }
        compile(&sources, Options::default())
            .unwrap_or_else(|findings| panic!("{findings:?}\n{}", text.join("---\n")))
    }

    fn derived(&self) -> BTreeMap<Disruption, Derivation> {
        derived(&self.compiled([0, 1, 2]))
    }

    fn rto(&self) -> Duration {
        self.derived()[&Disruption::SiteLoss].rto.value().unwrap()
    }
}

fn derived(compiled: &Compiled) -> BTreeMap<Disruption, Derivation> {
    let all = Deriver::new(&compiled.policy, None).all(Facts::wanted);
    all.into_values().flatten().map(|one| (one.disruption, one)).collect()
}

/// The same cases in every run, so that failures are reproducible.
fn check(property: impl Fn(Case) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, seed).run(&case(), property).unwrap();
}

#[test]
fn faster_step_never_slows_a_recovery() {
    check(|case| {
        let rto = case.rto();
        let mut faster: Vec<Case> = vec![
            Case { ttl: case.ttl / 2, ..case.clone() },
            Case { fast: true, ..case.clone() },
            Case { failures: case.failures.div_ceil(2), ..case.clone() },
            Case { keep_alive: case.keep_alive / 2, ..case.clone() },
        ];
        for nth in 0..case.steps.len() {
            let mut shorter = case.clone();
            shorter.steps[nth].1 /= 2;
            faster.push(shorter);
        }
        for person in 0..3 {
            let mut sooner = case.clone();
            sooner.answers[person] /= 2;
            faster.push(sooner);
        }
        for other in faster {
            prop_assert!(other.rto() <= rto, "{:?} became {:?}", rto, other);
        }
        Ok(())
    });
}

#[test]
fn recovery_is_no_faster_than_its_sequential_steps() {
    check(|case| {
        let rto = case.rto().as_seconds();
        let detect = case.failures * (if case.fast { 10 } else { 30 } + 6);
        prop_assert!(rto >= detect + 60 + case.ttl + case.keep_alive, "the way of the traffic");
        for person in 0..3 {
            let own = case.steps.iter().filter(|(by, ..)| *by == Some(person));
            let work: u64 = own.clone().map(|(_, takes, _)| takes).sum();
            if own.count() > 0 {
                prop_assert!(
                    rto >= detect + case.answers[person] + work,
                    "p{person} does one thing at a time"
                );
            }
        }
        for (_, takes, after) in &case.steps {
            for earlier in after {
                prop_assert!(rto >= detect + takes + case.steps[*earlier].1, "one after the other");
            }
        }
        Ok(())
    });
}

#[test]
fn additional_copy_never_increases_data_loss() {
    check(|case| {
        let of = |case: &Case| -> BTreeMap<Disruption, (bool, Duration)> {
            case.derived().into_iter().map(|(d, one)| (d, one.worst_rpo().unwrap().1.rank())).collect()
        };
        let before = of(&case);
        for more in [Case { copies: 2, ..case.clone() }, Case { daily: true, ..case.clone() }] {
            for (disruption, rank) in of(&more) {
                prop_assert!(rank <= before[&disruption], "{disruption:?}");
            }
        }
        // A real-time copy never protects against an attacker who controls the account.
        prop_assert_eq!(before[&Disruption::AccountCompromise].0, !case.daily);
        Ok(())
    });
}

#[test]
fn sum_has_the_lowest_assurance_of_its_terms() {
    let sound = |bound: &Bound| {
        let sum: u64 = bound.terms.iter().filter_map(|term| term.value).map(Duration::as_seconds).sum();
        let least = bound.terms.iter().map(|term| term.assurance).min();
        bound.at_least().as_seconds() == sum
            && bound.value().is_none() == bound.terms.iter().any(|term| term.value.is_none())
            && Some(bound.assurance()) == least
    };
    check(|case| {
        for one in case.derived().values() {
            prop_assert!(sound(&one.rto) && one.rpo.values().all(sound), "{:?}", one.disruption);
            for term in one.rto.terms.iter().chain(one.rpo.values().flat_map(|bound| &bound.terms)) {
                prop_assert!(!term.source.is_empty() && !term.what.is_empty());
            }
        }
        Ok(())
    });
}

#[test]
fn order_of_documents_does_not_change_the_objectives() {
    let bare = |compiled: &Compiled| {
        let mut all = derived(compiled);
        for one in all.values_mut() {
            let bounds = std::iter::once(&mut one.rto).chain(one.rpo.values_mut());
            bounds.flat_map(|bound| &mut bound.terms).for_each(|term| term.span = None);
            one.asked = Default::default();
        }
        all
    };
    check(|case| {
        let one = bare(&case.compiled([0, 1, 2]));
        prop_assert_eq!(&one, &bare(&case.compiled([2, 1, 0])));
        prop_assert_eq!(&one, &bare(&case.compiled([1, 2, 0])));
        Ok(())
    });
}
