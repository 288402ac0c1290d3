//! Allocations together with all that they hold: a port, a share of the user's quota, a deadline.
//!
//! The invariant of this module: each of these is taken and given back here, at the same moment.

use std::time::{Duration, Instant};

use stun_types::message::TransactionId;

use crate::address::{Family, FiveTuple};
use crate::allocations::allocation::{Allocation, Allocations, Relay, RelayId, RelayState};
use crate::allocations::channels::Channels;
use crate::allocations::permissions::Permissions;
use crate::allocations::ports::PortWish;
use crate::allocations::relay_ports::{RelayPorts, TakenPort};
use crate::allocations::timers::{Timers, Wake};
use crate::allocations::users::Users;
use crate::authentication::authenticator::{Authenticated, Holder};
use crate::stats::ErrorAnswer;

/// Lifetime where the client names none, or a shorter one (RFC 8656 §3.2).
pub(crate) const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// The longest lifetime granted (RFC 8656 §7.2 recommends no more than an hour).
const LONGEST_LIFETIME: Duration = Duration::from_secs(3600);

/// How long a reserved port waits (RFC 8656 §7.2: at least 30 seconds).
const RESERVATION_LIFETIME: Duration = Duration::from_secs(30);

/// How many ports are tried when some other program holds the first.
const MOST_BIND_FAILURES: u8 = 8;

/// What an Allocate asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) port: WantedPort,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) transaction: TransactionId,
}

/// The relayed transport address that an Allocate asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WantedPort {
    New(Family, PortWish),
    Reserved(u64),
}

#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) allocations: Allocations,
    pub(crate) users: Users,
    pub(crate) ports: RelayPorts,
    timers: Timers,
    /// 0 means as many as there are ports.
    total_quota: u32,
}

impl Registry {
    pub(crate) const fn new(
        allocations: Allocations,
        users: Users,
        ports: RelayPorts,
        timers: Timers,
        total_quota: u32,
    ) -> Self {
        Self { allocations, users, ports, timers, total_quota }
    }

    pub(crate) fn holder(&self, five_tuple: &FiveTuple) -> Option<Holder<'_>> {
        let allocation = self.allocations.by_client(five_tuple)?;
        Some(Holder { username: self.users.name(allocation.user)?, key: allocation.key })
    }

    /// Makes an allocation whose relay socket is still to be opened.
    pub(crate) fn found(
        &mut self,
        now: Instant,
        five_tuple: FiveTuple,
        user: &Authenticated,
        wanted: Wanted,
    ) -> Result<&Allocation, ErrorAnswer> {
        if self.total_quota != 0 && self.allocations.len() >= self.total_quota as usize {
            return Err(ErrorAnswer::AllocationQuotaReached);
        }
        let slot = self.users.take(user.username(), now).ok_or(ErrorAnswer::AllocationQuotaReached)?;
        let Some(taken) = self.take_port(wanted.port) else {
            self.users.give_back(slot);
            return Err(ErrorAnswer::InsufficientCapacity);
        };
        if let Some(token) = taken.reservation {
            self.timers.set(now + RESERVATION_LIFETIME, Wake::ReservationExpiry(token));
        }
        let expires = now + granted(wanted.lifetime);
        let TakenPort { family, port, reservation } = taken;
        let allocation = self.allocations.insert(|id| Allocation {
            id,
            five_tuple,
            user: slot,
            key: user.key(),
            relay: Relay { state: RelayState::Opening { failures: 0 }, family, port, reservation },
            expires,
            transaction: wanted.transaction,
            permissions: Permissions::default(),
            channels: Channels::default(),
        });
        self.timers.set(expires, Wake::AllocationExpiry(allocation.id));
        Ok(allocation)
    }

    fn take_port(&mut self, wanted: WantedPort) -> Option<TakenPort> {
        match wanted {
            WantedPort::New(family, wish) => self.ports.take(family, wish),
            WantedPort::Reserved(token) => self.ports.claim(token),
        }
    }

    /// Moves an allocation whose port is held by another program to another port, or gives up.
    pub(crate) fn next_port(&mut self, id: RelayId) -> Option<&Allocation> {
        let allocation = self.allocations.by_id_mut(id)?;
        let Relay { state: RelayState::Opening { failures }, family, port: failed, reservation: None } =
            allocation.relay
        else {
            return None;
        };
        if failures + 1 >= MOST_BIND_FAILURES {
            return None;
        }
        allocation.relay.state = RelayState::Opening { failures: failures + 1 };
        // The new port is taken before the failed one is given back, so that it is another one.
        let taken = self.ports.take(family, PortWish::Any)?;
        self.ports.give_back(family, failed);
        self.allocations.move_to_port(id, taken.port);
        self.allocations.by_id(id)
    }

    /// Renews an allocation and says for how long.
    pub(crate) fn refresh(&mut self, now: Instant, id: RelayId, wanted: Duration) -> Duration {
        let lifetime = granted(Some(wanted));
        if let Some(allocation) = self.allocations.by_id_mut(id) {
            let earlier = now + lifetime < allocation.expires;
            allocation.expires = now + lifetime;
            // A later deadline needs no new entry: the old one is looked at again when it comes up.
            if earlier {
                self.timers.set(now + lifetime, Wake::AllocationExpiry(id));
            }
        }
        lifetime
    }

    /// Ends an allocation and gives back all that it held.
    pub(crate) fn end(&mut self, id: RelayId) -> Option<Allocation> {
        let allocation = self.allocations.remove(id)?;
        self.ports.give_back(allocation.relay.family, allocation.relay.port);
        self.users.give_back(allocation.user);
        Some(allocation)
    }

    /// Takes one allocation whose lifetime is over, after looking at the deadlines that have passed.
    pub(crate) fn next_expired(&mut self, now: Instant) -> Option<RelayId> {
        while let Some(wake) = self.timers.pop(now) {
            match wake {
                Wake::ReservationExpiry(token) => self.ports.forget_reservation(token),
                Wake::AllocationExpiry(id) => match self.allocations.by_id(id).map(|allocation| allocation.expires) {
                    Some(expires) if expires <= now => return Some(id),
                    Some(expires) => self.timers.set(expires, wake),
                    None => {}
                },
            }
        }
        None
    }

    pub(crate) fn next_wake(&self) -> Option<(Instant, Wake)> {
        self.timers.next()
    }
}

fn granted(wanted: Option<Duration>) -> Duration {
    wanted.unwrap_or(DEFAULT_LIFETIME).clamp(DEFAULT_LIFETIME, LONGEST_LIFETIME)
}
