//! Reads what an offer or an answer of the remote side says about its sections, as text.
//!
//! The WebRTC library reads SDP too, but keeps to itself who offered what; and it should not see
//! what could hurt it: too many candidates, host names in candidates.

use std::collections::BTreeSet;
use std::net::IpAddr;

use moim_types::MediaKind;

use super::intake::Intake;

/// What the remote side said.
#[derive(Debug)]
pub(super) struct RemoteText {
    /// Its sections, in order.
    pub(super) sections: Vec<RemoteSection>,
    /// Some section agrees to transport-wide congestion control.
    pub(super) transport_cc: bool,
    /// The text without candidates that are of no use.
    pub(super) text: String,
    /// How many lines were left out.
    pub(super) candidates_dropped: u64,
}

/// One section (`m=`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteSection {
    pub(super) mid: String,
    /// `None`: not sound or picture.
    pub(super) kind: Option<MediaKind>,
    /// The port is 0 and it is not bundled: it is of no use any more.
    pub(super) rejected: bool,
    pub(super) sends: bool,
    pub(super) receives: bool,
    pub(super) stream: Option<String>,
    pub(super) track: Option<String>,
    /// In the order of `a=simulcast`.
    pub(super) rids: Vec<String>,
}

/// Why the text was not even handed to the library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the session description has {0} bytes, more than the {1} that are taken")]
    TooLong(usize, usize),
    #[error("the session description has more than {0} sections")]
    TooManySections(usize),
    #[error("a section of the session description has more than {0} lines")]
    TooManyLines(usize),
    #[error("the session descriptions of this connection declare more than {0} streams (a=ssrc)")]
    TooManyStreams(usize),
    #[error("section {0} has no a=mid, which is needed for BUNDLE (RFC 8843)")]
    NoMid(usize),
    #[error("the a=mid of section {0} has more than 16 characters, or other than letters and digits")]
    BadMid(usize),
    #[error("section {0} has the a=mid of another (RFC 5888 §4)")]
    SameMid(usize),
}

impl RemoteText {
    /// Reads a session description.
    pub(super) fn read(text: &str, intake: &mut Intake) -> Result<Self, Unreadable> {
        let bounds = *intake.bounds();
        if text.len() > bounds.sdp_bytes {
            return Err(Unreadable::TooLong(text.len(), bounds.sdp_bytes));
        }
        // Browsers write it behind the candidates that belong to it.
        if let Some(fragment) = text.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")) {
            intake.name(fragment.trim_end());
        }
        let mut read = Self {
            sections: Vec::new(),
            transport_cc: false,
            text: String::with_capacity(text.len()),
            candidates_dropped: 0,
        };
        let (mut lines, mut streams) = (0, BTreeSet::new());
        for line in text.lines().map(str::trim_end) {
            lines += 1;
            if line.starts_with("m=") {
                lines = 0;
                if read.sections.len() == bounds.remote_sections {
                    return Err(Unreadable::TooManySections(bounds.remote_sections));
                }
            }
            if lines > bounds.section_lines {
                return Err(Unreadable::TooManyLines(bounds.section_lines));
            }
            if let Some(candidate) = line.strip_prefix("a=").filter(|rest| rest.starts_with("candidate:"))
                && !intake.takes_candidate(candidate)
            {
                read.candidates_dropped += 1;
                continue;
            }
            streams.extend(declared_stream(line));
            read.take(line);
            read.text.push_str(line);
            read.text.push_str("\r\n");
        }
        read.check()?;
        if !intake.takes_streams(&streams) {
            return Err(Unreadable::TooManyStreams(bounds.remote_streams));
        }
        Ok(read)
    }

    fn take(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("m=") {
            self.sections.push(RemoteSection::begin(rest));
            return;
        }
        let Some(section) = self.sections.last_mut() else { return };
        self.transport_cc |= line.starts_with("a=rtcp-fb:") && line.ends_with(" transport-cc");
        section.take(line);
    }

    fn check(&self) -> Result<(), Unreadable> {
        let mut mids = BTreeSet::new();
        for (index, section) in self.sections.iter().enumerate() {
            if section.mid.is_empty() && !section.rejected {
                return Err(Unreadable::NoMid(index));
            }
            // The library keeps 16 characters and turns others into underscores; its answer would
            // then name another section.
            let plain = section.mid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if section.mid.len() > 16 || !plain {
                return Err(Unreadable::BadMid(index));
            }
            if !section.mid.is_empty() && !mids.insert(&section.mid) {
                return Err(Unreadable::SameMid(index));
            }
        }
        Ok(())
    }
}

impl RemoteSection {
    fn begin(rest: &str) -> Self {
        let mut words = rest.split(' ');
        let kind = match words.next() {
            Some("audio") => Some(MediaKind::Audio),
            Some("video") => Some(MediaKind::Video),
            _ => None,
        };
        Self {
            mid: String::new(),
            kind,
            rejected: words.next() == Some("0"),
            sends: true,
            receives: true,
            stream: None,
            track: None,
            rids: Vec::new(),
        }
    }

    fn take(&mut self, line: &str) {
        match line {
            "a=sendrecv" => (self.sends, self.receives) = (true, true),
            "a=sendonly" => (self.sends, self.receives) = (true, false),
            "a=recvonly" => (self.sends, self.receives) = (false, true),
            "a=inactive" => (self.sends, self.receives) = (false, false),
            // RFC 8843 §6: port 0 then means that the transport of another section is used.
            "a=bundle-only" => self.rejected = false,
            _ => self.take_value(line),
        }
    }

