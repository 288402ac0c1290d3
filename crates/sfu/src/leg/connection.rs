//! The one place that holds the WebRTC library's object.
//!
//! The library asks for a full drain after each mutation, and [`Connection::mutate`] drains before it
//! returns. Media packets alone may pile up before they are drained together: they only join a
//! queue, and what comes out for one viewer stays together. It is collected in [`Drained`] and looked
//! at afterwards.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::net::{Receive, Transmit};
use str0m::{Event, Input, Output, Reason, Rtc, RtcError};

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

/// What a datagram says about its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    /// Somebody uses it.
    Payload,
    /// It is kept up, and measured.
    Upkeep,
}

impl Traffic {
    /// By the first bytes (RFC 7983 §7, RFC 5761 §4): DTLS also carries messages.
    pub(super) fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..=3, ..] | [128..=191, 192..=223, ..] => Self::Upkeep,
            _ => Self::Payload,
        }
    }
}

/// A WebRTC connection.
pub(super) struct Connection {
    rtc: Rtc,
    wake: Instant,
    most_steps: usize,
    /// Media packets written since the last drain.
    written: usize,
    /// Until then the library is woken whenever it likes.
    lively_until: Instant,
    /// Until then what comes in may want an answer within milliseconds.
    hears_until: Instant,
    /// It is to find out how much the way carries.
    measures: bool,
    /// Nothing flowed when it was last drained.
    quiet: bool,
}

/// Errors in one drain after which the connection is given up.
const MOST_ERRORS: usize = 3;
/// What the library wants within this time is done now. It lets its clock tick by a microsecond for
/// each packet that it paces, and packets of a probe are tens of microseconds apart: to sleep between
/// them would send a frame in a trickle, and a probe so slowly that it finds nothing.
const LEAST_SLEEP: Duration = Duration::from_millis(1);
/// How many such time-outs one drain feeds.
const MOST_DUE: usize = 32;
/// How many of them in a row may bring nothing: with bandwidth estimation on, the library may want to
/// be woken at once for ever.
const MOST_VAIN: usize = 3;
/// With bandwidth estimation on, the library also wakes up for its pacer and its estimator, forty times
/// a second, while there is nothing to pace or to estimate. On a connection without media or messages
/// it sleeps at least this long; what its other timers do then may be so late.
const QUIET_SLEEP: Duration = Duration::from_secs(1);
/// The estimator wants to be woken forty times a second. It looks at the time with every packet that is
/// sent, too: while media flows, the next one comes before this.
const ESTIMATOR_SLEEP: Duration = Duration::from_millis(100);
/// But what waits behind the estimator's wish may be sooner where media or messages come in: repeats of
/// what was lost are asked for within milliseconds.
const HEARS_FOR: Duration = Duration::from_secs(1);
/// How long a connection is lively after the last media packet, message or negotiation.
const LIVELY_FOR: Duration = Duration::from_secs(3);

impl Connection {
    pub(super) fn new(rtc: Rtc, most_steps: usize, now: Instant) -> Self {
        Self {
            rtc,
            wake: now,
            most_steps,
            written: 0,
            lively_until: now + LIVELY_FOR,
            hears_until: now + HEARS_FOR,
            measures: false,
            quiet: false,
        }
    }

    /// To look at.
    pub(super) const fn rtc(&self) -> &Rtc {
        &self.rtc
    }

    /// When the library wants [`Connection::wake_up`].
    pub(super) const fn next_wake(&self) -> Instant {
        self.wake
    }

    /// Whether that may be a little later.
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Changes one thing, then drains.
    pub(super) fn mutate<R>(&mut self, now: Instant, drained: &mut Drained, change: impl FnOnce(&mut Rtc) -> R) -> R {
        self.lively_until = now + LIVELY_FOR;
        let result = change(&mut self.rtc);
        self.drain(now, drained);
        result
    }

    /// Takes in a datagram, then drains.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        drained: &mut Drained,
        receive: Receive<'_>,
        traffic: Traffic,
    ) -> Result<(), RtcError> {
        if traffic == Traffic::Payload {
            self.lively_until = now + LIVELY_FOR;
            self.hears_until = now + HEARS_FOR;
        }
        let result = self.rtc.handle_input(Input::Receive(now, receive));
        self.drain(now, drained);
        result
    }

    /// Hands over a media packet, to be drained with others by [`Connection::send_written`].
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Rtc)) {
        write(&mut self.rtc);
        self.written += 1;
    }

    /// Sets what media needs at least and would like, which the library then tries to find.
    pub(super) fn set_bitrates(&mut self, now: Instant, drained: &mut Drained, minimum: Bitrate, desired: Bitrate) {
        self.measures = desired > Bitrate::ZERO;
        self.mutate(now, drained, |rtc| rtc.bwe().set_bitrate(minimum, desired));
    }

    /// Whether something waits for [`Connection::send_written`].
    pub(super) const fn has_written(&self) -> bool {
        self.written > 0
    }

    /// Drains what was written.
    pub(super) fn send_written(&mut self, now: Instant, drained: &mut Drained) {
        if self.written > 0 {
            self.lively_until = now + LIVELY_FOR;
            self.drain(now, drained);
        }
    }

    /// Tells the time, then drains.
    pub(super) fn wake_up(&mut self, now: Instant, drained: &mut Drained) {
        self.tick(now, drained);
        self.drain(now, drained);
    }

    /// Something that only reads, through an interface of the library that wants exclusive access.
    pub(super) fn peek<R>(&mut self, read: impl FnOnce(&mut Rtc) -> R) -> R {
        read(&mut self.rtc)
    }

    fn tick(&mut self, now: Instant, drained: &mut Drained) {
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            self.note(drained, &error);
        }
    }

    fn drain(&mut self, now: Instant, drained: &mut Drained) {
        let (mut errors, mut due, mut vain) = (0, 0, 0);
        // The pacer lets one packet go in each tick. To tick without asking in between what comes next
        // saves a walk through the whole library for each packet.
        let mut written = std::mem::take(&mut self.written);
        if written > 0 {
            self.tick(now, drained);
        }
        for _ in 0..self.most_steps {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) if at < now + LEAST_SLEEP && due < MOST_DUE && vain < MOST_VAIN => {
                    due += 1;
                    vain += 1;
                    self.tick(at.max(now), drained);
                }
                Ok(Output::Timeout(at)) => return self.rest(now, at),
                Ok(Output::Transmit(transmit)) => {
                    vain = 0;
                    if written > 0 && Traffic::of(&transmit.contents) == Traffic::Payload {
                        written -= 1;
                        self.tick(now, drained);
                    }
                    drained.transmits.push(transmit);
                }
                Ok(Output::Event(event)) => {
                    vain = 0;
                    drained.events.push_back(event);
                }
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

    /// Everything is out, and the library wants to be woken.
    fn rest(&mut self, now: Instant, at: Instant) {
        self.quiet = !self.measures && now >= self.lively_until;
        let estimates = matches!(self.rtc.last_timeout_reason(), Reason::BweDelayControl);
        let least = if self.quiet {
            QUIET_SLEEP
        } else if estimates && now >= self.hears_until {
            ESTIMATOR_SLEEP
        } else {
            LEAST_SLEEP
        };
        self.wake = at.max(now + least);
    }

    /// An error does not end the connection by itself: anybody may send a datagram that is none.
    fn note(&self, drained: &mut Drained, error: &RtcError) {
        tracing::debug!(%error, "the connection reports an error");
        if !self.rtc.is_alive() {
            drained.broken = Some(Broken::Protocol);
        }
    }
}
