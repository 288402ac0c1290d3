//! `join_request`: a whole message in one parameter of a URL.

use std::io::Read;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;
use livekit_protocol as proto;
use prost::Message as _;
use proto::wrapped_join_request::Compression;

use crate::wire::swarm;

/// Why it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JoinRequestError {
    /// It is not base64.
    #[error("join_request is not base64")]
    Base64,
    /// It is no such message.
    #[error("join_request is not a WrappedJoinRequest")]
    Message,
    /// It is not what it says it is.
    #[error("join_request cannot be decompressed")]
    Compression,
    /// It is more than a client says.
    #[error("join_request is longer than 1 MiB")]
    TooLong,
}

/// Reads it.
pub(crate) fn parse(text: &str) -> Result<proto::JoinRequest, JoinRequestError> {
    let bytes = decode_base64(text).ok_or(JoinRequestError::Base64)?;
    let wrapped = proto::WrappedJoinRequest::decode(bytes.as_slice()).map_err(|_| JoinRequestError::Message)?;
    let bytes = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => inflate(&wrapped.join_request)?,
        Err(_) => return Err(JoinRequestError::Compression),
    };
    if bytes.len() > MAX_BYTES {
        return Err(JoinRequestError::TooLong);
    }
    if swarm::is_swarm(&bytes) {
        return Err(JoinRequestError::Message);
    }
    proto::JoinRequest::decode(bytes.as_slice()).map_err(|_| JoinRequestError::Message)
}

/// Both alphabets, with padding or without. A `+` that was not escaped has become a space in the URL.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text
        .chars()
        .map(|letter| match letter {
            '+' | ' ' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    LENIENT.decode(text).ok()
}

/// Never holds more than the bound, however well it was compressed.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, JoinRequestError> {
    let mut inflated = Vec::new();
    let most = MAX_BYTES as u64 + 1;
    MultiGzDecoder::new(bytes).take(most).read_to_end(&mut inflated).map_err(|_| JoinRequestError::Compression)?;
    Ok(inflated)
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const MAX_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn wrap(compression: Compression, join_request: Vec<u8>) -> Vec<u8> {
        proto::WrappedJoinRequest { compression: compression.into(), join_request }.encode_to_vec()
    }

    fn request() -> proto::JoinRequest {
        let offer = proto::SessionDescription { r#type: "offer".into(), sdp: "v=0".repeat(100), ..Default::default() };
        proto::JoinRequest { metadata: "m".into(), publisher_offer: Some(offer), ..Default::default() }
    }

    #[test]
    fn it_is_read_in_every_spelling() {
        let plain = wrap(Compression::None, request().encode_to_vec());
        let zipped = wrap(Compression::Gzip, gzip(&request().encode_to_vec()));
        let spellings = [
            BASE64_URL_SAFE_NO_PAD.encode(&plain),
            BASE64_URL_SAFE_NO_PAD.encode(&zipped),
            BASE64_STANDARD.encode(&zipped),
            BASE64_STANDARD.encode(&zipped).replace('+', " "),
        ];
        for text in spellings {
            assert_eq!(parse(&text), Ok(request()), "{text}");
        }
    }

    #[test]
    fn junk_is_refused() {
        let zipped = gzip(&request().encode_to_vec());
        let cases = [
            ("***".to_owned(), JoinRequestError::Base64),
            (BASE64_URL_SAFE_NO_PAD.encode([0xff; 9]), JoinRequestError::Message),
            (BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::None, vec![0xff; 9])), JoinRequestError::Message),
            (BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::Gzip, vec![1, 2, 3])), JoinRequestError::Compression),
            (
                BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::Gzip, zipped[..zipped.len() / 2].to_vec())),
                JoinRequestError::Compression,
            ),
            (
                BASE64_URL_SAFE_NO_PAD
                    .encode(proto::WrappedJoinRequest { compression: 7, join_request: vec![] }.encode_to_vec()),
                JoinRequestError::Compression,
            ),
        ];
        for (text, error) in cases {
            assert_eq!(parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_whole() {
        // 64 MiB of zeros in 64 kB; then the same hidden in many small members.
        let bomb = gzip(&vec![0; 64 << 20]);
        assert_eq!(inflate(&bomb).map(|bytes| bytes.len()), Ok(MAX_BYTES + 1));
        let text = BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::Gzip, bomb));
        assert_eq!(parse(&text), Err(JoinRequestError::TooLong));
        let members = gzip(&vec![0; 1 << 16]).repeat(100);
        let text = BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::Gzip, members));
        assert_eq!(parse(&text), Err(JoinRequestError::TooLong));
    }

    #[test]
    fn what_is_long_without_compression_is_refused_too() {
        let text = BASE64_URL_SAFE_NO_PAD.encode(wrap(Compression::None, vec![0; MAX_BYTES + 1]));
        assert_eq!(parse(&text), Err(JoinRequestError::TooLong));
    }
}
