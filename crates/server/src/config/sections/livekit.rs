//! `[livekit]`.

use std::collections::BTreeMap;
use std::time::Duration;

use moim_types::Redacted;

use super::secret;
use crate::config::Mode;
use crate::config::problems::Problems;
use crate::config::settings::{LivekitSettings, WebhookSettings};
use crate::config::tree;
use crate::config::values::{number, web_address};

pub(super) fn understand(section: tree::Livekit, mode: Mode, problems: &mut Problems) -> Option<LivekitSettings> {
    let seconds = |key, value| number(key, value, 0..=86_400 * 30).map(Duration::from_secs);
    let empty = problems.take(seconds("livekit.empty_timeout_s", section.empty_timeout_s));
    let departure = problems.take(seconds("livekit.departure_timeout_s", section.departure_timeout_s));
    let most = problems.take(number("livekit.max_participants", section.max_participants, 0..=100_000));
    let rooms = problems.take(number("livekit.max_rooms", section.max_rooms, 1..=1_000_000));
    let keys = problems.take(keys(section.keys, mode));
    let webhooks = problems.take(webhooks(section.webhook_urls, section.webhook_key, keys.as_ref()));
    Some(LivekitSettings {
        keys: keys?,
        auto_create: section.auto_create,
        empty_timeout: empty?,
        departure_timeout: departure?,
        max_participants: most?,
        max_rooms: rooms?,
        remote_unmute: section.enable_remote_unmute,
        data_blobs: section.enable_data_blobs,
        webhooks: webhooks?,
    })
}

type Keys = BTreeMap<String, Redacted<String>>;

fn keys(written: BTreeMap<String, String>, mode: Mode) -> Result<Keys, String> {
    let mut keys = BTreeMap::new();
    for (name, text) in written {
        if name.is_empty() || name.len() > 128 {
            return Err("livekit.keys has a key without a name, or with one of more than 128 characters".to_owned());
        }
        let Some(secret) = secret(&format!("livekit.keys.{name}"), text, mode)? else {
            return Err(format!("livekit.keys.{name} has no secret: write {{ {name} = \"…\" }}, or take it out"));
        };
        keys.insert(name, secret);
    }
    Ok(keys)
}

/// Without a key of its own, the first of all keys signs.
fn webhooks(urls: Vec<String>, key: String, keys: Option<&Keys>) -> Result<Option<WebhookSettings>, String> {
    let urls = urls.iter().map(|url| web_address("livekit.webhook_urls", url)).collect::<Result<Vec<_>, _>>()?;
    let Some(keys) = keys else { return Ok(None) };
    if !key.is_empty() && !keys.contains_key(&key) {
        return Err(format!("livekit.webhook_key = \"{key}\" is none of livekit.keys: name one of them"));
    }
    let key = if key.is_empty() { keys.keys().next().cloned() } else { Some(key) };
    match (urls.is_empty(), key) {
        (true, _) => Ok(None),
        (false, None) => {
            Err("livekit.webhook_urls are set, but there is no key to sign with: set livekit.keys".to_owned())
        }
        (false, Some(key)) => Ok(Some(WebhookSettings { urls, key })),
    }
}
