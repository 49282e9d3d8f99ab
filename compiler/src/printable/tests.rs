use super::*;

const SEAL: Seal = Seal::new(0x5ea1);

/// Untrusted texts, and how people see them.
const HOSTILE: [(&str, &str); 27] = [
    ("\u{1b}[2J", "\\u{1b}[2J"),
    ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
    ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
    ("\u{9b}2J\u{85}\u{7f}\0\r", "\\u{9b}2J\\u{85}\\u{7f}\\u{0}\\u{d}"),
    ("\u{202e}\u{2066}\u{200f}\u{61c}", "\\u{202e}\\u{2066}\\u{200f}\\u{61c}"),
    ("a\u{200b}\u{ad}\u{fe0f}\u{3164}\u{e0041}b", "a\\u{200b}\\u{ad}\\u{fe0f}\\u{3164}\\u{e0041}b"),
    ("\u{2028}::a", "\\u{2028}::a"),
    ("::add-mask::a", "\\u{3a}:add-mask::a"),
    ("a\n::add-mask::a", "a\n\\u{3a}:add-mask::a"),
    ("a\n \u{a0}\u{3000}::b::", "a\n \u{a0}\u{3000}\\u{3a}:b::"),
    ("\r::b", "\\u{d}::b"),
    (":::", "\\u{3a}::"),
    ("##[error]x", "#\\u{23}[error]x"),
    ("a ##[error]x", "a #\\u{23}[error]x"),
    ("####[x", "###\\u{23}[x"),
    ("##vso[task.setvariable variable=a]b", "#\\u{23}vso[task.setvariable variable=a]b"),
    ("##VSO[a]##VsO[b]", "#\\u{23}VSO[a]#\\u{23}VsO[b]"),
    ("##teamcity[a]", "#\\u{23}teamcity[a]"),
    ("##octopus[a]", "#\\u{23}octopus[a]"),
    ("##the-next_1.0[a]", "#\\u{23}the-next_1.0[a]"),
    ("##\u{ad}vso[a]", "##\\u{ad}vso[a]"),
    ("#\u{200b}#vso[a]", "#\\u{200b}#vso[a]"),
    // A seal with another number, an incomplete seal, and one with a sequence that is not a colour.
    ("\u{fdd0}0000000000000001[31mred", "\\u{fdd0}0000000000000001[31mred"),
    ("\u{fdd0}[31mred", "\\u{fdd0}[31mred"),
    ("\u{fdd0}0000000000005ea1[2J", "\\u{fdd0}0000000000005ea1[2J"),
    ("\u{fdd0}0000000000005ea1[31", "\\u{fdd0}0000000000005ea1[31"),
    ("\u{ffff}\u{10fffe}", "\\u{ffff}\\u{10fffe}"),
];

/// Texts that stay unchanged.
const ORDINARY: [&str; 6] = [
    "Plan: 1 to create\n  + aws.bucket.a  arn:aws:s3:::a\n\n",
    "  2001:db8::1 and ::1 within a line, `::` too",
    "# Title\n## Heading\n- [link](a) ## [x] #[x] ##",
    "a\tb\n\n  : one colon\n",
    "日本語 Ünïcödé 🎌 → ✓ │ ┌",
    "",
];

#[test]
fn hidden_characters_are_shown_to_people_and_runner_commands_disabled() {
    for (text, seen) in HOSTILE {
        assert_eq!(printable(text, Some(SEAL)), seen, "{text:?}");
        assert_eq!(printable(seen, Some(SEAL)), seen, "escaping is idempotent");
        // With and without masking of the input.
        assert_eq!(printable(&visible(text), Some(SEAL)), seen, "{text:?}");
        assert!(!one_line(text).contains('\n'));
        assert_eq!(visible(&visible(text)), visible(text));
    }
    assert_eq!(printable("\ta\n\t::b", Some(SEAL)), "\ta\n\t\\u{3a}:b");
}

#[test]
fn ordinary_text_is_unchanged() {
    for text in ORDINARY {
        assert_eq!(printable(text, Some(SEAL)), text);
        assert_eq!(annotations(text), text);
        let document = format!("{:#}", serde_json::json!({ "a": text }));
        assert_eq!(json(&document), document);
    }
}

#[test]
fn json_keeps_the_value_and_escapes_hidden_characters() {
    for (text, _) in HOSTILE {
        let value = serde_json::json!({ text: [text, {"a": text}] });
        for document in [value.to_string(), format!("{value:#}")] {
            let written = json(&document);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value, "{written}");
            assert!(!written.contains(|c| c != '\n' && is_hidden(c)), "{written:?}");
            // It is also safe as text.
            assert_eq!(printable(&written, Some(SEAL)), written);
            assert!(!written.contains("\"::"), "{written}");
            assert_eq!(json(&written), written, "escaping is idempotent");
        }
    }
    assert_eq!(json("\"\u{1f3f4}\u{e0067}\""), "\"\u{1f3f4}\\udb40\\udc67\"");
}

#[test]
fn only_sealed_colours_are_printed() {
    let text = format!("{} {}", SEAL.paint("ours", "1;33"), SEAL.adopt("\u{1b}[2mours\u{1b}[0m"));
    assert!(!text.contains('\u{1b}'));
    assert_eq!(printable(&text, Some(SEAL)), "\u{1b}[1;33mours\u{1b}[0m \u{1b}[2mours\u{1b}[0m");
    // Colours of another process are data.
    assert!(!printable(&text, Some(Seal::new(1))).contains('\u{1b}'));
    // A command after a colour works in a viewer that removes colours.
    let text = format!("  {} #{}", SEAL.paint("::a", "2"), SEAL.paint("#[b]", "2"));
    assert_eq!(printable(&text, Some(SEAL)), "  \u{1b}[2m\\u{3a}:a\u{1b}[0m #\u{1b}[2m\\u{23}[b]\u{1b}[0m");
    assert_eq!(format!("{SEAL:?}"), "Seal");
}

#[test]
fn runner_gets_only_our_annotations() {
    let text = "::error file=a,title=b::c ::d\n::warning ::e\n::add-mask::f\n ::error ::g\n::error::h\n";
    assert_eq!(
        annotations(text),
        "::error file=a,title=b::c ::d\n::warning ::e\n\\u{3a}:add-mask::f\n \\u{3a}:error ::g\n\\u{3a}:error::h\n"
    );
    assert_eq!(annotations("::error ::##[a]\u{1b}\r::b\n"), "::error ::#\\u{23}[a]\\u{1b}\\u{d}::b\n");
}

#[test]
fn every_hidden_character_is_escaped() {
    // The first and last characters of each class, and their neighbours.
    for hidden in [
        '\0',
        '\u{1f}',
        '\u{7f}',
        '\u{80}',
        '\u{9f}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{17b5}',
        '\u{180b}',
        '\u{180f}',
        '\u{200b}',
        '\u{200f}',
        '\u{2028}',
        '\u{202e}',
        '\u{2060}',
        '\u{206f}',
        '\u{3164}',
        '\u{fdd0}',
        '\u{fdef}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff0}',
        '\u{fff9}',
        '\u{fffb}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{e0000}',
        '\u{e0fff}',
        '\u{10ffff}',
    ] {
        assert!(is_hidden(hidden), "{hidden:?}");
    }
    for seen in
        ['a', ' ', '~', '\u{a0}', 'ä', '\u{2010}', '\u{202f}', '日', '\u{fdcf}', '\u{fdf0}', '\u{fffd}', '🎌']
    {
        assert!(!is_hidden(seen), "{seen:?}");
    }
}
