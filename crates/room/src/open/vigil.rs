//! How long a participant stays whose connection or session is not there.

use std::time::{Duration, Instant};

use crate::DisconnectReason;

/// The three things that may be missing, and until when each may be.
#[derive(Debug, Default)]
pub(crate) struct Vigil {
    connecting: Option<Instant>,
    session: Option<Instant>,
    leg: Option<Instant>,
    ever_connected: bool,
}

impl Vigil {
    pub(crate) fn joining(now: Instant, timeout: Duration) -> Self {
        Self { connecting: Some(now + timeout), ..Self::default() }
    }

    pub(crate) fn connected(&mut self) {
        self.connecting = None;
        self.leg = None;
        self.ever_connected = true;
    }

    pub(crate) fn session_lost(&mut self, until: Instant) {
        self.session = Some(until);
    }

    pub(crate) fn session_back(&mut self) {
        self.session = None;
    }

    pub(crate) fn leg_lost(&mut self, until: Instant) {
        self.leg = Some(until);
    }

    /// What is missing that is given up first, and when.
    pub(crate) fn next(&self) -> Option<(Instant, DisconnectReason)> {
        let leg_reason =
            if self.ever_connected { DisconnectReason::ConnectionTimeout } else { DisconnectReason::JoinFailure };
        [
            (self.connecting, DisconnectReason::JoinFailure),
            (self.leg, leg_reason),
            (self.session, DisconnectReason::SignalClosed),
        ]
        .into_iter()
        .filter_map(|(until, reason)| Some((until?, reason)))
        .min_by_key(|(until, _)| *until)
    }
}

#[cfg(test)]
mod tests {
    use moim_testkit::VirtualClock;

    use super::*;

    #[test]
    fn what_runs_out_first_decides() {
        let start = VirtualClock::new().now().instant;
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut vigil = Vigil::joining(start, Duration::from_secs(60));
        assert_eq!(vigil.next(), Some((after(60), DisconnectReason::JoinFailure)));
        vigil.leg_lost(after(5));
        assert_eq!(vigil.next(), Some((after(5), DisconnectReason::JoinFailure)));
        vigil.connected();
        assert_eq!(vigil.next(), None);
        vigil.session_lost(after(30));
        vigil.leg_lost(after(40));
        assert_eq!(vigil.next(), Some((after(30), DisconnectReason::SignalClosed)));
        vigil.session_back();
        assert_eq!(vigil.next(), Some((after(40), DisconnectReason::ConnectionTimeout)));
    }
}
