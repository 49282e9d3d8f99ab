//! Text of others in every place of a plan stays text in the comment.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use holdfast_compiler::plan::{
    After, Around, Awaited, Cause, Extent, Given, Left, Lost, LostCopy, Plan, StepId, Unknown, Waiting,
    comment,
};
use holdfast_compiler::policy::{Judgement, PolicyChange, PolicyChanges};
use holdfast_compiler::resource::{Address, Identity, Waits};
use holdfast_compiler::source::Place;
use serde_json::Value;

use crate::plans;

const HOSTILE: [&str; 24] = [
    "<script>alert(1)</script>",
    "</details></summary><h1>x</h1>",
    "<!-- --> --!> <!-- holdfast:plan estate=other name=plan -->",
    "--> <img src=//evil.example/x>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "see https://evil.example/?q=1, www.evil.example or mailto:eve@evil.example",
    "@admin please merge #12, !34, GH-56 and acme/api#7",
    "# heading",
    "Setext\n===",
    "- item\n- [x] item",
    "> quotation",
    "```\nfence\n```",
    "````\n</details>",
    "`a|b\\|c` \\`",
    "a | b \\| c \\",
    "| a | b |\n| --- | --- |",
    "**strong** _soft_ ~~gone~~ $x^2$ :tada:",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}link",
    "\u{202e}desrever\u{2066} \u{200b}hidden\u{feff}",
    "line\r\nbreak\u{2028}and\u{85}more",
    "::error::hidden\n##vso[task.setvariable]x",
    "../../etc/passwd; rm -rf ~ `id` $(id) 'x'",
];

/// A plan with one text in every place that others can write to.
fn everywhere(text: &str) -> (Plan, Around) {
    let mut plan = plans::new();
    let owned = || text.to_owned();
    let kind = plan.steps.iter().find(|step| step.address.kind().name() == "bucket").unwrap().address.kind();
    let address = Address::new(kind, &[text, text, text]);
    plan.context.estate = owned();
    plan.context.cloud = owned();
    for (nth, step) in plan.steps.iter_mut().enumerate() {
        step.address = Address::new(step.address.kind(), &[text, text, &format!("{text}{nth}")]);
        step.id = StepId::of(&step.address);
        (step.purpose, step.reason, step.cause) = (owned(), owned(), Some(Cause::Policy));
        step.place = Some(Place { file: owned(), line: 1, column: 1 });
        step.cautions = vec![owned()];
        for change in &mut step.changes {
            (change.before, change.after) = (Value::Null, After::Known(Value::from(text)));
        }
    }
    for effect in &mut plan.objectives {
        effect.service = owned();
        effect.after.seconds = None;
        effect.after.because = Some(owned());
    }
    let copies = vec![LostCopy { name: owned(), exists: false, worked: None }];
    plan.lost = vec![Lost { address: address.clone(), name: owned(), copies }];
    plan.left = vec![Left { address: address.clone(), attribute: Some(owned()), reason: owned() }];
    let identity = Identity::of_resource(kind, &Default::default());
    let (region, reason) = (Some(owned()), owned());
    plan.unknown =
        vec![Unknown { address: address.clone(), identity, region, reason, taken: false, evacuated: false }];
    let (id, on) = (StepId::of(&address), [StepId::of(&address)].into());
    plan.waiting = vec![Waiting { id, address: address.clone(), action: plan.steps[0].action, on }];
    plan.awaited = vec![Awaited { address, waits: Waits { before: owned(), of: owned(), after: owned() } }];
    (plan.waived, plan.unmade, plan.targets) = (vec![owned()], vec![owned()], vec![owned()]);
    plan.leaving = [owned()].into();
    let change = |judgement| PolicyChange {
        judgement,
        document: owned(),
        path: owned(),
        before: Some(owned()),
        after: Some(owned()),
        means: Some(owned()),
        place: Place { file: owned(), line: 1, column: 1 },
    };
    let changes = vec![change(Judgement::Weaker), change(Judgement::Stronger)];
    plan.policy_changes = Some(PolicyChanges { since: owned(), changes, unknown: None });
    let given = Given { whose: "the plan".to_owned(), required: 1, people: vec![owned()] };
    let around = Around {
        name: owned(),
        digest: "00ff".repeat(16),
        file: Some(owned()),
        paths: vec![owned()],
        flags: vec![owned(), format!("--cloud={text}")],
        runner: vec![format!("--trust={text}")],
        offline: true,
        approvals: vec![given],
        not_counted: vec![owned()],
    };
    (plan, around)
}

