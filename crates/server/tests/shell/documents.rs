//! The documents say what the server does: each metric it has, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{Server, get, plain};

/// Words of this text that are names of metrics.
fn metrics_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with("moim_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_on_operation_names_every_metric_and_no_other() {
    let server = Server::start();
    let shown = plain(server.ports().metrics, &get("/metrics"));
    let typed: String = shown.lines().filter(|line| line.starts_with("# TYPE ")).collect::<Vec<_>>().join("\n");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    assert_eq!(metrics_in(&fs::read_to_string(page).unwrap()), metrics_in(&typed));
}
