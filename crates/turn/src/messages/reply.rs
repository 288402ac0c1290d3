//! Answers to requests.
//!
//! What an unauthenticated client gets is kept as small as the standard allows: no SOFTWARE, no
//! reason phrase. A spoofed request must not make this server the stronger half of a reflection.

use stun_types::attribute::{Attribute as _, AttributeType, ErrorCode, Nonce, Realm, UnknownAttributes};
use stun_types::message::{Message, MessageWrite as _, MessageWriteVec};

use crate::authentication::credentials::Key;
use crate::authentication::integrity;
use crate::stats::ErrorAnswer;

/// A request that is not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The client must (re)authenticate: 401 or 438, with REALM and NONCE, unsigned (RFC 8489 §9.2.4).
    Challenge(ErrorAnswer),
    /// Malformed before authentication: unsigned.
    Unsigned(ErrorAnswer),
    /// Refused after authentication: signed.
    Signed(ErrorAnswer, Key),
    /// Attributes that must be understood and are not: 420, signed if there is a key.
    UnknownAttributes(Vec<AttributeType>, Option<Key>),
}

impl Refusal {
    pub(crate) const fn answer(&self) -> ErrorAnswer {
        match self {
            Self::Challenge(answer) | Self::Unsigned(answer) | Self::Signed(answer, _) => *answer,
            Self::UnknownAttributes(..) => ErrorAnswer::UnknownAttribute,
        }
    }
}

/// Starts a success response.
pub(crate) fn success(request: &Message<'_>) -> MessageWriteVec {
    Message::builder_success(request, MessageWriteVec::with_capacity(128))
}

/// Signs and finishes.
pub(crate) fn finish(mut message: MessageWriteVec, key: &Key) -> Vec<u8> {
    integrity::sign(&mut message, key);
    message.finish()
}

/// Adds the error, signs and finishes: the late answer to a request that is no longer at hand.
pub(crate) fn finish_error(mut message: MessageWriteVec, answer: ErrorAnswer, key: &Key) -> Vec<u8> {
    add_error(&mut message, answer, ErrorCode::default_reason_for_code(answer.code()));
    finish(message, key)
}

/// The error response for a refusal. `nonce` is used by a challenge alone.
pub(crate) fn refuse(request: &Message<'_>, refusal: &Refusal, realm: &str, nonce: &str) -> Vec<u8> {
    let mut message = Message::builder_error(request, MessageWriteVec::with_capacity(128));
    match refusal {
        Refusal::Challenge(answer) => {
            add_error(&mut message, *answer, "");
            add_challenge(&mut message, realm, nonce);
        }
        Refusal::Unsigned(answer) => add_error(&mut message, *answer, ""),
        Refusal::Signed(answer, key) => {
            add_error(&mut message, *answer, ErrorCode::default_reason_for_code(answer.code()));
            integrity::sign(&mut message, key);
        }
        Refusal::UnknownAttributes(types, key) => {
            add_error(&mut message, ErrorAnswer::UnknownAttribute, "");
            message.push_attribute_unchecked(&UnknownAttributes::new(types));
            if let Some(key) = key {
                integrity::sign(&mut message, key);
            }
        }
    }
    message.finish()
}

fn add_error(message: &mut MessageWriteVec, answer: ErrorAnswer, reason: &str) {
    if let Ok(error) = ErrorCode::new(answer.code(), reason) {
        message.push_attribute_unchecked(&error);
    }
}

fn add_challenge(message: &mut MessageWriteVec, realm: &str, nonce: &str) {
    // Both are made here and within the codec's bounds (RFC 8489 §14.9, §14.10).
    if let (Ok(realm), Ok(nonce)) = (Realm::new(realm), Nonce::new(nonce)) {
        message.push_attribute_unchecked(&realm);
        message.push_attribute_unchecked(&nonce);
    }
}

/// The attributes of `request` that must be understood and are not among `known`.
pub(crate) fn unknown_attributes(request: &Message<'_>, known: &[AttributeType]) -> Vec<AttributeType> {
    let mut unknown: Vec<_> = request
        .iter_attributes()
        .map(|(_, attribute)| attribute.get_type())
        .filter(|kind| kind.comprehension_required() && !known.contains(kind))
        .take(MOST_UNKNOWN)
        .collect();
    unknown.dedup();
    unknown
}

/// A request full of unknown attributes gets an answer smaller than itself.
const MOST_UNKNOWN: usize = 8;
