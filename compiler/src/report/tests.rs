//! What a renderer makes of hostile text, as the parsers of browsers and of GitHub see it.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use html5ever::tendril::TendrilSink as _;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::*;
use crate::diagnostic::Style;

/// Text that would be something else than text if a renderer let it.
const HOSTILE: [&str; 33] = [
    "<script>alert(1)</script>",
    "</title></style><img src=//evil.example/x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "<!-- --><iframe src=javascript:alert(1)>",
    "&lt;b&gt; &#60;i&#62;",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "see https://evil.example/?q=1, www.evil.example or mailto:eve@evil.example",
    "eve@evil.example",
    "@admin please merge #12, !34, GH-56 and acme/api#7",
    "# heading",
    "Noor #",
    "Setext\n===",
    "- item\n- item",
    "1. item",
    "> quotation",
    "```\nfence",
    "~~~ fence",
    "a | b \\| c \\",
    "`a|b\\|c` \\`",
    "| a | b |\n| --- | --- |",
    "**strong** _soft_ ~~gone~~ $x^2$ :tada:",
    "[ ] task [^1] [[wiki]]",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;https://evil.example\u{7}link",
    "\u{202e}desrever\u{2066} \u{200b}hidden\u{feff}",
    "line\r\nbreak\u{2028}and\u{85}more",
    "::error::hidden",
    "##vso[task.setvariable]x",
    "../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "",
];

/// A report with one text in each place that text can be in.
fn everywhere(text: &str) -> Report {
    let phrase = || Phrase::new().text(text).strong(text).code(text);
    let mut table = Table::new(text, &["One", "Two"]);
    table.row(vec![phrase(), text.into()]);
    table.row(vec![Phrase::new().code(text), Phrase::new().strong(text)]);
    let place = Place { file: text.to_owned(), line: 1, column: 2 };
    let gap = Gap {
        number: 0,
        what: text.into(),
        why: text.to_owned(),
        cure: phrase(),
        place: Some(place.clone()),
    };
    let mut section = Section::new("one", text).about(text);
    section.say(text);
    section.say(phrase().place(place));
    for style in [ListStyle::Bullets, ListStyle::Numbers, ListStyle::Boxes] {
        section.list(style, vec![text.into(), phrase()]);
    }
    section.blocks.push(Block::Facts { facts: vec![(text.to_owned(), text.into())] });
    section.table(table);
    section.note(Severity::Problem, text);
    section.gap(gap);
    section.say(Phrase::new().link("one", text, text).link("none", text, text).verdict(Tone::Bad, text));
    let bar = Shape::Bar { class: "act", x: 0, y: 0, width: 9, height: 9, title: format!("x {text}") };
    let label = |title: &str| Shape::Label {
        class: "",
        x: 0,
        y: 9,
        centred: true,
        text: text.to_owned(),
        title: title.to_owned(),
    };
    let line = Shape::Line { class: "faint", from: (0, 0), to: (9, 9), title: format!("x {text}") };
    let path = Shape::Path { class: "edge", points: vec![(0, 0), (9, 9)], arrow: true };
    let shapes = vec![
        Shape::Group { label: text.to_owned(), shapes: vec![bar, line, path] },
        label(&format!("x {text}")),
        label("x"),
    ];
    let drawing = Drawing { width: 9, height: 9, shapes };
    section.figure(Figure { caption: text.to_owned(), says: text.to_owned(), drawing });
    section.blocks.push(Block::Verbatim { label: text.to_owned(), text: text.to_owned() });
    let inner = vec![Block::Paragraph { text: text.into() }];
    section.blocks.push(Block::Details { summary: text.to_owned(), blocks: inner });
    let blocks = vec![Block::Paragraph { text: Phrase::new().section("one").gap(1).text(text) }];
    let mut report = Report { kind: "test", title: text.to_owned(), blocks, sections: vec![section] };
    report.number_gaps();
    report
}

/// The elements of HTML with their attributes but for values that are text, as a browser's parser sees them.
fn elements(html: &str) -> Vec<String> {
    fn walk(node: &Handle, out: &mut Vec<String>) {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let attrs: Vec<String> = attrs
                .borrow()
                .iter()
                .map(|attribute| match attribute.name.local.as_ref() {
                    name @ ("data-label" | "class" | "aria-label") => name.to_owned(),
                    name => format!("{name}={}", attribute.value),
                })
                .filter(|attribute| attribute != "class")
                .collect();
            out.push(format!("{} {}", name.local, attrs.join(" ")));
        }
        if let NodeData::Comment { contents } = &node.data {
            out.push(format!("comment {contents}"));
        }
        node.children.borrow().iter().for_each(|child| walk(child, out));
    }
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
    assert!(dom.errors.borrow().is_empty(), "{:?}", dom.errors.borrow());
    let mut out = Vec::new();
    walk(&dom.document, &mut out);
    out
}

fn words(html: &str) -> String {
    fn walk(node: &Handle, out: &mut String) {
        if let NodeData::Text { contents } = &node.data {
            out.push_str(&contents.borrow());
        }
        node.children.borrow().iter().for_each(|child| walk(child, out));
    }
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
    let mut out = String::new();
    walk(&dom.document, &mut out);
    out
}

