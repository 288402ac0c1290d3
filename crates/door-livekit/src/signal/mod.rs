//! The shell around sessions: HTTP and WebSocket.

mod admission;
mod conversation;
mod counters;
mod detours;
pub(crate) mod frame;
mod handover;
mod join_request;
pub(crate) mod knock;
mod outbox;
mod pace;
mod refresh;
mod upgrade;
mod user_agent;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::{MethodRouter, get};
use moim_net::rooms::RoomsHandle;
use moim_room::RoomOptions;
use moim_turn::IceConfig;
use moim_types::Id;
use tokio::sync::Semaphore;

use crate::api::cors;
use crate::calls::Calls;
use crate::config::{Bounds, LivekitConfig};
use crate::session::Server;
use crate::token::Authority;
use crate::wire::room::ENABLED_CODECS;
pub use admission::NoFault;
use counters::Counters;
use detours::Detours;
use handover::Handovers;

/// What every connection shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) rooms: RoomsHandle,
    pub(crate) authority: Authority,
    pub(crate) room_defaults: RoomOptions,
    pub(crate) counters: Counters,
    auto_create: bool,
    ice: IceConfig,
    bounds: Bounds,
    server: Arc<Server>,
    pub(crate) calls: Calls,
    detours: Detours,
    handovers: Handovers,
    places: Arc<Semaphore>,
    is_draining: AtomicBool,
}

impl Shared {
    pub(crate) fn new(config: LivekitConfig, authority: Authority) -> Self {
        Self {
            rooms: config.rooms,
            authority,
            room_defaults: config.room_defaults,
            counters: Counters::default(),
            auto_create: config.auto_create,
            ice: config.ice,
            server: Arc::new(Server {
                node_id: node_id(),
                enabled_codecs: ENABLED_CODECS.to_vec(),
                data_blobs: config.data_blobs,
            }),
            calls: Calls::default(),
            detours: Detours::default(),
            handovers: Handovers::default(),
            places: Arc::new(Semaphore::new(config.bounds.connections.min(Semaphore::MAX_PERMITS))),
            bounds: config.bounds,
            is_draining: AtomicBool::new(false),
        }
    }

    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }
}

/// The routes for signaling. Each asks for a token: tests call all of them without one that is good.
fn table() -> [(&'static str, MethodRouter<Arc<Shared>>); 4] {
    [
        ("/rtc", get(upgrade::v0)),
        ("/rtc/v1", get(upgrade::v1)),
        ("/rtc/validate", get(upgrade::validate_v0)),
        ("/rtc/v1/validate", get(upgrade::validate_v1)),
    ]
}

/// `/rtc` and what is below it, with one slash before it or two.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for (path, method) in table() {
        router = router.route(path, method.clone()).route(&format!("/{path}"), method);
    }
    router.layer(cors()).with_state(shared.clone())
}

/// The paths of [`routes`].
pub(crate) fn paths() -> impl Iterator<Item = String> {
    table().into_iter().flat_map(|(path, _)| [path.to_owned(), format!("/{path}")])
}

/// A name for this run of the server.
fn node_id() -> String {
    let mut random = [0; 12];
    // Without randomness the process can do nothing safely; this source does not fail once the system is up.
    getrandom::fill(&mut random).expect("the system gives random bytes");
    format!("ND_{}", Id::<12>::from_random(random))
}
