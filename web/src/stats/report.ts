/** The connection as text to send to whoever helps: English, one fact per line, no names and no messages. */
import type { History } from "./history";
import type { CandidateFacts, MediaFacts } from "./sample";
import { verdictOn } from "./verdict";

export interface ReportContext {
  userAgent: string;
  time: string;
  status: string;
}

export function reportText(history: History, context: ReportContext): string {
  const { last } = history;
  const now = history.measures.at(-1);
  const verdict = verdictOn(history.measures);
  const lines = [
    "Moim connection report",
    `time: ${context.time}`,
    `browser: ${context.userAgent}`,
    `state: ${context.status}`,
    `quality: ${verdict.quality}${verdict.complaint ? ` (${verdict.complaint})` : ""}`,
    `path: ${now ? now.path.kind : "unknown"}${now?.path.relay ? ` over ${now.path.relay}` : ""}`,
    `local candidate: ${candidateText(last?.local)}`,
    `remote candidate: ${candidateText(last?.remote)}`,
    `encryption: ${[last?.dtlsVersion, last?.srtpCipher].filter(Boolean).join(", ") || "unknown"}`,
    `round trip: ${unit(now?.rttMs, "ms")}`,
    `loss in / out: ${unit(now?.lossInPercent, "%", 1)} / ${unit(now?.lossOutPercent, "%", 1)}`,
    `jitter: ${unit(now?.jitterMs, "ms")}`,
    `up / down: ${unit(kilo(now?.upBitsPerSecond), "kbit/s")} / ${unit(kilo(now?.downBitsPerSecond), "kbit/s")}`,
    `video in: ${mediaText(last?.videoIn, now?.framesPerSecond)}`,
    `video out: ${mediaText(last?.videoOut, last?.videoOut?.framesPerSecond)}`,
    `audio in / out: ${last?.audioIn?.codec || "none"} / ${last?.audioOut?.codec || "none"}`,
    `round trips of the last minute (ms): ${history.measures.map((one) => rounded(one.rttMs)).join(" ")}`,
    `loss of the last minute (%): ${history.measures.map((one) => rounded(one.lossInPercent)).join(" ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function candidateText(candidate: CandidateFacts | undefined): string {
  if (!candidate) return "none";
  const relay = candidate.relayProtocol ? ` (relay reached over ${candidate.relayProtocol})` : "";
  const host = candidate.address.includes(":") ? `[${candidate.address}]` : candidate.address || "hidden";
  return `${candidate.type} ${candidate.protocol} ${host}:${candidate.port}${relay}`;
}

function mediaText(media: MediaFacts | undefined, framesPerSecond: number | undefined): string {
  if (!media || media.packets === 0) return "none";
  return `${media.codec} ${media.width}x${media.height} ${unit(framesPerSecond, "fps")}`;
}

function kilo(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 1000;
}

function unit(value: number | undefined, name: string, digits = 0): string {
  return value === undefined ? "unknown" : `${value.toFixed(digits)} ${name}`;
}

function rounded(value: number | undefined): string {
  return value === undefined ? "-" : String(Math.round(value));
}
