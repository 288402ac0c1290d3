//! Rewrites the text of a session description that the library made.
//!
//! The library answers every section that the remote side can receive on as one that it sends on,
//! under a name of its own making, and orders codecs by its own list. Three things are said
//! differently here: what is sent under which name, which codec is wanted first, and how Opus is
//! wanted. The library never looks at its own text again, so that this is safe.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use moim_types::Codec;

use crate::Msid;

/// What to say about each section, by `a=mid`. Sections that are not named stay as they are.
pub(super) type Plan = BTreeMap<String, SectionPlan>;

/// What to say about one section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SectionPlan {
    /// What is sent on it.
    pub(super) sends: Sends,
    /// The codec to put first.
    pub(super) first: Option<Codec>,
    /// Silence need not be sent (RFC 7587 §6.1, `usedtx`).
    pub(super) dtx: bool,
    /// Two channels are welcome.
    pub(super) stereo: bool,
}

/// What is sent on a section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Sends {
    /// As the library says.
    #[default]
    Unchanged,
    /// Nothing, whatever the library says.
    Nothing,
    /// This.
    Named(Msid),
}

/// The text, rewritten.
pub(super) fn rewrite(text: &str, plan: &Plan) -> String {
    let mut out = String::with_capacity(text.len());
    let mut section: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.starts_with("m=") {
            finish(&section, plan, &mut out);
            section.clear();
        }
        section.push(line);
    }
    finish(&section, plan, &mut out);
    out
}

fn finish(section: &[&str], plan: &Plan, out: &mut String) {
    let mid = section.iter().find_map(|line| line.strip_prefix("a=mid:"));
    let is_media = section.first().is_some_and(|line| line.starts_with("m=audio") || line.starts_with("m=video"));
    match mid.and_then(|mid| plan.get(mid)) {
        Some(plan) if is_media => rewrite_section(section, plan, out),
        _ => section.iter().for_each(|line| push(out, &session_line(line))),
    }
}

/// Names the made-up streams no more.
fn session_line(line: &str) -> String {
    if line.starts_with("a=msid-semantic:") { "a=msid-semantic: WMS *".to_owned() } else { line.to_owned() }
}

fn rewrite_section(section: &[&str], plan: &SectionPlan, out: &mut String) {
    let opus = opus_number(section);
    let opus_wishes = opus_wishes(plan);
    let has_fmtp = opus.is_some_and(|number| section.iter().any(|line| fmtp_of(line) == Some(number)));
    for line in section {
        if line.starts_with("m=") {
            push(out, &first_codec(line, section, plan.first));
            continue;
        }
        let Some(line) = sent_line(line, &plan.sends) else { continue };
        let ours = opus.filter(|_| !opus_wishes.is_empty());
        if ours.is_some() && fmtp_of(&line) == ours {
            push(out, &format!("{line};{opus_wishes}"));
            continue;
        }
        push(out, &line);
        if let Some(number) = ours.filter(|number| !has_fmtp && line.starts_with(&format!("a=rtpmap:{number} "))) {
            push(out, &format!("a=fmtp:{number} {opus_wishes}"));
        }
    }
}

/// A line about what is sent; `None` drops it.
fn sent_line(line: &str, sends: &Sends) -> Option<String> {
    match sends {
        Sends::Unchanged => Some(line.to_owned()),
        Sends::Nothing => match line {
            "a=sendrecv" => Some("a=recvonly".to_owned()),
            "a=sendonly" => Some("a=inactive".to_owned()),
            _ if ["a=msid:", "a=ssrc:", "a=ssrc-group:"].iter().any(|start| line.starts_with(start)) => None,
            _ => Some(line.to_owned()),
        },
        Sends::Named(Msid { stream, track }) => {
            if line.starts_with("a=msid:") {
                return Some(format!("a=msid:{stream} {track}"));
            }
            match line.strip_prefix("a=ssrc:").and_then(|rest| rest.split_once(' ')) {
                Some((ssrc, attribute)) if attribute.starts_with("msid:") => {
                    Some(format!("a=ssrc:{ssrc} msid:{stream} {track}"))
                }
                _ => Some(line.to_owned()),
            }
        }
    }
}

/// `m=audio 9 UDP/TLS/RTP/SAVPF 63 111` with the payload types of `codec`, and those that repair
/// them, in front.
fn first_codec(media: &str, section: &[&str], codec: Option<Codec>) -> String {
    let Some(codec) = codec else { return media.to_owned() };
    let numbers_of = |line: &&str| {
        let (number, encoding) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        encoding.split('/').next()?.eq_ignore_ascii_case(codec.name()).then(|| number.to_owned())
    };
    let wanted: Vec<String> = section.iter().filter_map(numbers_of).collect();
    let repairs = |number: &str| {
        let apt = section.iter().find_map(|line| {
            let (pt, parameters) = line.strip_prefix("a=fmtp:")?.split_once(' ')?;
            (pt == number).then(|| parameters.split(';').find_map(|p| p.trim().strip_prefix("apt="))).flatten()
        });
        apt.is_some_and(|apt| wanted.iter().any(|number| number == apt))
    };
    let mut words = media.split(' ');
    let head: Vec<&str> = words.by_ref().take(3).collect();
    let (first, rest): (Vec<&str>, Vec<&str>) =
        words.partition(|number| wanted.iter().any(|wanted| wanted == number) || repairs(number));
    [head, first, rest].concat().join(" ")
}

