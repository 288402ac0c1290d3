//! `moim-bench`: makes load on a server, from outside, and says what it cost.
//!
//! It knows servers by their addresses and process ids only, so it measures any of them. Figures are
//! printed; nothing here passes or fails.

#![expect(clippy::print_stdout, reason = "figures are what this program is for")]

mod cpu;
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
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Turn(load) => {
            let figures = load.run()?;
            println!("{figures}");
            Ok(())
        }
        Command::TurnCompare(compare) => compare.run(),
    }
}
