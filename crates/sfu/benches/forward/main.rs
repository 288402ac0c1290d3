//! What a shard costs by itself: one picture to many viewers, without sockets and without waiting.
//!
//! On a virtual machine a thread that wakes up is charged for the waking, and caches are cold then; so
//! what a running server uses for each packet says little about a change of some hundred instructions.
//! Here the same datagrams go through one shard at full speed, in virtual time. `script/bench forward
//! [VIEWERS] [SECONDS]` prints nanoseconds for each packet that a viewer gets. The program under
//! `valgrind --tool=callgrind --toggle-collect='*world::spend*'` tells instructions, always the same.

#![expect(clippy::print_stdout, reason = "figures are what this program is for")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement that cannot go on has failed")]

mod seat;
mod world;

use world::World;

/// Until estimates and histories have their usual size.
const WARM_UP: u16 = 3;

fn main() {
    // Cargo says `--bench` in front of them.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (viewers, seconds) = (numbers.next().unwrap_or(50), numbers.next().unwrap_or(10).max(1));
    let mut world = World::new(viewers);
    let mut costs = Vec::new();
    for second in 0..WARM_UP + seconds {
        let before = world.counts();
        world.run_a_second();
        let spent = world.counts().since(before);
        assert!(spent.packets > 0, "viewers get packets");
        if second >= WARM_UP {
            let cost = spent.nanoseconds / spent.packets;
            println!("{} packets, {} datagrams, {cost} ns each", spent.packets, spent.datagrams);
            costs.push(cost);
        }
    }
    costs.sort_unstable();
    println!("{viewers} viewers: {} ns for each forwarded packet, the median", costs[costs.len() / 2]);
}
