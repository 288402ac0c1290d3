//! Every path of the door, called by those who may not; and what they learn from the answers.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Request, StatusCode};
use moim_door_livekit::token::{Grants, VideoGrant};
use moim_door_livekit::{Bounds, LivekitDoor};
use tower::ServiceExt as _;

use super::signal::{Signal, USUAL};
use super::{Served, admin, guest, serve, serve_with};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Calls a method of the server API, in this process.
pub(crate) async fn post(served: &Served, method: &str, token: Option<&str>, body: String) -> Answer {
    let mut request = Request::post(format!("/twirp/{method}")).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    ask(served, request.body(Body::from(body)).unwrap()).await
}

pub(crate) async fn get(served: &Served, path: &str, token: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    ask(served, request.body(Body::empty()).unwrap()).await
}

async fn ask(served: &Served, request: Request<Body>) -> Answer {
    let response = served.door.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    Answer { status, body: String::from_utf8_lossy(&body).into_owned() }
}

#[tokio::test]
async fn no_path_of_signaling_answers_without_a_grant_to_join() {
    let served = serve(Bounds::default()).await;
    let video = |video: VideoGrant| served.token(&Grants { video: Some(video), ..guest("hall", "ann") });
    let every_other_grant = VideoGrant {
        room: "hall".into(),
        room_create: true,
        room_list: true,
        room_record: true,
        room_admin: true,
        ingress_admin: true,
        can_publish: Some(true),
        can_subscribe: Some(true),
        ..VideoGrant::default()
    };
    let tokens = [
        ("no token", String::new()),
        ("no valid token", "a.b.c".to_owned()),
        ("no grants", served.token(&Grants { video: None, ..guest("hall", "ann") })),
        ("all grants but the right one", video(every_other_grant)),
    ];
    let mut calls = 0;
    for path in LivekitDoor::signaling_paths() {
        for (what, token) in &tokens {
            let url = format!("{path}?{USUAL}&join_request=");
            if path.ends_with("validate") {
                assert_eq!(get(&served, &url, Some(token)).await.status, 401, "{path} with {what}");
            } else {
                let refused = Signal::open(served.address, &url, token).await.err();
                assert_eq!(refused.map(|refused| refused.status), Some(401), "{path} with {what}");
            }
            calls += 1;
        }
    }
    assert!(calls >= 32, "{calls}");
    served.until("refused_total", "token", calls).await;
    assert_eq!(served.count("joins_total", ""), 0);
}

#[tokio::test]
async fn a_plain_request_is_told_that_this_is_for_web_sockets() {
    let served = serve(Bounds::default()).await;
    let token = served.token(&guest("hall", "ann"));
    for path in LivekitDoor::signaling_paths().filter(|path| !path.ends_with("validate")) {
        let answer = get(&served, &path, Some(&token)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND.as_u16(), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_room_is_said_not_to_be_there_to_those_alone_who_may_join_it() {
    let served = serve_with(Bounds::default(), false).await;
    let creator = served.token(&admin("hall"));
    let made = post(&served, "livekit.RoomService/CreateRoom", Some(&creator), r#"{"name":"hall"}"#.into()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let path = format!("/rtc/validate?{USUAL}");
    let may = |room: &str| served.token(&guest(room, "ann"));
    let may_not = |room: &str| {
        let video = VideoGrant { room: room.into(), ..VideoGrant::default() };
        served.token(&Grants { video: Some(video), ..guest(room, "ann") })
    };
    assert_eq!(get(&served, &path, Some(&may("hall"))).await.status, 200);
    assert_eq!(get(&served, &path, Some(&may("nowhere"))).await.status, 404);
    let (known, unknown) =
        (get(&served, &path, Some(&may_not("hall"))).await, get(&served, &path, Some(&may_not("nowhere"))).await);
    assert_eq!(known.status, 401);
    assert_eq!(known, unknown);
}

/// Somebody with a token for another room learns nothing about this one, not even from a clock.
#[tokio::test]
async fn an_unknown_room_is_refused_like_a_forbidden_one_and_as_fast() {
    let served = serve(Bounds::default()).await;
    let (_ann, _) = Signal::join(&served, "hall", "ann").await;
    let token = served.token(&admin("yard"));
    let method = "livekit.RoomService/GetParticipant";
    let bodies = ["hall", "lost"].map(|room| format!(r#"{{"room":"{room}","identity":"ann"}}"#));
    let mut ratios = Vec::new();
    // What a busy machine does to one of them it does not do again and again.
    for _ in 0..3 {
        let ratio = known_to_unknown(&served, method, &token, &bodies).await;
        ratios.push(ratio);
        if (0.9..=1.1).contains(&ratio) {
            return;
        }
    }
    panic!("known rooms take {ratios:?} times as long");
}

/// How much longer one answer takes than the other, by the medians of ten thousand. They are the same.
async fn known_to_unknown(served: &Served, method: &str, token: &str, bodies: &[String; 2]) -> f64 {
    let mut times = [Vec::new(), Vec::new()];
    let mut answers = Vec::new();
    // In turns, so that whatever else the machine does befalls both.
    for round in 0..10_000 {
        for index in [round % 2, (round + 1) % 2] {
            let began = Instant::now();
            let answer = post(served, method, Some(token), bodies[index].clone()).await;
            times[index].push(began.elapsed());
            if round < 2 {
                answers.push(answer);
            }
        }
    }
    assert_eq!(answers[0].status, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let [known, unknown] = times.map(median);
    known.as_secs_f64() / unknown.as_secs_f64()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
