/** What happened between two samples: rates, loss, and what a person needs to judge the call. */
import type { CandidateType } from "../direct/control";
import { type Path, pathOf } from "./path";
import type { MediaFacts, Sample } from "./sample";

export interface Measure {
  at: number;
  path: Path;
  rttMs: number | undefined;
  jitterMs: number | undefined;
  /** Of what should have arrived since the last sample. */
  lossInPercent: number | undefined;
  /** Of what was sent, as the other end tells. */
  lossOutPercent: number | undefined;
  upBitsPerSecond: number;
  downBitsPerSecond: number;
  framesPerSecond: number | undefined;
  freezes: number;
}

export function measureBetween(before: Sample, after: Sample, told: CandidateType | undefined): Measure {
  const seconds = Math.max((after.at - before.at) / 1000, 0.001);
  // A late packet takes a loss back, so these two may shrink.
  const lostIn = Math.max(0, lost(after) - lost(before));
  const arrived = growth(packets(before, "In"), packets(after, "In"));
  const lostOut = Math.max(0, after.lostOut - before.lostOut);
  const sent = growth(packets(before, "Out"), packets(after, "Out"));
  return {
    at: after.at,
    path: pathOf(after.local, after.remote, told),
    rttMs: after.rttMs,
    jitterMs: after.audioIn?.jitterMs ?? after.videoIn?.jitterMs,
    lossInPercent: percent(lostIn, lostIn + arrived),
    lossOutPercent: percent(Math.min(lostOut, sent), sent),
    upBitsPerSecond: (growth(before.bytesSent, after.bytesSent) * 8) / seconds,
    downBitsPerSecond: (growth(before.bytesReceived, after.bytesReceived) * 8) / seconds,
    framesPerSecond: frameRate(before.videoIn, after.videoIn, seconds),
    freezes: growth(before.videoIn?.freezes ?? 0, after.videoIn?.freezes ?? 0),
  };
}

function frameRate(
  before: MediaFacts | undefined,
  after: MediaFacts | undefined,
  seconds: number,
): number | undefined {
  return after ? growth(before?.frames ?? 0, after.frames) / seconds : undefined;
}

/** A counter that starts anew (new connection, new stream) has grown by what it shows now. */
function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function percent(part: number, whole: number): number | undefined {
  return whole > 0 ? (part / whole) * 100 : undefined;
}

function lost(sample: Sample): number {
  return (sample.audioIn?.lost ?? 0) + (sample.videoIn?.lost ?? 0);
}

function packets(sample: Sample, way: "In" | "Out"): number {
  return (sample[`audio${way}`]?.packets ?? 0) + (sample[`video${way}`]?.packets ?? 0);
}
