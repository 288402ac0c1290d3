//! What is told now and then: who speaks, how well connections work, what a publisher need not send.

use livekit_protocol as proto;
use moim_room::{Demand, SpeakerLevel};
use moim_types::{Codec, ParticipantId, Quality};
use proto::signal_response::Message;

use crate::wire::ids::participant_sid;
use crate::wire::track::quality as video_quality;

/// `speakers_changed`.
pub(crate) fn speakers(levels: &[SpeakerLevel]) -> Message {
    let speakers = levels
        .iter()
        .map(|speaker| proto::SpeakerInfo {
            sid: participant_sid(speaker.participant),
            level: if speaker.active { speaker.level } else { 0.0 },
            active: speaker.active,
        })
        .collect();
    Message::SpeakersChanged(proto::SpeakersChanged { speakers })
}

/// `connection_quality`.
pub(crate) fn connection_quality(changes: &[(ParticipantId, u8)]) -> Message {
    let updates = changes
        .iter()
        .map(|&(who, quality)| proto::ConnectionQualityInfo {
            participant_sid: participant_sid(who),
            quality: step(quality).into(),
            score: mean_opinion_score(quality),
        })
        .collect();
    Message::ConnectionQuality(proto::ConnectionQualityUpdate { updates })
}

/// Up to which quality a track is wanted, for each codec in which it is sent or ought to be, the main one first.
#[expect(deprecated, reason = "older clients read `subscribed_qualities`")]
pub(crate) fn subscribed_quality(track_sid: String, demands: &[(Codec, Demand)]) -> Message {
    let subscribed_codecs: Vec<_> = demands
        .iter()
        .map(|(codec, demand)| proto::SubscribedCodec { codec: codec.name().to_owned(), qualities: qualities(*demand) })
        .collect();
    Message::SubscribedQualityUpdate(proto::SubscribedQualityUpdate {
        track_sid,
        subscribed_qualities: subscribed_codecs.first().map(|first| first.qualities.clone()).unwrap_or_default(),
        subscribed_codecs,
    })
}

fn qualities(demand: Demand) -> Vec<proto::SubscribedQuality> {
    let one = |quality| proto::SubscribedQuality {
        quality: video_quality(quality).into(),
        enabled: is_wanted(quality, demand),
    };
    Quality::ALL.map(one).to_vec()
}

fn is_wanted(quality: Quality, demand: Demand) -> bool {
    match demand {
        Demand::Nothing => false,
        Demand::UpTo(most) => quality <= most,
    }
}

const fn step(quality: u8) -> proto::ConnectionQuality {
    match quality {
        81.. => proto::ConnectionQuality::Excellent,
        41..=80 => proto::ConnectionQuality::Good,
        21..=40 => proto::ConnectionQuality::Poor,
        0..=20 => proto::ConnectionQuality::Lost,
    }
}

/// From a rating between 0 and 100 to the scale of listeners, 1 to 4.5 (ITU-T G.107 annex B). 80 becomes 4.02.
fn mean_opinion_score(quality: u8) -> f32 {
    let rating = f32::from(quality.min(100));
    1.0 + 0.035 * rating + 7.0e-6 * rating * (rating - 60.0) * (100.0 - rating)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_up_to_what_is_wanted_is_sent() {
        let told = |demand| {
            let Message::SubscribedQualityUpdate(update) =
                subscribed_quality("TR_x".into(), &[(Codec::Vp9, demand), (Codec::Vp8, Demand::Nothing)])
            else {
                panic!("an update")
            };
            let names: Vec<_> = update.subscribed_codecs.iter().map(|one| one.codec.as_str()).collect();
            assert_eq!(names, ["vp9", "vp8"]);
            assert!(update.subscribed_codecs[1].qualities.iter().all(|one| !one.enabled));
            update.subscribed_codecs[0].qualities.iter().map(|it| it.enabled).collect::<Vec<_>>()
        };
        assert_eq!(told(Demand::Nothing), [false, false, false]);
        assert_eq!(told(Demand::UpTo(Quality::Medium)), [true, true, false]);
        assert_eq!(told(Demand::UpTo(Quality::High)), [true, true, true]);
    }

    #[test]
    fn a_rating_becomes_a_word_and_a_score() {
        let Message::ConnectionQuality(update) =
            connection_quality(&[100, 80, 30, 0].map(|quality| (ParticipantId::from_random([0; 12]), quality)))
        else {
            panic!("an update")
        };
        use proto::ConnectionQuality::{Excellent, Good, Lost, Poor};
        let words: Vec<_> = update.updates.iter().map(proto::ConnectionQualityInfo::quality).collect();
        assert_eq!(words, [Excellent, Good, Poor, Lost]);
        let scores: Vec<_> = update.updates.iter().map(|it| (it.score * 100.0).round() / 100.0).collect();
        assert_eq!(scores[..2], [4.5, 4.02]);
        assert_eq!(scores[3], 1.0);
    }

    #[test]
    fn who_is_silent_has_no_level() {
        let quiet = SpeakerLevel { participant: ParticipantId::from_random([0; 12]), level: 0.5, active: false };
        let Message::SpeakersChanged(update) = speakers(&[quiet]) else { panic!("an update") };
        assert_eq!((update.speakers[0].level, update.speakers[0].active), (0.0, false));
    }
}
