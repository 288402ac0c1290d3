//! Calls that an application's server makes to methods of participants, until they are answered.
//!
//! A call goes out as a message like those between participants. The session of the participant who answers recognizes
//! its number, and hands the answer over here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use livekit_protocol as proto;
use moim_types::{Id, ParticipantId};
use tokio::sync::mpsc;

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    /// The client has it.
    Arrived,
    /// The application returned this.
    Returned(String),
    /// It failed.
    Failed(proto::RpcError),
}

/// The calls that wait for an answer, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    waiting: Arc<Mutex<BTreeMap<String, Waiting>>>,
}

#[derive(Debug)]
struct Waiting {
    callee: ParticipantId,
    progress: mpsc::Sender<Progress>,
}

/// One call. It is forgotten when this is dropped.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: String,
    pub(crate) progress: mpsc::Receiver<Progress>,
    calls: Calls,
}

impl Calls {
    /// A call of a participant. `None`: too many wait already.
    pub(crate) fn begin(&self, callee: ParticipantId) -> Option<Call> {
        let mut random = [0; 24];
        getrandom::fill(&mut random).ok()?;
        let number = format!("{MARK}{}", Id::<24>::from_random(random));
        let (sender, progress) = mpsc::channel(2);
        let mut waiting = self.waiting();
        if waiting.len() >= MAX_CALLS {
            return None;
        }
        waiting.insert(number.clone(), Waiting { callee, progress: sender });
        drop(waiting);
        Some(Call { number, progress, calls: self.clone() })
    }

    /// A participant says something of a call. What is about nobody's, or another's, is dropped.
    pub(crate) fn answered(&self, from: ParticipantId, number: &str, progress: Progress) {
        let waiting = self.waiting();
        if let Some(call) = waiting.get(number).filter(|call| call.callee == from) {
            // One place for each thing that can be said; more would be repetition.
            let _ = call.progress.try_send(progress);
        }
    }

    /// The map is whole between its methods, so another task's panic does not spoil it.
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.calls.waiting().remove(&self.number);
    }
}

/// What a packet says of a call of this server, if it does.
pub(crate) fn progress(value: &proto::data_packet::Value) -> Option<(String, Progress)> {
    use proto::data_packet::Value;
    use proto::rpc_response::Value as Answer;
    let (number, progress) = match value {
        Value::RpcAck(ack) => (&ack.request_id, Progress::Arrived),
        Value::RpcResponse(response) => (
            &response.request_id,
            match response.value.as_ref()? {
                Answer::Payload(payload) => Progress::Returned(payload.clone()),
                Answer::Error(error) => Progress::Failed(error.clone()),
                // Only who announces that he reads it is sent it.
                Answer::CompressedPayload(_) => return None,
            },
        ),
        _ => return None,
    };
    number.starts_with(MARK).then(|| (number.clone(), progress))
}

/// Starts the numbers of these calls; those of clients are UUIDs.
const MARK: &str = "server-";
/// Calls of all rooms that wait at a time.
const MAX_CALLS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn who(number: u8) -> ParticipantId {
        ParticipantId::from_random([number; 12])
    }

    #[test]
    fn a_call_is_answered_by_the_one_who_was_called() {
        let calls = Calls::default();
        let mut call = calls.begin(who(1)).expect("there is room");
        calls.answered(who(2), &call.number, Progress::Returned("forged".into()));
        calls.answered(who(1), "server-other", Progress::Returned("lost".into()));
        calls.answered(who(1), &call.number, Progress::Arrived);
        calls.answered(who(1), &call.number, Progress::Returned("yes".into()));
        assert_eq!(call.progress.try_recv(), Ok(Progress::Arrived));
        assert_eq!(call.progress.try_recv(), Ok(Progress::Returned("yes".into())));
        assert!(call.progress.try_recv().is_err());
    }

    #[test]
    fn a_call_that_is_given_up_is_forgotten() {
        let calls = Calls::default();
        let call = calls.begin(who(1)).expect("there is room");
        assert_eq!(calls.waiting().len(), 1);
        drop(call);
        assert_eq!(calls.waiting().len(), 0);
    }

    #[test]
    fn calls_between_participants_are_not_ours() {
        let ack = |number: &str| proto::data_packet::Value::RpcAck(proto::RpcAck { request_id: number.into() });
        assert_eq!(progress(&ack("0a1b2c3d-0000-4000-8000-000000000000")), None);
        assert_eq!(progress(&ack("server-x")), Some(("server-x".into(), Progress::Arrived)));
    }
}
