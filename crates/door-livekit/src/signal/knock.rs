//! What a client says in the URL with which it opens a connection.

use std::collections::BTreeMap;

use livekit_protocol as proto;
use proto::client_info::{Capability, Sdk};

use super::join_request::{self, JoinRequestError, decode_base64};
use crate::session::FirstWords;
use crate::session::client::{Client, Connections};

/// Which of the two paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// `/rtc`.
    V0,
    /// `/rtc/v1`.
    V1,
}

/// A client at the door. Who it is says its token.
#[derive(Debug)]
pub(crate) struct Knock {
    /// Where it is in the URL.
    pub(crate) token: Option<String>,
    pub(crate) client: Client,
    pub(crate) auto_subscribe: bool,
    /// Data tracks come without being asked for.
    pub(crate) auto_subscribe_data: bool,
    pub(crate) adaptive_stream: bool,
    /// In place of the token's, when not empty.
    pub(crate) metadata: String,
    /// Over the token's.
    pub(crate) attributes: BTreeMap<String, String>,
    /// An old SDK's second connection, for publishing alone: added to the identity.
    pub(crate) publish_only: Option<String>,
    /// The `PA_…` of a stay that is to go on.
    pub(crate) resumes: Option<String>,
    pub(crate) first: FirstWords,
}

/// Why a URL cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KnockError {
    /// Only the newer path needs it.
    #[error("join_request is required")]
    NoJoinRequest,
    /// See there.
    #[error(transparent)]
    JoinRequest(#[from] JoinRequestError),
    /// The attributes.
    #[error("attributes is not a JSON object of strings in base64")]
    Attributes,
}

/// Reads the part of a URL behind the question mark.
pub(crate) fn parse(path: Path, query: &str) -> Result<Knock, KnockError> {
    let parameters = Parameters::new(query);
    match parameters.get("join_request") {
        Some(text) => Ok(from_join_request(&parameters, join_request::parse(text)?)),
        None if path == Path::V1 => Err(KnockError::NoJoinRequest),
        None => from_parameters(&parameters),
    }
}

fn from_join_request(parameters: &Parameters, request: proto::JoinRequest) -> Knock {
    let settings = request.connection_settings.unwrap_or_default();
    Knock {
        token: parameters.token(),
        client: Client {
            info: request.client_info.unwrap_or_default(),
            connections: Connections::Single,
            disable_ice_lite: settings.disable_ice_lite,
            avoids_udp: false,
        },
        auto_subscribe: settings.auto_subscribe,
        auto_subscribe_data: settings.auto_subscribe_data_track.unwrap_or(false),
        adaptive_stream: settings.adaptive_stream,
        metadata: request.metadata,
        attributes: not_empty(request.participant_attributes),
        publish_only: None,
        resumes: request.reconnect.then_some(request.participant_sid),
        first: FirstWords {
            add_tracks: request.add_track_requests,
            offer: request.publisher_offer,
            sync_state: request.sync_state,
        },
    }
}

fn from_parameters(parameters: &Parameters) -> Result<Knock, KnockError> {
    let attributes = match parameters.get("attributes") {
        None | Some("") => BTreeMap::new(),
        Some(text) => attributes(text).ok_or(KnockError::Attributes)?,
    };
    Ok(Knock {
        token: parameters.token(),
        client: Client {
            info: client_info(parameters),
            connections: Connections::Dual,
            disable_ice_lite: parameters.flag("disable_ice_lite", false),
            avoids_udp: false,
        },
        auto_subscribe: parameters.flag("auto_subscribe", true),
        auto_subscribe_data: parameters.flag("auto_subscribe_data_track", true),
        adaptive_stream: parameters.flag("adaptive_stream", false),
        metadata: String::new(),
        attributes,
        publish_only: parameters.get("publish").filter(|id| !id.is_empty()).map(str::to_owned),
        resumes: parameters.flag("reconnect", false).then(|| parameters.text("sid")),
        first: FirstWords::default(),
    })
}

fn attributes(text: &str) -> Option<BTreeMap<String, String>> {
    Some(not_empty(serde_json::from_slice::<BTreeMap<String, String>>(&decode_base64(text)?).ok()?))
}

