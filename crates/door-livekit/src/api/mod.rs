//! LiveKit's server API: Twirp (version 7) over HTTP, in JSON and in protobuf.
//!
//! `table::ROUTES` has every method with the grant that it asks for. A handler gets at its request
//! only through the check of that grant.

mod absent;
mod body;
mod call;
mod cors;
mod data;
mod error;
mod json;
mod participants;
mod room_service;
mod rpc;
mod rule;
mod schema;
mod scope;
mod server;
mod table;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use moim_net::rooms::{Gone, RoomsHandle};
use moim_room::{ApiCommand, Refusal, Reply, RoomOptions};

use crate::calls::Calls;
use crate::token::Authority;

pub use cors::cors;
pub use server::routes;

/// What the methods work with.
#[derive(Clone)]
pub struct Api {
    rooms: Arc<dyn AskRooms>,
    authority: Authority,
    defaults: RoomOptions,
    calls: Calls,
}

impl Api {
    /// The API of these rooms, for holders of tokens that `authority` accepts. `defaults` is how a
    /// room is set up where a request does not say.
    #[must_use]
    pub(crate) fn new(rooms: RoomsHandle, authority: Authority, defaults: RoomOptions, calls: Calls) -> Self {
        Self { rooms: Arc::new(rooms), authority, defaults, calls }
    }

    async fn ask(&self, command: ApiCommand) -> Result<Reply, error::TwirpError> {
        Ok(self.rooms.ask(command).await??)
    }
}

/// Whoever answers for the rooms.
trait AskRooms: Send + Sync {
    fn ask(&self, command: ApiCommand) -> BoxFuture<'_, Result<Result<Reply, Refusal>, Gone>>;
}

impl AskRooms for RoomsHandle {
    fn ask(&self, command: ApiCommand) -> BoxFuture<'_, Result<Result<Reply, Refusal>, Gone>> {
        Box::pin(self.api(command))
    }
}

#[cfg(test)]
mod tests;
