//! `moim-bench`: makes load on a server, from outside, and says what it cost.
//!
//! It knows servers by their addresses and process ids only, so it measures any of them. Figures are
//! printed; nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "figures are what this program is for")]

mod cpu;
mod impair;
mod join;
mod pipe;
mod process;
mod room;
mod turn;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "moim-bench", version, about = "Makes load on a server and says what it cost")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Relay packets through a TURN server that is running.
    Turn(turn::load::Load),
    /// Relay the same packets through moim and through coturn's turnserver, by turns, and print ratios.
    TurnCompare(turn::compare::Compare),
    /// Fill rooms of a LiveKit server that is running with publishers and viewers.
    Room(Box<room::load::Load>),
    /// Start moim, load its rooms in the ways that matter, and print the figures.
    RoomTable(room::table::Table),
    /// Play a WebM file into a room, or write what a room sends to one.
    Join(join::Join),
    /// Be a bad network: two devices, and between them loss, delay and whatever else is asked for.
    Impair(impair::Impair),
}

fn main() -> anyhow::Result<()> {
    // Warnings go beside the figures, not between them.
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter()).init();
    match Arguments::parse().command {
        Command::Turn(load) => {
            let figures = load.run()?;
            println!("{figures}");
            Ok(())
        }
        Command::TurnCompare(compare) => compare.run(),
        Command::Room(load) => {
            println!("{}", load.run()?);
            Ok(())
        }
        Command::RoomTable(table) => table.run(),
        Command::Join(join) => join.run(),
        Command::Impair(impair) => impair.run(),
    }
}

fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,str0m=error,is=error".into())
}
