//! The door as the server holds it.

use std::sync::Arc;

use axum::Router;

use crate::api::{self, Api};
use crate::config::LivekitConfig;
use crate::signal::{self, Shared};
use crate::stats::LivekitStats;
use crate::token::{Authority, Keys};

/// The livekit door. Clones are the same door.
#[derive(Clone, Debug)]
pub struct LivekitDoor {
    shared: Arc<Shared>,
}

impl LivekitDoor {
    /// A door with nobody inside.
    #[must_use]
    pub fn new(config: LivekitConfig) -> Self {
        let authority = Authority::new(Keys::new(config.keys.clone()));
        Self { shared: Arc::new(Shared::new(config, authority)) }
    }

    /// The routes `/rtc`, `/rtc/v1`, both with `/validate`, and `/twirp`, to be merged with others. Clients whose base URL
    /// ends in a slash send two; those routes are here as well.
    pub fn router(&self) -> Router {
        let shared = &self.shared;
        let api = Api::new(
            shared.rooms.clone(),
            shared.authority.clone(),
            shared.room_defaults.clone(),
            shared.calls.clone(),
        );
        signal::routes(shared).merge(api::routes(api))
    }

    /// The paths of signaling, all of which want a token. Those of the server API are behind `/twirp`.
    pub fn signaling_paths() -> impl Iterator<Item = String> {
        signal::paths()
    }

    /// Makes and checks tokens. Who was sent away is known here.
    #[must_use]
    pub fn authority(&self) -> Authority {
        self.shared.authority.clone()
    }

    /// Lets nobody in any more; those inside go on.
    pub fn drain(&self) {
        self.shared.drain();
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> LivekitStats {
        self.shared.counters.snapshot()
    }
}
