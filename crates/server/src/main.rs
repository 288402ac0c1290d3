//! The binary `moim`: configuration, listeners, the app's files, metrics, start, drain and stop.

mod check;
mod cli;
mod config;
mod logging;
mod operations;
mod serve;
mod token;
mod web;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, TokenCommand};
use config::{Loaded, Mode, Source};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => complain(&error),
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command() {
        Command::Serve(options) => {
            let mode = mode(options.dev);
            let loaded = load(options.config, mode)?;
            logging::start(loaded.settings.log);
            serve::run(loaded, mode)
        }
        Command::Check(options) => {
            let mode = mode(options.dev);
            check::run(load(options.config.clone(), mode), mode, &options)
        }
        Command::Token(TokenCommand::Direct(options)) => {
            let loaded = load(options.config.clone(), mode(options.dev))?;
            token::direct(&loaded.settings, &options)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Token(TokenCommand::Livekit(options)) => {
            let loaded = load(options.config.clone(), mode(options.dev))?;
            token::livekit(&loaded.settings, &options)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

const fn mode(dev: bool) -> Mode {
    if dev { Mode::Development } else { Mode::Production }
}

fn load(config: cli::ConfigOption, mode: Mode) -> Result<Loaded, config::Problems> {
    config::load(Source { file: config.file, variables: std::env::vars().collect(), mode })
}

/// One line for each thing that keeps us from going on.
fn complain(error: &anyhow::Error) -> ExitCode {
    let mut stderr = io::stderr().lock();
    for line in in_full(error).lines() {
        // Nobody is left to tell when this fails.
        let _ = writeln!(stderr, "moim: {line}");
    }
    ExitCode::from(CANNOT_START)
}

/// The error and its causes, except for a cause that is told already.
fn in_full(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        text if text.contains(&cause) => told,
        _ => format!("{told}: {cause}"),
    })
}

/// The exit code when the configuration or the machine does not let us start.
const CANNOT_START: u8 = 2;
