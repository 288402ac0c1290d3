//! Who a client is: the long-term credential mechanism (RFC 8489 §9.2).

pub(crate) mod authenticator;
pub(crate) mod credentials;
pub(crate) mod integrity;
pub(crate) mod nonce;
