//! The door as the server holds it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::config::DirectConfig;
use crate::hub::Hub;
use crate::ice::IceServers;
use crate::shell::arrivals::Arrivals;
use crate::shell::{Shared, admission, connections, ice_servers, join, socket_io, web_socket};
use crate::stats::DirectStats;
use crate::token::Authority;

/// The direct door. Clones are the same door.
#[derive(Clone, Debug)]
pub struct DirectDoor {
    shared: Arc<Shared>,
}

impl DirectDoor {
    /// A door with nobody inside.
    #[must_use]
    pub fn new(config: DirectConfig) -> Self {
        let authority = Authority::new(&config);
        let hub = Arc::new(Hub::new(config.bounds.clone(), IceServers::new(config.ice.clone())));
        let shared = Shared {
            hub,
            authority,
            ice: IceServers::new(config.ice),
            arrivals: Mutex::new(Arrivals::new(&config.bounds, Instant::now())),
            unauthenticated: Arc::new(Semaphore::new(config.bounds.unauthenticated.min(Semaphore::MAX_PERMITS))),
            bounds: config.bounds,
            allowed_origins: config.allowed_origins,
            dev: config.dev,
            open_join: config.open_join,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The routes `/socket.io`, `/direct`, `/direct/ice-servers`, `/direct/join` and `/connections`, to be merged with
    /// others. Addresses are counted one by one where the server adds `ConnectInfo<SocketAddr>`. Call it within a tokio
    /// runtime, and once: each router has Socket.IO sessions of its own.
    pub fn router(&self) -> Router {
        let guard = from_fn_with_state(self.shared.clone(), admission::check_new_session);
        let socket_io = socket_io::routes(&self.shared).route_layer(guard);
        Router::new()
            .route("/direct", get(web_socket::upgrade))
            .route("/direct/ice-servers", get(ice_servers::list).options(admission::preflight))
            .route("/direct/join", post(join::join).options(admission::preflight))
            .route("/connections", get(connections::list).options(admission::preflight))
            .with_state(self.shared.clone())
            .merge(socket_io)
            .route_layer(from_fn_with_state(self.shared.clone(), admission::check_origin))
            .route_layer(admission::cors(&self.shared.allowed_origins))
    }

    /// Whether `key` opens `room` by the rules of `/direct/join`, for a room that another door serves: gives the invite to
    /// pass on, empty where none is needed, or the refusal to send. `address` is where the request came from.
    ///
    /// # Errors
    /// The refusal, as `/direct/join` would answer it.
    pub async fn invitation(&self, address: Option<IpAddr>, room: &str, key: Option<&str>) -> Result<String, Response> {
        join::invitation(&self.shared, address, room, key).await
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> DirectStats {
        self.shared.hub.stats()
    }

    /// Lets nobody in any more; those inside go on.
    pub fn drain(&self) {
        self.shared.hub.drain();
    }
}
