//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::config::CONFIG_FILE;
use crate::token::parse_ttl;

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
    /// Look at a running server as its clients do, and say what works and what to do about the rest
    Check(CheckOptions),
    /// Make a token for a door
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Args, Debug)]
pub(crate) struct CheckOptions {
    /// The server's name or address [default: server.public_host]
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// The server was started with --dev
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) config: ConfigOption,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// A signed token of the direct door, for one room
    Direct(DirectToken),
}

#[derive(Args, Debug)]
pub(crate) struct DirectToken {
    /// The room it opens
    #[arg(long)]
    pub(crate) room: String,
    /// The only peer that may use it; it then takes over that peer's earlier connection
    #[arg(long)]
    pub(crate) peer_id: Option<String>,
    /// How long it opens: 90s, 15m, 1h, 7d
    #[arg(long, default_value = "1h", value_parser = parse_ttl)]
    pub(crate) ttl: Duration,
    /// For a server started with --dev
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) config: ConfigOption,
}

#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// For local work: well-known keys, the app open to everybody; never on a public machine
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) config: ConfigOption,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigOption {
    /// The configuration file [default: moim.toml, then /etc/moim/moim.toml]
    #[arg(long = "config", value_name = "FILE", env = CONFIG_FILE)]
    pub(crate) file: Option<PathBuf>,
}
