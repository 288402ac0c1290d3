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
    /// An access token of the LiveKit door, for one participant of one room
    Livekit(LivekitToken),
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct LivekitToken {
    /// The room it opens
    #[arg(long)]
    pub(crate) room: String,
    /// Who may come in with it
    #[arg(long)]
    pub(crate) identity: String,
    /// The name that others read
    #[arg(long, default_value = "")]
    pub(crate) name: String,
    /// Whatever the application keeps of the participant
    #[arg(long, default_value = "")]
    pub(crate) metadata: String,
    /// The API key that signs [default: the first of livekit.keys]
    #[arg(long)]
    pub(crate) key: Option<String>,
    /// May only watch and listen
    #[arg(long)]
    pub(crate) view_only: bool,
    /// Is not shown to others
    #[arg(long)]
    pub(crate) hidden: bool,
    /// May manage the room through the server API
    #[arg(long)]
    pub(crate) admin: bool,
    /// How long it opens: 90s, 15m, 1h, 7d
    #[arg(long, default_value = "6h", value_parser = parse_ttl)]
    pub(crate) ttl: Duration,
    /// For a server started with --dev
    #[arg(long)]
    pub(crate) dev: bool,
    #[command(flatten)]
    pub(crate) config: ConfigOption,
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
