//! Generates YAML texts in common and unusual forms: the same values in every notation, with comments and
//! blank lines wherever YAML allows them.

use proptest::prelude::*;

/// A value without its notation.
#[derive(Debug, Clone)]
enum Value {
    Nothing,
    /// One of [`WORDS`].
    Word(usize),
    /// Multi-line text.
    Lines(Vec<usize>),
    List(Vec<Value>),
    Map(Vec<Value>),
}

/// Plain and quoted scalars.
const WORDS: &[&str] = &[
    "virginia",
    "15m",
    "0o7",
    "\"yes\"",
    "'it''s'",
    "\"a # b\"",
    "no",
    "~",
    "99.9",
    "/healthz?a=b#c",
    "*known",
    "\"\"",
    "two words",
    "\"tab\\t\\\"\"",
    "-1",
    "acme.example:443",
    "日本",
    "'{ not: flow }'",
    "null",
    "&named x",
];

/// Lines of text.
const LINES: &[&str] =
    &["some text", "", "more: text", "# no comment", "  deeper", "- item", "", "日本 🎌", "end \\"];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Nothing),
        6 => (0..WORDS.len()).prop_map(Value::Word),
        2 => prop::collection::vec(0..LINES.len(), 1..5).prop_map(Value::Lines),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec(inner, 0..5).prop_map(Value::Map),
        ]
    })
}

/// Text that has a meaning in YAML, and unusual characters.
#[rustfmt::skip]
pub(crate) fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "", ":", ": ", "-", "- ", "? ", "[", "]", "{", "}", ",", "&a ", "*a", "!a ", "|\n", ">2-\n", "|+\n\n", "'", "\"",
        "#", " # c\n", "%", "@", "<<: ", "\n---\n", "\n...\n", " ", "  ", "\t", "\n", "\n\n\n", "\r", "\r\n", "\\",
        "\u{a0}", "\u{85}", "\u{2028}", "日本", "\u{feff}", "\n%YAML 1.2\n---\n", "x",
    ])
}

/// Texts of one or more documents.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let documents = prop::collection::vec(prop::collection::vec(value(), 1..5), 1..3);
    (documents, prop::collection::vec(any::<u8>(), 0..400)).prop_map(|(documents, choices)| {
        let mut pen = Pen { choices: choices.into_iter(), comments: 0, out: String::new() };
        for (nth, document) in documents.iter().enumerate() {
            pen.space(0);
            if nth > 0 || pen.one_of(4) == 3 {
                let end = if nth > 0 && pen.one_of(5) == 4 { "...\n" } else { "" };
                pen.line(0, end);
                pen.out.push_str("---");
                pen.line_end();
            }
            // A value for aliases to repeat.
            pen.line(0, "known: &known");
            pen.line_end();
            pen.map(document, 0);
        }
        if pen.one_of(3) == 2 {
            pen.out = pen.out.replace('\n', "\r\n");
        }
        pen.out
    })
}

/// Writes values. The choices select the notation; after the last choice, the simplest one is used.
struct Pen {
    choices: std::vec::IntoIter<u8>,
    comments: usize,
    out: String,
}

impl Pen {
    fn one_of(&mut self, count: u8) -> u8 {
        self.choices.next().unwrap_or(0) % count
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let choice = usize::from(self.choices.next().unwrap_or(0));
        from[choice % from.len()]
    }

    fn blanks(&mut self) {
        let blanks = self.pick(&["", "", "", " ", "   "]);
        self.out.push_str(blanks);
    }

    fn comment(&mut self) {
        self.comments += 1;
        self.out.push_str(&format!("# c{} ", self.comments));
    }

    fn line(&mut self, indent: usize, text: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
    }

    /// The end of a line, with or without a comment.
    fn line_end(&mut self) {
        self.blanks();
        if self.one_of(4) == 3 {
            self.out.push(' ');
            self.comment();
        }
        self.out.push('\n');
    }

    /// Comments and blank lines before a line.
    fn space(&mut self, indent: usize) {
        for _ in 0..self.one_of(6).saturating_sub(3) {
            if self.one_of(2) == 0 {
                self.blanks();
                self.out.push('\n');
            } else {
                let column = self.pick(&[indent, indent, 0, indent + 1, indent + 4]);
                self.line(column, "");
                self.comment();
                self.out.push('\n');
            }
        }
    }

    fn map(&mut self, values: &[Value], indent: usize) {
        for (nth, value) in values.iter().enumerate() {
            self.space(indent);
            self.entry(nth, value, indent);
        }
    }

    fn key(&mut self, nth: usize) {
        let quote = self.pick(&["", "", "\"", "'"]);
        self.out.push_str(&format!("{quote}key-{nth}{quote}"));
    }

    /// An entry, at the start of its line or after a `-`.
    fn entry(&mut self, nth: usize, value: &Value, indent: usize) {
        let behind_dash = self.out.ends_with(' ') && !self.out.ends_with('\n');
        if !behind_dash {
            self.line(indent, "");
        }
        if self.one_of(12) == 11 {
            self.out.push_str("? ");
            self.key(nth);
            self.line_end();
            self.line(indent, ":");
        } else {
            self.key(nth);
            self.blanks();
            self.out.push(':');
        }
        self.behind(value, indent, false);
    }