/// The nodes of Markdown but for text and code, and the words that are neither code nor escaped.
fn nodes(markdown: &str) -> (Vec<String>, String) {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    let root = parse_document(&arena, markdown, &options);
    let mut said = String::new();
    let nodes = root.descendants().filter_map(|node| match &node.data.borrow().value {
        NodeValue::Text(text) => {
            said.push_str(text);
            said.push('\n');
            None
        }
        NodeValue::Code(_) | NodeValue::Escaped | NodeValue::Strong | NodeValue::SoftBreak => None,
        NodeValue::HtmlBlock(block) => Some(format!("html {}", tags(&block.literal))),
        NodeValue::HtmlInline(html) => Some(format!("inline html {html}")),
        NodeValue::CodeBlock(block) => Some(format!("code block {}", block.info)),
        NodeValue::Heading(heading) => Some(format!("heading {}", heading.level)),
        NodeValue::List(list) => Some(format!("list {:?}", list.list_type)),
        NodeValue::Item(_) => Some("item".to_owned()),
        NodeValue::Table(table) => Some(format!("table {} {}", table.num_columns, table.num_rows)),
        other => Some(format!("{other:?}")),
    });
    (nodes.collect(), said)
}

/// The tags of HTML but for those of code.
fn tags(html: &str) -> String {
    let tags = html.split('<').skip(1).map(|rest| rest.split_inclusive('>').next().unwrap());
    tags.filter(|tag| !["code>", "/code>"].contains(tag)).collect::<Vec<_>>().join("<")
}

fn drawn(text: &str) -> (String, String) {
    let (plan, around) = everywhere(text);
    let comment = comment(&plan, &around, Extent::Comment);
    let (marker, rest) = comment.split_once('\n').unwrap();
    (marker.to_owned(), rest.to_owned())
}

#[test]
fn hostile_text_adds_nothing_to_a_comment() {
    let (_, ours) = drawn("ours");
    for text in HOSTILE {
        let (_, theirs) = drawn(text);
        let (found, said) = nodes(&theirs);
        assert_eq!(found, nodes(&ours).0, "{text}\n{theirs}");
        for mark in ["@admin", "#12", "#7", "!34", "GH-56", "https://", "www.", "eve@"] {
            assert!(!said.contains(mark), "{mark} in {said}");
        }
        let hidden = |c: char| c != '\n' && holdfast_compiler::printable::is_hidden(c);
        assert!(!theirs.contains(hidden), "{text}");
    }
}

#[test]
fn marker_is_one_comment_of_html_whatever_the_names_are() {
    for text in HOSTILE {
        let (marker, _) = drawn(text);
        let inner = marker.strip_prefix("<!-- holdfast:plan estate=").unwrap().strip_suffix(" -->").unwrap();
        assert!(!inner.contains("--") && !inner.contains(['<', '>', '!', '\u{1b}']), "{marker}");
        assert!(inner.split_once(" name=").is_some_and(|(_, name)| !name.contains(' ')), "{marker}");
    }
    let (plan, around) = everywhere("acme-eu");
    let text = comment(&plan, &around, Extent::Comment);
    assert!(text.starts_with("<!-- holdfast:plan estate=acme-eu name=acme-eu -->\n### "), "{text}");
}

#[test]
fn two_names_never_have_the_same_marker() {
    let markers: std::collections::BTreeSet<String> = HOSTILE.iter().map(|text| drawn(text).0).collect();
    assert_eq!(markers.len(), HOSTILE.len());
}
