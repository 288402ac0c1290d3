//! `[direct]`.

use crate::config::Mode;
use crate::config::problems::Problems;
use crate::config::settings::{DirectSettings, Origins};
use crate::config::tree;
use crate::config::values::{number, origin};

use super::secret;

pub(super) fn understand(section: tree::Direct, mode: Mode, problems: &mut Problems) -> Option<DirectSettings> {
    let token = problems.take(secret("direct.token", section.token, mode));
    let origins = problems.take(origins(&section.allowed_origins));
    let bytes = problems.take(number("direct.max_message_bytes", section.max_message_bytes, 1024..=1_048_576));
    let per_second = problems.take(number("direct.messages_per_second", section.messages_per_second, 1..=100_000));
    let peers = problems.take(number("direct.max_peers_per_room", section.max_peers_per_room, 2..=10_000));
    let rooms = problems.take(number("direct.max_rooms", section.max_rooms, 1..=10_000_000));
    let arrivals = problems.take(number("direct.arrivals_per_second", section.arrivals_per_second, 1..=100_000));
    Some(DirectSettings {
        token: token?,
        origins: origins?,
        max_message_bytes: bytes?,
        messages_per_second: per_second?,
        max_peers_per_room: peers?,
        max_rooms: rooms?,
        arrivals_per_second: arrivals?,
    })
}

fn origins(list: &[String]) -> Result<Origins, String> {
    if list.iter().any(|item| item == "*") {
        return Ok(Origins::Any);
    }
    let key = "direct.allowed_origins";
    let all: Result<_, _> = list.iter().map(|text| origin(key, text)).collect();
    all.map(Origins::Only)
}
