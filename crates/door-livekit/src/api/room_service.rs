//! Rooms: made, listed, changed and deleted.

use std::sync::Arc;

use livekit_protocol as proto;
use moim_room::{ApiCommand, Reply, Room, RoomName, RoomOptions};

use super::Api;
use super::error::{Code, TwirpError};
use crate::token::seconds_or;
use crate::wire;

/// Longest name of a room, in bytes.
const MAX_ROOM_NAME_BYTES: usize = 256;

pub(super) async fn create_room(api: &Api, request: proto::CreateRoomRequest) -> Result<proto::Room, TwirpError> {
    check(&request)?;
    let name: RoomName = request.name.as_str().into();
    let open = listed(api, vec![Arc::clone(&name)]).await?;
    let before = open.first().map_or(&api.defaults, |room| &room.options);
    let options = options(request, before);
    one(api, ApiCommand::CreateRoom(name, options)).await
}

pub(super) async fn list_rooms(
    api: &Api,
    request: proto::ListRoomsRequest,
) -> Result<proto::ListRoomsResponse, TwirpError> {
    let names = request.names.into_iter().map(Into::into).collect();
    let rooms = listed(api, names).await?;
    Ok(proto::ListRoomsResponse { rooms: rooms.iter().map(|room| wire::room::room(room)).collect() })
}

pub(super) async fn delete_room(
    api: &Api,
    request: proto::DeleteRoomRequest,
) -> Result<proto::DeleteRoomResponse, TwirpError> {
    api.ask(ApiCommand::DeleteRoom(request.room.into())).await?;
    Ok(proto::DeleteRoomResponse {})
}

pub(super) async fn update_room_metadata(
    api: &Api,
    request: proto::UpdateRoomMetadataRequest,
) -> Result<proto::Room, TwirpError> {
    one(api, ApiCommand::UpdateRoomMetadata(request.room.into(), request.metadata)).await
}

fn check(request: &proto::CreateRoomRequest) -> Result<(), TwirpError> {
    if request.name.is_empty() {
        return Err(TwirpError::invalid("a room needs a name"));
    }
    if request.name.len() > MAX_ROOM_NAME_BYTES {
        return Err(TwirpError::invalid(format!("a room's name has at most {MAX_ROOM_NAME_BYTES} bytes")));
    }
    if !request.room_preset.is_empty() {
        return Err(TwirpError::new(Code::NotFound, "this server has no room presets"));
    }
    // Somebody relies on being recorded: better no room than a room without.
    if request.egress.is_some() {
        return Err(TwirpError::new(Code::Unimplemented, "this server does not record or stream out yet"));
    }
    Ok(())
}

/// What the request says, laid over what was. Zero and empty say nothing.
fn options(request: proto::CreateRoomRequest, before: &RoomOptions) -> RoomOptions {
    let mut tags: Vec<_> = request.tags.into_iter().collect();
    tags.sort();
    let given_or = |given: u32, before: u32| if given == 0 { before } else { given };
    RoomOptions {
        empty_timeout: seconds_or(request.empty_timeout, before.empty_timeout),
        departure_timeout: seconds_or(request.departure_timeout, before.departure_timeout),
        max_participants: given_or(request.max_participants, before.max_participants),
        metadata: if request.metadata.is_empty() { before.metadata.clone() } else { request.metadata },
        tags: if tags.is_empty() { before.tags.clone() } else { tags },
    }
}

async fn listed(api: &Api, names: Vec<RoomName>) -> Result<Vec<Arc<Room>>, TwirpError> {
    match api.ask(ApiCommand::ListRooms(names)).await? {
        Reply::Rooms(rooms) => Ok(rooms),
        _ => Err(TwirpError::internal()),
    }
}

async fn one(api: &Api, command: ApiCommand) -> Result<proto::Room, TwirpError> {
    match api.ask(command).await? {
        Reply::Room(room) => Ok(wire::room::room(&room)),
        _ => Err(TwirpError::internal()),
    }
}
