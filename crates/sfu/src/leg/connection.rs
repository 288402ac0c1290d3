//! The one place that holds the WebRTC library's object.
//!
//! The library asks for exactly one mutation, followed by a full drain. [`Connection::mutate`] is
//! the only way to change anything, and drains before it returns. What comes out is collected in
//! [`Drained`] and looked at afterwards.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::net::Transmit;
use str0m::{Event, Input, Output, Rtc, RtcError};

/// What the library put out.
#[derive(Default)]
pub(super) struct Drained {
    /// For the network.
    pub(super) transmits: Vec<Transmit>,
    /// To be handled.
    pub(super) events: VecDeque<Event>,
    /// The library can go on no more.
    pub(super) broken: Option<Broken>,
}

/// Why it cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// The remote side's fault.
    Protocol,
    /// Ours: it would not come to rest.
    Restless,
}

/// A WebRTC connection.
pub(super) struct Connection {
    rtc: Rtc,
    wake: Instant,
    most_steps: usize,
}

/// Errors in one drain after which the connection is given up.
const MOST_ERRORS: usize = 3;
/// How often a time-out that is due already is fed before the next wake-up: sending a packet takes
/// one, opening data channels some more.
const MOST_DUE: usize = 4;
/// With bandwidth estimation on, the library may want to be woken at once for ever. It gets the
/// next millisecond.
const LEAST_SLEEP: Duration = Duration::from_millis(1);

impl Connection {
    pub(super) const fn new(rtc: Rtc, most_steps: usize, now: Instant) -> Self {
        Self { rtc, wake: now, most_steps }
    }

    /// To look at.
    pub(super) const fn rtc(&self) -> &Rtc {
        &self.rtc
    }

    /// When the library wants [`Connection::wake_up`].
    pub(super) const fn next_wake(&self) -> Instant {
        self.wake
    }

    /// Changes one thing, then drains.
    pub(super) fn mutate<R>(&mut self, now: Instant, drained: &mut Drained, change: impl FnOnce(&mut Rtc) -> R) -> R {
        let result = change(&mut self.rtc);
        self.drain(now, drained);
        result
    }

    /// Tells the time, then drains.
    pub(super) fn wake_up(&mut self, now: Instant, drained: &mut Drained) {
        if let Err(error) = self.mutate(now, drained, |rtc| rtc.handle_input(Input::Timeout(now))) {
            self.note(drained, &error);
        }
    }

    /// Something that only reads, through an interface of the library that wants exclusive access.
    pub(super) fn peek<R>(&mut self, read: impl FnOnce(&mut Rtc) -> R) -> R {
        read(&mut self.rtc)
    }

    fn drain(&mut self, now: Instant, drained: &mut Drained) {
        let (mut errors, mut due) = (0, 0);
        for _ in 0..self.most_steps {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) if at <= now && due < MOST_DUE => {
                    due += 1;
                    if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
                        self.note(drained, &error);
                    }
                }
                Ok(Output::Timeout(at)) => {
                    self.wake = at.max(now + LEAST_SLEEP);
                    return;
                }
                Ok(Output::Transmit(transmit)) => drained.transmits.push(transmit),
                Ok(Output::Event(event)) => drained.events.push_back(event),
                Err(error) => {
                    errors += 1;
                    self.note(drained, &error);
                    if errors >= MOST_ERRORS {
                        drained.broken = Some(Broken::Protocol);
                        return;
                    }
                }
            }
        }
        drained.broken = Some(Broken::Restless);
    }

    /// An error does not end the connection by itself: anybody may send a datagram that is none.
    fn note(&self, drained: &mut Drained, error: &RtcError) {
        tracing::debug!(%error, "the connection reports an error");
        if !self.rtc.is_alive() {
            drained.broken = Some(Broken::Protocol);
        }
    }
}
