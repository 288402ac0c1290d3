//! Which numbers a section's media is sent under.

use str0m::Rtc;
use str0m::media::Mid;

/// Gives the stream of a section new SSRCs. To be done before another track goes onto it: its
/// sequence numbers begin anew, and under the old SSRC the receiver would take them for packets
/// played to it again (RFC 3711 §3.3.2), and drop them.
pub(super) fn renumber(rtc: &mut Rtc, mid: Mid) -> bool {
    let mut direct = rtc.direct_api();
    let Some(stream) = direct.stream_tx_by_mid(mid, None) else { return false };
    let repaired = stream.rtx().is_some();
    let ssrc = direct.new_ssrc();
    let mut repair = direct.new_ssrc();
    while repair == ssrc {
        repair = direct.new_ssrc();
    }
    direct.reset_stream_tx(mid, None, ssrc, repaired.then_some(repair)).is_some()
}
