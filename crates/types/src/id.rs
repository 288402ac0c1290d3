//! Names that the server gives out: short, random, and safe in a URL, an SDP line and a log.

use std::fmt;
use std::str::FromStr;

/// A random name of `N` letters and digits.
///
/// Doors put their protocol's prefix in front of it; inside the house it has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<const N: usize>([u8; N]);

/// One opening of a room. A room that is closed and opened again has a new one.
pub type RoomId = Id<12>;
/// One stay of a participant in a room. It survives a resumed session.
pub type ParticipantId = Id<12>;
/// One track, from its announcement to its end. Never given out twice.
pub type TrackId = Id<10>;
/// One data track, from its publication to its end. Never given out twice.
pub type DataTrackId = Id<12>;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl<const N: usize> Id<N> {
    /// A name made of `random`: each byte chooses one letter. Bytes of 248 and more would favour
    /// some letters; 256 mod 62 = 8 makes the first eight letters 1.6 % likelier, which costs a
    /// twelve-letter name less than a hundredth of a bit.
    #[must_use]
    pub fn from_random(random: [u8; N]) -> Self {
        Self(random.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()]))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only letters and digits ever get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The text is not a name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a name that this server gave out")
    }
}

impl std::error::Error for NotAnId {}

impl<const N: usize> FromStr for Id<N> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes: [u8; N] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
        if bytes.iter().all(u8::is_ascii_alphanumeric) { Ok(Self(bytes)) } else { Err(NotAnId) }
    }
}

impl<const N: usize> fmt::Display for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Id<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One WebRTC connection of this process. Counted up, never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// One signaling connection of this process. Counted up, never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_out_is_read_back() {
        let id = TrackId::from_random([0, 61, 62, 255, 7, 8, 9, 10, 11, 12]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn other_lengths_and_other_letters_are_refused() {
        for text in ["", "ABC", "ABCDEFGHIJK", "ABCDEFGHI|", "ABCDEFGHÄ"] {
            assert_eq!(text.parse::<TrackId>(), Err(NotAnId), "{text}");
        }
    }
}
