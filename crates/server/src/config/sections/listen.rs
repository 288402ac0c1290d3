//! `[listen]`.

use moim_net::listen::Limits;

use crate::config::problems::Problems;
use crate::config::settings::ListenSettings;
use crate::config::tree;
use crate::config::values::{listen, number};

pub(super) fn understand(section: &tree::Listen, problems: &mut Problems) -> Option<ListenSettings> {
    let https = problems.take(listen("listen.https", &section.https));
    let http = problems.take(listen("listen.http", &section.http));
    let metrics = problems.take(listen("listen.metrics", &section.metrics));
    let total = problems.take(number("listen.max_connections", section.max_connections, 10..=1_000_000));
    let per_address =
        problems.take(number("listen.max_connections_per_address", section.max_connections_per_address, 1..=1_000_000));
    Some(ListenSettings {
        https: https?,
        http: http?,
        metrics: metrics?,
        limits: Limits { total: total?, per_address: per_address? },
    })
}
