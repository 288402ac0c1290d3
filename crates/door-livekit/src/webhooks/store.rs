//! One URL's events on disk: an append-only file of lines, one for each event and one for each that
//! is done with.
//!
//! A line is handed to the kernel before its event is told, so a process that is killed loses
//! nothing. The file is synced at most once a second, so a machine that loses power loses the last
//! second; events that were told in it may be told again. A last line that was cut off is removed,
//! a line that cannot be read is passed over.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use livekit_protocol as proto;
use serde::{Deserialize, Serialize};

use super::queue::Waiting;

/// A file that is this much longer than twice what it must hold is written anew.
const SLACK_BYTES: u64 = 1 << 20;

/// The file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Events that are not done with, and the lengths of their lines.
    live: BTreeMap<u64, u64>,
    live_bytes: u64,
    is_dirty: bool,
}

/// What was found in the file.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Events that are not done with, in their order.
    pub(super) waiting: Vec<Waiting>,
    /// Lines that could not be read.
    pub(super) unreadable: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Event { number: u64, at_ms: u64, room: String, event: Box<proto::WebhookEvent> },
    Done { done: u64 },
}

impl Store {
    /// Opens the file, which only its owner may read, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Found)> {
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        let (contents, found) = read(&file)?;
        // What was cut off would join the next line.
        file.set_len(contents.bytes)?;
        let live: BTreeMap<_, _> = contents.events.iter().map(|(&number, (length, _))| (number, *length)).collect();
        let store = Self {
            path: path.to_owned(),
            file,
            bytes: contents.bytes,
            live_bytes: live.values().sum(),
            live,
            is_dirty: false,
        };
        Ok((store, found))
    }

    /// Writes an event down.
    pub(super) fn keep(&mut self, waiting: &Waiting) -> io::Result<()> {
        let length = self.append(&Line::Event {
            number: waiting.number,
            at_ms: u64::try_from(waiting.at.as_millis()).unwrap_or(u64::MAX),
            room: waiting.room.to_string(),
            event: Box::new((*waiting.event).clone()),
        })?;
        self.live.insert(waiting.number, length);
        self.live_bytes += length;
        Ok(())
    }

    /// An event is done with.
    pub(super) fn forget(&mut self, number: u64) -> io::Result<()> {
        let Some(length) = self.live.remove(&number) else { return Ok(()) };
        self.live_bytes -= length;
        self.append(&Line::Done { done: number })?;
        if self.bytes > 2 * self.live_bytes + SLACK_BYTES { self.write_anew() } else { Ok(()) }
    }

    /// Makes what was written outlast a loss of power.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_dirty) { self.file.sync_data() } else { Ok(()) }
    }

    fn append(&mut self, line: &Line) -> io::Result<u64> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.is_dirty = true;
        if let Err(error) = self.file.write_all(&text) {
            // Half a line on a full disk would spoil the next one.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        let length = text.len() as u64;
        self.bytes += length;
        Ok(length)
    }

    /// Leaves only what is not done with. The old file stays until the new one is whole.
    fn write_anew(&mut self) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        let mut writer = BufWriter::new(&mut new);
        for line in BufReader::new(File::open(&self.path)?).split(b'\n') {
            let line = line?;
            if let Ok(Line::Event { number, .. }) = serde_json::from_slice(&line)
                && self.live.contains_key(&number)
            {
                writer.write_all(&line)?;
                writer.write_all(b"\n")?;
            }
        }
        writer.flush()?;
        drop(writer);
        new.sync_data()?;
        std::fs::rename(&beside, &self.path)?;
        sync_folder(&self.path)?;
        self.file = OpenOptions::new().read(true).append(true).open(&self.path)?;
        self.bytes = self.file.metadata()?.len();
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A rename is on disk when the folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[derive(Default)]
struct Contents {
    /// The length up to the last whole line.
    bytes: u64,
    events: BTreeMap<u64, (u64, Waiting)>,
}

fn read(file: &File) -> io::Result<(Contents, Found)> {
    let mut contents = Contents::default();
    let mut unreadable = 0;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if line.last() != Some(&b'\n') {
            break;
        }
        contents.bytes += length;
        match serde_json::from_slice(&line) {
            Ok(Line::Event { number, at_ms, room, event }) => {
                let at = Duration::from_millis(at_ms);
                let bytes = line.len();
                let waiting = Waiting { number, at, room: room.into(), event: Arc::from(event), bytes };
                contents.events.insert(number, (length, waiting));
            }
            Ok(Line::Done { done }) => {
                contents.events.remove(&done);
            }
            Err(_) => unreadable += 1,
        }
    }
    let waiting = contents.events.values().map(|(_, waiting)| waiting.clone()).collect();
    Ok((contents, Found { waiting, unreadable }))
}

#[cfg(test)]
mod tests;
