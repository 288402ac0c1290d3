//! MESSAGE-INTEGRITY over a raw key (RFC 8489 §14.5).
//!
//! The codec derives its keys from passwords only; operators also store derived keys, so the HMAC
//! is made here from 16 bytes of key, which is also all that an allocation has to remember.

use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use stun_types::attribute::{AttributeStaticType as _, MessageIntegrity};
use stun_types::message::{Message, MessageHeader, MessageWrite, MessageWriteVec};

use crate::authentication::credentials::Key;

/// The attribute's size on the wire: header and 20 bytes of HMAC-SHA1.
const ATTRIBUTE_LENGTH: usize = 24;

/// Whether the message was signed with `key`. Takes the same time for every wrong signature.
pub(crate) fn verify(message: &Message<'_>, key: &Key) -> bool {
    let Some((offset, attribute)) = message.raw_attribute_and_offset(MessageIntegrity::TYPE) else {
        return false;
    };
    let Some(signed) = message.as_bytes().get(..offset) else {
        return false;
    };
    mac_over(signed, key).is_some_and(|mac| mac.verify_slice(&attribute.value).is_ok())
}

/// Appends MESSAGE-INTEGRITY. Nothing but FINGERPRINT may follow.
pub(crate) fn sign(message: &mut MessageWriteVec, key: &Key) {
    let Some(mac) = mac_over(message.data(), key) else {
        return;
    };
    message.push_attribute_unchecked(&MessageIntegrity::new(mac.finalize().into_bytes().into()));
}

/// The HMAC runs over everything before the attribute, with a length field that already counts it.
/// Example: 60 bytes precede it, so the length field reads 60 - 20 + 24 = 64.
fn mac_over(signed: &[u8], key: &Key) -> Option<Hmac<Sha1>> {
    let (head, rest) = signed.split_first_chunk::<4>()?;
    let length = (signed.len() + ATTRIBUTE_LENGTH).checked_sub(MessageHeader::LENGTH)?;
    let [first, second] = u16::try_from(length).ok()?.to_be_bytes();
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(&[head[0], head[1], first, second]);
    mac.update(rest);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stun_types::message::BINDING;

    #[test]
    fn what_is_signed_verifies_and_a_changed_byte_does_not() {
        let key = Key::derive("user", "realm", "pass");
        let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
        sign(&mut message, &key);
        let mut bytes = message.finish();
        assert!(verify(&Message::from_bytes(&bytes).unwrap(), &key));
        assert!(!verify(&Message::from_bytes(&bytes).unwrap(), &Key::derive("user", "realm", "other")));
        bytes[19] ^= 1;
        assert!(!verify(&Message::from_bytes(&bytes).unwrap(), &key));
    }

    #[test]
    fn the_codec_accepts_our_signature() {
        use stun_types::message::LongTermKeyCredentials;
        let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
        sign(&mut message, &Key::derive("user", "realm", "pass"));
        let bytes = message.finish();
        let theirs = LongTermKeyCredentials::new("user".into(), "pass".into(), "realm".into());
        assert!(Message::from_bytes(&bytes).unwrap().validate_integrity(&theirs.into()).is_ok());
    }

    /// RFC 5769 §2.4: a Binding request with long-term credentials.
    #[test]
    fn the_long_term_vector_of_rfc_5769_verifies() {
        #[rustfmt::skip]
        let request = [
            0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e,
            0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88, 0xe3, 0x83, 0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3,
            0x82, 0xb9, 0x00, 0x00, 0x00, 0x15, 0x00, 0x1c, 0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36,
            0x4f, 0x4c, 0x33, 0x34, 0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73, 0x41, 0x00, 0x14, 0x00, 0x0b,
            0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x00, 0x08, 0x00, 0x14, 0xf6, 0x70, 0x24, 0x65,
            0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2, 0x8c, 0xa8, 0x96, 0x66,
        ];
        let message = Message::from_bytes(&request).unwrap();
        // The username is katakana for "Matrix"; the password is given after SASLprep.
        let key = Key::derive("\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}", "example.org", "TheMatrIX");
        assert!(verify(&message, &key));
        assert!(!verify(&message, &Key::derive("x", "example.org", "TheMatrIX")));
    }
}
