//! Every method of the API, with the grant that it asks for.

use axum::response::Response;
use futures_util::future::BoxFuture;
use livekit_protocol as proto;

use super::call::Call;
use super::error::TwirpError;
use super::rule::Rule;
use super::{absent, data, participants, room_service, rpc};

/// A method.
pub(super) struct Route {
    /// The service, without the package.
    pub(super) service: &'static str,
    /// The method.
    pub(super) method: &'static str,
    /// What the caller's token must grant.
    pub(super) rule: Rule,
    /// What is done.
    pub(super) handler: fn(Call) -> BoxFuture<'static, Result<Response, TwirpError>>,
}

/// The route of a method.
pub(super) fn find(service: &str, method: &str) -> Option<&'static Route> {
    let service = service.strip_prefix("livekit.")?;
    ROUTES.iter().find(|route| route.service == service && route.method == method)
}

macro_rules! routes {
    ($($service:ident { $($method:ident($request:ident) if $rule:ident => $run:path;)* })*) => {
        &[$($(Route {
            service: stringify!($service),
            method: stringify!($method),
            rule: Rule::$rule,
            handler: |call| Box::pin(async move {
                let request: proto::$request = call.request()?;
                Ok(call.answer(&$run(&call.api, request).await?))
            }),
        }),*),*]
    };
}

/// All methods. The services are those of LiveKit's protocol that its server SDKs call.
pub(super) static ROUTES: &[Route] = routes! {
    RoomService {
        CreateRoom(CreateRoomRequest) if RoomCreate => room_service::create_room;
        ListRooms(ListRoomsRequest) if RoomList => room_service::list_rooms;
        DeleteRoom(DeleteRoomRequest) if RoomCreate => room_service::delete_room;
        UpdateRoomMetadata(UpdateRoomMetadataRequest) if RoomAdmin => room_service::update_room_metadata;
        ListParticipants(ListParticipantsRequest) if RoomAdmin => participants::list_participants;
        GetParticipant(RoomParticipantIdentity) if RoomAdmin => participants::get_participant;
        RemoveParticipant(RoomParticipantIdentity) if RoomAdmin => participants::remove_participant;
        MutePublishedTrack(MuteRoomTrackRequest) if RoomAdmin => participants::mute_published_track;
        UpdateParticipant(UpdateParticipantRequest) if RoomAdmin => participants::update_participant;
        UpdateSubscriptions(UpdateSubscriptionsRequest) if RoomAdmin => participants::update_subscriptions;
        SendData(SendDataRequest) if RoomAdmin => data::send_data;
        ForwardParticipant(ForwardParticipantRequest) if RoomAdminAndDestination => absent::moving;
        MoveParticipant(MoveParticipantRequest) if RoomAdminAndDestination => absent::moving;
        PerformRpc(PerformRpcRequest) if RoomAdmin => rpc::perform_rpc;
    }
    Egress {
        StartEgress(StartEgressRequest) if RoomRecord => absent::egress;
        StartRoomCompositeEgress(RoomCompositeEgressRequest) if RoomRecord => absent::egress;
        StartWebEgress(WebEgressRequest) if RoomRecord => absent::egress;
        StartParticipantEgress(ParticipantEgressRequest) if RoomRecord => absent::egress;
        StartTrackCompositeEgress(TrackCompositeEgressRequest) if RoomRecord => absent::egress;
        StartTrackEgress(TrackEgressRequest) if RoomRecord => absent::egress;
        UpdateLayout(UpdateLayoutRequest) if RoomRecord => absent::egress;
        UpdateStream(UpdateStreamRequest) if RoomRecord => absent::egress;
        ListEgress(ListEgressRequest) if RoomRecord => absent::egress;
        StopEgress(StopEgressRequest) if RoomRecord => absent::egress;
    }
    Ingress {
        CreateIngress(CreateIngressRequest) if IngressAdmin => absent::ingress;
        UpdateIngress(UpdateIngressRequest) if IngressAdmin => absent::ingress;
        ListIngress(ListIngressRequest) if IngressAdmin => absent::ingress;
        DeleteIngress(DeleteIngressRequest) if IngressAdmin => absent::ingress;
    }
    SIP {
        ListSIPTrunk(ListSipTrunkRequest) if SipAdmin => absent::sip;
        CreateSIPInboundTrunk(CreateSipInboundTrunkRequest) if SipAdmin => absent::sip;
        CreateSIPOutboundTrunk(CreateSipOutboundTrunkRequest) if SipAdmin => absent::sip;
        UpdateSIPInboundTrunk(UpdateSipInboundTrunkRequest) if SipAdmin => absent::sip;
        UpdateSIPOutboundTrunk(UpdateSipOutboundTrunkRequest) if SipAdmin => absent::sip;
        GetSIPInboundTrunk(GetSipInboundTrunkRequest) if SipAdmin => absent::sip;
        GetSIPOutboundTrunk(GetSipOutboundTrunkRequest) if SipAdmin => absent::sip;
        ListSIPInboundTrunk(ListSipInboundTrunkRequest) if SipAdmin => absent::sip;
        ListSIPOutboundTrunk(ListSipOutboundTrunkRequest) if SipAdmin => absent::sip;
        DeleteSIPTrunk(DeleteSipTrunkRequest) if SipAdmin => absent::sip;
        CreateSIPDispatchRule(CreateSipDispatchRuleRequest) if SipAdmin => absent::sip;
        UpdateSIPDispatchRule(UpdateSipDispatchRuleRequest) if SipAdmin => absent::sip;
        ListSIPDispatchRule(ListSipDispatchRuleRequest) if SipAdmin => absent::sip;
        DeleteSIPDispatchRule(DeleteSipDispatchRuleRequest) if SipAdmin => absent::sip;
        CreateSIPParticipant(CreateSipParticipantRequest) if SipCall => absent::sip;
        TransferSIPParticipant(TransferSipParticipantRequest) if SipCallAndRoomAdmin => absent::sip;
    }
    AgentDispatchService {
        CreateDispatch(CreateAgentDispatchRequest) if RoomAdmin => absent::agents;
        DeleteDispatch(DeleteAgentDispatchRequest) if RoomAdmin => absent::agents;
        ListDispatch(ListAgentDispatchRequest) if RoomAdmin => absent::agents;
    }
};
