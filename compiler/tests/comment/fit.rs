//! A comment fits whatever is in the plan, and says what it leaves out.

use holdfast_compiler::diagnostic::Style;
use holdfast_compiler::plan::{
    Action, Around, Extent, Left, Plan, StepId, Unknown, Waiting, comment, summary,
};
use holdfast_compiler::resource::Identity;

use crate::plans;

/// GitHub's limit, in whichever way it counts.
const LIMIT: usize = 65_536;

fn around() -> Around {
    Around {
        name: "plan".to_owned(),
        digest: "00ff".repeat(16),
        file: Some("change.plan".to_owned()),
        ..Around::default()
    }
}

fn drawn(plan: &Plan) -> String {
    comment(plan, &around(), Extent::Comment)
}

/// Bytes, with line breaks as the two characters that a form sends.
fn length(text: &str) -> usize {
    text.replace('\n', "\r\n").len()
}

#[test]
fn every_size_of_plan_fits_and_says_what_is_cut() {
    let (one, mut whole) = (plans::new(), 0);
    let each = one.pending().count();
    for changes in [1, 10, 100, 1_000, 5_000] {
        let mut plan = plans::times(one.clone(), changes / each + 1);
        plan.steps.retain(|step| step.action == Action::Create);
        plan.steps.truncate(changes);
        let text = drawn(&plan);
        let total = plan.pending().count();
        assert!(length(&text) <= LIMIT, "{changes}: {}", length(&text));
        let shown = plan.pending().filter(|step| text.contains(&format!(" {} create (", step.id))).count();
        if shown == total {
            assert!(text.contains(&format!("Every attribute of {total} change")) && !text.contains("Cut"));
            whole += 1;
            continue;
        }
        let cut = format!("Cut: the attributes of {} of {total} changes, from ", total - shown);
        assert!(text.contains(&cut), "{cut}\n{text}");
        assert!(text.contains(". All of them: `holdfast show change.plan`"), "{text}");
        // There is no room for one step more of the ordinary size.
        assert!(shown > 0 && length(&text) > LIMIT - 6_000, "{changes}: {}", length(&text));
    }
    assert_eq!(whole, 2);
}

#[test]
fn first_screen_of_one_service_and_of_a_thousand_is_the_same() {
    let one = plans::new();
    let lines = |services: usize| {
        let drawn = drawn(&plans::times(one.clone(), services));
        let before = drawn.split("<details>").next().unwrap();
        before
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("> **Note.** Cut: the att"))
            .count()
    };
    assert_eq!(lines(1), lines(1_000));
}

#[test]
fn summary_has_no_steps_and_fits_a_screen() {
    let before = plans::services(40);
    let plan = plans::plan(&before, &before.replace("ttl: 60s", "ttl: 30s"));
    let text = summary(&plan, &around(), Style { color: None, width: 80 });
    assert!(text.lines().count() <= 40, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("update `ttl` 60"), "{text}");
    let markdown = comment(&plan, &around(), Extent::Summary);
    assert!(!markdown.contains("```") && !markdown.contains("Cut"), "{markdown}");
    assert!(markdown.contains("Every attribute: `holdfast show change.plan`"), "{markdown}");
}

/// A plan that warns about everything it can warn about, very often.
fn full_of_warnings(often: usize, reason: &str) -> Plan {
    let mut plan = plans::times(plans::new(), 100);
    let addresses: Vec<_> = plan.steps.iter().map(|step| step.address.clone()).collect();
    for (nth, step) in plan.steps.iter_mut().enumerate() {
        step.cautions = vec![format!("danger {} {reason}", nth % often.max(1))];
    }
    for (nth, address) in addresses.iter().cycle().take(often).enumerate() {
        let reason = format!("{nth} {reason}");
        plan.leaving.insert(format!("service-{nth}"));
        plan.waived.push(reason.clone());
        plan.unmade.push(reason.clone());
        plan.targets.push(reason.clone());
        plan.left.push(Left { address: address.clone(), attribute: None, reason: reason.clone() });
        let on = [StepId::of(address)].into();
        let (id, action) = (StepId::of(address), plan.steps[0].action);
        plan.waiting.push(Waiting { id, address: address.clone(), action, on });
        let identity = Identity::of_resource(address.kind(), &Default::default());
        let (region, taken) = (Some(reason.clone()), nth % 2 == 0);
        plan.unknown.push(Unknown {
            address: address.clone(),
            identity,
            region,
            reason,
            taken,
            evacuated: false,
        });
    }
    plan
}

#[test]
fn warnings_are_never_folded_and_each_kind_of_them_stays() {
    for (often, reason) in [(3, String::new()), (2_000, String::new()), (40, "long ".repeat(4_000))] {
        let plan = full_of_warnings(often, &reason);
        let text = drawn(&plan);
        assert!(length(&text) <= LIMIT, "{often}: {}", length(&text));
        let before = text.split("<details>").next().unwrap();
        for class in ["FLAG", "CAUTION", "CANNOT BE SEEN", "NAME TAKEN", "LEFT OUT", "STAYS", "NOT MADE"] {
            assert!(before.contains(class), "{class}\n{before}");
        }
        // However many are cut, the first lines count all of them.
        let tally = before.lines().find(|line| line.starts_with("- **Dangerous:**")).unwrap();
        assert!(tally.contains(&format!("stays: {often}")), "{tally}");
        if often == 3 {
            assert!(
                before.contains("danger 0") && before.contains("danger 1") && !before.contains("cut here")
            );
            assert_eq!(before.matches("STAYS").count(), 3, "{before}");
        }
        if often == 2_000 {
            let shown = before.matches("**STAYS:**").count();
            let rest = format!("{} more of these, cut here: ", often - (shown - 1));
            assert!(before.contains(&rest), "{rest}\n{before}");
        }
    }
}

#[test]
fn digest_and_next_command_stay_whole_and_code_that_is_too_long_goes() {
    let mut plan = full_of_warnings(40, &"long ".repeat(4_000));
    plan.targets.clear();
    let around = Around { paths: vec!["policies".to_owned()], ..around() };
    for text in [
        comment(&plan, &around, Extent::Comment),
        summary(&plan, &around, Style { color: None, width: 10_000 }),
    ] {
        assert!(text.contains(&"00ff".repeat(16)), "{text}");
        assert!(
            text.contains(" --allow=teardown:service-39 ") && text.contains(" --out change.plan`"),
            "{text}"
        );
    }
    // Half a path is another path.
    let around = Around { file: None, paths: vec!["p".repeat(5_000)], ..around };
    let text = comment(&plans::new(), &around, Extent::Comment);
    let next = text.lines().find(|line| line.starts_with("- **Next:**")).unwrap();
    assert!(next.contains("characters cut)") && !next.contains("ppp"), "{next}");
}
