//! Strangers at the real ports, from addresses of their own.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use moim_testkit::malformed::Spoiler;
use moim_testkit::wire::{binding, check, null_hello};

use super::TICK;
use super::peer::Peer;
use super::stage::Stage;

/// Makes the next datagram.
type Make = Box<dyn FnMut(u64) -> Vec<u8> + Send>;

/// What a stranger has sent, and what came back.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    received: usize,
}

/// Strangers that send until they are told to stop.
struct Strangers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Tally>>,
}

impl Strangers {
    /// One at each of these addresses, each with its own kind of datagrams.
    fn at(server: SocketAddr, kinds: Vec<(&str, Make)>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = kinds
            .into_iter()
            .map(|(address, make)| {
                let (socket, stop) = (UdpSocket::bind((address, 0)).unwrap(), Arc::clone(&stop));
                std::thread::spawn(move || pester(&socket, server, &stop, make))
            })
            .collect();
        Self { stop, threads }
    }

    fn stop(self) -> Vec<Tally> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

fn pester(socket: &UdpSocket, server: SocketAddr, stop: &AtomicBool, mut make: Make) -> Tally {
    socket.set_nonblocking(true).unwrap();
    let (mut tally, mut answer) = (Tally::default(), [0; 2048]);
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        // One that is too long, or finds the buffer full, is not sent.
        tally.sent += socket.send_to(&make(number), server).unwrap_or_default();
        while let Ok((length, _)) = socket.recv_from(&mut answer) {
            tally.received += length;
        }
        if number % 5 == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_disturb_no_join_and_no_call_and_are_not_answered() {
    let mut stage = Stage::new(1);
    let server = stage.media.udp()[0];
    let mut spoiler = Spoiler::new(3, vec![null_hello(1), check(1, "someone0"), binding(2, &[]), vec![0x80; 200]]);
    let strangers = Strangers::at(
        server,
        vec![
            ("127.0.0.2", Box::new(null_hello)),
            ("127.0.0.3", Box::new(|number| check(number, &format!("{number:08x}")))),
            ("127.0.0.4", Box::new(|number| [&[0x80, 111], &number.to_be_bytes()[..], &[1; 100]].concat())),
        ],
    );
    let asking = Strangers::at(
        server,
        vec![
            ("127.0.0.5", Box::new(|number| binding(number, &[(0x8022, &[b'x'; 8])]))),
            ("127.0.0.6", Box::new(move |_| spoiler.next_datagram())),
        ],
    );

    let (publisher, mid) = stage.publisher(0, Peer::over_udp(), 1).await;
    let mut viewers = Vec::new();
    for _ in 0..5 {
        viewers.push(stage.viewer(0, Peer::over_udp(), 1, 0).await);
    }
    stage.run(Duration::from_millis(200));
    stage.speak(publisher, &mid, 0..100, 100, TICK);
    for viewer in viewers {
        stage.until("all has arrived", |stage| stage.peers[viewer].payloads.len() == 100);
    }

    for tally in strangers.stop() {
        assert!(tally.sent > 1000, "{tally:?}");
        assert_eq!(tally.received, 0, "strangers are not answered");
    }
    for tally in asking.stop() {
        assert!(tally.received <= tally.sent, "never more than was asked: {tally:?}");
    }
    stage.until("they are counted", |stage| stage.dropped("unknown_sender") > 100);
    assert_eq!(stage.stat("restarts"), 0);
}
