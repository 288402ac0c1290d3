//! Whose connection is it? The first frame says, by the name of the leg that it wants.

use stun_types::attribute::Username;
use stun_types::message::{BINDING, Message, MessageClass};

/// The local part of the USERNAME of a connectivity check (RFC 8445 §7.2.2): which of this server's
/// legs is meant. `None`: the packet is no such check.
pub(super) fn wanted_ufrag(packet: &[u8]) -> Option<String> {
    let message = Message::from_bytes(packet).ok()?;
    if !message.has_class(MessageClass::Request) || message.method() != BINDING {
        return None;
    }
    let username = message.attribute::<Username>().ok()?;
    let (local, _remote) = username.username().split_once(':')?;
    (!local.is_empty()).then(|| local.to_owned())
}

#[cfg(test)]
mod tests {
    use stun_types::message::{MessageWrite as _, MessageWriteExt as _, MessageWriteVec};

    use super::*;

    fn check(username: Option<&str>) -> Vec<u8> {
        let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
        if let Some(username) = username {
            message.add_attribute(&Username::new(username).unwrap()).unwrap();
        }
        message.finish()
    }

    #[test]
    fn a_check_names_the_leg_it_wants() {
        assert_eq!(wanted_ufrag(&check(Some("here:there"))).as_deref(), Some("here"));
    }

    #[test]
    fn whatever_else_comes_first_names_nobody() {
        assert_eq!(wanted_ufrag(&check(None)), None);
        assert_eq!(wanted_ufrag(&check(Some("nocolon"))), None);
        assert_eq!(wanted_ufrag(b"GET / HTTP/1.1\r\n\r\n"), None);
        assert_eq!(wanted_ufrag(&[]), None);
    }
}
