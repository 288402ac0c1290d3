//! The configuration: read from a file and the environment, checked as a whole, and turned into what each
//! part is told.

mod environment;
mod loading;
mod merge;
mod no_effect;
mod private_file;
mod problems;
mod sections;
mod settings;
mod tree;
mod values;

pub(crate) use environment::CONFIG_FILE;
pub(crate) use loading::{Loaded, Source, load};
pub(crate) use problems::Problems;
pub(crate) use settings::{
    CertificatePlan, DirectSettings, LivekitSettings, LogFormat, LogSettings, MediaSettings, Origins, Settings,
    TurnSettings,
};
pub(crate) use tree::{DEV_KEY, DEV_SECRET};

/// What the server is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Secure defaults.
    Production,
    /// `--dev`: well-known keys, the app open to all.
    Development,
}

#[cfg(test)]
mod tests;
