//! Policies that weaken the rule. The approvers of the last run must still approve them, and under an anchor the
//! anchor's approvers too.

use crate::attacks::world::{FILES, TAKEN, TWO, World};

/// Every plan of an attacker, who approves it, and the codes of the refusal without an anchor and under it.
struct Attack {
    what: &'static str,
    estate: &'static str,
    rule: &'static str,
    approvers: &'static [&'static str],
    alone: &'static str,
    anchored: &'static str,
}

const ATTACKS: [Attack; 7] = [
    Attack {
        what: "dropped",
        estate: "acme",
        rule: "",
        approvers: &["mallory"],
        alone: "E0709",
        anchored: "E0709",
    },
    Attack {
        what: "fewer people",
        estate: "acme",
        rule: "approvals: { required: 1, signers: people }\n",
        approvers: &["carol"],
        alone: "E0709",
        anchored: "E0709",
    },
    Attack {
        what: "other people",
        estate: "acme",
        rule: "approvals: { required: 1, signers: theirs }\n",
        approvers: &["mallory"],
        alone: "E0712",
        anchored: "E0712",
    },
    Attack {
        what: "renamed",
        estate: "other",
        rule: "",
        approvers: &["mallory"],
        alone: "E0709",
        anchored: "E0721",
    },
    Attack {
        what: "renamed, with its own people",
        estate: "other",
        rule: "approvals: { required: 1, signers: theirs }\n",
        approvers: &["mallory"],
        alone: "E0712",
        anchored: "E0721",
    },
    Attack {
        what: "holds longer",
        estate: "acme",
        rule: "approvals: { required: 2, signers: people, hold: 30d }\n",
        approvers: &["alice", "bob"],
        alone: "E0713",
        anchored: "E0713",
    },
    Attack { what: "nobody", estate: "acme", rule: TWO, approvers: &[], alone: "E0709", anchored: "E0709" },
];

#[test]
fn policies_with_a_weaker_rule_need_approvals_of_the_last_run_and_the_anchor() {
    let world = World::applied(TWO);
    let mallory = world.signer("mallory");
    world.anchor(&world.head());
    for Attack { what, estate, rule, approvers, alone, anchored } in ATTACKS {
        println!("{what}");
        world.policies(estate, rule, &world.changed());
        world.plan_taken("change.plan");
        world.approve("change.plan", approvers);
        world.refused("apply change.plan", alone);
        world.refused("apply change.plan --trust trust/anchor.yaml", anchored);
        world.refused(&format!("apply policies --yes{TAKEN}"), "E0709");
        let policies = if anchored == "E0721" { "E0721" } else { "E0709" };
        world.refused(&format!("apply policies --yes --trust trust/anchor.yaml{TAKEN}"), policies);
        world.forget_approvals();
    }
    // The list of signers is changed under its old name.
    world.bench.write("policies/people", &["alice", "mallory"].map(|who| world.signer(who)).concat());
    world.policies("acme", "approvals: { required: 1, signers: people }\n", &world.changed());
    world.plan("change.plan");
    world.approve("change.plan", &["mallory"]);
    world.refused("apply change.plan", "E0712");
    world.refused("apply change.plan --trust trust/anchor.yaml", "E0712");
    // The anchor has its own list: one of its people in the list of the policies is not enough, two of them are.
    world.bench.write("policies/people", &format!("{}{mallory}", world.signer("alice")));
    world.run("approve change.plan --key alice --as alice@acme.example").expect(0);
    world.refused("apply change.plan", "E0709");
    world.refused("apply change.plan --trust trust/anchor.yaml", "E0709");
}

/// A rule changes only with approvals: breaking the glass once does not weaken it for the next plan.
#[test]
fn break_glass_does_not_weaken_the_rule_for_later_runs() {
    let world = World::applied(TWO);
    let weaker = "approvals: { required: 1, signers: theirs }\n";
    let because = "nobody answers the phone tonight";
    for (way, service) in [("change.plan", world.changed()), ("policies", FILES.to_owned())] {
        world.policies("acme", weaker, &service);
        world.plan("change.plan");
        let mut command = world.command(&format!("apply {way} --break-glass"));
        command.args(["--because", because]);
        if way == "policies" {
            command.arg("--yes");
        }
        assert!(command.output().unwrap().status.success());
        let again = if way == "policies" { world.changed() } else { FILES.to_owned() };
        world.policies("acme", weaker, &again);
        world.plan("again.plan");
        world.approve("again.plan", &["mallory"]);
        world.refused("apply again.plan", "E0712");
    }
}

/// Two estates share a journal. One of them has a rule; the other one changes its resources.
#[test]
fn estate_that_takes_resources_of_another_needs_its_approvals_too() {
    let world = World::new("");
    let other = FILES.replace("name: files", "name: papers").replace("acme-docs", "acme-papers");
    world.policies("billing", "", &other);
    world.plan("billing.plan");
    world.run("apply billing.plan").expect(0);
    world.policies("acme", TWO, FILES);
    world.plan("change.plan");
    world.approve("change.plan", &["alice", "bob"]);
    world.run("apply change.plan").expect(0);
    // The estate without a rule may change its own resources.
    world.policies("billing", "", &other.replace("acme-papers,", "acme-papers, encrypt: aws:kms,"));
    world.plan("own.plan");
    world.run("apply own.plan").expect(0);
    // But not those of the other estate.
    let taken = FILES.replace("acme-docs,", "acme-docs, encrypt: aws:kms,");
    for rule in ["", "approvals: { required: 1, signers: theirs }\n"] {
        world.policies("billing", rule, &format!("{other}---\n{taken}"));
        world.refused("apply policies --yes --allow many", "E0750");
        world.plan_taken("taken.plan");
        world.refused("apply taken.plan", "E0709");
        world.refused(&format!("apply policies --yes --allow many{TAKEN}"), "E0709");
        if !rule.is_empty() {
            world.approve("taken.plan", &["mallory"]);
            let ran = world.refused("apply taken.plan", "E0712");
            assert!(ran.stderr.contains("estate `acme`"), "{}", ran.stderr);
        }
    }
}
