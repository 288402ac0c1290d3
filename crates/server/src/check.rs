//! `moim check`: looks at a running server from outside, as its clients do, and says what works.

mod connector;
mod credentials;
mod direct;
mod media;
mod report;
mod target;
mod turn;
mod turn_link;
mod web;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::CheckOptions;
use crate::config::{Loaded, Mode, Problems};
use connector::Connector;
use report::Report;
use target::Target;

/// Checks everything that the configuration switches on, and prints a table.
pub(crate) fn run(loaded: Result<Loaded, Problems>, mode: Mode, options: &CheckOptions) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    if let Some(loaded) = check_configuration(loaded, &mut report) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
        runtime.block_on(Box::pin(check_server(&loaded, mode, options, &mut report)))?;
    }
    io::stdout().write_all(report.to_string().as_bytes()).context("cannot print the table")?;
    Ok(if report.has_failures() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn check_configuration(loaded: Result<Loaded, Problems>, report: &mut Report) -> Option<Loaded> {
    match loaded {
        Ok(loaded) => {
            let name =
                loaded.file.as_ref().map_or_else(|| "the defaults".to_owned(), |file| file.display().to_string());
            report.ok("configuration", [vec![name], loaded.warnings.clone()].concat().join("; "));
            Some(loaded)
        }
        Err(problems) => {
            for sentence in problems.sentences() {
                report.failed("configuration", sentence);
            }
            None
        }
    }
}

async fn check_server(loaded: &Loaded, mode: Mode, options: &CheckOptions, report: &mut Report) -> anyhow::Result<()> {
    let settings = &loaded.settings;
    let target = Target::new(settings, options.host.as_deref());
    let connector = Connector::new()?;
    web::check_local(settings, &target, report).await;
    let https = web::check_https(settings, &target, &connector, report).await;
    let key = direct::check(settings, mode, https.as_ref(), &connector, report).await;
    let credential = credentials::find(settings, https.as_ref(), &connector, key).await;
    media::check(settings, &target, report).await;
    turn::check_all(settings, &target, &connector, credential, report).await;
    Ok(())
}