    fn take_value(&mut self, line: &str) {
        if let Some(mid) = line.strip_prefix("a=mid:") {
            mid.clone_into(&mut self.mid);
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            let mut words = msid.split(' ');
            self.stream = words.next().filter(|word| !word.is_empty() && *word != "-").map(str::to_owned);
            self.track = words.next().filter(|word| !word.is_empty()).map(str::to_owned);
        } else if let Some(simulcast) = line.strip_prefix("a=simulcast:") {
            self.rids = sent_rids(simulcast);
        }
    }
}

/// `send ~q;h,x recv z` → q, h: the first of alternatives, pause marks ignored (RFC 8853 §5.1).
fn sent_rids(simulcast: &str) -> Vec<String> {
    let mut words = simulcast.split(' ');
    while let Some(word) = words.next() {
        if word != "send" {
            continue;
        }
        let list = words.next().unwrap_or_default();
        let firsts = list.split(';').filter_map(|layer| layer.split(',').next());
        return firsts
            .map(|rid| rid.trim_start_matches('~').to_owned())
            .filter(|rid| !rid.is_empty())
            .take(8)
            .collect();
    }
    Vec::new()
}

/// `a=ssrc:` and `a=ssrc-group:` (RFC 5576 §4): a group names streams that lines of their own declare.
fn declared_stream(line: &str) -> Option<u32> {
    line.strip_prefix("a=ssrc:")?.split(' ').next()?.parse().ok()
}

/// `candidate:foundation component transport priority address port …` (RFC 8839 §5.1).
pub(super) fn has_address(candidate: &str) -> bool {
    candidate.split(' ').nth(4).is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bounds;

    fn read(text: &str, bounds: Bounds) -> Result<RemoteText, Unreadable> {
        RemoteText::read(text, &mut Intake::new(bounds))
    }

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=recvonly\r\n\
        a=candidate:1 1 udp 2113929471 203.0.113.100 10100 typ host\r\n\
        a=candidate:2 1 udp 2113929471 7a5b.local 10100 typ host\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\na=msid:stream cam\r\n\
        a=rtcp-fb:96 transport-cc\r\na=rid:q send\r\na=simulcast:send ~q;h;f,g\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:3\r\na=inactive\r\n";

    #[test]
    fn sections_are_read_as_the_remote_side_means_them() {
        let read = read(OFFER, Bounds::default()).unwrap();
        assert_eq!(read.sections.len(), 4);
        assert!(read.transport_cc);
        let [audio, video, data, gone] = &read.sections[..] else { unreachable!() };
        assert_eq!((audio.kind, audio.sends, audio.receives), (Some(MediaKind::Audio), false, true));
        assert_eq!((video.stream.as_deref(), video.track.as_deref()), (Some("stream"), Some("cam")));
        assert_eq!(video.rids, ["q", "h", "f"]);
        assert_eq!(data.kind, None);
        assert!(gone.rejected && !audio.rejected);
    }

    #[test]
    fn candidates_with_names_and_surplus_ones_are_left_out() {
        let all = read(OFFER, Bounds::default()).unwrap();
        assert_eq!(all.candidates_dropped, 1);
        assert!(!all.text.contains(".local") && all.text.contains("203.0.113.100"));
        let few = Bounds { remote_candidates: 0, ..Bounds::default() };
        assert_eq!(read(OFFER, few).unwrap().candidates_dropped, 2);
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_read() {
        let bounds = Bounds { sdp_bytes: 100, ..Bounds::default() };
        assert!(matches!(read(OFFER, bounds), Err(Unreadable::TooLong(_, 100))));
        let bounds = Bounds { remote_sections: 3, ..Bounds::default() };
        assert_eq!(read(OFFER, bounds).unwrap_err(), Unreadable::TooManySections(3));
        let bounds = Bounds { section_lines: 5, ..Bounds::default() };
        assert_eq!(read(OFFER, bounds).unwrap_err(), Unreadable::TooManyLines(5));
    }

    #[test]
    fn streams_of_one_description_after_another_add_up() {
        let mut intake = Intake::new(Bounds { remote_streams: 4, ..Bounds::default() });
        let offer = |first: u32| format!("{OFFER}a=ssrc:{first} cname:c\r\na=ssrc:{} cname:c\r\n", first + 1);
        for first in [1, 1, 3] {
            assert!(RemoteText::read(&offer(first), &mut intake).is_ok(), "{first}");
        }
        assert_eq!(RemoteText::read(&offer(5), &mut intake).unwrap_err(), Unreadable::TooManyStreams(4));
    }

    #[test]
    fn a_mid_that_would_not_survive_is_refused() {
        let odd = OFFER.replace("a=mid:1", "a=mid:a.b");
        assert_eq!(read(&odd, Bounds::default()).unwrap_err(), Unreadable::BadMid(1));
    }

    #[test]
    fn two_sections_of_one_mid_are_refused() {
        let clash = OFFER.replace("a=mid:1", "a=mid:0");
        assert_eq!(read(&clash, Bounds::default()).unwrap_err(), Unreadable::SameMid(1));
    }
}
