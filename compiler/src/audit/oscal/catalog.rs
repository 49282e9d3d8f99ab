//! The catalogue: every control that the other files name, with its title and what it asks in words of Holdfast or of the user.

use serde_json::{Value, json};

use super::context::Context;

pub(super) fn document(context: &Context<'_>) -> Value {
    let mut groups = Vec::new();
    for assessed in &context.audit.frameworks {
        let framework = assessed.framework;
        let controls: Vec<Value> = assessed
            .controls
            .iter()
            .map(|one| {
                let id = context.id(framework, one);
                json!({
                    "id": id,
                    "title": context.text(&one.control.title),
                    "props": [{ "name": "label", "value": one.control.label.trim() }],
                    "parts": [{
                        "id": format!("{id}_smt"),
                        "name": "statement",
                        "prose": context.text(&one.control.asks),
                    }],
                })
            })
            .collect();
        if controls.is_empty() {
            continue;
        }
        let mut group = json!({
            "id": framework.id,
            "title": context.text(&framework.title),
            "controls": controls,
        });
        if let (Value::Object(group), Some(catalog)) = (&mut group, &framework.catalog) {
            let link = json!({ "href": catalog.href.as_str(), "rel": "reference" });
            group.insert("links".to_owned(), json!([link]));
        }
        groups.push(group);
    }
    json!({
        "catalog": {
            "uuid": context.uuid("catalog", &context.moment()),
            "metadata": context.metadata("Controls of the audit"),
            "groups": groups,
        }
    })
}
