//! Which forms of a file a client takes.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Whether the client takes Brotli (RFC 9110 §12.5.3). `*` is not counted: who means Brotli says so.
pub(super) fn accepts_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        coding.trim().eq_ignore_ascii_case("br") && !is_zero(weight)
    })
}

fn is_zero(weight: &str) -> bool {
    let number = weight.trim().strip_prefix("q=").and_then(|number| number.trim().parse::<f32>().ok());
    number == Some(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_taken_only_by_who_says_so() {
        let cases = [
            ("gzip, deflate, br", true),
            ("br;q=0.5", true),
            ("br;q=0", false),
            ("gzip", false),
            ("", false),
            ("*", false),
        ];
        for (value, expected) in cases {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepts_brotli(&headers), expected, "{value}");
        }
        assert!(!accepts_brotli(&HeaderMap::new()));
    }
}
