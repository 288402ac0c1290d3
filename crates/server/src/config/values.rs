//! Single values: texts and numbers made into what they stand for, or a sentence that says what they should be.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use ipnet::IpNet;

/// An address to listen on; `""` is `None`.
pub(super) fn listen(key: &str, text: &str) -> Result<Option<SocketAddr>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        format!(
            "{key} = \"{text}\" is no address: write ADDRESS:PORT such as 0.0.0.0:4443 or [::]:4443, or \"\" to switch it off"
        )
    })
}

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<i64>>(key: &str, value: i64, range: RangeInclusive<i64>) -> Result<T, String> {
    let complaint = || format!("{key} = {value} is out of range: it can be {} to {}", range.start(), range.end());
    if !range.contains(&value) {
        return Err(complaint());
    }
    T::try_from(value).map_err(|_| complaint())
}

/// One of a few words.
pub(super) fn word<T: Copy>(key: &str, text: &str, words: &[(&str, T)]) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("{key} = \"{text}\" is not known: it can be {}", all.join(", "))
    })
}

/// A range of ports such as `49152-65535`.
pub(super) fn ports(key: &str, text: &str) -> Result<RangeInclusive<u16>, String> {
    let complaint = || format!("{key} = \"{text}\" is no range of ports: write FIRST-LAST such as 49152-65535");
    let (first, last) = text.split_once('-').ok_or_else(complaint)?;
    let first: u16 = first.trim().parse().map_err(|_| complaint())?;
    let last: u16 = last.trim().parse().map_err(|_| complaint())?;
    if first == 0 || first > last {
        return Err(complaint());
    }
    Ok(first..=last)
}

/// Networks such as `10.0.0.0/8`, or single addresses.
pub(super) fn networks(key: &str, texts: &[String]) -> Result<Vec<IpNet>, String> {
    let network = |text: &String| {
        let whole = text.parse::<IpNet>();
        whole
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| format!("{key} has \"{text}\", which is no network: write it such as 10.0.0.0/8 or 192.0.2.7"))
    };
    texts.iter().map(network).collect()
}

/// Addresses separated by commas, at most one of each family.
pub(super) fn one_of_each_family(key: &str, text: &str) -> Result<(Option<IpAddr>, Option<IpAddr>), String> {
    let (mut v4, mut v6) = (None, None);
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let address: IpAddr = item.parse().map_err(|_| format!("{key} has \"{item}\", which is no IP address"))?;
        let slot = if address.is_ipv4() { &mut v4 } else { &mut v6 };
        if slot.replace(address).is_some() {
            return Err(format!("{key} has two addresses of one family: keep one"));
        }
    }
    Ok((v4, v6))
}

/// A host name (RFC 1123 §2.1) or an IP address.
pub(super) fn host(key: &str, text: &str) -> Result<String, String> {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_name = text.len() <= 253 && text.split('.').all(label);
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!(
        "{key} = \"{text}\" is neither a host name nor an IP address: write it without https:// and without a port"
    ))
}

/// The address of a web page or an API.
pub(super) fn web_address(key: &str, text: &str) -> Result<String, String> {
    let uri: Option<http::Uri> = text.parse().ok();
    let is_good =
        uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some());
    if is_good {
        Ok(text.to_owned())
    } else {
        Err(format!("{key} has \"{text}\", which is no https:// or http:// address"))
    }
}

/// An origin as a browser sends it: scheme, host, and a port that is not the scheme's own.
pub(super) fn origin(key: &str, text: &str) -> Result<String, String> {
    let complaint =
        || format!("{key} has \"{text}\", which is no origin: write it such as https://meet.example, or \"*\" for all");
    let uri: http::Uri = text.parse().map_err(|_| complaint())?;
    let has_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let ends_there = uri.path_and_query().is_none_or(|rest| rest == "/") && !text.ends_with('/');
    if has_scheme && uri.authority().is_some() && ends_there { Ok(text.to_ascii_lowercase()) } else { Err(complaint()) }
}
