//! What a section's media is sent under, and what is kept of it.

use std::time::Duration;

use str0m::Rtc;
use str0m::media::Mid;

/// Gives the stream of a section new SSRCs. To be done before another track goes onto it: its
/// sequence numbers begin anew, and under the old SSRC the receiver would take them for packets
/// played to it again (RFC 3711 §3.3.2), and drop them.
pub(super) fn renumber(rtc: &mut Rtc, mid: Mid) -> bool {
    let mut direct = rtc.direct_api();
    let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return false };
    let (old, repaired) = (stream.ssrc(), stream.rtx().is_some());
    let ssrc = direct.new_ssrc();
    let mut repair = direct.new_ssrc();
    while repair == ssrc {
        repair = direct.new_ssrc();
    }
    // A new stream: one that the library only renamed it would go on to find under its old SSRC alone, and what the
    // viewer says of the new one (reports, NACK, PLI) would be nobody's.
    direct.remove_stream_tx(old);
    direct.declare_stream_tx(ssrc, repaired.then_some(repair), mid, None);
    true
}

/// Packets of one stream that can be sent again: about a second of a 2.5 Mbit/s picture. The payloads
/// are shared among all viewers, what is kept beside them (about 600 bytes each) is not.
const MOST_KEPT: usize = 256;
/// Nobody waits longer for a packet: the picture has frozen by then, and a key frame is asked for.
/// Small pictures have few packets in that time, so that many of them together keep little.
const KEPT_FOR: Duration = Duration::from_millis(700);
/// The share of what is sent that may be repetitions. A viewer who asks for everything again must
/// not make his bad link worse.
const MOST_REPEATED: f32 = 0.2;

/// When packets of pictures leave. Sound always leaves at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Pacing {
    /// As they come: their publisher has spread them out, and the way carries much more. To spread them a
    /// second time would only hold them back.
    #[default]
    AtOnce,
    /// Spread out, since the way hardly carries more: a burst, as at the begin of a larger picture, would
    /// fill a queue on it, and make it look narrower than it is.
    Spread,
}

/// Sets what is kept of a section's media for repair, and when it leaves. What was kept before is forgotten.
pub(super) fn set_up(rtc: &mut Rtc, mid: Mid, pacing: Pacing) {
    if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
        stream.set_rtx_cache(MOST_KEPT, KEPT_FOR, Some(MOST_REPEATED));
    }
    pace(rtc, mid, pacing);
}

/// Sets when a section's media leaves.
pub(super) fn pace(rtc: &mut Rtc, mid: Mid, pacing: Pacing) {
    let sound = rtc.media(mid).is_some_and(|media| media.kind().is_audio());
    if let Some(stream) = rtc.direct_api().stream_tx_by_mid(mid, None) {
        stream.set_unpaced(sound || pacing == Pacing::AtOnce);
    }
}
