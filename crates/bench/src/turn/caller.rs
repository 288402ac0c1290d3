//! One TURN client with an allocation and a channel to a peer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use moim_turn::Family;
use moim_turn::client::{Client, Event, Granted, Request};
use moim_types::Redacted;

use crate::pipe::Pipe;

/// Inside the range that every TURN server accepts.
pub(super) const CHANNEL: u16 = 0x4000;

pub(super) struct Caller {
    pub(super) pipe: Pipe,
    pub(super) relayed: SocketAddr,
    server: SocketAddr,
    client: Client,
}

impl Caller {
    pub(super) fn allocate(server: SocketAddr, user: &str, password: &Redacted<String>) -> anyhow::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let client = Client::new(user.to_owned(), password.clone(), seed);
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut caller = Self { pipe: Pipe::open()?, relayed: unknown, server, client };
        match caller.ask(Request::Allocate(Family::V4))? {
            Granted::Allocated { relayed, .. } => caller.relayed = relayed,
            other => bail!("unexpected {other:?}"),
        }
        Ok(caller)
    }

    pub(super) fn bind_channel(&mut self, peer: SocketAddr) -> anyhow::Result<()> {
        self.ask(Request::ChannelBind(CHANNEL, peer)).map(drop)
    }

    /// Gives the allocation back, so that the next client may have this port.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.ask(Request::Refresh(Duration::ZERO)).map(drop)
    }

    /// Sends a run of ChannelData messages of `bytes` bytes each.
    pub(super) fn send(&self, run: &[u8], message: usize) -> anyhow::Result<()> {
        Ok(self.pipe.send(self.server, run, message)?)
    }

    fn ask(&mut self, request: Request) -> anyhow::Result<Granted> {
        let mut bytes = self.client.request(request);
        for _ in 0..5 {
            self.pipe.send(self.server, &bytes, bytes.len())?;
            match self.answer(Duration::from_millis(500))? {
                Some(Event::Retry(again)) => bytes = again,
                Some(Event::Answer(answer)) => return Ok(answer?),
                Some(_) | None => {}
            }
        }
        bail!("the server at {} does not answer", self.server)
    }

    fn answer(&mut self, patience: Duration) -> anyhow::Result<Option<Event>> {
        let until = Instant::now() + patience;
        let mut buffer = [0; 2048];
        while Instant::now() < until {
            if let Some(length) = self.pipe.next(&mut buffer)? {
                let message = buffer.get(..length).context("the buffer holds it")?;
                return Ok(Some(self.client.handle(message)));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(None)
    }
}
