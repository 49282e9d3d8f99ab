//! GitHub's OpenAPI description (`@octokit/openapi`): what is asked and answered is validated against it.
//!
//! The stand-in answers with the members that matter here; [`filled`] adds those that GitHub always sends. So a script cannot rest on
//! a member that GitHub does not describe.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::server::{Answer, Request};
use crate::support::packages;

/// The description, as `fixtures/github/openapi.py` writes it.
pub(crate) struct OpenApi(Value);

impl OpenApi {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(packages::github_openapi()).unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// Validate a request and fill its answer. What is wrong is added to `wrong`.
    pub(crate) fn exchange(&self, request: &Request, answer: &mut Answer, wrong: &mut Vec<String>) {
        let what = format!("{} {}", request.method, request.path);
        let Some(operation) = self.operation(request, wrong) else {
            wrong.push(format!("{what}: GitHub describes no such operation"));
            return;
        };
        match (&operation["body"], request.body.is_empty()) {
            (Value::Null, true) => {}
            (Value::Null, false) => wrong.push(format!("{what}: it takes no body")),
            (schema, _) => match serde_json::from_slice::<Value>(&request.body) {
                Ok(body) => {
                    wrong
                        .extend(self.faults(schema, &body).map(|fault| format!("{what}: the body: {fault}")));
                    for member in body.as_object().into_iter().flatten().map(|(name, _)| name) {
                        if self.member(schema, member).is_none() {
                            wrong.push(format!("{what}: the body: GitHub describes no member `{member}`"));
                        }
                    }
                }
                Err(error) => wrong.push(format!("{what}: the body: {error}")),
            },
        }
        let status = answer.status.to_string();
        let Some(schema) = operation["answers"].get(&status) else {
            // Any operation may be refused or fail.
            if answer.status < 400 {
                wrong.push(format!("{what}: GitHub describes no answer {status}"));
            }
            return;
        };
        if schema.is_null() {
            return;
        }
        let said = serde_json::from_slice(&answer.body).unwrap();
        let whole = self.filled(schema, &said, &what, wrong);
        wrong.extend(self.faults(schema, &whole).map(|fault| format!("{what}: answer {status}: {fault}")));
        answer.body = whole.to_string().into_bytes();
    }

