//! Tells strangers how they are seen, so that the media ports can be tried from outside.
//!
//! A connectivity check says whom it wants; a Binding request without any attribute wants nobody,
//! and is answered as a STUN server would (RFC 8489 §7.3.1), a few times a second: enough for
//! somebody who looks for a blocked port, too little to be worth abusing.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stun_types::attribute::XorMappedAddress;
use stun_types::message::{BINDING, Message, MessageClass, MessageWrite as _, MessageWriteVec};

/// Answers a second, in the long run and at once.
const ANSWERS_A_SECOND: u32 = 20;
/// A STUN header and a FINGERPRINT: a request that wants nobody is no longer.
const BARE_REQUEST_BYTES: usize = 28;

/// Counts the answers.
#[derive(Debug)]
pub(super) struct Echo {
    left: u32,
    since: Instant,
}

impl Echo {
    pub(super) const fn new(now: Instant) -> Self {
        Self { left: ANSWERS_A_SECOND, since: now }
    }

    /// The answer to a datagram that wants nobody. `None` for all others, and when there were too many.
    pub(super) fn answer(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Option<Vec<u8>> {
        // Nearly every datagram is something else.
        if datagram.len() > BARE_REQUEST_BYTES || datagram.first() != Some(&0) {
            return None;
        }
        let message = Message::from_bytes(datagram).ok()?;
        if message.method() != BINDING || !message.has_class(MessageClass::Request) || !self.may_answer(now) {
            return None;
        }
        let mut answer = Message::builder_success(&message, MessageWriteVec::new());
        answer.push_attribute_unchecked(&XorMappedAddress::new(from, message.transaction_id()));
        Some(answer.finish())
    }

    fn may_answer(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.left = ANSWERS_A_SECOND;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> [u8; 20] {
        let mut request = [7; 20];
        request[..8].copy_from_slice(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
        request
    }

    #[test]
    fn a_bare_request_is_told_how_it_is_seen() {
        let (now, from) = (Instant::now(), "192.0.2.7:4000".parse().unwrap());
        let answer = Echo::new(now).answer(now, from, &request()).unwrap();
        let message = Message::from_bytes(&answer).unwrap();
        let seen = message.attribute::<XorMappedAddress>().unwrap();
        assert_eq!(seen.addr(message.transaction_id()), from);
        assert!(answer.len() <= 2 * request().len(), "a spoofed request gains nothing worth having");
    }

    #[test]
    fn a_flood_is_answered_a_few_times() {
        let (mut echo, now, from) = (Echo::new(Instant::now()), Instant::now(), "192.0.2.7:4000".parse().unwrap());
        let answered = (0..1000).filter(|_| echo.answer(now, from, &request()).is_some()).count();
        assert_eq!(answered, 20);
        assert!(echo.answer(now + Duration::from_secs(1), from, &request()).is_some());
    }

    #[test]
    fn nothing_else_is_answered() {
        let (mut echo, now, from) = (Echo::new(Instant::now()), Instant::now(), "192.0.2.7:4000".parse().unwrap());
        let mut indication = request();
        indication[1] = 0x11;
        for datagram in [&indication[..], &[], &[0; 20], &[0x80; 20], &[0, 1]] {
            assert_eq!(echo.answer(now, from, datagram), None);
        }
    }
}
