//! Tokens good and bad.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384};

use crate::IceConfig;
use crate::config::AllowedOrigins;

use super::*;

const NOW: u64 = 1_800_000_000;
const KEY: &str = "a shared token of some length";

fn config(token: Option<&str>, dev: bool) -> DirectConfig {
    DirectConfig {
        token: token.map(|token| Redacted::new(token.to_owned())),
        signing_key: Redacted::new(KEY.as_bytes().to_vec()),
        dev,
        open_join: false,
        ice: IceConfig {
            stun_port: None,
            turn_udp_port: None,
            turn_tcp_port: None,
            turns_port: None,
            secret: Redacted::new(String::new()),
            public_host: None,
            lifetime: Duration::from_secs(3600),
        },
        bounds: Bounds::default(),
        allowed_origins: AllowedOrigins::Any,
    }
}

fn authority() -> Authority {
    Authority::new(&config(Some(KEY), false))
}

fn room(name: &str) -> RoomName {
    RoomName::new(name, &Bounds::default()).unwrap()
}

fn admit(token: &str, wanted: Option<&str>) -> Result<Grant, TokenError> {
    authority().admit(Some(token), wanted.map(room).as_ref(), &Bounds::default(), NOW)
}

fn signed(claims: &Claims) -> String {
    sign(&Redacted::new(KEY.as_bytes().to_vec()), claims).unwrap().reveal().clone()
}

/// A token made by hand, so that it can be wrong in any way.
fn forged(header: &str, payload: &str, key: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn the_shared_token_opens_every_room() {
    assert_eq!(admit(KEY, Some("x")).unwrap(), Grant { room: room("x"), peer: None });
    assert_eq!(admit(KEY, None).unwrap().room, room(""));
}

#[test]
fn anything_else_is_refused() {
    for wrong in ["x", "a shared token of some lengt", "a shared token of some length ", "a.b.c", &"x".repeat(10_000)] {
        assert_eq!(admit(wrong, None), Err(TokenError::Wrong), "{wrong:.40}");
    }
    assert_eq!(admit("", None), Err(TokenError::Missing));
    assert_eq!(authority().check(None, NOW), Err(TokenError::Missing));
}

#[test]
fn without_a_shared_token_nobody_is_let_in_but_in_dev() {
    let closed = Authority::new(&config(None, false));
    assert_eq!(closed.check(Some(""), NOW), Err(TokenError::Missing));
    assert_eq!(closed.check(Some("guess"), NOW), Err(TokenError::Wrong));
    let dev = Authority::new(&config(None, true));
    assert_eq!(dev.check(None, NOW), Ok(Credential::Shared));
    let dev_with_token = Authority::new(&config(Some(KEY), true));
    assert_eq!(dev_with_token.check(Some("guess"), NOW), Err(TokenError::Wrong));
}

#[test]
fn a_signed_token_is_for_its_room_alone() {
    let token = signed(&Claims::for_room("here", NOW + 60));
    assert_eq!(admit(&token, Some("here")).unwrap(), Grant { room: room("here"), peer: None });
    assert_eq!(admit(&token, None).unwrap().room, room("here"));
    assert_eq!(admit(&token, Some("there")), Err(TokenError::OtherRoom));
}

#[test]
fn a_signed_token_names_its_peer() {
    let claims = Claims::for_room("here", NOW + 60).for_peer("ann");
    let peer = admit(&signed(&claims), None).unwrap().peer.unwrap();
    assert_eq!((peer.peer_id.as_str(), peer.takes_over), ("ann", true));
    let meek = signed(&Claims { takes_over: Some(false), ..claims });
    assert!(!admit(&meek, None).unwrap().peer.unwrap().takes_over);
    assert_ne!(peer.mark, TokenMark::of(&meek));
    let nameless = signed(&Claims::for_room("here", NOW + 60).for_peer("all"));
    assert_eq!(admit(&nameless, None), Err(TokenError::Wrong), "a name nobody may have");
}

#[test]
fn a_token_ends_half_a_minute_after_it_should() {
    let lasts_until = |exp| admit(&signed(&Claims::for_room("r", exp)), None);
    assert!(lasts_until(NOW - LEEWAY_SECONDS).is_ok());
    assert_eq!(lasts_until(NOW - LEEWAY_SECONDS - 1), Err(TokenError::Expired));
    let early = Claims { nbf: Some(NOW + 3600), ..Claims::for_room("r", NOW + 7200) };
    assert_eq!(admit(&signed(&early), None), Err(TokenError::Wrong));
}

#[test]
fn only_hs256_counts_whatever_the_header_says() {
    let payload = format!(r#"{{"room":"r","exp":{}}}"#, NOW + 60);
    let good = forged(r#"{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}"#, &payload, KEY);
    assert!(admit(&good, None).is_ok(), "a kid means nothing");
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":""}"#,
        "{}",
        "not json",
    ] {
        assert_eq!(admit(&forged(header, &payload, KEY), None), Err(TokenError::Wrong), "{header}");
    }
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(&payload));
    assert_eq!(admit(&unsigned, None), Err(TokenError::Wrong));
    assert_eq!(admit(&hs384(&payload), None), Err(TokenError::Wrong), "a right signature by another algorithm");
}

fn hs384(payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS384"}"#), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = Hmac::<Sha384>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn claims_of_the_wrong_kind_are_refused() {
    let header = r#"{"alg":"HS256"}"#;
    for payload in [
        r#"{"room":"r"}"#,
        r#"{"room":"r","exp":"soon"}"#,
        r#"{"room":"r","exp":null}"#,
        r#"{"room":"r","exp":-1}"#,
        r#"{"room":7,"exp":9999999999}"#,
        r#"{"room":"r","peerId":["x"],"exp":9999999999}"#,
        r#"["room"]"#,
        "",
    ] {
        assert_eq!(admit(&forged(header, payload, KEY), None), Err(TokenError::Wrong), "{payload}");
    }
    assert_eq!(admit(&forged(header, r#"{"exp":9999999999}"#, "another key"), None), Err(TokenError::Wrong));
    assert!(admit(&forged(header, r#"{"exp":9999999999}"#, KEY), Some("any")).is_ok(), "no room is every room");
    let long_room = format!(r#"{{"room":"{}","exp":9999999999}}"#, "r".repeat(200));
    assert_eq!(admit(&forged(header, &long_room, KEY), None), Err(TokenError::Wrong));
}

#[test]
fn a_change_of_one_character_is_noticed() {
    let token = signed(&Claims::for_room("here", NOW + 60));
    let mut wrong = 0;
    for at in 0..token.len() - 1 {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        wrong += usize::from(admit(&String::from_utf8(changed).unwrap(), None).is_err());
    }
    assert_eq!(wrong, token.len() - 1);
}
