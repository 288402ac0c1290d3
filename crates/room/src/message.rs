//! Messages between participants.

use std::sync::Arc;

use bytes::Bytes;
use moim_types::ParticipantId;

use crate::Identity;

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// Everybody but the sender.
    Everybody,
    /// These, by identity.
    Identities(Vec<Identity>),
    /// These, by stay.
    Participants(Vec<ParticipantId>),
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who sent it; `None` for the application's server and for hidden participants.
    pub from: Option<(ParticipantId, Identity)>,
    /// Whether it must arrive.
    pub reliable: bool,
    /// The sender's number for it, from 1; 0 without.
    pub sequence: u32,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// In the sending door's own wire form, for receivers of the same door: opaque here.
    pub wire: Bytes,
    /// The same for receivers of other doors, where it means something there.
    pub plain: Option<Arc<Plain>>,
}

/// A message in the house's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What it is about; empty is nothing in particular.
    pub topic: String,
    /// What it says.
    pub payload: Bytes,
}