    fn anchor(&mut self) -> bool {
        let anchored = self.one_of(8) == 7;
        self.out.push_str(if anchored { " &a" } else { "" });
        anchored
    }

    /// The part after a `:` or `-`, including the end of the line.
    fn behind(&mut self, value: &Value, indent: usize, item: bool) {
        let step = usize::from(self.one_of(4)) + 1;
        match value {
            Value::List(items) if !items.is_empty() && self.one_of(3) < 2 => {
                self.anchor();
                self.line_end();
                let flush = !item && self.one_of(3) == 2;
                self.list(items, if flush { indent } else { indent + step });
            }
            Value::Map(values) if !values.is_empty() && self.one_of(3) < 2 => {
                if item && self.one_of(3) < 2 {
                    // The entries are aligned after the dash.
                    self.out.push_str(&" ".repeat(step));
                    self.entry(0, &values[0], indent + 1 + step);
                    for (nth, value) in values.iter().enumerate().skip(1) {
                        self.space(indent + 1 + step);
                        self.entry(nth, value, indent + 1 + step);
                    }
                    return;
                }
                self.anchor();
                self.line_end();
                self.map(values, indent + step);
            }
            Value::Lines(lines) if self.one_of(3) < 2 => self.block(lines, indent, step),
            _ => {
                if self.one_of(8) == 7 && !matches!(value, Value::Nothing) {
                    self.line_end();
                    self.space(indent + step);
                    self.line(indent + step - 1, "");
                }
                if !matches!(value, Value::Word(_)) {
                    self.anchor();
                }
                self.out.push(' ');
                self.flow(value, indent + step, false);
                self.line_end();
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.space(indent);
            self.line(indent, "-");
            self.behind(item, indent, true);
        }
    }

    /// A block scalar, `|` or `>`.
    fn block(&mut self, lines: &[usize], indent: usize, step: usize) {
        let header = self.pick(&[" |", " >"]);
        self.out.push_str(header);
        if self.one_of(3) == 2 || LINES[lines[0]].starts_with(' ') {
            self.out.push_str(&step.to_string());
        }
        let end = self.pick(&["", "-", "+"]);
        self.out.push_str(end);
        self.line_end();
        for line in lines {
            let line = LINES[*line];
            let blank = line.is_empty() && self.one_of(2) == 0;
            self.line(if blank { 0 } else { indent + step }, line);
            self.out.push('\n');
        }
    }

    /// A value that is allowed inside brackets.
    fn flow(&mut self, value: &Value, indent: usize, inside: bool) {
        match value {
            Value::Nothing => {}
            Value::Word(word) => {
                let word = WORDS[*word];
                // The next indicator must not become part of the alias.
                self.out.push_str(word);
                self.out.push_str(if word.starts_with('*') { " " } else { "" });
            }
            Value::Lines(lines) => {
                let quote = self.pick(&["\"", "'"]);
                self.out.push_str(quote);
                for (nth, line) in lines.iter().enumerate() {
                    let line = LINES[*line].trim_start();
                    let line = if quote == "\"" { line.to_owned() } else { line.replace('\\', "") };
                    if nth > 0 {
                        self.blanks();
                        self.line(indent, &line);
                    } else {
                        self.out.push_str(&line);
                    }
                }
                // A backslash must not escape the quote.
                self.line(indent, quote);
            }
            Value::List(items) => {
                self.out.push('[');
                for (nth, item) in items.iter().enumerate() {
                    self.between(indent);
                    match item {
                        Value::Nothing => self.out.push_str("null"),
                        Value::Map(values) if values.len() == 1 && self.one_of(2) == 1 => {
                            self.key(0);
                            self.out.push_str(": ");
                            self.flow(&values[0], indent, true);
                        }
                        item => self.flow(item, indent, true),
                    }
                    self.comma(nth + 1 == items.len(), indent);
                }
                self.out.push(']');
            }
            Value::Map(values) => {
                self.out.push('{');
                for (nth, value) in values.iter().enumerate() {
                    self.between(indent);
                    self.key(nth);
                    let colon = !matches!(value, Value::Nothing) || self.one_of(2) == 0;
                    self.out.push_str(if colon { ": " } else { "" });
                    self.between(indent);
                    self.flow(value, indent, true);
                    self.comma(nth + 1 == values.len(), indent);
                }
                self.out.push('}');
            }
        }
        if inside {
            self.blanks();
        }
    }

    fn comma(&mut self, last: bool, indent: usize) {
        self.between(indent);
        if !last || self.one_of(3) == 2 {
            self.out.push(',');
            self.between(indent);
        }
    }

    /// The space between two tokens inside brackets.
    fn between(&mut self, indent: usize) {
        self.blanks();
        match self.one_of(12) {
            9 => self.line(indent, ""),
            10 => {
                self.line_end();
                self.space(indent);
                self.line(indent, "");
            }
            11 => {
                self.out.push(' ');
                self.comment();
                self.line(indent, "");
            }
            _ => {}
        }
    }
}
