//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::CONFIG_FILE;

/// A real-time communication server: signaling, STUN, TURN and the app in one process.
#[derive(Debug, Parser)]
#[command(name = "moim", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

impl Cli {
    /// What to do; `moim` alone serves.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server; what `moim` alone does
    Serve(ServeOptions),
}

#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// For local work: well-known keys, the app open to everybody; never on a public machine
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) config: ConfigOption,
}

#[derive(Args, Debug)]
pub(crate) struct ConfigOption {
    /// The configuration file [default: moim.toml, then /etc/moim/moim.toml]
    #[arg(long = "config", value_name = "FILE", env = CONFIG_FILE)]
    pub(crate) file: Option<PathBuf>,
}
