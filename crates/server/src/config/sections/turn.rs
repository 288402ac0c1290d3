//! `[turn]`.

use moim_types::Redacted;

use crate::config::Mode;
use crate::config::problems::Problems;
use crate::config::settings::TurnSettings;
use crate::config::tree;
use crate::config::values::{listen, networks, number, one_of_each_family, ports};

use super::secret;

/// `None` together with a problem; `Some(None)`: switched off.
#[expect(clippy::option_option, reason = "the outer one is how every section says that it has noted a problem")]
pub(super) fn understand(section: tree::Turn, mode: Mode, problems: &mut Problems) -> Option<Option<TurnSettings>> {
    if !section.redis_url.is_empty() {
        problems.add(
            "turn.redis_url is set, but this version cannot read users from Redis: take it out and use turn.users or turn.shared_secret",
        );
    }
    let udp = problems.take(listen("turn.listen", &section.listen));
    let tls = problems.take(listen("turn.tls_listen", &section.tls_listen));
    let external = problems.take(one_of_each_family("turn.external_ip", &section.external_ip));
    let relay_ports = problems.take(ports("turn.relay_ports", &section.relay_ports));
    let secret = problems.take(secret("turn.shared_secret", section.shared_secret, mode));
    let realm = problems.take(realm(&section.realm));
    let users = problems.take(users(section.users));
    let quota = |key, value| number(key, value, 0..=i64::from(u32::MAX));
    let user_quota = problems.take(number("turn.user_quota", section.user_quota, 1..=1_000_000));
    let total_quota = problems.take(quota("turn.total_quota", section.total_quota));
    let max_bps = problems.take(number("turn.max_bps_per_user", section.max_bps_per_user, 0..=i64::MAX));
    let allow = problems.take(networks("turn.peers.allow", &section.peers.allow));
    let deny = problems.take(networks("turn.peers.deny", &section.peers.deny));
    let (listen, tls_listen) = (udp?, tls?);
    let (external_ipv4, external_ipv6) = external?;
    let settings = TurnSettings {
        listen,
        tls_listen,
        realm: realm?,
        external_ipv4,
        external_ipv6,
        relay_ports: relay_ports?,
        shared_secret: secret?,
        users: users?,
        user_quota: user_quota?,
        total_quota: total_quota?,
        max_bps_per_user: max_bps?,
        allow: allow?,
        deny: deny?,
    };
    let is_on = listen.is_some() || tls_listen.is_some();
    Some(is_on.then_some(settings))
}

/// RFC 8489 §14.9: at most 127 characters, and quoted when compared.
fn realm(realm: &str) -> Result<String, String> {
    let fits = !realm.is_empty() && realm.chars().count() <= 127;
    if fits && !realm.chars().any(|c| c.is_control() || c == '"') {
        Ok(realm.to_owned())
    } else {
        Err("turn.realm must have 1 to 127 characters and no quotes: a word or your domain's name is usual".to_owned())
    }
}

fn users(
    users: std::collections::BTreeMap<String, String>,
) -> Result<std::collections::BTreeMap<String, Redacted<String>>, String> {
    let nameless = users.iter().any(|(name, password)| name.is_empty() || password.is_empty());
    if nameless {
        return Err("turn.users has an empty name or password: give every user both".to_owned());
    }
    let wrap = |(name, password)| (name, Redacted::new(password));
    Ok(users.into_iter().map(wrap).collect())
}
