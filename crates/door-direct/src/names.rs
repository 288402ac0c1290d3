//! Names that came from a network and were checked: of a room, of a peer.

use std::fmt;

use serde::Serialize;

use crate::config::Bounds;

/// A room's name. The empty name is the room of clients that name none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RoomName(String);

/// A peer's name, unique in its room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PeerId(String);

/// Why a name was not taken. `Display` is fit for the one who sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is too long.
    #[error("at most {limit} bytes are allowed")]
    TooLong {
        /// The bound.
        limit: usize,
    },
    /// It is empty, and may not be.
    #[error("it must not be empty")]
    Empty,
    /// It has control characters, which would spoil logs and lists.
    #[error("control characters are not allowed")]
    ControlCharacter,
    /// The server speaks under this name.
    #[error("the name is reserved for the server")]
    Reserved,
}

impl RoomName {
    /// Checks a room's name.
    ///
    /// # Errors
    /// [`NameError`], for the sender.
    pub fn new(name: &str, bounds: &Bounds) -> Result<Self, NameError> {
        check(name, bounds.room_name_bytes)?;
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PeerId {
    /// Checks a peer's name. `all` is the server's own `from`, and no peer may pass for the server.
    ///
    /// # Errors
    /// [`NameError`], for the sender.
    pub fn new(id: &str, bounds: &Bounds) -> Result<Self, NameError> {
        check(id, bounds.peer_id_bytes)?;
        match id {
            "" => Err(NameError::Empty),
            "all" => Err(NameError::Reserved),
            _ => Ok(Self(id.to_owned())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(name: &str, limit: usize) -> Result<(), NameError> {
    if name.len() > limit {
        return Err(NameError::TooLong { limit });
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_room_exists_and_the_empty_peer_does_not() {
        let bounds = Bounds::default();
        assert!(RoomName::new("", &bounds).is_ok());
        assert_eq!(PeerId::new("", &bounds), Err(NameError::Empty));
    }

    #[test]
    fn names_are_bounded_and_printable() {
        let bounds = Bounds::default();
        assert!(PeerId::new("민준 🎈", &bounds).is_ok());
        assert_eq!(PeerId::new("a\nb", &bounds), Err(NameError::ControlCharacter));
        assert_eq!(RoomName::new(&"x".repeat(129), &bounds), Err(NameError::TooLong { limit: 128 }));
        assert_eq!(PeerId::new("all", &bounds), Err(NameError::Reserved));
    }
}
