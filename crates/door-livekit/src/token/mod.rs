//! Access tokens: who somebody is and what he may do, signed by an application's server.
//!
//! A token is a JWT with HS256 (RFC 7519, RFC 7518 §3.2). `iss` names the API key whose secret
//! signed it. No other algorithm is accepted, whatever the header says, and a `kid` means nothing.

mod authority;
mod grants;
mod keys;
mod revoked;
mod video;

pub use authority::Authority;
pub(crate) use authority::unix_now;
pub(crate) use grants::seconds_or;
pub use grants::{AgentGrant, Grants, SipGrant};
pub use keys::{Keys, SignError, TokenError, access_token};
pub use revoked::RevokedTokens;
pub use video::VideoGrant;

#[cfg(test)]
mod tests;
