//! Blobs that participants keep in the room for others, by a key of their own. They go with their owner.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::OpenRoom;
use crate::desk::Desk;
use crate::directory::Seat;
use crate::{Event, Identity, Refusal};

/// Longest key.
const KEY_BYTES: usize = 1024;
/// Longest blob.
const BLOB_BYTES: usize = 50 * 1024;
/// What one participant may keep in all.
const ALL_BYTES: usize = 512 * 1024;
const ALL_BLOBS: usize = 64;

/// What one participant keeps.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    by_key: BTreeMap<Bytes, Bytes>,
}

impl Blobs {
    fn store(&mut self, key: Bytes, contents: Bytes) -> Result<(), Refusal> {
        if key.is_empty() || contents.is_empty() {
            return Err(Refusal::Invalid);
        }
        let (kept, this) = (&self.by_key, &key);
        let others = || kept.iter().filter(move |(other, _)| *other != this);
        let bytes: usize = others().map(|(key, contents)| key.len() + contents.len()).sum();
        let fits = key.len() <= KEY_BYTES
            && contents.len() <= BLOB_BYTES
            && others().count() < ALL_BLOBS
            && bytes + key.len() + contents.len() <= ALL_BYTES;
        if !fits {
            return Err(Refusal::TooLarge);
        }
        self.by_key.insert(key, contents);
        Ok(())
    }
}

impl OpenRoom {
    pub(crate) fn store_blob(&mut self, desk: &mut Desk, seat: Seat, tag: String, (key, contents): (Bytes, Bytes)) {
        let Some(member) = self.roster.get_mut(seat) else { return };
        let session = member.session;
        let stored = if member.permissions().publish_data {
            member.blobs.store(key, contents)
        } else {
            Err(Refusal::NotPermitted)
        };
        match stored {
            Ok(()) => desk.tell(session, Event::CommandDone { tag }),
            Err(why) => desk.refuse(session, tag, why),
        }
    }

    /// Somebody asks for a blob. Of a hidden owner there is none, but for himself.
    pub(crate) fn get_blob(&self, desk: &mut Desk, seat: Seat, tag: String, (owner, key): (&Identity, &Bytes)) {
        let session = self.roster.get(seat).and_then(|member| member.session);
        let seen = |owner: &Seat| *owner == seat || self.roster.get(*owner).is_some_and(|member| !member.is_hidden());
        let Some(owner) = self.roster.seat_of(owner).filter(seen).and_then(|owner| self.roster.get(owner)) else {
            return desk.refuse(session, tag, Refusal::NoSuchParticipant);
        };
        match owner.blobs.by_key.get(key) {
            Some(contents) => desk.tell(session, Event::Blob { tag, contents: contents.clone() }),
            None => desk.refuse(session, tag, Refusal::NoSuchBlob),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Bytes {
        Bytes::from(vec![7; length])
    }

    #[test]
    fn a_blob_replaces_the_one_of_its_key() {
        let mut blobs = Blobs::default();
        for _ in 0..100 {
            assert_eq!(blobs.store(bytes(1), bytes(BLOB_BYTES)), Ok(()));
        }
        assert_eq!(blobs.by_key.len(), 1);
    }

    #[test]
    fn what_one_participant_keeps_is_bounded() {
        let mut blobs = Blobs::default();
        assert_eq!(blobs.store(bytes(1), bytes(BLOB_BYTES + 1)), Err(Refusal::TooLarge));
        assert_eq!(blobs.store(bytes(KEY_BYTES + 1), bytes(1)), Err(Refusal::TooLarge));
        assert_eq!(blobs.store(bytes(1), Bytes::new()), Err(Refusal::Invalid));
        let stored = (1..=100).filter(|length| blobs.store(bytes(*length), bytes(BLOB_BYTES)).is_ok()).count();
        assert_eq!(stored, ALL_BYTES / BLOB_BYTES);
        let mut many = Blobs::default();
        let stored = (1..=100).filter(|length| many.store(bytes(*length), bytes(1)).is_ok()).count();
        assert_eq!(stored, ALL_BLOBS);
    }
}
