//! What a link does, and how a person says it: `loss=0.05 burst=4 delay_ms=25`.

use std::time::Duration;

use thiserror::Error;

/// What one direction does to packets. The default does nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The share that is lost.
    pub loss: f64,
    /// How many in a row are lost, on average; up to 1, each is lost by itself.
    pub burst: f64,
    /// How long each takes.
    pub delay_ms: f64,
    /// By how much it may take longer, evenly spread; order is kept.
    pub jitter_ms: f64,
    /// The share that comes late, so that others overtake it.
    pub reorder: f64,
    /// By how much later.
    pub reorder_ms: f64,
    /// The share that comes twice.
    pub duplicate: f64,
    /// How much passes; 0 is everything.
    pub rate_kbps: u64,
    /// How long the queue in front of the rate may become; what comes beyond is dropped.
    pub queue_ms: u64,
    /// Nothing passes.
    pub dark: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            loss: 0.0,
            burst: 1.0,
            delay_ms: 0.0,
            jitter_ms: 0.0,
            reorder: 0.0,
            reorder_ms: 20.0,
            duplicate: 0.0,
            rate_kbps: 0,
            queue_ms: 200,
            dark: false,
        }
    }
}

/// A setting that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownSetting {
    /// Not `name=value`.
    #[error("'{0}' is not a setting; write name=value, as in loss=0.05")]
    Form(String),
    /// No such name.
    #[error(
        "there is no setting '{0}'; there are loss, burst, delay_ms, jitter_ms, reorder, reorder_ms, duplicate, rate_kbps, queue_ms, dark"
    )]
    Name(String),
    /// A value outside its range.
    #[error("{name} cannot be '{value}': it is {wanted}")]
    Value {
        /// Whose.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
}

const SHARE: &str = "a number from 0 to 1";
const MILLISECONDS: &str = "a number of milliseconds, from 0 to 60000";

impl Settings {
    /// These settings with those of a line laid over them: `loss=0.05 delay_ms=25`. The word `clear` begins anew.
    ///
    /// # Errors
    ///
    /// When a word is no setting; nothing has changed then.
    pub fn with(&self, line: &str) -> Result<Self, UnknownSetting> {
        let mut settings = self.clone();
        for word in line.split_whitespace() {
            if word == "clear" {
                settings = Self::default();
            } else {
                let (name, value) = word.split_once('=').ok_or_else(|| UnknownSetting::Form(word.to_owned()))?;
                settings.set(name, value)?;
            }
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSetting> {
        match name {
            "loss" => self.loss = within("loss", value, 1.0, SHARE)?,
            "burst" => self.burst = within("burst", value, 1000.0, "a number of packets, from 0 to 1000")?,
            "delay_ms" => self.delay_ms = within("delay_ms", value, 60_000.0, MILLISECONDS)?,
            "jitter_ms" => self.jitter_ms = within("jitter_ms", value, 60_000.0, MILLISECONDS)?,
            "reorder" => self.reorder = within("reorder", value, 1.0, SHARE)?,
            "reorder_ms" => self.reorder_ms = within("reorder_ms", value, 60_000.0, MILLISECONDS)?,
            "duplicate" => self.duplicate = within("duplicate", value, 1.0, SHARE)?,
            "rate_kbps" => self.rate_kbps = whole("rate_kbps", value, 10_000_000, "a number of kbit/s; 0 is no limit")?,
            "queue_ms" => self.queue_ms = whole("queue_ms", value, 60_000, MILLISECONDS)?,
            "dark" => self.dark = yes_or_no("dark", value)?,
            _ => return Err(UnknownSetting::Name(name.to_owned())),
        }
        Ok(())
    }

    /// How long the narrow place takes to send so many bytes.
    pub(super) fn sending(&self, size_bytes: u64) -> Duration {
        match self.rate_kbps {
            0 => Duration::ZERO,
            rate => Duration::from_nanos(size_bytes * 8_000_000 / rate),
        }
    }
}

fn refused(name: &'static str, value: &str, wanted: &'static str) -> UnknownSetting {
    UnknownSetting::Value { name, value: value.to_owned(), wanted }
}

fn within(name: &'static str, value: &str, most: f64, wanted: &'static str) -> Result<f64, UnknownSetting> {
    let number = value.parse().ok().filter(|number| (0.0..=most).contains(number));
    number.ok_or_else(|| refused(name, value, wanted))
}

fn whole(name: &'static str, value: &str, most: u64, wanted: &'static str) -> Result<u64, UnknownSetting> {
    value.parse().ok().filter(|number| *number <= most).ok_or_else(|| refused(name, value, wanted))
}

fn yes_or_no(name: &'static str, value: &str) -> Result<bool, UnknownSetting> {
    value.parse().map_err(|_| refused(name, value, "true or false"))
}
