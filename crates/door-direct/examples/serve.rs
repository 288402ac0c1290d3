//! The direct door in a program of your own: `cargo run --example serve -- 127.0.0.1:3000 a-long-shared-token`.

use std::net::SocketAddr;
use std::time::Duration;

use moim_door_direct::{AllowedOrigins, Bounds, DirectConfig, DirectDoor, IceConfig};
use moim_types::Redacted;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen: SocketAddr = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned()).parse()?;
    let token = arguments.next().unwrap_or_else(|| "a-long-shared-token".to_owned());
    let door = DirectDoor::new(DirectConfig {
        signing_key: Redacted::new(token.clone().into_bytes()),
        token: Some(Redacted::new(token)),
        dev: false,
        open_join: false,
        ice: IceConfig {
            stun_port: Some(3478),
            turn_udp_port: Some(3478),
            turn_tcp_port: Some(3478),
            turns_port: None,
            secret: Redacted::new("the secret of the TURN server".to_owned()),
            public_host: None,
            lifetime: Duration::from_secs(3600),
        },
        bounds: Bounds::default(),
        allowed_origins: AllowedOrigins::Any,
    });
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let service = door.router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}
