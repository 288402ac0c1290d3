//! One number for how well a connection works.

/// The worst score while anything arrives at all: "lost" is for legs of which nothing is heard, and
/// clients that are told so start again from nothing.
const WORST: f32 = 25.0;
/// What one percent of lost packets costs.
const POINTS_A_PERCENT: f32 = 8.0;

/// A score from 0 to 100, after the simplified E-model (ITU-T G.107): delay hurts little until
/// 160 ms one way and more beyond, loss hurts at once. Losses are parts between 0 and 1.
///
/// Example: 2 % lost and a round trip of 120 ms are 100 − 2·8 − 60/40 = 82.5, rounded to 83.
pub(super) fn score(ingress_loss: f32, egress_loss: f32, rtt_ms: Option<f32>) -> u8 {
    // What is no number was measured wrongly, and counts as bad.
    let part = |loss: f32| if loss.is_nan() { 1.0 } else { loss.clamp(0.0, 1.0) };
    let loss = part(ingress_loss).max(part(egress_loss)) * 100.0 * POINTS_A_PERCENT;
    let one_way_ms = rtt_ms.filter(|rtt| !rtt.is_nan()).unwrap_or_default().clamp(0.0, 10_000.0) / 2.0;
    let delay = if one_way_ms < 160.0 { one_way_ms / 40.0 } else { (one_way_ms - 120.0) / 10.0 };
    let score = (100.0 - loss - delay).clamp(WORST, 100.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 25 and 100")]
    let score = score as u8;
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_and_delay_lower_the_score() {
        assert_eq!(score(0.0, 0.0, None), 100);
        assert_eq!(score(0.0, 0.02, Some(120.0)), 83);
        assert_eq!(score(0.05, 0.0, Some(50.0)), 59);
        assert!(score(0.0, 0.0, Some(600.0)) < score(0.0, 0.0, Some(300.0)));
    }

    #[test]
    fn nobody_is_called_lost_whose_packets_arrive() {
        assert_eq!(score(1.0, 1.0, Some(5000.0)), 25);
        assert_eq!(score(f32::NAN, f32::NAN, Some(f32::NAN)), 25);
    }
}
