//! What a browser's `User-Agent` (RFC 9110 §10.1.5) says of it. LiveKit's client for browsers leaves that to the server.

use http::header::{HeaderMap, USER_AGENT};
use livekit_protocol as proto;
use proto::client_info::Sdk;

/// Says of a browser what its client did not say itself.
pub(crate) fn complete(info: &mut proto::ClientInfo, headers: &HeaderMap) {
    if info.sdk != i32::from(Sdk::Js) || !info.browser.is_empty() {
        return;
    }
    let Some(agent) = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()) else { return };
    let agent = agent.get(..MAX_BYTES).unwrap_or(agent);
    let Some((browser, version)) = browser(agent) else { return };
    info.browser = browser.to_owned();
    info.browser_version = version;
    let (os, os_version) = system(agent);
    fill(&mut info.os, os);
    fill(&mut info.os_version, &os_version);
    fill(&mut info.device_model, model(agent).unwrap_or_default());
}

fn fill(field: &mut String, text: &str) {
    if field.is_empty() {
        text.clone_into(field);
    }
}

/// The engine's name and version. All others begin with the words of those that they want to be taken for.
fn browser(agent: &str) -> Option<(&'static str, String)> {
    if WEBKIT_ONLY.iter().any(|mark| agent.contains(mark)) {
        // Another name on Safari's engine does not say the engine's version, which is the system's.
        return Some(("Safari", after(agent, "Version/").or_else(|| apple_version(agent)).unwrap_or_default()));
    }
    if let Some(version) = after(agent, "Firefox/") {
        return Some(("Firefox", version));
    }
    if let Some(version) = ["Chrome/", "Chromium/"].into_iter().find_map(|mark| after(agent, mark)) {
        return Some(("Chrome", version));
    }
    let version = agent.contains("Safari/").then(|| after(agent, "Version/")).flatten()?;
    Some(("Safari", version))
}

/// The system and its version, in points.
fn system(agent: &str) -> (&'static str, String) {
    if agent.contains("Android") {
        ("Android", after(agent, "Android ").unwrap_or_default())
    } else if agent.contains("iPhone") || agent.contains("iPad") || agent.contains("iPod") {
        ("iOS", apple_version(agent).unwrap_or_default())
    } else if agent.contains("Macintosh") {
        ("macOS", after(agent, "Mac OS X ").unwrap_or_default())
    } else if agent.contains("Windows") {
        ("Windows", after(agent, "Windows NT ").unwrap_or_default())
    } else if agent.contains("CrOS") {
        ("ChromeOS", String::new())
    } else if agent.contains("Linux") || agent.contains("X11") {
        ("Linux", String::new())
    } else {
        ("", String::new())
    }
}

/// A phone's model stands between the system and the build: `(Linux; Android 12; 2201117TI Build/SKQ1.211103.001)`.
fn model(agent: &str) -> Option<&str> {
    let mut parts = agent.split_once('(')?.1.split_once(')')?.0.split(';').map(str::trim);
    parts.find(|part| part.starts_with("Android"))?;
    let model = parts.next()?.split(" Build/").next()?;
    let says_nothing = ["Mobile", "Tablet", "K"].contains(&model) || model.starts_with("rv:");
    (!says_nothing).then_some(model)
}

fn apple_version(agent: &str) -> Option<String> {
    [" iPhone OS ", "CPU OS "].into_iter().find_map(|mark| after(agent, mark))
}

/// The version behind a mark. Apple writes lines in place of points.
fn after(agent: &str, mark: &str) -> Option<String> {
    let (_, rest) = agent.split_once(mark)?;
    let version = rest.chars().take_while(|letter| letter.is_ascii_digit() || ['.', '_'].contains(letter));
    Some(version.map(|letter| if letter == '_' { '.' } else { letter }).collect())
}

/// Browsers for iPhones and iPads, and those that say so of themselves on a Mac's page.
const WEBKIT_ONLY: [&str; 6] = ["iPhone", "iPad", "iPod", "CriOS/", "FxiOS/", "EdgiOS/"];
/// A browser's is a third of that.
const MAX_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, version, system, its version, model.
    const BROWSERS: [(&str, &str); 9] = [
        ("Firefox|140.0|Linux||", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("Firefox|125.0|Android|14|", "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0"),
        (
            "Chrome|140.0.0.0|Linux||",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
        ),
        (
            "Chrome|140.0.0.0|Windows|10.0|",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        ),
        (
            "Chrome|108.0.0.0|Android|12|2201117TI",
            "Mozilla/5.0 (Linux; Android 12; 2201117TI Build/SKQ1.211103.001) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Mobile Safari/537.36",
        ),
        (
            "Chrome|140.0.0.0|Android|10|",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        ),
        (
            "Safari|18.4|macOS|10.15.7|",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
        ),
        (
            "Safari|17.4.1|iOS|17.4.1|",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
        ),
        (
            "Safari|18.5|iOS|18.5|",
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1",
        ),
    ];

    fn read(agent: &str) -> proto::ClientInfo {
        let mut info = proto::ClientInfo { sdk: Sdk::Js.into(), ..Default::default() };
        let value = agent.parse().expect("a header");
        complete(&mut info, &HeaderMap::from_iter([(USER_AGENT, value)]));
        info
    }

    #[test]
    fn browsers_are_known_by_what_they_send() {
        for (told, agent) in BROWSERS {
            let it = read(agent);
            let parts = [it.browser, it.browser_version, it.os, it.os_version, it.device_model];
            assert_eq!(parts.join("|"), told, "{agent}");
        }
    }

    #[test]
    fn what_is_no_browser_says_nothing() {
        let letters = "a".repeat(100_000);
        for agent in ["", "okhttp/4.12.0", "curl/8.0", "Mozilla/5.0 (", "Firefox", "()Safari/", &letters] {
            assert_eq!(read(agent).browser, "", "{agent:.40}");
        }
        assert_eq!(read("Firefox/").browser, "Firefox", "of no known version");
    }

    #[test]
    fn the_clients_own_words_count() {
        let own = proto::ClientInfo { sdk: Sdk::Js.into(), browser: "Opera".into(), ..Default::default() };
        let native = proto::ClientInfo { sdk: Sdk::Rust.into(), ..Default::default() };
        for mut info in [own, native] {
            let before = info.clone();
            let agent = BROWSERS[0].1.parse().expect("a header");
            complete(&mut info, &HeaderMap::from_iter([(USER_AGENT, agent)]));
            assert_eq!(info, before);
        }
    }
}
