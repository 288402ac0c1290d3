//! Tells strangers how they are seen, so that the media ports can be tried from outside.
//!
//! A connectivity check says whom it wants; a Binding request without USERNAME wants nobody, and is
//! answered as a STUN server would (RFC 8489 §7.3.1), a few times a second and with no more bytes
//! than it has: enough for somebody who looks for a blocked port, and worth nothing to somebody who
//! writes another's address into it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stun_types::attribute::{Username, XorMappedAddress};
use stun_types::message::{BINDING, Message, MessageClass, MessageWrite as _, MessageWriteVec};

/// Answers a second, in the long run and at once.
const ANSWERS_A_SECOND: u32 = 20;
/// An answer has a STUN header and one address: 32 bytes, or 44 with IPv6. No question needs more
/// than the double.
const LONGEST_QUESTION: usize = 88;
const SHORTEST_QUESTION: usize = 32;

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
        if !(SHORTEST_QUESTION..=LONGEST_QUESTION).contains(&datagram.len()) || datagram.first() != Some(&0) {
            return None;
        }
        let message = Message::from_bytes(datagram).ok()?;
        let wants_somebody = message.attribute::<Username>().is_ok();
        if wants_somebody || message.method() != BINDING || !message.has_class(MessageClass::Request) {
            return None;
        }
        let mut answer = Message::builder_success(&message, MessageWriteVec::new());
        answer.push_attribute_unchecked(&XorMappedAddress::new(from, message.transaction_id()));
        let answer = answer.finish();
        (answer.len() <= datagram.len() && self.may_answer(now)).then_some(answer)
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

    /// With a SOFTWARE of this many bytes (RFC 8489 §14.14).
    fn request(padding: u8) -> Vec<u8> {
        let mut request = vec![0, 1, 0, 4 + padding, 0x21, 0x12, 0xa4, 0x42];
        request.extend([7; 12]);
        request.extend([0x80, 0x22, 0, padding]);
        request.extend(std::iter::repeat_n(b'x', usize::from(padding)));
        request
    }

    fn stranger() -> SocketAddr {
        "192.0.2.7:4000".parse().unwrap()
    }

    #[test]
    fn a_request_that_wants_nobody_is_told_how_it_is_seen() {
        let now = Instant::now();
        let answer = Echo::new(now).answer(now, stranger(), &request(8)).unwrap();
        let message = Message::from_bytes(&answer).unwrap();
        let seen = message.attribute::<XorMappedAddress>().unwrap();
        assert_eq!(seen.addr(message.transaction_id()), stranger());
    }

    #[test]
    fn an_answer_is_never_longer_than_the_question() {
        let now = Instant::now();
        let mut echo = Echo::new(now);
        let mut answered = 0;
        for from in [stranger(), "[2001:db8::7]:4000".parse().unwrap()] {
            for padding in (0..=60).step_by(4) {
                let question = request(padding);
                if let Some(answer) = echo.answer(now, from, &question) {
                    assert!(answer.len() <= question.len());
                    answered += 1;
                }
            }
        }
        assert!(answered > 10, "{answered}");
        assert_eq!(echo.answer(now, stranger(), &request(0)[..20]), None);
    }

    #[test]
    fn a_flood_is_answered_a_few_times() {
        let now = Instant::now();
        let mut echo = Echo::new(now);
        let answered = (0..1000).filter(|_| echo.answer(now, stranger(), &request(8)).is_some()).count();
        assert_eq!(answered, 20);
        assert!(echo.answer(now + Duration::from_secs(1), stranger(), &request(8)).is_some());
    }

    #[test]
    fn nothing_else_is_answered() {
        let now = Instant::now();
        let mut echo = Echo::new(now);
        let mut indication = request(8);
        indication[1] = 0x11;
        let mut check = request(8);
        check[20..22].copy_from_slice(&[0, 6]);
        for datagram in [&indication[..], &check, &[], &[0; 40], &[0x80; 40], &[0, 1]] {
            assert_eq!(echo.answer(now, stranger(), datagram), None);
        }
    }
}
