/** One reading of `getStats()`, reduced to what is shown. Pure: a report goes in, plain numbers come out. */
import { isObject, type JsonObject } from "../json";

/** The entries of an RTCStatsReport, however they are held. */
export type StatsEntries = Iterable<unknown>;

export interface CandidateFacts {
  type: string;
  protocol: string;
  address: string;
  port: number;
  /** How this page reaches its relay: udp, tcp, tls; "" when it is not a relay. */
  relayProtocol: string;
}

export interface MediaFacts {
  codec: string;
  packets: number;
  bytes: number;
  /** Packets lost, as the receiving end counts them. */
  lost: number;
  jitterMs: number | undefined;
  width: number;
  height: number;
  framesPerSecond: number | undefined;
  frames: number;
  freezes: number;
}

export interface Sample {
  at: number;
  local: CandidateFacts | undefined;
  remote: CandidateFacts | undefined;
  rttMs: number | undefined;
  bytesSent: number;
  bytesReceived: number;
  packetsReceived: number;
  dtlsVersion: string;
  srtpCipher: string;
  audioIn: MediaFacts | undefined;
  videoIn: MediaFacts | undefined;
  audioOut: MediaFacts | undefined;
  videoOut: MediaFacts | undefined;
  /** What the other end reports about what we send. */
  lostOut: number;
}

/** `at` in milliseconds, by the caller's clock. */
export function sampleOf(entries: StatsEntries, at: number): Sample {
  const all = [...entries].filter(isObject);
  const byId: EntriesById = new Map(
    all.filter((entry) => typeof entry["id"] === "string").map((entry) => [entry["id"], entry]),
  );
  const transport = all.find((entry) => entry["type"] === "transport");
  const pair = selectedPair(all, byId, transport);
  return {
    at,
    local: candidateFacts(byId.get(pair?.["localCandidateId"])),
    remote: candidateFacts(byId.get(pair?.["remoteCandidateId"])),
    rttMs: milliseconds(pair?.["currentRoundTripTime"]),
    bytesSent: number(transport?.["bytesSent"] ?? pair?.["bytesSent"]),
    bytesReceived: number(transport?.["bytesReceived"] ?? pair?.["bytesReceived"]),
    packetsReceived: arrivals(all, transport, pair),
    dtlsVersion: dtlsName(transport?.["tlsVersion"]),
    srtpCipher: string(transport?.["srtpCipher"]),
    audioIn: mediaFacts(all, byId, "inbound-rtp", "audio"),
    videoIn: mediaFacts(all, byId, "inbound-rtp", "video"),
    audioOut: mediaFacts(all, byId, "outbound-rtp", "audio"),
    videoOut: mediaFacts(all, byId, "outbound-rtp", "video"),
    lostOut: sum(
      all.filter((entry) => entry["type"] === "remote-inbound-rtp"),
      "packetsLost",
    ),
  };
}

type EntriesById = ReadonlyMap<unknown, JsonObject>;

/**
 * Something that grows with each arrival. Transports count packets in Chromium; Firefox has no transport entry, and its pair
 * counts bytes.
 */
function arrivals(
  all: JsonObject[],
  transport: JsonObject | undefined,
  pair: JsonObject | undefined,
): number {
  const counted = transport?.["packetsReceived"] ?? pair?.["packetsReceived"];
  if (typeof counted === "number") return counted;
  const channels = sum(
    all.filter((entry) => entry["type"] === "data-channel"),
    "messagesReceived",
  );
  return (
    sum(
      all.filter((entry) => entry["type"] === "inbound-rtp"),
      "packetsReceived",
    ) + channels
  );
}

function selectedPair(
  all: JsonObject[],
  byId: EntriesById,
  transport: JsonObject | undefined,
): JsonObject | undefined {
  const named = byId.get(transport?.["selectedCandidatePairId"]);
  if (named) return named;
  const pairs = all.filter((entry) => entry["type"] === "candidate-pair");
  return (
    pairs.find((pair) => pair["selected"] === true) ??
    pairs.find((pair) => pair["nominated"] === true && pair["state"] === "succeeded")
  );
}

function candidateFacts(entry: JsonObject | undefined): CandidateFacts | undefined {
  if (!entry) return undefined;
  return {
    type: string(entry["candidateType"]),
    protocol: string(entry["protocol"]),
    address: string(entry["address"] ?? entry["ip"]),
    port: number(entry["port"]),
    relayProtocol: string(entry["relayProtocol"]),
  };
}

function mediaFacts(
  all: JsonObject[],
  byId: EntriesById,
  type: "inbound-rtp" | "outbound-rtp",
  kind: "audio" | "video",
): MediaFacts | undefined {
  const entries = all.filter(
    (entry) => entry["type"] === type && (entry["kind"] ?? entry["mediaType"]) === kind,
  );
  const way = type === "inbound-rtp" ? "Received" : "Sent";
  // After a renegotiation an old stream may linger: the busiest one is the one that counts.
  const entry = entries.sort((a, b) => number(b[`packets${way}`]) - number(a[`packets${way}`]))[0];
  if (!entry) return undefined;
  const codec = byId.get(entry["codecId"]);
  return {
    codec: string(codec?.["mimeType"]).replace(/^(audio|video)\//, ""),
    packets: number(entry[`packets${way}`]),
    bytes: number(entry[`bytes${way}`]),
    lost: Math.max(0, number(entry["packetsLost"])),
    jitterMs: milliseconds(entry["jitter"]),
    width: number(entry["frameWidth"]),
    height: number(entry["frameHeight"]),
    framesPerSecond: typeof entry["framesPerSecond"] === "number" ? entry["framesPerSecond"] : undefined,
    frames: number(entry[type === "inbound-rtp" ? "framesDecoded" : "framesEncoded"]),
    freezes: number(entry["freezeCount"]),
  };
}

function dtlsName(version: unknown): string {
  const names: Record<string, string> = { FEFF: "DTLS 1.0", FEFD: "DTLS 1.2", FEFC: "DTLS 1.3" };
  return typeof version === "string" ? (names[version.toUpperCase()] ?? version) : "";
}

function sum(entries: JsonObject[], field: string): number {
  return entries.reduce((total, entry) => total + Math.max(0, number(entry[field])), 0);
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