    /// The operation of a request. Its parameters are validated.
    fn operation(&self, request: &Request, wrong: &mut Vec<String>) -> Option<&Value> {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |operation: &&Value| {
            let parts: Vec<&str> = operation["path"].as_str().unwrap().split('/').collect();
            operation["method"] == *request.method
                && parts.len() == asked.len()
                && parts.iter().zip(&asked).all(|(part, one)| part.starts_with('{') || part == one)
        };
        let operation = self.0["operations"].as_array().unwrap().iter().find(fits)?;
        let template = operation["path"].as_str().unwrap().split('/');
        let named = template.zip(&asked).filter_map(|(part, value)| {
            Some((part.strip_prefix('{')?.strip_suffix('}')?, *value, &operation["parameters"]))
        });
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let queried = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name, value, &operation["query"])
        });
        for (name, value, described) in named.chain(queried) {
            let Some(schema) = described.get(name) else {
                wrong.push(format!("{}: GitHub describes no parameter `{name}`", request.path));
                continue;
            };
            // A parameter of another type than text is written in JSON.
            let value = match schema["type"].as_str() {
                Some("string") => json!(value),
                _ => serde_json::from_str(value).unwrap_or_else(|_| json!(value)),
            };
            wrong.extend(
                self.faults(schema, &value).map(|fault| format!("{}: `{name}`: {fault}", request.path)),
            );
        }
        Some(operation)
    }

    /// What a schema does not allow.
    fn faults(&self, schema: &Value, value: &Value) -> impl Iterator<Item = String> + use<> {
        let whole = json!({ "components": self.0["components"], "allOf": [schema] });
        let validator: Validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        faults.into_iter()
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(to) => self.resolved(self.0.pointer(to.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }

    /// The parts of a schema of which a value has all: itself and `allOf`, and the first of `anyOf` and `oneOf`.
    fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.resolved(schema);
        let all = schema["allOf"].as_array().into_iter().flatten();
        let first = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].get(0));
        std::iter::once(schema).chain(all.chain(first).flat_map(|part| self.parts(part))).collect()
    }

    /// The schema of a member of an object.
    fn member<'a>(&'a self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        self.parts(schema).into_iter().find_map(|part| part["properties"].get(name))
    }

    /// A value with every member that its schema requires. A member that the schema does not describe is wrong.
    fn filled(&self, schema: &Value, said: &Value, what: &str, wrong: &mut Vec<String>) -> Value {
        match said {
            Value::Array(items) => {
                let schema = self.parts(schema).into_iter().find_map(|part| part.get("items")).unwrap();
                items.iter().map(|item| self.filled(schema, item, what, wrong)).collect()
            }
            Value::Object(members) => {
                let mut whole = self.required(schema);
                for (name, value) in members {
                    match self.member(schema, name) {
                        Some(schema) => {
                            whole.insert(name.clone(), self.filled(schema, value, what, wrong));
                        }
                        None => {
                            wrong.push(format!("{what}: the answer: GitHub describes no member `{name}`"))
                        }
                    }
                }
                Value::Object(whole)
            }
            other => other.clone(),
        }
    }

    /// The least value that a schema allows.
    fn least(&self, schema: &Value) -> Value {
        let parts = self.parts(schema);
        let find = |key: &str| parts.iter().find_map(|part| part.get(key));
        if let Some(first) = find("enum").and_then(|values| values.get(0)) {
            return first.clone();
        }
        let kind = match find("type") {
            Some(Value::Array(_)) => "null",
            Some(kind) => kind.as_str().unwrap(),
            None => "object",
        };
        match (kind, find("format").and_then(Value::as_str)) {
            ("null", _) => Value::Null,
            ("boolean", _) => json!(false),
            ("integer" | "number", _) => json!(1),
            ("array", _) => json!([]),
            ("string", Some("date-time")) => json!("2026-11-24T12:00:00Z"),
            ("string", Some("uri")) => json!("https://github.example/"),
            ("string", Some("email")) => json!("a@github.example"),
            ("string", _) => json!("x"),
            _ => Value::Object(self.required(schema)),
        }
    }

    /// The members that a schema requires, each with the least value.
    fn required(&self, schema: &Value) -> Map<String, Value> {
        let parts = self.parts(schema).into_iter();
        let names = parts
            .flat_map(|part| part["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        let least = |name: &str| self.member(schema, name).map_or(Value::Null, |schema| self.least(schema));
        names.map(|name| (name.to_owned(), least(name))).collect()
    }
}

#[test]
fn exchange_that_github_does_not_describe_is_wrong() {
    let described = OpenApi::read();
    let wrong = |method: &str, path: &str, body: &str, status: u16, answer: Value| {
        let path = format!("/repos/acme/policies{path}");
        let mut wrong = Vec::new();
        let request = Request::new(method, &path, body);
        described.exchange(&request, &mut Answer::json(status, &answer), &mut wrong);
        wrong.join("\n")
    };
    let comments = "/issues/7/comments";
    assert_eq!(wrong("POST", comments, r#"{"body": "x"}"#, 201, json!({ "id": 1 })), "");
    for (found, says) in [
        (wrong("GET", "/issues/7/notes", "", 200, json!([])), "no such operation"),
        (wrong("GET", "/issues/7/comments?per=1", "", 200, json!([])), "no parameter `per`"),
        (wrong("GET", "/issues/7/comments?page=x", "", 200, json!([])), "`page`"),
        (wrong("GET", comments, "{}", 200, json!([])), "takes no body"),
        (wrong("POST", comments, "{}", 201, json!({})), "\"body\" is a required property"),
        (wrong("POST", comments, r#"{"body": 1}"#, 201, json!({})), "is not of type"),
        (wrong("POST", comments, r#"{"body": "", "text": ""}"#, 201, json!({})), "no member `text`"),
        (wrong("GET", comments, "", 202, json!([])), "no answer 202"),
        (wrong("GET", comments, "", 200, json!({})), "is not of type"),
        (wrong("GET", comments, "", 200, json!([{ "login": "x" }])), "no member `login`"),
        (wrong("GET", comments, "", 200, json!([{ "id": "x" }])), "is not of type"),
    ] {
        assert!(found.contains(says), "{says}: {found}");
    }
}
