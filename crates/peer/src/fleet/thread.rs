//! One thread of a fleet: waits for sockets, orders and deadlines, and does what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use tokio::sync::mpsc::{self, error::TryRecvError};

use super::endpoint::Endpoint;
use crate::connection::Connection;
use crate::socket::Buffers;

/// Something for a thread to do.
pub(crate) enum Order {
    /// Drive this from now on.
    Open(usize, Box<Endpoint>),
    /// Do this with a connection.
    Work(usize, Work),
}

/// What a handle asks of its connection; it carries the way back of its answer inside.
pub(crate) type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to a thread.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) sender: mpsc::Sender<Order>,
    pub(crate) waker: Arc<Waker>,
}

#[derive(Debug)]
pub(super) struct Thread(Orders);

const ORDER_QUEUE: usize = 4096;
const WAKE: Token = Token(usize::MAX);
/// A thread without work looks this often whether anybody still needs it.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

impl Thread {
    pub(super) fn start() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (sender, orders) = mpsc::channel(ORDER_QUEUE);
        let driver = Driver {
            poll,
            orders,
            endpoints: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            deadline_by_endpoint: BTreeMap::new(),
            buffers: Buffers::new(),
        };
        std::thread::Builder::new().name("moim-peer".to_owned()).spawn(move || driver.run())?;
        Ok(Self(Orders { sender, waker }))
    }

    pub(super) fn orders(&self) -> Orders {
        self.0.clone()
    }
}

struct Driver {
    poll: Poll,
    orders: mpsc::Receiver<Order>,
    endpoints: BTreeMap<usize, Endpoint>,
    deadlines: BTreeSet<(Instant, usize)>,
    deadline_by_endpoint: BTreeMap<usize, Instant>,
    buffers: Buffers,
}

impl Driver {
    fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            let now = Instant::now();
            let until = self.deadlines.first().map(|(at, _)| at.saturating_duration_since(now));
            let sleep = until.map_or(LONGEST_SLEEP, |until| until.min(LONGEST_SLEEP));
            if let Err(error) = self.poll.poll(&mut events, Some(sleep))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "waiting for sockets failed; the connections of this thread end");
                return;
            }
            for event in &events {
                self.receive(event.token().0);
            }
            if !self.obey() {
                return;
            }
            self.wake(Instant::now());
        }
    }

    fn receive(&mut self, id: usize) {
        let Some(endpoint) = self.endpoints.get_mut(&id) else { return };
        if let Err(error) = endpoint.receive(&mut self.buffers) {
            tracing::warn!(%error, "a socket is broken; its connection ends");
            endpoint.connection.close();
        }
        self.plan(id);
    }

    /// Does what was ordered; `false` when there will be no more orders and nothing is left.
    fn obey(&mut self) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Open(id, endpoint)) => self.open(id, *endpoint),
                Ok(Order::Work(id, work)) => {
                    let Some(endpoint) = self.endpoints.get_mut(&id) else { continue };
                    work(&mut endpoint.connection);
                    let now = Instant::now();
                    endpoint.wake(now, &mut self.buffers);
                    self.plan(id);
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn open(&mut self, id: usize, mut endpoint: Endpoint) {
        let registry = self.poll.registry();
        if let Err(error) = registry.register(&mut endpoint.socket.io, Token(id), Interest::READABLE) {
            tracing::warn!(%error, "a socket cannot be waited for; its connection ends");
            return;
        }
        self.endpoints.insert(id, endpoint);
        self.plan(id);
    }

    fn wake(&mut self, now: Instant) {
        while let Some((at, id)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            if let Some(endpoint) = self.endpoints.get_mut(&id) {
                endpoint.wake(now, &mut self.buffers);
            }
            self.plan(id);
        }
    }

    /// Notes when an endpoint is due next, or lets it go when it is closed.
    fn plan(&mut self, id: usize) {
        if let Some(at) = self.deadline_by_endpoint.remove(&id) {
            self.deadlines.remove(&(at, id));
        }
        let Some(endpoint) = self.endpoints.get_mut(&id) else { return };
        if endpoint.is_closed() {
            endpoint.leave(&mut self.buffers);
            self.endpoints.remove(&id);
        } else if let Some(at) = endpoint.next_wake() {
            self.deadline_by_endpoint.insert(id, at);
            self.deadlines.insert((at, id));
        }
    }
}
