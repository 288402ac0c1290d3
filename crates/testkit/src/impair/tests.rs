use std::time::{Duration, Instant};

use super::{Counts, Link, Settings, UnknownSetting};
use crate::VirtualClock;

fn link(line: &str) -> Link<u32> {
    Link::new(Settings::default().with(line).unwrap(), 7)
}

fn start() -> Instant {
    VirtualClock::new().now().instant
}

const MS: Duration = Duration::from_millis(1);

/// Sends packets of a size at a distance, and returns what arrives: which, and how long after the beginning.
fn play(link: &mut Link<u32>, count: u32, every: Duration, size_bytes: usize) -> Vec<(u32, Duration)> {
    let start = start();
    let mut arrived = Vec::new();
    let mut take = |link: &mut Link<u32>, until: Instant| {
        while let Some(at) = link.next_wake().filter(|at| *at <= until) {
            while let Some(packet) = link.poll(at) {
                arrived.push((packet, at - start));
            }
        }
    };
    for number in 0..count {
        let now = start + every * number;
        take(link, now);
        link.handle(now, size_bytes, number);
    }
    take(link, start + every * count + Duration::from_secs(100));
    arrived
}

/// How many were lost in a row, each time.
fn gaps(arrived: &[(u32, Duration)]) -> Vec<u32> {
    arrived.windows(2).map(|pair| pair[1].0 - pair[0].0 - 1).filter(|gap| *gap > 0).collect()
}

#[test]
fn a_good_link_changes_nothing() {
    let mut link = link("");
    let arrived = play(&mut link, 100, MS, 1000);
    assert_eq!(arrived, (0..100).map(|n| (n, MS * n)).collect::<Vec<_>>());
    assert_eq!(link.counts(), Counts { packets: 100, bytes: 100_000, delivered: 100, ..Counts::default() });
}

#[test]
fn random_losses_have_their_share_and_come_alone() {
    let mut link = link("loss=0.1");
    let arrived = play(&mut link, 50_000, MS, 1000);
    let share = 1.0 - arrived.len() as f64 / 50_000.0;
    assert!((share - 0.1).abs() < 0.01, "{share}");
    let gaps = gaps(&arrived);
    let mean = f64::from(gaps.iter().sum::<u32>()) / gaps.len() as f64;
    assert!((mean - 1.0 / 0.9).abs() < 0.05, "{mean}");
}

#[test]
fn bursts_have_the_same_share_and_their_length() {
    let mut link = link("loss=0.1 burst=5");
    let arrived = play(&mut link, 200_000, MS, 1000);
    let share = 1.0 - arrived.len() as f64 / 200_000.0;
    assert!((share - 0.1).abs() < 0.01, "{share}");
    let gaps = gaps(&arrived);
    let mean = f64::from(gaps.iter().sum::<u32>()) / gaps.len() as f64;
    assert!((mean - 5.0).abs() < 0.4, "{mean}");
}

#[test]
fn jitter_keeps_the_order_and_its_bounds() {
    let arrived = play(&mut link("delay_ms=50 jitter_ms=30"), 5000, MS * 5, 1000);
    assert!(arrived.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let late: Vec<Duration> = arrived.iter().map(|(n, at)| *at - MS * 5 * *n).collect();
    let (least, most) = (late.iter().min().unwrap(), late.iter().max().unwrap());
    assert!(*least >= MS * 50 && *least < MS * 55, "{least:?}");
    assert!(*most <= MS * 80 && *most > MS * 75, "{most:?}");
}

#[test]
fn some_are_overtaken_and_none_is_lost() {
    let mut link = link("reorder=0.05 reorder_ms=20");
    let arrived = play(&mut link, 10_000, MS * 5, 1000);
    assert_eq!(arrived.len(), 10_000);
    let late = arrived.iter().filter(|(n, at)| *at >= MS * 5 * *n + MS * 20).count();
    assert!((400..600).contains(&late), "{late}");
    assert_eq!(link.counts().overtaken, late as u64);
    assert!(arrived.windows(2).any(|pair| pair[0].0 > pair[1].0));
}

#[test]
fn some_come_twice() {
    let mut link = link("duplicate=0.02");
    let arrived = play(&mut link, 10_000, MS, 1000);
    let extra = arrived.len() - 10_000;
    assert!((150..250).contains(&extra), "{extra}");
    assert_eq!(link.counts().repeated, extra as u64);
}

#[test]
fn a_narrow_link_passes_its_rate_and_its_queue_is_bounded() {
    // 1000 bytes a millisecond are 8 Mbit/s; a tenth of it fits.
    let mut link = link("rate_kbps=800 queue_ms=200");
    let arrived = play(&mut link, 2000, MS, 1000);
    let during = arrived.iter().filter(|(_, at)| *at < MS * 2000).count();
    assert!((195..=200).contains(&during), "{during}");
    let longest = arrived.iter().map(|(n, at)| *at - MS * *n).max().unwrap();
    assert!(longest <= MS * 210 && longest > MS * 180, "{longest:?}");
    assert_eq!(link.counts().queue_full + arrived.len() as u64, 2000);
}

#[test]
fn a_change_of_rate_holds_for_what_waits() {
    let mut link = link("rate_kbps=80 queue_ms=2000");
    let start = start();
    for number in 0..10 {
        link.handle(start, 1000, number);
    }
    // The first takes 100 ms at 80 kbit/s; the others leave at a hundred times the rate.
    let wide = link.settings().with("rate_kbps=8000").unwrap();
    link.set(start + MS * 50, wide);
    let mut arrived = 0;
    while link.poll(start + MS * 110).is_some() {
        arrived += 1;
    }
    assert_eq!(arrived, 10);
}

#[test]
fn a_dark_link_swallows_everything_until_it_is_lit() {
    let mut link = link("dark=true");
    let start = start();
    link.handle(start, 100, 1);
    let lit = link.settings().with("dark=false").unwrap();
    link.set(start + MS, lit);
    link.handle(start + MS, 100, 2);
    assert_eq!(link.poll(start + MS), Some(2));
    assert_eq!(link.poll(start + MS), None);
    assert_eq!(link.counts().swallowed, 1);
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let line = "loss=0.1 burst=3 delay_ms=40 jitter_ms=30 reorder=0.05 duplicate=0.02 rate_kbps=5000";
    assert_eq!(play(&mut link(line), 2000, MS, 1000), play(&mut link(line), 2000, MS, 1000));
}

#[test]
fn what_is_no_setting_changes_nothing_and_says_why() {
    let settings = Settings::default().with("loss=0.5").unwrap();
    assert_eq!(settings.with("loss"), Err(UnknownSetting::Form("loss".into())));
    assert_eq!(settings.with("lost=1"), Err(UnknownSetting::Name("lost".into())));
    let refused = settings.with("delay_ms=5 loss=50").unwrap_err();
    assert_eq!(refused.to_string(), "loss cannot be '50': it is a number from 0 to 1");
    assert!(settings.with("loss=NaN").is_err() && settings.with("delay_ms=-1").is_err());
    assert_eq!(settings.with("clear dark=true").unwrap(), Settings { dark: true, ..Settings::default() });
}
