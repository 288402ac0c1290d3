//! Allocations and all that belongs to them: ports, permissions, channels, deadlines, quotas.

pub(crate) mod allocation;
pub(crate) mod channels;
pub(crate) mod permissions;
pub(crate) mod ports;
pub(crate) mod registry;
pub(crate) mod relay_ports;
pub(crate) mod timers;
pub(crate) mod users;
