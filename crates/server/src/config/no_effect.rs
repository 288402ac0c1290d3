//! Keys of features that this version does not have.

use toml::{Table, Value};

use super::tree::{Listen, Tree};

/// One sentence for each section whose keys were set and do nothing.
pub(super) fn warnings(tree: &Tree) -> Vec<String> {
    let defaults = Tree::default();
    let sections = [
        ("openvidu", changed(&tree.openvidu, &defaults.openvidu)),
        ("kurento", changed(&tree.kurento, &defaults.kurento)),
    ];
    let mut keys: Vec<String> = sections
        .into_iter()
        .flat_map(|(section, keys)| keys.into_iter().map(move |key| format!("{section}.{key}")))
        .collect();
    if tree.listen.kurento != Listen::default().kurento {
        keys.push("listen.kurento".to_owned());
    }
    match keys.as_slice() {
        [] => Vec::new(),
        [one] => vec![format!("{one} has no effect in this version")],
        many => vec![format!("{} have no effect in this version", many.join(", "))],
    }
}

/// The keys whose values are not the defaults.
fn changed<T: serde::Serialize>(section: &T, default: &T) -> Vec<String> {
    let (Ok(section), Ok(default)) = (Table::try_from(section), Table::try_from(default)) else {
        return Vec::new();
    };
    let differs = |(key, value): (String, Value)| (default.get(&key) != Some(&value)).then_some(key);
    section.into_iter().filter_map(differs).collect()
}
