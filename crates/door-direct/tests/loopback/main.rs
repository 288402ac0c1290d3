//! The door over loopback: a real server on port 0, real sockets, both transports.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod http;
mod limits;
mod mixed;
mod side;
mod slow_reader;

use std::net::SocketAddr;
use std::time::Duration;

use moim_door_direct::{AllowedOrigins, Bounds, DirectConfig, DirectDoor, IceConfig};
use moim_types::Redacted;

pub(crate) const TOKEN: &str = "a token that nobody guesses";

pub(crate) fn config() -> DirectConfig {
    DirectConfig {
        token: Some(Redacted::new(TOKEN.to_owned())),
        signing_key: Redacted::new(TOKEN.as_bytes().to_vec()),
        dev: false,
        open_join: false,
        ice: IceConfig {
            stun_port: Some(3478),
            turn_udp_port: Some(3478),
            turn_tcp_port: Some(3478),
            turns_port: Some(4443),
            secret: Redacted::new("turn secret".to_owned()),
            public_host: None,
            lifetime: Duration::from_secs(3600),
        },
        bounds: Bounds::default(),
        allowed_origins: AllowedOrigins::Any,
    }
}

/// A door that is served until the test is over.
pub(crate) struct Served {
    pub(crate) door: DirectDoor,
    pub(crate) address: SocketAddr,
}

pub(crate) async fn serve(config: DirectConfig) -> Served {
    let door = DirectDoor::new(config);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = door.router().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Served { door, address }
}

impl Served {
    pub(crate) fn count(&self, counter: &str, label: &str) -> u64 {
        let stats = self.door.stats();
        let found = stats.named().find(|(name, value, _)| *name == counter && *value == label);
        found.unwrap_or_else(|| panic!("no counter {counter} {label}")).2
    }

    /// Waits until a counter has a value; the test's own timeout is the patience.
    pub(crate) async fn until(&self, counter: &str, label: &str, value: u64) {
        let arrived = async {
            while self.count(counter, label) != value {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(15), arrived).await;
        assert!(waited.is_ok(), "{counter} {label} is {}, not {value}", self.count(counter, label));
    }
}
