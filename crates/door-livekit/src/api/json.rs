//! Answers in JSON as LiveKit writes them: names in snake case, and nothing left out because it is
//! zero or empty.
//!
//! The protocol crate writes the other form (camel case, defaults left out), which is what
//! webhooks use. [`write()`] makes the one out of the other, along the answer's [`Field`]s.

use serde_json::{Map, Value};

use super::schema::{Answer, Field, Kind};

/// An answer's JSON.
pub(super) fn write<A: Answer>(answer: &A) -> Vec<u8> {
    // The messages have string keys and finite numbers only, so neither step fails.
    let plain = serde_json::to_value(answer).unwrap_or_default();
    serde_json::to_vec(&complete(plain, A::FIELDS)).unwrap_or_default()
}

/// `plain` with every field of `fields`.
pub(super) fn complete(plain: Value, fields: &[Field]) -> Value {
    let Value::Object(mut given) = plain else { return plain };
    let whole: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let value = match given.remove(&camel_case(field.name)) {
                Some(value) => within(value, field.kind),
                None => default(field.kind),
            };
            (field.name.to_owned(), value)
        })
        .collect();
    Value::Object(whole)
}

fn within(value: Value, kind: Kind) -> Value {
    match (value, kind) {
        (value, Kind::Message(fields)) => complete(value, fields),
        (Value::Array(items), Kind::Messages(fields)) => items.into_iter().map(|item| complete(item, fields)).collect(),
        (value, _) => value,
    }
}

fn default(kind: Kind) -> Value {
    match kind {
        Kind::Text => "".into(),
        Kind::Number => 0.into(),
        // Numbers of 64 bits are strings: JavaScript's are exact up to 53.
        Kind::Long => "0".into(),
        Kind::Flag => false.into(),
        Kind::Name(name) => name.into(),
        Kind::Message(_) | Kind::AsItIs => Value::Null,
        Kind::Messages(_) | Kind::List => Value::Array(Vec::new()),
        Kind::Map => Value::Object(Map::new()),
    }
}

/// A field's name as the protocol crate writes it: `num_participants` is `numParticipants`.
pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut result = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        result.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        result.push_str(letters.as_str());
    }
    result
}
