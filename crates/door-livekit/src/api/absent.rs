//! Methods that Moim does not have yet. Who may call them is checked all the same.

use livekit_protocol as proto;

use super::Api;
use super::error::{Code, TwirpError};

type Nothing = Result<proto::SendDataResponse, TwirpError>;

macro_rules! absent {
    ($($(#[$doc:meta])* $name:ident: $sentence:literal),* $(,)?) => {
        $(
            $(#[$doc])*
            pub(super) async fn $name<R>(_: &Api, _: R) -> Nothing {
                Err(TwirpError::new(Code::Unimplemented, $sentence))
            }
        )*
    };
}

absent! {
    moving: "participants cannot be moved or forwarded to another room by this server",
    egress: "this server does not record or stream out yet",
    ingress: "this server does not take streams in yet",
    sip: "this server has no telephone connection",
    agents: "this server does not dispatch agents yet",
}
