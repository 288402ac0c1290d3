//! What a request is about: the rooms that it names.

use livekit_protocol as proto;

/// The rooms that a request names; empty where it names none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    pub(super) room: &'a str,
    pub(super) destination_room: &'a str,
}

/// A request.
pub(super) trait Scoped {
    fn scope(&self) -> Scope<'_> {
        Scope::default()
    }
}

macro_rules! about_a_room {
    ($($request:ident($field:ident)),* $(,)?) => {
        $(impl Scoped for proto::$request {
            fn scope(&self) -> Scope<'_> {
                Scope { room: &self.$field, ..Scope::default() }
            }
        })*
    };
}

macro_rules! about_two_rooms {
    ($($request:ident),* $(,)?) => {
        $(impl Scoped for proto::$request {
            fn scope(&self) -> Scope<'_> {
                Scope { room: &self.room, destination_room: &self.destination_room }
            }
        })*
    };
}

macro_rules! about_no_room {
    ($($request:ident),* $(,)?) => {
        $(impl Scoped for proto::$request {})*
    };
}

about_a_room! {
    ListParticipantsRequest(room),
    RoomParticipantIdentity(room),
    MuteRoomTrackRequest(room),
    UpdateParticipantRequest(room),
    UpdateSubscriptionsRequest(room),
    SendDataRequest(room),
    UpdateRoomMetadataRequest(room),
    PerformRpcRequest(room),
    TransferSipParticipantRequest(room_name),
    CreateAgentDispatchRequest(room),
    DeleteAgentDispatchRequest(room),
    ListAgentDispatchRequest(room),
}

about_two_rooms! { ForwardParticipantRequest, MoveParticipantRequest }

about_no_room! {
    // Their grants hold for all rooms.
    CreateRoomRequest,
    ListRoomsRequest,
    DeleteRoomRequest,
    StartEgressRequest,
    UpdateLayoutRequest,
    UpdateStreamRequest,
    ListEgressRequest,
    StopEgressRequest,
    RoomCompositeEgressRequest,
    WebEgressRequest,
    ParticipantEgressRequest,
    TrackCompositeEgressRequest,
    TrackEgressRequest,
    CreateIngressRequest,
    UpdateIngressRequest,
    ListIngressRequest,
    DeleteIngressRequest,
    ListSipTrunkRequest,
    CreateSipInboundTrunkRequest,
    CreateSipOutboundTrunkRequest,
    UpdateSipInboundTrunkRequest,
    UpdateSipOutboundTrunkRequest,
    GetSipInboundTrunkRequest,
    GetSipOutboundTrunkRequest,
    ListSipInboundTrunkRequest,
    ListSipOutboundTrunkRequest,
    DeleteSipTrunkRequest,
    CreateSipDispatchRuleRequest,
    UpdateSipDispatchRuleRequest,
    ListSipDispatchRuleRequest,
    DeleteSipDispatchRuleRequest,
    CreateSipParticipantRequest,
}
