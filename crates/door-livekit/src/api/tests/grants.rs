//! Every method of the table, called by those who may not.

use serde_json::json;

use super::*;
use crate::api::rule::Rule;
use crate::api::table::{ROUTES, Route};
use crate::token::{AgentGrant, SipGrant, VideoGrant};

/// The least that suffices for a rule, in the room `hall`.
fn enough(rule: Rule) -> Grants {
    let video = |video: VideoGrant| Grants { video: Some(video), ..Grants::default() };
    let none = VideoGrant::default();
    let sip = |call: bool, admin: bool, grants: Grants| Grants { sip: SipGrant { admin, call }, ..grants };
    match rule {
        Rule::RoomCreate => video(VideoGrant { room_create: true, ..none }),
        Rule::RoomList => video(VideoGrant { room_list: true, ..none }),
        Rule::RoomAdmin => admin_of("hall"),
        Rule::RoomAdminAndDestination => {
            video(VideoGrant { room_admin: true, room: "hall".into(), destination_room: "yard".into(), ..none })
        }
        Rule::RoomRecord => video(VideoGrant { room_record: true, ..none }),
        Rule::IngressAdmin => video(VideoGrant { ingress_admin: true, ..none }),
        Rule::SipAdmin => sip(false, true, Grants::default()),
        Rule::SipCall => sip(true, false, Grants::default()),
        Rule::SipCallAndRoomAdmin => sip(true, false, admin_of("hall")),
    }
}

/// Everything that a token can grant, but what `rule` asks for.
fn all_but(rule: Rule) -> Grants {
    let mut grants = Grants {
        identity: "ann".into(),
        sip: SipGrant { admin: true, call: true },
        agent: AgentGrant { admin: true },
        video: Some(VideoGrant {
            room_create: true,
            room_list: true,
            room_record: true,
            room_admin: true,
            room_join: true,
            room: "hall".into(),
            destination_room: "yard".into(),
            ingress_admin: true,
            agent: true,
            ..VideoGrant::default()
        }),
        ..Grants::default()
    };
    let video = grants.video.as_mut().unwrap();
    match rule {
        Rule::RoomCreate => video.room_create = false,
        Rule::RoomList => video.room_list = false,
        Rule::RoomAdmin => video.room_admin = false,
        Rule::RoomAdminAndDestination => video.destination_room = "cellar".into(),
        Rule::RoomRecord => video.room_record = false,
        Rule::IngressAdmin => video.ingress_admin = false,
        Rule::SipAdmin => grants.sip.admin = false,
        Rule::SipCall | Rule::SipCallAndRoomAdmin => grants.sip.call = false,
    }
    grants
}

fn path(route: &Route) -> String {
    format!("livekit.{}/{}", route.service, route.method)
}

fn request() -> Value {
    json!({ "room": "hall", "roomName": "hall", "destinationRoom": "yard", "name": "hall", "identity": "ann" })
}

fn is_about_a_room(rule: Rule) -> bool {
    matches!(rule, Rule::RoomAdmin | Rule::RoomAdminAndDestination | Rule::SipCallAndRoomAdmin)
}

fn is_refused(route: &Route, what: &str, heard: &Heard) {
    assert_eq!(heard.status, StatusCode::UNAUTHORIZED, "{} with {what}", path(route));
    assert_eq!(heard.json()["code"], "unauthenticated", "{} with {what}", path(route));
    assert_eq!(heard.content_type, "application/json", "{} with {what}", path(route));
}

#[tokio::test]
async fn no_method_answers_those_who_may_not_call_it() {
    let stage = Stage::new([]);
    let mut calls = 0;
    for route in ROUTES {
        let refused = [
            ("no grants", Grants { identity: "ann".into(), ..Grants::default() }),
            ("all but the right grant", all_but(route.rule)),
        ];
        for (what, grants) in refused {
            is_refused(route, what, &stage.call(&path(route), &grants, &request()).await);
            calls += 1;
        }
        for (what, token) in [("no token", None), ("no valid token", Some("a.b.c")), ("an empty token", Some(""))] {
            let heard = stage.post(&path(route), token, "application/json", request().to_string()).await;
            is_refused(route, what, &heard);
            calls += 1;
        }
    }
    assert!(stage.asked().is_empty(), "a refused call reached the rooms");
    assert_eq!(calls, ROUTES.len() * 5);
}

#[tokio::test]
async fn no_method_answers_with_a_token_of_another_room() {
    let stage = Stage::new([]);
    for route in ROUTES.iter().filter(|route| is_about_a_room(route.rule)) {
        let mut grants = enough(route.rule);
        for room in ["cellar", "Hall", "hall ", ""] {
            grants.video.as_mut().unwrap().room = room.into();
            is_refused(route, "another room", &stage.call(&path(route), &grants, &request()).await);
        }
        // Neither does a request that names no room, with a token that names none.
        is_refused(route, "no room at all", &stage.call(&path(route), &grants, &json!({})).await);
    }
    assert!(stage.asked().is_empty(), "a refused call reached the rooms");
}

#[tokio::test]
async fn every_method_answers_those_who_may() {
    let stage = Stage::new([]);
    for route in ROUTES {
        let heard = stage.call(&path(route), &enough(route.rule), &request()).await;
        // Nobody answers for the rooms here, some methods are not there yet, some requests lack things.
        assert_ne!(heard.status, StatusCode::UNAUTHORIZED, "{}", path(route));
    }
    assert!(!stage.asked().is_empty());
}

#[test]
fn every_service_has_its_methods_once() {
    let count = |service: &str| ROUTES.iter().filter(|route| route.service == service).count();
    assert_eq!(["RoomService", "Egress", "Ingress", "SIP", "AgentDispatchService"].map(count), [14, 10, 4, 16, 3]);
    let mut paths: Vec<_> = ROUTES.iter().map(path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), ROUTES.len());
}

#[tokio::test]
async fn a_revoked_token_is_refused() {
    let stage = Stage::new([]);
    let grants = Grants { identity: "ann".into(), ..admin_of("hall") };
    let token = stage.token(&grants);
    stage.authority.revoke("hall", "ann", unix_now() + Duration::from_secs(1));
    let method = "livekit.RoomService/ListParticipants";
    let heard = stage.post(method, Some(&token), "application/json", r#"{"room":"hall"}"#).await;
    assert_eq!(heard.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_unknown_room_is_refused_like_a_known_one() {
    let stage = Stage::new([]);
    let grants = admin_of("yard");
    let method = "livekit.RoomService/GetParticipant";
    let known = stage.call(method, &grants, &json!({ "room": "hall", "identity": "ann" })).await;
    let unknown = stage.call(method, &grants, &json!({ "room": "nowhere", "identity": "ann" })).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert!(stage.asked().is_empty(), "whether a room exists was looked up");
}
