//! As much of JSON Schema as the documents in docs/schemas use, to hold what redd prints against them.

use std::path::Path;

use serde_json::Value;

/// A schema of docs/schemas.
#[derive(Debug)]
pub struct Schema(Value);

impl Schema {
    /// Reads one.
    ///
    /// # Panics
    /// It is not there, or no JSON.
    #[must_use]
    pub fn read(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
        let text = std::fs::read(directory.join(format!("{name}.json"))).unwrap();
        Self(serde_json::from_slice(&text).unwrap())
    }

    /// Where a value is not as the schema says.
    #[must_use]
    pub fn breaches(&self, value: &Value) -> Vec<String> {
        let mut breaches = Vec::new();
        self.check(&self.0, value, "$", &mut breaches);
        breaches
    }

    fn check(&self, schema: &Value, value: &Value, place: &str, breaches: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').expect("references stay in the document");
            let target = self.0.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"));
            return self.check(target, value, place, breaches);
        }
        refuse_unknown_words(schema);
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.clone(),
            Value::Null => Vec::new(),
            kind => vec![kind.clone()],
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(value, kind.as_str().unwrap_or_default())) {
            breaches.push(format!("{place} is {value}, and not {}", schema["type"]));
            return;
        }
        if let Some(values) = schema["enum"].as_array()
            && !values.contains(value)
        {
            breaches.push(format!("{place} is {value}, and none of {}", schema["enum"]));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{place}[{index}]"), breaches);
        }
        let Some(object) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                breaches.push(format!("{place} has no {name}"));
            }
        }
        for (name, value) in object {
            match schema["properties"].get(name) {
                Some(schema) => self.check(schema, value, &format!("{place}.{name}"), breaches),
                None if schema["additionalProperties"] == Value::Bool(false) => {
                    breaches.push(format!("{place}.{name} is not documented"));
                }
                None => {}
            }
        }
    }
}

/// What is not checked must not be in a schema.
fn refuse_unknown_words(schema: &Value) {
    const KNOWN: [&str; 11] = [
        "$schema",
        "$defs",
        "title",
        "description",
        "type",
        "enum",
        "items",
        "required",
        "properties",
        "additionalProperties",
        "format",
    ];
    for word in schema.as_object().into_iter().flatten().map(|(word, _)| word) {
        assert!(KNOWN.contains(&word.as_str()), "nobody checks {word}");
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        kind => panic!("there is no type {kind}"),
    }
}