fn opus_number<'a>(section: &[&'a str]) -> Option<&'a str> {
    section.iter().find_map(|line| {
        let (number, encoding) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        encoding.get(..5)?.eq_ignore_ascii_case("opus/").then_some(number)
    })
}

fn fmtp_of(line: &str) -> Option<&str> {
    Some(line.strip_prefix("a=fmtp:")?.split_once(' ')?.0)
}

fn opus_wishes(plan: &SectionPlan) -> String {
    let dtx = plan.dtx.then_some("usedtx=1");
    let stereo = plan.stereo.then_some("stereo=1;maxaveragebitrate=510000");
    dtx.into_iter().chain(stereo).collect::<Vec<_>>().join(";")
}

fn push(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{line}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "v=0\r\na=msid-semantic: WMS made1 made2\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\na=mid:0\r\na=sendonly\r\na=msid:made1 madeA\r\n\
        a=rtpmap:63 red/48000/2\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
        a=ssrc:7 cname:c\r\na=ssrc:7 msid:made1 madeA\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=mid:1\r\na=sendrecv\r\na=msid:made2 madeV\r\n\
        a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
        a=rtpmap:98 VP9/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n\
        a=ssrc:8 msid:made2 madeV\r\na=ssrc-group:FID 8 9\r\n\
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    fn plan(mid: &str, section: SectionPlan) -> Plan {
        Plan::from([(mid.to_owned(), section)])
    }

    #[test]
    fn a_section_that_carries_a_track_is_named_after_it() {
        let msid = Msid { stream: "PA_x|TR_y".into(), track: "TR_y".into() };
        let text = rewrite(ANSWER, &plan("0", SectionPlan { sends: Sends::Named(msid), ..SectionPlan::default() }));
        assert!(text.contains("a=msid:PA_x|TR_y TR_y\r\n"));
        assert!(text.contains("a=ssrc:7 msid:PA_x|TR_y TR_y\r\n") && text.contains("a=ssrc:7 cname:c\r\n"));
        assert!(!text.contains("made1"));
        assert!(text.contains("a=msid:made2 madeV"), "others stay");
    }

    #[test]
    fn a_section_that_carries_nothing_promises_nothing() {
        let nothing = SectionPlan { sends: Sends::Nothing, ..SectionPlan::default() };
        let plan = Plan::from([("0".to_owned(), nothing.clone()), ("1".to_owned(), nothing)]);
        let text = rewrite(ANSWER, &plan);
        assert!(text.contains("a=inactive\r\n") && text.contains("a=recvonly\r\n"));
        for gone in ["made", "a=ssrc", "a=msid:", "a=send"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }

    #[test]
    fn the_preferred_codec_comes_first_with_its_repair() {
        let text = rewrite(ANSWER, &plan("1", SectionPlan { first: Some(Codec::Vp9), ..SectionPlan::default() }));
        assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97\r\n"));
        let text = rewrite(ANSWER, &plan("0", SectionPlan { first: Some(Codec::Opus), ..SectionPlan::default() }));
        assert!(text.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
        let text = rewrite(ANSWER, &plan("1", SectionPlan { first: Some(Codec::Av1), ..SectionPlan::default() }));
        assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\n"), "what is not there changes nothing");
    }

    #[test]
    fn opus_is_asked_for_as_wished() {
        let wishes = SectionPlan { dtx: true, stereo: true, ..SectionPlan::default() };
        let text = rewrite(ANSWER, &plan("0", wishes.clone()));
        let expected = "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;stereo=1;maxaveragebitrate=510000\r\n";
        assert!(text.contains(expected), "{text}");
        let bare = ANSWER.replace("a=fmtp:111 minptime=10;useinbandfec=1\r\n", "");
        let text = rewrite(&bare, &plan("0", SectionPlan { stereo: false, ..wishes }));
        assert!(text.contains("a=rtpmap:111 opus/48000/2\r\na=fmtp:111 usedtx=1\r\n"), "{text}");
    }

    #[test]
    fn without_a_plan_only_the_made_up_streams_go() {
        let text = rewrite(ANSWER, &Plan::new());
        assert_eq!(text, ANSWER.replace("WMS made1 made2", "WMS *"));
    }
}
