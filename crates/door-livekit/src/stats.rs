//! Counters and gauges, plain, for the one place that names metrics.

/// Why a connection never came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Wrong, missing or expired token, or one that does not permit what is asked.
    Token,
    /// A request that the protocol does not know.
    BadRequest,
    /// The room does not exist and may not be made.
    NoSuchRoom,
    /// The room is full, or would not have the participant for another reason.
    Room,
    /// A stay that cannot go on.
    Resume,
    /// There are as many connections as there may be.
    Connections,
    /// The server is being stopped.
    Draining,
}

impl Refusal {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 7] =
        [Self::Token, Self::BadRequest, Self::NoSuchRoom, Self::Room, Self::Resume, Self::Connections, Self::Draining];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::BadRequest => "bad_request",
            Self::NoSuchRoom => "no_such_room",
            Self::Room => "room",
            Self::Resume => "resume",
            Self::Connections => "connections",
            Self::Draining => "draining",
        }
    }
}

/// How a signaling connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// The participant's stay ended.
    Left,
    /// It broke, or the client closed it; the participant may resume.
    Lost,
    /// A newer connection of the same participant took its place.
    Replaced,
    /// The client sent too much, too fast, or what is no message.
    Misuse,
    /// The client did not read.
    SlowReader,
}

impl Closing {
    /// All of them, in the order of the counters.
    pub const ALL: [Self; 5] = [Self::Left, Self::Lost, Self::Replaced, Self::Misuse, Self::SlowReader];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Lost => "lost",
            Self::Replaced => "replaced",
            Self::Misuse => "misuse",
            Self::SlowReader => "slow_reader",
        }
    }
}

/// A snapshot of the door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LivekitStats {
    /// Gauge: signaling connections.
    pub connections: u64,
    /// Joins that came in, ever.
    pub joins_total: u64,
    /// Lost sessions that went on, ever.
    pub resumes_total: u64,
    /// Messages from clients.
    pub messages_received_total: u64,
    /// Messages to clients.
    pub messages_sent_total: u64,
    /// Connections refused, by [`Refusal`].
    pub refused_total: [u64; Refusal::ALL.len()],
    /// Connections ended, by [`Closing`].
    pub closed_total: [u64; Closing::ALL.len()],
}

impl LivekitStats {
    /// Everything as (counter, label value or `""`, value). Names without `_total` are gauges.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> + '_ {
        let plain = [
            ("connections", self.connections),
            ("joins_total", self.joins_total),
            ("resumes_total", self.resumes_total),
            ("messages_received_total", self.messages_received_total),
            ("messages_sent_total", self.messages_sent_total),
        ];
        let refused = Refusal::ALL.iter().zip(self.refused_total).map(|(r, n)| ("refused_total", r.name(), n));
        let closed = Closing::ALL.iter().zip(self.closed_total).map(|(c, n)| ("closed_total", c.name(), n));
        plain.into_iter().map(|(name, value)| (name, "", value)).chain(refused).chain(closed)
    }
}
