//! What is answered when something is wrong.

use prost::Message;
use serde_json::json;

use super::*;
use crate::api::error::Code;
use crate::token::VideoGrant;

fn creator() -> Grants {
    Grants { video: Some(VideoGrant { room_create: true, ..VideoGrant::default() }), ..Grants::default() }
}

#[tokio::test]
async fn what_is_not_there_is_a_bad_route() {
    let stage = Stage::new([]);
    let token = stage.token(&creator());
    for path in [
        "livekit.RoomService/Explode",
        "livekit.roomservice/CreateRoom",
        "RoomService/CreateRoom",
        "livekit.Nothing/CreateRoom",
        "livekit.RoomService",
        "livekit.RoomService/CreateRoom/",
        "%2e%2e/%2e%2e",
    ] {
        let heard = stage.post(path, Some(&token), "application/json", "{}").await;
        assert_eq!((heard.status, heard.json()["code"].as_str()), (StatusCode::NOT_FOUND, Some("bad_route")), "{path}");
    }
    let request = Request::get("/twirp/livekit.RoomService/CreateRoom").body(Body::empty()).unwrap();
    assert_eq!(stage.send(request).await.json()["code"], "bad_route");
    for content_type in ["text/plain", "", "application/jsonx", "application/x-protobuf"] {
        let heard = stage.post("livekit.RoomService/CreateRoom", Some(&token), content_type, "{}").await;
        assert_eq!(heard.json()["code"], "bad_route", "{content_type}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed() {
    let stage = Stage::new([]);
    let token = stage.token(&creator());
    for (content_type, body) in [
        ("application/json", "{".into()),
        ("application/json", "[]".into()),
        ("application/json", String::new()),
        ("application/json", r#"{"name":7}"#.into()),
        ("application/json", r#"{"emptyTimeout":"soon"}"#.into()),
        ("application/json", "[".repeat(200_000)),
        ("application/protobuf", "\u{a}\u{7f}".into()),
    ] {
        let heard = stage.post("livekit.RoomService/CreateRoom", Some(&token), content_type, body).await;
        assert_eq!((heard.status, heard.json()["code"].as_str()), (StatusCode::BAD_REQUEST, Some("malformed")));
        assert_eq!(heard.content_type, "application/json");
    }
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn more_than_ten_megabytes_are_not_read() {
    let stage = Stage::new([]);
    let token = stage.token(&creator());
    let body = vec![b' '; (10 << 20) + 1];
    let heard = stage.post("livekit.RoomService/CreateRoom", Some(&token), "application/json", body.clone()).await;
    assert_eq!(heard.status, StatusCode::PAYLOAD_TOO_LARGE);
    let heard = stage.post("livekit.RoomService/CreateRoom", None, "application/json", body).await;
    assert_eq!(heard.status, StatusCode::UNAUTHORIZED, "somebody without a token was listened to");
}

#[tokio::test]
async fn what_the_rooms_refuse_has_its_code() {
    for (refusal, status, code) in [
        (Refusal::NoSuchRoom, 404, "not_found"),
        (Refusal::NoSuchParticipant, 404, "not_found"),
        (Refusal::NoSuchTrack, 404, "not_found"),
        (Refusal::RoomFull, 429, "resource_exhausted"),
        (Refusal::TooManyPending, 429, "resource_exhausted"),
        (Refusal::NotPermitted, 403, "permission_denied"),
        (Refusal::TooLarge, 400, "invalid_argument"),
        (Refusal::Invalid, 400, "invalid_argument"),
        (Refusal::RemoteUnmute, 412, "failed_precondition"),
    ] {
        let stage = Stage::new([Err(refusal)]);
        let body = json!({ "room": "hall", "identity": "ann", "trackSid": "TR_VCaaaaaaaaaa" });
        let heard = stage.call("livekit.RoomService/MutePublishedTrack", &admin_of("hall"), &body).await;
        assert_eq!((heard.status.as_u16(), heard.json()["code"].as_str()), (status, Some(code)), "{refusal:?}");
        assert_eq!(heard.json()["msg"], refusal.to_string());
    }
}

#[tokio::test]
async fn a_server_that_stops_is_unavailable() {
    let heard = Stage::new([]).call("livekit.RoomService/DeleteRoom", &creator(), &json!({ "room": "hall" })).await;
    assert_eq!((heard.status, heard.json()["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("unavailable")));
}

#[tokio::test]
async fn an_answer_to_another_question_is_our_fault() {
    let stage = Stage::new([Ok(Reply::Done)]);
    let heard = stage.call("livekit.RoomService/GetParticipant", &admin_of("hall"), &json!({ "room": "hall" })).await;
    assert_eq!((heard.status.as_u16(), heard.json()["code"].as_str()), (500, Some("internal")));
}

#[tokio::test]
async fn protobuf_callers_get_their_errors_in_json_too() {
    let stage = Stage::new([Err(Refusal::NoSuchRoom)]);
    let token = stage.token(&creator());
    let body = livekit_protocol::DeleteRoomRequest { room: "hall".into() }.encode_to_vec();
    let heard = stage.post("livekit.RoomService/DeleteRoom", Some(&token), "application/protobuf", body).await;
    assert_eq!((heard.content_type.as_str(), heard.json()["code"].as_str()), ("application/json", Some("not_found")));
}

#[tokio::test]
async fn what_moim_does_not_do_yet_is_said_in_a_sentence() {
    let recorder = Grants {
        video: Some(VideoGrant { room_record: true, room_create: true, ..VideoGrant::default() }),
        ..Grants::default()
    };
    let stage = Stage::new([]);
    for (method, body) in [
        ("livekit.Egress/ListEgress", json!({})),
        ("livekit.Egress/StartRoomCompositeEgress", json!({ "roomName": "hall", "file": { "filepath": "a.mp4" } })),
        ("livekit.RoomService/CreateRoom", json!({ "name": "hall", "egress": { "room": { "roomName": "hall" } } })),
    ] {
        let heard = stage.call(method, &recorder, &body).await;
        assert_eq!((heard.status.as_u16(), heard.json()["code"].as_str()), (501, Some("unimplemented")), "{method}");
        assert!(heard.json()["msg"].as_str().unwrap().contains("record"));
    }
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_why() {
    let stage = Stage::new([]);
    let long = "x".repeat(257);
    for (method, grants, body) in [
        ("CreateRoom", creator(), json!({})),
        ("CreateRoom", creator(), json!({ "name": long })),
        ("SendData", admin_of("hall"), json!({ "room": "hall", "data": "aGk=", "nonce": "aGk=" })),
        ("RemoveParticipant", admin_of("hall"), json!({ "room": "hall", "identity": "ann", "revokeTokenTs": "-1" })),
    ] {
        let heard = stage.call(&format!("livekit.RoomService/{method}"), &grants, &body).await;
        assert_eq!(heard.json()["code"], "invalid_argument", "{method} {body}");
    }
    for sid in ["", "TR_x", "nonsense"] {
        let body = json!({ "room": "hall", "identity": "ann", "trackSid": sid, "trackSids": [sid] });
        for method in ["MutePublishedTrack", "UpdateSubscriptions"] {
            let heard = stage.call(&format!("livekit.RoomService/{method}"), &admin_of("hall"), &body).await;
            assert_eq!(heard.json()["code"], "not_found", "{method} {sid}");
        }
    }
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn a_page_of_another_origin_may_ask() {
    let stage = Stage::new([]);
    let request = Request::options("/twirp/livekit.RoomService/CreateRoom")
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
        .body(Body::empty())
        .unwrap();
    let response = stage.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()["access-control-max-age"], "86400");
    assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("POST"));
}

#[test]
fn every_code_has_its_status() {
    for (code, status) in [
        (Code::InvalidArgument, 400),
        (Code::Malformed, 400),
        (Code::Unauthenticated, 401),
        (Code::PermissionDenied, 403),
        (Code::NotFound, 404),
        (Code::BadRoute, 404),
        (Code::FailedPrecondition, 412),
        (Code::ResourceExhausted, 429),
        (Code::Internal, 500),
        (Code::Unimplemented, 501),
        (Code::Unavailable, 503),
    ] {
        assert_eq!(code.status().as_u16(), status, "{code:?}");
    }
}