/// The nodes of Markdown, as GitHub's parser sees them. Text of others is one of text, code and blanks.
fn nodes(markdown: &str) -> Vec<String> {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    let root = parse_document(&arena, markdown, &options);
    root.descendants()
        .filter_map(|node| match &node.data.borrow().value {
            NodeValue::Text(_) | NodeValue::Code(_) | NodeValue::Escaped => None,
            NodeValue::HtmlBlock(block) => Some(format!("html {}", tags(&block.literal))),
            NodeValue::CodeBlock(block) => Some(format!("code block {}", block.info)),
            NodeValue::Heading(heading) => Some(format!("heading {}", heading.level)),
            NodeValue::List(list) => Some(format!("list {:?}", list.list_type)),
            NodeValue::Item(_) => Some("item".to_owned()),
            NodeValue::Table(table) => Some(format!("table {} {}", table.num_columns, table.num_rows)),
            other => Some(format!("{other:?}")),
        })
        .collect()
}

/// The tags of HTML but for those of code.
fn tags(html: &str) -> String {
    let tags = html.split('<').skip(1).map(|rest| rest.split_inclusive('>').next().unwrap());
    tags.filter(|tag| !["code>", "/code>"].contains(tag)).collect::<Vec<_>>().join("<")
}

#[test]
fn hostile_text_adds_no_element_to_html() {
    let ours = elements(&html(&everywhere("ours")));
    for text in HOSTILE {
        let html = html(&everywhere(text));
        assert_eq!(elements(&html), ours, "{text}\n{html}");
        assert!(!html.contains('\u{1b}') && !html.contains('\u{202e}'), "{text}");
        let (said, line) = (words(&html), crate::printable::one_line(text));
        let masked = crate::printable::printable(&line, None);
        assert!(said.contains(&line) || said.contains(&masked), "{text}\n{said}");
    }
}

#[test]
fn html_asks_for_nothing_and_its_policy_allows_only_its_style() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let html = html(&everywhere("x"));
    let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style.as_bytes()));
    let policy =
        html.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
    );
    for outside in ["url(", "@import", "http:", "https:", "src=", "<script", " style="] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn hostile_text_stays_text_in_markdown() {
    // A mark that is shown as code takes more nodes of code, which are left out; nothing else differs.
    let ours = nodes(&markdown(&everywhere("ours")));
    for text in HOSTILE.iter().filter(|text| !text.is_empty()) {
        let markdown = markdown(&everywhere(text));
        let strong =
            |nodes: Vec<String>| nodes.into_iter().filter(|node| node != "Strong").collect::<Vec<_>>();
        assert_eq!(strong(nodes(&markdown)), strong(ours.clone()), "{text}\n{markdown}");
        assert!(!markdown.contains('\u{1b}') && !markdown.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn mentions_and_references_are_code_in_markdown() {
    let arena = Arena::new();
    let text = "ask @admin about #12, acme/api#7, !34 and GH-56, 1a2b3c4d5e";
    let markdown = markdown(&everywhere(text));
    let root = parse_document(&arena, &markdown, &Options::default());
    for node in root.descendants() {
        if let NodeValue::Text(said) = &node.data.borrow().value {
            for mark in ["@admin", "#12", "#7", "!34", "GH-56", "1a2b3c4d5e"] {
                assert!(!said.contains(mark), "{mark} in {said}");
            }
        }
    }
}

#[test]
fn text_for_terminals_has_no_controls_and_fits() {
    for text in HOSTILE {
        let drawn = super::text(&everywhere(text), Style { color: None, width: 80 });
        for line in drawn.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert!(!drawn.chars().any(|c| c != '\n' && crate::printable::is_hidden(c)), "{text}");
        assert_eq!(plain_text(&everywhere(text)), plain_text(&everywhere(text)));
    }
}

#[test]
fn json_has_the_text_as_it_is() {
    for text in HOSTILE {
        let json = json(&everywhere(text)).unwrap();
        assert!(!json.chars().any(|c| c != '\n' && crate::printable::is_hidden(c)), "{text}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["report"]["title"], text);
        assert_eq!(value["format_version"], FORMAT_VERSION);
    }
}

#[test]
fn printing_changes_no_rendering() {
    for text in HOSTILE {
        let report = everywhere(text);
        for rendered in [html(&report), markdown(&report), plain_text(&report)] {
            assert_eq!(crate::printable::printable(&rendered, None), rendered, "{text}");
        }
    }
}

#[test]
fn gaps_are_numbered_and_refer_to_their_section() {
    let mut report = everywhere("x");
    let mut second = Section::new("two", "second");
    let mut inner = Section::new("inner", "inner");
    inner.gap(Gap { number: 0, what: "y".into(), why: String::new(), cure: "z".into(), place: None });
    second.sections.push(inner);
    report.sections.push(second);
    report.number_gaps();
    let gaps: Vec<(String, usize)> =
        report.gaps().into_iter().map(|(section, gap)| (section, gap.number)).collect();
    assert_eq!(gaps, [("1".to_owned(), 1), ("2.1".to_owned(), 2)]);
}
