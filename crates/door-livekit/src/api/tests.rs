use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode};
use moim_net::rooms::Gone;
use moim_room::{ApiCommand, Refusal, Reply, RoomOptions};
use moim_types::Redacted;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::token::{Authority, Grants, Keys, unix_now};

mod answers;
mod errors;
mod grants;

/// Rooms that give the answers which a test has laid out, and remember what they were asked.
#[derive(Default)]
struct Script {
    answers: Mutex<Vec<Result<Reply, Refusal>>>,
    asked: Mutex<Vec<ApiCommand>>,
}

impl AskRooms for Script {
    fn ask(&self, command: ApiCommand) -> BoxFuture<'_, Result<Result<Reply, Refusal>, Gone>> {
        self.asked.lock().unwrap().push(command);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.is_empty() { Err(Gone) } else { Ok(answers.remove(0)) };
        Box::pin(std::future::ready(answer))
    }
}

struct Stage {
    script: Arc<Script>,
    authority: Authority,
    router: Router,
}

struct Heard {
    status: StatusCode,
    content_type: String,
    body: Vec<u8>,
}

impl Heard {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Stage {
    fn new(answers: impl IntoIterator<Item = Result<Reply, Refusal>>) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), ..Script::default() });
        let authority = Authority::new(Keys::new([("key".to_owned(), Redacted::new("secret".to_owned()))]));
        let rooms = Arc::clone(&script);
        let api =
            Api { rooms, authority: authority.clone(), defaults: RoomOptions::default(), calls: Calls::default() };
        Self { script, authority, router: routes(api) }
    }

    fn token(&self, grants: &Grants) -> String {
        let token = self.authority.keys().sign("key", grants, unix_now(), Duration::from_secs(60)).unwrap();
        token.reveal().clone()
    }

    async fn send(&self, request: Request<Body>) -> Heard {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 30).await.unwrap().to_vec();
        Heard { status, content_type: content_type.unwrap_or_default(), body }
    }

    async fn post(&self, path: &str, token: Option<&str>, content_type: &str, body: impl Into<Body>) -> Heard {
        let mut request = Request::post(format!("/twirp/{path}")).header("content-type", content_type);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn call(&self, method: &str, grants: &Grants, body: &Value) -> Heard {
        let token = self.token(grants);
        self.post(method, Some(&token), "application/json", body.to_string()).await
    }

    fn asked(&self) -> Vec<ApiCommand> {
        std::mem::take(&mut self.script.asked.lock().unwrap())
    }
}

fn admin_of(room: &str) -> Grants {
    let video = crate::token::VideoGrant { room_admin: true, room: room.into(), ..Default::default() };
    Grants { video: Some(video), ..Grants::default() }
}
