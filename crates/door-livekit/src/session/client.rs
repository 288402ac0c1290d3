//! What the client is, and what that means for its connections.

use livekit_protocol as proto;
use moim_sfu::{Directions, IceMode};
use moim_types::{Codec, MediaKind};
use proto::client_info::Sdk;

use crate::wire::codec::mime_type;

/// How many WebRTC connections the client makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connections {
    /// One to publish over and one to view over.
    Dual,
    /// One for both.
    Single,
}

/// A client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) info: proto::ClientInfo,
    pub(crate) connections: Connections,
    pub(crate) disable_ice_lite: bool,
    /// It asked not to be reached over UDP.
    pub(crate) avoids_udp: bool,
}

/// Codecs that a client must not be given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Quirks {
    /// Neither for publishing nor for viewing.
    never: Vec<Codec>,
    /// Not for publishing.
    publish: Vec<Codec>,
}

impl Client {
    /// Whether it is one that comes again by itself where it asked for another path.
    pub(crate) fn finds_its_way(&self) -> bool {
        self.info.sdk == i32::from(Sdk::Js)
    }

    /// The protocol's generation.
    pub(crate) const fn protocol(&self) -> i32 {
        self.info.protocol
    }

    /// How the client's legs find a path. Firefox is given full ICE: with a lite server it fails on some networks.
    pub(crate) fn ice_mode(&self) -> IceMode {
        if self.is_browser("firefox") || self.protocol() <= 5 || self.disable_ice_lite {
            IceMode::Full
        } else {
            IceMode::Lite
        }
    }

    /// Codecs for a leg. A connection for both ways keeps what may only not be published: the same section receives.
    pub(crate) fn codecs(&self, enabled: &[Codec], directions: Directions) -> Vec<Codec> {
        let quirks = self.quirks();
        let is_good = |codec: &Codec| {
            let withheld = directions == Directions::Ingress && quirks.publish.contains(codec);
            !withheld && !quirks.never.contains(codec)
        };
        enabled.iter().copied().filter(is_good).collect()
    }

    /// Codecs that it may publish, as it is told: video first, since an old SDK takes the first for video.
    pub(crate) fn publish_codecs(&self, enabled: &[Codec]) -> Vec<proto::Codec> {
        let codecs = self.codecs(enabled, Directions::Ingress);
        let (video, audio): (Vec<_>, Vec<_>) = codecs.into_iter().partition(|codec| codec.kind() == MediaKind::Video);
        messages(video.into_iter().chain(audio))
    }

    /// What the client is told of its quirks; `None` when it has none.
    pub(crate) fn configuration(&self) -> Option<proto::ClientConfiguration> {
        let quirks = self.quirks();
        if quirks == Quirks::default() {
            return None;
        }
        let disabled = proto::DisabledCodecs { codecs: messages(quirks.never), publish: messages(quirks.publish) };
        Some(proto::ClientConfiguration { disabled_codecs: Some(disabled), ..Default::default() })
    }

    fn quirks(&self) -> Quirks {
        let mut quirks = Quirks::default();
        if self.is_browser("safari") {
            quirks.never.push(Codec::Av1);
            if version_of(&self.info.browser_version) > (18, 3) {
                quirks.publish.push(Codec::Vp9);
            }
        }
        if self.is_browser("firefox") && (self.is_os("linux") || self.is_os("android")) {
            quirks.publish.push(Codec::H264);
        }
        if self.info.device_model.to_ascii_lowercase().contains("2201117ti") {
            quirks.publish.push(Codec::H264);
        }
        quirks
    }

    fn is_browser(&self, name: &str) -> bool {
        self.info.sdk == i32::from(Sdk::Js) && self.info.browser.to_ascii_lowercase().contains(name)
    }

    fn is_os(&self, name: &str) -> bool {
        self.info.os.to_ascii_lowercase().contains(name)
    }
}

fn messages(codecs: impl IntoIterator<Item = Codec>) -> Vec<proto::Codec> {
    codecs.into_iter().map(|codec| proto::Codec { mime: mime_type(codec).to_owned(), ..Default::default() }).collect()
}

/// The first two numbers of a version; zero where there is none.
fn version_of(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').map(|number| number.trim().parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENABLED: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1];

    fn client(browser: &str, version: &str, os: &str) -> Client {
        let info = proto::ClientInfo {
            sdk: Sdk::Js.into(),
            protocol: 17,
            browser: browser.into(),
            browser_version: version.into(),
            os: os.into(),
            ..Default::default()
        };
        Client { info, connections: Connections::Dual, disable_ice_lite: false, avoids_udp: false }
    }

    #[test]
    fn firefox_gets_full_ice_and_on_linux_publishes_no_h264() {
        let firefox = client("Firefox", "153.0", "Linux");
        assert_eq!(firefox.ice_mode(), IceMode::Full);
        assert!(!firefox.codecs(&ENABLED, Directions::Ingress).contains(&Codec::H264));
        for directions in [Directions::Egress, Directions::Both] {
            assert!(firefox.codecs(&ENABLED, directions).contains(&Codec::H264), "receiving is not touched");
        }
        assert!(client("Firefox", "153.0", "Windows").configuration().is_none());
    }

    #[test]
    fn safari_gets_no_av1_and_when_new_publishes_no_vp9() {
        let old = client("Safari", "18.3", "macOS");
        assert_eq!(old.codecs(&ENABLED, Directions::Both), [Codec::Opus, Codec::Vp8, Codec::H264, Codec::Vp9]);
        let new = client("Safari", "18.4.1", "macOS");
        assert_eq!(new.codecs(&ENABLED, Directions::Ingress), [Codec::Opus, Codec::Vp8, Codec::H264]);
        let told = new.configuration().and_then(|it| it.disabled_codecs).expect("it is told");
        assert_eq!((told.codecs[0].mime.as_str(), told.publish[0].mime.as_str()), ("video/AV1", "video/VP9"));
    }

    #[test]
    fn codecs_to_publish_are_told_video_first() {
        let told = client("Chrome", "156", "Linux").publish_codecs(&ENABLED);
        let mimes: Vec<_> = told.iter().map(|codec| codec.mime.as_str()).collect();
        assert_eq!(mimes, ["video/VP8", "video/H264", "video/VP9", "video/AV1", "audio/opus"]);
    }

    #[test]
    fn an_old_protocol_or_a_wish_gets_full_ice() {
        let mut chrome = client("Chrome", "156", "Linux");
        assert_eq!(chrome.ice_mode(), IceMode::Lite);
        chrome.disable_ice_lite = true;
        assert_eq!(chrome.ice_mode(), IceMode::Full);
        chrome.disable_ice_lite = false;
        chrome.info.protocol = 5;
        assert_eq!(chrome.ice_mode(), IceMode::Full);
    }
}
