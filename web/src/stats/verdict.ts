/** How good the call is, and the main reason when it is not, from the last seconds of measures. */
import type { Measure } from "./measure";

export type Quality = "good" | "fair" | "poor" | "none";
export type Complaint = "loss" | "delay" | "jitter" | "freezes";

export interface Verdict {
  quality: Quality;
  /** What hurts most; `undefined` when nothing does. */
  complaint: Complaint | undefined;
}

/** From which value on a call is fair, and from which poor. ITU-T G.114 for delay (round trip = twice one way). */
const LIMITS: Record<Complaint, { fair: number; poor: number }> = {
  loss: { fair: 2, poor: 8 },
  delay: { fair: 300, poor: 600 },
  jitter: { fair: 40, poor: 100 },
  freezes: { fair: 0.2, poor: 0.6 },
};
const ORDER: readonly Complaint[] = ["loss", "delay", "freezes", "jitter"];
const RECENT = 5;

export function verdictOn(measures: readonly Measure[]): Verdict {
  const recent = measures.slice(-RECENT);
  if (recent.length === 0) return { quality: "none", complaint: undefined };
  const values: Record<Complaint, number> = {
    loss: Math.max(
      mean(recent.map((one) => one.lossInPercent)),
      mean(recent.map((one) => one.lossOutPercent)),
    ),
    delay: mean(recent.map((one) => one.rttMs)),
    jitter: mean(recent.map((one) => one.jitterMs)),
    freezes: mean(recent.map((one) => one.freezes)),
  };
  const poor = ORDER.find((complaint) => values[complaint] >= LIMITS[complaint].poor);
  if (poor) return { quality: "poor", complaint: poor };
  const fair = ORDER.find((complaint) => values[complaint] >= LIMITS[complaint].fair);
  return fair ? { quality: "fair", complaint: fair } : { quality: "good", complaint: undefined };
}

function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length;
}
