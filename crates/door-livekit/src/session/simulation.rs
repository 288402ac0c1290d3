//! `simulate`: what clients' own tests ask a server to do to them.

use std::time::{Duration, Instant};

use livekit_protocol as proto;
use moim_room::{DisconnectReason, ParticipantCommand};
use moim_sfu::LegCommand;
use moim_types::Bitrate;
use proto::signal_response::Message;
use proto::simulate_scenario::Scenario;

use super::client::Client;
use super::leaving::{goodbye, join_anew};
use super::legs::Legs;
use super::output::{Ending, Output, Outputs};

/// What is being simulated.
#[derive(Debug, Default)]
pub(crate) struct Simulation {
    speaks_until: Option<Instant>,
    pub(crate) on_resume: OnResume,
}

/// What happens to the next resumed connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnResume {
    /// Nothing.
    #[default]
    Works,
    /// It is closed after its first messages.
    ClosesLater,
    /// It is closed before them.
    ClosesAtOnce,
}

impl Simulation {
    /// Begins a scenario. Says how the session ends, if it does.
    pub(crate) fn begin(
        &mut self,
        scenario: &Scenario,
        sid: String,
        now: Instant,
        client: &Client,
        legs: &Legs,
        out: &mut Outputs,
    ) -> Option<Ending> {
        match *scenario {
            Scenario::SpeakerUpdate(seconds) => {
                let seconds = u64::try_from(seconds).unwrap_or(0).min(MAX_SPEECH_SECONDS);
                self.speaks_until = Some(now + Duration::from_secs(seconds));
                out.send(speaks(sid, true));
                None
            }
            Scenario::NodeFailure(_) => {
                out.tell(ParticipantCommand::Leave(DisconnectReason::ServerShutdown));
                Some(Ending::Left)
            }
            Scenario::Migration(_) => Some(Ending::MayResume),
            Scenario::ServerLeave(_) => {
                out.send(goodbye(DisconnectReason::ServerShutdown));
                out.tell(ParticipantCommand::Leave(DisconnectReason::ServerShutdown));
                Some(Ending::Left)
            }
            Scenario::LeaveRequestFullReconnect(_) => {
                out.send(join_anew());
                out.tell(ParticipantCommand::Leave(DisconnectReason::StateMismatch));
                Some(Ending::Left)
            }
            Scenario::SwitchCandidateProtocol(protocol) => switch_paths(protocol, client, out),
            Scenario::SubscriberBandwidth(bps) => {
                let most = u64::try_from(bps).ok().filter(|&bps| bps > 0).map(Bitrate::from_bps);
                if let Some(leg) = legs.to_client() {
                    out.leg(leg, LegCommand::LimitEstimate(most));
                }
                None
            }
            Scenario::DisconnectSignalOnResume(_) => {
                self.on_resume = OnResume::ClosesLater;
                Some(Ending::MayResume)
            }
            Scenario::DisconnectSignalOnResumeNoMessages(_) => {
                self.on_resume = OnResume::ClosesAtOnce;
                Some(Ending::MayResume)
            }
        }
    }

    pub(crate) const fn wake_at(&self) -> Option<Instant> {
        self.speaks_until
    }

    /// Ends speech that is over.
    pub(crate) fn wake(&mut self, now: Instant, sid: impl FnOnce() -> String, out: &mut Outputs) {
        if self.speaks_until.is_some_and(|until| until <= now) {
            self.speaks_until = None;
            out.send(speaks(sid(), false));
        }
    }
}

/// The client is to come over another path, which takes new legs. TLS is TCP here: what hides in it is the same.
fn switch_paths(protocol: i32, client: &Client, out: &mut Outputs) -> Option<Ending> {
    out.push(Output::AvoidUdp(protocol != i32::from(proto::CandidateProtocol::Udp)));
    if client.finds_its_way() {
        return None;
    }
    out.send(join_anew());
    out.tell(ParticipantCommand::Leave(DisconnectReason::StateMismatch));
    Some(Ending::Left)
}

fn speaks(sid: String, active: bool) -> Message {
    let info = proto::SpeakerInfo { sid, level: if active { 0.75 } else { 0.0 }, active };
    Message::SpeakersChanged(proto::SpeakersChanged { speakers: vec![info] })
}

const MAX_SPEECH_SECONDS: u64 = 60;
