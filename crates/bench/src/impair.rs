//! A bad network between two devices: what goes into one comes out of the other, as late, as rarely and in such an
//! order as the settings say. Every packet of IP passes, so connections of any kind can be put on it; this shell gives
//! [`moim_testkit::impair`] real packets and the real time.
//!
//! Whoever starts it moves the two devices into the namespaces that it shall join, gives them addresses, and says new
//! settings in lines on its standard input. It ends with that input, so it does not outlive a test.

use std::io::BufRead as _;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use moim_testkit::impair::{Link, Settings};
use tappers::{Interface, Tun};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

#[derive(Debug, Args)]
pub(crate) struct Impair {
    /// The name of the device on the near side; up is the way from here.
    #[arg(long, default_value = "near")]
    near: String,
    /// The name of the device on the far side.
    #[arg(long, default_value = "far")]
    far: String,
    /// Where the chances come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What both directions do at first, as in: loss=0.05 burst=4 delay_ms=25 jitter_ms=10 reorder=0.05 duplicate=0.02
    /// rate_kbps=300 queue_ms=200 dark=false. Lines on standard input change it, all of it (`clear`), or one direction
    /// (`up …`, `down …`); `counts` says what became of the packets.
    settings: Vec<String>,
}

impl Impair {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.bridge())
    }

    async fn bridge(self) -> anyhow::Result<()> {
        let settings = Settings::default().with(&self.settings.join(" "))?;
        let mut bridge = Bridge {
            near: device(&self.near)?,
            far: device(&self.far)?,
            up: Link::new(settings.clone(), self.seed),
            down: Link::new(settings, self.seed ^ 1),
        };
        println!("ready");
        bridge.run(lines()).await
    }
}

/// A device whose packets are read and written here.
type Device = AsyncFd<Tun>;

#[expect(deprecated, reason = "what replaces it is unsafe; this descriptor is open for as long as its device lives")]
fn device(name: &str) -> anyhow::Result<Device> {
    let made = Interface::new(name).and_then(Tun::new_named);
    let mut tun = made.with_context(|| format!("the device {name} cannot be made; it needs root and /dev/net/tun"))?;
    tun.set_nonblocking(true)?;
    Ok(AsyncFd::new(tun)?)
}

async fn receive(device: &Device, buffer: &mut [u8]) -> std::io::Result<usize> {
    device.async_io(Interest::READABLE, |tun| tun.recv(buffer)).await
}

/// The lines of standard input. A thread reads them: there is no other way to wait for it and for packets.
fn lines() -> mpsc::Receiver<String> {
    let (tell, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

struct Bridge {
    near: Device,
    far: Device,
    up: Link<Vec<u8>>,
    down: Link<Vec<u8>>,
}

/// Larger than any packet of a device.
const PACKET_BYTES: usize = 65_536;
/// So many of one side are taken before the other is looked at.
const BATCH: usize = 64;

impl Bridge {
    async fn run(&mut self, mut lines: mpsc::Receiver<String>) -> anyhow::Result<()> {
        let (mut from_near, mut from_far) = (vec![0; PACKET_BYTES], vec![0; PACKET_BYTES]);
        loop {
            deliver(&mut self.up, &self.far);
            deliver(&mut self.down, &self.near);
            let wake = self.up.next_wake().into_iter().chain(self.down.next_wake()).min();
            tokio::select! {
                size = receive(&self.near, &mut from_near) => take(&mut self.up, &self.near, size?, &mut from_near),
                size = receive(&self.far, &mut from_far) => take(&mut self.down, &self.far, size?, &mut from_far),
                () = sleep_until(wake) => {}
                line = lines.recv() => match line {
                    Some(line) => self.obey(line.trim()),
                    None => return Ok(()),
                },
            }
        }
    }

    fn obey(&mut self, line: &str) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("counts", _) => println!("up {:?}\ndown {:?}", self.up.counts(), self.down.counts()),
            ("up", settings) => change(&mut self.up, settings),
            ("down", settings) => change(&mut self.down, settings),
            _ => {
                change(&mut self.up, line);
                change(&mut self.down, line);
            }
        }
    }
}

fn change(link: &mut Link<Vec<u8>>, line: &str) {
    match link.settings().with(line) {
        Ok(settings) => link.set(Instant::now(), settings),
        Err(error) => tracing::error!(%error, "nothing is changed"),
    }
}

/// Takes the packet that came, and those that came with it.
fn take(link: &mut Link<Vec<u8>>, device: &Device, first: usize, buffer: &mut [u8]) {
    let now = Instant::now();
    let mut hand_over =
        |buffer: &[u8], size: usize| link.handle(now, size, buffer.iter().take(size).copied().collect());
    hand_over(buffer, first);
    for _ in 1..BATCH {
        match device.get_ref().recv(buffer) {
            Ok(size) => hand_over(buffer, size),
            Err(_) => return,
        }
    }
}

fn deliver(link: &mut Link<Vec<u8>>, device: &Device) {
    let now = Instant::now();
    while let Some(packet) = link.poll(now) {
        if let Err(error) = device.get_ref().send(&packet) {
            // As with a cable that is pulled out.
            tracing::debug!(%error, "a packet cannot be delivered");
        }
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
