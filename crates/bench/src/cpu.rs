//! The processor time of another process.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// What all threads of a process have used so far, from the scheduler's own account in nanoseconds.
pub(crate) fn used_by(pid: u32) -> anyhow::Result<Duration> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("is there no process {pid}?"))?;
    let mut total = 0;
    for task in tasks {
        // A thread may end while it is looked at.
        let Ok(account) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        total += account.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(total))
}

/// The memory that a process holds, in bytes.
pub(crate) fn memory_of(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
    Ok(kib * 1024)
}

/// What the calling thread has used so far. The scheduler adds it up at its ticks, so that it is
/// right to a few milliseconds.
pub(crate) fn used_by_this_thread() -> anyhow::Result<Duration> {
    let account = fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns = account.split_whitespace().next().and_then(|ns| ns.parse().ok()).context("no figure")?;
    Ok(Duration::from_nanos(ns))
}
