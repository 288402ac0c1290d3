//! Keys from the environment: `MOIM_` + section + key, in capitals.

use toml::{Table, Value};

use super::merge::{is_free, key_names, nearest};
use super::problems::Problems;

const PREFIX: &str = "MOIM_";

/// Variables that are no keys of the file.
const OTHERS: [&str; 1] = [CONFIG_FILE];

/// Names the configuration file, like `--config`.
pub(crate) const CONFIG_FILE: &str = "MOIM_CONFIG";

/// Lays the environment over `known`.
///
/// A `MOIM_` variable of one of our sections that is no key is a problem. Others are somebody else's:
/// the name that may have been meant is returned as a warning.
pub(super) fn over(
    known: &mut Table,
    variables: impl Iterator<Item = (String, String)>,
    problems: &mut Problems,
) -> Vec<String> {
    let keys: Vec<(String, String)> = leaves(known).into_iter().map(|path| (variable(&path), path)).collect();
    let names: Vec<String> = keys.iter().map(|(name, _)| bare(name).to_owned()).collect();
    let sections: Vec<String> = known.keys().map(|key| variable(key) + "_").collect();
    let mut warnings = Vec::new();
    for (name, text) in variables {
        if !name.starts_with(PREFIX) || OTHERS.contains(&name.as_str()) {
            continue;
        }
        if let Some((_, path)) = keys.iter().find(|(known, _)| *known == name) {
            set(known, path, &name, &text, problems);
            continue;
        }
        let meant = nearest(bare(&name), &names).map(|meant| format!("{PREFIX}{meant}"));
        if sections.iter().any(|section| name.starts_with(section)) {
            let hint = meant.map_or_else(|| ". Unset it".to_owned(), |meant| format!(". Did you mean {meant}?"));
            problems.add(format!("the environment variable {name} is no setting{hint}"));
        } else if let Some(meant) = meant {
            warnings.push(format!("the environment variable {name} has no effect; the nearest setting is {meant}"));
        }
    }
    warnings
}

/// The name without what all names share, which would make them look alike.
fn bare(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "_").to_ascii_uppercase())
}

/// The keys that hold values, maps of the user's choice among them.
fn leaves(known: &Table) -> Vec<String> {
    let is_leaf = |path: &String| is_free(path) || lookup(known, path).is_some_and(|value| !value.is_table());
    key_names(known, "").into_iter().filter(is_leaf).collect()
}

fn lookup<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let first = table.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

fn set(known: &mut Table, path: &str, name: &str, text: &str, problems: &mut Problems) {
    let mut keys = path.split('.');
    let Some(first) = keys.next().and_then(|key| known.get_mut(key)) else {
        return;
    };
    let Some(slot) = keys.try_fold(first, |value, key| value.get_mut(key)) else {
        return;
    };
    match parse(slot, text) {
        Ok(value) => *slot = value,
        Err(expected) => problems.add(format!("the environment variable {name} ({path}) must be {expected}")),
    }
}

/// Reads a text as the kind of value that the key has. Never shows the text: it may be a secret.
fn parse(slot: &Value, text: &str) -> Result<Value, &'static str> {
    match slot {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
        Value::Array(_) => Ok(Value::Array(items(text).map(|item| Value::String(item.to_owned())).collect())),
        Value::Table(_) => items(text)
            .map(|item| {
                let (name, value) = item.split_once('=').ok_or("a list like name=password,other=password")?;
                Ok((name.trim().to_owned(), Value::String(value.to_owned())))
            })
            .collect::<Result<Table, _>>()
            .map(Value::Table),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
