//! What has grown old while the whole process stood still.
//!
//! After a pause the socket holds seconds of media. Nobody can use it any more: viewers have played on without it, and
//! all of it at once is more than their links carry. It is dropped, as if it had been lost on the way; what keeps the
//! connections alive is heard.

/// How old a datagram may be that is read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It has just come.
    Fresh,
    /// It came while the process stood still, or before.
    Stale,
}

/// Whether a datagram is RTP (RFC 7983 §7), and not RTCP on the same path (RFC 5761 §4).
pub(super) const fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !matches!(*kind & 0x7f, 64..=95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rtp_grows_old() {
        let (vp8, marked, opus) = ([128, 96, 0, 1], [144, 96 | 0x80, 0, 1], [128, 111, 0, 1]);
        assert!(is_media(&vp8) && is_media(&marked) && is_media(&opus));
        let (sender_report, feedback) = ([128, 200, 0, 6], [143, 205, 0, 5]);
        assert!(!is_media(&sender_report) && !is_media(&feedback));
        let (stun, dtls) = ([0, 1, 0, 8], [22, 254, 253, 0]);
        assert!(!is_media(&stun) && !is_media(&dtls));
        assert!(!is_media(&[128]) && !is_media(&[]));
    }
}
