//! Lays what somebody wrote over the defaults, and notes each key and kind of value that does not fit.

use toml::{Table, Value};

use super::problems::Problems;
use super::tree::FREE_MAPS;

/// Lays `written` over `known`. A key that `known` does not have is a problem, with the nearest name there is.
pub(super) fn over(known: &mut Table, written: Table, problems: &mut Problems) {
    let names = key_names(known, "");
    merge(known, written, "", &names, problems);
}

fn merge(known: &mut Table, written: Table, path: &str, names: &[String], problems: &mut Problems) {
    for (key, value) in written {
        let full = join(path, &key);
        let Some(slot) = known.get_mut(&key) else {
            problems.add(format!(
                "there is no key {full}{}",
                nearest(&full, names)
                    .map_or_else(|| ". Take it out".to_owned(), |name| format!(". Did you mean {name}?"))
            ));
            continue;
        };
        match (slot, value) {
            (Value::Table(map), Value::Table(entries)) if is_free(&full) => {
                fill(map, entries, &full, problems);
            }
            (Value::Table(inner), Value::Table(entries)) => {
                merge(inner, entries, &full, names, problems);
            }
            (slot, value) if fits(slot, &value) => *slot = value,
            (slot, value) => {
                problems.add(format!("{full} must be {}, not {}", kind(slot), kind(&value)));
            }
        }
    }
}

/// A map with names of the user's choice: each value is a string.
fn fill(map: &mut Table, entries: Table, path: &str, problems: &mut Problems) {
    for (name, value) in entries {
        if value.is_str() {
            map.insert(name, value);
        } else {
            problems.add(format!("each value in {path} must be a string"));
        }
    }
}

fn fits(slot: &Value, value: &Value) -> bool {
    match (slot, value) {
        (Value::Array(_), Value::Array(items)) => items.iter().all(Value::is_str),
        _ => slot.same_type(value),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string in quotes",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a decimal number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list of strings",
        Value::Table(_) => "a section",
    }
}

/// The full names of all keys below a table, sections among them.
pub(super) fn key_names(table: &Table, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in table {
        let full = join(path, key);
        if let Value::Table(inner) = value {
            names.extend(key_names(inner, &full));
        }
        names.push(full);
    }
    names
}

pub(super) fn is_free(path: &str) -> bool {
    FREE_MAPS.contains(&path)
}

/// The known name that was most likely meant: one that is close as a whole, or the same key in another section.
pub(super) fn nearest<'a>(written: &str, names: &'a [String]) -> Option<&'a str> {
    let closeness = |name: &str| {
        let whole = strsim::jaro_winkler(written, name);
        let same_key = last(written) == last(name);
        if same_key { whole.max(0.9) } else { whole }
    };
    let best = names.iter().map(|name| (closeness(name), name)).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.8).then_some(best.1)
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
