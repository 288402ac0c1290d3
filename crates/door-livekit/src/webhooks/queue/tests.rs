use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;

const LIMITS: Limits = Limits {
    max_age: Duration::from_secs(3600),
    max_bytes: 1000,
    most_at_once: 4,
    first_wait: Duration::from_secs(1),
    longest_wait: Duration::from_secs(30),
};

fn start() -> Now {
    Now { instant: Instant::now(), unix: Duration::from_secs(1_800_000_000) }
}

fn named(id: &str) -> Arc<proto::WebhookEvent> {
    Arc::new(proto::WebhookEvent { id: id.into(), ..Default::default() })
}

fn happened(now: Now, room: &str, id: &str) -> Input {
    Input::Happened { at: now.unix, room: room.into(), event: named(id), bytes: 10 }
}

fn drain(queue: &mut Queue) -> Vec<Output> {
    std::iter::from_fn(|| queue.poll()).collect()
}

fn told(outputs: &[Output]) -> Vec<&str> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Tell { waiting, .. } => Some(waiting.event.id.as_str()),
            Output::Keep(_) | Output::Forget(_) => None,
        })
        .collect()
}

#[test]
fn an_event_is_kept_before_it_is_told_and_forgotten_after() {
    let (now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    queue.handle(now, happened(now, "hall", "a"));
    let outputs = drain(&mut queue);
    assert!(matches!(&outputs[..], [Output::Keep(kept), Output::Tell { dropped: 0, .. }] if kept.number == 1));
    queue.handle(now, Input::Told("hall".into()));
    assert_eq!(drain(&mut queue), [Output::Forget(1)]);
    assert!(queue.is_empty());
}

#[test]
fn a_room_tells_one_event_at_a_time_and_rooms_do_not_wait_for_each_other() {
    let (now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    for (room, id) in [("hall", "a1"), ("hall", "a2"), ("yard", "b1")] {
        queue.handle(now, happened(now, room, id));
    }
    assert_eq!(told(&drain(&mut queue)), ["a1", "b1"]);
    queue.handle(now, Input::Told("hall".into()));
    assert_eq!(told(&drain(&mut queue)), ["a2"]);
}

#[test]
fn only_so_many_are_told_at_once() {
    let (now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    for room in ["a", "b", "c", "d", "e"] {
        queue.handle(now, happened(now, room, room));
    }
    assert_eq!(told(&drain(&mut queue)), ["a", "b", "c", "d"]);
    queue.handle(now, Input::Failed("b".into()));
    assert_eq!(told(&drain(&mut queue)), ["e"]);
}

#[test]
fn each_failure_doubles_the_wait_up_to_the_longest() {
    let (mut now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    queue.handle(now, happened(now, "hall", "a"));
    for expected in [1, 2, 4, 8, 16, 30, 30] {
        assert_eq!(told(&drain(&mut queue)), ["a"]);
        queue.handle(now, Input::Failed("hall".into()));
        assert!(drain(&mut queue).is_empty());
        let wait = Duration::from_secs(expected);
        assert_eq!(queue.next_wake(), Some(now.instant + wait));
        now = now.after(wait);
        queue.handle(now, Input::Woken);
    }
    queue.handle(now, Input::Told("hall".into()));
    queue.handle(now, happened(now, "hall", "b"));
    queue.handle(now, Input::Failed("hall".into()));
    assert_eq!(queue.next_wake(), Some(now.instant + Duration::from_secs(1)), "success did not reset the wait");
}

#[test]
fn an_event_that_has_become_too_old_is_dropped_and_counted() {
    let (now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    queue.handle(now, happened(now, "hall", "old"));
    queue.handle(now, Input::Failed("hall".into()));
    drain(&mut queue);
    let late = now.after(Duration::from_secs(3601));
    queue.handle(late, happened(late, "hall", "new"));
    let outputs = drain(&mut queue);
    assert!(outputs.contains(&Output::Forget(1)));
    assert!(matches!(outputs.last(), Some(Output::Tell { waiting, dropped: 1 }) if waiting.event.id == "new"));
    assert_eq!(queue.stats().dropped_old, 1);
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let (now, mut queue) = (start(), Queue::new(Limits { max_bytes: 20, ..LIMITS }, vec![]));
    for id in ["a", "b", "c", "d"] {
        queue.handle(now, happened(now, "hall", id));
    }
    queue.handle(now, Input::Missed(5));
    queue.handle(now, Input::Told("hall".into()));
    let outputs = drain(&mut queue);
    assert_eq!(told(&outputs), ["a", "b"]);
    assert!(matches!(outputs.last(), Some(Output::Tell { dropped: 7, .. })), "{outputs:?}");
    // The receiver was not reached, so it has not heard of them either.
    queue.handle(now, Input::Failed("hall".into()));
    let later = now.after(Duration::from_secs(1));
    queue.handle(later, Input::Woken);
    assert!(matches!(drain(&mut queue).last(), Some(Output::Tell { dropped: 7, .. })));
    assert_eq!((queue.stats().dropped_full, queue.stats().missed), (2, 5));
}

#[test]
fn an_event_that_is_refused_does_not_hold_up_the_next() {
    let (now, mut queue) = (start(), Queue::new(LIMITS, vec![]));
    queue.handle(now, happened(now, "hall", "a"));
    queue.handle(now, happened(now, "hall", "b"));
    queue.handle(now, Input::Refused("hall".into()));
    let outputs = drain(&mut queue);
    assert_eq!(told(&outputs), ["a", "b"]);
    assert!(outputs.contains(&Output::Forget(1)));
}

/// A receiver, a disk and a world in which everything goes wrong, and what they have seen.
struct World {
    random: ChaCha8Rng,
    now: Now,
    queue: Queue,
    disk: BTreeMap<u64, Waiting>,
    on_the_way: BTreeMap<Arc<str>, Waiting>,
    /// The last event of each room that the receiver has; events are numbered within their room.
    received: BTreeMap<Arc<str>, u64>,
    restarts: u64,
    repeats: u64,
}

const ROOMS: u64 = 50;

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            now: start(),
            queue: Queue::new(Limits { max_bytes: usize::MAX, max_age: Duration::MAX, ..LIMITS }, vec![]),
            disk: BTreeMap::new(),
            on_the_way: BTreeMap::new(),
            received: BTreeMap::new(),
            restarts: 0,
            repeats: 0,
        }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random.next_u64() % limit
    }

    fn handle(&mut self, input: Input) {
        self.queue.handle(self.now, input);
        while let Some(output) = self.queue.poll() {
            match output {
                Output::Keep(waiting) => assert!(self.disk.insert(waiting.number, waiting).is_none()),
                Output::Forget(number) => assert!(self.disk.remove(&number).is_some()),
                Output::Tell { waiting, .. } => {
                    assert!(self.disk.contains_key(&waiting.number), "told before it was kept");
                    let room = Arc::clone(&waiting.room);
                    assert!(self.on_the_way.insert(room, waiting).is_none(), "a room's events overtake each other");
                }
            }
        }
        assert!(self.on_the_way.len() <= LIMITS.most_at_once);
    }

    /// The receiver gets an event. In each room it may be the last one again, or the next one.
    fn receive(&mut self, waiting: &Waiting) {
        let number: u64 = waiting.event.id.parse().unwrap();
        let last = self.received.get(&waiting.room).copied().unwrap_or(0);
        assert!(number == last || number == last + 1, "{} came after {last} in {}", number, waiting.room);
        self.repeats += u64::from(number == last);
        self.received.insert(Arc::clone(&waiting.room), number);
    }

    fn answer(&mut self) {
        let skipped = usize::try_from(self.random.next_u64() % 4).unwrap();
        let Some(room) = self.on_the_way.keys().nth(skipped).cloned() else { return };
        let waiting = self.on_the_way.remove(&room).unwrap();
        match self.below(4) {
            // It never arrived.
            0 => self.handle(Input::Failed(room)),
            // It arrived, and the answer was lost.
            1 => {
                self.receive(&waiting);
                self.handle(Input::Failed(room));
            }
            _ => {
                self.receive(&waiting);
                self.handle(Input::Told(room));
            }
        }
    }

    /// The process is killed: what is on the way may have arrived, the disk stays.
    fn restart(&mut self) {
        self.restarts += 1;
        for waiting in std::mem::take(&mut self.on_the_way).into_values() {
            if self.below(2) == 0 {
                self.receive(&waiting);
            }
        }
        let limits = self.queue.limits;
        self.queue = Queue::new(limits, self.disk.values().cloned().collect());
        self.handle(Input::Woken);
    }

    fn pass_time(&mut self) {
        let milliseconds = self.below(2000);
        self.now = self.now.after(Duration::from_millis(milliseconds));
        if self.queue.next_wake().is_some_and(|when| when <= self.now.instant) {
            self.handle(Input::Woken);
        }
    }
}

/// A hundred thousand stays, each with its joined and its left, in rooms whose receiver fails half
/// the time and whose server is killed now and then.
#[test]
fn every_event_arrives_in_its_order_whatever_happens() {
    let seed = std::env::var("MOIM_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_26);
    println!("MOIM_TEST_SEED={seed}");
    let mut world = World::new(seed);
    let mut made = BTreeMap::<Arc<str>, u64>::new();
    let mut stays = 0;
    while stays < 100_000 {
        match world.below(1000) {
            0 => world.restart(),
            1..300 => {
                let room: Arc<str> = world.below(ROOMS).to_string().into();
                let number = made.entry(Arc::clone(&room)).or_default();
                *number += 1;
                // Odd events are somebody's joined, even ones his left.
                stays += u64::from((*number).is_multiple_of(2));
                let event = named(&number.to_string());
                world.handle(Input::Happened { at: world.now.unix, room, event, bytes: 10 });
            }
            300..950 => world.answer(),
            _ => world.pass_time(),
        }
    }
    while !world.queue.is_empty() {
        world.answer();
        world.pass_time();
    }
    assert_eq!(world.received, made, "events were lost");
    assert!(world.disk.is_empty());
    assert!(world.restarts > 10 && world.repeats > 10, "nothing went wrong: the test tests nothing");
    assert_eq!(made.keys().collect::<BTreeSet<_>>().len() as u64, ROOMS);
}
