//! What the other side's description says about its media, section by section.

use moim_types::MediaKind;

/// One `m=` section for media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) mid: String,
    pub(super) kind: MediaKind,
    /// Whether the writer of the description sends on it.
    pub(super) sends: bool,
    /// `a=msid`: stream and track.
    pub(super) msid: Option<(String, String)>,
}

/// The sections for sound and picture that have a mid. Lines that mean nothing here are skipped;
/// whether the description as a whole is sound is for the engine to say.
pub(super) fn of(sdp: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut current: Option<Section> = None;
    for line in sdp.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            sections.extend(current.take());
            current = begin(media);
        } else if let Some(section) = &mut current {
            read(section, line);
        }
    }
    sections.extend(current);
    sections.retain(|section| !section.mid.is_empty());
    sections
}

fn begin(media: &str) -> Option<Section> {
    let mut words = media.split(' ');
    let kind = match words.next()? {
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        _ => return None,
    };
    // Port 0 is a section that is refused or over (RFC 8829 §5.2.2).
    let alive = words.next() != Some("0");
    Some(Section { mid: String::new(), kind, sends: alive, msid: None })
}

fn read(section: &mut Section, line: &str) {
    if let Some(mid) = line.strip_prefix("a=mid:") {
        mid.clone_into(&mut section.mid);
    } else if let Some(msid) = line.strip_prefix("a=msid:") {
        let (stream, track) = msid.split_once(' ').unwrap_or((msid, ""));
        section.msid = Some((stream.to_owned(), track.to_owned()));
    } else if line == "a=recvonly" || line == "a=inactive" {
        section.sends = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_with_their_names() {
        let sdp = "v=0\r\na=group:BUNDLE 0 1 2\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
                   a=msid:PA_a|TR_b TR_b\r\na=sendonly\r\nm=application 9 UDP/DTLS/SCTP x\r\na=mid:1\r\n\
                   m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\na=recvonly\r\n";
        let sections = of(sdp);
        assert_eq!(sections.len(), 2);
        assert_eq!(sections[0].msid, Some(("PA_a|TR_b".to_owned(), "TR_b".to_owned())));
        assert!(sections[0].sends);
        assert_eq!((sections[1].mid.as_str(), sections[1].sends), ("2", false));
    }

    #[test]
    fn a_section_with_port_0_sends_nothing() {
        assert!(!of("m=video 0 UDP/TLS/RTP/SAVPF 96\na=mid:x\na=sendonly\n")[0].sends);
    }

    #[test]
    fn nonsense_has_no_sections() {
        for nonsense in ["", "m=", "m=audio", "a=mid:0", "m=audio 9\na=mid:", "\u{0}\n\nm=video\u{fffd}"] {
            assert!(of(nonsense).is_empty(), "{nonsense}");
        }
    }
}
