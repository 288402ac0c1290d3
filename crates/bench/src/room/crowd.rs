//! Everybody who takes part in a load: joining, coming and going, leaving.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::member::{Member, Stage};
use super::token::May;
use super::viewer::Tally;

pub(crate) struct Crowd {
    stage: Arc<Stage>,
    pub(crate) members: VecDeque<(Seat, Member)>,
    /// Why somebody could not join, and how many.
    pub(crate) failures: Vec<String>,
}

/// A place in the crowd: who sits there may change.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    room: String,
    identity: String,
    may: May,
}

impl Crowd {
    /// Lets everybody in: publishers first, at the rate of the load.
    pub(crate) async fn gather(stage: Arc<Stage>) -> Self {
        let seats = seats(&stage);
        let mut crowd = Self { stage, members: VecDeque::new(), failures: Vec::new() };
        let mut door = tokio::time::interval(Duration::from_secs_f64(1.0 / crowd.stage.load.joins_per_second));
        door.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut joining = JoinSet::new();
        for seat in seats {
            door.tick().await;
            let stage = crowd.stage.clone();
            joining.spawn(async move { (sit(&stage, &seat).await, seat) });
        }
        while let Some(joined) = joining.join_next().await {
            match joined {
                Ok((Ok(member), seat)) => crowd.members.push_back((seat, member)),
                Ok((Err(error), _)) => crowd.failures.push(format!("{error:#}")),
                Err(error) => crowd.failures.push(error.to_string()),
            }
        }
        crowd
    }

    /// Waits until all who view have a picture, or this long.
    pub(crate) async fn settle(&self, most: Duration) {
        let until = Instant::now() + most;
        while Instant::now() < until {
            if self.members.iter().all(|(_, member)| member.tally.is_none() || member.has_key_frame()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lets time pass, while viewers come and go at the rate of the load.
    pub(crate) async fn stay(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let churn = self.stage.load.churn;
        if churn <= 0.0 {
            tokio::time::sleep(time).await;
            return;
        }
        while Instant::now() < end {
            tokio::time::sleep(Duration::from_secs_f64(1.0 / churn).min(end - Instant::now().min(end))).await;
            self.replace_one().await;
        }
    }

    pub(crate) fn legs(&self) -> usize {
        self.members.iter().map(|(_, member)| member.legs()).sum()
    }

    pub(crate) fn lost_sessions(&self) -> usize {
        self.members.iter().filter(|(_, member)| member.is_over()).count()
    }

    /// Begins to count anew.
    pub(crate) fn begin(&self) {
        for tally in self.members.iter().filter_map(|(_, member)| member.tally.as_ref()) {
            tally.lock().unwrap_or_else(PoisonError::into_inner).begin();
        }
    }

    /// What each viewer has got.
    pub(crate) fn tallies(&self) -> Vec<Tally> {
        let tallies = self.members.iter().filter_map(|(_, member)| member.tally.as_ref());
        tallies.map(|tally| tally.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }

    pub(crate) async fn leave(self) {
        let mut leaving = JoinSet::new();
        for (_, member) in self.members {
            leaving.spawn(member.leave());
        }
        while leaving.join_next().await.is_some() {}
    }

    /// The viewer who is here longest leaves and comes again.
    async fn replace_one(&mut self) {
        let Some(index) = self.members.iter().position(|(_, member)| !member.publishes) else { return };
        let Some((seat, member)) = self.members.remove(index) else { return };
        member.leave().await;
        match sit(&self.stage, &seat).await {
            Ok(member) => self.members.push_back((seat, member)),
            Err(error) => self.failures.push(format!("{error:#}")),
        }
    }
}

async fn sit(stage: &Stage, seat: &Seat) -> anyhow::Result<Member> {
    Member::join(stage, &seat.room, &seat.identity, seat.may).await
}

fn seats(stage: &Stage) -> Vec<Seat> {
    let load = &stage.load;
    let mut seats = Vec::new();
    let mut add = |kind: &str, count: usize, may: May| {
        for room in 0..load.rooms {
            let name = format!("{}-{room}", load.room_prefix);
            let seat = |index| Seat { room: name.clone(), identity: format!("{kind}-{index}"), may };
            seats.extend((0..count).map(seat));
        }
    };
    add("publisher", load.publishers, May { publish: true, view: load.publishers_view });
    add("viewer", load.viewers, May { publish: false, view: true });
    seats
}