/// What is empty says nothing here: it does not delete what the token says.
fn not_empty(attributes: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn client_info(parameters: &Parameters) -> proto::ClientInfo {
    let capabilities = parameters.get("capabilities").unwrap_or_default().split(',').take(MAX_CAPABILITIES);
    proto::ClientInfo {
        sdk: sdk(parameters.get("sdk").unwrap_or_default()).into(),
        version: parameters.text("version"),
        protocol: parameters.number("protocol"),
        os: parameters.text("os"),
        os_version: parameters.text("os_version"),
        device_model: parameters.text("device_model"),
        browser: parameters.text("browser"),
        browser_version: parameters.text("browser_version"),
        address: String::new(),
        network: parameters.text("network"),
        other_sdks: parameters.text("other_sdks"),
        client_protocol: parameters.number("client_protocol"),
        capabilities: capabilities.filter_map(Capability::from_str_name).map(i32::from).collect(),
    }
}

fn sdk(name: &str) -> Sdk {
    match name.to_ascii_lowercase().as_str() {
        "js" => Sdk::Js,
        "ios" | "swift" => Sdk::Swift,
        "android" => Sdk::Android,
        "flutter" => Sdk::Flutter,
        "go" => Sdk::Go,
        "unity" => Sdk::Unity,
        "reactnative" => Sdk::ReactNative,
        "rust" => Sdk::Rust,
        "python" => Sdk::Python,
        "cpp" => Sdk::Cpp,
        "unityweb" => Sdk::UnityWeb,
        "node" => Sdk::Node,
        "unreal" => Sdk::Unreal,
        "esp32" => Sdk::Esp32,
        "dotnet" => Sdk::Dotnet,
        _ => Sdk::Unknown,
    }
}

/// The parameters of a URL; of several with one name the first counts.
struct Parameters {
    by_name: BTreeMap<String, String>,
}

impl Parameters {
    fn new(query: &str) -> Self {
        let mut by_name = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).take(MAX_PARAMETERS) {
            by_name.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self { by_name }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(String::as_str)
    }

    fn token(&self) -> Option<String> {
        self.get("access_token").map(str::to_owned)
    }

    /// For others to read, so not longer than is of use.
    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().chars().take(MAX_TEXT).collect()
    }

    fn number(&self, name: &str) -> i32 {
        self.get(name).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        match self.get(name) {
            None | Some("") => default,
            Some(text) => text == "1" || text.eq_ignore_ascii_case("true"),
        }
    }
}

const MAX_PARAMETERS: usize = 64;
const MAX_TEXT: usize = 256;
const MAX_CAPABILITIES: usize = 16;

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use prost::Message as _;

    use super::*;

    #[test]
    fn what_the_python_package_sends_is_read() {
        let knock = parse(
            Path::V0,
            "sdk=python&os=Debian&os_version=12.0.0&device_model=Unknown&protocol=18&client_protocol=2&auto_subscribe=1\
             &adaptive_stream=0&version=1.2.0&capabilities=CAP_PACKET_TRAILER,CAP_COMPRESSION_DEFLATE_RAW",
        )
        .expect("it is a URL");
        let info = &knock.client.info;
        assert_eq!((info.sdk(), info.protocol, info.client_protocol), (Sdk::Python, 18, 2));
        assert_eq!(info.capabilities, [1, 2]);
        assert_eq!(knock.client.connections, Connections::Dual);
        assert!(knock.auto_subscribe && !knock.adaptive_stream && knock.resumes.is_none() && knock.token.is_none());
    }

    #[test]
    fn flags_have_their_defaults_and_spellings() {
        let auto_subscribe = |query: &str| parse(Path::V0, query).map(|knock| knock.auto_subscribe);
        for (query, expected) in [
            ("", true),
            ("auto_subscribe=", true),
            ("auto_subscribe=1", true),
            ("auto_subscribe=true", true),
            ("auto_subscribe=0", false),
            ("auto_subscribe=false", false),
        ] {
            assert_eq!(auto_subscribe(query), Ok(expected), "{query}");
        }
    }

    #[test]
    fn a_resume_names_the_stay() {
        let knock = parse(Path::V0, "reconnect=1&sid=PA_x&access_token=t").expect("it is a URL");
        assert_eq!((knock.resumes.as_deref(), knock.token.as_deref()), (Some("PA_x"), Some("t")));
        assert_eq!(parse(Path::V0, "sid=PA_x").map(|knock| knock.resumes), Ok(None));
    }

    #[test]
    fn attributes_are_json_in_base64() {
        let encoded = BASE64_URL_SAFE_NO_PAD.encode(r#"{"a":"1","empty":""}"#);
        let knock = parse(Path::V0, &format!("attributes={encoded}")).expect("it is a URL");
        assert_eq!(knock.attributes, [("a".to_owned(), "1".to_owned())].into());
        for bad in ["%%%", "bm8", &BASE64_URL_SAFE_NO_PAD.encode(r#"{"a":1}"#)] {
            assert_eq!(parse(Path::V0, &format!("attributes={bad}")).err(), Some(KnockError::Attributes), "{bad}");
        }
    }

    #[test]
    fn a_join_request_means_one_connection_on_either_path() {
        let settings = proto::ConnectionSettings { adaptive_stream: true, ..Default::default() };
        let request = proto::JoinRequest { connection_settings: Some(settings), ..Default::default() };
        let wrapped = proto::WrappedJoinRequest { join_request: request.encode_to_vec(), ..Default::default() };
        let query = format!("join_request={}", BASE64_URL_SAFE_NO_PAD.encode(wrapped.encode_to_vec()));
        for path in [Path::V0, Path::V1] {
            let knock = parse(path, &query).expect("it is a URL");
            assert_eq!(knock.client.connections, Connections::Single);
            assert!(knock.adaptive_stream && !knock.auto_subscribe, "what is absent is false here");
        }
        assert_eq!(parse(Path::V1, "").err(), Some(KnockError::NoJoinRequest));
    }
}
