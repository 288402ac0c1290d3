//! What a session wants done.

use std::collections::VecDeque;

use livekit_protocol::signal_response::Message;
use moim_room::ParticipantCommand;
use moim_sfu::{LegCommand, LegConfig};
use moim_types::LegId;

use crate::calls::Progress;

/// Something to be done, in the order in which it comes.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    /// Send a message to the client.
    Send(Box<Message>),
    /// Send the client a token with the grants that are in force now.
    RefreshToken,
    /// Tell the room something in the participant's name.
    Tell(ParticipantCommand),
    /// A call of the application's server has come as far as this.
    Call(String, Progress),
    /// Whether the next legs of this participant are to be reached over TCP alone.
    AvoidUdp(bool),
    /// Make a leg, and tell the session its number.
    OpenLeg(LegRole, Box<LegConfig>),
    /// Tell a leg something.
    Leg(LegId, LegCommand),
    /// Close the signaling connection. The last output.
    Close(Ending),
}

/// What a leg is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegRole {
    /// The client publishes over it; the client offers.
    Publisher,
    /// The client views over it; this side offers.
    Subscriber,
    /// Both on one connection; the client offers.
    Single,
}

/// What stays when the signaling connection has been closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing.
    Left,
    /// The participant, who may resume.
    MayResume,
    /// The participant, whose session goes on elsewhere.
    Replaced,
}

/// Outputs that wait for the shell. It drains them after each input, and one input makes a bounded number.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    queue: VecDeque<Output>,
}

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.push(Output::Send(Box::new(message)));
    }

    pub(crate) fn tell(&mut self, command: ParticipantCommand) {
        self.push(Output::Tell(command));
    }

    pub(crate) fn leg(&mut self, leg: LegId, command: LegCommand) {
        self.push(Output::Leg(leg, command));
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
