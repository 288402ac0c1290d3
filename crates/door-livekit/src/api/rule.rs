//! Which grant a method asks for.

use super::error::TwirpError;
use super::scope::Scope;
use crate::token::{Grants, VideoGrant};

/// What the caller's token must grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// To make and delete rooms.
    RoomCreate,
    /// To list rooms.
    RoomList,
    /// To manage the room that the request names.
    RoomAdmin,
    /// The same, and to send people to the other room that it names.
    RoomAdminAndDestination,
    /// To record.
    RoomRecord,
    /// To manage ingresses.
    IngressAdmin,
    /// To manage telephone trunks.
    SipAdmin,
    /// To call somebody.
    SipCall,
    /// To call somebody, and to manage the room that the request names.
    SipCallAndRoomAdmin,
}

impl Rule {
    /// Whether `grants` suffice for a request about `scope`.
    ///
    /// # Errors
    /// When not. The error does not depend on what exists.
    pub(super) fn check(self, grants: &Grants, scope: &Scope<'_>) -> Result<(), TwirpError> {
        let none = VideoGrant::default();
        let video = grants.video.as_ref().unwrap_or(&none);
        let manages_room = video.room_admin && !scope.room.is_empty() && video.room == scope.room;
        let granted = match self {
            Self::RoomCreate => video.room_create,
            Self::RoomList => video.room_list,
            Self::RoomAdmin => manages_room,
            Self::RoomAdminAndDestination => {
                let destination = scope.destination_room;
                manages_room && !destination.is_empty() && video.destination_room == destination
            }
            Self::RoomRecord => video.room_record,
            Self::IngressAdmin => video.ingress_admin,
            Self::SipAdmin => grants.sip.admin,
            Self::SipCall => grants.sip.call,
            Self::SipCallAndRoomAdmin => grants.sip.call && manages_room,
        };
        if granted { Ok(()) } else { Err(TwirpError::denied()) }
    }
}
