//! STUN and TURN (RFC 8489, RFC 8656), as machines.
//!
//! [`Server`] is fed with what arrives ([`Input`]) and the time, and drained of what is to be done
//! ([`Output`]); a packet that is only passing through comes back from [`Server::handle`] itself as
//! a [`Forward`]. Feed an input, poll until `None`, then sleep until [`Server::next_wake`] or the
//! next input. Outputs wait inside; nothing is lost by polling late.
//!
//! This crate never opens a socket, reads a clock, starts a task or logs a secret. One machine is
//! owned by one thread; several machines do not know each other and meet only through the sockets
//! of their relays.
//!
//! The message codec is that of `stun-types` and `turn-types`.

mod address;
mod allocations;
mod authentication;
pub mod client;
mod config;
mod forward;
mod ice_servers;
mod io;
mod messages;
mod peers;
mod server;
mod stats;

pub use address::{Family, FiveTuple, Transport};
pub use allocations::allocation::RelayId;
pub use allocations::timers::Wake;
pub use authentication::credentials::{CredentialRefusal, Credentials, IssuedCredential, Key, issue_credential};
pub use config::{Config, RelayAddress, RelayConfig};
pub use ice_servers::{IceConfig, IceServer, credential_name};
pub use io::{Forward, Header, Input, Output};
pub use messages::framing::{Framer, FramingError};
pub use peers::policy::{PeerPolicy, PeerRefusal};
pub use server::Server;
pub use stats::{DropReason, ErrorAnswer, Stats};
